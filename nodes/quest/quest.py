"""Decides the next move of a question, from the log alone: a run that was broken off goes on the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from surefoot.nodes.evidence.blame import weigh
from surefoot.nodes.evidence.promises import promise_of
from surefoot.nodes.evidence.provenance import Fact, read_log
from surefoot.nodes.evidence.toolset import Toolset
from surefoot.nodes.evidence.words import IDENTIFIERS
from surefoot.nodes.quest.answer import folded, told
from surefoot.nodes.quest.asked import Asked, Pick, Stage, Target
from surefoot.nodes.quest.calls import calls_of, missing_rows
from surefoot.nodes.quest.checks import check, reached_by
from surefoot.nodes.quest.derive import derive
from surefoot.nodes.quest.goal import read_goal
from surefoot.nodes.quest.otherwise import otherwise
from surefoot.nodes.quest.reach import CALL
from surefoot.nodes.quest.rows import Table, joined, measures, narrow, table_of
from surefoot.nodes.quest.scene import Calls, Move, Reached, Scene, unique
from surefoot.nodes.quest.ways import Found, Wanted, Way
from surefoot.nodes.state import ReactStep

__all__ = ["Quest", "asks_for_something"]

_VAGUE = 2.0
"""A way whose links cost more, beside its calls, is a guess."""
_DOUBTFUL = 5.0
"""A value in more doubt than this is no answer."""
_SHOWN = 6
"""Values that are told where several fit."""


class Quest:
    """One question over one set of tools.

    Args:
        goal: What is asked.
        tools: What can be called, each as `promises.promise_of` reads it.
        log: What was called so far, and what came of it.
        hurry: Nothing is checked any more: the next move is to be the answer, if there is one.
        avoid: Tools that are not to be called; what they promise still says which ways are none.
    """

    def __init__(
        self,
        goal: str,
        tools: Sequence[Mapping[str, Any]],
        log: Sequence[ReactStep],
        *,
        hurry: bool = False,
        avoid: frozenset[str] = frozenset(),
    ) -> None:
        toolset = _toolset(tuple(json.dumps(tool, sort_keys=True) for tool in tools))
        asked = _asked(goal, toolset)
        ledger = read_log(log, toolset.promises, asked.given)
        trust, doubts = weigh(ledger, toolset)
        trust.banned = avoid
        self.scene = Scene(asked, toolset, ledger, trust, doubts, hurry)
        self._checks: Calls = ()

    def move(self) -> Move:
        """Decide what to do next."""
        ends: list[Reached] = []
        for target in self.scene.asked.targets:
            got = self._follow(target)
            if isinstance(got, Move):
                return replace(got, calls=unique((*got.calls, *self._checks))) if got.calls else got
            ends.append(got)
        if not ends:
            return Move(gave_up="Nothing in this says what is to be found out.")
        if self._checks:
            return Move(calls=unique(self._checks), why="checking by another way")
        return Move(answer=told(self.scene, ends))

    def _follow(self, target: Target) -> Reached | Move:
        """Go along a target's chain, stage by stage, from the values the goal gives."""
        anchored = next((n for n, stage in enumerate(target.chain) if stage.given), None)
        chain = target.chain[:anchored] if anchored is not None else ()
        given = (
            [fact for stage in target.chain[anchored:] for fact in stage.given]
            if anchored is not None
            else list(self.scene.asked.given)
        )
        focus, fresh, skipped, before = list(given), tuple(given), frozenset[str](), list[str]()
        of = (
            frozenset(word for stage in target.chain[anchored:] for word in stage.phrase)
            if chain or anchored is not None
            else frozenset()
        )
        for stage in reversed(chain):
            if not self._is_thing(stage):
                skipped |= frozenset(stage.phrase)
                continue
            wanted = replace(self._wanted_stage(stage, skipped, fresh), of=self._known(of))
            got = self._reach(wanted, focus, stage, stage.given, before)
            if isinstance(got, Move):
                return got
            if target.fold and not self._several(stage) and len(got.values) > 1:
                return Move(gave_up=f"Several fit and nothing tells which is meant: {_listed(got.facts)}.")
            focus, fresh, skipped, of = self._focus(stage, got), stage.given, frozenset(), frozenset(stage.phrase)
            focus += stage.given
            before = [fact.text for fact in got.facts if fact.named] if len(got.values) == 1 else []
        wanted = replace(self._wanted(target, skipped, fresh, bool(chain)), of=self._known(of))
        got = self._reach(wanted, focus, target, () if chain else given, before)
        if isinstance(got, Move):
            return got
        if not target.fold and not self._several(target) and len(got.values) > 1:
            return Move(gave_up=f"Several fit and nothing tells which is meant: {_listed(got.facts)}.")
        return replace(got, text=folded(got.facts, target))

    def _several(self, thing: Target | Stage) -> bool:
        """Whether the goal's words say that there may be several."""
        words = thing.words.union(*(stage.words for stage in (thing.chain if isinstance(thing, Target) else ())))
        every = {"all", "each", "every", "any"} & self.scene.asked.words
        return bool(every) or any(len(word) > 3 and word[-1] == "s" and word[-2] not in "sui" for word in words)

    def _known(self, words: frozenset[str]) -> frozenset[str]:
        return frozenset(word for word in words if self.scene.tools.lexicon.knows(word))

    def _is_thing(self, stage: Stage) -> bool:
        return bool(self.scene.tools.suppliers(((*stage.phrase, "id"), stage.phrase)))

    def _wanted_stage(self, stage: Stage, skipped: frozenset[str], given: tuple[Fact, ...]) -> Wanted:
        units = {
            word: self.scene.tools.lexicon.weight(word) for word in skipped if self.scene.tools.lexicon.knows(word)
        }
        keys = [(key, 0.1) for key in self.scene.tools.keys.get(stage.phrase, ())]
        return Wanted((((*stage.phrase, "id"), 0.0), (stage.phrase, 0.05), *keys), skipped, "", units, given)

    def _wanted(self, target: Target, skipped: frozenset[str], given: tuple[Fact, ...], chained: bool) -> Wanted:
        words = skipped | (target.about if chained else frozenset(self.scene.asked.units))
        units = {
            word: self.scene.tools.lexicon.weight(word) * (1.0 if not chained or word in skipped else 0.3)
            for word in words
            if self.scene.tools.lexicon.knows(word)
        }
        form = "" if target.fold else target.form
        return Wanted(target.phrases, target.about | skipped, form, units, given)

    def _reach(
        self,
        wanted: Wanted,
        focus: Sequence[Fact],
        thing: Stage | Target,
        given: Sequence[Fact],
        before: Sequence[str],
    ) -> Reached | Move:
        """Reach one thing or value from the facts of the stage before, whose identifiers are `before`."""
        found = derive(self.scene.tools, wanted, focus, self.scene.ledger, self.scene.trust)
        best = found[0] if found else None
        if best is None or (isinstance(best.source, Fact) and self.scene.trust.doubt(best.source) > _DOUBTFUL):
            move = otherwise(self.scene, wanted, focus, best)
            way = next((each for each in found if isinstance(each.source, Way)), None)
            return move if move.calls or way is None else self._begun(way, way.source, focus)  # type: ignore[arg-type]
        if isinstance(best.source, Way):
            return self._begun(best, best.source, focus)
        got = reached_by(self.scene, best, self.scene.within(focus))
        if missing := missing_rows(self.scene, got):
            return Move(calls=missing, why="the other rows")
        settled, checks = check(self.scene, wanted, focus, got, last=isinstance(thing, Target))
        self._checks += checks
        if isinstance(settled, Move):
            return settled
        # Of lists that say the same, one that has the column to pick by saves looking it up row by row.
        again = [reached_by(self.scene, each, got.within) for each in found if isinstance(each.source, Fact)]
        again = [settled, *(each for each in again if each.values == settled.values)]
        mine = [*(fact.text for fact in given), *before]
        narrowed = [self._narrowed(each, thing.picks, thing.words, mine) for each in again[: 3 if thing.picks else 1]]
        return min(narrowed, key=lambda each: 0 if isinstance(each, Reached) else 1 if each.calls else 2)

    def _begun(self, found: Found, way: Way, focus: Sequence[Fact]) -> Move:
        links = found.cost - CALL * (len(way.tools) + len(self.scene.ledger.calls))
        calls = calls_of(self.scene, way, focus)
        steps = len(way.tools) + len(self._behind(way))
        sure = links <= _VAGUE and not found.unmet
        return Move(calls=calls, why=" -> ".join(way.tools), way=way.tools, steps=steps, sure=sure)

    def _behind(self, way: Way) -> frozenset[int]:
        """Name the log entries that a way goes on from."""
        found = frozenset[int]()
        for _, source in way.args:
            found |= self._behind(source) if isinstance(source, Way) else self.scene.ledger.behind(source.step)
        return found

    def _narrowed(
        self, got: Reached, picks: tuple[Pick, ...], words: frozenset[str], given: Sequence[str]
    ) -> Reached | Move:
        """Narrow the lists a thing was found in to the rows that are meant."""
        facts = got.facts
        lists = dict.fromkeys(name for fact in got.facts for name, _ in fact.rows)
        for name in lists:
            meant = {index for fact in facts for each, index in fact.rows if each == name}
            table = {
                index: row for index, row in table_of(name, got.within, frozenset(lists)).items() if index in meant
            }
            if len(table) > 1:
                named = {fact.text: index for fact in facts for each, index in fact.rows if each == name}
                table = joined(table, named, got.within, self.scene.ledger)
                narrowed = narrow(table, words, given, picks, self.scene.ledger, self.scene.tools)
                if narrowed.open is not None:
                    calls = self._measure(narrowed.open, table)
                    return Move(calls=calls, why="to know which is meant") if calls else _untold(narrowed.open, facts)
                facts = tuple(
                    fact for fact in facts if all(index in narrowed.rows for each, index in fact.rows if each == name)
                )
        return replace(got, facts=facts)

    def _measure(self, pick: Pick, table: Table) -> Calls:
        """Call what tells by which a row is picked, for every row."""
        facts = [fact for index in sorted(table) for fact in table[index]]
        phrases = tuple(((word,), 0.0) for word in measures(pick))
        for found in derive(self.scene.tools, Wanted(phrases), facts, self.scene.ledger, self.scene.trust, most=3):
            if isinstance(found.source, Way):
                return calls_of(self.scene, found.source, facts)
        return ()

    def _focus(self, stage: Stage, got: Reached) -> list[Fact]:
        """Choose the facts that are about the thing reached: it, and what was told of it beside it."""
        found: list[Fact] = []
        texts = {fact.text for fact in got.facts}
        for fact in (*got.facts, *(fact for each in got.again for fact in each.facts if fact.text in texts)):
            promise = self.scene.tools.promises[self.scene.ledger.call(fact.step).tool]
            about = any(
                self.scene.tools.lexicon.fit(stage.phrase, each.phrase, record=each.record) >= 0.7
                for each in promise.yields
                if set(each.phrase) - IDENTIFIERS
            )
            mine = [other for other in got.within if other.step == fact.step and other.rows == fact.rows]
            own = [other for other in mine if about or set(stage.phrase) & set(other.phrase)]
            found += [fact, *(other for other in own if other is not fact)]
        return list(dict.fromkeys(found))


