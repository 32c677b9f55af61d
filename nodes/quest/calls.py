"""Makes calls of ways: with values of the right type, one for every row a way is for."""

from collections.abc import Iterator, Mapping, Sequence

from surefoot.nodes.evidence.provenance import Fact
from surefoot.nodes.evidence.values import as_text, same
from surefoot.nodes.quest.scene import Calls, Reached, Scene, unique
from surefoot.nodes.quest.ways import Way, ready
from surefoot.nodes.state import Json

__all__ = ["calls_of", "column", "missing_rows", "typed"]

_ROWS_AT_ONCE = 12


def calls_of(scene: Scene, way: Way, focus: Sequence[Fact]) -> Calls:
    """List the calls of a way that can be made now, one for every row they are for."""
    within = scene.within(focus)
    return unique([call for each in ready(way) for call in _spread(scene, each, within)])[:_ROWS_AT_ONCE]


def _spread(scene: Scene, way: Way, within: Sequence[Fact]) -> Iterator[tuple[str, dict[str, Json]]]:
    args = {name: typed(scene, way.tool, name, source.value) for name, source in way.args if isinstance(source, Fact)}
    args |= _chosen(scene, way.tool, args)
    spread = [
        (name, source) for name, source in way.args if isinstance(source, Fact) and source.rows and source.step >= 0
    ]
    if len(spread) != 1:
        yield way.tool, args
        return
    name, fact = spread[0]
    for other in column(scene, fact, within):
        wanted = {**args, name: typed(scene, way.tool, name, other.value)}
        if scene.ledger.made(way.tool, wanted) is None:
            yield way.tool, wanted


def column(scene: Scene, fact: Fact, within: Sequence[Fact]) -> list[Fact]:
    """List the facts of the same kind in the other rows."""
    if not fact.rows:
        return [fact]
    tool, lists = scene.ledger.call(fact.step).tool, {name for name, _ in fact.rows}
    return [
        each
        for each in within
        if each.step >= 0 and each.column[1] == fact.column[1] and each.phrase == fact.phrase
        and lists & {name for name, _ in each.rows} and scene.ledger.call(each.step).tool == tool
    ]  # fmt: skip


def missing_rows(scene: Scene, got: Reached) -> Calls:
    """List the calls still to be made where a value is looked up row by row."""
    if not got.facts[0].rows:
        return ()
    last = scene.ledger.call(got.facts[-1].step)
    missing: list[tuple[str, dict[str, Json]]] = []
    for name, value in last.args.items():
        for fact in [f for f in got.within if f.rows and f.step >= 0 and f.step < last.step and same(f.value, value)][
            :1
        ]:
            rows = [
                {**last.args, name: typed(scene, last.tool, name, other.value)}
                for other in column(scene, fact, got.within)
            ]
            missing += [(last.tool, args) for args in rows if scene.ledger.made(last.tool, args) is None]
    return unique(missing)[:_ROWS_AT_ONCE]


def typed(scene: Scene, tool: str, name: str, value: Json) -> Json:
    need = next(need for need in scene.tools.promises[tool].needs if need.name == name)
    text = as_text(value)
    if need.kind == "integer" and not isinstance(value, int):
        return int(float(text.replace(",", "")))
    if need.kind == "number" and isinstance(value, str):
        return float(text.replace(",", ""))
    if need.options:
        return next(option for option in need.options if str(option).casefold() == text.casefold())
    return text if need.kind == "string" else value


def _chosen(scene: Scene, tool: str, args: Mapping[str, Json]) -> dict[str, Json]:
    """Fill parameters the caller may choose: a word of the goal where it names one, else the plainest."""
    found: dict[str, Json] = {}
    for need in scene.tools.promises[tool].needs:
        if need.name in args:
            continue
        named = next((option for option in need.options if str(option).lower() in scene.asked.words), None)
        if named is not None:
            found[need.name] = named
        elif need.required and need.default is None:
            found[need.name] = need.options[0] if need.options else False if need.kind == "boolean" else 50
    return found
