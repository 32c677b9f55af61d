"""Answers a question over tools nobody wrote a rule for: plans backward, calls, judges, blames, and plans again.

All it knows stands in the log: each turn is decided from the log alone, so a run that was broken off goes on the same.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.quest.rows import Table, as_number, measures, narrow, table_of
from surefoot.nodes.evidence.asked import Asked, Pick, Stage, Target
from surefoot.nodes.evidence.blame import weigh
from surefoot.nodes.evidence.derive import UNMET, derive
from surefoot.nodes.evidence.fitting import fit_fact
from surefoot.nodes.evidence.goal import read_goal
from surefoot.nodes.evidence.phrases import shape
from surefoot.nodes.evidence.promises import Promise, promise_of
from surefoot.nodes.evidence.provenance import Fact, read_log
from surefoot.nodes.evidence.reach import CALL, reached
from surefoot.nodes.evidence.toolset import Toolset
from surefoot.nodes.evidence.values import as_text, same
from surefoot.nodes.evidence.ways import Found, Wanted, Way, ready
from surefoot.nodes.evidence.words import IDENTIFIERS
from surefoot.nodes.state import Json, ReactStep

_ROWS_AT_ONCE = 12
_CHECKS = 4
"""Calls of one turn that only check what is known already."""
_CALLS = 40
"""Calls after which nothing is checked or tried out any more."""
_VAGUE = 1.5
"""What a second way may cost beside its calls: vague links prove nothing."""
_DEARER = 2.5
"""A second way may cost this much more than the first; dearer ones are too far-fetched to tell anything."""
_DOUBTFUL = 5.0
"""A value in more doubt than this is no answer."""


@dataclass(frozen=True, slots=True)
class Move:
    """What to do next: calls, or an answer, or why there is none."""

    calls: tuple[tuple[str, dict[str, Json]], ...] = ()
    answer: str = ""
    gave_up: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A thing or value that was reached: its facts, one for each row, and what they cost."""

    facts: tuple[Fact, ...]
    cost: float
    unmet: frozenset[str]
    within: tuple[Fact, ...] = ()
    """All that is known from the stage before on."""
    text: str = ""

    @property
    def values(self) -> frozenset[str]:
        return frozenset(fact.text.casefold().strip() for fact in self.facts)


Calls = tuple[tuple[str, dict[str, Json]], ...]


