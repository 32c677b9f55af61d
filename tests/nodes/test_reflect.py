"""Self-reflection: what it sees, what it leaves alone, what it recommends, and how it asks about drift."""

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.nodes.drift import DriftJudgement, drift_prompt
from surefoot.nodes.drive import Core
from surefoot.nodes.reflect import SelfReflection, Thresholds
from surefoot.nodes.state import Action, ReactStep, StepError, StepResult, SubTask, Usage
from surefoot.tools.errors import ModelError, SettingsError

TASK = SubTask(task_id="t", description="Total the revenue in the reports of the sales folder")
PAGE = "Please sign in to your account to continue reading this article on our site"
LISTING = "alpha.py\nbeta.py\ngamma.py\ndelta.py"


def did(tool: str, args: dict[str, Any] | None = None, output: Any = "ok", *, effect: str = "undeclared") -> ReactStep:
    result = StepResult(success=True, output=output, effect=effect)
    return ReactStep(action=Action(tool=tool, args=args or {}), observation=result)


def failed(tool: str, args: dict[str, Any] | None, message: str, kind: Any = "exception") -> ReactStep:
    error = StepError(kind=kind, message=message)
    return ReactStep(action=Action(tool=tool, args=args or {}), observation=StepResult(success=False, error=error))


def shell(command: str, output: str = "") -> ReactStep:
    return did("bash", {"command": command}, output)


def numbered(log: list[ReactStep]) -> list[ReactStep]:
    return [step.model_copy(update={"turn": turn}) for turn, step in enumerate(log, 1)]


def judge(log: list[ReactStep], subtask: SubTask = TASK, **thresholds: Any):
    return SelfReflection(**thresholds).reflect(subtask, numbered(log))


def read(name: str, text: str) -> ReactStep:
    return did("read_file", {"path": name}, text)


A, B, C, D = (read(f"{n}.py", f"def {n}(): opens ledger {n} and sums its columns") for n in "abcd")
OLD_ERROR = "TypeError: unsupported operand"

# name -> (log, diagnosis). The last entry is where it must have been seen.
STUCK: dict[str, tuple[list[ReactStep], str]] = {
    "the same call, the same result": ([A] * 4, "repeated_action"),
    "the same failing call": ([failed("f", {"x": 1}, "no such table: sales")] * 4, "repeated_action"),
    "the same call with changed thoughts": (
        [A.model_copy(update={"thought": f"Now I shall look at it, take {i}"}) for i in range(4)],
        "repeated_action",
    ),
    "the same call with other spacing": (
        [did("search", {"q": q}, LISTING) for q in ("a b", "a  b", " a b", "a b ")],
        "repeated_action",
    ),
    "repeats with old calls in between": ([A, B, C, A, B, A, C, A, A], "repeated_action"),
    "repeats with failing calls in between": (
        [s for w in ("host", "port", "path", "name") for s in (A, failed("fetch", {"url": w}, f"the {w} is wrong"))],
        "repeated_action",
    ),
    "the same content again and again between new things": (
        [s for i in range(6) for s in (A, read(f"notes{i}.md", f"the notes number {i} tell of topic {i}"))] + [A],
        "repeated_action",
    ),
    "a job that stays running": ([did("job_status", {"id": 7}, "running")] * 8, "repeated_action"),
    "two calls take turns": ([A, B] * 3, "oscillation"),
    "two edits undo each other": (
        [did("edit", {"to": "x"}, "edited"), did("edit", {"to": "y"}, "edited")] * 3,
        "oscillation",
    ),
    "three calls take turns": ([A, B, C] * 3, "oscillation"),
    "four calls take turns": ([A, B, C, D] * 3, "oscillation"),
    "turns with failures that differ in time": (
        [s for i in range(3) for s in (A, failed("f", {}, f"timeout at 12:00:0{i} after {i}.3 s"))],
        "oscillation",
    ),
    "errors that differ in numbers": (
        [failed("f", {}, f"line {i}: bad value {i * 3}") for i in range(4)],
        "error_streak",
    ),
    "errors that differ in addresses, times and ids": (
        [
            failed(
                "f", {"try": i}, f"2026-11-20T10:00:0{i}Z 10.0.0.{i}:5432 refused, object at 0x7f{i}a, id {i}f3c-{i}"
            )
            for i in range(5)
        ],
        "error_streak",
    ),
    "errors told as text": (
        [did("sh", {"c": f"run {i}"}, f"Error: no space, {i} bytes left") for i in range(5)],
        "error_streak",
    ),
    "guesses that all miss": (
        [
            failed("read_file", {"path": p}, f"No such file: {p}")
            for p in ("a.txt", "b.txt", "data/c.txt", "d.csv", "e.csv")
        ],
        "error_streak",
    ),
    "failures of all kinds": (
        [
            failed("f", {"n": i}, w)
            for i, w in enumerate(("no row", "bad key", "odd name", "wrong sum", "lost page", "dry well"))
        ],
        "error_streak",
    ),
    "different searches, one listing": (
        [did("search", {"q": q}, LISTING) for q in ("revenue", "sales total", "income sum", "turnover", "profit")],
        "no_progress",
    ),
    "different pages, one wall": (
        [did("fetch_url", {"url": f"http://n.example/{i}"}, PAGE) for i in range(5)],
        "no_progress",
    ),
    "different tools, one wall": (
        [
            did(t, {"url": "http://n.example/9"}, PAGE)
            for t in ("fetch_url", "open_page", "browse", "get_html", "view_page")
        ],
        "no_progress",
    ),
    "pages that do not turn": ([did("list_items", {"page": i}, LISTING) for i in range(1, 6)], "no_progress"),
    "one question reworded, nothing found": (
        [
            did("web_search", {"query": q}, "No results found.")
            for q in (
                "langgraph interrupt resume",
                "how to resume langgraph interrupt",
                "langgraph resume after interrupt",
                "resume interrupt in langgraph graph",
                "langgraph interrupt resume how",
                "interrupt resume langgraph",
            )
        ],
        "no_progress",
    ),
    "edits that do not move the test": (
        [
            s
            for i in range(5)
            for s in (
                did("edit", {"new": f"v{i}"}, "edited"),
                did("run_tests", {}, f"1 failed in 0.{i}2s: {OLD_ERROR}"),
            )
        ],
        "no_progress",
    ),
    "talk without action": (
        [ReactStep(thought=f"I think about {i}", note="Call a tool.") for i in range(4)],
        "no_progress",
    ),
    "empty replies": ([A, *[ReactStep(note="The reply was empty.")] * 4], "no_progress"),
    "unknown tools": (
        [failed(t, {}, f"There is no tool {t}", "missing_tool") for t in ("grep_all", "find_all", "grep")],
        "unknown_tool",
    ),
    "an unknown tool between good calls": (
        [A, *itertools.chain.from_iterable((s, failed("grep", {}, "no tool grep", "missing_tool")) for s in (B, C, D))],
        "unknown_tool",
    ),
}

