"""Checks what was reached by a second, independent way, and settles it where two ways differ."""

from collections.abc import Sequence
from dataclasses import replace

from surefoot.nodes.evidence.phrases import form
from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.quest.calls import calls_of, column, typed
from surefoot.nodes.quest.derive import derive
from surefoot.nodes.quest.fitting import fit_fact
from surefoot.nodes.quest.reach import CALL, price
from surefoot.nodes.quest.rows import as_number
from surefoot.nodes.quest.scene import ENOUGH_CALLS, Calls, Move, Reached, Scene
from surefoot.nodes.quest.ways import Found, Wanted
from surefoot.nodes.state import Json

__all__ = ["UNSETTLED", "check", "reached_by"]

UNSETTLED = "Two ways differ and nothing settles it"
"""Why there is no answer where two sources say different things; to leave one of them out settles nothing."""

_PROBES = 2
"""Tools asked at most whether they know an identifier."""
_CHECKS = 4
"""Calls of one turn that only check what is known already."""
_VAGUE = 2.5
"""What a second way may cost beside its calls: vague links prove nothing."""
_DEARER = 2.5
"""A second way may cost this much more than the first; dearer ones are too far-fetched to tell anything."""
_REFUSED = 4.0
"""A value in more doubt than this was refused, or is of another thing."""
_FAR = 2.0
"""Where two ways differ, a third one may be so much more far-fetched: a record may be read that nobody says holds it."""
_SETTLES = 2.0
"""Of two ways that differ, one that is in so much less doubt is believed."""
_KNOWS = 0.8
"""How well an identifier must fit what a tool takes for a call of it to tell whether there is such a thing."""


def reached_by(scene: Scene, found: Found, within: Sequence[Fact]) -> Reached:
    """Take the facts of an answer, one for each row."""
    assert isinstance(found.source, Fact)
    return Reached(tuple(column(scene, found.source, within)), found.cost, found.unmet, tuple(within))


def check(
    scene: Scene, wanted: Wanted, focus: Sequence[Fact], got: Reached, *, last: bool
) -> tuple[Reached | Move, Calls]:
    """Look for a second, independent way to what was reached: what is to be believed, and calls that would check it.

    What is not the `last` stage is used further on, and there a wrong identifier is found out.
    """
    if scene.hurry:
        return got, ()
    differing: list[Reached] = []
    agreeing: list[Reached] = []
    checks: list[Calls] = []
    for tool in _sources(scene, got, focus):
        other = _without(scene, wanted, focus, frozenset({tool}), got)
        if not isinstance(other, Reached):
            checks.append(other)
        elif other.values == got.values:
            agreeing.append(other)
        elif _comparable(other, got):
            differing.append(other)
    worth = len(scene.ledger.calls) < ENOUGH_CALLS
    settled = _settled(scene, wanted, focus, got, differing[0], last=last) if differing else got
    if isinstance(settled, Reached):
        settled = replace(settled, again=tuple(other for other in agreeing if other.values == settled.values))
    return settled, tuple(call for calls in checks for call in calls)[:_CHECKS] if worth else ()


def _taken(scene: Scene, got: Reached) -> bool:
    """Whether other tools know the values: an identifier that nobody issued is refused where it is used."""
    given = {scene.ledger.call(fact.step).tool for fact in got.facts}
    return all(scene.trust.taken.get(fact.text, set()) - given for fact in got.facts)


def _behind(scene: Scene, got: Reached, focus: Sequence[Fact]) -> list[str]:
    """Name the tools a thing was reached with since the stage before."""
    before = {step for fact in focus for step in scene.ledger.behind(fact.step)}
    steps = {step for fact in got.facts for step in scene.ledger.behind(fact.step)} - before
    return list(dict.fromkeys(call.tool for call in scene.ledger.calls if call.step in steps))


def _sources(scene: Scene, got: Reached, focus: Sequence[Fact]) -> list[str]:
    """Name the tools something rests on since the stage before; what stood beside that one rests on what told it."""
    beside = [scene.ledger.call(fact.step).tool for fact in got.facts if fact.step >= 0]
    return _behind(scene, got, focus) or list(dict.fromkeys(beside))


