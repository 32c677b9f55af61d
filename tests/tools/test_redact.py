"""What is secret is taken out however it is written; what is ordinary stays as it is."""

import base64
import hashlib
import html
import json
import os
import re
import sysconfig
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.tools.redact import MARK, Redactor, says_secret

VALUE = 'Tr0ub4/dor+&"3\\x'
"""Everything in it is written differently somewhere."""
REPO = Path(__file__).parents[2]

WAYS = {
    "as it is": lambda v: v,
    "in a sentence": lambda v: f"the key is {v}, use it",
    "doubled": lambda v: v + v,
    "json": json.dumps,
    "json in json": lambda v: json.dumps(json.dumps({"key": v})),
    "repr": repr,
    "url": lambda v: urllib.parse.quote(v, safe=""),
    "url, small letters": lambda v: re.sub("%..", lambda m: m[0].lower(), urllib.parse.quote(v, safe="")),
    "query": lambda v: "https://x.example/?" + urllib.parse.urlencode({"key": v}),
    "html": html.escape,
    "hex": lambda v: v.encode().hex(),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 for urls": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "basic auth": lambda v: base64.b64encode(f"user:{v}".encode()).decode(),
    "base64, one further": lambda v: base64.b64encode(f"users:{v}.".encode()).decode(),
    "base64, two further": lambda v: base64.b64encode(f"userss:{v}..".encode()).decode(),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_known_value_is_taken_out_however_it_is_written(way: str) -> None:
    written = WAYS[way](VALUE)
    redactor = Redactor({"KEY": VALUE}, shapes=False)
    assert redactor.text("") == ""
    for found in (redactor.text(written), json.dumps(redactor.data({"a": [1, written], written: None}))):
        assert "[secret KEY]" in found
        for part in ("Tr0ub4", "dor+", "VHIwdWI0", "cjB1YjQv", *_middles(VALUE)):
            assert part not in found
    assert redactor.finds(f"\x00{written}\xff".encode())


def _middles(value: str) -> set[str]:
    """Stretches of the value in base64, at any of its three places."""
    return {base64.b64encode(b"x" * n + value.encode()).decode()[4:12] for n in range(3)}


def test_what_holds_no_secret_comes_back_untouched() -> None:
    value = {"a": ["text", 1, 2.5, None, True], "b": {"c": "x" * 100}}
    assert Redactor({"KEY": VALUE}).data(value) is value
    text = "nothing here"
    assert Redactor({"KEY": VALUE}).text(text) is text


def test_a_value_that_is_part_of_another_does_not_spoil_it() -> None:
    redactor = Redactor({"SHORT": "abcd1234", "LONG": "abcd1234efgh", "SAME": "abcd1234"})
    assert redactor.text("abcd1234efgh abcd1234") == "[secret LONG] [secret SHORT]"


def test_a_number_and_the_key_of_a_dict_may_be_the_secret() -> None:
    redactor = Redactor({"PIN": "12345678"})
    assert redactor.data({"12345678": [12345678, 7]}) == {"[secret PIN]": ["[secret PIN]", 7]}


def test_a_value_too_short_to_be_told_from_text_stays() -> None:
    assert Redactor({"PIN": "1234", "EMPTY": "", "SPACE": " " * 20}).text("1234 " + " " * 20) == "1234 " + " " * 20


def test_more_values_can_be_learnt_and_a_name_keeps_its_value() -> None:
    redactor = Redactor({"A": "first-value"}).knowing({"A": "other-value", "B": "second-value"})
    assert redactor.text("first-value other-value second-value") == "[secret A] other-value [secret B]"
    assert Redactor(shapes=False).knowing({"B": "second-value"}).text("https://u:pw1@h") == "https://u:pw1@h"


GITHUB = "ghp_" + "a1B2" * 9
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + f"{'MIIEowIBAAKCAQEAwYSiPeJLSi6k8J4/' * 2}\n" * 3
    + "-----END RSA PRIVATE KEY-----"
)
KEYS = {
    "openai": ("key", "sk-" + "aB3dE6gH" * 6),
    "openai project": ("key", "sk-proj-Ab3-dE6_gH9iJ2kL5mN8pQ1rS4t-V7wX0yZ"),
    "anthropic": ("key", "sk-ant-api03-" + "xY9_zW8vU7tS6rQ5pO4n" * 4),
    "openrouter": ("key", "sk-or-v1-" + "0123456789abcdef" * 4),
    "github": ("key", GITHUB),
    "github, fine": ("key", "github_pat_" + "11ABCDEFG0aBcDeFgHiJ_" * 3),
    "gitlab": ("key", "glpat-" + "aB3dE6gH9jK2mN5pQ8sT"),
    "slack": ("key", "xoxb-123456789012-abcdefABCDEF"),
    "aws": ("key", "AKIAQWERTYUIOPASDF23"),
    "google": ("key", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"),
    "groq": ("key", "gsk_" + "aB3dE6gH9jK2" * 4),
    "hugging face": ("key", "hf_" + "aB3dE6gH9jK2" * 3),
    "stripe": ("key", "sk_live_" + "aB3dE6gH9jK2" * 2),
    "private key": ("private-key", PEM),
    "private key in json": ("private-key", json.dumps(PEM)[1:-1]),
}
WHERE = ["{}", 'key="{}"', "a {}, b", "x\n{}\ny", "KEY={}", "- {}", "({})", '"\\n{}\\n"']


@pytest.mark.parametrize("kind", KEYS)
def test_the_shape_of_a_key_is_taken_out_wherever_it_stands(kind: str) -> None:
    mark, key = KEYS[kind]
    for place in WHERE:
        for text in (place.format(key), Redactor().data({"a": [place.format(key)]})["a"][0]):
            assert Redactor().text(text) == place.format(f"[secret {mark}]"), place


def test_a_private_key_that_was_cut_is_taken_out_too() -> None:
    assert Redactor().text(f"it is: {PEM[:150]}") == "it is: [secret private-key]"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Authorization: Bearer aB3dE6gH9jK2mN5p", "Authorization: Bearer [secret token]"),
        ('{"Authorization": "Bearer aB3dE6gH9jK2mN5p"}', '{"Authorization": "Bearer [secret token]"}'),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic [secret password]"),
        ("Proxy-Authorization: Token 0123456789abcdef", "Proxy-Authorization: Token [secret token]"),
        ("postgres://bob:hunter2@db/x", "postgres://bob:[secret password]@db/x"),
        ("redis://:hunter2@db", "redis://:[secret password]@db"),
        ("http://a:b%40c@x, http://d:e-f@y", "http://a:[secret password]@x, http://d:[secret password]@y"),
    ],
)
def test_headers_and_addresses_lose_only_the_secret(text: str, after: str) -> None:
    assert Redactor().text(text) == after
    assert Redactor().data([text]) == [after]


