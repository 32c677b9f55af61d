"""Pictures of a run for a notebook: plain HTML and SVG in the colours of the page they stand on; nothing is loaded.

Each function takes the plain data surefoot gives (subtasks, a log, events, the report) and draws it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
            + "".join(_text(x + 10, y + 37 + 15 * n, line) for n, line in enumerate(_lines(task["description"], 28, 2)))
        )
    return _svg("".join(parts), 20 + max(x for x, _ in places.values()) + 200, 20 + max(rows.values()) * 84 + 64)


def graph(drawable: Any, inside: str = "") -> HTML:
    """Draw a LangGraph graph: its nodes in a row, ways on above it, ways back below.

    `inside`: the node whose own graph is drawn instead; the graph then has to be one with `xray=True`.
    """
    prefix = f"{inside}:" if inside else ""
    names = [name for name in drawable.nodes if name.startswith(prefix) and (inside or ":" not in name)]
    names.sort(key=lambda name: (name.endswith("__end__"), not name.endswith("__start__")))
    ways = [(edge.source, edge.target) for edge in drawable.edges if edge.source in names and edge.target in names]
    places = {name: 40 + place * (WIDTH - 80) / (len(names) - 1) for place, name in enumerate(names)}
    far = [names.index(target) - names.index(source) for source, target in ways]
    middle, bottom = 35 + 15 * max(far), 35 - 15 * min(far)
    parts = []
    for (source, target), distance in zip(ways, far, strict=True):
        x1, x2 = places[source], places[target]
        if distance == 1:
            parts.append(_arrow(x1 + 36, middle, x2 - 36, middle))
            continue
        side, colour = (-1, BLUE) if distance > 0 else (1, AMBER)
        edge = middle + side * 14
        bend = edge + side * (18 + 19 * abs(distance))
        parts.append(
            f'<path d="M{x1:.0f} {edge} C{x1:.0f} {bend} {x2:.0f} {bend} {x2:.0f} {edge + side * 7}" fill="none" '
            f'stroke="{colour}" stroke-opacity=".7"/>'
            f'<path d="M{x2 - 4:.0f} {edge + side * 8} h8 L{x2:.0f} {edge} z" fill="{colour}"/>'
        )
    for name, x in places.items():
        short = name.removeprefix(prefix).strip("_")
        outer = GREY if "__" in name else GREEN
        parts.append(
            f'<rect x="{x - 36:.0f}" y="{middle - 14}" width="72" height="28" rx="8" fill="{outer}" fill-opacity=".15" '
            f'stroke="{outer}"/>' + _text(x, middle + 4, short, anchor="middle")
        )
    return _svg("".join(parts), WIDTH, middle + bottom)


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


def timeline(events: Sequence[Mapping[str, Any]]) -> HTML:
    """Draw when each attempt at a subtask ran, its actions as dots, and when a person was waited for."""
    rows: dict[str, list[tuple[float, float, str]]] = {}
    began: dict[str, float] = {}
    dots, waits, asked = [], [], None
    for event in events:
        kind, task = event["type"], event.get("task_id", "")
        if kind == "question":
            asked = asked or event["at"]
        elif kind == "decision" and asked:
            waits.append((asked, event["at"]))
            asked = None
        elif kind == "observation":
            dots.append((task, event["at"], event["result"]["success"]))
        elif kind == "subtask" and event["status"] == "in_progress":
            began.setdefault(task, event["at"])
        elif kind == "subtask":
            rows.setdefault(task, []).append((began.pop(task), event["at"], event["status"]))
    at = _scale([e["at"] for e in events], 70, WIDTH - 20)
    parts = [
        f'<rect x="{at(a):.1f}" y="4" width="{max(3, at(b) - at(a)):.1f}" height="{len(rows) * 30 + 4}" fill="{AMBER}" '
        'fill-opacity=".22"/>'
        for a, b in waits
    ]
    for y, (task, bars) in enumerate(rows.items()):
        parts.append(_text(60, 26 + y * 30, task, anchor="end"))
        for start, end, status in bars:
            colour = GREEN if status == "completed" else RED
            parts.append(
                f'<rect x="{at(start):.1f}" y="{12 + y * 30}" width="{max(3, at(end) - at(start)):.1f}" height="20" rx="4" '
                f'fill="{colour}" fill-opacity=".3" stroke="{colour}"><title>{task}: {status}</title></rect>'
            )
    for task, when, success in dots:
        y = 22 + list(rows).index(task) * 30
        parts.append(f'<circle cx="{at(when):.1f}" cy="{y}" r="4" fill="{GREEN if success else RED}"/>')
    bottom = len(rows) * 30 + 28
    seconds = events[-1]["at"] - events[0]["at"]
    parts.append(_text(70, bottom, "0 s") + _text(WIDTH - 20, bottom, f"{seconds:.1f} s", anchor="end"))
    return _svg("".join(parts), WIDTH, bottom + 8)


def spending(events: Sequence[Mapping[str, Any]], limits: Mapping[str, float | None]) -> HTML:
    """Draw how much of each limit was used, over time; the line at the top is the limit."""
    height, left, right = 200, 50, WIDTH - 150
    told = [event for event in events if "spent" in event]
    at, share = _scale([e["at"] for e in told], left, right), _scale([0, 1], height, 20)
    parts = [
        f'<line x1="{left}" x2="{right}" y1="{share(part):g}" y2="{share(part):g}" stroke="{RED if part == 1 else GREY}" '
        f'stroke-opacity="{1 if part == 1 else 0.35}"/>' + _text(left - 6, share(part) + 4, f"{part:.0%}", anchor="end")
        for part in (0, 0.5, 1)
    ]
    names = {"steps": "max_steps", "tokens": "max_tokens", "seconds": "max_time_seconds", "usd": "max_usd"}
    used = {name: limit for name, key in names.items() if (limit := limits.get(key))}
    ends = []
    for colour, (name, limit) in zip((BLUE, GREEN, AMBER, RED), used.items(), strict=False):
        points = [(at(e["at"]), share(min(1.05, (e["spent"][name] or 0) / limit))) for e in told]
        line = "".join(f"H{x:.1f}V{y:.1f}" for x, y in points)
        parts.append(f'<path d="M{left} {share(0)}{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        ends.append((points[-1][1], f"{name}: {_number(told[-1]['spent'][name])} of {_number(limit)}", colour))
    label = height + 20.0
    for y, text, colour in sorted(ends, reverse=True):
        label = min(y + 4, label - 15)
        parts.append(_text(right + 8, label, text, colour=colour))
    return _svg("".join(parts), WIDTH + 40, height + 20)


def calibration(table: Mapping[str, Any]) -> HTML:
    """Draw what was stated against what came of it; on the line both agree, below it was too sure of itself."""
    at, up = _scale([0, 1], 80, 320), _scale([0, 1], 260, 20)
    parts = [
        f'<line x1="{at(0)}" y1="{up(0)}" x2="{at(1)}" y2="{up(1)}" stroke="{GREY}" stroke-dasharray="4 4"/>',
        f'<path d="M{at(0)} {up(1)} V{up(0)} H{at(1)}" fill="none" stroke="{GREY}"/>',
        _text(200, 290, "stated confidence", anchor="middle"),
        _text(74, up(1) + 4, "all", anchor="end") + _text(74, up(0) + 4, "none", anchor="end"),
        _text(74, up(0.5) + 4, "went well", anchor="end"),
    ]
    for row in table["bins"]:
        x, y, radius = at(row["stated"]), up(row["went_well"]), 3 + row["count"] ** 0.5 * 2
        told = f"{row['count']} times {row['stated']:.2f} stated, {row['went_well']:.2f} went well"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{BLUE}" fill-opacity=".5" stroke="{BLUE}">'
            f"<title>{told}</title></circle>" + _text(x + radius + 3, y + 4, str(row["count"]))
        )
    return _svg("".join(parts), 350, 300)


def _scale(values: Sequence[float], low: float, high: float) -> Callable[[float], float]:
    """Map the range of some values to a range of the picture."""
    first, span = min(values), max(values) - min(values) or 1
    return lambda value: low + (value - first) / span * (high - low)


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


def _number(value: float | None) -> str:
    return f"{value or 0:,.0f}" if value is None or value >= 10 else f"{value:.3g}"


def _lines(text: str, width: int, most: int) -> list[str]:
    lines = wrap(text, width)
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][: width - 1] + "…"]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