def _without(
    scene: Scene, wanted: Wanted, focus: Sequence[Fact], banned: frozenset[str], got: Reached, *, far: float = 0.0
) -> Reached | Calls:
    """Reach the same without some tools: its values, or the calls that are needed, where they are few.

    `far` is what such a way may cost more than usual. A value that was refused is none; where there was one, a way may be
    as far-fetched as to settle a difference.
    """
    trust = replace(scene.trust, banned=scene.trust.banned | banned)
    found = derive(scene.tools, wanted, focus, scene.ledger, trust, most=4)
    sound = [each for each in found if not (isinstance(each.source, Fact) and trust.doubt(each.source) > _REFUSED)]
    far = _FAR if len(sound) < len(found) else far
    for each in sound[:2]:
        if each.unmet - got.unmet or each.cost - got.cost > _DEARER + far:
            continue
        if isinstance(each.source, Fact):
            return reached_by(scene, each, scene.within(focus))
        if each.cost - CALL * len(each.source.tools) <= _VAGUE + far:
            calls = calls_of(scene, each.source, focus)
            if len(calls) <= 3:
                return calls
    return ()


def _settled(
    scene: Scene, wanted: Wanted, focus: Sequence[Fact], got: Reached, other: Reached, *, last: bool
) -> Reached | Move:
    """Decide between two that differ: by a third way, by which is known elsewhere, by what each rests on; else say so and give up."""
    mine, theirs = set(_sources(scene, got, focus)), set(_sources(scene, other, focus))
    apart = frozenset(mine - theirs), frozenset(theirs - mine)
    if settled := _by_a_third(scene, wanted, focus, got, other, apart[0] | apart[1], far=0.0):
        return settled
    if probes := _probes(scene, got, other):
        return Move(calls=probes, why="which of two is known elsewhere")
    taken = [each for each in (got, other) if _taken(scene, each)]
    if len(taken) == 1 and taken[0].facts[0].named:
        return taken[0]
    if settled := _by_a_third(scene, wanted, focus, got, other, apart[0] | apart[1], far=_FAR):
        return settled
    doubts = [each.cost - CALL * len(tools) for each, tools in ((got, mine), (other, theirs))]
    if abs(doubts[0] - doubts[1]) >= _SETTLES:
        return got if doubts[0] < doubts[1] else other
    if got.facts[0].named and not taken and not last:
        return got
    names = [" and ".join(sorted(each)) for each in apart]
    values = [", ".join(sorted(fact.text for fact in each.facts)) for each in (got, other)]
    return Move(gave_up=f"{UNSETTLED}: {values[0]} by {names[0]}, {values[1]} by {names[1]}.")


def _by_a_third(
    scene: Scene,
    wanted: Wanted,
    focus: Sequence[Fact],
    got: Reached,
    other: Reached,
    apart: frozenset[str],
    *,
    far: float,
) -> Reached | Move | None:
    third = _without(scene, wanted, focus, apart, got, far=far)
    if isinstance(third, tuple) and third and len(scene.ledger.calls) < ENOUGH_CALLS:
        return Move(calls=third, why="a third way, as two differ")
    if isinstance(third, Reached) and third.values in (got.values, other.values):
        return got if third.values == got.values else other
    return None


def _probes(scene: Scene, one: Reached, other: Reached) -> Calls:
    """Ask about an identifier of each that the other has not: what nobody issued is refused."""
    if len(scene.ledger.calls) >= ENOUGH_CALLS:
        return ()
    calls: list[tuple[str, dict[str, Json]]] = []
    for mine, theirs in ((one, other), (other, one)):
        fact = next((f for f in mine.facts if f.named and f.text.casefold().strip() not in theirs.values), None)
        if fact is None:
            return ()
        if scene.trust.taken.get(fact.text):
            continue
        used = {scene.ledger.call(each.step).tool for each in (*one.facts, *other.facts)}
        rated = [
            (price(promise, scene.trust), name, {need.name: typed(scene, name, need.name, fact.value)})
            for name, promise in scene.tools.promises.items() if name not in used | scene.trust.banned and len(promise.required) == 1
            for need in promise.required if fit_fact(scene.tools.lexicon, need, fact, promise.words) >= _KNOWS
        ]  # fmt: skip
        fresh = sorted(
            ((cost, name, args) for cost, name, args in rated if not scene.ledger.made(name, args)), key=lambda r: r[:2]
        )
        if not fresh or len(rated) - len(fresh) >= _PROBES:
            return ()
        calls.append(fresh[0][1:])
    return tuple(calls)


def _comparable(one: Reached, other: Reached) -> bool:
    """Whether two answers are of one kind: numbers, identifiers of the same form, or neither an identifier."""
    a, b = one.facts[0], other.facts[0]
    if as_number(a) is not None and as_number(b) is not None:
        return True
    return a.named == b.named and (not a.named or form(a.text) == form(b.text))
