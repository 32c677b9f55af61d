import itertools
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ValidationError

from surefoot.tools.effects import effect_of
from surefoot.tools.errors import OutsideWorkspace, ToolError
from surefoot.tools.files import file_tools
from surefoot.tools.workspace import Workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "notes.txt").write_text("one\ntwo\nthree\n")
    (tmp_path / "sub" / "data.csv").write_text("id,name\n1,Ada\n2,ada\n")
    return tmp_path


@pytest.fixture
def tools(root: Path) -> dict[str, BaseTool]:
    return {tool.name: tool for tool in file_tools(Workspace(root))}


def probe(tool: BaseTool, **args: Any) -> Any:
    asked = effect_of(tool).probe
    assert asked is not None
    return asked(**args)


def test_every_tool_declares_its_effect_and_describes_its_arguments(tools: dict[str, BaseTool]) -> None:
    assert {name: effect_of(tool).effect for name, tool in tools.items()} == {
        "list_files": "read_only",
        "read_file": "read_only",
        "search_files": "read_only",
        "write_file": "idempotent",
        "edit_file": "reversible",
        "move_file": "reversible",
        "delete_file": "irreversible",
    }
    for tool in tools.values():
        schema = convert_to_openai_tool(tool)["function"]
        assert schema["description"]
        assert all("description" in argument for argument in schema["parameters"]["properties"].values())


def test_files_are_listed_in_order_by_name_or_path(tools: dict[str, BaseTool]) -> None:
    everything = [{"path": "notes.txt", "bytes": 14}, {"path": "sub/data.csv", "bytes": 20}]
    listing = tools["list_files"]
    assert listing.invoke({}) == everything
    assert listing.invoke({"recursive": False}) == everything[:1]
    assert listing.invoke({"pattern": "*.csv"}) == everything[1:]
    assert listing.invoke({"pattern": "sub/*"}) == everything[1:]
    assert listing.invoke({"path": "sub"}) == everything[1:]
    assert listing.invoke({"path": "notes.txt"}) == everything[:1]
    with pytest.raises(ToolError, match="There is no nowhere"):
        listing.invoke({"path": "nowhere"})


def test_a_long_listing_says_what_it_left_out(tools: dict[str, BaseTool], root: Path) -> None:
    for number in range(1005):
        (root / f"f{number:04}").touch()
    listed = tools["list_files"].invoke({"pattern": "f*"})
    assert len(listed) == 1001
    assert listed[-1] == {"note": "1000 of 1005 files are shown; narrow path or pattern."}


def test_a_text_is_read_in_pieces_that_add_up(tools: dict[str, BaseTool], root: Path) -> None:
    original = [f"line {number} " + "x" * (number % 90) for number in range(1, 3001)]
    (root / "long.txt").write_text("\n".join(original) + "\n")
    seen: list[str] = []
    while len(seen) < len(original):
        *lines, last = tools["read_file"].invoke({"path": "long.txt", "start_line": len(seen) + 1}).split("\n")
        seen += lines
        more = re.fullmatch(r"\[lines \d+ to (\d+) of 3000(?:; read on with start_line=(\d+))?\]", last)
        assert more
        assert int(more[1]) == len(seen)
        assert (more[2] is None) == (len(seen) == 3000)
    assert seen == original


def test_one_huge_line_can_be_read_in_pieces(tools: dict[str, BaseTool], root: Path) -> None:
    huge = "".join(f"{number:07}é" for number in range(50_000))
    (root / "huge.json").write_text(f"first\n{huge}\nlast")
    assert "more characters in line 2" in tools["read_file"].invoke({"path": "huge.json"})
    seen, args = "", {"start_line": 2, "lines": 1, "start_char": 0}
    while args:
        text, *notes = tools["read_file"].invoke({"path": "huge.json", **args}).split("\n")
        seen += text
        onward = re.findall(r"(start_line|lines|start_char)=(\d+)", notes[0]) if "more characters" in notes[0] else []
        args = {name: int(value) for name, value in onward}
    assert seen == huge


def test_reading_tells_what_it_cannot_read(tools: dict[str, BaseTool], root: Path) -> None:
    (root / "image.png").write_bytes(b"\x89PNG\x00\x01")
    (root / "latin.txt").write_bytes(b"caf\xe9\n")
    (root / "bom.txt").write_bytes(b"\xef\xbb\xbfid\r\nx\r\n")
    (root / "empty.txt").touch()
    read = tools["read_file"]
    assert read.invoke({"path": "latin.txt"}) == "caf\ufffd"
    assert read.invoke({"path": "bom.txt"}) == "id\nx"
    assert read.invoke({"path": "empty.txt"}) == "[empty.txt is empty]"
    assert read.invoke({"path": "notes.txt"}) == "one\ntwo\nthree"
    assert read.invoke({"path": "notes.txt", "start_line": 2, "lines": 1}).startswith("two\n[lines 2 to 2 of 3")
    with pytest.raises(ToolError, match="binary file"):
        read.invoke({"path": "image.png"})
    with pytest.raises(ToolError, match="only 3 lines"):
        read.invoke({"path": "notes.txt", "start_line": 4})
    with pytest.raises(ToolError, match="sub is a folder"):
        read.invoke({"path": "sub"})
    with pytest.raises(OutsideWorkspace):
        read.invoke({"path": "../x"})
    with pytest.raises(ValidationError):
        read.invoke({"path": "notes.txt", "start_line": 0})


