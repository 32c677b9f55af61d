"""Pictures of a run for a notebook: plain HTML and SVG in the colours of the page they stand on; nothing is loaded.

Each function takes the plain data surefoot gives (subtasks, a log, events, the report) and draws it.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from textwrap import wrap
from typing import Any

from IPython.display import HTML

BLUE, GREEN, RED, AMBER, GREY = "#3f7fd6", "#2f9156", "#d0473d", "#b5830f", "#8a938e"
STATUS = {"completed": GREEN, "failed": RED, "in_progress": BLUE, "pending": GREY}
CHANGE = {
    "added": (GREEN, "+ new"),
    "removed": (RED, "− gone"),
    "modified": (AMBER, "~ changed"),
    "kept": (GREY, "kept"),
}
WIDTH = 760


def plan(
    subtasks: Sequence[Mapping[str, Any]],
    diff: Mapping[str, Sequence[str]] | None = None,
    before: Sequence[Mapping[str, Any]] = (),
) -> HTML:
    """Draw a plan as boxes and arrows, from left to right.

    With the `diff` of a revision each box says whether it is new, changed, kept, or gone; what is gone is taken from
    the plan `before`.
    """
    gone = [task for task in before if diff and task["task_id"] in diff["removed"]]
    marks = {task_id: CHANGE[kind] for kind, ids in (diff or {}).items() for task_id in ids}
    tasks = {task["task_id"]: task for task in [*subtasks, *gone]}
    columns: dict[str, int] = {}

    def column(task_id: str) -> int:
        if task_id not in columns:
            needed = [d for d in tasks[task_id].get("dependencies", []) if d in tasks]
            columns[task_id] = 1 + max(map(column, needed), default=-1)
        return columns[task_id]

    rows: dict[int, int] = {}
    places = {}
    for task_id in tasks:
        x = column(task_id)
        rows[x] = rows.get(x, -1) + 1
        places[task_id] = (10 + x * 250, 10 + rows[x] * 84)
    parts = []
    for task_id, task in tasks.items():
        x, y = places[task_id]
        for needed in task.get("dependencies", []):
            if needed in places:
                parts.append(_arrow(places[needed][0] + 200, places[needed][1] + 32, x, y + 32))
        colour, mark = marks.get(task_id, (STATUS.get(str(task.get("status", "pending"))), str(task.get("status", ""))))
        dashed = ' stroke-dasharray="5 4"' if task in gone else ""
        parts.append(
            f'<rect x="{x}" y="{y}" width="200" height="64" rx="8" fill="{colour}" fill-opacity=".1" '
            f'stroke="{colour}" stroke-width="1.6"{dashed}/>'
            + _text(x + 10, y + 18, task_id, weight="600")
            + _text(x + 190, y + 18, mark, anchor="end", colour=colour)
            + "".join(_text(x + 10, y + 37 + 15 * n, line) for n, line in enumerate(_lines(task["description"], 32, 2)))
        )
    return _svg("".join(parts), 20 + max(x for x, _ in places.values()) + 200, 20 + max(rows.values()) * 84 + 64)


def log(entries: Iterable[Any], evidence: Iterable[int] = ()) -> HTML:
    """Show the log of a subtask as a table: thought, action, observation. The entries in `evidence` are marked."""
    marked = set(evidence)
    lines = []
    for index, step in enumerate(entries):
        result = step.observation
        if step.action is None:
            action, seen = "", f"<i>surefoot says:</i> {escape(_short(step.note, 300))}" if step.note else ""
        else:
            action = f"{step.action.tool}<br><small>{escape(_short(str(step.action.args), 110))}</small>"
            seen = escape(_short(str(result.output if result.success else result.error.message), 150))
        colour = AMBER if step.action is None else GREEN if result.success else RED
        style = f"background:{RED}26" if index in marked else ""
        cells = (str(index), escape(_short(step.thought, 200)), action, f'<span style="color:{colour}">●</span> {seen}')
        cell = '<td style="text-align:left;vertical-align:top;padding:4px 10px">'
        lines.append(f'<tr style="{style}">{"".join(f"{cell}{text}</td>" for text in cells)}</tr>')
    heads = "".join(f'<th style="text-align:left">{head}</th>' for head in ("", "thought", "action", "observation"))
    return HTML(f'<table style="font-size:13px;max-width:{WIDTH + 140}px"><tr>{heads}</tr>{"".join(lines)}</table>')


def _svg(inside: str, width: int, height: int) -> HTML:
    return HTML(
        f'<svg viewBox="0 0 {width} {height}" width="{width}" style="max-width:100%;height:auto;color:inherit" '
        'xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" font-size="12" role="img">'
        f"{inside}</svg>"
    )


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return (
        f'<path d="M{x1} {y1} C{middle} {y1} {middle} {y2} {x2 - 7} {y2}" fill="none" stroke="{GREY}" stroke-width="1.5"/>'
        f'<path d="M{x2 - 8} {y2 - 4} L{x2} {y2} L{x2 - 8} {y2 + 4} z" fill="{GREY}"/>'
    )


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = "currentColor", weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}"{bold}>{escape(text)}</text>'


def _lines(text: str, width: int, most: int) -> list[str]:
    lines = wrap(text, width)
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][: width - 1] + "…"]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
