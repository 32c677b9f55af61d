"""Finds the cheapest ways from what is known to what is asked: backward over what tools need and yield.

A tool needs all its required parameters, a value may come from several tools: an and/or graph. Only tools that can lead
to the target are looked at; among them the cheapest derivations are grown from the facts there are. A way is also rated
by the words of the goal it does not meet: the customer's city is a cheap way to *a* city, and no shipping city.
"""

import heapq
import re
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product

from benchmarks.evidence.lexicon import Lexicon
from benchmarks.evidence.phrases import Phrase, shape
from benchmarks.evidence.promises import GENERIC, Need, Promise, Yield
from benchmarks.evidence.provenance import Fact, Ledger, same
from benchmarks.evidence.words import IDENTIFIERS

__all__ = ["Found", "Toolset", "Trust", "Wanted", "Way", "derive", "fit_fact", "reached", "ready"]

LINKED = 0.5
"""A need and an offer that fit worse are strangers."""
CALL, MISFIT, WARNED, UNMET, UNUSED, GUESS = 1.0, 3.0, 8.0, 2.5, 4.0, 2.2
"""What a call costs; a link that fits not at all; the gravest warning; a word of the goal, and a value, not met; and to
hope that a record holds what nobody said it does."""
_DEEPEST = 9
_DEAREST = 20.0
"""Ways that cost more are no ways; the gravest warning and a few calls still fit in."""
_KEPT = 6
"""Derivations kept per tool: the cheapest, and dearer ones that meet more of the goal."""


