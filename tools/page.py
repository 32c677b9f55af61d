"""Turns the body of a web answer into text."""

import codecs
import html
import re
from dataclasses import dataclass

from html_to_markdown import ConversionOptions, PreprocessingOptions, convert

from surefoot.tools.web import fetch_tool

__all__ = ["Page", "fetch_tool", "is_text", "readable"]

_MAX_DEPTH = 200
"""Levels of nesting that are read; far more than any real page has."""

_HTML = ("text/html", "application/xhtml+xml")
_TEXT = re.compile(
    r"text/.+|.+\+(?:json|xml|yaml)|application/(?:json|xml|yaml|toml|csv|sql|graphql|javascript|ecmascript"
    r"|x-(?:javascript|yaml|ndjson|jsonlines|sh|www-form-urlencoded)|ndjson|jsonl|rtf|x-tex|geo\+json)"
)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s{0,99}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})""")
_TITLE = re.compile(r"<title(?:\s[^>]{0,200})?>([^<]{0,1000})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Page:
    """What a person would read in a web answer."""

    text: str
    title: str | None = None


def is_text(content_type: str) -> bool:
    """Say whether bodies of this bare type can be read."""
    return content_type in _HTML or _TEXT.fullmatch(content_type) is not None


def readable(body: bytes, content_type: str, charset: str | None, url: str) -> Page | None:
    """Read a body as text: HTML as Markdown with absolute links, JSON and other text as it is.

    `content_type` is the bare type in lower case, empty where the server named none; `url` is what relative links
    start from. None = it is no text.
    """
    kind = content_type or _guess(body)
    if kind in _HTML:
        return _markdown(_decode(body, charset), url)
    return Page(_decode(body, charset)) if is_text(kind) else None


def _guess(body: bytes) -> str:
    start = body[:1024].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    return "application/octet-stream" if b"\0" in start else "text/plain"


def _decode(body: bytes, charset: str | None) -> str:
    named = next((name for mark, name in _MARKS if body.startswith(mark)), charset)
    if named is None:
        found = _CHARSET.search(body[:4096]) or _XML_ENCODING.search(body[:300])
        named = found[1].decode("ascii") if found else "utf-8"
    try:
        return body.decode(named, "replace")
    except (LookupError, ValueError):  # an encoding nobody knows, or one that is not for text
        return body.decode("utf-8", "replace")


def _markdown(source: str, url: str) -> Page:
    options = ConversionOptions(
        base_url=url,
        extract_metadata=False,
        inline_data_media="alt_text_only",
        max_depth=_MAX_DEPTH,
        preprocessing=PreprocessingOptions(enabled=False),
    )
    result = convert(source, options)
    text = (result.content or "").strip()
    if any(str(warning.kind) == "depth_limit_exceeded" for warning in result.warnings):
        text += f"\n\n[Parts of this page that are nested deeper than {_MAX_DEPTH} levels are left out.]"
    title = _TITLE.search(source[:200_000])
    return Page(text.strip(), " ".join(html.unescape(title[1]).split()) or None if title else None)