def ordinary() -> dict[str, str]:
    """Text that has something of a key about it and is none."""
    noise = hashlib.sha512(b"x").digest() * 2000
    texts = {
        "git": "\n".join(hashlib.sha1(bytes([n])).hexdigest() for n in range(200)),
        "uuid": "\n".join(str(uuid.UUID(bytes=hashlib.md5(bytes([n])).digest())) for n in range(200)),
        "an image": f"data:image/png;base64,{base64.b64encode(noise).decode()}",
        "base64 for urls": base64.urlsafe_b64encode(noise).decode(),
        "hex": noise.hex(),
        "words": "sk-learn, sk-SK, sk-part-1-of-2-in-the-long-list, task-based-processing-of-all-the-items, risk-0123456789abcdef0123456789abcdef",
        "css": "sk-estimator-doc-link sk-container-id-1 sk-toggleable__label-arrow",
        "addresses": "ssh://git@host:22/x http://host:8080/@you http://[::1]:80/ mailto:a:b@c https://x.io:443/a:b@c",
        "examples": "postgres://user:password@h redis://:${PW}@h http://u:<pw>@h amqp://guest:guest@h ftp://u:***@h "
        "https://user:YOUR_TOKEN@h mysql://u:changeme@h http://u:%s@h http://u:{pw}@h",
        "headers": "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE, Authorization: Bearer <token>, Bearer of good news, "
        "Basic authentication, Basic instructions, authorization = base64.decodebytes(x)",
        "documents": "AKIAIOSFODNN7EXAMPLE, -----BEGIN PRIVATE KEY----- is how such a file begins, xoxo-lots-of-love",
        "reference": "{{secret:NAME}} [secret NAME] [secret key] https://u:[secret password]@h",
    }
    files = [*REPO.glob("*.md"), *REPO.glob("*.lock"), *REPO.glob("notebooks/*.ipynb")]
    files += [file for folder in ("graph", "nodes", "tools") for file in (REPO / folder).rglob("*.py")]
    files += Path(sysconfig.get_paths()["stdlib"]).glob("*.py")
    return texts | {str(file): file.read_text(encoding="utf-8", errors="replace") for file in files}


