"""Patient work told in few words that changes something: the same word for each item, small steps, wanted errors."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- batches: another item each time, and each time the same word


@scene("batch", "data", "Write the rows that are missing")
def rows_written(s: Scene) -> None:
    first = s.number(0, 40)
    for n in range(first, first + s.number(12, 20)):
        s.did("write_row", {"row": n}, "ok")


@scene("batch", "data", "Insert all records")
def nothing_returned(s: Scene) -> None:
    for _ in range(s.number(10, 16)):
        s.did("insert", {"id": s.hexa(8), "v": s.number(1, 99)}, None)


@scene("batch", "office", "Archive the old mails")
def archived(s: Scene) -> None:
    ids = sorted(s.rng.sample(range(1000, 9999), s.number(9, 14)))
    s.did("list", {"folder": "old"}, ids)
    for number in ids:
        s.did("archive", {"id": number}, {"status": "ok"})
    s.did("list", {"folder": "old"}, [])


@scene("batch", "coding", "Replace the licence header in every file under src")
def same_edit_everywhere(s: Scene) -> None:
    names = [f"src/{name}.py" for name in s.rng.sample("abcdefghijklmnop", s.number(8, 12))]
    for name in names:
        s.did("edit_file", {"path": name, "old": "# (c) 2024", "new": "# (c) 2026"}, "1 replacement")


@scene("batch", "coding", "Add type hints file by file, lint after each file")
def lint_after_each(s: Scene) -> None:
    """The same check with the same good answer, because something was changed in between."""
    for n in sorted(s.rng.sample(range(50), s.number(6, 9))):
        s.did("write_file", {"path": f"m{n}.py", "text": f"def f{n}(x: int) -> int: ..."}, "ok")
        s.did("run", {"cmd": "lint"}, "All checks passed!")


@scene("batch", "ops", "Upgrade the nodes one at a time, with lock and unlock around each")
def lock_write_unlock(s: Scene) -> None:
    for n in range(s.number(5, 8)):
        s.did("lock", {}, "ok")
        s.did("upgrade", {"node": n}, "ok")
        s.did("unlock", {}, "ok")


@scene("batch", "ops", "Apply the profile to all hosts; applying it again is harmless")
def nothing_to_change(s: Scene) -> None:
    for n in range(s.number(9, 15)):
        s.did("apply", {"host": f"10.0.0.{n + 10}"}, {"changed": 0}, effect="idempotent")


@scene("batch", "ops", "Roll out host by host and check the balancer after every host")
def health_after_each(s: Scene) -> None:
    for n in range(1, s.number(7, 9)):
        s.did("deploy", {"host": f"web{n}"}, "done")
        s.did("http_get", {"url": "http://lb/health"}, "ok")


@scene("batch", "data", "Validate every row of the sheet")
def all_valid(s: Scene) -> None:
    for n in range(1, s.number(14, 22)):
        s.did("validate", {"row": n}, "valid")


@scene("batch", "data", "Empty the work queue")
def pop_and_ack(s: Scene) -> None:
    """The first call never changes its arguments, the second never its answer."""
    first = s.number(100, 900)
    for n in range(first, first + s.number(6, 9)):
        s.did("pop", {}, {"task": n})
        s.did("ack", {"task": n}, True)
    s.did("pop", {}, {"task": None})


@scene("batch", "office", "Send each of them the invitation")
def mails_sent(s: Scene) -> None:
    for name in ["ana", "ben", "cem", "dan", "eva", "fay", "gus", "hal", "ida", "jon"][: s.number(7, 10)]:
        s.did("send", {"to": f"{name}@x.example", "text": "You are invited."}, "sent", effect="irreversible")


@scene("batch", "web", "Fill in and send the form for each person in the list")
def open_fill_send(s: Scene) -> None:
    for n in range(s.number(4, 7)):
        s.did("open", {"url": "/form"}, "ok")
        s.did("fill", {"field": "name", "value": f"Person {n}"}, "ok")
        s.did("click", {"id": "send"}, "ok")


@scene("batch", "coding", "Format these files")
def several_a_thought(s: Scene) -> None:
    """Models ask for several calls in one thought."""
    for n in range(s.number(8, 12)):
        if n % 3:
            s.together()
        s.did("run", {"cmd": f"fmt pkg/f{n}.go"}, "")


@scene("batch", "language", "Translate the strings one by one")
def untranslated_same(s: Scene) -> None:
    for n in range(s.number(8, 13)):
        s.did("put", {"key": f"label.{n}", "value": s.pick("Ja", "Nein", "Gut", "Weiter")}, {"status": "saved"})


@scene("batch", "data", "Load the files; skip what is already loaded")
def flaky_batch(s: Scene) -> None:
    """Every third item fails once and then goes through."""
    for n in range(s.number(7, 10)):
        if n % 3 == 1:
            s.failed("put", {"item": n}, "error: timeout after 30s", "timeout")
        s.did("put", {"item": n}, "ok")


@scene("batch", "money", "Book the receipts; note the ones that are refused and go on")
def some_refused(s: Scene) -> None:
    for n in range(1, s.number(10, 14)):
        if n in (3, 6, 7):
            s.did("book", {"receipt": n}, {"status": "refused", "why": "no VAT number"})
        else:
            s.did("book", {"receipt": n}, {"status": "ok"})


@scene("batch", "web", "Tag the photos")
def quota_falls(s: Scene) -> None:
    for n in range(s.number(8, 12)):
        s.did("tag", {"photo": n}, {"ok": True, "quota_left": 90 - n})


@scene("batch", "office", "Ask the person about each item and keep what they want")
def yes_each_time(s: Scene) -> None:
    for item in ["lamp", "desk", "sofa", "rug", "vase", "bed", "bike"][: s.number(5, 7)]:
        s.did("ask_human", {"question": f"Keep the {item}?"}, "yes")
        s.did("keep", {"item": item}, None)


@scene("batch", "ops", "Remove the 7 stale locks; status says locked as long as one is left")
def locked_until_last(s: Scene) -> None:
    for n in range(7):
        s.did("remove", {"lock": f"{s.hexa(4)}"}, "ok")
        s.did("status", {}, "locked" if n < 6 else "free")


@scene("batch", "ops", "Run the playbook on each host of the inventory")
def playbook(s: Scene) -> None:
    first = s.number(1, 40)
    for n in range(first, first + s.number(6, 9)):
        recap = f"PLAY RECAP ***\nweb{n} : ok=12 changed=0 unreachable=0 failed=0 skipped=2 rescued=0 ignored=0"
        s.sh(
            f"ansible-playbook site.yml --limit web{n}",
            f"PLAY [all] ***\nTASK [Gathering Facts] ***\nok: [web{n}]\n{recap}",
        )


@scene("batch", "office", "Write the letters; read the template before each one, somebody is editing it")
def template_each_time(s: Scene) -> None:
    for name in s.rng.sample(["Ana", "Ben", "Cem", "Dan", "Eva", "Fay", "Gus"], s.number(5, 7)):
        s.did("read_file", {"path": "template"}, "Dear NAME,")
        s.did("write_file", {"path": f"{name}.txt", "text": f"Dear {name},"}, "ok")


@scene("batch", "data", "Copy the parts; renew the lease before every part")
def lease(s: Scene) -> None:
    first = s.number(0, 50)
    for n in range(first, first + s.number(7, 11)):
        s.did("renew", {"lease": "x"}, {"status": "ok"})
        s.did("copy", {"part": n}, {"status": "ok"})


@scene("batch", "coding", "Write the long module piece by piece")
def one_file_many_edits(s: Scene) -> None:
    for n in range(s.number(16, 26)):
        s.did("append", {"path": "big.py", "text": f"def f{n}():\n    return {s.number(1, 99)}\n"}, "ok")


# -- changing and testing: the outcome is another one each time


@scene("edit_test", "coding", "Make the tests pass")
def fewer_failures(s: Scene) -> None:
    for left in (6, 5, 5, 3, 2, 1, 0)[s.number(0, 2) :]:
        s.did("edit", {"path": "a.py", "line": s.number(1, 200)}, "ok")
        s.did("test", {}, f"{left} failed" if left else "passed")


@scene("edit_test", "coding", "Make the tests pass")
def another_failure(s: Scene) -> None:
    """Always one failure, each time in another test."""
    names = ["parse", "sort", "merge", "write", "close", "open"]
    for name in s.rng.sample(names, s.number(4, 6)):
        s.sh("pytest -x -q", f"FAILED test_{name}\n1 failed", 1)
        s.did("edit_file", {"path": f"{name}.py"}, "ok")
    s.sh("pytest -x -q", "all passed")


@scene("edit_test", "coding", "Get it to compile")
def compiles_further(s: Scene) -> None:
    line = 0
    for _ in range(s.number(5, 8)):
        line += s.number(5, 60)
        s.sh("make", f"main.c:{line}: error: missing ';'", 2)
        s.did("edit_file", {"path": "main.c", "line": line}, "ok")
    s.sh("make", "ok")


@scene("edit_test", "science", "Find the parameter with the lowest error, step 0.1")
def sweep(s: Scene) -> None:
    best = s.number(20, 60) / 10
    for n in range(s.number(6, 9)):
        s.did("write_file", {"path": "p.json", "text": f"{n / 10}"}, "ok")
        s.did("run", {"cmd": "python fit.py"}, f"error {abs(n - best) / 10 + 0.2:.2f}")


@scene("edit_test", "ops", "Bring the service up")
def second_cause(s: Scene) -> None:
    for _ in range(2):
        s.did("start", {}, "ok")
        s.did("status", {}, "crashed")
    s.did("logs", {}, f"port {s.number(8000, 8999)} in use")
    s.did("edit", {"key": "port", "value": 9001}, "ok")
    s.did("start", {}, "ok")
    s.did("status", {}, "up")


@scene("edit_test", "coding", "Make the test suite of the invoice package pass")
def suite(s: Scene) -> None:
    failing = ["test_vat", "test_round", "test_due_date", "test_discount", "test_currency"][s.number(0, 1) :]
    while failing:
        shown = "\n".join(f"FAILED tests/test_invoice.py::{name} - AssertionError" for name in failing)
        s.sh("pytest -q tests", f"{shown}\n{len(failing)} failed, {40 - len(failing)} passed in {s.passes(1, 3)}s", 1)
        s.did("edit_file", {"path": "invoice/core.py", "old": failing[0], "new": s.hexa(6)}, "The file was changed.")
        failing = failing[1:]
    s.sh("pytest -q tests", f"40 passed in {s.passes(1, 3)}s")


@scene("edit_test", "data", "Get the report script to run")
def next_traceback(s: Scene) -> None:
    """Always the same form of failure, each time further down."""
    line = 0
    for error in (
        "KeyError: 'name'",
        "TypeError: 'int' is not iterable",
        "KeyError: 'date'",
        "ZeroDivisionError",
        "KeyError: 'sum'",
    ):
        line += s.number(3, 20)
        text = f'Traceback (most recent call last):\n  File "/tmp/run-{s.hexa(6)}/report.py", line {line}, in <module>\n{error}'
        s.sh("python report.py", text, 1)
        s.did("edit_file", {"path": "report.py", "line": line}, "The file was changed.")
    s.sh("python report.py", "total 12")


# -- errors that are the point of it, or no matter


@scene("error_ok", "coding", "Send the malformed inputs one by one; each has to be refused with 400")
def refused_as_wished(s: Scene) -> None:
    for n in range(s.number(7, 11)):
        s.did("http_post", {"url": "/parse", "file": f"bad{n}.json"}, {"status": 400, "request": s.hexa(8)})


@scene("error_ok", "ops", "Verify that a guest is kept out of every admin page")
def kept_out(s: Scene) -> None:
    for name in ["users", "roles", "logs", "keys", "jobs", "mail", "disk", "net"][s.number(0, 3) :]:
        s.failed("http_get", {"url": f"/admin/{name}", "as": "guest"}, "403 forbidden")


@scene("error_ok", "ops", "Delete the temporary tables; those that are gone already are fine")
def gone_already(s: Scene) -> None:
    for n in range(s.number(7, 11)):
        s.did("drop", {"table": f"tmp_{n}"}, s.pick("error: no such table", "error: no such table", "ok"))


@scene("error_ok", "web", "Try the mirrors in the order of the list until one answers")
def mirrors(s: Scene) -> None:
    s.did("read_file", {"path": "mirrors"}, ["m1", "m2", "m3", "m4"])
    for n in range(1, s.number(3, 4)):
        s.failed("http_get", {"url": f"http://m{n}/f"}, "error: timeout after 30s", "timeout")
    s.did("http_get", {"url": "http://m4/f"}, "ok")
    s.did("write_file", {"path": "f"}, "ok")


# -- games, guesses, halving and other small steps


@scene("steps", "games", "Guess the number between 1 and 1000")
def guess(s: Scene) -> None:
    low, high, secret = 1, 1000, s.number(1, 60)
    while True:
        middle = (low + high) // 2
        word = "lower" if middle > secret else "higher" if middle < secret else "yes"
        s.did("guess", {"n": middle}, word)
        if word == "yes":
            break
        low, high = (low, middle - 1) if word == "lower" else (middle + 1, high)


@scene("steps", "coding", "Find the commit that broke the test")
def bisect(s: Scene) -> None:
    s.sh("git bisect start HEAD v1", "")
    for left in (120, 60, 30, 15, 7, 3, 1):
        word = s.pick("bad", "bad", "good")
        s.sh("./check.sh", word)
        s.sh(f"git bisect {word}", f"Bisecting: {left} revisions left ({s.hexa(7)})")


@scene("steps", "games", "Play the person's moves on the board")
def moves(s: Scene) -> None:
    for move in ["e2e4", "g1f3", "f1c4", "e1g1", "d2d4", "c1g5", "b1c3", "h2h3"][: s.number(6, 8)]:
        s.did("move", {"m": move}, "ok")


@scene("steps", "games", "Get out of the maze")
def maze(s: Scene) -> None:
    """Blocked ways are news, too."""
    for n in range(s.number(5, 7)):
        s.did("go", {"way": s.pick("left", "right")}, {"at": [n, 1], "blocked": True})
        s.did("go", {"way": "ahead"}, {"at": [n + 1, 1], "blocked": False})
    s.did("go", {"way": "ahead"}, "out")


@scene("steps", "office", "Plan and do the four chores")
def talk_and_do(s: Scene) -> None:
    """A turn of talk before each call."""
    for name in s.rng.sample(["post", "bank", "shop", "desk", "garden"], 4):
        s.said(s.pick("Next.", "On to the next one.", f"Now {name}."))
        s.did("do", {"chore": name}, "ok")


@scene("steps", "data", "Join the tables and give the top customer")
def short_work(s: Scene) -> None:
    s.did("tables", {}, ["a", "b"])
    s.did("query", {"sql": "select * from a limit 1"}, [[1]])
    s.did("query", {"sql": "select * from b limit 1"}, [[1]])
    s.did("query", {"sql": "select max(a.x) from a join b using (id)"}, [[s.number(10, 99)]])


@scene("steps", "science", "Switch the filter on and off 4 times, measure each time, and compare")
def on_and_off(s: Scene) -> None:
    for n in range(8):
        s.did("set", {"filter": n % 2 == 0}, "ok")
        s.did("measure", {}, round(s.rng.uniform(2, 3) + n % 2, 2))