def test_searching_finds_lines_by_text_and_by_expression(tools: dict[str, BaseTool], root: Path) -> None:
    search = tools["search_files"]
    (root / "binary.bin").write_bytes(b"ada\x00")
    (root / "long.txt").write_text("é" * 5000 + "NEEDLE" + "é" * 5000)
    hits = [{"path": "sub/data.csv", "line": 2, "text": "1,Ada"}, {"path": "sub/data.csv", "line": 3, "text": "2,ada"}]
    assert search.invoke({"text": "ada"}) == hits
    assert search.invoke({"text": "Ada", "ignore_case": False}) == hits[:1]
    assert search.invoke({"text": r"^\d,[Aa]da$", "regex": True}) == hits
    assert search.invoke({"text": "t.o"}) == []
    assert search.invoke({"text": "t.o", "regex": True, "pattern": "notes*"})[0]["text"] == "two"
    assert search.invoke({"text": "ada", "max_results": 1})[1:] == [
        {"note": "Only the first 1 matches are shown; narrow the search."}
    ]
    [found] = search.invoke({"text": "needle"})
    assert len(found["text"]) < 320
    assert "NEEDLE" in found["text"]
    assert "\ufffd" not in found["text"]
    with pytest.raises(ToolError, match="no regular expression"):
        search.invoke({"text": "(", "regex": True})


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*b", "(?:a?){500}a{500}b", "(.*)*x"])
def test_no_expression_can_hang_a_search(pattern: str, tools: dict[str, BaseTool], root: Path) -> None:
    (root / "evil.txt").write_text("a" * 100_000 + "!")
    assert tools["search_files"].invoke({"text": pattern, "regex": True, "pattern": "evil*"}) == []


def test_a_search_that_takes_too_long_gives_what_it_has_found(root: Path) -> None:
    with (root / "endless.txt").open("wb") as file:
        file.write(b"needle\n" + b"x" * 9000)
        file.truncate(2 << 30)
    tools = {tool.name: tool for tool in file_tools(Workspace(root), patience=0.5)}
    begun = time.monotonic()
    hit, note = tools["search_files"].invoke({"text": "needle"})
    assert (hit["path"], hit["line"]) == ("endless.txt", 1)
    assert note == {"note": "The search was ended in endless.txt after 0.5 seconds; narrow path or pattern."}
    assert time.monotonic() - begun < 5
    with pytest.raises(ToolError, match="too large to read here"):
        tools["read_file"].invoke({"path": "endless.txt"})


def test_a_listing_that_takes_too_long_gives_what_it_has_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr("surefoot.tools.files.time.monotonic", lambda: next(clock))
    [listing, *_] = file_tools(Workspace(root), patience=2)
    for name in "abcde":
        (root / "sub" / name).touch()
    listed = listing.invoke({})
    assert [entry.get("path") for entry in listed] == ["notes.txt", None]
    assert listed[-1] == {"note": "The listing was ended after 2 seconds with 1 files; narrow path or pattern."}
    assert listing.invoke({"pattern": "no such*"}) == [
        {"note": "The listing was ended after 2 seconds with 0 files; narrow path or pattern."}
    ]


