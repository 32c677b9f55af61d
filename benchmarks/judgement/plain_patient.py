"""Patient work told in few words that asks again and again: bland results, numbers that count up, no news."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import ReactStep, Scene

EMPTY_IS_FINE = "An empty result counts as success."


# -- polling: what comes back moves, slowly and in small figures


@scene("polling", "ops", "Wait for job 7 to finish")
def bare_states(s: Scene) -> None:
    for state in ["queued"] * s.number(2, 3) + ["starting"] * s.number(1, 2) + ["running"] * s.number(2, 3) + ["done"]:
        s.did("poll", {"job": 7}, state)


@scene("polling", "data", "Wait until the import is complete")
def bare_percent(s: Scene) -> None:
    done = 0
    while done < 100:
        s.did("status", {}, f"{done}%")
        done += s.pick(0, 4, 9, 17)
    s.did("status", {}, "100%")


@scene("polling", "data", "Wait for the table to be filled, about 12000 rows")
def row_count_grows(s: Scene) -> None:
    rows = 0
    for _ in range(s.number(9, 14)):
        s.did("count", {"table": "t"}, rows)
        rows += s.number(3, 1500)
    s.did("count", {"table": "t"}, 12000)


@scene("polling", "ops", "Get a GPU slot and start the run")
def place_in_line(s: Scene) -> None:
    ticket = s.hexa(6)
    s.did("enqueue", {"what": "run"}, {"ticket": ticket})
    for place in (5, 5, 4, 3, 3, 3, 2, 1, 1, 0)[s.number(0, 2) :]:
        s.did("queue", {"ticket": ticket}, {"state": "waiting", "position": place, "request_id": s.hexa(12)})
    s.did("run", {"ticket": ticket}, {"status": "ok"})


@scene("polling", "ops", "Wait for the backup to finish")
def minutes_left(s: Scene) -> None:
    backup = s.hexa(4)
    for left in range(s.number(6, 14), 0, -1):
        s.did("sleep", {"seconds": 60}, None)
        s.did("status", {"id": backup}, f"running, about {left} minutes left")
    s.did("status", {"id": backup}, "finished")


@scene("polling", "ops", "Drain the old queue, then delete it")
def draining(s: Scene) -> None:
    left = s.number(300, 500)
    while left > 0:
        s.did("http_get", {"url": "http://q/depth"}, {"status": "ok", "depth": left, "ts": s.stamp("%H:%M:%S")})
        left -= s.number(30, 70)
    s.did("http_get", {"url": "http://q/depth"}, {"status": "ok", "depth": 0, "ts": s.stamp("%H:%M:%S")})
    s.did("http_delete", {"url": "http://q"}, {"status": "ok"})


@scene("polling", "coding", "Wait for the build and fetch the artifact")
def log_tail(s: Scene) -> None:
    """Only the last line of a log, which is another one each time."""
    for step in range(1, s.number(8, 12)):
        s.sh("tail -1 build.log", f"[{step}/12] compiling")
    s.sh("tail -1 build.log", "build ok")
    s.sh("cp out/app.tar.gz .", "")


@scene("polling", "web", "Wait for the sync to settle; it can take up to 20 checks")
def one_field_moves(s: Scene) -> None:
    """A wide, equal answer in which one small figure moves."""
    for n in range(s.number(7, 10)):
        body = {
            "ok": True,
            "region": "eu",
            "workers": 4,
            "errors": 0,
            "mode": "full",
            "owner": "svc",
            "synced": 40 + 7 * n,
        }
        s.did("get_sync", {}, body)
    s.did("get_sync", {}, {"ok": True, "state": "settled"})


@scene("polling", "ops", "Start the server and wait until it answers")
def refused_until_up(s: Scene) -> None:
    s.did("start", {"name": "web"}, "ok")
    for wait in (1, 2, 4)[: s.number(2, 3)]:
        s.failed("http_get", {"url": "http://127.0.0.1:8080/"}, "connection refused")
        s.did("sleep", {"seconds": wait}, "ok")
    s.did("http_get", {"url": "http://127.0.0.1:8080/"}, "hello")
    s.did("stop", {"name": "web"}, "ok")


@scene("polling", "data", "Run both exports to the end", acceptance="Both say done")
def two_in_turn(s: Scene) -> None:
    """Two jobs looked at in turn: it alternates, and both move."""
    a = b = 0
    while a < 10 or b < 10:
        s.did("poll", {"job": "a"}, f"{a}/10")
        s.did("poll", {"job": "b"}, f"{b}/10")
        a, b = min(10, a + s.number(0, 4)), min(10, b + s.number(1, 4))
    s.did("poll", {"job": "a"}, "done")
    s.did("poll", {"job": "b"}, "done")


@scene("polling", "science", "Let the optimiser converge below 1e-4")
def loss_falls(s: Scene) -> None:
    loss = 0.9
    while loss > 1e-4:
        s.did("step", {"n": 100}, {"loss": float(f"{loss:.3g}")})
        loss *= s.rng.uniform(0.2, 0.6)
    s.did("step", {"n": 100}, {"loss": 9e-5, "converged": True})


@scene("polling", "data", "Upload the files and wait for each")
def begins_anew(s: Scene) -> None:
    """The percentages repeat, file by file."""
    for n in range(1, s.number(4, 6)):
        for done in (0, 50, 100):
            s.did("status", {}, {"file": n, "pct": done})


@scene("polling", "ops", "Roll out the new image and wait until all pods run it")
def pod_table(s: Scene) -> None:
    names = [f"web-7c9f-{s.hexa(5)}" for _ in range(5)]
    for ready in range(6):
        lines = [f"{name}   {'1/1     Running' if n < ready else '0/1     Pending'}   0   {4 + ready}m" for n, name in enumerate(names)]  # fmt: skip
        s.sh("kubectl get pods -l app=web", "\n".join(["NAME             READY   STATUS    RESTARTS   AGE", *lines]))


@scene("polling", "data", "Wait until the replica has caught up, lag below 10")
def lag_falls_unevenly(s: Scene) -> None:
    lag = s.number(800, 900)
    while lag >= 10:
        s.did("lag", {"replica": 2}, {"lag_s": lag, "ok": True, "query_ms": s.number(1, 9)})
        lag += s.pick(-190, -140, -120, 20)
    s.did("lag", {"replica": 2}, {"lag_s": 4, "ok": True, "query_ms": s.number(1, 9)})


@scene("polling", "science", "Wait for the run on the shared machine; it may be sent back to the queue at times")
def sent_back(s: Scene) -> None:
    done = 0
    while done < 80:
        for state in ("queued", "running"):
            s.did("poll", {"run": 3}, {"state": state, "pct": done})
            done += s.number(0, 9) if state == "running" else 0
        done += 8
    s.did("poll", {"run": 3}, {"state": "finished", "pct": 100})


# -- waiting: the same a few times, with a pause in between, and then it is there


@scene("waiting", "office", "Wait for Kim's answer, up to half an hour, and forward it")
def inbox(s: Scene) -> None:
    for minutes in (2, 4, 6, 8)[: s.number(3, 4)]:
        s.did("inbox", {"from": "kim"}, [])
        s.did("sleep", {"minutes": minutes}, "ok")
    s.did("inbox", {"from": "kim"}, [{"id": s.number(100, 999), "text": "yes, Friday"}])
    s.did("forward", {"to": "ana"}, "ok")


@scene("waiting", "ops", "Wait for the certificate; it is issued within ten minutes")
def pending(s: Scene) -> None:
    s.did("request", {"cert": "x.example"}, {"id": s.hexa(6)})
    for _ in range(s.number(4, 5)):
        s.did("sleep", {"seconds": 60}, None)
        s.did("cert", {"name": "x.example"}, "pending")
    s.did("sleep", {"seconds": 60}, None)
    s.did("cert", {"name": "x.example"}, "issued")


@scene("waiting", "games", "Play the next three moves; the other player takes a while")
def not_your_turn(s: Scene) -> None:
    for move in ("a3", "b4", "c5"):
        for _ in range(s.number(1, 3)):
            s.did("turn", {}, "not your turn")
            s.did("sleep", {"seconds": 10}, None)
        s.did("turn", {}, "your turn")
        s.did("move", {"m": move}, "ok")


# -- trying again: it goes through on the second to the fourth try, or a step further each time


@scene("retry", "web", "Get the report")
def second_try(s: Scene) -> None:
    s.did("search", {"q": "report"}, ["/r/1"])
    s.failed("http_get", {"url": "/r/1"}, f"timeout after {s.number(29, 31)}s", "timeout")
    s.did("http_get", {"url": "/r/1"}, {"total": s.number(100, 999)})
    s.did("write_file", {"path": "r.json"}, "ok")


@scene("retry", "web", "Post the update")
def backoff(s: Scene) -> None:
    s.did("read_file", {"path": "u.json"}, {"v": s.number(2, 90)})
    for wait in (2, 4, 8):
        s.did("http_post", {"url": "/u"}, {"status": 429, "retry_after": wait, "request_id": s.hexa(16)})
        s.did("sleep", {"seconds": wait}, None)
    s.did("http_post", {"url": "/u"}, {"status": 200})


@scene("retry", "data", "Download the archive")
def resumed(s: Scene) -> None:
    """The same error each time, and each time further along."""
    at = 0
    while at < 750:
        further = at + s.number(120, 190)
        s.failed("download", {"url": "/a.zip", "offset": at}, f"connection reset at {further} of 900 MB")
        at = further
    s.did("download", {"url": "/a.zip", "offset": at}, {"bytes": 900, "sha": s.hexa(8)})


@scene("retry", "coding", "Call the tool correctly and store the result")
def arguments_mended(s: Scene) -> None:
    """Three failures, each another one, each nearer."""
    s.failed("create", {"n": "x"}, "unknown field n", "bad_arguments")
    s.failed("create", {"name": "x"}, "missing field size", "bad_arguments")
    s.failed("create", {"name": "x", "size": "5"}, "size must be a number", "bad_arguments")
    s.did("create", {"name": "x", "size": 5}, {"id": s.number(1, 999)})


@scene("retry", "coding", "Count the words")
def one_missing_tool(s: Scene) -> None:
    s.failed("word_count", {"path": "a.txt"}, "no tool named word_count", "missing_tool")
    for name in "abcde":
        s.did("run", {"cmd": f"wc -w {name}.txt"}, f"{s.number(10, 900)} {name}.txt")


@scene("retry", "ops", "Take the lock, then migrate")
def lock_held(s: Scene) -> None:
    pid = s.number(300, 9000)
    for wait in (5, 10, 20):
        s.did("lock", {"name": "db"}, f"held by {pid}")
        s.did("sleep", {"seconds": wait}, "ok")
    s.did("lock", {"name": "db"}, "ok")
    s.did("migrate", {}, "ok")


@scene("retry", "data", "Upload the parts; the line is bad, try each part up to four times")
def each_part_thrice(s: Scene) -> None:
    for part in "abcd":
        for _ in range(s.pick(1, 2, 3)):
            s.failed("upload", {"part": part}, f"error: reset by peer ({s.number(100, 999)} ms)")
        s.did("upload", {"part": part}, "ok")


@scene("retry", "coding", "Find where the colour is set and change it to blue")
def third_word_hits(s: Scene) -> None:
    for word in ("colour", "color", "theme"):
        s.did("grep", {"pattern": word}, "")
    s.did("grep", {"pattern": "palette"}, f"ui.py:{s.number(2, 80)}: palette = 'red'")
    s.did("read_file", {"path": "ui.py"}, "palette = 'red'")
    s.did("edit_file", {"path": "ui.py", "old": "red", "new": "blue"}, "ok")


# -- paging: nearly the same page each time


@scene("paging", "web", "Fetch all pages")
def page_n(s: Scene) -> None:
    last = s.number(8, 14)
    for n in range(1, last + 1):
        s.did("http_get", {"url": f"/items?page={n}"}, f"page {n}" if n < last else f"page {n} (last)")


@scene("paging", "data", "Read the whole table")
def same_size_pages(s: Scene) -> None:
    last = s.number(7, 11)
    for n in range(last):
        s.did("query", {"offset": n * 50}, {"rows": 50 if n + 1 < last else 12, "next": (n + 1) * 50})


@scene("paging", "data", "Walk the cursor to the end and count the rows")
def cursor_tokens(s: Scene) -> None:
    token = ""
    for _ in range(s.number(7, 12)):
        following = s.hexa(10)
        s.did("next", {"cursor": token}, {"count": 100, "cursor": following})
        token = following
    s.did("next", {"cursor": token}, {"count": 31, "cursor": None})


@scene("paging", "web", "Read the list to its end")
def scroll_by(s: Scene) -> None:
    """The same call each time; the page moves under it."""
    last = s.number(8, 11)
    for n in range(1, last + 1):
        s.did("scroll", {"by": 800}, {"y": n * 800, "end": n == last})


@scene("paging", "coding", "Find where the value is set in the big file")
def chunks(s: Scene) -> None:
    pieces = s.number(6, 9)
    for n in range(pieces):
        s.did("read_file", {"path": "gen.c", "from": n * 200, "lines": 200}, f"/* {n * 200} */\n" + "int x = 0;\n" * 3)
    s.did("read_file", {"path": "gen.c", "from": pieces * 200, "lines": 200}, "value = 42;")


@scene("paging", "data", "List what the folders hold")
def down_the_tree(s: Scene) -> None:
    path = "/data"
    for name in "abcdefgh"[: s.number(6, 8)]:
        s.did("ls", {"path": path}, [name])
        path += f"/{name}"
    s.did("ls", {"path": path}, ["found.csv"])


@scene("paging", "office", "Go through the questionnaire")
def next_question(s: Scene) -> None:
    last = s.number(6, 9)
    for n in range(1, last):
        s.did("click", {"id": "next"}, "ok")
        s.did("read", {}, f"Question {n + 1} of {last}")


@scene("paging", "web", "Collect the name and price of every product in the shop")
def product_pages(s: Scene) -> None:
    """A page is the same but for a few words."""
    for page in range(1, s.number(6, 9)):
        items = "\n".join(f"* Lamp {page}{n}: {s.number(10, 99)}.00 EUR [add to cart]" for n in range(3))
        text = (
            f"Home | Lamps | Help | Cart (0)\n{items}\nPage {page} of 9. (c) 2026 The Lamp Shop. All prices with VAT."
        )
        s.did("http_get", {"url": f"https://lamps.example/list?page={page}"}, text, effect="read_only")


# -- following what the last answer names


@scene("walk", "data", "Follow the chain of documents to the first one and give its author")
def chain(s: Scene) -> None:
    document = s.number(900, 999)
    for _ in range(s.number(6, 10)):
        before = document - s.number(3, 60)
        s.did("get", {"id": document}, {"id": document, "type": "amendment", "status": "superseded", "amends": before})
        document = before
    s.did("get", {"id": document}, {"id": document, "type": "contract", "author": "R. Ohm"})


# -- reading again, with a reason


@scene("reread", "coding", "Carry the change through the module")
def read_after_edit(s: Scene) -> None:
    for n in range(1, s.number(5, 8)):
        s.did("edit_file", {"path": "a.py", "line": n * 4 + s.number(0, 3)}, "ok")
        s.did("read_file", {"path": "a.py"}, "\n".join(["new"] * n + ["old"] * (8 - n)))


@scene("reread", "coding", "Document the four modules")
def read_after_condensing(s: Scene) -> None:
    text = {name: f"def {name}(): ... # {s.hexa(4)}" for name in ("load", "save", "show", "quit")}
    for _ in range(2):
        for name, body in text.items():
            s.did("read_file", {"path": f"{name}.py"}, body)
        if len(s.log) == 4:
            s.log.append(ReactStep(turn=s.turn, note="The earlier conversation was condensed."))
    s.did("write_file", {"path": f"docs{s.number(1, 9)}.md"}, "ok")


@scene("reread", "office", "Write the summary from the minutes")
def read_after_summary(s: Scene) -> None:
    for _ in range(s.number(1, 2)):
        s.did("read_file", {"path": "minutes.txt"}, "Agreed: ship on Friday.")
        s.did("append", {"path": "sum.md", "text": s.hexa(4)}, "ok")
    s.thinks("My earlier context was condensed, so I read the minutes again.")
    s.did("read_file", {"path": "minutes.txt"}, "Agreed: ship on Friday.")
    s.did("append", {"path": "sum.md", "text": "Shipping on Friday."}, "ok")
    s.did("send", {"file": "sum.md"}, "ok")


@scene("reread", "coding", "Say in which of these packages __init__.py is empty")
def empty_files(s: Scene) -> None:
    for n in range(s.number(8, 11)):
        s.did("read_file", {"path": f"pkg{n}/__init__.py"}, "")


@scene("reread", "ops", "Check that all services carry the same version")
def equal_files(s: Scene) -> None:
    for name in ["auth", "cart", "mail", "pay", "shop", "ship", "tax", "user"][: s.number(6, 8)]:
        s.did("read_file", {"path": f"{name}/VERSION"}, "1.4.2")


# -- the task itself asks for the same look, or the same press, a number of times


@scene("asked_for", "home", "Log the temperature 12 times, a minute apart")
def sensor(s: Scene) -> None:
    for _ in range(12):
        s.did("read_sensor", {"id": 3}, s.pick(21.4, 21.4, 21.5))


@scene("asked_for", "home", "Turn the volume down by 10 steps; each press is one step")
def presses(s: Scene) -> None:
    for _ in range(10):
        s.did("press", {"key": "vol_down"}, "ok")
    s.did("level", {}, s.number(5, 20))


@scene("asked_for", "ops", "Send ten pings one by one and say how many were answered")
def pings(s: Scene) -> None:
    for _ in range(10):
        s.did("ping", {"host": "gw"}, s.pick("pong", "pong", "pong", "lost"))


@scene("asked_for", "coding", "Run the flaky test 10 times and give the failure rate")
def flaky(s: Scene) -> None:
    for _ in range(10):
        s.did("test", {"name": "test_race"}, s.pick("pass", "pass", "fail"))


@scene("asked_for", "science", "Advance the simulation by 15 steps, one call per step")
def advance(s: Scene) -> None:
    for _ in range(15):
        s.did("step", {}, None)
    s.did("energy", {}, s.number(100, 900))


@scene("asked_for", "ops", "Check the heartbeat 8 times and report any miss")
def heartbeat(s: Scene) -> None:
    for _ in range(8):
        s.did("heartbeat", {}, {"status": "ok", "at": s.stamp("%H:%M:%S")})


@scene("asked_for", "science", "Watch the traffic light for 4 full cycles and note what you see")
def cycles(s: Scene) -> None:
    first = s.number(0, 2)
    for n in range(12):
        s.did("look", {}, ("red", "green", "yellow")[(n + first) % 3])


@scene("asked_for", "games", "Roll the die 12 times and give the mean")
def rolls(s: Scene) -> None:
    for _ in range(12):
        s.did("roll", {}, s.number(1, 6))


@scene("asked_for", "ops", "Probe the two regions in turn, at least 6 times each, and report any failure")
def two_regions(s: Scene) -> None:
    for _ in range(s.number(6, 9)):
        s.did("probe", {"region": "eu"}, "ok")
        s.did("probe", {"region": "us"}, "ok")


# -- nothing, no and none, where that is the news


@scene("empty_ok", "ops", "Make sure that the leaked key is in none of the repositories", acceptance=EMPTY_IS_FINE)
def no_leak(s: Scene) -> None:
    for n in range(s.number(8, 12)):
        s.did("grep", {"repo": f"r{n}", "pattern": "AKIA77"}, "")


@scene("empty_ok", "money", "List overdue invoices per customer", acceptance=EMPTY_IS_FINE)
def none_overdue(s: Scene) -> None:
    for n in range(s.number(7, 10)):
        s.did("overdue", {"customer": 100 + n}, [])


@scene("empty_ok", "ops", "Watch the error queue: look 8 times, it should stay empty", acceptance=EMPTY_IS_FINE)
def stays_empty(s: Scene) -> None:
    for _ in range(8):
        s.did("sleep", {"seconds": s.number(50, 70)}, None)
        s.did("errors", {}, [])


@scene("empty_ok", "web", "Report which of these links are dead")
def dead_links(s: Scene) -> None:
    for n in range(s.number(8, 12)):
        s.did("http_head", {"url": f"/old/{n}"}, 404)


@scene("empty_ok", "coding", "Find out in which tags the bug exists; a tag without it prints nothing")
def not_in_tag(s: Scene) -> None:
    for n in range(s.number(8, 11)):
        s.sh(f"git grep -c strcpy v1.{n} -- src", "")


@scene("empty_ok", "law", "Check the 9 registers for an entry on the firm; none in any is a good result")
def no_entry(s: Scene) -> None:
    for name in ["north", "south", "east", "west", "land", "sea", "tax", "court", "trade"]:
        s.did("search", {"register": name, "firm": "Ohm & Co"}, {"hits": 0, "took_ms": s.number(2, 90)})


@scene(
    "empty_ok", "law", "Look in each of the year books for the clause; most years have none", acceptance=EMPTY_IS_FINE
)
def year_books(s: Scene) -> None:
    for year in range(2010, 2010 + s.number(8, 11)):
        s.did(
            "search",
            {"book": f"Yearbook {year}", "phrase": "rebus sic stantibus"},
            {
                "query": "rebus sic stantibus",
                "book": f"Yearbook {year}",
                "total": 0,
                "results": [],
                "message": "No results.",
            },
        )