STUCK |= {
    "a test that fails the same way at another speed": (
        [did("run_tests", {}, f"1 failed in 0.{i}2s: {OLD_ERROR}") for i in range(5)],
        "repeated_action",
    ),
    "a listing asked for between every look": (
        [s for i in range(5) for s in (shell("ls", "a b c d readme"), shell(f"cat f{i}", f"text of file {i}"))]
        + [shell("ls", "a b c d readme")],
        "repeated_action",
    ),
    "an empty search repeated between every look": (
        [s for i in range(5) for s in (did("search", {"q": "foo"}, "No results"), read(f"p{i}", f"text {i}"))]
        + [did("search", {"q": "foo"}, "No results")],
        "repeated_action",
    ),
    "a limit that changes nothing": (
        [did("search", {"q": "revenue 2024", "limit": n}, LISTING) for n in (5, 10, 20, 50, 100)],
        "no_progress",
    ),
    "a path denied to every tool": (
        [
            failed(tool, {"path": "/etc/x"}, "Permission denied: /etc/x")
            for tool in ("write_file", "edit_file", "move_file", "delete_file", "write_file")
        ],
        "error_streak",
    ),
}

# name -> log. Nothing may be seen after any of its entries.
PATIENT: dict[str, list[ReactStep]] = {
    "nothing yet": [],
    "polling that moves": [did("job_status", {"id": 7}, f"running, {10 * i}%") for i in range(10)],
    "polling with waits": [
        s for i in range(10) for s in (did("sleep", {"seconds": 5}, "ok"), did("job_status", {"id": 7}, {"done": i}))
    ],
    "paging": [did("next_page", {}, f"entries {i * 10 + 1} to {i * 10 + 10} of the catalogue") for i in range(12)],
    "scrolling and looking": [
        s for i in range(8) for s in (did("scroll", {"by": 1}), did("screenshot", {}, f"view {i}"))
    ],
    "20 writes that all answer ok": [
        did("write_file", {"path": f"out/{i}.txt", "content": f"part {i}"}) for i in range(20)
    ],
    "20 searches that find nothing": [
        did("search_files", {"text": f"{w} {w}ing"}, [])
        for w in [
            "apple",
            "plum",
            "quince",
            "pear",
            "cherry",
            "grape",
            "melon",
            "fig",
            "lime",
            "peach",
            "date",
            "kiwi",
            "mango",
            "guava",
            "lychee",
            "olive",
            "sloe",
            "berry",
            "nut",
            "hop",
        ]
    ],
    "one pattern of search with one slot": [
        did("search", {"q": f"capital of {c} in history"}, "No results.")
        for c in ("France", "Spain", "Peru", "Chad", "Laos", "Oman", "Fiji")
    ],
    "the same receipt for each row": [
        did("insert_row", {"id": i, "row": f"row {i}"}, {"inserted": 1}) for i in range(30)
    ],
    "the same verdict for each listed file": [
        did("list_files", {}, [f"sales/r{i}.csv" for i in range(12)]),
        *[
            did("read_schema", {"path": f"sales/r{i}.csv"}, "columns region month revenue, encoding utf8")
            for i in range(12)
        ],
    ],
    "a batch with a check after each": [
        s for i in range(12) for s in (did("convert", {"file": f"{i}.png"}), did("queue_length", {}, "queue empty"))
    ],
    "steps of a batch of two calls each": [
        s
        for i in range(10)
        for s in (read(f"in{i}.csv", f"region north, revenue {i * 7}"), did("write_file", {"path": f"out{i}"}))
    ],
    "a retry that succeeds": [failed("fetch_url", {"url": "u"}, "timed out after 10 s")] * 2
    + [did("fetch_url", {"url": "u"}, PAGE)],
    "reading again after the context was condensed": [
        A,
        B,
        C,
        *[read(f"m{i}.py", f"module {i} does {i}") for i in range(9)],
        A,
        B,
        C,
        *[read(f"n{i}.py", f"name {i} is {i}") for i in range(9)],
        A,
        B,
        C,
    ],
    "reading the plan again between pieces of work": [
        s for i in range(6) for s in (A, did("write_file", {"path": f"p{i}", "content": f"piece {i}"}))
    ],
    "edit and test with changing outcome": [
        s
        for i in range(6)
        for s in (did("edit", {"new": f"v{i}"}, "edited"), did("run_tests", {}, f"{6 - i} failed, {i} passed"))
    ],
    "the same edit call, tests failing less and less": [
        s
        for i in range(6)
        for s in (did("edit", {"path": "a.py"}, "edited"), failed("run_tests", {}, f"{6 - i} failed"))
    ],
    "exploring with some misses": [
        A,
        failed("read_file", {"path": "x"}, "No such file: x"),
        B,
        failed("read_file", {"path": "y"}, "No such file: y"),
        C,
    ],
    "one call of an unknown tool": [A, failed("grep", {}, "no tool grep", "missing_tool"), B],
    "one unreadable reply": [A, ReactStep(note="The reply could not be read."), B],
}

