"""Writes results as text a person reads: numbers exact, tables aligned, lines with their place."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def figure(value: Any) -> str:
    """Write one value; a float without the noise of binary fractions."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        rounded = round(value, 10)
        return str(int(rounded)) if rounded == int(rounded) and abs(rounded) < 1e15 else repr(rounded)
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write an aligned markdown table; numbers stand right."""
    shown = [[figure(value).replace("|", "\\|").replace("\n", " ") for value in row] for row in rows]
    raw = [list(row) for row in rows]
    numeric = [all(isinstance(row[i], int | float) for row in raw) and bool(raw) for i in range(len(columns))]
    widths = [
        max(3, len(name), *(len(row[i]) for row in shown)) if shown else max(3, len(name))
        for i, name in enumerate(columns)
    ]

    def line(cells: Sequence[str]) -> str:
        padded = [c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, numeric, strict=True)]
        return "| " + " | ".join(padded) + " |"

    rule = [("-" * (w - 1) + ":") if right else "-" * w for w, right in zip(widths, numeric, strict=True)]
    return "\n".join([line(list(columns)), line(rule), *(line(row) for row in shown)])


def lines_found(matches: Sequence[Mapping[str, Any]]) -> str:
    """Write matching lines as `path:line: text`."""
    return "\n".join(f"{match['path']}:{match['line']}: {str(match['text']).strip()}" for match in matches)


def data(value: Any, depth: int = 0) -> str:
    """Write any JSON value: records as a table, an object as `key: value` lines."""
    if isinstance(value, Mapping):
        return "\n".join(_entry(str(key), item, depth) for key, item in value.items())
    if isinstance(value, list):
        if value and all(isinstance(item, Mapping) for item in value):
            columns = list(dict.fromkeys(str(key) for item in value for key in item))
            return table(columns, [[_cell(item.get(column)) for column in columns] for item in value])
        return "\n".join(f"{'  ' * depth}- {data(item, depth + 1).strip()}" for item in value) or "(empty)"
    return figure(value)


def merged(plan: Sequence[Mapping[str, Any]]) -> str:
    """Merge the results of a plan in its order; a lone result stands by itself."""
    done = [task for task in plan if task.get("status") == "completed" and task.get("result")]
    left = [task for task in plan if task.get("status") != "completed"]
    if len(done) == 1 and not left:
        return str(done[0]["result"])
    texts = [str(task["result"]) for task in done]
    done = [
        task
        for task, text in zip(done, texts, strict=True)
        if not any(text in other and text != other for other in texts)
    ]
    pieces = [f"**{task['description']}**\n\n{task['result']}" for task in done]
    pieces += [
        f"Not done: {task['description']}" + (f" ({task['result']})" if task.get("result") else "") for task in left
    ]
    return "\n\n".join(pieces)


def _entry(key: str, value: Any, depth: int) -> str:
    pad = "  " * depth
    if isinstance(value, Mapping | list) and value:
        return f"{pad}{key}:\n{data(value, depth + 1)}"
    return f"{pad}{key}: {figure(value) if not isinstance(value, Mapping | list) else 'none'}"


def _cell(value: Any) -> Any:
    return value if not isinstance(value, Mapping | list) else data(value).replace("\n", "; ")
