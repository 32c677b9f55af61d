"""Says what a log derives from some facts, and at what cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf

from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.provenance import Fact, Ledger
from surefoot.nodes.evidence.toolset import Toolset, Trust
from surefoot.nodes.evidence.values import same
from surefoot.nodes.quest.fitting import fills_itself, fit_fact

__all__ = ["CALL", "MISFIT", "kinds", "learned", "price", "reached"]

CALL, MISFIT, WARNED = 1.0, 3.0, 12.0
"""What a call costs; a link that fits not at all; the gravest warning: more than calls that failed without a reason;
a mild one weighs less than its share."""
_NOTHING: Mapping[str, float] = {}


def reached(
    tools: Toolset, roots: Sequence[Fact], ledger: Ledger, trust: Trust, strays: Mapping[str, float] = _NOTHING
) -> list[tuple[Fact, float]]:
    """List the facts a log derives from some facts, themselves included, each with the cost of the calls behind it.

    Their rows are those of the lists met on the way: what stands in one row alone of the roots stands in none.
    `strays` are tools that lead astray, and what each costs.
    """
    plural = _plural(roots)
    found = [
        (replace(fact, rows=tuple(row for row in fact.rows if row[0] in plural)), 0.0)
        for fact in roots
        if fact.step < 0 or ledger.call(fact.step).tool not in trust.banned
    ]
    for call in ledger.calls:
        promise = tools.promises.get(call.tool)
        if call.tool in trust.banned or promise is None or call.failed or strays.get(call.tool) == inf:
            continue
        total, rows = price(promise, trust) + strays.get(call.tool, 0.0), set[tuple[str, int]]()
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
            elif need.required and not fills_itself(need):
                break
        else:
            if sourced:
                found += [(replace(fact, rows=(*sorted(rows), *fact.own_rows)), total) for fact in ledger.of(call.step)]
    return found


def price(promise: Promise, trust: Trust) -> float:
    """What a call of a tool costs: more where it warns of itself, and where it has failed."""
    return CALL + WARNED * float(promise.distance**1.5) + trust.tools.get(promise.tool, 0.0)


def _plural(facts: Sequence[Fact]) -> set[str]:
    """Name the lists that some facts stand in several rows of."""
    rows: dict[str, set[int]] = {}
    for fact in facts:
        for name, index in fact.rows:
            rows.setdefault(name, set()).add(index)
    return {name for name, indices in rows.items() if len(indices) > 1}


def kinds(facts: Iterable[tuple[Fact, float]]) -> Iterator[tuple[Fact, float]]:
    """Take one fact of every column of a list: what can be called with it can be called with the others."""
    seen: set[object] = set()
    for fact, cost in facts:
        mark = (*fact.column, fact.phrase) if fact.rows else (fact.step, fact.path, fact.phrase)
        if mark not in seen:
            seen.add(mark)
            yield fact, cost


def learned(ledger: Ledger) -> dict[str, set[Phrase]]:
    """Say for every tool that has answered which fields its answers had."""
    by_step = {call.step: call.tool for call in ledger.calls if not call.failed}
    found: dict[str, set[Phrase]] = {}
    for fact in ledger.facts:
        if fact.step in by_step and any(isinstance(key, str) for key in fact.path):
            found.setdefault(by_step[fact.step], set()).add(fact.phrase)
    return found