PATIENT |= {
    "shell commands that say nothing": [
        shell(c)
        for c in ("mkdir x", "cp a b", "chmod +x run.sh", "sed -i s/a/b/ f.py", "sed -i s/c/d/ f.py g.py", "rm -rf tmp")
    ],
    "a shell batch that says nothing": [shell(f"ffmpeg -i {i}.mp4 -o {i}.mp3") for i in range(15)],
    "checks of data that all count nothing": [
        did("query_data", {"sql": f"select count(*) from t where {c}"}, [[0]], effect="read_only")
        for c in ("a is null", "b < 0", "c not in (1, 2)", "d is null and e < 3", "length(f) = 0", "z > 1")
    ],
    "a status after each commit": [
        s
        for i in range(6)
        for s in (
            shell(f"git commit -am 'part {i}'", f"[main {i}abc12{i}] part {i}"),
            shell("git status", "nothing to commit, working tree clean"),
        )
    ],
    "a job that takes its time": [did("get_job", {"id": 1}, {"status": "running"})] * 5
    + [did("get_job", {"id": 1}, {"status": "done", "rows": 12})],
    "the plan looked up now and then": [
        s for i in range(5) for s in (A, *[read(f"m{i}{j}.py", f"module {i}{j} does {j}") for j in range(6)])
    ],
    "edits and checks of one case after the other": [
        s
        for i in range(6)
        for s in (did("edit", {"new": f"v{i}"}, "edited"), failed("check", {"case": f"c{i}"}, f"assert {i} == 9"))
    ],
    "one text looked for in many files": [
        did("search_files", {"text": "old name", "path": f"src/m{i}.py"}, []) for i in range(12)
    ],
    "users who are alike": [did("get_user", {"id": i}, {"active": True, "plan": "free"}) for i in range(20)],
    "mails that are queued": [
        did("send_email", {"to": f"u{i}@x.example", "body": "hi there"}, "Email sent to queue for delivery")
        for i in range(20)
    ],
    "files that are valid": [
        did("validate_file", {"path": f"f{i}.json"}, {"valid": True, "errors": [], "warnings": []}) for i in range(20)
    ],
    "the licence header of each listed file": [
        did("list_files", {}, [f"m{i}.py" for i in range(8)]),
        *[did("read_file", {"path": f"src/m{i}.py"}, "# Copyright the authors, under the MIT terms") for i in range(8)],
    ],
    "a program that fails another way each time": [
        *[
            did("run_python", {"code": w}, f"Traceback: {w}")
            for w in ("TypeError none", "ValueError bad", "KeyError x")
        ],
        did("run_python", {"code": "v9"}, "total 5312"),
    ],
}

STUCK |= {
    "a page that is new but for the form's token": (
        [
            did("http_get", {"url": "u"}, f"<title>Sign in</title> <input name='csrf' value='a{i}f09{i}'>")
            for i in range(4)
        ],
        "repeated_action",
    ),
    "an empty search that tells how long it took": (
        [
            did("search_cases", {"q": "hedge"}, {"hits": [], "took_ms": 8 + i, "request_id": f"e7{i}c2ff"})
            for i in range(4)
        ],
        "repeated_action",
    ),
    "messages that are not delivered": (
        [did("page", {"text": f"down {i}"}, {"delivered": False, "reason": "no device", "id": i}) for i in range(5)],
        "error_streak",
    ),
}
PATIENT |= {
    "a shell that sleeps before each look": [shell("sleep 300; squeue -j 4", "JOBID ST  4 PD (Priority)")] * 5
    + [shell("sleep 300; squeue -j 4", "JOBID ST  4 CD")],
    "an order and its state, which are told in the same words": [
        did("order_tile", {"tile": "a"}, {"state": "staging", "note": "A restore from tape takes half an hour."}),
        *[did("order_state", {"order": 5}, {"state": "staging", "note": "A restore from tape takes half an hour."})]
        * 5,
        did("order_state", {"order": 5}, {"state": "ready"}),
    ],
    "checks that are pending, told with an exit code": [
        shell(
            "gh pr checks",
            "\n".join(f"job {n} {'pass' if n < i else 'pending'}" for n in range(7)) + "\n[exit code: 8]",
        )
        for i in range(7)
    ],
    "a figure that comes nearer to its limit": [
        shell(f"set gain {i} && pytest", f"assert 0.{9 - i}31 <= 0.3\n1 failed in 0.{i}6s\n[exit code: 1]")
        for i in range(6)
    ],
    "hosts on which there is none": [shell(f"ssh h{i} grep -c x y", "0\n[exit code: 1]") for i in range(9)],
    "a list that gives the next cursor": [
        did(
            "history",
            {"cursor": f"a{i}f0{i}2"},
            {"rows": [0, 0, 0], "unit": "mm of rain", "cursor": f"a{i + 1}f0{i + 1}2"},
        )
        for i in range(9)
    ],
}


