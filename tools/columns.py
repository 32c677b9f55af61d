"""Reads the column names of a data file from its first bytes."""

import csv
import json
import re
import textwrap

__all__ = ["HEAD_BYTES", "beginning", "columns", "has_columns", "is_object"]

HEAD_BYTES = 8192
_MAX_COLUMNS = 24
_MAX_NAME = 40
_SPACE = re.compile(r"[\s,]*")
_DELIMITERS = {"csv": ",;\t|", "tsv": "\t"}
_JSON = frozenset({"json", "jsonl", "ndjson"})


def has_columns(name: str) -> bool:
    """Tell by its ending whether a file has columns that can be read from its head."""
    return _ending(name) in _JSON | _DELIMITERS.keys()


def columns(name: str, head: bytes) -> list[str]:
    """Name the columns of a csv or tsv file, or the keys of the first object of a JSON file; [] where there are none.

    `head` is the beginning of the file, at most `HEAD_BYTES`; a header cut off there is left out.
    """
    text = head.decode("utf-8-sig", "replace")
    ending = _ending(name)
    found = _keys(text) if ending in _JSON else _header(text, _DELIMITERS.get(ending, ""), len(head) >= HEAD_BYTES)
    cleaned = [" ".join(column.split())[:_MAX_NAME] for column in found]
    more = len(cleaned) - _MAX_COLUMNS
    return [*cleaned[:_MAX_COLUMNS], f"and {more} more"] if more > 0 else cleaned


def is_object(name: str, head: bytes) -> bool:
    """Tell whether a JSON file holds one object, whose keys are no columns."""
    return _ending(name) == "json" and head.decode("utf-8-sig", "replace").lstrip().startswith("{")


def beginning(head: bytes) -> str:
    """Show how a text file begins, in one line of at most 120 characters; empty where it is no text."""
    text = head.decode("utf-8-sig", "replace").rstrip("\ufffd")
    if "\0" in text or "\ufffd" in text:
        return ""
    return textwrap.shorten(text, 120, placeholder=" ...") if " " in text[:100] else text.strip()[:120]


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _header(text: str, delimiters: str, cut: bool) -> list[str]:
    line, newline, _ = text.lstrip("\r\n").partition("\n")
    if not delimiters or (cut and not newline):
        return []
    delimiter = max(delimiters, key=line.count)
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        return []


def _keys(text: str) -> list[str]:
    decoder = json.JSONDecoder()
    begin = re.match(r"\s*(?:\[\s*)?\{", text)
    keys: list[str] = []
    position = begin.end() if begin else len(text)
    try:
        while True:
            key, position = decoder.raw_decode(text, _skip(text, position))
            if not isinstance(key, str):
                return keys
            keys.append(key)
            colon = _skip(text, position)
            _, position = decoder.raw_decode(text, _skip(text, colon + 1))
    except (ValueError, RecursionError):
        return keys


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
