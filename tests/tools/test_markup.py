"""Characters of text: what is left of a file for somebody who leaves its markup out."""

import time

import pytest

from surefoot.tools.markup import text_chars


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", "größer <b>", "größer <b>"),
        ("a.html", "<p class='x'>A &lt; B</p>\n\n<br/>C", " A < B C"),
        ("a.XML", '<?xml version="1.0"?><a><b>one</b> <!-- none --> two</a>', " one two "),
        ("feed.xml", "<c>&lt;p&gt;one&lt;/p&gt; &lt;i&gt;two&lt;/i&gt;</c>", " one two "),
        ("feed.xml", "<c><![CDATA[<p>a &lt; b</p>]]></c>", " a < b ]]> "),
    ],
)
def test_markup_is_left_out_where_a_file_has_some(name: str, data: str, text: str) -> None:
    assert text_chars(name, data.encode()) == len(text)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", "ü".encode("latin-1")])
def test_what_is_no_text_has_no_characters(data: bytes) -> None:
    assert text_chars("a.xml", data) is None


@pytest.mark.parametrize("hostile", ["<", "<a", "&lt;", "&lt;/", "&#x", " ", "<![CDATA["])
def test_no_file_takes_long(hostile: str) -> None:
    began = time.monotonic()
    text_chars("a.xml", (hostile * 1_000_000)[:1_000_000].encode())
    assert time.monotonic() - began < 20