def _untold(pick: Pick, facts: Sequence[Fact]) -> Move:
    """Say that nothing tells which of several is meant."""
    which = " ".join((pick.kind, *pick.field))
    return Move(gave_up=f"Nothing tells which is the {which} one of {_listed(facts)}.")


def _listed(facts: Sequence[Fact]) -> str:
    texts = list(dict.fromkeys(fact.text for fact in facts))
    return ", ".join(texts[:_SHOWN]) + (f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")


def asks_for_something(goal: str, tools: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a goal asks for something of what it names by a value, in words that the tools speak of.

    A record may hold what nobody says it does: there it is enough that the things on the way are spoken of.
    """
    toolset = _toolset(tuple(json.dumps(tool, sort_keys=True) for tool in tools))
    asked = _asked(goal, toolset)
    said = [(phrase, target.about) for target in asked.targets for phrase, _ in target.phrases if phrase]
    said += [(stage.phrase, frozenset()) for target in asked.targets for stage in target.chain[:-1] if stage.phrase]
    return bool(asked.given) and any(toolset.suppliers((phrase,), about) for phrase, about in said)


@lru_cache(maxsize=16)
def _toolset(tools: tuple[str, ...]) -> Toolset:
    return Toolset(promise_of(json.loads(tool)) for tool in tools)


@lru_cache(maxsize=16)
def _asked(goal: str, tools: Toolset) -> Asked:
    known = frozenset(word for promise in tools.promises.values() for word in promise.words)
    return read_goal(goal, tools.lexicon, known)