STUCK |= {
    "the same things in another order": (
        [
            did("search", {"q": "entry"}, ids)
            for ids in (["a1", "b2", "c3"], ["b2", "a1", "c3"], ["c3", "b2", "a1"], ["a1", "c3", "b2"])
        ],
        "repeated_action",
    ),
    "a step against a wall, with a counter of turns": (
        [did("go", {"way": "north"}, {"at": [0, 1], "turn": n}) for n in range(4)],
        "repeated_action",
    ),
    "a file saved again at another time": (
        [
            did("write_file", {"path": "x", "text": "y"}, {"ok": True, "at": f"2026-03-01T10:0{n}:00Z"})
            for n in range(4)
        ],
        "repeated_action",
    ),
    "a job that stands still while a clock goes on, looked at after pauses": (
        [shell("sleep 60; tail -1 log; date", f"search 3, -81204.1\n10:{n}:00") for n in range(10, 20)],
        "repeated_action",
    ),
    "figures that come and go": (
        [did("status", {}, {"pct": 40 + n % 2}) for n in range(11)],
        "repeated_action",
    ),
    "a script whose temporary folder changes": (
        [
            did("run_python", {"code": "import foo"}, f'File "/tmp/tmp{n}af/run.py"\nNo module named foo')
            for n in range(4)
        ],
        "repeated_action",
    ),
    "a look again and again between other looks": (
        [
            s
            for n in range(6)
            for s in (did("invoices", {"of": "May"}, ["A1", "A2"]), did("columns", {"table": f"t{n}"}, ["id", f"c{n}"]))
        ]
        + [did("invoices", {"of": "May"}, ["A1", "A2"])],
        "repeated_action",
    ),
    "a refusal with a number of its own between other calls": (
        [
            s
            for n, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri"))
            for s in (did("free", {"day": day}, True), failed("book", {"room": 2}, f"error {n}71{n}: no permission"))
        ],
        "no_progress",
    ),
    "a crash under another process id": (
        [s for n in range(4) for s in (did("start"), did("status", {}, {"state": "crashed", "pid": 900 + n}))],
        "oscillation",
    ),
    "a click on what the page numbers anew": (
        [
            s
            for ref in ("e12", "e47", "e90", "e33")
            for s in (did("snapshot", {}, f"form [ref={ref}] a field is missing"), did("click", {"ref": ref}))
        ],
        "oscillation",
    ),
    "one word in other spellings": (
        [
            did("grep", {"pattern": w}, "")
            for w in ("retry_limit", "retryLimit", "retry limit", "RETRY_LIMIT", "retry.limit", "limit retry")
        ],
        "no_progress",
    ),
    "a question whose answer repeats it": (
        [
            did("search", {"q": q}, f"no results for '{q}' ({n} ms)")
            for n, q in enumerate(
                ("poem author", "author poem", "the poem's author", "author of poem", "poem: author?", "Poem Author")
            )
        ],
        "no_progress",
    ),
    "one thing and many of it": (
        [
            did("pictures", {"q": q}, {"hits": [{"id": 3}]})
            for q in ("red kite", "kite red", "red kites", "Red Kite", "kites", "kite")
        ],
        "no_progress",
    ),
    "a person asked the same in other words": (
        [
            did("ask_human", {"question": q}, "I do not know.")
            for q in ("Which colour?", "What colour?", "Colour?", "So which colour?", "The colour?", "Colour please?")
        ],
        "no_progress",
    ),
    "an option that changes nothing": (
        [
            did("translate", {"text": "Exit", **more}, {"text": "Exit"})
            for more in ({}, {"engine": "a"}, {"engine": "b"}, {"formal": True}, {"src": "en"}, {"src": "de"})
        ],
        "no_progress",
    ),
    "pages that are the first one but for the page's own number": (
        [
            did("scroll", {"y": n}, {"scrolled": n, "text": "two tents, one lamp"}, effect="read_only")
            for n in (800, 1600, 2400, 3200, 4000, 4800)
        ],
        "no_progress",
    ),
    "edits that find nothing to replace": (
        [
            did("edit_file", {"old": old}, "0 replacements")
            for old in ("foo()", "foo( )", "x.foo()", "foo(", "foo", "foo ()")
        ],
        "no_progress",
    ),
    "a short word looked for among others": (
        [
            did("replace_text", {"find": w}, "No matches")
            for w in ("let sum", "var sum", "sum =", "const sum", "sum", "let  sum")
        ],
        "no_progress",
    ),
    "codes that are all wrong": (
        [did("unlock", {"pin": pin}, "wrong pin") for pin in ("0471", "9923", "1102", "5718", "4410")],
        "no_progress",
    ),
    "a wall in another language": (
        [did("ouvrir", {"url": f"/article/{n}"}, "Veuillez vous connecter") for n in range(5)],
        "no_progress",
    ),
}
ASKED: dict[str, tuple[str, list[ReactStep], int]] = {
    "presses": ("Press the bell 5 times", [did("press", {"what": "bell"})] * 9, 6),
    "looks that alternate": (
        "Roll the coin 8 times",
        [did("roll", {}, ("heads", "tails")[n % 2]) for n in range(30)],
        16,
    ),
    "turns": ("Switch the relay on and off, 4 rounds", [did("relay", {"on": n % 2 == 0}) for n in range(16)], 10),
    "the same failure": ("Call Kim, up to four times", [failed("call", {"who": "Kim"}, "no answer")] * 8, 5),
}
"""Name -> what is asked for, a log that goes on beyond it, and up to which entry it is work."""
WISHED: dict[str, tuple[str, list[ReactStep]]] = {
    "refusals": (
        "Verify that a guest is denied access to all admin pages",
        [
            failed("http_get", {"url": f"/admin/{w}"}, "403 forbidden")
            for w in ("users", "roles", "logs", "keys", "jobs", "net")
        ],
    ),
    "one failure each": (
        "Run the validator on the broken samples: all of them should fail",
        [did("validate", {"sample": f"s{n}"}, {"valid": False, "error": "not well-formed"}) for n in range(8)],
    ),
    "emptiness under many names": (
        "Find the word in the books\nAn empty result counts as success.",
        [
            did("search", {"q": q}, [])
            for q in ("ice door", "door ice", "Ice Door", "the ice door", "ice-door", "iceDoor", "ice doors")
        ],
    ),
    "a look before each piece": (
        "Write the letters; read the template before each one",
        [
            s
            for n in range(7)
            for s in (
                read("template", "Dear NAME, we invite you to the garden"),
                did("print_letter", {"n": n}, {"pages": [n]}),
            )
        ],
    ),
}
PATIENT |= {
    "one element after the other": [did("click", {"ref": f"e{n}"}) for n in range(9)],
    "eight looks after pauses, on each of which time has passed": [
        shell("sleep 60; tail -1 log; date", f"search 3, -81204.1\n10:{n}:00") for n in range(10, 18)
    ],
    "minutes that run down": [did("status", {}, f"about {m} minutes left") for m in (9, 8, 7, 5, 4, 2, 1)],
    "parts that are as long as the last": [did("get_rows", {"offset": n * 100}, {"rows": 100}) for n in range(8)],
    "a look after each piece that is answered alike": [
        s for n in range(6) for s in (did("resize", {"picture": n}, {"width": 800}), did("disk", {}, {"free": "41%"}))
    ],
    "the same answer of each person": [
        did("ask_human", {"question": f"Keep the {w}?"}, "I do not know.")
        for w in ("lamp", "desk", "sofa", "rug", "vase", "bed")
    ],
    "a command for each name, in silence": [
        shell(f"git mv app/{a}.py app/{b}.py")
        for a, b in (("util", "text"), ("misc", "dates"), ("common", "paths"), ("base", "record"), ("helper", "money"))
    ],
    "tables made one by one": [
        did("execute_sql", {"sql": f"create {w} {n}"}, {"rows_affected": 0}) for w in ("table", "index") for n in "abcd"
    ],
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_is_work_up_to_there_and_not_beyond(name):
    asked, log, most = ASKED[name]
    task = TASK.model_copy(update={"description": asked})
    seen = [judge(log[:length], task).diagnosis for length in range(1, len(log) + 1)]
    assert set(seen[:most]) == {"progressing"}, seen
    assert seen[-1] != "progressing"
    assert judge(log).diagnosis != "progressing" and judge(log[:most]).diagnosis != "progressing"


@pytest.mark.parametrize("name", WISHED)
def test_a_no_that_is_asked_for_is_work(name):
    asked, log = WISHED[name]
    task = TASK.model_copy(update={"description": asked})
    lengths = range(1, len(log) + 1)
    assert {judge(log[:length], task).diagnosis for length in lengths} == {"progressing"}
    assert {judge(log[:length]).diagnosis for length in lengths} != {"progressing"}


def test_the_one_thing_that_is_refused_again_and_again_is_grinding_though_the_no_is_wished():
    task = TASK.model_copy(update={"description": "Verify that a guest is denied access to the admin page"})
    assert judge([failed("get", {"url": "/admin"}, "403 forbidden")] * 4, task).recommendation == "replan"


def test_words_found_on_the_way_end_a_row_of_strange_actions():
    log = [
        did("read_file", {"path": "sales"}, "revenue of basalt"),
        *OFF[:5],
        did("weigh", {"what": "basalt"}, "7"),
        OFF[5],
    ]
    assert judge(log).diagnosis == "progressing"
    assert judge([*log, *OFF]).diagnosis == "goal_drift"


BELOW = "\n[The command completed with exit code {}.]\n[Current working directory: /srv/app]"
TABLES = ["Oak table, solid", "Oak table, veneer", "Pine table", "Round oak table", "Oak desk", "Garden table"]
FIELDS = ["Name", "Length", "Harbour", "Owner", "Sail", "Year"]


def _filled(upto: int) -> str:
    rows = "".join(f"- textbox {name}: entry{n}\n" for n, name in enumerate(FIELDS[: upto + 1]))
    return f"# Register your boat here\n- alert: Please enter every required field before midnight, so that the harbour master can still stamp your paper\n{rows}"


STUCK |= {
    "an error above what the shell adds below each output": (
        [did("shell", {"command": f"make book{n}"}, f"missing font{BELOW.format(2)}") for n in "abcde"],
        "error_streak",
    ),
    "an error that begins with its class": (
        [
            did("cell", {"code": c}, f"-----\nNameError  Traceback\n--> 1 {c}\nNameError: name 'tides' is not defined")
            for c in ("tides.plot()", "tides.head()", "len(tides)", "print(tides)", "max(tides)")
        ],
        "error_streak",
    ),
    "an error that repeats the names of the arguments": (
        [
            failed("order_taxi", {k: "Main St"}, f"pickup_point is required [got={ {k: 'Main St'} }]")
            for k in ("from", "start", "address", "place", "where")
        ],
        "error_streak",
    ),
    "the same wall, with the page that was asked for in it": (
        [
            did(
                "open_url",
                {"url": f"https://portal.example/{page}"},
                "# Portal of the City Works\nYou came by way of the public entrance, which has four doors and no bell.\n"
                f"Please log in to go on. Afterwards we bring you back to next=%2F{page}\nuser name, password, imprint, privacy",
            )
            for page in ("invoices", "invoices/march", "documents", "me", "home")
        ],
        "no_progress",
    ),
    "searches in ever other words that find what was found before": (
        [
            did("web_search", {"query": q}, hits)
            for q, hits in (
                ("Lund hymn composer", ["Lund travel", "Lund hymn text", "Hymns of the north"]),
                ("who composed it", ["Lund hymn text", "Lund travel"]),
                ("anthem author music", ["Hymns of the north", "Lund travel", "Lund hymn text"]),
                ("written by whom", ["Lund hymn text", "Hymns of the north"]),
                ("hymn Lund origin", ["Lund travel", "Hymns of the north", "Lund hymn text"]),
            )
        ],
        "no_progress",
    ),
    "code in ever another form that keeps what it asks for": (
        [
            did("python", {"code": code}, "0")
            for code in (
                "m = r.merge(c, on='meter'); len(m)",
                "m = pd.merge(r, c, left_on='meter', right_on='meter'); len(m)",
                "m = c.merge(r, how='inner', on='meter'); len(m)",
                "m = r.astype(str).merge(c.astype(str), on='meter'); len(m)",
                "m = r.set_index('meter').join(c.set_index('meter')); len(m)",
                "m = r.drop_duplicates().merge(c.dropna(), on='meter'); len(m)",
            )
        ],
        "no_progress",
    ),
    "what is read back as it was after each write": (
        [
            step
            for n, name in enumerate(("Floor2", "floor2", "FLOOR2", "Floor 2", "Floor-2"))
            for step in (
                did("set_name", {"device": "pr9", "name": name}, {"done": True, "ref": 4711 + n}),
                did("get_name", {"device": "pr9"}, {"name": "LaserJet"}),
            )
        ],
        "no_progress",
    ),
    "a ring that is given new numbers and fails each time": (
        [
            step
            for job, node in ((73885, 7), (72531, 21), (76446, 3), (78038, 9))
            for step in (
                did("sh", {"command": "sbatch dock.sh"}, f"Submitted batch job {job}"),
                did("sh", {"command": f"sacct -j {job} -o state,node"}, f"{job} dock FAILED 1:0 node{node}"),
            )
        ],
        "oscillation",
    ),
}
PATIENT |= {
    "receipts above what the shell adds below each output": [
        did("shell", {"command": f"ssh {host} update"}, f"Nothing to do. Complete!{BELOW.format(0)}")
        for host in ("mail", "pay", "web", "auth", "cron", "log")
    ],
    "a form that fills while it says what is still missing": [
        did("browser_type", {"element": name, "text": f"entry{n}"}, _filled(n)) for n, name in enumerate(FIELDS)
    ],
    "each item of a batch named in a long receipt": [
        did(
            "sh",
            {"command": f"playbook --limit {h}"},
            f"PLAY all TASK gathering facts ok {h} RECAP {h} reachable, rescued no task",
        )
        for h in ("mail", "pay", "web", "auth", "cron", "log")
    ],
    "a search that narrows": [
        did("search_shop", {"query": query}, TABLES[:found])
        for query, found in (
            ("oak table", 6),
            ("oak table six seats", 5),
            ("oak six solid", 4),
            ("solid round oak", 3),
            ("so round", 2),
        )
    ],
    "one key looked for in each table": [
        did("sql", {"q": f"SELECT * FROM {table} WHERE customer = 'X71'"}, [])
        for table in ("orders", "invoices", "tickets", "visits", "carts", "mails")
    ],
    "batches that partly fail, ever another part": [
        step
        for n in range(6)
        for step in (
            did("next_batch", {}, {"batch": f"b-017{n}"}),
            did(
                "import_batch",
                {"batch": f"b-017{n}"},
                {"rows": 100 - n % 4, "failed": n % 4, "note": "failed rows skipped"},
            ),
        )
    ],
    "what is read back as it was written": [
        step
        for room in ("kitchen", "hall", "bath", "attic", "study")
        for step in (
            did("set_heating", {"room": room, "value": 19}),
            did("get_heating", {"room": room}, {"value": 19}),
        )
    ],
    "a header that is looked at between rows": [
        step
        for n in range(6)
        for step in (
            did("append_row", {"sheet": "sales", "values": f"row {n}"}),
            did("get_header", {"sheet": "sales"}, ["day", "sum"]),
        )
    ],
    "tests that stay green after each edit": [
        step
        for part in "abcde"
        for step in (
            did("edit_file", {"path": f"{part}.py", "text": part * 20}),
            shell("pytest -q", "31 passed"),
        )
    ],
}


def test_that_all_answer_alike_may_be_what_is_to_be_shown():
    log = [
        shell(
            f"curl -sI https://old.example/{page}", "HTTP/2 301 moved for good, location: https://new.example/ at once"
        )
        for page in ("sale", "login", "about", "news", "faq")
    ]
    asked = TASK.model_copy(update={"description": "Check that all ten old addresses lead to the new shop"})
    assert judge(log).diagnosis == "no_progress"
    assert judge(log, asked).diagnosis == "progressing"


def test_calls_that_differ_in_few_words_are_a_batch_and_no_drift():
    asked = TASK.model_copy(update={"description": "Change the redirects"})
    first = did("set_redirect", {"to": "https://new.example"}, "saved")
    pages = ("sale", "login", "about", "news", "faq", "terms")
    log = [shell(f"curl -sI https://old.example/{p} | grep -iE '^(HTTP|x-{p})'", f"HTTP/2 {len(p)} {p}") for p in pages]
    strange = [shell(f"{p} --{p}s of{p} in{p} at{p} by{p} for{p}", f"{p}{p}") for p in pages]
    assert judge([first, *log], asked).diagnosis == "progressing"
    assert judge([first, *strange], asked).diagnosis == "goal_drift"


@pytest.mark.parametrize("name", STUCK)
def test_it_sees(name):
    log, diagnosis = STUCK[name]
    seen = judge(log)
    assert seen.diagnosis == diagnosis, seen
    assert seen.recommendation == ("continue" if name == "failures of all kinds" else "replan"), seen
    assert seen.evidence and all(0 <= index < len(log) for index in seen.evidence)
    assert seen.explanation.endswith(".")


@pytest.mark.parametrize("name", STUCK)
def test_the_same_is_seen_in_a_log_without_turn_numbers(name):
    log, diagnosis = STUCK[name]
    assert SelfReflection().reflect(TASK, log).diagnosis == diagnosis


@pytest.mark.parametrize("name", PATIENT)
def test_it_leaves_patient_work_alone_at_every_step(name):
    log = PATIENT[name]
    for length in range(len(log) + 1):
        assert judge(log[:length]).diagnosis == "progressing", (length, judge(log[:length]))


def test_the_evidence_is_the_entries_that_prove_it():
    log = [C, B, A, A, B, A]
    assert judge(log).evidence == [2, 3, 5]
    assert [log[i].action.tool for i in judge(log).evidence if log[i].action] == ["read_file"] * 3


def test_it_is_told_first_then_replanned():
    rungs = [judge([A] * n).recommendation for n in range(1, 6)]
    assert rungs == ["continue", "continue", "continue", "replan", "replan"]
    assert judge([A] * 2).diagnosis == "progressing"
    assert judge([A] * 3).diagnosis == "repeated_action"


def test_trouble_that_goes_on_after_a_note_is_escalated():
    told = A.model_copy(update={"note": "You made this call three times."})
    assert judge([A, A, told, A]).recommendation == "replan"
    assert judge([A, A, told, A, A, A, A]).recommendation == "escalate"


def test_a_note_of_its_own_between_calls_hides_nothing():
    note = ReactStep(note="You made this call three times.")
    assert judge([A, A, A, note, A]).diagnosis == "repeated_action"
    assert judge([A, A, A, note, A]).evidence == [0, 1, 2, 4]


def test_in_the_last_attempt_there_is_nothing_left_but_a_person():
    last = TASK.model_copy(update={"attempts": 3})
    assert judge([A] * 3, last).recommendation == "continue"
    assert judge([A] * 4, last).recommendation == "escalate"


def test_a_really_new_result_after_the_evidence_clears_it():
    assert judge([A] * 5 + [B]).diagnosis == "progressing"
    assert judge([A] * 5 + [B, A]).diagnosis == "repeated_action"
    assert judge([B] + [A] * 5 + [B]).diagnosis == "repeated_action"
    streak = [failed("f", {"n": i}, "no such host") for i in range(5)]
    assert judge([*streak, B]).diagnosis == "progressing"


def test_a_change_of_the_world_clears_repeats_and_an_empty_answer_clears_nothing():
    assert judge([*[A] * 5, did("write_file", {"path": "x"})]).diagnosis == "progressing"
    assert judge([*[A] * 5, did("search", {"q": "zzz"}, [])]).diagnosis == "repeated_action"


def test_unknown_tools_long_past_are_forgiven():
    unknown = failed("grep", {}, "no tool grep", "missing_tool")
    assert judge([unknown, unknown, B, B]).diagnosis == "progressing"


def test_a_repeat_past_news_takes_one_more():
    news = [read(f"n{i}.md", f"note {i}") for i in range(3)]
    assert judge([A, news[0], A, news[1], A]).diagnosis == "progressing"
    assert judge([A, news[0], A, news[1], A, news[2], A]).diagnosis == "repeated_action"


def test_identical_calls_in_one_thought_count_once():
    same_turn = [A.model_copy(update={"turn": 1})] * 5
    assert SelfReflection().reflect(TASK, same_turn).diagnosis == "progressing"
    outage = [failed("fetch", {"u": i}, "no such host").model_copy(update={"turn": 1}) for i in range(6)]
    assert SelfReflection().reflect(TASK, outage).diagnosis == "progressing"


def test_a_declared_effect_counts_for_more_than_a_name():
    answer = "request accepted by the gateway and passed on to carrier"
    batch = [did("get_label", {"order": i}, answer, effect="irreversible") for i in range(10)]
    assert judge(batch).diagnosis == "progressing"
    looking = [did("label", {"order": i}, answer, effect="read_only") for i in range(10)]
    assert judge(looking).diagnosis == "no_progress"


def test_thresholds_can_be_set_one_by_one_and_senseless_ones_are_refused():
    assert judge([A] * 4, same_call=5).diagnosis == "progressing"
    assert judge([A] * 4, thresholds=Thresholds(same_call=5)).diagnosis == "progressing"
    for bad in ({"same_call": 0}, {"same_cal": 3}, {"same_call": 2.5}):
        with pytest.raises(SettingsError, match="no threshold above zero"):
            SelfReflection(**bad)


@given(st.lists(st.tuples(st.sampled_from(["read_file", "edit", "bash", "f"]), st.text(max_size=9)), max_size=25))
def test_work_whose_every_result_is_new_is_never_trouble(calls):
    log = [did(tool, {"x": arg}, f"finding {i} about topic {arg}") for i, (tool, arg) in enumerate(calls)]
    assert judge(log).diagnosis in ("progressing", "goal_drift")


@given(
    st.sampled_from(["read_file", "edit", "bash", "f"]),
    st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3),
    st.one_of(st.text(max_size=30), st.integers(), st.none(), st.lists(st.text(max_size=5), max_size=3)),
    st.lists(st.text(max_size=20), min_size=8, max_size=8),
)
def test_no_thought_and_no_kind_of_result_hides_a_repeated_call(tool, args, output, thoughts):
    log = [did(tool, args, output).model_copy(update={"thought": thought}) for thought in thoughts]
    assert judge(log).diagnosis in ("repeated_action", "error_streak")
    assert judge(log).recommendation == "replan"