class Quest:
    """One question over one set of tools."""

    def __init__(
        self, goal: str, tools: Sequence[Mapping[str, Any]], log: Sequence[ReactStep], *, hurry: bool = False
    ) -> None:
        self.goal, self.hurry = goal, hurry
        self.tools = _toolset(tuple(json.dumps(tool, sort_keys=True) for tool in tools))
        self.asked = _asked(goal, self.tools)
        self.ledger = read_log(log, self.tools.promises, self.asked.given)
        self.trust, self.doubts = weigh(self.ledger, self.tools)
        self.checks: list[tuple[str, dict[str, Json]]] = []

    def move(self) -> Move:
        """Decide what to do next."""
        ends: list[Reached] = []
        for target in self.asked.targets:
            got = self._follow(target)
            if isinstance(got, Move):
                if got.calls:
                    return replace(got, calls=_unique((*got.calls, *self.checks)))
                return got
            ends.append(got)
        if not ends:
            return Move(gave_up="Nothing in this says what is to be found out.")
        if self.checks:
            return Move(calls=_unique(self.checks), why="checking by another way")
        return Move(answer=self._told(ends))

    # --- from the anchor to the target

    def _follow(self, target: Target) -> Reached | Move:
        """Go along a target's chain, stage by stage, from the values the goal gives."""
        anchored = next((n for n, stage in enumerate(target.chain) if stage.given), None)
        chain = target.chain[:anchored] if anchored is not None else ()
        given = (
            [fact for stage in target.chain[anchored:] for fact in stage.given]
            if anchored is not None
            else list(self.asked.given)
        )
        focus, fresh, skipped = list(given), tuple(given), frozenset[str]()
        for stage in reversed(chain):
            if not self._is_thing(stage):
                skipped |= frozenset(stage.phrase)
                continue
            wanted = self._wanted_stage(stage, skipped, fresh)
            got = self._reach(wanted, focus, stage.picks, stage.words, stage.given)
            if isinstance(got, Move):
                return got
            focus, fresh, skipped = self._focus(stage, got), stage.given, frozenset()
            focus += stage.given
        got = self._reach(
            self._wanted(target, skipped, fresh, bool(chain)), focus, target.picks, target.words, () if chain else given
        )
        if isinstance(got, Move):
            return got
        return replace(got, text=_folded(got.facts, target))

    def _is_thing(self, stage: Stage) -> bool:
        return bool(self.tools.suppliers(((*stage.phrase, "id"), stage.phrase)))

    def _wanted_stage(self, stage: Stage, skipped: frozenset[str], given: tuple[Fact, ...]) -> Wanted:
        units = {word: self.tools.lexicon.weight(word) for word in skipped if self.tools.lexicon.knows(word)}
        return Wanted((((*stage.phrase, "id"), 0.0), (stage.phrase, 0.05)), skipped, "", units, given)

    def _wanted(self, target: Target, skipped: frozenset[str], given: tuple[Fact, ...], chained: bool) -> Wanted:
        words = skipped | (target.about if chained else frozenset(self.asked.units))
        units = {
            word: self.tools.lexicon.weight(word) * (1.0 if not chained or word in skipped else 0.3)
            for word in words
            if self.tools.lexicon.knows(word)
        }
        form = "" if target.fold else target.form
        return Wanted(target.phrases, target.about | skipped, form, units, given)

    def _reach(
        self,
        wanted: Wanted,
        focus: Sequence[Fact],
        picks: tuple[Pick, ...],
        words: frozenset[str],
        given: Sequence[Fact],
    ) -> Reached | Move:
        """Reach one thing or value from the facts of the stage before."""
        found = derive(self.tools, wanted, focus, self.ledger, self.trust)
        best = found[0] if found else None
        if best is None or (isinstance(best.source, Fact) and self.trust.doubt(best.source) > _DOUBTFUL):
            return self._explore(wanted, focus) or self._retry() or Move(gave_up=self._lost(wanted, best))
        if isinstance(best.source, Way):
            return Move(calls=self._calls(best.source, focus), why=_said(best.source))
        got = self._got(best, self._within(focus))
        if missing := self._missing_rows(got):
            return Move(calls=missing, why="the other rows")
        settled = self._check(wanted, focus, got)
        if isinstance(settled, Move):
            return settled
        # Of lists that say the same, one that has the column to pick by saves looking it up row by row.
        again = [self._got(each, got.within) for each in found if isinstance(each.source, Fact)]
        again = [settled, *(each for each in again if each.values == settled.values)]
        narrowed = [self._narrowed(each, picks, words, given) for each in again[: 3 if picks else 1]]
        return next((each for each in narrowed if isinstance(each, Reached)), narrowed[0])

    def _got(self, found: Found, within: Sequence[Fact]) -> Reached:
        assert isinstance(found.source, Fact)
        return Reached(tuple(self._column(found.source, within)), found.cost, found.unmet, tuple(within))

    def _within(self, focus: Sequence[Fact]) -> list[Fact]:
        return [fact for fact, _ in reached(self.tools, focus, self.ledger, self.trust)]

    def _narrowed(
        self, got: Reached, picks: tuple[Pick, ...], words: frozenset[str], given: Sequence[Fact]
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
                narrowed = narrow(table, words, [fact.text for fact in given], picks, self.ledger, self.tools)
                if narrowed.open is not None and (calls := self._measure(narrowed.open, table)):
                    return Move(calls=calls, why="to know which is meant")
                facts = tuple(
                    fact for fact in facts if all(index in narrowed.rows for each, index in fact.rows if each == name)
                )
        return replace(got, facts=facts)

    def _measure(self, pick: Pick, table: Table) -> Calls:
        """Call what tells by which a row is picked, for every row."""
        facts = [fact for index in sorted(table) for fact in table[index]]
        phrases = tuple(((word,), 0.0) for word in measures(pick))
        for found in derive(self.tools, Wanted(phrases), facts, self.ledger, self.trust, most=3):
            if isinstance(found.source, Way):
                return self._calls(found.source, facts)
        return ()

    def _focus(self, stage: Stage, got: Reached) -> list[Fact]:
        """Choose the facts that are about the thing reached: it, and what was told of it beside it."""
        found: list[Fact] = []
        for fact in got.facts:
            promise = self.tools.promises[self.ledger.call(fact.step).tool]
            about = any(
                self.tools.lexicon.fit(stage.phrase, each.phrase, record=each.record) >= 0.7
                for each in promise.yields
                if set(each.phrase) - IDENTIFIERS
            )
            mine = [other for other in got.within if other.step == fact.step and other.rows == fact.rows]
            own = [other for other in mine if about or set(stage.phrase) & set(other.phrase)]
            found += [fact, *(other for other in own if other is not fact)]
        return list(dict.fromkeys(found))

    # --- calls

    def _calls(self, way: Way, focus: Sequence[Fact]) -> Calls:
        """List the calls of a way that can be made now, one for every row they are for."""
        within = self._within(focus)
        return _unique([call for each in ready(way) for call in self._spread(each, within)])[:_ROWS_AT_ONCE]

    def _spread(self, way: Way, within: Sequence[Fact]) -> Iterator[tuple[str, dict[str, Json]]]:
        args = {
            name: self._typed(way.tool, name, source.value) for name, source in way.args if isinstance(source, Fact)
        }
        args |= self._chosen(way.tool, args)
        spread = [
            (name, source) for name, source in way.args if isinstance(source, Fact) and source.rows and source.step >= 0
        ]
        if len(spread) != 1:
            yield way.tool, args
            return
        name, fact = spread[0]
        for other in self._column(fact, within):
            wanted = {**args, name: self._typed(way.tool, name, other.value)}
            if self.ledger.made(way.tool, wanted) is None:
                yield way.tool, wanted

    def _column(self, fact: Fact, within: Sequence[Fact]) -> list[Fact]:
        """List the facts of the same kind in the other rows."""
        if not fact.rows:
            return [fact]
        tool, lists = self.ledger.call(fact.step).tool, {name for name, _ in fact.rows}
        return [
            each
            for each in within
            if each.step >= 0 and each.column[1] == fact.column[1] and each.phrase == fact.phrase
            and lists & {name for name, _ in each.rows} and self.ledger.call(each.step).tool == tool
        ]  # fmt: skip

    def _missing_rows(self, got: Reached) -> Calls:
        """List the calls still to be made where a value is looked up row by row."""
        if not got.facts[0].rows:
            return ()
        last = self.ledger.call(got.facts[-1].step)
        missing: list[tuple[str, dict[str, Json]]] = []
        for name, value in last.args.items():
            for fact in [
                f for f in got.within if f.rows and f.step >= 0 and f.step < last.step and same(f.value, value)
            ][:1]:
                rows = [
                    {**last.args, name: self._typed(last.tool, name, other.value)}
                    for other in self._column(fact, got.within)
                ]
                missing += [(last.tool, args) for args in rows if self.ledger.made(last.tool, args) is None]
        return _unique(missing)[:_ROWS_AT_ONCE]

    def _typed(self, tool: str, name: str, value: Json) -> Json:
        need = next(need for need in self.tools.promises[tool].needs if need.name == name)
        text = as_text(value)
        if need.kind == "integer" and not isinstance(value, int):
            return int(float(text.replace(",", "")))
        if need.kind == "number" and isinstance(value, str):
            return float(text.replace(",", ""))
        if need.options:
            return next(option for option in need.options if str(option).casefold() == text.casefold())
        return text if need.kind == "string" else value

    def _chosen(self, tool: str, args: Mapping[str, Json]) -> dict[str, Json]:
        """Fill parameters the caller may choose: a word of the goal where it names one, else the plainest."""
        found: dict[str, Json] = {}
        for need in self.tools.promises[tool].needs:
            if need.name in args:
                continue
            named = next((option for option in need.options if str(option).lower() in self.asked.words), None)
            if named is not None:
                found[need.name] = named
            elif need.required and need.default is None:
                found[need.name] = need.options[0] if need.options else False if need.kind == "boolean" else 50
        return found

    # --- checking

    def _check(self, wanted: Wanted, focus: Sequence[Fact], got: Reached) -> Reached | Move:
        """Look for a second, independent way to what was reached; its calls are made beside the next ones."""
        if self.hurry:
            return got
        behind = self._behind(got, focus)
        against: list[Reached] = []
        for tool in behind:
            other = self._without(wanted, focus, frozenset({tool}), got)
            if isinstance(other, Reached):
                against += [other] if other.values != got.values and _comparable(other, got) else []
            elif len(self.ledger.calls) < _CALLS and len(self.checks) < _CHECKS:
                self.checks += other
        return self._settle(wanted, focus, got, against[0]) if against else got

    def _behind(self, got: Reached, focus: Sequence[Fact]) -> list[str]:
        """Name the tools a thing was reached with since the stage before."""
        before = {step for fact in focus for step in self.ledger.behind(fact.step)}
        steps = {step for fact in got.facts for step in self.ledger.behind(fact.step)} - before
        return list(dict.fromkeys(call.tool for call in self.ledger.calls if call.step in steps))

    def _without(self, wanted: Wanted, focus: Sequence[Fact], banned: frozenset[str], got: Reached) -> Reached | Calls:
        """Reach the same without some tools: its values, or the calls that are needed, where they are few."""
        for each in derive(self.tools, wanted, focus, self.ledger, replace(self.trust, banned=banned), most=2):
            if each.unmet - got.unmet or each.cost - got.cost > _DEARER:
                continue
            if isinstance(each.source, Way) and each.cost - CALL * len(each.source.tools) > _VAGUE:
                continue
            if isinstance(each.source, Fact):
                return self._got(each, self._within(focus))
            if len(calls := self._calls(each.source, focus)) <= 3:
                return calls
        return ()

    def _settle(self, wanted: Wanted, focus: Sequence[Fact], got: Reached, other: Reached) -> Reached | Move:
        """Decide between two that differ: by a third way, else by what each rests on; else say so and give up."""
        mine, theirs = set(self._behind(got, focus)), set(self._behind(other, focus))
        apart = frozenset(mine - theirs), frozenset(theirs - mine)
        third = self._without(wanted, focus, apart[0] | apart[1], got)
        if isinstance(third, tuple) and third and len(self.ledger.calls) < _CALLS:
            return Move(calls=third, why="a third way, as two differ")
        if isinstance(third, Reached) and third.values in (got.values, other.values):
            return got if third.values == got.values else other
        if abs(got.cost - other.cost) >= 1.0:
            return got if got.cost < other.cost else other
        names = [" and ".join(sorted(each)) for each in apart]
        values = [", ".join(sorted(fact.text for fact in each.facts)) for each in (got, other)]
        return Move(
            gave_up=f"Two ways differ and nothing settles it: {values[0]} by {names[0]}, {values[1]} by {names[1]}."
        )

    # --- when nothing leads on

    def _explore(self, wanted: Wanted, focus: Sequence[Fact]) -> Move | None:
        """Call what can be called now and speaks of what is looked for."""
        if len(self.ledger.calls) > _CALLS:
            return None
        unmet = {word for phrase, _ in wanted.phrases for word in phrase} | wanted.about
        rated: list[tuple[float, str, dict[str, Json]]] = []
        for name, promise in self.tools.promises.items():
            meets = sum(self.tools.lexicon.weight(u) for u in unmet if promise.words & self.tools.lexicon.near(u))
            if not meets or promise.distance > 0.5 or self.trust.tools.get(name, 0.0) > 5 or not promise.required:
                continue
            args, cost = self._filled(promise, focus)
            if args is not None and self.ledger.made(name, args) is None:
                rated.append((cost - UNMET * meets, name, args))
        rated.sort(key=lambda entry: (entry[0], entry[1]))
        calls = tuple((name, args) for _, name, args in rated[:3])
        return Move(calls=calls, why="looking for what leads further") if calls else None

    def _filled(self, promise: Promise, focus: Sequence[Fact]) -> tuple[dict[str, Json] | None, float]:
        args: dict[str, Json] = {}
        total = 0.0
        for need in promise.required:
            rated = [(fit_fact(self.tools.lexicon, need, fact, promise.words), fact.step, fact) for fact in focus]
            fit, _, fact = max(
                rated,
                key=lambda entry: (round(entry[0], 2) - 0.1 * self.trust.doubt(entry[2]), entry[1]),
                default=(0.0, 0, None),
            )
            if fact is None or fit < 0.6 or self.trust.doubt(fact) > 2:
                return None, 0.0
            args[need.name] = self._typed(promise.tool, need.name, fact.value)
            total += 3 * (1 - fit)
        return args, total

    def _retry(self) -> Move | None:
        """Call once more what was down, where that was all there was."""
        for call in self.ledger.calls:
            tries = [each for each in self.ledger.calls if each.tool == call.tool and each.args == call.args]
            if (
                call.failed
                and call.kind in ("exception", "timeout")
                and len(tries) == 1
                and call.tool in self.tools.promises
            ):
                return Move(calls=((call.tool, dict(call.args)),), why="once more what failed")
        return None

    def _lost(self, wanted: Wanted, best: Found | None) -> str:
        why = "; ".join(
            dict.fromkeys(f"{d.value or d.call.tool} {d.why}" if d.value else d.why for d in self.doubts[-4:])
        )
        seen = f" {best.source.text} was found, but is in doubt." if best and isinstance(best.source, Fact) else ""
        sought = " ".join(wanted.phrases[0][0]) or "what is asked"
        return f"No way is left to {sought}.{seen}{f' {why}.' if why else ''}"

    # --- telling

    def _told(self, ends: Sequence[Reached]) -> str:
        lines = [each.text for each in ends]
        if len(ends) > 1:
            lines = [f"{target.text}: {each.text}" for target, each in zip(self.asked.targets, ends, strict=True)]
        steps = sorted({step for each in ends for fact in each.facts for step in self.ledger.behind(fact.step)})
        calls = [call for call in self.ledger.calls if call.step in steps]
        told = [f"- {call.tool}({', '.join(f'{k}={as_text(v)}' for k, v in call.args.items())})" for call in calls[:12]]
        return "\n".join([*lines, "", "Found by:", *told])


def _folded(facts: Sequence[Fact], target: Target) -> str:
    values = list({(fact.rows, fact.text): fact for fact in facts}.values())
    numbers = [number for fact in values if (number := as_number(fact)) is not None]
    if target.fold == "count":
        fact = values[0]
        counted = {"count", "number", "num", "total", "quantity", "qty", "n"} & set(fact.phrase)
        if len(values) == 1 and numbers and (counted or not fact.rows):
            return say.figure(fact.value)
        return str(len({fact.rows for fact in values} if fact.rows else values))
    if target.fold and len(numbers) == len(values) > 1:
        total = {"sum": sum(numbers), "average": sum(numbers) / len(numbers), "max": max(numbers), "min": min(numbers)}[
            target.fold
        ]
        return say.figure(round(total, 6))
    texts = list(dict.fromkeys(say.figure(fact.value) for fact in values))
    return ", ".join(texts)


def _comparable(one: Reached, other: Reached) -> bool:
    """Whether two answers are of one kind: identifiers of the same form, or neither an identifier."""
    a, b = one.facts[0], other.facts[0]
    return a.named == b.named and (not a.named or shape(a.text) == shape(b.text))


def _unique(calls: Iterable[tuple[str, dict[str, Json]]]) -> Calls:
    return tuple({(tool, as_text(args)): (tool, args) for tool, args in calls}.values())


def _said(way: Way) -> str:
    return " -> ".join(way.tools)


@lru_cache(maxsize=16)
def _toolset(tools: tuple[str, ...]) -> Toolset:
    return Toolset(promise_of(json.loads(tool)) for tool in tools)


@lru_cache(maxsize=16)
def _asked(goal: str, tools: Toolset) -> Asked:
    known = frozenset(word for promise in tools.promises.values() for word in promise.words)
    return read_goal(goal, tools.lexicon, known)
