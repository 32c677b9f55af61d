"""Finds the cheapest ways from what is known to what is asked: backward over what tools need and yield.

A tool needs all its required parameters, a value may come from several tools: an and/or graph. Only tools that can lead
to the target are looked at; among them the cheapest derivations are grown from the facts there are. A way is also rated
by the words of the goal it does not meet: the customer's city is a cheap way to *a* city, and no shipping city.
"""

import heapq
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from math import inf

from surefoot.nodes.evidence.parameters import Need
from surefoot.nodes.evidence.phrases import Phrase
from surefoot.nodes.evidence.promises import Promise, Yield
from surefoot.nodes.evidence.provenance import Fact, Ledger
from surefoot.nodes.evidence.toolset import LINKED, Toolset, Trust
from surefoot.nodes.evidence.values import same
from surefoot.nodes.evidence.words import IDENTIFIERS
from surefoot.nodes.quest.fitting import fills_itself, fit_fact, has_form
from surefoot.nodes.quest.reach import MISFIT, kinds, learned, price, reached
from surefoot.nodes.quest.strays import strays
from surefoot.nodes.quest.ways import Found, Wanted, Way, different, users_of

__all__ = ["derive"]
UNMET, UNUSED, GUESS = 2.5, 4.0, 2.2
"""What it costs not to meet a word of the goal, not to use a value of it, and to hope that a record holds what nobody
said it does."""
_DEEPEST = 9
_DEAREST = 24.0
"""Ways that cost more are no ways; the gravest warning and a few calls still fit in."""
_KEPT = 6
"""Derivations kept per tool: the cheapest, and dearer ones that meet more of the goal."""


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


class _Search:
    """One search; see `derive`."""

    def __init__(self, tools: Toolset, wanted: Wanted, roots: Sequence[Fact], ledger: Ledger, trust: Trust) -> None:
        self.tools, self.wanted, self.ledger, self.trust = tools, wanted, ledger, trust
        self.lexicon = tools.lexicon
        self.learned = learned(ledger)
        self.strays = strays(tools, wanted, roots, self.learned)
        self.facts = reached(tools, roots, ledger, trust, self.strays)
        self.kinds = list(kinds(self.facts))
        self.bits = {unit: 1 << n for n, unit in enumerate(wanted.units)}
        self.value_bits = {fact.path: 1 << (len(self.bits) + n) for n, fact in enumerate(wanted.given)}
        self.near = {unit: tools.lexicon.near(unit) for unit in wanted.units}
        self.met: dict[frozenset[str], int] = {}
        self.unread: list[str] | None = None
        self.own = {near for word in wanted.of for near in tools.lexicon.near(word)}
        self.ways: dict[str, list[Way]] = {}
        self.sources: dict[tuple[str, str], list[tuple[float, Fact]]] = {}

    def run(self, most: int) -> list[Found]:
        found = list(self._of_facts())
        goals = self._goals()
        for tool in self._unread_records():
            goals.setdefault(tool, 1 - GUESS / MISFIT)
        found += self._grow(self._relevant(goals), goals, most, sorted(each.cost for each in found)[:most])
        found.sort(key=lambda each: each.cost)
        return list(islice(different(found), most))

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
        """Name the tools that give a whole record and were not asked yet: it may hold anything.

        It is a record of what is known already, or of the thing itself, whichever of its identifiers is known.
        """
        if self.unread is None:
            self.unread = [
                tool
                for tool, promise in self.tools.promises.items()
                if tool not in self.learned and tool not in self.trust.banned
                and promise.required and not self.trust.tools.get(tool)
                and (heads := [each.phrase[-1] for each in promise.yields if each.record])
                and (not self.own.isdisjoint(heads)
                     or all(any(cost <= 0.9 for cost, _ in self._known(tool, need)) for need in promise.required))
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
            if fit >= LINKED and has_form(fact, self.wanted.form):
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
                if tool in found or self.strays.get(tool) == inf:
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
        return [need for need in promise.required if not fills_itself(need)]

    def _grow(
        self,
        relevant: Mapping[str, Mapping[str, Mapping[str, float]]],
        goals: Mapping[str, float],
        most: int,
        costs: list[float],
    ) -> list[Found]:
        """Grow ways from the facts, cheapest first, until no dearer one can be among the best."""
        users = users_of(relevant)
        found: list[Found] = []
        heap = [(way.cost, n, way) for n, way in enumerate(w for tool in relevant for w in self._ways_of(tool, None))]
        heapq.heapify(heap)
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
            for longer in self._longer(way, users.get(way.tool, ())):
                heapq.heappush(heap, (longer.cost, count := count + 1, longer))
        return found

    def _longer(self, way: Way, users: Iterable[tuple[str, str, float]]) -> Iterator[Way]:
        """Make the ways that go on from one: what it gives is given to a tool that needs it."""
        for tool, name, fit in users:
            if len(way.tools) < _DEEPEST and way.tools.count(tool) < 2 and self._open(tool):
                yield from self._ways_of(tool, (name, way, MISFIT * (1 - fit)))

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
        cost = price(promise, self.trust) + sum(each for each, _, _ in combined) + (0.0 if args else 1.0)
        cost += self.strays.get(promise.tool, 0.0)
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
