"""Finds the tools that fit a query: BM25 over their words, in any language."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

__all__ = ["ToolIndex", "words"]

_K1, _B = 1.2, 0.75
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def words(text: str) -> list[str]:
    """Split text into lower-case search words: camelCase and snake_case apart, unspaced scripts as pairs of letters."""
    return [word for run in _WORD.findall(_CAMEL.sub(" ", text)) for word in _parts(run.casefold())]


def _parts(run: str) -> Iterator[str]:
    for piece in _UNSPACED.findall(run):
        yield from (piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
    for word in _UNSPACED.sub(" ", run).split():
        plural = word.isascii() and len(word) > 3 and word.endswith("s") and not word.endswith("ss")
        yield word[:-1] if plural else word


class ToolIndex:
    """A BM25 index over named documents."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        self._names = list(documents)
        counts = [Counter(words(text)) for text in documents.values()]
        lengths = [sum(count.values()) for count in counts]
        average = sum(lengths) / len(lengths) if any(lengths) else 1.0
        frequency = Counter(word for count in counts for word in count)
        self._weights: dict[str, list[tuple[int, float]]] = {}
        for place, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            damping = _K1 * (1 - _B + _B * length / average)
            for word, times in count.items():
                rarity = math.log(1 + (len(counts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
                weight = rarity * times * (_K1 + 1) / (times + damping)
                self._weights.setdefault(word, []).append((place, weight))

    def search(self, query: str, k: int) -> list[str]:
        """Name the `k` documents that share most with the query, best first; equal ones in the index's own order."""
        scores: Counter[int] = Counter()
        for word in sorted(set(words(query))):
            for place, weight in self._weights.get(word, ()):
                scores[place] += weight  # type: ignore[assignment]
        best = sorted(scores, key=lambda place: (-scores[place], place))
        return [self._names[place] for place in best[: max(0, k)]]
