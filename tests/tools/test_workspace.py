import gc
import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from surefoot.tools.columns import columns
from surefoot.tools.errors import OutsideWorkspace, ToolError
from surefoot.tools.workspace import Workspace

CANARY = "canary-7731"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "ws-evil"
    folder.mkdir()
    (folder / "secret.txt").write_text(CANARY)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "ws"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("hello")
    (root / "sub" / "b.txt").write_text("deep")
    return Workspace(root)


def link(workspace: Workspace, outside: Path) -> str:
    (workspace.root / "link.txt").symlink_to(outside / "secret.txt")
    return "link.txt"


def link_inside(workspace: Workspace, outside: Path) -> str:
    (workspace.root / "link.txt").symlink_to("a.txt")
    return "link.txt"


def linked_folder(workspace: Workspace, outside: Path) -> str:
    (workspace.root / "linked").symlink_to(outside)
    return "linked/secret.txt"


def hard_link(workspace: Workspace, outside: Path) -> str:
    os.link(outside / "secret.txt", workspace.root / "hard.txt")
    return "hard.txt"


def fifo(workspace: Workspace, outside: Path) -> str:
    os.mkfifo(workspace.root / "fifo")
    return "fifo"


def unix_socket(workspace: Workspace, outside: Path) -> str:
    with socket.socket(socket.AF_UNIX) as listening:
        previous = os.getcwd()
        os.chdir(workspace.root)
        try:
            listening.bind("sock")
        finally:
            os.chdir(previous)
    return "sock"


def dots(workspace: Workspace, outside: Path) -> str:
    return "../ws-evil/secret.txt"


def dots_in_the_middle(workspace: Workspace, outside: Path) -> str:
    return "sub/../../ws-evil/secret.txt"


def absolute(workspace: Workspace, outside: Path) -> str:
    return str(outside / "secret.txt")


def absolute_with_dots(workspace: Workspace, outside: Path) -> str:
    return f"{workspace.root}/../ws-evil/secret.txt"


def double_slash(workspace: Workspace, outside: Path) -> str:
    return f"/{outside}/secret.txt"


def proc(workspace: Workspace, outside: Path) -> str:
    return "/proc/self/environ"


def proc_of_the_root(workspace: Workspace, outside: Path) -> str:
    return f"/proc/self/root{outside}/secret.txt"


def link_to_proc(workspace: Workspace, outside: Path) -> str:
    (workspace.root / "fds").symlink_to("/proc/self/fd")
    return "fds/0"


def nul(workspace: Workspace, outside: Path) -> str:
    return "a.txt\x00.csv"


def home(workspace: Workspace, outside: Path) -> str:
    (workspace.root / ".surefoot").mkdir()
    (workspace.root / ".surefoot" / "runs.db").write_text(CANARY)
    return "./.Surefoot/../.surefoot/runs.db".replace("/../.surefoot", "")


def home_plain(workspace: Workspace, outside: Path) -> str:
    home(workspace, outside)
    return ".surefoot/runs.db"


WAYS_OUT = [
    *(link, link_inside, linked_folder, hard_link, fifo, unix_socket, dots, dots_in_the_middle),
    *(absolute, absolute_with_dots, double_slash, nul, home, home_plain),
    *(proc, proc_of_the_root, link_to_proc),
]


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_leads_outside(way: Callable[[Workspace, Path], str], workspace: Workspace, outside: Path) -> None:
    path = way(workspace, outside)
    for act in (
        lambda: workspace.read(path),
        lambda: workspace.write(path, b"changed", overwrite=True),
        lambda: workspace.change(path, lambda data: data + b"x"),
        lambda: list(workspace.walk(path)),
    ):
        with pytest.raises(OutsideWorkspace) as refusal:
            act()
        assert str(refusal.value).count(". ") == 0
    assert (outside / "secret.txt").read_text() == CANARY
    assert path not in [name for name, _ in workspace.walk()]


@pytest.mark.parametrize("way", [link, linked_folder, dots, absolute, nul, home_plain, hard_link])
def test_nothing_outside_is_moved_or_deleted(
    way: Callable[[Workspace, Path], str], workspace: Workspace, outside: Path
) -> None:
    path = way(workspace, outside)
    with pytest.raises(OutsideWorkspace):
        workspace.delete(path)
    with pytest.raises(OutsideWorkspace):
        workspace.move(path, "taken.txt")
    with pytest.raises(ToolError):
        workspace.move("a.txt", path)
    assert (outside / "secret.txt").read_text() == CANARY
    assert workspace.read("a.txt") == b"hello"


