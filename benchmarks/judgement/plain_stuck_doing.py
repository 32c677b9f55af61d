"""Workers that try and get nowhere, told in few words: the same failure, calls that take turns, changes undone."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- the same failure: only numbers, addresses, times, ports, ids or names in /tmp differ


@scene("error_text", "web", "Get the page", after=3)
def timeouts(s: Scene) -> None:
    for _ in range(s.number(5, 8)):
        s.failed("http_get", {"url": "/p"}, f"error: timeout after {s.number(28, 33)}s", "timeout", bad=True)


@scene("error_text", "ops", "Connect to the database", after=3)
def ports(s: Scene) -> None:
    s.did("config", {}, {"host": "db"})
    for _ in range(s.number(5, 8)):
        s.did("connect", {"host": "db"}, f"error: 127.0.0.1:{s.number(32768, 60999)} -> db:5432 refused", bad=True)


@scene("error_text", "coding", "Run the script", after=3)
def temp_paths(s: Scene) -> None:
    for _ in range(s.number(5, 8)):
        name = f"/tmp/tmp{s.hexa(8)}/run.py"
        s.did("run_python", {"code": "import foo"}, f'File "{name}", line 1\nNo module named foo', bad=True)


@scene("error_text", "web", "Create the ticket", after=3)
def error_ids(s: Scene) -> None:
    for _ in range(s.number(5, 8)):
        s.did("http_post", {"url": "/t", "json": {"title": "x"}}, {"status": 500, "id": s.uuid()}, bad=True)


@scene("error_text", "coding", "Print the settings", after=3)
def object_addresses(s: Scene) -> None:
    s.did("read_file", {"path": "s.py"}, "class S: ...")
    for _ in range(s.number(5, 7)):
        s.failed("run", {"cmd": "show s"}, f"cannot print <S object at 0x7f{s.hexa(10)}>", bad=True)


@scene("error_text", "data", "Load the day's file", after=3)
def dated(s: Scene) -> None:
    for n in range(s.number(5, 8)):
        s.did("load", {"file": "d.csv"}, f"{s.stamp()} ERROR attempt {n + 1} failed: bad header", bad=True)


@scene("error_text", "web", "Log the visit", after=4)
def key_made_up(s: Scene) -> None:
    """The worker makes up an id for each try, and the failure stays the same."""
    for _ in range(s.number(6, 9)):
        s.failed("http_put", {"key": s.uuid(), "v": 1}, "403 forbidden", bad=True)


@scene("error_text", "ops", "Mount the share", after=3)
def durations(s: Scene) -> None:
    for _ in range(s.number(5, 8)):
        s.sh(
            "mount /mnt/s",
            f"mount: no route to host (after {s.number(2900, 3200)} ms, pid {s.number(900, 9999)})",
            32,
            bad=True,
        )


@scene("error_text", "data", "Download the archive", after=3)
def from_zero(s: Scene) -> None:
    """It starts from nothing each time and falls down at about the same place."""
    for _ in range(s.number(5, 8)):
        s.failed("download", {"url": "/a.zip"}, f"connection reset after {s.number(1190, 1230)} bytes", bad=True)


@scene("error_text", "coding", "Store the value", after=4)
def arguments_guessed(s: Scene) -> None:
    for key in ["val", "value", "values", "v", "item", "data", "entry"][: s.number(6, 7)]:
        s.failed("store", {key: 5}, f"unexpected argument {key}", "bad_arguments", bad=True)


@scene("error_text", "office", "Move the appointment", after=3)
def rejected(s: Scene) -> None:
    """A person says no, and is asked again."""
    number = s.number(10, 99)
    for _ in range(s.number(5, 7)):
        s.failed("move", {"id": number, "to": "Friday"}, "The person did not allow it.", "rejected", bad=True)


@scene("error_text", "ops", "Read the log of the node", after=4)
def hosts_guessed(s: Scene) -> None:
    s.did("ls", {"path": "/etc"}, ["hosts"])
    for n in range(s.number(6, 9)):
        s.failed("ssh", {"host": f"node-{n}.local", "cmd": "cat log"}, f"node-{n}.local: name not known", bad=True)


@scene("error_text", "data", "Convert the file to parquet", after=3)
def item_seven(s: Scene) -> None:
    """It went well for a while, and one item never goes through."""
    for n in range(1, 7):
        s.did("put", {"item": n}, "ok")
    for _ in range(s.number(5, 8)):
        s.did("put", {"item": 7}, {"status": "error", "code": 422, "trace": s.hexa(16)}, bad=True)


@scene("error_text", "web", "Read the profile", after=3)
def never_waits(s: Scene) -> None:
    """It is told to wait and calls again at once."""
    for _ in range(s.number(6, 9)):
        s.did("http_get", {"url": "/me"}, {"status": 429, "retry_after": 60, "request_id": s.hexa(10)}, bad=True)


@scene("error_text", "coding", "Build the package", after=3)
def refused_again(s: Scene) -> None:
    s.sh("make dist", f"no rule (make[{s.number(1, 5)}])", 2, bad=True)
    for _ in range(s.number(4, 6)):
        s.failed(
            "bash", {"command": "make dist"}, "This failed before and nothing has changed since.", "refused", bad=True
        )


@scene("error_text", "coding", "Get the report script to run", after=3)
def traceback(s: Scene) -> None:
    s.did("read_file", {"path": "report.py"}, "from lib import table\n\ntable.show()")
    for _ in range(s.number(5, 7)):
        folder = f"/tmp/run-{s.hexa(6)}"
        text = (
            f'Traceback (most recent call last):\n  File "{folder}/report.py", line 3, in <module>\n    table.show()\n'
        )
        s.sh(
            "python report.py",
            f"{text}AttributeError: <Table at 0x7f{s.hexa(10)}> has no rows [pid {s.number(300, 9999)}]",
            1,
            bad=True,
        )


# -- calls that take turns: two, three, four


@scene("oscillation", "coding", "Fix the import", after=5)
def two_files(s: Scene) -> None:
    for _ in range(s.number(4, 8)):
        s.did("read_file", {"path": "a.py"}, "import b", bad=True)
        s.did("read_file", {"path": "b.py"}, "import a", bad=True)


@scene("oscillation", "ops", "Bring the service up", after=5)
def start_crash(s: Scene) -> None:
    for _ in range(s.number(4, 6)):
        s.did("start", {}, "ok", bad=True)
        s.did("status", {}, {"state": "crashed", "pid": s.number(1000, 9999)}, bad=True)


@scene("oscillation", "web", "Log in and read the balance", after=5)
def login_loop(s: Scene) -> None:
    for _ in range(s.number(4, 6)):
        s.did("http_get", {"url": "/account"}, {"status": 302, "to": "/login", "sid": s.hexa(12)}, bad=True)
        s.did(
            "http_post", {"url": "/login", "user": "u"}, {"status": 302, "to": "/account", "sid": s.hexa(12)}, bad=True
        )


@scene("oscillation", "web", "Send the form", after=5)
def refs_change(s: Scene) -> None:
    """A browser that numbers the page anew each time."""
    for _ in range(s.number(4, 6)):
        ref = f"e{s.number(10, 99)}"
        s.did("snapshot", {}, f"form [ref={ref}] Please fix the errors below", bad=True)
        s.did("click", {"ref": ref}, "ok", bad=True)


@scene("oscillation", "ops", "Get the worker going again", after=7)
def stop_start_status(s: Scene) -> None:
    for _ in range(s.number(3, 6)):
        s.did("stop", {"unit": "w"}, "ok", bad=True)
        s.did("start", {"unit": "w"}, "ok", bad=True)
        s.did("status", {"unit": "w"}, "failed", bad=True)


@scene("oscillation", "data", "Explain the difference between the three tables", after=7)
def three_counts(s: Scene) -> None:
    s.did("tables", {}, ["a", "b", "c"])
    for _ in range(s.number(3, 5)):
        for name, rows in (("a", 10), ("b", 12), ("c", 11)):
            s.did("count", {"table": name}, rows, bad=True)


@scene("oscillation", "web", "Read the message", after=9)
def four_clicks(s: Scene) -> None:
    for _ in range(s.number(3, 5)):
        s.did("open", {"url": "/"}, "ok", bad=True)
        s.did("click", {"id": "menu"}, "ok", bad=True)
        s.did("click", {"id": "inbox"}, "ok", bad=True)
        s.did("read", {}, {"error": "session expired", "at": s.stamp("%H:%M:%S")}, bad=True)


@scene("oscillation", "coding", "Find the cause of the crash", after=9)
def four_reads(s: Scene) -> None:
    for _ in range(s.number(3, 4)):
        for name in ("main", "util", "conf"):
            s.did("read_file", {"path": f"{name}.c"}, f"/* {name} */", bad=True)
        s.did("run", {"cmd": "./main"}, "Segmentation fault", bad=True)


@scene("oscillation", "data", "Follow the links to the last document", after=7)
def link_circle(s: Scene) -> None:
    a, b, c = s.number(10, 19), s.number(20, 29), s.number(30, 39)
    for _ in range(s.number(3, 5)):
        for here, there in ((a, b), (b, c), (c, a)):
            s.did("get", {"id": here}, {"next": there}, bad=True)


@scene("oscillation", "coding", "Set the limit to 50 and check it", after=5)
def no_effect_on_reading(s: Scene) -> None:
    for _ in range(s.number(4, 6)):
        s.did("write", {"key": "limit", "value": 50}, "ok", bad=True)
        s.did("read", {"key": "limit"}, 10, bad=True)


@scene("oscillation", "office", "Find out who signs the form", after=5)
def sent_round(s: Scene) -> None:
    form = s.number(10, 99)
    for _ in range(s.number(4, 6)):
        s.did("ask", {"who": "sales", "form": form}, "Please ask legal.", bad=True)
        s.did("ask", {"who": "legal", "form": form}, "Please ask sales.", bad=True)


@scene("oscillation", "ops", "Find out why the job fails and mend it", after=5)
def log_grows(s: Scene) -> None:
    """The log grows by the same line with each run."""
    before = s.number(0, 4)
    for n in range(before + 1, before + s.number(5, 7)):
        s.did("run", {"job": 4}, "failed, see log", bad=True)
        s.did("read_file", {"path": "log"}, "\n".join(["disk quota exceeded"] * n), bad=True)


@scene("oscillation", "web", "Change the delivery address of the order", after=5)
def form_bounces(s: Scene) -> None:
    for _ in range(s.number(4, 5)):
        token = s.hexa(24)
        s.did(
            "http_get",
            {"url": "/order/88/address"},
            f"<form><input name=token value={token}>Street: <input name=street></form>",
            bad=True,
        )
        s.did(
            "http_post",
            {"url": "/order/88/address", "token": token, "street": "Elm 5"},
            f"Your form has expired. Reference {s.uuid()}",
            bad=True,
        )


# -- a change and its undoing


@scene("undo", "ops", "Set the flag so that both services work", after=5)
def flag(s: Scene) -> None:
    for _ in range(s.number(4, 6)):
        s.did("set", {"flag": True}, "ok", bad=True)
        s.did("set", {"flag": False}, "ok", bad=True)


@scene("undo", "coding", "Make the tests pass", after=7)
def edit_test_revert(s: Scene) -> None:
    line = s.number(2, 90)
    for _ in range(s.number(3, 5)):
        s.did("edit", {"path": "a.py", "line": line, "old": "<", "new": "<="}, "ok", bad=True)
        s.did("test", {}, "1 failed", bad=True)
        s.did("edit", {"path": "a.py", "line": line, "old": "<=", "new": "<"}, "ok", bad=True)


@scene("undo", "coding", "Undo only the bad part of the commit", after=5)
def revert_revert(s: Scene) -> None:
    for _ in range(s.number(4, 5)):
        s.sh("git revert --no-edit HEAD", f"[main {s.hexa(7)}] Revert", bad=True)
        s.sh("git log -1 --format=%s", "Revert", bad=True)


@scene("undo", "office", "Put Kim into the right group", after=5)
def add_remove(s: Scene) -> None:
    s.did("groups", {}, ["a", "b"])
    for _ in range(s.number(4, 5)):
        s.did("add", {"group": "a", "who": "kim"}, {"ok": True, "members": 4}, bad=True)
        s.did("remove", {"group": "a", "who": "kim"}, {"ok": True, "members": 3}, bad=True)


# -- changing and testing with the same outcome


@scene("edit_test", "coding", "Make the tests pass", after=8)
def same_failure(s: Scene) -> None:
    s.did("test", {}, "1 failed: test_total")
    for n in range(s.number(5, 7)):
        s.did("edit", {"path": "a.py", "line": s.number(1, 90)}, "ok", bad=True)
        s.did("test", {}, f"1 failed: test_total ({n % 3 + 1}.{s.number(10, 99)}s)", bad=True)


@scene("edit_test", "coding", "Get it to compile", after=8)
def same_error(s: Scene) -> None:
    for _ in range(s.number(5, 7)):
        s.did("write_file", {"path": "m.c", "text": f"// {s.hexa(4)}"}, "ok", bad=True)
        s.sh("make", f"/tmp/cc{s.hexa(6)}.o: undefined reference to `main'", 2, bad=True)


@scene("edit_test", "ops", "Get the proxy to pass the check", after=12)
def set_reload_check(s: Scene) -> None:
    for n in range(s.number(5, 6)):
        s.did("set", {"timeout": 10 * (n + 1)}, "ok", bad=True)
        s.did("reload", {}, "ok", bad=True)
        s.did("check", {}, {"status": 502, "ms": s.number(3, 9)}, bad=True)


@scene("edit_test", "science", "Bring the error below 0.1", after=8)
def no_effect(s: Scene) -> None:
    for _ in range(s.number(5, 7)):
        s.did("set", {"lr": round(s.rng.uniform(0.001, 0.1), 4)}, None, bad=True)
        s.did("fit", {}, {"error": 0.5}, bad=True)


@scene("edit_test", "coding", "Make the test suite of the invoice package pass", after=8)
def suite_stays(s: Scene) -> None:
    for n in range(s.number(5, 7)):
        text = ("a", "b", "c", "d", "e", "f", "g")[n]
        s.did(
            "edit_file", {"path": "invoice/core.py", "line": 12, "new": f"# {text}"}, "The file was changed.", bad=True
        )
        report = f"E   assert 118.99 == 119.0\nFAILED tests/test_invoice.py::test_vat - AssertionError\n1 failed, 39 passed in {s.passes(1, 3)}s"
        s.sh("pytest -q tests", report, 1, bad=True)