def test_pipes_and_devices_hold_nothing_up(tools: dict[str, BaseTool], root: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    (root / "zero.txt").symlink_to("/dev/zero")
    assert [entry["path"] for entry in tools["list_files"].invoke({})] == ["notes.txt", "sub/data.csv"]
    assert tools["search_files"].invoke({"text": "x"}) == []
    for name in ("pipe.txt", "zero.txt"):
        for tool, args in (("read_file", {}), ("search_files", {"text": "x"}), ("delete_file", {})):
            with pytest.raises(OutsideWorkspace):
                tools[tool].invoke({"path": name, **args})
        with pytest.raises(OutsideWorkspace):
            tools["edit_file"].invoke({"path": name, "old_text": "a", "new_text": "b"})
        with pytest.raises(OutsideWorkspace):
            tools["write_file"].invoke({"path": name, "content": "b", "overwrite": True})
        with pytest.raises(OutsideWorkspace):
            tools["move_file"].invoke({"source": name, "destination": "moved.txt"})


def test_a_file_is_written_once_however_often_it_is_asked_for(tools: dict[str, BaseTool], root: Path) -> None:
    write = tools["write_file"]
    assert write.invoke({"path": "out/new.txt", "content": "héllo\ud800"}) == "Wrote out/new.txt (9 bytes)."
    assert (
        write.invoke({"path": "out/new.txt", "content": "héllo\ud800"})
        == "out/new.txt already holds exactly this text."
    )
    with pytest.raises(ToolError, match="overwrite=true"):
        write.invoke({"path": "out/new.txt", "content": "other"})
    said = write.invoke({"path": "out/new.txt", "content": "other", "overwrite": True})
    kept = re.search(r"\.surefoot/replaced/\S+\.txt", said)
    assert kept
    assert (root / kept[0]).read_text() == "héllo\ufffd"
    assert (root / "out" / "new.txt").read_text() == "other"
    with pytest.raises(ToolError):
        write.invoke({"path": "notes.txt/x", "content": ""})
    with pytest.raises(ToolError):
        write.invoke({"path": ".", "content": "", "overwrite": True})


def test_an_edit_changes_one_place_or_says_why_not(tools: dict[str, BaseTool], root: Path) -> None:
    edit = tools["edit_file"]
    said = edit.invoke({"path": "notes.txt", "old_text": "two\n", "new_text": "2\n"})
    assert (root / "notes.txt").read_text() == "one\n2\nthree\n"
    assert ".surefoot/replaced/" in said
    for args, why in [
        ({"old_text": "absent", "new_text": "x"}, "is not in notes.txt"),
        ({"old_text": "e", "new_text": "x"}, "occurs 3 times"),
        ({"old_text": "one", "new_text": "one"}, "are the same"),
    ]:
        with pytest.raises(ToolError, match=why):
            edit.invoke({"path": "notes.txt", **args})
    edit.invoke({"path": "notes.txt", "old_text": "e", "new_text": "E", "replace_all": True})
    assert (root / "notes.txt").read_text() == "onE\n2\nthrEE\n"
    with pytest.raises(ToolError, match=r"There is no new\.txt"):
        edit.invoke({"path": "new.txt", "old_text": "a", "new_text": "b"})


def test_an_edit_leaves_every_other_byte_alone(tools: dict[str, BaseTool], root: Path) -> None:
    (root / "odd.txt").write_bytes(b"a\r\nb\r\n\xff\xfe\r\n")
    tools["edit_file"].invoke({"path": "odd.txt", "old_text": "a\nb", "new_text": "a\nc"})
    assert (root / "odd.txt").read_bytes() == b"a\r\nc\r\n\xff\xfe\r\n"


@pytest.mark.parametrize(("old", "new"), [("two", "2"), ("two", "two and a half"), ("two\n", ""), ("e", "E")])
def test_the_probe_of_an_edit_tells_whether_it_happened(
    old: str, new: str, tools: dict[str, BaseTool], root: Path
) -> None:
    args = {"path": "notes.txt", "old_text": old, "new_text": new, "replace_all": True}
    assert probe(tools["edit_file"], **args) is None
    tools["edit_file"].invoke(args)
    assert probe(tools["edit_file"], **args) == "Edited notes.txt."
    (root / "notes.txt").write_text("something else")
    assert probe(tools["edit_file"], **args) is None


def test_a_move_never_overwrites_and_its_probe_knows(tools: dict[str, BaseTool], root: Path) -> None:
    move, args = tools["move_file"], {"source": "notes.txt", "destination": "old/notes.md"}
    assert probe(move, **args) is None
    assert move.invoke(args) == "Moved notes.txt to old/notes.md."
    assert probe(move, **args) == "Moved notes.txt to old/notes.md."
    assert (root / "old" / "notes.md").read_text().startswith("one")
    move.invoke({"source": "sub", "destination": "old/sub"})
    assert (root / "old" / "sub" / "data.csv").exists()
    for wrong in [
        {"source": "old/notes.md", "destination": "old/sub/data.csv"},
        {"source": "absent", "destination": "x"},
        {"source": "old", "destination": "old/sub/old"},
        {"source": ".", "destination": "x"},
    ]:
        with pytest.raises(ToolError):
            move.invoke(wrong)
    assert (root / "old" / "sub" / "data.csv").read_text().startswith("id")


def test_a_deletion_takes_one_file_or_one_empty_folder(tools: dict[str, BaseTool], root: Path) -> None:
    delete = tools["delete_file"]
    assert probe(delete, path="notes.txt") is None
    assert delete.invoke({"path": "notes.txt"}) == "Deleted notes.txt."
    assert probe(delete, path="notes.txt") == "Deleted notes.txt."
    with pytest.raises(ToolError, match="not empty"):
        delete.invoke({"path": "sub"})
    delete.invoke({"path": "sub/data.csv"})
    delete.invoke({"path": "sub"})
    assert list(root.iterdir()) == []
    for wrong in ["sub", ".", ".."]:
        with pytest.raises(ToolError):
            delete.invoke({"path": wrong})


def test_results_are_plain_json(tools: dict[str, BaseTool]) -> None:
    for name, args in [("list_files", {}), ("search_files", {"text": "a"}), ("read_file", {"path": "notes.txt"})]:
        result = tools[name].invoke(args)
        assert json.loads(json.dumps(result)) == result
