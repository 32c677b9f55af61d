"""Makes a world: tools over a domain's records, and goals whose answers are known."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.worlds import styles
from benchmarks.worlds.facts import Thing, fill, read_domain

Hop = tuple[str, ...]


@dataclass
class Tool:
    """One tool, with what it is for, so that a world can be blocked and still leave a way."""

    name: str
    description: str
    parameter: str
    told: str
    run: Callable[[Any], Any]
    hop: Hop
    """What it does: ("id", thing, given), ("attr", thing, attribute), ("record", thing, given), ("owner", thing, owner), ..."""
    sound: bool = True

    @property
    def schema(self) -> dict[str, Any]:
        told = {"description": self.told} if self.told else {}
        parameters = {
            "type": "object",
            "properties": {self.parameter: {"type": "string", **told}},
            "required": [self.parameter],
        }
        return {"name": self.name, "description": self.description, "parameters": parameters}


@dataclass
class Goal:
    """A question, its answer, and the hops a way to it takes: for each, which tools do it."""

    text: str
    answer: str
    hops: list[frozenset[Hop]] = field(default_factory=list)


class World:
    """One domain's records and the tools over them."""

    def __init__(self, name: str, table: str, rng: random.Random, style: str, *, copies: int = 2) -> None:
        self.name, self.rng, self.style = name, rng, style
        self.things = read_domain(table)
        self.records = fill(self.things, rng)
        self.tools: list[Tool] = []
        self.taken: set[str] = set()
        for thing in self.things.values():
            for make in self._primitives(thing):
                for _ in range(rng.randint(1, copies)):
                    self.add(make())

    def add(self, tool: Tool) -> Tool:
        while tool.name in self.taken or not tool.name:
            tool.name += self.rng.choice(["_2", "_v2", "_info", "_x", "_now", "_svc", "_b"])
        self.taken.add(tool.name)
        self.tools.append(tool)
        return tool

    # --- tools

    def _primitives(self, thing: Thing) -> Iterator[Callable[[], Tool]]:
        for given in thing.others:
            yield lambda g=given: self.one(thing, g, thing.key, "id")  # type: ignore[misc]
            yield lambda g=given: self.record(thing, g)  # type: ignore[misc]
            for other in thing.others:
                if other != given:
                    yield lambda g=given, o=other: self.one(thing, g, o, "other")  # type: ignore[misc]
        yield lambda: self.record(thing, thing.key)
        for attribute in (*thing.attributes, *thing.others):
            yield lambda a=attribute: self.one(thing, thing.key, a, "attr")  # type: ignore[misc]
        for owner, single in thing.owners.items():
            yield lambda o=owner: self.owner(thing, o)  # type: ignore[misc]
            yield lambda o=owner, s=single: self.inverse(thing, o, s)  # type: ignore[misc]

    def find(self, thing: Thing, given: str, value: Any) -> dict[str, Any]:
        """Find a record by an identifier; raises for one that is not there."""
        column = "id" if given == thing.key else given
        for row in self.records[thing.name]:
            if str(row[column]).casefold() == str(value).casefold():
                return row
        raise LookupError(self._refusal(thing, given, value))

    def _refusal(self, thing: Thing, given: str, value: Any) -> str:
        kinds = [
            f"no {thing.name} with {given} {value}",
            f"{given} {value!r} not found",
            f"unknown {given}: {value}",
            f"404: {thing.name} not found",
        ]
        return random.Random(str(value) + given).choice(kinds)

    def _tool(
        self,
        what: str,
        of: str,
        given: str,
        thing: Thing,
        templates: Any,
        run: Callable[[Any], Any],
        hop: Hop,
        things: str = "",
    ) -> Tool:
        rng, style = self.rng, self.style
        sample = str((rng.choice(self.records[thing.name]))["id" if given == thing.key else given])
        parameter, told = styles.parameter(rng, style, given, of, sample, thing.key)
        if not told and parameter in ("id", "x", "v", "q") and style != "terse":
            told = f"The {given}"
        described = styles.describe(rng, templates, what, of, given, things)
        return Tool(
            styles.NAMES[style](rng, things if things else what, of, given), described, parameter, told, run, hop
        )

    def one(self, thing: Thing, given: str, wanted: str, kind: str) -> Tool:
        """Make a tool from an identifier to one value."""
        label = wanted
        form, column = self.rng.random(), "id" if wanted == thing.key else wanted

        def run(value: Any) -> Any:
            got = self.find(thing, given, value)[column]
            return styles.shown(random.Random(form), self.style, label, got)

        hop: Hop = (
            ("id", thing.name, given)
            if kind == "id"
            else ("other", thing.name, given, wanted)
            if kind == "other"
            else ("attr", thing.name, wanted)
        )
        return self._tool(wanted, thing.name, given, thing, styles.ONE, run, hop)

    def record(self, thing: Thing, given: str) -> Tool:
        """Make a tool from an identifier to the whole record."""
        nested = self.rng.random() < 0.3
        self.rng.random()

        def run(value: Any) -> Any:
            row = self.shown_record(thing, self.find(thing, given, value))
            return {styles.casing(self.style)(thing.name): row} if nested else row

        return self._tool(
            f"{thing.name} details", thing.name, given, thing, styles.RECORD, run, ("record", thing.name, given)
        )

    def shown_record(self, thing: Thing, row: dict[str, Any]) -> dict[str, Any]:
        case = styles.casing(self.style)
        shown = {case(thing.key): row["id"]}
        shown |= {case(label): row[label] for label in (*thing.others, *thing.attributes)}
        return shown | {case(self.things[owner].key): row[owner] for owner in thing.owners}

    def owner(self, thing: Thing, owner: str) -> Tool:
        """Make a tool from a thing to what it belongs to."""
        form, label = self.rng.random(), self.things[owner].key

        def run(value: Any) -> Any:
            return styles.shown(random.Random(form), self.style, label, self.find(thing, thing.key, value)[owner])

        return self._tool(label, thing.name, thing.key, thing, styles.ONE, run, ("owner", thing.name, owner))

    def inverse(self, thing: Thing, owner: str, single: bool) -> Tool:
        """Make a tool from a thing to what belongs to it: one, or a list."""
        of = self.things[owner]
        form, full, wrapped = self.rng.random(), self.rng.random() < 0.85, self.rng.random() < 0.4

        def run(value: Any) -> Any:
            key = self.find(of, of.key, value)["id"]
            rows = [row for row in self.records[thing.name] if row[owner] == key]
            if single:
                return styles.shown(random.Random(form), self.style, thing.key, rows[0]["id"])
            listed: list[Any] = [self.shown_record(thing, row) if full else row["id"] for row in rows]
            return (
                {styles.plural(styles.casing(self.style)(thing.name)): listed, "count": len(listed)}
                if wrapped
                else listed
            )

        hop: Hop = ("inverse", thing.name, owner) if full or single else ("ids", thing.name, owner)
        if single:
            return self._tool(thing.key, owner, of.key, of, styles.ONE, run, hop)
        return self._tool(thing.name, owner, of.key, of, styles.LIST, run, hop, things=styles.plural(thing.name))

    # --- goals

    def goal(self, depth: int) -> Goal | None:
        """Make a question of about so many hops, or None where this try leads nowhere."""
        rng = self.rng
        thing = rng.choice(list(self.things.values()))
        row = rng.choice(self.records[thing.name])
        given = rng.choice([thing.key, *thing.others]) if thing.others else thing.key
        literal = row["id"] if given == thing.key else row[given]
        hops: list[frozenset[Hop]] = []
        if given != thing.key:
            hops.append(frozenset({("id", thing.name, given), ("record", thing.name, given)}))
        text = self._anchor(thing, given, literal)
        while len(hops) < depth - 1:
            step = self._step(thing, row)
            if step is None:
                break
            thing, row, said, hop = step
            hops.append(hop)
            text = f"{said} of {text}"
        if len(hops) < max(1, depth - 2):
            return None
        return self._ask(thing, row, text, hops)

    def _anchor(self, thing: Thing, given: str, literal: Any) -> str:
        if given == thing.key:
            return self.rng.choice(
                [f"{thing.name} {literal}", f"the {thing.name} with the {given} {literal}", f"{thing.name} {literal}"]
            )
        said = [
            f"the {thing.name} with {given} {literal}",
            f"the {thing.name} whose {given} is {literal}",
            f"{thing.name} {literal} ({given})",
        ]
        return self.rng.choice([*said, str(literal)] if "@" in str(literal) else said)

    def _step(self, thing: Thing, row: dict[str, Any]) -> tuple[Thing, dict[str, Any], str, frozenset[Hop]] | None:
        """Take one step to a neighbouring thing: its owner, the one that belongs to it, or one of a list."""
        rng = self.rng
        moves: list[tuple[Thing, dict[str, Any], str, frozenset[Hop]]] = []
        for owner in thing.owners:
            other = self.find(self.things[owner], self.things[owner].key, row[owner])
            hop = frozenset({("owner", thing.name, owner), ("record", thing.name, thing.key)})
            moves.append((self.things[owner], other, f"the {owner}", hop))
        for other_thing in self.things.values():
            if thing.name not in other_thing.owners:
                continue
            rows = [each for each in self.records[other_thing.name] if each[thing.name] == row["id"]]
            hop = frozenset({("inverse", other_thing.name, thing.name)})
            if other_thing.owners[thing.name]:
                moves.append((other_thing, rows[0], f"the {other_thing.name}", hop))
            elif len(rows) > 1 and (picked := self._picked(other_thing, rows)):
                moves.append((other_thing, picked[0], picked[1], hop))
        return rng.choice(moves) if moves else None

    def _picked(self, thing: Thing, rows: list[dict[str, Any]]) -> tuple[dict[str, Any], str] | None:
        rng = self.rng
        ways: list[tuple[dict[str, Any], str]] = []
        dates = [label for label, kind in thing.attributes.items() if kind == "date"]
        money = [label for label, kind in thing.attributes.items() if kind == "money"]
        if len(dates) == 1:
            ordered = sorted(rows, key=lambda each: each[dates[0]])
            ways += [
                (ordered[-1], f"the last {thing.name}"),
                (ordered[0], f"the first {thing.name}"),
                (ordered[-1], f"the most recent {thing.name}"),
            ]
        for label in money:
            ordered = sorted(rows, key=lambda each: each[label])
            ways += [
                (ordered[-1], f"the {thing.name} with the highest {label}"),
                (ordered[0], f"the {thing.name} with the lowest {label}"),
            ]
        return rng.choice(ways) if ways else None

    def _ask(self, thing: Thing, row: dict[str, Any], text: str, hops: list[frozenset[Hop]]) -> Goal | None:
        rng = self.rng
        choices = [*thing.attributes, *thing.others]
        counted = [t for t in self.things.values() if thing.name in t.owners and not t.owners[thing.name]]
        if counted and rng.random() < 0.15:
            many = rng.choice(counted)
            rows = [each for each in self.records[many.name] if each[thing.name] == row["id"]]
            if rows:
                hop = frozenset({("inverse", many.name, thing.name), ("ids", many.name, thing.name)})
                return Goal(f"How many {styles.plural(many.name)} does {text} have?", str(len(rows)), [*hops, hop])
        attribute = rng.choice(choices)
        hop = frozenset({("attr", thing.name, attribute), ("record", thing.name, thing.key)})
        asked = f"the {attribute} of {text}"
        said = rng.choice([
            f"What is {asked}?", f"What's {asked}?", f"Tell me {asked}.", f"Find {asked}.", f"I need {asked}.", f"Please look up {asked}.",
            f"Can you find out {asked}?", f"Report {asked}.", f"{asked[0].upper()}{asked[1:]}?", f"Give me {asked}, please.",
        ])  # fmt: skip
        return Goal(said, str(row[attribute]), [*hops, hop])
