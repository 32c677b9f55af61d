"""Answers a question over tools nobody wrote a rule for: plans backward, calls, judges, blames, and plans again.

All it knows stands in the log: each turn is decided from the log alone, so a run that was broken off goes on the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.nodes.evidence.asked import Asked, Target, read_goal
from surefoot.nodes.evidence.blame import Doubt, weigh
from surefoot.nodes.evidence.derive import CALL, UNMET, Found, Toolset, Trust, Way, derive, fit_fact, ready
from surefoot.nodes.evidence.lexicon import Lexicon
from surefoot.nodes.evidence.promises import Promise, promise_of
from surefoot.nodes.evidence.provenance import Fact, Ledger, as_text, read_log
from surefoot.nodes.evidence.rows import Rows, as_number, pick_rows
from surefoot.nodes.state import Json, ReactStep

_ROWS_AT_ONCE = 12
_CHECKS = 10
"""Calls that only check what is known already."""
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
    """A target's values, and what they rest on."""

    facts: tuple[Fact, ...]
    text: str
    cost: float
    unmet: frozenset[str]


class Quest:
    """One question over one set of tools."""

    def __init__(self, goal: str, tools: Sequence[Mapping[str, Any]], log: Sequence[ReactStep], *, hurry: bool = False) -> None:
        self.goal, self.hurry = goal, hurry
        promises = [_promise(_frozen(tool)) for tool in tools]
        plain = Toolset(promises)
        known = frozenset(word for promise in promises for word in promise.words)
        self.asked = read_goal(goal, plain.lexicon, known)
        self.tools = plain
        self.ledger = read_log(log, plain.promises, self.asked.given)
        self.trust, self.doubts = weigh(self.ledger, self.tools)
        self.rows = pick_rows(self.ledger, self.asked, self.tools)

    def move(self) -> Move:
        """Decide what to do next."""
        reached: list[Reached] = []
        for target in self.asked.targets:
            got = self._reach(target, self.trust)
            if isinstance(got, Move):
                return got
            checked = self._check(target, got)
            if isinstance(checked, Move):
                return checked
            reached.append(checked)
        if not reached:
            return Move(gave_up="Nothing in this says what is to be found out.")
        return Move(answer=self._told(reached))

    # --- reaching a target

    def _reach(self, target: Target, trust: Trust) -> Reached | Move:
        found = self._derive(target, trust)
        best = found[0] if found else None
        if best is None or (isinstance(best.source, Fact) and self._too_thin(best)):
            if calls := self._explore(best):
                return Move(calls=calls, why="looking for what leads further")
        if best is None or (isinstance(best.source, Fact) and self.trust.doubt(best.source) > _DOUBTFUL):
            return self._retry() or Move(gave_up=self._lost(target, best))
        if isinstance(best.source, Way):
            return Move(calls=self._calls(best.source), why=_said(best.source))
        reached = self._gather(target, best)
        missing = self._missing_rows(reached)
        return Move(calls=missing, why="the other rows") if missing else reached

    def _derive(self, target: Target, trust: Trust) -> list[Found]:
        return derive(self.tools, self.asked, target, self.ledger, trust, facts=self.rows.facts)

    def _too_thin(self, best: Found) -> bool:
        """Whether words of the goal that tools know are not met by what was found."""
        met = {stemmed for stemmed in best.unmet if stemmed in self.rows.words}
        return sum(self.asked.units[unit] for unit in best.unmet - met) >= 0.6

    def _calls(self, way: Way) -> tuple[tuple[str, dict[str, Json]], ...]:
        """List the calls of a way that can be made now, one for every row they are for."""
        calls: list[tuple[str, dict[str, Json]]] = []
        for each in ready(way):
            calls += self._spread(each)
        unique = {(tool, as_text(args)): (tool, args) for tool, args in calls}
        return tuple(unique.values())[:_ROWS_AT_ONCE]

    def _spread(self, way: Way) -> Iterator[tuple[str, dict[str, Json]]]:
        args = {name: source.value for name, source in way.args if isinstance(source, Fact)}
        args = {name: self._typed(way.tool, name, value) for name, value in args.items()} | self._chosen(way.tool, args)
        spread = [(name, source) for name, source in way.args if isinstance(source, Fact) and source.rows and source.step >= 0]
        if len(spread) != 1:
            yield way.tool, args
            return
        name, fact = spread[0]
        for other in self._column(fact):
            wanted = {**args, name: self._typed(way.tool, name, other.value)}
            if self.ledger.made(way.tool, wanted) is None:
                yield way.tool, wanted

    def _column(self, fact: Fact) -> list[Fact]:
        """List the facts of the same kind in the other rows."""
        tools = {call.step: call.tool for call in self.ledger.calls}
        mark = tools.get(fact.step), fact.column[1]
        found = [each for each in self.rows.facts if (tools.get(each.step), each.column[1]) == mark and each.rows]
        return list({each.text: each for each in found}.values()) or [fact]

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

    # --- answers

    def _gather(self, target: Target, best: Found) -> Reached:
        """Collect a target's values over the rows they stand in, and fold them where that is asked."""
        fact = best.source
        assert isinstance(fact, Fact)
        column = [each for each in self._all_of(fact) if self.trust.doubt(each) <= max(_DOUBTFUL, self.trust.doubt(fact))]
        return Reached(tuple(column), _folded(column, target, self.tools), best.cost, best.unmet)

    def _all_of(self, fact: Fact) -> list[Fact]:
        if not fact.rows:
            return [fact]
        tools = {call.step: call.tool for call in self.ledger.calls}
        mark = tools.get(fact.step), fact.column[1], fact.phrase
        lists = {name for name, _ in fact.rows}
        return [
            each
            for each in self.rows.facts
            if (tools.get(each.step), each.column[1], each.phrase) == mark and lists & {name for name, _ in each.rows}
        ]

    def _missing_rows(self, reached: Reached) -> tuple[tuple[str, dict[str, Json]], ...]:
        """List the calls still to be made where a value was looked up row by row."""
        steps = {fact.step for fact in reached.facts}
        calls = [call for call in self.ledger.calls if call.step in steps]
        if not calls or not reached.facts[0].rows:
            return ()
        missing: list[tuple[str, dict[str, Json]]] = []
        last = calls[-1]
        for name in last.args:
            origin = [fact for fact in self.rows.facts if fact.step in last.sources.get(name, ())[:1] and as_text(fact.value) == as_text(last.args[name])]
            for fact in [fact for fact in origin if fact.rows][:1]:
                for other in self._column(fact):
                    wanted = {**last.args, name: self._typed(last.tool, name, other.value)}
                    if self.ledger.made(last.tool, wanted) is None:
                        missing.append((last.tool, wanted))
        return tuple(missing[:_ROWS_AT_ONCE])

    def _check(self, target: Target, got: Reached) -> Reached | Move:
        """Look for a second, independent way to what was reached; make its calls where they are few."""
        if self.hurry:
            return got
        steps = frozenset(step for fact in got.facts for step in self.ledger.behind(fact.step))
        chain = list(dict.fromkeys(call.tool for call in self.ledger.calls if call.step in steps))
        calls: list[tuple[str, dict[str, Json]]] = []
        others: list[tuple[str, Reached]] = []
        for tool in chain:
            other = self._without(target, frozenset({tool}), got)
            if isinstance(other, Reached):
                others.append((tool, other))
            elif other:
                calls += other
        if calls and len(self.ledger.calls) - len(steps) < _CHECKS:
            return Move(calls=tuple({(t, as_text(a)): (t, a) for t, a in calls}.values())[:6], why="checking by another way")
        against = [(tool, other) for tool, other in others if not _agree(other, got)]
        return self._settle(target, got, against, others) if against else got

    def _without(self, target: Target, banned: frozenset[str], got: Reached) -> Reached | tuple[tuple[str, dict[str, Json]], ...]:
        """Reach a target without some tools: its values, or the calls that are needed, where they are few."""
        trust = replace(self.trust, banned=banned)
        for each in self._derive(target, trust)[:3]:
            if each.unmet - got.unmet:
                continue
            if isinstance(each.source, Fact):
                if self.trust.doubt(each.source) < 1.5 and each.cost <= got.cost + 1.5:
                    return self._gather(target, each)
                continue
            calls = self._calls(each.source)
            if each.cost - got.cost <= 4 * CALL + 1 and len(calls) <= 3:
                return calls
        return ()

    def _settle(self, target: Target, got: Reached, against: list[tuple[str, Reached]], others: list[tuple[str, Reached]]) -> Reached | Move:
        """Decide between answers that differ: by a third way, else by what each rests on; else say so and give up."""
        tool, other = against[0]
        mine, theirs = self._chain(got), self._chain(other)
        apart = frozenset(mine - theirs), frozenset(theirs - mine)
        third = self._without(target, apart[0] | apart[1], got)
        if isinstance(third, tuple) and third and len(self.ledger.calls) < 40:
            return Move(calls=third, why="a third way, as two differ")
        if isinstance(third, Reached):
            if _agree(third, got):
                return got
            if _agree(third, other):
                return other
        weight = [sum(self.trust.tools.get(name, 0.0) for name in names) for names in apart]
        if abs(weight[0] - weight[1]) >= 1.0:
            return got if weight[0] < weight[1] else other
        names = [" and ".join(sorted(each)) for each in apart]
        return Move(gave_up=f"Two ways differ and nothing settles it: {got.text} by {names[0]}, {other.text} by {names[1]}.")

    def _chain(self, reached: Reached) -> set[str]:
        steps = {step for fact in reached.facts for step in self.ledger.behind(fact.step)}
        return {call.tool for call in self.ledger.calls if call.step in steps}

    # --- when nothing leads on

    def _explore(self, best: Found | None) -> tuple[tuple[str, dict[str, Json]], ...]:
        """Call what can be called now and speaks of what is not met yet."""
        unmet = best.unmet if best else frozenset(self.asked.units)
        if len(self.ledger.calls) > 30:
            return ()
        rated: list[tuple[float, str, dict[str, Json]]] = []
        for name, promise in self.tools.promises.items():
            meets = sum(self.asked.units[u] for u in unmet if any(self.tools.lexicon.alike(u, w) for w in promise.words))
            if not meets or promise.distance > 0.5 or self.trust.tools.get(name, 0.0) > 5 or not promise.required:
                continue
            args, cost = self._filled(promise)
            if args is not None and self.ledger.made(name, args) is None:
                rated.append((cost - UNMET * meets, name, args))
        rated.sort(key=lambda entry: (entry[0], entry[1]))
        return tuple((name, args) for _, name, args in rated[:3])

    def _filled(self, promise: Promise) -> tuple[dict[str, Json] | None, float]:
        args: dict[str, Json] = {}
        total = 0.0
        for need in promise.required:
            rated = [(fit_fact(self.tools.lexicon, need, fact, promise.words), fact.step, fact) for fact in self.rows.facts]
            fit, _, fact = max(rated, key=lambda entry: (round(entry[0], 2) - 0.1 * self.trust.doubt(entry[2]), entry[1]), default=(0.0, 0, None))
            if fact is None or fit < 0.6 or self.trust.doubt(fact) > 2:
                return None, 0.0
            args[need.name] = self._typed(promise.tool, need.name, fact.value)
            total += 3 * (1 - fit)
        return args, total

    def _retry(self) -> Move | None:
        """Call once more what was down, where that was all there was."""
        for call in self.ledger.calls:
            tries = [each for each in self.ledger.calls if each.tool == call.tool and each.args == call.args]
            if call.failed and call.kind in ("exception", "timeout") and len(tries) == 1 and call.tool in self.tools.promises:
                return Move(calls=((call.tool, dict(call.args)),), why="once more what failed")
        return None

    def _lost(self, target: Target, best: Found | None) -> str:
        why = "; ".join(dict.fromkeys(f"{d.value or d.call.tool} {d.why}" if d.value else d.why for d in self.doubts[-4:]))
        seen = f" {best.source.text} was found, but is in doubt." if best and isinstance(best.source, Fact) else ""
        return f"No way is left to {target.text or 'what is asked'}.{seen}{f' {why}.' if why else ''}"

    # --- telling

    def _told(self, reached: Sequence[Reached]) -> str:
        lines = [each.text for each in reached]
        if len(reached) > 1:
            lines = [f"{target.text}: {each.text}" for target, each in zip(self.asked.targets, reached, strict=True)]
        steps = sorted({step for each in reached for fact in each.facts for step in self.ledger.behind(fact.step)})
        calls = [call for call in self.ledger.calls if call.step in steps]
        told = [f"- {call.tool}({', '.join(f'{k}={as_text(v)}' for k, v in call.args.items())})" for call in calls[:12]]
        return "\n".join([*lines, "", "Found by:", *told])


