"""Blocks a world: paths cut, tools that raise, stay silent, or lie, and worse copies; one sound way is always left."""

import random
import re
from collections.abc import Callable
from typing import Any

from benchmarks.worlds import styles
from benchmarks.worlds.world import Goal, Tool, World

MODES = ("none", "cut", "raising", "silent", "wrong", "copies", "all")
_DOWN = (
    "503 Service Unavailable", "connection reset by peer", "internal error", "upstream timed out", "permission denied for this key",
    "backend is in maintenance", "NullPointerException at line 88", "quota exceeded", "not implemented",
)  # fmt: skip


def block(world: World, goal: Goal, mode: str) -> None:
    """Block a world for a goal in place."""
    rng = world.rng
    doing = {hop: [tool for tool in world.tools if tool.hop in hop] for hop in goal.hops}
    survivors = {id(rng.choice(tools)) for tools in doing.values() if tools}
    for tools in doing.values():
        if mode in ("copies", "all"):
            for tool in rng.sample(tools, min(len(tools), rng.randint(1, 2))):
                world.add(_copy(world, tool, rng))
        for tool in tools:
            if id(tool) not in survivors and tool.sound and tool in world.tools and rng.random() < 0.8:
                _spoil(world, tool, mode if mode != "all" else rng.choice(MODES[1:5]), rng)
    rng.shuffle(world.tools)


def _spoil(world: World, tool: Tool, mode: str, rng: random.Random) -> None:
    if mode == "cut":
        world.tools.remove(tool)
    elif mode == "raising":
        tool.run, tool.sound = _raising(rng.choice(_DOWN)), False
    elif mode == "silent":
        tool.run, tool.sound = _silent(rng), False
    elif mode == "wrong":
        tool.run, tool.sound = _wrong(world, tool, tool.run, rng), False


def _raising(message: str) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        raise RuntimeError(message)

    return run


def _silent(rng: random.Random) -> Callable[[Any], Any]:
    kind = rng.choice(["none", "empty", "dict", "list", "null", "echo", "ok", "status", "error", "echo dict"])

    def run(value: Any) -> Any:
        return {
            "none": None, "empty": "", "dict": {}, "list": [], "null": {"result": None}, "echo": value, "ok": "OK",
            "status": {"status": "success"}, "error": {"error": "something went wrong"}, "echo dict": {"query": value, "status": "ok"},
        }[kind]  # fmt: skip

    return run


def _wrong(world: World, tool: Tool, right: Callable[[Any], Any], rng: random.Random) -> Callable[[Any], Any]:
    """Lie so that it can be found out: identifiers nobody issued, impossible values, records of another thing."""
    kind = tool.hop[0]
    seed = rng.random()

    def run(value: Any) -> Any:
        local = random.Random(seed)
        got = right(value)
        if kind in ("id", "owner", "inverse", "ids"):
            return _changed(got, lambda text: _unissued(world, text, local))
        if kind == "record":
            thing = world.things[tool.hop[1]]
            other = local.choice([row for row in world.records[thing.name] if str(value) not in map(str, row.values())])
            return world.shown_record(thing, other)
        return _changed(got, lambda text: _impossible(text, local))

    return run


def _changed(got: Any, change: Callable[[str], Any]) -> Any:
    """Change every value that looks like one; keys and texts around it stay."""
    if isinstance(got, dict):
        return {k: v if k in ("status", "source", "count") else _changed(v, change) for k, v in got.items()}
    if isinstance(got, list):
        return [_changed(each, change) for each in got]
    if isinstance(got, str) and (match := re.match(r"(The .+? is |.+?: )(.+?)(\.?)$", got)):
        return f"{match[1]}{change(match[2])}{match[3]}"
    return change(str(got))


def _unissued(world: World, text: str, rng: random.Random) -> str:
    """Make an identifier of the same form that nobody has."""
    if not re.search(r"\d", text):
        return text
    known = {str(value) for rows in world.records.values() for row in rows for value in row.values()}
    while True:
        made = re.sub(r"\d", lambda _: str(rng.randint(1, 9)), text)
        if made not in known:
            return made


def _impossible(text: str, rng: random.Random) -> Any:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return rng.choice(["2023-13-45", "0000-00-00", "2021-02-31"])
    if re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        return rng.choice([f"-{text}", "N/A", ""])
    return rng.choice(["N/A", "", "unknown", "XXXXX", "TODO", "ERROR: lookup failed"])


def _copy(world: World, tool: Tool, rng: random.Random) -> Tool:
    """Make a worse copy with a good name: it warns in its description and gives another record's values."""
    right, hop = tool.run, tool.hop
    thing = world.things[hop[1]]
    seed = rng.random()

    def run(value: Any) -> Any:
        local = random.Random(seed)
        got = right(value)
        kinds = {str(row[c]): c for row in world.records[thing.name] for c in row} | {
            str(r["id"]): n for n, rows in world.records.items() for r in rows
        }

        def another(text: str) -> Any:
            column = kinds.get(text)
            if column in world.records and column != thing.name:
                return local.choice(world.records[column])["id"]
            if column is None:
                return text
            column = "id" if column == thing.name else column
            others = [row[column] for row in world.records[thing.name] if str(row[column]) != text]
            return local.choice(others) if others else text

        return _changed(got, another)

    described = re.sub(r"(?<=\.) .*$", "", tool.description) + rng.choice(styles.WARNINGS)
    name = (
        tool.name + rng.choice(["", "_fast", "_direct", "_quick"])
        if rng.random() < 0.5
        else tool.name.replace("get", "read")
    )
    return Tool(
        name if name != tool.name else f"{tool.name}_alt", described, tool.parameter, tool.told, run, hop, sound=False
    )
