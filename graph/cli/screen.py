"""Draws a run on a terminal while it works: the plan, what each subtask thinks and does, the spending.

Colours are the terminal's own sixteen, so that they suit its theme. As some themes have one that is hard to read on their
ground, words keep the terminal's own colour, and only marks and failures have another; with NO_COLOR set, marks say it all.
"""

import json
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from surefoot.graph.cli.lines import one_line, plan_lines
from surefoot.graph.cli.picture import Picture, Row
from surefoot.nodes.budget import LIMITS
from surefoot.nodes.questions import visible

__all__ = ["Screen"]

MARKS = {
    "pending": ("○", "dim"),
    "running": ("●", "blue"),
    "waiting": ("?", "bold magenta"),
    "completed": ("✓", "green"),
    "stopped": ("■", "yellow"),
    "failed": ("✗", "bold red"),
}
NAMES = {"steps": "actions", "tokens": "tokens", "seconds": "time", "usd": "money"}
_CHANGES = {"  + ": "bold green", "  - ": "bold red", "  ~ ": "bold magenta"}
BAR = 14
NEAR = 0.8
"""From this share of a limit on its bar is a warning."""


class Screen:
    """The live part at the foot of a terminal; what is said goes above it. Texts are taken as already redacted."""

    def __init__(self) -> None:
        self.console = Console(markup=False, highlight=False, emoji=False)
        self.picture = Picture()
        self._mutex = threading.RLock()  # the last words may be said by a signal, in the midst of anything
        self._live: Live | None = None
        self._closed_at = time.monotonic()

    def open(self) -> None:
        """Begin to draw, or go on."""
        if self._live is None:
            with self._mutex:
                self.picture.skip(time.monotonic() - self._closed_at)
            self._live = Live(self, console=self.console, refresh_per_second=6, transient=True)
            self._live.start()

    def close(self) -> None:
        """Take the drawing off the terminal; harmless when it is off."""
        live, self._live = self._live, None
        if live:
            live.stop()
            self._closed_at = time.monotonic()

    def recall(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take in what happened before anybody watched here, each event with its time `at`."""
        now, today = time.monotonic(), time.time()
        with self._mutex:
            for event in events:
                self._closed_at = now - (today - event["at"])
                self.picture.tell(event, self._closed_at)

    def tell(self, event: Mapping[str, Any]) -> None:
        """Take in an event."""
        with self._mutex:
            self.picture.tell(event, time.monotonic())

    def hear(self, task_id: str, text: str) -> None:
        """Take in what the model has written so far."""
        with self._mutex:
            self.picture.hear(task_id, text)

    def say(self, text: str, style: str = "") -> None:
        """Put lines above the drawing, or where it was."""
        self.console.print(Text(visible(text), style=style))

    def ask(self, value: Mapping[str, Any]) -> None:
        """Show a question: what is asked, exactly what would run, and why; the drawing is off meanwhile."""
        request = value["action_requests"][0]
        args = dict(request["args"])
        lines: list[RenderableType] = [Text.assemble(("? ", MARKS["waiting"][1]), (one_line(request["name"]), "bold"))]
        wrong = visible(str(value.get("error", ""))).splitlines()
        told = visible(str(request.get("description", ""))).splitlines()
        plan, diff = args.pop("plan", None), args.pop("diff", None)
        if isinstance(plan, list) and diff is None:
            told = [line for line in told if not line.startswith("  ")]  # a part of the plan, which follows whole
        lines += [_said(line, "red" if line in wrong else "dim") for line in told]
        if isinstance(plan, list) and diff is None:
            lines += map(_said, plan_lines(plan))
        elif not args.get("gives_up", True):
            del args["gives_up"]
        old, new = args.get("old_text"), args.get("new_text")
        if isinstance(old, str) and isinstance(new, str):
            del args["old_text"], args["new_text"]
        else:
            old = new = ""
        for name, argument in args.items():
            lines += _argument(name, argument)
        lines += [_changed("-", line) for line in visible(old).splitlines()]
        lines += [_changed("+", line) for line in visible(new).splitlines()]
        self.console.print(Group(Text(""), *lines, Text("")))

    def leave(self) -> None:
        """Leave the plan as it stands at the end on the terminal."""
        self.close()
        with self._mutex:
            self.console.print(Group(*self._plan(len(self.picture.rows), time.monotonic())))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        with self._mutex:
            drawn = Group(*self._drawn(options.max_height, time.monotonic()))
        # Never taller than the terminal: what is scrolled away could not be taken back.
        for line in console.render_lines(drawn, options, pad=False)[: max(1, options.max_height - 1)]:
            yield from line
            yield Segment.line()

    def _drawn(self, height: int, now: float) -> list[RenderableType]:
        foot = self._spending()
        room = max(1, height - 3 - (len(foot.rows) if foot else 0))
        return [Text(""), *self._plan(room, now), *self._doing(), *([foot] if foot else [])]

    def _doing(self) -> list[Text]:
        if self.picture.doing:
            return [Text(f"  … {self.picture.doing}")]
        if self.picture.keeps_waiting:
            hint = "waits for you while the rest runs on: press Enter to answer now"
            return [Text.assemble(("  ? ", MARKS["waiting"][1]), (hint, "bold"))]
        return []

    def _plan(self, room: int, now: float) -> list[RenderableType]:
        rows = list(self.picture.rows.values())
        lines = {row.task_id: self._lines(row, now) for row in rows}
        over = sum(map(len, lines.values())) - room
        folded: list[str] = []
        for status in ("completed", "pending"):  # what is under way or went wrong is seen longest
            for row in rows:
                if over > 0 and row.status == status:
                    over -= len(lines.pop(row.task_id)) - (not folded)
                    folded.append(status)
        drawn = [line for row in rows if row.task_id in lines for line in lines[row.task_id]]
        counts = [f"{folded.count(s)} {s}" for s in ("completed", "pending") if s in folded]
        return [*([Text(f"  {', '.join(counts)}", style="dim")] if counts else []), *drawn]

    def _lines(self, row: Row, now: float) -> list[RenderableType]:
        mark, style = MARKS[row.status]
        indent = "  " * (1 + min(row.depth, 6))
        spent = now - row.began if row.status == "running" and row.began is not None else row.took
        named = "red" if row.status == "failed" else "bold" if row.status in ("running", "waiting") else ""
        head = Text.assemble((f"{indent}{mark} ", style), (one_line(row.task_id, 32), named))
        again = f" (attempt {row.attempts})" if row.attempts > 1 else ""
        head.append(f"  {row.description}{again}", style="" if row.status == "running" else "dim")
        lines: list[RenderableType] = [_between(head, _time(spent))]
        if row.status in ("running", "failed", "stopped") and row.said:
            lines.append(_between(Text(f"{indent}  {row.said}", style="red" if row.status == "failed" else "italic")))
        if row.status in ("running", "waiting") and row.doing:
            sign, style = MARKS["waiting"] if row.status == "waiting" else ("→", "cyan")
            lines.append(_between(Text.assemble((f"{indent}  {sign} ", style), row.doing)))
        return lines

    def _spending(self) -> Table | None:
        limits, spent = self.picture.limits, self.picture.spent
        bars = [
            _bar(NAMES[what], spent.get(what) or 0, limit)
            for name, what in LIMITS.items()
            if (limit := limits.get(name))
        ]
        if not bars:
            return None
        table = Table.grid(padding=(0, 2))
        table.add_row()
        for pair in zip(bars[::2], [*bars[1::2], Text("")], strict=False):
            table.add_row(*pair)
        return table


def _said(line: str, style: str = "") -> Padding:
    """A line of a question, wrapped under itself; of one that is added, removed or changed the sign has its colour."""
    text = Text(line.strip(), style=style)
    if sign := _CHANGES.get(line[:4]):
        text = Text.assemble((line[2], sign), line[3:])
    return Padding(text, (0, 0, 0, 2 + len(line) - len(line.lstrip())))


def _changed(sign: str, line: str) -> Text:
    """A line of a text that is put in the place of another: not a blank of it may be lost."""
    return Text.assemble((f"  {sign} ", _CHANGES[f"  {sign} "]), line)


def _argument(name: str, value: Any) -> list[Text]:
    first, *rest = visible(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).split("\n")
    label = f"  {one_line(name, 40)}: "
    return [Text.assemble((label, "bold"), first), *(Text(" " * len(label) + line) for line in rest)]


def _between(left: Text, right: str = "") -> Table:
    """One line with a text at its end; the beginning gives way."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, Text(right, style="dim"))
    return table


def _bar(name: str, used: float, limit: float) -> Text:
    share = min(1.0, used / limit)
    full = round(share * BAR)
    style = "red" if used >= limit else "yellow" if share >= NEAR else "green"
    amount = f"{_amount(name, used)} of {_amount(name, limit)}"
    return Text.assemble(f"  {name:<8}", ("━" * full, style), ("╌" * (BAR - full), "dim"), f" {amount}")


def _amount(name: str, value: float) -> str:
    if name == "money":
        return f"${value:,.2f}"
    if name == "time":
        return _time(value)
    if value < 10_000:
        return f"{value:,.0f}"
    return f"{value / 1000:.4g}k" if value < 1_000_000 else f"{value / 1_000_000:.4g}M"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d} h"
