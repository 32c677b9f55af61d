"""Reads text files in pieces a model can take in, and says how to read on."""

from collections.abc import Iterator
from typing import BinaryIO

from surefoot.tools.errors import ToolError

__all__ = ["binary", "excerpt", "text_lines", "window"]

MAX_CHARS = 40_000
"""Characters of one reading, about."""
MAX_LINE = 2_000
"""Characters of one line among others; a line read alone may have half of MAX_CHARS."""
MAX_FILE = 200_000_000
MAX_EXCERPT = 300
_SNIFF = 8192


def binary(file: BinaryIO) -> bool:
    """Tell whether an open file is no text: a NUL among its first bytes."""
    head = file.read(_SNIFF)
    file.seek(0)
    return b"\x00" in head


def text_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield (number, line without its end) of an open file, counted from 1.

    A line longer than a megabyte comes in pieces under one number.
    """
    number = 1
    while piece := file.readline(1 << 20):
        yield number, piece.rstrip(b"\r\n")
        number += piece.endswith(b"\n")


def excerpt(line: bytes, start: int, end: int) -> str:
    """Cut a line to about 300 bytes around a match."""
    end = min(end, start + MAX_EXCERPT)
    room = (MAX_EXCERPT - (end - start)) // 2
    first, last = max(start - room, 0), min(end + room, len(line))
    text = line[first:last].decode("utf-8", "replace").strip("\ufffd" if first or last < len(line) else "")
    return f"{'...' if first else ''}{text}{'...' if last < len(line) else ''}"


def window(file: BinaryIO, name: str, start_line: int, lines: int, start_char: int) -> str:
    """Read some lines of an open text file; a last line in brackets tells what was left out and how to go on.

    Raises:
        ToolError: it is no text, too large, or has fewer lines.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if binary(file):
        raise ToolError(f"{name} is a binary file ({size} bytes); read_file reads text.")
    if size > MAX_FILE:
        raise ToolError(f"{name} is too large to read here ({size} bytes); use search_files, query_data or run_python.")
    kept: list[str] = []
    chars, number, going = 0, 0, True
    for number, raw in enumerate(file, 1):
        if going and start_line <= number:
            skip = start_char if number == start_line else 0
            line = _shown(
                raw.rstrip(b"\r\n").decode("utf-8-sig" if number == 1 else "utf-8", "replace"), number, skip, lines
            )
            chars += len(line) + 1
            going = not kept or (chars <= MAX_CHARS and len(kept) < lines)
            kept.extend([line] if going else [])
    if start_line > max(number, 1):
        raise ToolError(f"{name} has only {number} lines.")
    if not number:
        return f"[{name} is empty]"
    return "\n".join(kept + _how_to_go_on(start_line, start_line + len(kept) - 1, number))


def _shown(line: str, number: int, skip: int, lines: int) -> str:
    room = MAX_LINE if lines > 1 else MAX_CHARS // 2
    rest = len(line) - skip - room
    if rest <= 0:
        return line[skip:]
    onward = f"read on with start_line={number}, lines=1, start_char={skip + room}"
    return f"{line[skip : skip + room]}\n[{rest} more characters in line {number}; {onward}]"


def _how_to_go_on(first: int, last: int, total: int) -> list[str]:
    if first == 1 and last == total:
        return []
    onward = f"; read on with start_line={last + 1}" if last < total else ""
    return [f"[lines {first} to {last} of {total}{onward}]"]