def test_the_same_log_always_gets_the_same_verdict():
    for log, _ in STUCK.values():
        saved = [ReactStep.model_validate_json(step.model_dump_json()) for step in numbered(log)]
        assert SelfReflection().reflect(TASK, saved) == judge(log)


# -- drift

ON = [did("read_file", {"path": f"sales/r{i}.csv"}, f"region,revenue\nnorth,{i}") for i in range(2)]
OFF = [
    did("web_search", {"q": f"pizza oven {w}"}, f"hot {w} things")
    for w in ("stone", "gas", "brick", "steel", "cast", "dome")
]


class Judge:
    """Answers drift questions from a list, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def ask(self, messages, schema, *, node, task_id, info, run) -> Core[tuple[Any, Usage]]:
        self.asked.append({"text": messages[-1].content, "node": node, "task_id": task_id, "info": info, "run": run})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer, Usage(tokens=5)
        yield


def drifts(judge: Judge | None, log: list[ReactStep], goal: str = "Report revenue"):
    return SelfReflection(caller=judge).reflect(TASK, numbered(log), goal=goal)


def test_words_alone_only_ever_mention_drift():
    seen = drifts(None, ON + OFF)
    assert (seen.diagnosis, seen.recommendation, seen.evidence) == ("goal_drift", "continue", [2, 3, 4, 5, 6, 7])
    assert drifts(None, ON + OFF[:5]).diagnosis == "progressing"


def test_words_found_on_the_way_are_no_drift():
    way = [*ON, did("read_file", {"path": "sales/index"}, "see oven pizza stone")]
    assert drifts(None, way + OFF).diagnosis == "progressing"


def test_a_log_in_another_language_says_nothing():
    assert drifts(None, OFF, goal="جمع الإيرادات").diagnosis == "progressing"


def test_words_and_model_together_replan():
    asked = Judge(DriftJudgement(drift=True, explanation="It shops for ovens."))
    seen = drifts(asked, ON + OFF)
    assert (seen.diagnosis, seen.recommendation) == ("goal_drift", "replan")
    assert "It shops for ovens." in seen.explanation
    assert (asked.asked[0]["node"], asked.asked[0]["task_id"]) == ("reflect", "t")
    assert asked.asked[0]["info"] == {
        "node": "reflect",
        "goal": "Report revenue",
        "subtask": TASK.model_dump(mode="json"),
    }
    assert "pizza oven dome" in asked.asked[0]["text"]


def test_the_model_overrules_the_words():
    seen = drifts(Judge({"drift": False, "explanation": "Ovens are what is sold."}), ON + OFF)
    assert (seen.diagnosis, seen.explanation) == ("progressing", "Ovens are what is sold.")


def test_the_model_is_asked_at_a_cadence_and_alone_is_only_told():
    asked = Judge(DriftJudgement(drift=True, explanation="Too long."))
    log = [read(f"sales/{i}.csv", f"revenue {i}") for i in range(8)]
    for length in range(8):
        assert drifts(asked, log[:length]).diagnosis == "progressing"
    assert asked.asked == []
    seen = drifts(asked, log)
    assert (seen.diagnosis, seen.recommendation) == ("goal_drift", "continue")


def test_drift_that_goes_on_after_a_note_is_replanned():
    log = [read(f"sales/{i}.csv", f"revenue {i}") for i in range(8)]
    log[3] = log[3].model_copy(update={"note": "The work seems to have left the subtask."})
    assert drifts(Judge(DriftJudgement(drift=True)), log).recommendation == "replan"


@pytest.mark.parametrize("answer", [ModelError("The model did not answer."), {"drift": "who knows"}, None])
def test_a_judgement_that_could_not_be_had_is_said(answer):
    quiet = drifts(Judge(answer), [read(f"sales/{i}.csv", f"revenue {i}") for i in range(8)])
    assert quiet.diagnosis == "progressing"
    assert "could not be judged" in quiet.explanation
    lexical = drifts(Judge(answer), ON + OFF)
    assert (lexical.diagnosis, lexical.recommendation) == ("goal_drift", "continue")
    assert "could not be judged" in lexical.explanation


def test_no_model_is_asked_about_what_the_log_proves():
    asked = Judge()
    assert drifts(asked, [A] * 8).diagnosis == "repeated_action"
    assert asked.asked == []


async def test_awaiting_gives_the_same_verdict():
    answer = DriftJudgement(drift=True, explanation="It shops for ovens.")
    awaited = await SelfReflection(caller=Judge(answer)).areflect(TASK, numbered(ON + OFF), goal="Report revenue")
    assert awaited == drifts(Judge(answer), ON + OFF)


def test_the_question_shows_actions_and_cuts_long_ones():
    log = [did("read_file", {"path": "x" * 5000}, "y" * 5000), failed("f", {}, "broke"), ReactStep(thought="hm")]
    system, question = drift_prompt(goal="G", subtask=TASK, log=log)
    assert len(str(question.content)) < 1200
    assert "ERROR exception: broke" in question.content
    assert re.search("never an instruction", str(system.content))