@dataclass(slots=True)
class Trust:
    """What the run has taught so far; see `blame`."""

    tools: dict[str, float] = field(default_factory=dict)
    """What a call of a tool costs more than others."""
    facts: dict[tuple[int, str], float] = field(default_factory=dict)
    """Doubt in a value, by the step that gave it and its text."""
    roles: dict[tuple[str, Phrase], float] = field(default_factory=dict)
    """What it costs to give a value of the goal as something that it was refused as."""
    banned: frozenset[str] = frozenset()
    """Tools not to be used, nor what came from them."""

    def doubt(self, fact: Fact) -> float:
        return self.facts.get((fact.step, fact.text), 0.0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be derived."""

    phrases: tuple[tuple[Phrase, float], ...]
    """What it may be called, and what each costs; an empty phrase is anything."""
    about: frozenset[str] = frozenset()
    """Whose it is, in stems."""
    form: str = ""
    """`date`, `number`, `person`, `place`: what it must look like."""
    units: Mapping[str, float] = field(default_factory=dict)
    """Words the way should meet, and how much each says."""
    given: tuple[Fact, ...] = ()
    """Values the way should use."""


@dataclass(frozen=True, slots=True)
class Way:
    """One derivation: a tool to call, each argument a fact or the result of another way."""

    tool: str
    args: tuple[tuple[str, "Fact | Way"], ...]
    cost: float
    met: int
    """Bits of the goal's units and values it meets."""
    tools: tuple[str, ...] = ()
    """All tools it calls, in an order in which they can be called."""


@dataclass(frozen=True, slots=True)
class Found:
    """One answer to a target: a fact that is known, or a way to get it."""

    source: Fact | Way
    cost: float
    """All in all: calls, misfits, warnings, doubts, and what of the goal is not met."""
    unmet: frozenset[str]


class Toolset:
    """The promises of a tool set, and who can supply what."""

    def __init__(self, promises: Iterable[Promise], goal: Iterable[Phrase] = ()) -> None:
        self.promises: Mapping[str, Promise] = {promise.tool: promise for promise in promises if not promise.acts}
        self.lexicon = Lexicon(self.promises.values(), goal)
        self._offers: dict[str, list[tuple[str, Yield]]] = {}
        for promise in self.promises.values():
            for each in promise.yields:
                for word in {*self.lexicon.normal(each.phrase)} - IDENTIFIERS:
                    self._offers.setdefault(word, []).append((promise.tool, each))
        self._suppliers: dict[tuple[object, ...], list[tuple[str, Yield, float]]] = {}

    def suppliers(
        self, phrases: tuple[Phrase, ...], about: frozenset[str] = frozenset()
    ) -> list[tuple[str, Yield, float]]:
        """List the tools that promise such a value, with how well each fits; the best yield of each."""
        key = (phrases, about)
        if key not in self._suppliers:
            best: dict[str, tuple[Yield, float]] = {}
            for tool, each in self._candidates(phrases, about):
                fit = max(self._fit(phrase, place, each, about) for place, phrase in enumerate(phrases))
                if fit >= LINKED and fit > best.get(tool, (each, 0.0))[1]:
                    best[tool] = (each, fit)
            self._suppliers[key] = [(tool, each, fit) for tool, (each, fit) in best.items()]
        return self._suppliers[key]

    def _fit(self, phrase: Phrase, place: int, each: Yield, about: frozenset[str]) -> float:
        fit = self.lexicon.fit(phrase, each.phrase, need_about=about, offer_about=each.about, record=each.record)
        return fit * each.sure - 0.02 * place

    def _candidates(self, phrases: Sequence[Phrase], about: frozenset[str]) -> Iterator[tuple[str, Yield]]:
        words = {word for phrase in phrases for word in self.lexicon.normal(phrase)} | about
        near = {other for word in words for other in self.lexicon.near(word)}
        yield from dict.fromkeys(offer for word in sorted(near) for offer in self._offers.get(word, ()))

    def rivals(self, tool: str) -> list[str]:
        """Name the other tools that promise what this one does, best described first."""
        own = self.promises.get(tool)
        if own is None:
            return []
        rated: dict[str, float] = {}
        for each in own.yields:
            for other, theirs, fit in self.suppliers((each.phrase,), each.about):
                back = self.lexicon.fit(theirs.phrase, each.phrase, need_about=theirs.about, offer_about=each.about)
                if other != tool and min(fit, back) >= 0.75 and each.record == theirs.record:
                    rated[other] = max(rated.get(other, 0.0), fit)
        return sorted(rated, key=lambda name: (self.promises[name].distance, -rated[name], name))


def derive(
    tools: Toolset, wanted: Wanted, roots: Sequence[Fact], ledger: Ledger, trust: Trust, *, most: int = 5
) -> list[Found]:
    """List the best ways to what is wanted, cheapest first; what was called already counts as if it were still to be.

    Args:
        tools: What can be called.
        wanted: What is to be had.
        roots: The facts to start from; what was derived from them in the log is found by itself.
        ledger: What was called so far, and what came of it.
        trust: What of it is to be doubted.
        most: How many to give.
    """
    return _Search(tools, wanted, roots, ledger, trust).run(most)


def reached(tools: Toolset, roots: Sequence[Fact], ledger: Ledger, trust: Trust) -> list[tuple[Fact, float]]:
    """List the facts a log derives from some facts, themselves included, each with the cost of the calls behind it.

    Their rows are those of the lists met on the way: what stands in one row alone of the roots stands in none.
    """
    plural = _plural(roots)
    found = [(replace(fact, rows=tuple(row for row in fact.rows if row[0] in plural)), 0.0) for fact in roots]
    for call in ledger.calls:
        promise = tools.promises.get(call.tool)
        if call.tool in trust.banned or promise is None or call.failed:
            continue
        total, rows = CALL + WARNED * promise.distance + trust.tools.get(call.tool, 0.0), set[tuple[str, int]]()
        sourced = not call.args
        for need in promise.needs:
            if need.name not in call.args:
                continue
            options = [
                (cost + trust.doubt(fact) + MISFIT * (1 - fit), fact)
                for fact, cost in found
                if same(fact.value, call.args[need.name])
                and (fit := fit_fact(tools.lexicon, need, fact, promise.words)) > 0
            ]
            if options:
                cost, source = min(options, key=lambda option: option[0])
                total, sourced = total + cost, True
                rows.update(source.rows)
            elif need.required and not _fills_itself(need):
                break
        else:
            if sourced:
                found += [(replace(fact, rows=(*sorted(rows), *fact.own_rows)), total) for fact in ledger.of(call.step)]
    return found


def _plural(facts: Sequence[Fact]) -> set[str]:
    """Name the lists that some facts stand in several rows of."""
    rows: dict[str, set[int]] = {}
    for fact in facts:
        for name, index in fact.rows:
            rows.setdefault(name, set()).add(index)
    return {name for name, indices in rows.items() if len(indices) > 1}


def ready(way: Way) -> list[Way]:
    """List the calls of a way that can be made now."""
    inner = [source for _, source in way.args if isinstance(source, Way)]
    return [each for source in inner for each in ready(source)] if inner else [way]


class _Search:
    """One search; see `derive`."""

    def __init__(self, tools: Toolset, wanted: Wanted, roots: Sequence[Fact], ledger: Ledger, trust: Trust) -> None:
        self.tools, self.wanted, self.ledger, self.trust = tools, wanted, ledger, trust
        self.lexicon = tools.lexicon
        self.facts = reached(tools, roots, ledger, trust)
        self.kinds = list(_kinds(self.facts))
        self.bits = {unit: 1 << n for n, unit in enumerate(wanted.units)}
        self.value_bits = {fact.path: 1 << (len(self.bits) + n) for n, fact in enumerate(wanted.given)}
        self.near = {unit: tools.lexicon.near(unit) for unit in wanted.units}
        self.met: dict[frozenset[str], int] = {}
        self.learned = _learned(ledger)
        self.unread: list[str] | None = None
        self.ways: dict[str, list[Way]] = {}
        self.sources: dict[tuple[str, str], list[tuple[float, Fact]]] = {}

    def run(self, most: int) -> list[Found]:
        found = list(self._of_facts())
        goals = self._goals()
        for tool in self._unread_records():
            goals.setdefault(tool, 1 - GUESS / MISFIT)
        found += self._grow(self._relevant(goals), goals, most, sorted(each.cost for each in found)[:most])
        found.sort(key=lambda each: each.cost)
        return list(islice(_different(found), most))

    # --- what the target may be

    def _goals(self) -> dict[str, float]:
        """Rate the tools that may yield the target."""
        best: dict[str, float] = {}
        for phrase, extra in self.wanted.phrases:
            if phrase:
                for tool, each, fit in self.tools.suppliers((phrase,), self.wanted.about):
                    if self._may_hold(tool, each, phrase):
                        best[tool] = max(best.get(tool, 0.0), fit - extra / MISFIT)
            else:
                for tool, promise in self.tools.promises.items():
                    if promise.words & set(self.wanted.units):
                        best.setdefault(tool, 1 - extra / MISFIT - 0.1)
        return best

    def _unread_records(self) -> list[str]:
        """Name the tools that give a whole record of what is known already and were not asked yet: it may hold anything."""
        if self.unread is None:
            self.unread = [
                tool
                for tool, promise in self.tools.promises.items()
                if any(each.record for each in promise.yields) and tool not in self.learned and tool not in self.trust.banned
                and promise.required and not self.trust.tools.get(tool)
                and all(any(cost <= 0.9 for cost, _ in self._known(tool, need)) for need in promise.required)
            ]  # fmt: skip
        return self.unread

    def _may_hold(self, tool: str, each: Yield, phrase: Phrase) -> bool:
        """Whether a record may hold a field: once it was seen, only if it did."""
        if not each.record or tool not in self.learned:
            return True
        return any(
            self.lexicon.fit(phrase, seen, offer_about=frozenset(each.phrase)) >= 0.6 for seen in self.learned[tool]
        )

    def _of_facts(self) -> Iterator[Found]:
        for fact, cost in self.facts:
            if fact.step < 0:
                continue
            fit = max(self._fit(fact, phrase) - extra / MISFIT for phrase, extra in self.wanted.phrases)
            if fit >= LINKED and _has_form(fact, self.wanted.form):
                yield self._found(fact, cost + MISFIT * (1 - fit) + self.trust.doubt(fact), self._met(fact))

    def _fit(self, fact: Fact, phrase: Phrase) -> float:
        if not phrase:
            return 0.95 if not fact.named and not isinstance(fact.value, bool) else 0.8
        return self.lexicon.fit(
            phrase, fact.phrase, need_about=self.wanted.about, offer_about=fact.about, named=fact.named
        )

    def _found(self, source: "Fact | Way", cost: float, met: int) -> Found:
        unmet = frozenset(unit for unit, bit in self.bits.items() if not met & bit)
        cost += UNMET * sum(self.wanted.units[unit] for unit in unmet)
        cost += UNUSED * sum(not met & bit for bit in self.value_bits.values())
        return Found(source, cost, unmet)

    # --- growing ways

    def _relevant(self, goals: Iterable[str]) -> dict[str, dict[str, dict[str, float]]]:
        """Walk backward from the target: tool -> need -> tools that may supply it, with how well."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        wave = [tool for tool in goals if tool not in self.trust.banned]
        for _ in range(_DEEPEST):
            following: list[str] = []
            for tool in wave:
                if tool in found:
                    continue
                found[tool] = {}
                for need in self._wanted(tool):
                    offers = {
                        other: fit
                        for other, each, fit in self.tools.suppliers(need.phrases)
                        if other not in self.trust.banned
                        and other != tool
                        and any(self._may_hold(other, each, phrase) for phrase in need.phrases)
                    }
                    if any(phrase[-1] in IDENTIFIERS for phrase in need.phrases if phrase):
                        offers = dict.fromkeys(self._unread_records(), 1 - GUESS / MISFIT) | offers
                        offers.pop(tool, None)
                    found[tool][need.name] = offers
                    following += offers
            wave = following
        return found

    def _wanted(self, tool: str) -> list[Need]:
        """List what must be given to a tool: what it requires; of one that requires nothing, what there is."""
        promise = self.tools.promises[tool]
        if promise.required:
            return [need for need in promise.required if not _fills_itself(need)]
        return []

    def _grow(  # noqa: C901
        self,
        relevant: Mapping[str, Mapping[str, Mapping[str, float]]],
        goals: Mapping[str, float],
        most: int,
        costs: list[float],
    ) -> list[Found]:
        """Grow ways from the facts, cheapest first, until no dearer one can be among the best."""
        users: dict[str, list[tuple[str, str, float]]] = {}
        for tool, needs in relevant.items():
            for name, offers in needs.items():
                for other, fit in offers.items():
                    users.setdefault(other, []).append((tool, name, fit))
        found: list[Found] = []
        heap: list[tuple[float, int, Way]] = []
        for tool in relevant:
            for way in self._ways_of(tool, None):
                heapq.heappush(heap, (way.cost, len(heap), way))
        count = len(heap)
        while heap:
            cost, _, way = heapq.heappop(heap)
            if cost > _DEAREST or (len(costs) >= most and cost > costs[most - 1]):
                break
            if not self._keep(way):
                continue
            if way.tool in goals:
                found.append(self._found(way, way.cost + MISFIT * (1 - goals[way.tool]), way.met))
                insort(costs, found[-1].cost)
            for tool, name, fit in users.get(way.tool, ()):
                if len(way.tools) < _DEEPEST and way.tools.count(tool) < 2 and self._open(tool):
                    for longer in self._ways_of(tool, (name, way, MISFIT * (1 - fit))):
                        heapq.heappush(heap, (longer.cost, count := count + 1, longer))
        return found

    def _open(self, tool: str) -> bool:
        return len(self.ways.get(tool, ())) < _KEPT

    def _keep(self, way: Way) -> bool:
        kept = self.ways.setdefault(way.tool, [])
        if len(kept) >= _KEPT or any(other.met | way.met == other.met for other in kept):
            return False
        kept.append(way)
        return True

    def _ways_of(self, tool: str, new: tuple[str, Way, float] | None) -> Iterator[Way]:
        """Make the calls of a tool from facts and the ways there are; with `new`, those that use it."""
        promise = self.tools.promises[tool]
        choices: list[list[tuple[float, Fact | Way, str]]] = []
        for need in self._wanted(tool):
            if new is not None and need.name == new[0]:
                choices.append([(new[1].cost + new[2], new[1], need.name)])
                continue
            options: list[tuple[float, Fact | Way, str]] = [
                (cost, fact, need.name) for cost, fact in self._known(tool, need)
            ]
            if new is not None or not options:
                for other, _, fit in self.tools.suppliers(need.phrases):
                    options += [(w.cost + MISFIT * (1 - fit), w, need.name) for w in self.ways.get(other, ())[:2]]
            if not options:
                return
            choices.append(sorted(options, key=lambda option: option[0])[:4])
        for combined in islice(product(*choices), 24):
            if way := self._way(promise, combined):
                yield way

    def _way(self, promise: Promise, combined: Sequence[tuple[float, "Fact | Way", str]]) -> Way | None:
        args = [(name, source) for _, source, name in combined]
        used = {id(source) for _, source in args}
        if len(used) < len(args):
            return None
        met = self._own(promise)
        for _, source in args:
            met |= source.met if isinstance(source, Way) else self._met(source)
        args += [(name, fact) for name, fact in self._optional(promise, args, met)]
        for _, source in args:
            met |= source.met if isinstance(source, Way) else self._met(source)
        if all(isinstance(source, Fact) for _, source in args):
            call = self.ledger.made(promise.tool, {name: fact.value for name, fact in args})  # type: ignore[union-attr]
            if call is not None:
                return None
        cost = (
            CALL
            + WARNED * promise.distance
            + self.trust.tools.get(promise.tool, 0.0)
            + sum(each for each, _, _ in combined)
        )
        if not args:
            cost += 1.0
        before = tuple(tool for _, source in args if isinstance(source, Way) for tool in source.tools)
        return Way(promise.tool, tuple(args), cost, met, (*before, promise.tool))

    def _optional(
        self, promise: Promise, args: Sequence[tuple[str, "Fact | Way"]], met: int
    ) -> Iterator[tuple[str, Fact]]:
        """Fill optional parameters with values of the goal that nothing else takes and that clearly belong there."""
        taken = [source for _, source in args]
        for need in promise.needs:
            if need.required or need.name in {name for name, _ in args}:
                continue
            for fact in self.wanted.given:
                if (
                    not met & self.value_bits[fact.path]
                    and fact not in taken
                    and fit_fact(self.lexicon, need, fact, promise.words) >= 0.75
                ):
                    yield need.name, fact
                    taken.append(fact)
                    break

    def _known(self, tool: str, need: Need) -> list[tuple[float, Fact]]:
        """List the facts a parameter may be given, one for each value and what it meets, cheapest first."""
        key = (tool, need.name)
        if key not in self.sources:
            best: dict[tuple[object, int], tuple[float, Fact]] = {}
            about = self.tools.promises[tool].words
            for fact, before in self.kinds:
                fit = fit_fact(self.lexicon, need, fact, about)
                if fit >= LINKED:
                    cost = before + MISFIT * (1 - fit) + self.trust.doubt(fact) + self._refused_as(fact, need)
                    mark = (fact.column if fact.rows else fact.text, self._met(fact))
                    if mark not in best or cost < best[mark][0]:
                        best[mark] = (cost, fact)
            self.sources[key] = sorted(best.values(), key=lambda entry: entry[0])[:6]
        return self.sources[key]

    def _refused_as(self, fact: Fact, need: Need) -> float:
        return max((self.trust.roles.get((fact.text, phrase), 0.0) for phrase in need.phrases), default=0.0)

    def _own(self, promise: Promise) -> int:
        return self._bits(promise.words)

    def _met(self, fact: Fact) -> int:
        if fact.step < 0:
            return self._bits(fact.covers) | self.value_bits.get(fact.path, 0)
        met = self._bits(fact.covers)
        for step in self.ledger.behind(fact.step) if self.value_bits else ():
            for given in self.wanted.given:
                if any(same(given.value, value) for value in self.ledger.call(step).args.values()):
                    met |= self.value_bits[given.path]
        return met

    def _bits(self, words: frozenset[str]) -> int:
        if words not in self.met:
            self.met[words] = sum(bit for unit, bit in self.bits.items() if not words.isdisjoint(self.near[unit]))
        return self.met[words]


def fit_fact(lexicon: Lexicon, need: Need, fact: Fact, about: frozenset[str]) -> float:
    """Rate a fact as the value of a parameter: by what it is called, and by its form."""
    if not _form_fits(need, fact):
        return 0.0
    if fact.literal is not None and fact.step < 0:
        return _fit_literal(lexicon, need, fact, about)
    rated = [
        lexicon.fit(phrase, fact.phrase, need_about=about, offer_about=fact.about, named=fact.named) - 0.02 * place
        for place, phrase in enumerate(need.phrases)
    ]
    return _by_sample(need, fact, max(rated, default=0.0))


def _fit_literal(lexicon: Lexicon, need: Need, fact: Fact, about: frozenset[str]) -> float:
    """Rate a value of the goal: by what the goal calls it, and by its kind."""
    assert fact.literal is not None
    kind = fact.literal.kind
    words = {word for phrase in need.phrases for word in phrase} | need.about
    heads = {phrase[-1] for phrase in need.phrases if phrase}
    fit = 0.0
    if kind in ("email", "url", "date"):
        marks = {
            "email": {"email", "mail"},
            "url": {"url", "uri", "link", "websit", "pag"},
            "date": {"dat", "day", "when", "sinc", "until"},
        }[kind]
        return (
            0.97
            if marks & words
            else 0.55
            if all(word in GENERIC for phrase in need.phrases for word in phrase)
            else 0.0
        )
    if fact.phrase:
        ways = (fact.phrase, fact.phrase[-1:])
        fit = max(
            lexicon.fit(phrase, way, offer_about=frozenset(fact.phrase), named=kind in ("id", "number")) - 0.03 * place
            for phrase in need.phrases or ((),)
            for place, way in enumerate(ways)
        )
        if (
            kind in ("name", "quote")
            and heads & {"nam", "titl"}
            and lexicon.fit(next(p for p in need.phrases if p), (*fact.phrase[-1:], "nam")) >= LINKED
        ):
            fit = max(fit, 0.9)
    if (
        kind in ("name", "quote")
        and fit < LINKED
        and heads & {"nam", "titl", "query", "keyword", "term", "text", "search"}
    ):
        fit = 0.7
    if (
        kind in ("id", "number")
        and fit < LINKED
        and heads & IDENTIFIERS
        and not any(lexicon.knows(word) for word in fact.phrase)
    ):
        fit = 0.55
    if (
        kind in ("name", "quote")
        and fit < LINKED
        and need.kind in ("string", "")
        and not heads & IDENTIFIERS
        and not fact.phrase
    ):
        fit = 0.5
    if kind in ("name",) and heads & IDENTIFIERS and " " in fact.text:
        fit *= 0.7
    return _by_sample(need, fact, fit)


def _by_sample(need: Need, fact: Fact, fit: float) -> float:
    """Correct a rating by the form of the values a parameter's description shows."""
    if not need.samples or not fact.text:
        return fit
    if any(shape(sample) == shape(fact.text) for sample in need.samples):
        return max(fit, 0.7) + 0.3 * (1 - max(fit, 0.7)) * (fit > 0)
    return fit * (0.5 if fact.named else 0.75)


def _form_fits(need: Need, fact: Fact) -> bool:
    value, text = fact.value, fact.text
    if isinstance(value, dict | list) or text.strip() == "" or len(text) > 300:
        return False
    if need.options and not any(str(option).casefold() == text.casefold() for option in need.options):
        return False
    if need.kind in ("integer", "number"):
        return bool(re.fullmatch(r"-?\d+(?:\.0+)?" if need.kind == "integer" else r"-?[\d,]+(?:\.\d+)?", text))
    if need.kind == "boolean" or isinstance(value, bool):
        return need.kind == "boolean" and isinstance(value, bool)
    if need.kind in ("array", "object"):
        return False
    try:
        return (
            not need.pattern
            or need.pattern.isalpha()
            or need.pattern[-1:] == "-"
            or bool(re.search(need.pattern, text))
        )
    except re.error:
        return True


def _fills_itself(need: Need) -> bool:
    """Whether a required parameter is one the caller may choose: a switch, a page size, one of a few words."""
    sizes = {"limit", "pag", "siz", "offset", "count", "max", "top", "k", "verbos", "format"}
    return need.default is not None or need.kind == "boolean" or bool(need.options) or (
        need.kind == "integer" and all(set(phrase) & sizes for phrase in need.phrases)
    )  # fmt: skip


def _has_form(fact: Fact, form: str) -> bool:
    if form == "date":
        return shape(fact.text) == "date" or bool(re.search(r"\d{4}|\d\d?:\d\d", fact.text))
    if form == "number":
        return bool(re.search(r"\d", fact.text)) and shape(fact.text) != "date"
    return not (form in ("person", "place") and re.fullmatch(r"[\d.,-]+", fact.text))


def _kinds(facts: Iterable[tuple[Fact, float]]) -> Iterator[tuple[Fact, float]]:
    """Take one fact of every column of a list: what can be called with it can be called with the others."""
    seen: set[object] = set()
    for fact, cost in facts:
        mark = (*fact.column, fact.phrase) if fact.rows else (fact.step, fact.path, fact.phrase)
        if mark not in seen:
            seen.add(mark)
            yield fact, cost


def _learned(ledger: Ledger) -> dict[str, set[Phrase]]:
    """Say for every tool that has answered which fields its answers had."""
    by_step = {call.step: call.tool for call in ledger.calls if not call.failed}
    found: dict[str, set[Phrase]] = {}
    for fact in ledger.facts:
        if fact.step in by_step and any(isinstance(key, str) for key in fact.path):
            found.setdefault(by_step[fact.step], set()).add(fact.phrase)
    return found


def _different(found: Iterable[Found]) -> Iterator[Found]:
    """Drop answers that differ in nothing but what they meet."""
    seen: set[object] = set()
    for each in found:
        mark = each.source if isinstance(each.source, Fact) else each.source.tools
        if mark not in seen:
            seen.add(mark)
            yield each
