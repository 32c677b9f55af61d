"""Tries what may still lead further where no way is left, and says why none is."""

from collections.abc import Sequence

from surefoot.nodes.evidence.plausible import refusal
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.quest.calls import typed
from surefoot.nodes.quest.derive import UNMET
from surefoot.nodes.quest.fitting import fit_fact
from surefoot.nodes.quest.scene import ENOUGH_CALLS, Move, Scene
from surefoot.nodes.quest.ways import Found, Wanted
from surefoot.nodes.state import Json

__all__ = ["otherwise"]


def otherwise(scene: Scene, wanted: Wanted, focus: Sequence[Fact], best: Found | None) -> Move:
    """Look around, try once more what was down, or give up."""
    return _explore(scene, wanted, focus) or _retry(scene) or Move(gave_up=_lost(scene, wanted, best))


def _explore(scene: Scene, wanted: Wanted, focus: Sequence[Fact]) -> Move | None:
    """Call what can be called now and speaks of what is looked for."""
    if len(scene.ledger.calls) > ENOUGH_CALLS:
        return None
    unmet = {word for phrase, _ in wanted.phrases for word in phrase} | wanted.about
    rated: list[tuple[float, str, dict[str, Json]]] = []
    for name, promise in scene.tools.promises.items():
        meets = sum(scene.tools.lexicon.weight(u) for u in unmet if promise.words & scene.tools.lexicon.near(u))
        if not meets or promise.distance > 0.5 or scene.trust.tools.get(name, 0.0) > 5 or not promise.required:
            continue
        args, cost = _filled(scene, promise, focus)
        if args is not None and scene.ledger.made(name, args) is None:
            rated.append((cost - UNMET * meets, name, args))
    rated.sort(key=lambda entry: (entry[0], entry[1]))
    calls = tuple((name, args) for _, name, args in rated[:3])
    return Move(calls=calls, why="looking for what leads further") if calls else None


def _filled(scene: Scene, promise: Promise, focus: Sequence[Fact]) -> tuple[dict[str, Json] | None, float]:
    args: dict[str, Json] = {}
    total = 0.0
    for need in promise.required:
        rated = [(fit_fact(scene.tools.lexicon, need, fact, promise.words), fact.step, fact) for fact in focus]
        fit, _, fact = max(
            rated,
            key=lambda entry: (round(entry[0], 2) - 0.1 * scene.trust.doubt(entry[2]), entry[1]),
            default=(0.0, 0, None),
        )
        if fact is None or fit < 0.6 or scene.trust.doubt(fact) > 2:
            return None, 0.0
        args[need.name] = typed(scene, promise.tool, need.name, fact.value)
        total += 3 * (1 - fit)
    return args, total


def _retry(scene: Scene) -> Move | None:
    """Call once more what was down, where that was all there was."""
    for call in scene.ledger.calls:
        tries = [each for each in scene.ledger.calls if each.tool == call.tool and each.args == call.args]
        if (
            call.failed
            and refusal(call) != "refused"
            and call.kind in ("exception", "timeout")
            and len(tries) == 1
            and call.tool in scene.tools.promises
        ):
            return Move(calls=((call.tool, dict(call.args)),), why="once more what failed")
    return None


def _lost(scene: Scene, wanted: Wanted, best: Found | None) -> str:
    why = "; ".join(dict.fromkeys(f"{d.value or d.call.tool} {d.why}" if d.value else d.why for d in scene.doubts[-4:]))
    seen = f" {best.source.text} was found, but is in doubt." if best and isinstance(best.source, Fact) else ""
    sought = " ".join(wanted.phrases[0][0]) or "what is asked"
    return f"No way is left to {sought}.{seen}{f' {why}.' if why else ''}"
