"""Workers that ask and get nowhere, told in few words: bland results, and ids, times and counters that mean nothing."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- the same call with the same result


@scene("same_call", "coding", "Fix the bug in a.py", after=3)
def reads_only(s: Scene) -> None:
    s.did("ls", {}, ["a.py"])
    for _ in range(s.number(5, 9)):
        s.did("read_file", {"path": "a.py"}, "x = 1", bad=True)


@scene("same_call", "data", "Find out which customer paid twice", after=3)
def none_each_time(s: Scene) -> None:
    for _ in range(s.number(5, 8)):
        s.did("query", {"id": 7}, None, bad=True)


@scene("same_call", "web", "Order the book", after=3)
def click_ok(s: Scene) -> None:
    s.did("open", {"url": "/book/1"}, "ok")
    s.did("fill", {"field": "count", "value": 1}, "ok")
    for _ in range(s.number(6, 9)):
        s.did("click", {"id": "buy"}, {"status": "ok", "url": "/book/1", "session": s.hexa(10)}, bad=True)


@scene("same_call", "ops", "Free some disk space", after=3)
def disk_look(s: Scene) -> None:
    for _ in range(s.number(6, 10)):
        s.sh("df -h /", "/dev/sda1 40G 40G 0 100% /", bad=True)


@scene("same_call", "office", "Write the letter and print it", after=3)
def saved_again(s: Scene) -> None:
    s.did("read_file", {"path": "notes.txt"}, "Thank her for the cake.")
    for _ in range(s.number(5, 8)):
        s.did("write_file", {"path": "letter.txt", "text": "Dear Ada,"}, {"ok": True, "at": s.stamp()}, bad=True)


@scene("same_call", "games", "Win the game", after=3)
def wall(s: Scene) -> None:
    s.did("go", {"way": "north"}, {"at": [0, 1]})
    first = s.number(2, 40)
    for turn in range(first, first + s.number(5, 9)):
        s.did("go", {"way": "north"}, {"at": [0, 1], "turn": turn}, bad=True)


@scene("same_call", "coding", "Rename the function", after=3)
def listing_twice_a_thought(s: Scene) -> None:
    """Two calls in one thought, and the same two in the next."""
    for _ in range(s.number(4, 6)):
        s.did("ls", {"path": "src"}, ["a.py", "b.py"], bad=True)
        s.together()
        s.did("ls", {"path": "src"}, ["a.py", "b.py"], bad=True)


@scene("same_call", "data", "Summarise the file", after=3)
def key_order(s: Scene) -> None:
    """The same arguments written in another order."""
    for n in range(s.number(6, 8)):
        args = {"path": "d.csv", "rows": 5} if n % 2 else {"rows": 5, "path": "d.csv"}
        s.did("head", args, "a,b\n1,2", bad=True)


@scene("same_call", "web", "Find a photo of the bridge", after=3)
def quota_falls_for_nothing(s: Scene) -> None:
    left = s.number(60, 99)
    for n in range(s.number(5, 8)):
        s.did("photos", {"q": "bridge"}, {"result": None, "quota_left": left - n}, bad=True)


@scene("same_call", "data", "Find the newest of the entries", after=3)
def shuffled(s: Scene) -> None:
    """The same four in another order."""
    ids = ["a1", "b2", "c3", "d4"]
    for _ in range(s.number(6, 8)):
        s.rng.shuffle(ids)
        s.did("search", {"q": "entry"}, list(ids), bad=True)


@scene("same_call", "ops", "Get the nightly job to succeed", after=3)
def already_failed(s: Scene) -> None:
    s.did("run", {"job": "nightly"}, {"id": s.number(10, 99)})
    for _ in range(s.number(5, 8)):
        s.did("poll", {"job": "nightly"}, {"state": "failed", "checked": s.stamp("%H:%M:%S")}, bad=True)


# -- the same thing again, with other calls in between


@scene("between", "coding", "Make test_total pass", after=3)
def test_without_change(s: Scene) -> None:
    for n in range(s.number(5, 7)):
        s.did("run", {"cmd": "pytest -k total"}, "1 failed: test_total", bad=True)
        s.did("read_file", {"path": f"lib/{'abcdefgh'[n]}.py"}, f"def f{n}():\n    return {s.number(1, 99)}")


@scene("between", "web", "Find the price of the lamp", after=3)
def lamp_between(s: Scene) -> None:
    for n in range(s.number(4, 6)):
        s.did("search", {"q": "lamp price"}, ["/lamp"], bad=True)
        for m in range(s.pick(1, 2, 3)):
            s.did("http_get", {"url": f"/about/{n}{m}"}, f"Lamps through the ages, part {4 * n + m}")


@scene("between", "ops", "Find out why the mail is not delivered", after=3)
def queue_between(s: Scene) -> None:
    others = ["uptime", "date", "whoami", "hostname", "id", "uname", "free", "w", "pwd", "env", "ps", "arch"]
    for n in range(s.number(4, 6)):
        s.sh("mailq", "1 message, deferred", bad=True)
        for command in others[2 * n : 2 * n + 2]:
            s.sh(command, f"{command} {s.hexa(5)}")


@scene("between", "data", "Correct the totals", after=3)
def three_between(s: Scene) -> None:
    table = s.pick("t", "u", "v")
    for n in range(s.number(4, 6)):
        s.did("query", {"sql": "select sum(x) from t"}, [[None]], bad=True)
        s.did("query", {"sql": f"select {n}"}, [[n]])
        s.did("columns", {"table": f"{table}{n}"}, ["id", f"c{n}"])
        s.did("count", {"table": f"{table}{n}"}, s.number(10, 900))


@scene("between", "office", "Book the room", after=3)
def booking_between(s: Scene) -> None:
    for day in ["Mon", "Tue", "Wed", "Thu", "Fri"][: s.number(4, 5)]:
        s.did("free", {"room": "B2", "day": day}, True)
        s.failed("book", {"room": "B2"}, f"error {s.number(1000, 9999)}: no permission", bad=True)


@scene("between", "coding", "Find out why the parser drops the last line", after=3)
def looks_round(s: Scene) -> None:
    names = [
        "README.md",
        "LICENSE",
        "setup.cfg",
        "Makefile",
        "NEWS",
        "AUTHORS",
        "tox.ini",
        ".gitignore",
        "py.typed",
        "CI",
    ]
    for n in range(s.number(4, 5)):
        s.did("read_file", {"path": "parser.py"}, "def parse(text):\n    return text.split('\\n')[:-1]", bad=True)
        for name in names[2 * n : 2 * n + 2]:
            s.did("read_file", {"path": name}, f"# {name}\nNothing about parsing is in here.")


@scene("between", "coding", "Find out where the cache is emptied", after=3)
def irregular(s: Scene) -> None:
    """One read again and again, at no fixed distance."""
    looks = iter(s.rng.sample(["util", "main", "view", "sort", "disk", "init", "json", "http", "time", "text"], 8))
    for gap in (1, 0, 2, 1, 3, 0):
        s.did("read_file", {"path": "cache.py"}, "class Cache(dict): ...", bad=True)
        for _ in range(gap):
            name = next(looks)
            s.did("read_file", {"path": f"{name}.py"}, f"def {name}(): ...")


# -- other words, the same question, the same answer


@scene("respelled", "coding", "Find where the retry limit is set", after=4)
def grep_no_hit(s: Scene) -> None:
    words = ["retry limit", "retry_limit", "retryLimit", "RETRY_LIMIT", "limit retry", "retries limit", "retry.limit"]
    for word in words[: s.number(6, 7)]:
        s.did("grep", {"pattern": word}, "", bad=True)


@scene("respelled", "web", "Find the opening hours", after=4)
def same_hits(s: Scene) -> None:
    for q in (
        "opening hours",
        "hours opening",
        "Opening Hours",
        "opening  hours?",
        "the opening hours",
        "hours of opening",
    ):
        s.did("search", {"q": q}, [{"id": 12, "took": s.number(1, 90)}], bad=True)


@scene("respelled", "ops", "Find the failing cron job", after=4)
def spelled_commands(s: Scene) -> None:
    for command in ("grep fail cron.log", "cat cron.log | grep fail", "grep -i fail cron.log", "grep 'fail' ./cron.log",
                    "grep -n fail cron.log", "egrep fail cron.log", "grep -w fail cron.log")[s.number(0, 1) :]:  # fmt: skip
        s.sh(command, "", bad=True)


@scene("respelled", "office", "Find Ms Okafor's phone number", after=4)
def contacts(s: Scene) -> None:
    for name in ("Okafor", "okafor", "Ms Okafor", "OKAFOR", "Okafor, Ms", "Mrs Okafor", "Okafor M")[: s.number(6, 7)]:
        s.did("find", {"name": name}, {"count": 0, "items": []}, bad=True)


@scene("respelled", "coding", "Read the settings", after=4)
def path_spellings(s: Scene) -> None:
    paths = ["conf.yml", "./conf.yml", "/app/conf.yml", "../app/conf.yml", "app/conf.yml", "conf.yaml", "./conf.yaml"]
    for path in s.rng.sample(paths, s.number(6, 7)):
        s.failed("read_file", {"path": path}, f"no such file: {path}", bad=True)


@scene("respelled", "data", "How many orders came from Peru?", after=4)
def zero_rows(s: Scene) -> None:
    spelled = ["c='Peru'", "c='PERU'", "c='peru'", "c like 'Peru%'", "lower(c)='peru'", "trim(c)='Peru'"]
    for where in s.rng.sample(spelled, 6):
        s.did("query", {"where": where}, 0, bad=True)


@scene("respelled", "web", "Find the author of the poem", after=4)
def echoed(s: Scene) -> None:
    """The answer repeats the question."""
    for q in ("poem author", "author poem", "who wrote the poem", "poem writer", "the poem's author", "poem by whom"):
        s.did("search", {"q": q}, f"no results for '{q}' ({s.number(3, 60)} ms)", bad=True)


@scene("respelled", "office", "Ask which colour the person wants", after=4)
def asks_in_other_words(s: Scene) -> None:
    said = [
        "Which colour?",
        "What colour?",
        "Colour?",
        "Which colour would you like?",
        "So which colour?",
        "The colour?",
    ]
    for q in s.rng.sample(said, 6):
        s.did("ask_human", {"question": q}, "I do not know.", bad=True)


@scene("respelled", "web", "Find the manual of the P-200", after=8)
def search_and_fetch(s: Scene) -> None:
    """Searches and guessed addresses in turn, new ones each time, and nothing at any of them."""
    words = [
        "P-200 manual",
        "manual P200",
        "P 200 handbook",
        "P-200 pdf",
        "P-200 instructions",
        "P200 guide",
        "P-200 help",
    ]
    for n, q in enumerate(s.rng.sample(words, s.number(6, 7))):
        s.did("search", {"q": q}, [], bad=True)
        s.did("http_get", {"url": f"/p200/{s.pick('manual', 'doc', 'guide')}-{n}"}, 404, bad=True)


# -- other arguments, the same answer


@scene("same_answer", "web", "Fetch all pages", after=4)
def page_argument_ignored(s: Scene) -> None:
    for n in range(1, s.number(7, 10)):
        s.did("http_get", {"url": "/items", "page": n}, {"page": 1, "items": [1, 2, 3]}, bad=True)


@scene("same_answer", "data", "Walk the cursor to the end", after=3)
def cursor_circles(s: Scene) -> None:
    s.did("next", {"cursor": ""}, {"rows": 100, "cursor": "c1"})
    for _ in range(s.number(5, 8)):
        s.did("next", {"cursor": "c1"}, {"rows": 100, "cursor": "c1"}, bad=True)


@scene("same_answer", "web", "Collect the reviews of the ten products", after=4)
def sign_in_wall(s: Scene) -> None:
    for n in range(s.number(6, 9)):
        s.did("open", {"url": f"/product/{n}/reviews"}, "Please sign in", bad=True)


@scene("same_answer", "coding", "Show what the function does", after=4)
def other_lines(s: Scene) -> None:
    """The reader ignores what lines it is asked for."""
    step = s.pick(50, 100, 120, 200)
    for n in range(s.number(6, 9)):
        s.did("read_file", {"path": "big.py", "from": n * step}, "# first line of big.py", bad=True)


@scene("same_answer", "money", "Get the exchange rate of the day", after=4)
def stale_rate(s: Scene) -> None:
    for n in range(1, s.number(7, 9)):
        s.did("rate", {"pair": "EURUSD", "try": n}, {"error": "no data", "request": s.hexa(8)}, bad=True)


@scene("same_answer", "travel", "Find a train that runs on Sunday", after=4)
def no_connection(s: Scene) -> None:
    for hour in range(s.number(4, 8), s.number(14, 16)):
        s.did("trains", {"day": "Sunday", "hour": hour}, "error: the timetable is down", bad=True)


@scene("same_answer", "data", "Write the rows", after=4)
def nothing_is_written(s: Scene) -> None:
    for n in range(s.number(7, 12)):
        s.did("write_row", {"row": n}, "error: read-only", bad=True)


@scene("same_answer", "coding", "Replace the old call", after=4)
def no_replacement(s: Scene) -> None:
    for old in ("foo()", "foo( )", "foo ()", "x.foo()", "self.foo()", "foo(", "foo")[s.number(0, 1) :]:
        s.did("edit_file", {"path": "a.py", "old": old, "new": "bar()"}, "0 replacements", bad=True)


@scene("same_answer", "data", "Read the whole table", after=4)
def past_the_end(s: Scene) -> None:
    for n in range(3):
        s.did("query", {"offset": n * 50}, {"rows": 50 if n < 2 else s.number(1, 49)})
    for n in range(3, 3 + s.number(6, 9)):
        s.did("query", {"offset": n * 50}, {"rows": 0}, bad=True)


@scene("same_answer", "web", "Open the latest report", after=4)
def addresses_guessed(s: Scene) -> None:
    names = ["latest", "newest", "last", "current", "today", "final", "recent", "new"]
    for name in s.rng.sample(names, s.number(6, 8)):
        s.did("http_get", {"url": f"/report/{name}"}, {"status": 404, "request": s.hexa(8)}, bad=True)


@scene("same_answer", "office", "Open the safe file; the person knows the pin", after=4)
def pins(s: Scene) -> None:
    for _ in range(s.number(6, 10)):
        s.did("unlock", {"pin": f"{s.number(0, 9999):04}"}, "wrong pin", bad=True)


@scene("same_answer", "web", "Collect the name and price of every product in the shop", after=4)
def page_one_for_ever(s: Scene) -> None:
    items = "\n".join(f"* Lamp {n}: {s.number(10, 99)}.00 EUR [add to cart]" for n in range(3))
    for page in range(2, s.number(8, 11)):
        text = f"Home | Lamps | Help | Cart (0)\n{items}\nPage 1 of 9. Rendered in {s.number(9, 60)} ms."
        s.did("http_get", {"url": f"https://lamps.example/list?page={page}"}, text, effect="read_only", bad=True)


# -- tools that are not there


@scene("unknown_tool", "web", "Find the capital of Chad", after=2)
def one_name(s: Scene) -> None:
    for _ in range(s.number(4, 6)):
        s.failed("web_search", {"q": "capital of Chad"}, "no tool named web_search", "missing_tool", bad=True)


@scene("unknown_tool", "office", "Send the note", after=2)
def many_names(s: Scene) -> None:
    s.did("read_file", {"path": "note"}, "hi")
    for name in ["send_mail", "mail", "email", "send_email", "smtp", "notify"][: s.number(4, 6)]:
        s.failed(name, {"text": "hi"}, f"unknown tool: {name}", "missing_tool", bad=True)


@scene("unknown_tool", "data", "Draw the chart", after=2)
def real_ones_between(s: Scene) -> None:
    for n in range(s.number(3, 5)):
        value = s.number(1, 99)
        s.did("query", {"n": n}, [[value]])
        s.failed("plot", {"n": value}, "Tool not found", "missing_tool", bad=True)


@scene("unknown_tool", "coding", "Run the linter", after=2)
def told_what_there_is(s: Scene) -> None:
    for name in ("lint", "linter", "run_lint", "flake8", "ruff")[: s.number(4, 5)]:
        s.failed(name, {}, f"no tool {name}; there are: read_file, run", "missing_tool", bad=True)


# -- talk, and no action


@scene("talk", "coding", "Fix the bug", after=3)
def going_to(s: Scene) -> None:
    s.did("read_file", {"path": "a.py"}, "x = 1")
    said = ["I will fix it now.", "Let me fix it.", "Now I fix the bug.", "I am going to fix it.", "Fixing it now."]
    for text in s.rng.sample(said, 5):
        s.said(text, bad=True)


@scene("talk", "data", "Count the rows", after=3)
def same_words(s: Scene) -> None:
    for _ in range(s.number(5, 8)):
        s.said("ok", bad=True)


@scene("talk", "office", "Draft the reply", after=3)
def no_words(s: Scene) -> None:
    s.did("read", {"mail": 3}, "When do you come?")
    for _ in range(s.number(5, 7)):
        s.said("", bad=True)


@scene("talk", "science", "Compute the mean", after=3)
def long_thoughts(s: Scene) -> None:
    said = ["A mean needs a sum and a count.", "One could also take the median.", "Outliers matter for a mean."]
    said += ["There are three kinds of mean.", "First one should think about units.", "Then about precision."]
    for text in s.rng.sample(said, 6):
        s.said(text, bad=True)


# -- waiting for what does not move


@scene("frozen", "ops", "Wait for job 7 to finish", after=6)
def frozen_word(s: Scene) -> None:
    for _ in range(s.number(10, 14)):
        s.did("poll", {"job": 7}, "running", bad=True)


@scene("frozen", "data", "Wait until the import is complete", after=6)
def clock_only(s: Scene) -> None:
    """Time passes and nothing else."""
    elapsed = 100
    for _ in range(s.number(10, 14)):
        elapsed += s.number(5, 12)
        s.did("status", {}, {"state": "running", "rows": 1200, "elapsed_s": elapsed, "ts": s.stamp()}, bad=True)


@scene("frozen", "coding", "Wait for the build and fetch the artifact", after=6)
def half_way(s: Scene) -> None:
    for done in (10, 25, 40):
        s.did("status", {"build": 3}, f"{done}%")
    for _ in range(s.number(9, 12)):
        s.did("status", {"build": 3}, "41%", bad=True)


@scene("frozen", "ops", "Wait for the node to be ready", after=6)
def sleeps_between(s: Scene) -> None:
    for _ in range(s.number(9, 12)):
        s.did("sleep", {"seconds": 5}, None)
        s.did("node", {}, {"ready": False, "request_id": s.uuid()}, bad=True)


@scene("frozen", "ops", "Wait until the service is healthy", after=6)
def latency_only(s: Scene) -> None:
    s.did("start", {}, "ok")
    for _ in range(s.number(10, 13)):
        s.did("health", {}, {"healthy": False, "latency_ms": s.number(8, 19)}, bad=True)


@scene("frozen", "data", "Get a place in line and start the run", after=6)
def line_stands(s: Scene) -> None:
    ticket = s.hexa(6)
    for _ in range(s.number(10, 13)):
        s.did("queue", {"ticket": ticket}, {"position": 12, "eta": f"{s.number(8, 12)} min", "id": s.hexa(8)}, bad=True)


@scene("frozen", "ops", "Roll out the new image and wait until all pods run it", after=6)
def pods_pend(s: Scene) -> None:
    names = [f"web-7c9f-{s.hexa(5)}" for _ in range(3)]
    for minute in range(4, 4 + s.number(10, 13)):
        lines = [f"{name}   0/1     ImagePullBackOff   0   {minute}m" for name in names]
        text = "\n".join(["NAME             READY   STATUS             RESTARTS   AGE", *lines])
        s.sh("kubectl get pods -l app=web", text, bad=True)


@scene("frozen", "data", "Wait until the index is built", after=6)
def trembles(s: Scene) -> None:
    """It goes up and down a little, and nowhere."""
    for done in (12, 26, 39):
        s.did("status", {}, {"state": "running", "pct": done, "ts": s.stamp("%H:%M:%S")})
    for n in range(s.number(12, 15)):
        s.did("status", {}, {"state": "running", "pct": 40 + n % 2, "ts": s.stamp("%H:%M:%S")}, bad=True)


# -- sound work first, then nothing more


@scene("late", "data", "Write the 20 rows and check the sum", after=3)
def after_a_batch(s: Scene) -> None:
    for n in range(1, s.number(12, 16)):
        s.did("write_row", {"row": n}, "ok")
    for _ in range(s.number(5, 7)):
        s.did("sum", {}, "error: locked", bad=True)


@scene("late", "web", "Fetch all pages and send the list", after=3)
def after_paging(s: Scene) -> None:
    for n in range(1, s.number(8, 12)):
        s.did("http_get", {"url": f"/items?page={n}"}, f"page {n}")
    for _ in range(s.number(5, 7)):
        s.did("http_get", {"url": "/items?page=1"}, "page 1", bad=True)


@scene("late", "coding", "Make the tests pass", after=8)
def last_one_stays(s: Scene) -> None:
    for left in (5, 3, 2):
        s.did("edit", {"line": s.number(1, 99)}, "ok")
        s.did("test", {}, f"{left} failed")
    s.did("edit", {"line": s.number(1, 99)}, "ok")
    s.did("test", {}, "1 failed")
    for _ in range(s.number(5, 7)):
        s.did("edit", {"line": s.number(1, 99)}, "ok", bad=True)
        s.did("test", {}, "1 failed", bad=True)


@scene("late", "office", "Archive the old mails, then report how many", after=5)
def counts_in_turn(s: Scene) -> None:
    ids = list(range(300, 300 + s.number(6, 9)))
    for number in ids:
        s.did("archive", {"id": number}, {"status": "ok"})
    for _ in range(s.number(4, 6)):
        s.did("list", {"folder": "old"}, [], bad=True)
        s.did("list", {"folder": "archive"}, ids, bad=True)
