"""Rule that writes and appends to files."""

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from surefoot.graph.models.offline.atoms import ATOM
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.read import text_of
from surefoot.graph.models.offline.steps import CannotDo, Failed, Steps, call
from surefoot.graph.models.offline.words import bag
from surefoot.graph.models.offline.world import World

_SHOWN = 4000


_APPEND = bag("append add insert prepend")


def appends(clause: Clause) -> bool:
    """Whether a clause adds to a file rather than writing it anew."""
    return (
        clause.verb in _APPEND
        and bool(clause.paths)
        and (bool(clause.values("quote", "code")) or bool(clause.refers) or clause.verb == "append")
    )


def target_of(clause: Clause) -> str:
    """Name the file a clause writes to: after `to`, `in`, `as` and the like, else the first named."""
    places = re.findall(
        rf"\b(?:to|into|in|as|at|named|called|file)\s+(?:a |the )?(?:new |text |json |csv |markdown )*(?:file |report )?(?:named |called )?({ATOM})",
        clause.masked,
    )
    found = [clause.atoms[ord(mark) - 0xE000] for mark in places]
    paths = [atom.value for atom in found if atom.kind in ("path", "quote")]
    return next((path for path in reversed(paths) if path in clause.paths), "") or (
        clause.paths[-1] if clause.paths else ""
    )


def fits_write(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a wish to write a file."""
    if not target_of(clause):
        return 0.0
    return 0.95 if clause.family == "write" or clause.verb == "put" or appends(clause) else 0.0


def write(clause: Clause, world: World) -> Steps[str]:
    """Write, or append to, a file: quoted text, the words before `to`, or the results so far."""
    path = target_of(clause).removeprefix("./")
    text = _content(clause, world, path)
    if appends(clause):
        path = world.resolve(path)
        if path in world.paths:
            old = yield from text_of(path, world, guess=False)
            text = (
                f"{text.rstrip()}\n{old}"
                if clause.verb == "prepend"
                else f"{old.rstrip(chr(10))}\n{text}"
                if old
                else text
            )
        yield from call("write_file", path=path, content=ended(text), overwrite=True)
        return f"Added to {path}."
    overwrite = clause.says("overwrite") or bool(re.search(r"\breplacing\b", clause.plain))
    try:
        yield from call("write_file", path=path, content=ended(text), **({"overwrite": True} if overwrite else {}))
    except Failed as error:
        if overwrite or "exist" not in str(error) or "ask_human" not in world.tools:
            raise
        answer = yield from call("ask_human", question=f"{path} exists already. Overwrite it (yes or no)?")
        if not re.match(r"\W*(?:y|yes|ok|sure|overwrite|true)\b", answer.text, re.IGNORECASE):
            raise CannotDo(f"{path} exists already and is not to be overwritten.") from None
        yield from call("write_file", path=path, content=ended(text), overwrite=True)
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "\n..."
    return f"Wrote {path} ({len(ended(text).encode())} bytes):\n\n{shown}"


def _content(clause: Clause, world: World, path: str) -> str:
    quoted = [value for value in clause.values("quote", "code") if value != path]
    if quoted and not (clause.refers == "all" and world.known):
        return "\n".join(quoted)
    if world.known:
        return _formatted(list(world.known.values()), path)
    said = re.search(
        rf"^\w+\s+(?:a file (?:with|containing)\s+|the (?:text|words?|lines?)\s+)?(.+?)\s+(?:to|into|in|at)\s+(?:a |the )?(?:file )?(?:named |called )?{ATOM}",
        clause.masked,
    )
    if (
        said
        and not re.search(ATOM, said[1])
        and not re.search(r"\b(?:file|report|summary|poem|story|essay|list)\b", said[1])
    ):
        return said[1].strip()
    if re.search(r"\bempty\b", clause.plain):
        return ""
    raise CannotDo(f"Nothing says what is to stand in {path}; put the text in quotes.")


def _formatted(results: Sequence[str], path: str) -> str:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".csv" and len(results) == 1 and (rows := _rows(results[0])):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()
    if suffix == ".json":
        values = [_as_json(result) for result in results]
        return json.dumps(values[0] if len(values) == 1 else values, indent=2, ensure_ascii=False)
    return "\n\n".join(result.rstrip("\n") for result in results)


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if not all(re.fullmatch(r"-+:?", cell) for cell in row)]


def _as_json(text: str) -> object:
    rows = _rows(text)
    if rows:
        return [dict(zip(rows[0], (_scalar(cell) for cell in row), strict=False)) for row in rows[1:]]
    return _scalar(text)


def _scalar(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
