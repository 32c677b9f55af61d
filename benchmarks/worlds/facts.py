"""Fills a domain with records that hang together, from a seed."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

_FIRST = [
    "Ann",
    "Bo",
    "Cleo",
    "Dag",
    "Eva",
    "Finn",
    "Gro",
    "Hal",
    "Ida",
    "Jon",
    "Kai",
    "Liv",
    "Mia",
    "Nils",
    "Ola",
    "Pia",
    "Rut",
    "Sven",
    "Tor",
    "Una",
]
_LAST = [
    "Aas",
    "Berg",
    "Crane",
    "Dahl",
    "Ek",
    "Falk",
    "Gren",
    "Holm",
    "Iver",
    "Juhl",
    "Krog",
    "Lind",
    "Moe",
    "Nord",
    "Olsen",
    "Pryde",
    "Quist",
    "Rask",
    "Strand",
    "Tveit",
]
_CITIES = [
    "Oslo",
    "Bergen",
    "Rome",
    "Paris",
    "Lisbon",
    "Tallinn",
    "Malmo",
    "Gdansk",
    "Porto",
    "Turin",
    "Lyon",
    "Graz",
    "Bonn",
    "Cork",
    "Leeds",
    "Split",
]
_COMPANIES = [
    "Norfrakt",
    "Blue Crate",
    "Halden & Co",
    "Ostara Ltd",
    "Quick Path",
    "Tern Supply",
    "Vega Works",
    "Mistral Group",
]
_THINGS = [
    "Lamp Four",
    "Desk Nova",
    "Falcon X2",
    "Ridge Pro",
    "Harbor 9",
    "Pine Classic",
    "Comet Mini",
    "Delta One",
    "Orchard",
    "Summit",
]
_COUNTRIES = ["Norway", "Portugal", "Italy", "Estonia", "Poland", "France", "Ireland", "Austria"]
_DRUGS = ["Amoxil", "Baclofen", "Cetirizin", "Diclofenac", "Enalapril", "Furosemid"]


@dataclass
class Thing:
    """One kind of thing."""

    name: str
    key: str
    """What its key is called: `customer id`."""
    pattern: str
    others: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    owners: dict[str, bool] = field(default_factory=dict)
    """Things it belongs to one of; True = one to one."""


def read_domain(text: str) -> dict[str, Thing]:
    """Read a domain from its table."""
    things: dict[str, Thing] = {}
    for line in text.strip().splitlines():
        head, others, attributes, owners = (part.strip() for part in line.split("|"))
        name, pattern = (part.strip() for part in head.split(":"))
        name, _, key = name.partition("/")
        thing = Thing(name, key or f"{name} id", pattern)
        for part, into in ((others, thing.others), (attributes, thing.attributes)):
            for each in filter(None, (p.strip() for p in part.split(","))):
                label, _, kind = each.partition(":")
                into[label] = kind
        for each in filter(None, (p.strip() for p in owners.split(","))):
            thing.owners[each[2:].strip()] = each.startswith("=>")
        things[name] = thing
    return things


def fill(things: dict[str, Thing], rng: random.Random, *, each: int = 6) -> dict[str, list[dict[str, Any]]]:
    """Make records: `id`, other identifiers, attributes, and the key of each owner under the owner's name."""
    records: dict[str, list[dict[str, Any]]] = {}
    waiting = list(things.values())
    while waiting:
        thing = next(t for t in waiting if all(owner in records or owner == t.name for owner in t.owners))
        waiting.remove(thing)
        one_to_one = next((records[owner] for owner, single in thing.owners.items() if single), None)
        many = len(one_to_one) if one_to_one else each * (3 if thing.owners else 1)
        taken: set[str] = set()
        rows = []
        for n in range(many):
            row: dict[str, Any] = {"id": _unique(thing.pattern, rng, taken)}
            for label, kind in thing.others.items():
                row[label] = _unique(kind, rng, taken)
            for label, kind in thing.attributes.items():
                row[label] = value(kind, rng)
            for owner, single in thing.owners.items():
                row[owner] = (
                    records[owner][n]["id"] if single else rng.choice(records[owner][: max(3, each // 2)])["id"]
                )
            rows.append(row)
        _spread_dates(rows, thing, rng)
        records[thing.name] = rows
    return records


def _spread_dates(rows: list[dict[str, Any]], thing: Thing, rng: random.Random) -> None:
    """No two rows share a date or an amount, so that "the last" and "the largest" mean one."""
    for label, kind in thing.attributes.items():
        seen: set[Any] = set()
        for row in rows:
            while kind in ("date", "money") and row[label] in seen:
                row[label] = value(kind, rng)
            seen.add(row[label])


def _unique(kind: str, rng: random.Random, taken: set[str]) -> str:
    while True:
        made = str(value(kind, rng))
        if made not in taken:
            taken.add(made)
            return made


def value(kind: str, rng: random.Random) -> Any:
    """Make a value of a kind."""
    if "/" in kind:
        return rng.choice(kind.split("/"))
    if "#" in kind:
        return re.sub("#", lambda _: str(rng.randint(1, 9)), kind)
    makers: dict[str, Any] = {
        "person": lambda: f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
        "city": lambda: rng.choice(_CITIES),
        "company": lambda: rng.choice(_COMPANIES),
        "thing": lambda: rng.choice(_THINGS),
        "country": lambda: rng.choice(_COUNTRIES),
        "drug": lambda: rng.choice(_DRUGS),
        "email": lambda: (
            f"{rng.choice(_FIRST).lower()}.{rng.choice(_LAST).lower()}{rng.randint(1, 99)}@{rng.choice(['example.com', 'mail.test', 'acme.io'])}"
        ),
        "phone": lambda: f"+{rng.randint(30, 49)} {rng.randint(100, 999)} {rng.randint(1000, 9999)}",
        "date": lambda: f"{rng.randint(2021, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "birth": lambda: f"{rng.randint(1940, 2015)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "year": lambda: rng.randint(1950, 2020),
        "money": lambda: round(rng.uniform(5, 900), 2),
        "kg": lambda: round(rng.uniform(1, 40), 1),
        "count": lambda: rng.randint(2, 95),
        "street": lambda: f"{rng.randint(1, 99)} {rng.choice(_LAST)} Street",
        "room": lambda: f"{rng.choice('ABCDE')}{rng.randint(100, 399)}",
        "hour": lambda: f"{rng.randint(6, 10):02}:00",
        "plate": lambda: f"{rng.choice('KLMNP')}{rng.choice('KLMNP')} {rng.randint(1000, 9999)}",
        "version": lambda: f"{rng.randint(1, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}",
    }
    return makers[kind]()
