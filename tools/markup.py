"""Counts the characters of text in a file, as somebody reads who leaves its markup out."""

import html
import re

__all__ = ["text_chars"]

_MARKUP = frozenset({"xml", "html", "htm", "xhtml", "rss", "atom"})
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_SPACE = re.compile(r"\s+")


def text_chars(name: str, data: bytes) -> int | None:
    """Count the characters of a text file, of XML and HTML without tags; None = it is no text in UTF-8."""
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return len(_bare(text) if name.rpartition(".")[2].lower() in _MARKUP else text)


def _bare(text: str) -> str:
    """Without tags; in many feeds these are written as text themselves, with `&lt;` for `<`."""
    text = text.replace("<![CDATA[", "")
    if text.count("&lt;/") > text.count("</"):
        text = html.unescape(text)
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", text)))
