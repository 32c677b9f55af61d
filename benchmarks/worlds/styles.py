"""How tools are named, described and answer: several styles, chosen by a seed."""

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

Words = str
"""Plain words: `customer id`."""


def snake(words: Words) -> str:
    return "_".join(re.findall(r"\w+", words))


def camel(words: Words) -> str:
    first, *rest = re.findall(r"\w+", words)
    return first + "".join(word.capitalize() for word in rest)


def terse(words: Words) -> str:
    return "_".join(word if len(word) <= 4 else word[:4] for word in re.findall(r"\w+", words))


NAMES: dict[str, Callable[[random.Random, str, str, str], str]] = {
    # style: (rng, what is given back, what it is of, what is given) -> name
    "snake": lambda r, what, of, given: snake(r.choice([
        f"get {what} by {given}", f"find {what} by {given}", f"lookup {what}", f"fetch {what} for {of}", f"get {what} of {of}", f"{what} for {given}",
    ])),
    "camel": lambda r, what, of, given: camel(r.choice([
        f"get {what}", f"fetch {what} by {given}", f"find {what} for {of}", f"{of} {what} lookup", f"resolve {what} from {given}", f"read {what}",
    ])),
    "rest": lambda r, what, of, given: r.choice([
        f"GET_{snake(of)}s_{snake(what)}", f"{snake(of)}s-{snake(what)}-get", f"api_v2_{snake(of)}_{snake(what)}", f"{snake(of)}s_by_{snake(given)}_{snake(what)}",
    ]),
    "terse": lambda r, what, of, given: r.choice([
        f"{terse(given)}2{terse(what)}", f"{terse(of)}_{terse(what)}", f"q_{terse(what)}_{terse(given)}", f"{terse(what)}",
    ]),
}  # fmt: skip
ONE = (
    "Returns the {what} for {a_given}.",
    "Returns the {what} of {a_of}.",
    "Look up the {what} of {a_of} by {given}.",
    "Given {a_given}, returns the {what}.",
    "{What} of {a_of}.",
    "Finds the {what} that belongs to {a_given}.",
    "Get {a_of}'s {what}.",
    "Use this to find the {what} of a given {of}.",
    "Resolves {a_given} to the {what}.",
)
RECORD = (
    "Returns the record of {a_of}.",
    "Get the details of {a_of} by {given}.",
    "Fetches everything stored about {a_of}.",
    "{Of} details.",
    "Given {a_given}, returns the {of}'s full profile.",
    "Look up {a_of} by {given}.",
)
LIST = (
    "Lists the {things} of {a_of}.",
    "Returns all {things} that belong to {a_of}.",
    "All {things} for {a_given}.",
    "Given {a_given}, lists the {things}.",
)
MORE = (
    "", "", "", " Updated in real time.", " Fails if nothing is stored under it.", " The data comes straight from the system of record.",
    " Response is JSON.", " Rate limited to 50 calls a minute.", " Maintained by the platform group.",
)  # fmt: skip
WARNINGS = (
    " Deprecated.", " Deprecated: kept for old clients.", " Returns sample data.", " Uses demo data only.", " May be stale.",
    " Legacy system, no longer maintained.", " Reads a cached copy that can be days behind.", " Not for production; test data.",
    " Works on the previous system, whose contents differ.", " Values may be outdated.", " Experimental, results are not reliable.",
)  # fmt: skip
PARAMETER = (
    "The {given}",
    "{Given}",
    "{Given} of the {of}",
    "{Given}, e.g. {sample}",
    "",
    "",
    "the {given} to look up",
)


def describe(
    rng: random.Random, templates: Sequence[str], what: Words, of: Words, given: Words, things: Words = ""
) -> str:
    text = rng.choice(templates)
    fields = {"what": what, "of": of, "given": given, "things": things, "a_of": article(of), "a_given": article(given)}
    fields |= {"What": what.capitalize(), "Of": of.capitalize()}
    return text.format(**fields) + rng.choice(MORE)


def article(words: Words) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def plural(words: Words) -> str:
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def casing(style: str) -> Callable[[Words], str]:
    return {"camel": camel, "terse": terse}.get(style, snake)


def parameter(rng: random.Random, style: str, given: Words, of: Words, sample: str, own: str) -> tuple[str, str]:
    """Choose a parameter's name and description; a name that says nothing gets a description."""
    name = casing("snake" if style == "rest" else style)(given)
    if given == own and rng.random() < 0.3:
        name = rng.choice(["id", casing(style)(of)])
    if style == "terse" and rng.random() < 0.3:
        name = rng.choice(["x", "v", "q"])
    text = rng.choice(PARAMETER).format(given=given, Given=given.capitalize(), of=of, sample=sample)
    return name, text


def shown(rng: random.Random, style: str, label: Words, value: Any) -> Any:
    """Choose how a single value is given back."""
    key = casing(style)(label)
    return rng.choice([
        value, {key: value}, {key: value}, {"result": {key: value}}, {"status": "ok", "data": {key: value}},
        f"The {label} is {value}.", f"{label.capitalize()}: {value}", {key: value, "source": "live"},
    ])  # fmt: skip