def turn_folder(turning: Path, outside: Path) -> None:
    turning.mkdir()
    (turning / "secret.txt").write_text("own")
    (turning / "secret.txt").unlink()
    turning.rmdir()
    turning.symlink_to(outside)
    turning.unlink()


def turn_file(turning: Path, outside: Path) -> None:
    turning.write_text("own")
    turning.unlink()
    turning.symlink_to(outside / "secret.txt")
    turning.unlink()


def turn_name(turning: Path, outside: Path) -> None:
    turning.write_text("own")
    turning.unlink()
    os.link(outside / "secret.txt", turning)
    turning.unlink()


@pytest.mark.parametrize(
    ("turn", "path"), [(turn_folder, "turning/secret.txt"), (turn_file, "turning"), (turn_name, "turning")]
)
def test_a_swap_between_check_and_use_leaks_nothing(
    workspace: Workspace, outside: Path, turn: Callable[[Path, Path], None], path: str
) -> None:
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            turn(workspace.root / "turning", outside)

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for _ in range(3000):
            with suppress(ToolError):
                seen.add(workspace.read(path).decode())
    finally:
        stop.set()
        swapping.join()
    assert CANARY not in seen


def test_a_hard_link_that_is_gone_by_the_time_it_is_looked_at_opens_nothing(
    workspace: Workspace, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, opened = hard_link(workspace, outside), os.open

    def unlinked_at_once(path: Any, *args: Any, **kwargs: Any) -> int:
        fd = opened(path, *args, **kwargs)
        if path == name:
            (workspace.root / name).unlink()
        return fd

    monkeypatch.setattr(os, "open", unlinked_at_once)
    with pytest.raises(ToolError, match=r"There is no hard\.txt"):
        workspace.read(name)
    assert os.stat(outside / "secret.txt").st_nlink == 1


def test_a_file_that_is_replaced_while_it_is_opened_is_read_as_it_is_now(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, left = os.open, [b"second", b"third"]

    def replaced_at_once(path: Any, *args: Any, **kwargs: Any) -> int:
        fd = opened(path, *args, **kwargs)
        if path == "a.txt" and left:
            (workspace.root / "new").write_bytes(left.pop(0))
            os.rename(workspace.root / "new", workspace.root / "a.txt")
        return fd

    monkeypatch.setattr(os, "open", replaced_at_once)
    assert workspace.read("a.txt") == b"third"
    left[:] = [b"x"] * 1000
    with pytest.raises(ToolError, match="replaced again and again"):
        workspace.read("a.txt")


def test_absolute_paths_inside_are_taken_as_relative(workspace: Workspace, tmp_path: Path) -> None:
    assert workspace.read(str(workspace.root / "sub" / "b.txt")) == b"deep"
    (tmp_path / "alias").symlink_to(workspace.root)
    through_a_link = Workspace(tmp_path / "alias")
    assert through_a_link.read(str(tmp_path / "alias" / "a.txt")) == b"hello"
    assert through_a_link.relative(str(workspace.root)) == "."


def test_a_missing_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no folder"):
        Workspace(tmp_path / "nowhere")


def test_a_write_is_whole_and_the_old_content_is_kept(workspace: Workspace) -> None:
    (workspace.root / "a.txt").chmod(0o640)
    with pytest.raises(ToolError, match="exists already"):
        workspace.write("a.txt", b"new")
    kept = workspace.write("a.txt", b"new", overwrite=True)
    assert kept is not None
    assert (workspace.root / kept).read_bytes() == b"hello"
    assert list(workspace.kept("a.txt")) == [b"hello"]
    assert workspace.read("a.txt") == b"new"
    assert (workspace.root / "a.txt").stat().st_mode & 0o777 == 0o640
    assert (workspace.root / ".surefoot").stat().st_mode & 0o777 == 0o700
    assert workspace.write("new/deep/c.txt", b"c") is None
    assert sorted(path.name for path in workspace.root.iterdir()) == [".surefoot", "a.txt", "new", "sub"]


def test_an_edit_that_raises_changes_nothing(workspace: Workspace) -> None:
    def refuse(data: bytes) -> bytes:
        raise ToolError("no")

    with pytest.raises(ToolError, match="no"):
        workspace.change("a.txt", refuse)
    assert workspace.read("a.txt") == b"hello"
    assert list(workspace.kept("a.txt")) == []


def test_the_home_cannot_be_led_elsewhere(workspace: Workspace, outside: Path) -> None:
    (workspace.root / ".surefoot").symlink_to(outside)
    with pytest.raises(OutsideWorkspace):
        workspace.write("a.txt", b"new", overwrite=True)
    assert os.listdir(outside) == ["secret.txt"]
    assert workspace.read("a.txt") == b"hello"


def test_no_file_is_opened_twice_or_left_open(workspace: Workspace) -> None:
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        workspace.read("sub/b.txt")
        workspace.write("sub/b.txt", b"x", overwrite=True)
        list(workspace.walk())
        with pytest.raises(ToolError):
            workspace.read("nowhere/x")
    assert len(os.listdir("/proc/self/fd")) <= before


def test_the_overview_names_files_sizes_and_columns(workspace: Workspace) -> None:
    root = workspace.root
    (root / "z.csv").write_text('id,"full name",city\n1,a,b\n')
    (root / "s.csv").write_text("id;price\n1;2\n")
    (root / "t.tsv").write_text("x\ty\n1\t2\n")
    (root / "rows.json").write_text(json.dumps([{"a": 1, "b": [{"c": 2}]}, {"d": 1}]))
    (root / "one.json").write_text('{"rows": 9, "of": "x"}')
    (root / "rows.jsonl").write_text('{"k": 1, "l": "x"}\n{"m": 2}\n')
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("x")
    (root / ".surefoot").mkdir()
    (root / ".surefoot" / "runs.db").write_text("x")
    assert workspace.overview().splitlines() == [
        "a.txt (5 bytes; begins hello)",
        "one.json (22 bytes; keys rows, of)",
        "rows.json (37 bytes; columns a, b)",
        "rows.jsonl (28 bytes; columns k, l)",
        "s.csv (13 bytes; columns id, price)",
        "sub/b.txt (4 bytes; begins deep)",
        "t.tsv (8 bytes; columns x, y)",
        "z.csv (26 bytes; columns id, full name, city)",
    ]
    assert workspace.overview(limit_files=3).splitlines()[2:] == [
        "rows.json (37 bytes; columns a, b)",
        "... and 5 more",
    ]


def test_the_overview_tells_how_much_there_is_to_read_where_that_is_far_less_than_the_bytes(
    workspace: Workspace,
) -> None:
    root = workspace.root
    (root / "big.html").write_text("<p>word</p>" * 2000)
    (root / "korean.csv").write_text("이름,도시\n" + "가나,서울\n" * 2000)
    (root / "plain.csv").write_text("id,city\n" + "1,Bonn\n" * 2000)
    (root / "small.html").write_text("<p>word</p>" * 20)
    (root / "huge.html").write_bytes(b"<p>word</p>" * 400_000)
    told = dict(line.split(" (", 1) for line in workspace.overview().splitlines())
    assert told["big.html"].startswith("22000 bytes; 10,001 characters of text; begins <p>")
    assert told["korean.csv"] == "28014 bytes; 12,006 characters of text; columns 이름, 도시)"
    assert told["plain.csv"] == "14008 bytes; columns id, city)"
    assert "characters" not in told["small.html"] + told["huge.html"]


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.json", b'{"a": "' + b"x" * 9000, ["a"]),
        ("a.json", b"", []),
        ("a.json", b"[1, 2]", []),
        ("a.json", b'{"a" 1 "b"}', ["a"]),
        ("a.json", b"\xff\xfe\x00" + b"[" * 9000, []),
        ("a.json", b'{"a": ' + b"[" * 9000, ["a"]),
        ("a.csv", b"\xef\xbb\xbfid,x\r\n1,2", ["id", "x"]),
        ("a.csv", b"a" * 8192, []),
        ("a.csv", ",".join(f"c{n}" for n in range(30)).encode(), [*(f"c{n}" for n in range(24)), "and 6 more"]),
        ("a.txt", b"id,x\n", []),
    ],
)
def test_columns_are_read_from_any_beginning(name: str, head: bytes, expected: list[str]) -> None:
    assert columns(name, head) == expected