def test_ordinary_text_stays_as_it_is() -> None:
    texts = ordinary()
    assert len(texts) > 200
    for name, text in texts.items():
        assert Redactor().text(text) == text, name


@given(st.text(), st.sampled_from([*KEYS.values()]), st.text())
def test_what_was_taken_out_once_leaves_nothing_to_take_out(before: str, key: tuple[str, str], after: str) -> None:
    redactor = Redactor({"KEY": VALUE})
    once = redactor.text(f"{before}{key[1]}{after}{VALUE}{before}")
    assert redactor.text(once) == once
    assert VALUE not in once


@pytest.mark.parametrize(
    "piece", ["sk-", "://a:", "-----BEGIN PRIVATE KEY-----", "uthorization: ", "Bearer ", "ghp_a1"]
)
def test_text_made_to_be_slow_is_not(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    assert len(Redactor({"KEY": VALUE}).text(text)) <= len(text)


@pytest.mark.parametrize("shapes", [True, False])
def test_shapes_can_be_left_alone(shapes: bool) -> None:
    redactor = Redactor({"KEY": VALUE}, shapes=shapes)
    assert (GITHUB in redactor.text(GITHUB)) is not shapes
    assert redactor.exact.text(f"{GITHUB} {VALUE}") == f"{GITHUB} [secret KEY]"


def test_names_that_say_secret_and_those_that_do_not() -> None:
    secret = ["OPENAI_API_KEY", "api_key", "apiKey", "x-api-key", "GITHUB_TOKEN", "access_token", "CLIENT_SECRET"]
    secret += ["PGPASSWORD", "MYSQL_ROOT_PASSWORD", "AWS_SECRET_ACCESS_KEY", "authorization", "DB_PASSWD"]
    plain = ["SUREFOOT_MAX_TOKENS", "TOKENIZERS_PARALLELISM", "KEYBOARD", "SECRETARY", "user_id", "thread_id", "PATH"]
    plain += ["POSTGRES_PASSWORD_FILE", "SSH_AUTH_SOCK", "SUREFOOT_SECRETS", "monkey", "langgraph_step"]
    assert [name for name in secret + plain if says_secret(name)] == secret


def test_a_mark_is_known_as_one() -> None:
    for text in ("[secret A_B]", "[secret private-key]"):
        assert MARK.fullmatch(text)
    for text in ("[secret]", "[secret agent man]", "[secrets]", "secret A"):
        assert not MARK.search(text)


def test_a_value_with_bytes_that_are_no_text_is_looked_for_all_the_same() -> None:
    value: Any = os.fsdecode(b"pass\xffword\xfe123")
    assert Redactor({"KEY": value}).text(f"a {value} b") == "a [secret KEY] b"