def _folded(facts: Sequence[Fact], target: Target, tools: Toolset) -> str:
    values = list({(fact.rows, fact.text): fact for fact in facts}.values())
    numbers = [number for fact in values if (number := as_number(fact)) is not None]
    if target.fold == "count":
        fact = values[0]
        counted = {"count", "number", "num", "total", "quantity", "qty", "n"} & set(fact.phrase)
        if len(values) == 1 and numbers and (counted or not fact.rows):
            return say.figure(fact.value)
        return str(len({fact.rows for fact in values} if fact.rows else values))
    if target.fold and len(numbers) == len(values) > 1:
        total = {"sum": sum(numbers), "average": sum(numbers) / len(numbers), "max": max(numbers), "min": min(numbers)}[target.fold]
        return say.figure(round(total, 6))
    texts = list(dict.fromkeys(say.figure(fact.value) for fact in values))
    return ", ".join(texts)


def _agree(one: Reached, other: Reached) -> bool:
    return one.text.casefold().strip() == other.text.casefold().strip()


def _said(way: Way) -> str:
    return " -> ".join(way.tools())


def _frozen(tool: Mapping[str, Any]) -> str:
    import json

    return json.dumps(tool, sort_keys=True)


@lru_cache(maxsize=8192)
def _promise(text: str) -> Promise:
    import json

    return promise_of(json.loads(text))
