"""Patient work that does the like again and again: items, edits, checks, halves, forms; sealed until the first measurement."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.sealed_forms import PYTEST, edit, page, shell, view
from benchmarks.judgement.trace import Scene

# -- one item after the other, each with the same answer


@scene("batch", "money", "Post all supplier invoices of April")
def postings(s: Scene) -> None:
    first = s.number(2000, 8000)
    for number in range(first, first + s.number(14, 30)):
        if (number - first) % 3:
            s.together()
        s.did("post_invoice", {"number": number}, {"ok": True, "period": "2026-04"})


@scene("batch", "office", "Verschiebe alle Rechnungen aus dem Posteingang in den Ordner Buchhaltung")
def moved_mails(s: Scene) -> None:
    ids = [s.number(1000, 9999) for _ in range(s.number(8, 24))]
    s.looked("suche_mail", {"q": "Rechnung", "ordner": "Eingang"}, ids)
    for number in ids:
        if number != ids[0]:
            s.together()
        s.did("verschiebe", {"id": number, "nach": "Buchhaltung"}, "verschoben")
    s.looked("suche_mail", {"q": "Rechnung", "ordner": "Eingang"}, [])


@scene("batch", "science", "Convert all ligands to PDBQT")
def ligands(s: Scene) -> None:
    run, names = shell(s), [f"lig_{n:03}" for n in s.rng.sample(range(1, 200), s.number(8, 28))]
    run("ls ligands", "\n".join(f"{name}.sdf" for name in names))
    for name in names:
        run(f"obabel ligands/{name}.sdf -O out/{name}.pdbqt", "1 molecule converted")


@scene("batch", "coding", "Replace the old logger by structlog in every module that uses it")
def seds(s: Scene) -> None:
    run, names = (
        shell(s),
        s.rng.sample(("api", "auth", "cart", "mail", "jobs", "stock", "tax", "users", "views", "hooks"), 9),
    )
    run("grep -rl oldlog src", "\n".join(f"src/{name}.py" for name in names))
    for name in names:
        run(f"sed -i 's/oldlog.get(/structlog.get_logger(/' src/{name}.py")
    run("grep -rl oldlog src", "", 1)


@scene("batch", "ops", "Patch the nine web hosts one by one")
def hosts(s: Scene) -> None:
    run = shell(s)
    for n in range(1, 10):
        run(
            f"ssh web{n:02} sudo dnf -y --security update",
            s.pick("Nothing to do.\nComplete!", "Upgraded: openssl-3.0.14\nComplete!"),
        )


@scene("batch", "language", "Put the ten Spanish texts of the shop into the translation table")
def translations(s: Scene) -> None:
    texts = {
        "add": "Añadir",
        "cart": "Cesta",
        "pay": "Pagar",
        "back": "Volver",
        "name": "Nombre",
        "city": "Ciudad",
        "send": "Enviar",
        "help": "Ayuda",
        "sale": "Oferta",
        "size": "Talla",
    }
    for key, text in texts.items():
        s.did("set_text", {"lang": "es", "key": key, "text": text}, None)


@scene("batch", "data", "Give each of the eight regions its row in the quarterly table, with figure and check")
def read_then_write(s: Scene) -> None:
    for region in ("AT", "BE", "CZ", "DK", "EE", "FI", "GR", "HU"):
        net = s.number(10**4, 10**6)
        s.looked(
            "sql",
            {"q": f"SELECT sum(net) FROM sales WHERE region = '{region}' AND quarter = 1"},
            [[net]],
        )
        s.did("insert_row", {"table": "quarterly", "region": region, "net": net}, "INSERT 0 1")


@scene("batch", "office", "Delete the eleven expired access cards in the card system; some may be gone already")
def some_are_gone(s: Scene) -> None:
    for card in s.rng.sample(range(300, 999), 11):
        if s.number(0, 3):
            s.did("delete_card", {"card": card}, "deleted")
        else:
            s.failed("delete_card", {"card": card}, f"card {card} does not exist (already deleted)")


@scene("rollout", "ops", "Roll version 9 out to the regions one after the other, each must be healthy before the next")
def regions(s: Scene) -> None:
    for region in s.rng.sample(("eu-north", "eu-west", "us-east", "us-west", "ap-south", "sa-east", "af-south"), 6):
        s.did("deploy", {"region": region, "version": 9}, {"state": "deployed"})
        s.looked("health", {"region": region}, {"status": "healthy", "version": 9})


@scene("migration", "data", "Move the seven legacy tables over and compare the counts for each")
def tables(s: Scene) -> None:
    run = shell(s)
    for table in ("addresses", "baskets", "coupons", "devices", "events", "flags", "groups"):
        rows = s.pick(0, 0, s.number(10, 9000))
        run(f"pgloader --table {table} legacy.load", f"{table}  read {rows}  imported {rows}  errors 0")
        run(f"psql -Atc 'select count(*) from {table}'", str(rows))


@scene(
    "migration",
    "coding",
    "Bring the data base from revision 11 to 19 step by step and look at the health page after each",
)
def revisions(s: Scene) -> None:
    run = shell(s)
    for n in range(12, 20):
        run("alembic upgrade +1", f"INFO  [alembic.runtime.migration] Running upgrade {n - 1} -> {n}")
        run("curl -s localhost:8000/health", '{"db":"ok"}')


# -- edit and test, and what the test says changes


@scene("edit_test", "coding", "Make the test suite of the parser pass")
def fewer_failures(s: Scene) -> None:
    run, left, path = shell(s), s.number(5, 6), "/workspace/parser/expr.py"
    run("pytest tests/parser", f"{PYTEST}{left} failed, {40 - left} passed in 1.02s", 1)
    while left:
        edit(s, path, f"case {left}: pass", f"case {left}:\n        return self.node({left})")
        left -= 1
        told = (
            f"{PYTEST}{left} failed, {40 - left} passed in {s.passes(0.9, 1.4)}s"
            if left
            else PYTEST + "40 passed in 0.98s"
        )
        run("pytest tests/parser", told, int(left > 0))


@scene("edit_test", "coding", "Make the tests pass; they are run with -x, so only the first failure is shown")
def always_one(s: Scene) -> None:
    run, names = shell(s), ("empty", "one_item", "two_items", "nested", "unicode", "huge")
    for n, name in enumerate(names):
        told = f"{PYTEST}FAILED tests/test_tree.py::test_{name} - assert None == {s.number(1, 99)}\nstopping after 1 failures\n1 failed, {n} passed"
        run("pytest -x tests/test_tree.py", told, 1)
        edit(s, "/workspace/tree.py", f"# TODO {name}", f"if self.is_{name}():\n    return self.{name}()")
    run("pytest -x tests/test_tree.py", "6 passed in 0.11s")


@scene("edit_test", "coding", "Get the C++ module to compile again after the library update")
def next_error(s: Scene) -> None:
    run = shell(s)
    faults = (
        ("mesh.cpp:41:9", "'vec3' was not declared in this scope", "vec3 at;", "glm::vec3 at;"),
        ("mesh.cpp:77:21", "no matching function for call to 'load(const char*)'", "load(name)", "load(path(name))"),
        (
            "scene.cpp:90:3",
            "'unique_ptr' is not a member of 'std'",
            "#include <map>",
            "#include <map>\n#include <memory>",
        ),
        ("scene.cpp:131:14", "'Node' has no member named 'kids'", "node.kids", "node.children"),
    )
    for place, fault, old, new in faults:
        run("make -s", f"src/{place}: error: {fault}\nmake: *** [Makefile:14: build] Error 1", 2)
        edit(s, f"/workspace/src/{place.split(':')[0]}", old, new)
    run("make -s")


@scene("edit_test", "coding", "Find out why the checksum is wrong and mend it")
def print_debugging(s: Scene) -> None:
    run, path = shell(s), "/workspace/crc.py"
    run("python check.py", "expected 29b1, got 31c3", 1)
    edit(s, path, "crc = 0", "crc = 0xFFFF")
    run("python check.py", "expected 29b1, got 84c0", 1)
    edit(s, path, "crc = 0xFFFF", "crc = 0xFFFF\n    print(hex(crc))")
    run("python check.py", "0xffff\nexpected 29b1, got 84c0", 1)
    edit(s, path, "for byte in data:", "for byte in data:\n        print(byte, hex(crc))")
    run("python check.py", "0xffff\n49 0x84c0\nexpected 29b1, got 84c0", 1)
    view(s, path, "    for byte in data:\n        crc = step(crc, byte)\n        return crc", 12)
    edit(s, path, "        return crc", "    return crc")
    run("python check.py", "0xffff\nexpected 29b1, got 29b1")
    edit(s, path, "\n    print(hex(crc))", "")
    run("python check.py", "expected 29b1, got 29b1")


@scene("edit_test", "science", "Adjust the model file until the energy minimisation converges")
def converging(s: Scene) -> None:
    force = 9000.0
    for step in (0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005):
        s.did("set_parameter", {"name": "emstep", "value": step}, "ok")
        force *= s.rng.uniform(0.1, 0.35)
        s.did("minimise", {}, {"converged": force < 10, "max_force": round(force, 1)})
        if force < 10:
            return


@scene(
    "edit_test",
    "web",
    "Put the three columns of the landing page side by side, look at the screenshot after each change",
)
def stylesheet(s: Scene) -> None:
    for rule, seen in (
        ("display: block", "columns below each other"),
        ("display: flex", "two columns beside each other, the third below"),
        ("flex-wrap: nowrap", "three columns, the last one cut off"),
        ("flex-wrap: wrap", "two columns beside each other, the third below"),
        ("width: 33%", "three columns side by side, nothing cut off"),
    ):
        s.did("set_css", {"selector": ".cols", "rule": rule}, "ok")
        s.looked("screenshot", {"of": ".cols"}, seen)


# -- checks after the work


@scene("verify", "ops", "The redirect was changed: check that all ten old addresses lead to the new shop")
def redirects(s: Scene) -> None:
    run = shell(s)
    s.did("set_redirect", {"from": "*", "to": "https://new.example"}, "saved")
    for name in s.rng.sample(
        ("sale", "about", "help", "jobs", "blog", "terms", "login", "cart", "news", "faq", "press"), 10
    ):
        run(
            f"curl -sI https://old.example/{name} | grep -iE '^(HTTP|location)'",
            "HTTP/2 301\nlocation: https://new.example/",
        )


@scene("verify", "coding", "Rename the module util to tools, then make sure that everything still works")
def all_checks(s: Scene) -> None:
    run, checks = (
        shell(s),
        (
            ("ruff check .", "All checks passed!"),
            ("mypy .", "Success: no issues found in 41 source files"),
            ("pytest -q", f"118 passed in {s.passes(9, 12)}s"),
        ),
    )
    for check in checks:
        run(*check)
    run("git mv app/util.py app/tools.py")
    run("grep -rl 'app.util' . | xargs sed -i 's/app.util/app.tools/'")
    for check in checks:
        run(*check)
    run("git commit -qam 'Rename util to tools'")
    run("git status --short")


@scene("verify", "office", "Enter the six room numbers into the staff list and read each entry back")
def read_back(s: Scene) -> None:
    for person in ("Aoki", "Blum", "Costa", "Dahl", "Engel", "Frei"):
        room = f"{s.number(1, 4)}.{s.number(10, 39)}"
        s.did("set_room", {"person": person, "room": room}, {"ok": True})
        s.looked("get_person", {"person": person}, {"name": person, "room": room, "floor": "north"})


# -- forms


@scene("form", "web", "Remplir le formulaire d'inscription au cours de voile et l'envoyer")
def fields(s: Scene) -> None:
    url, filled = "https://voile.example/inscription", {}
    for name, value in (
        ("Nom", "Morel"),
        ("Prénom", "Lise"),
        ("Ville", "Brest"),
        ("Téléphone", "0298 55 01 47"),
        ("Cours", "Débutants"),
        ("Date", "4 juillet"),
    ):
        filled[name] = value
        shown = [f'textbox "{field}": {text}' for field, text in filled.items()]
        page(s, "browser_type", {"element": name, "text": value}, url, "Inscription", *shown, 'button "Envoyer"')
    page(
        s, "browser_click", {"element": "Envoyer"}, f"{url}/merci", "Merci", 'text "Votre inscription est enregistrée."'
    )


@scene("form", "money", "Fill in the VAT return line by line and send it")
def vat_lines(s: Scene) -> None:
    for line in (20, 23, 27, 38, 41, 55, 66, 83):
        s.did("vat.set", {"line": line, "amount": s.number(0, 90_000)}, "ok")
    s.did("vat.check", {}, "ok")
    s.did("vat.send", {}, {"receipt": s.hexa(12)}, effect="irreversible")


# -- halves and series


@scene("bisect", "coding", "Find the commit that made start-up slow")
def git_bisect(s: Scene) -> None:
    run, left = shell(s), 128
    run("git bisect start HEAD v1.8", "Bisecting: 128 revisions left to test after this (roughly 7 steps)")
    while left > 1:
        slow = s.pick(True, False)
        run("./bench_start.sh", f"start-up: {s.rng.uniform(3.1, 3.4) if slow else s.rng.uniform(0.4, 0.6):.1f} s")
        left //= 2
        run(
            f"git bisect {'bad' if slow else 'good'}",
            f"Bisecting: {left} revisions left to test after this (roughly {left.bit_length() - 1} steps)\n[{s.hexa(40)}]",
        )
    run("./bench_start.sh", "start-up: 0.5 s")
    run("git bisect good", f"{s.hexa(40)} is the first bad commit")


@scene("bisect", "ops", "Find the largest packet that passes the tunnel unbroken")
def packet_size(s: Scene) -> None:
    run, low, high, limit = shell(s), 1000, 1500, s.number(1200, 1440)
    while high - low > 1:
        size = (low + high) // 2
        low, high = (size, high) if size <= limit else (low, size)
        told = (
            "1 received, 0% packet loss"
            if size <= limit
            else "ping: local error: message too long\n0 received, 100% packet loss"
        )
        run(f"ping -M do -c1 -s {size} 10.8.0.1", f"1 packets transmitted, {told}", int(size > limit))
    run(f"ip link set tun0 mtu {low + 28}")


@scene("sweep", "data", "Try the regularisation from 1e-4 to 1e3 in eight steps and report the accuracy of each")
def regularisation(s: Scene) -> None:
    for power in range(-4, 4):
        told = {"accuracy": s.pick(0.912, 0.912, 0.913, 0.911), "fit_seconds": s.passes(2, 4)}
        s.did("train", {"model": "logreg", "C": 10.0**power, "seed": 1}, told)


@scene("sweep", "science", "Tabulate for pH 3 to 10 whether the dye is stable, one run per value")
def acidity(s: Scene) -> None:
    for value in range(3, 11):
        s.did("simulate", {"dye": "E133", "pH": value}, {"stable": value < 9})


@scene("sweep", "money", "Work out the monthly rate for each of nine terms from 5 to 25 years")
def rates(s: Scene) -> None:
    run = shell(s)
    for years in (5, 7, 10, 12, 15, 18, 20, 22, 25):
        run(f"python rate.py --sum 240000 --years {years}", f"{240000 / years / 12 * 1.21:.2f} EUR a month")


@scene("session", "coding", "Exports of more than 10,000 rows stop half-way. Find the cause, mend it, add a test")
def long_session(s: Scene) -> None:
    run, path = shell(s), "/workspace/export/writer.py"
    body = "    def rows(self):\n        page = 1\n        while page <= 100:\n            batch = self.api.page(page)\n            if not batch:\n                return\n            yield from batch\n            page += 1"
    fail = "E       assert 10000 == 12345\nFAILED tests/test_export.py::test_many\n1 failed, 7 passed in"
    run("ls", "api\nexport\ntests\nREADME.md")
    run("ls export", "__init__.py\ncli.py\nwriter.py")
    run("grep -rn 10000 export api")
    run("grep -rn '10_000' export api")
    run(
        "grep -rn 'page' export api | head -4",
        "export/writer.py:31:        page = 1\nexport/writer.py:32:        while page <= 100:\napi/pages.py:9:    SIZE = 100",
    )
    view(s, path, body, 30)
    view(
        s,
        "/workspace/api/pages.py",
        "class Pages:\n    SIZE = 100\n\n    def page(self, number):\n        return self.get(f'?page={number}')",
        8,
    )
    run("pytest -q tests/test_export.py", f".......  [100%]\n7 passed in {s.passes(0.4, 0.9)}s")
    edit(
        s,
        "/workspace/tests/test_export.py",
        "# more",
        "def test_many(api):\n    api.rows = 12345\n    assert len(list(Writer(api).rows())) == 12345",
    )
    run("pytest -q tests/test_export.py", f"{fail} {s.passes(0.9, 1.9)}s", 1)
    edit(s, path, "while page <= 100:", "while True:")
    run(
        "pytest -q tests/test_export.py",
        f"E       assert 12400 == 12345\nFAILED tests/test_export.py::test_many\n1 failed, 7 passed in {s.passes(0.9, 1.9)}s",
        1,
    )
    view(s, path, body.replace("page <= 100", "True"), 30)
    view(
        s,
        "/workspace/tests/conftest.py",
        "class FakeApi:\n    def page(self, number):\n        first = (number - 1) * 100\n        return range(first, first + 100) if first < self.rows else []",
        4,
    )
    edit(s, "/workspace/tests/conftest.py", "range(first, first + 100)", "range(first, min(first + 100, self.rows))")
    for _ in range(2):
        run("pytest -q tests/test_export.py", f"........  [100%]\n8 passed in {s.passes(0.9, 1.9)}s")
    run("pytest -q", f"{s.number(61, 92)} passed in {s.passes(8, 12)}s")
    run("ruff check .", "All checks passed!")
    run(
        "git diff --stat",
        " export/writer.py     | 2 +-\n tests/conftest.py    | 2 +-\n tests/test_export.py | 4 ++++\n 3 files changed",
    )


@scene("session", "coding", "Rebase feature/limits onto main and push it")
def rebase_conflicts(s: Scene) -> None:
    run = shell(s)
    run(
        "git fetch -q && git rebase origin/main",
        f"CONFLICT (content): Merge conflict in limits/core.py\nerror: could not apply {s.hexa(7)}... Cap the burst",
        1,
    )
    files = ("limits/core.py", "limits/store.py", "limits/core.py", "tests/test_limits.py")
    for n, name in enumerate(files):
        run(
            f"git diff --name-only --diff-filter=U && sed -n '/<<<</,/>>>>/p' {name}",
            f"{name}\n<<<<<<< HEAD\nburst = {s.number(10, 90)}\n=======\nburst = None\n>>>>>>> {s.hexa(7)}",
        )
        edit(s, f"/workspace/{name}", "<<<<<<< HEAD", f"burst = limits.get({n})")
        run(f"git add {name}")
        after = (
            f"CONFLICT (content): Merge conflict in {files[n + 1]}\nerror: could not apply {s.hexa(7)}..."
            if n < 3
            else "Successfully rebased and updated refs/heads/feature/limits."
        )
        run("GIT_EDITOR=true git rebase --continue", after, int(n < 3))
    run("git push --force-with-lease", f" + {s.hexa(7)}...{s.hexa(7)} feature/limits -> feature/limits (forced update)")


@scene(
    "session",
    "coding",
    "Make three commits of the three changes; the hooks format the files, so each may need a second try",
)
def hooks_then_commit(s: Scene) -> None:
    run = shell(s)
    for name in ("exporter", "importer", "cli"):
        run(f"git add app/{name}.py")
        run(
            f"git commit -m 'Rework {name}'",
            f"black....................Failed\n- hook id: black\n- files were modified by this hook\n\nreformatted app/{name}.py",
            1,
        )
        run(f"git add app/{name}.py")
        run(
            f"git commit -m 'Rework {name}'",
            f"black....................Passed\n[main {s.hexa(7)}] Rework {name}\n 1 file changed, {s.number(3, 40)} insertions(+)",
        )


@scene("session", "money", "Import the bank statement into the ledger")
def import_options(s: Scene) -> None:
    args = {"file": "statement.csv", "format": "csv"}
    s.looked("head", {"file": "statement.csv", "lines": 2}, "Buchung;Betrag;Text\n02.03.2026;-14,90;Gebühr")
    s.failed("import_statement", args, "line 1: expected 3 columns, found 1")
    s.failed("import_statement", args | {"delimiter": ";"}, "line 2: '02.03.2026' is no date in the form YYYY-MM-DD")
    s.failed("import_statement", args | {"delimiter": ";", "dates": "%d.%m.%Y"}, "line 2: '-14,90' is no number")
    s.failed(
        "import_statement", args | {"delimiter": ";", "dates": "%d.%m.%Y", "decimal": ","}, "line 2: bytes are no UTF-8"
    )
    s.did(
        "import_statement",
        args | {"delimiter": ";", "dates": "%d.%m.%Y", "decimal": ",", "encoding": "latin-1"},
        {"rows": s.number(40, 400)},
    )
    s.looked("balance", {"account": "1200"}, {"balance": s.number(1000, 90_000) / 10, "matches_statement": True})


# -- play, and things that only look like going astray


@scene("game", "games", "Find the way through the maze of the old mine to the lift")
def maze(s: Scene) -> None:
    ways = ["north", "east", "east", "south", "east", "north", "north", "west", "north", "east"]
    alike = "You are in a low gallery. Passages lead in all directions."
    for n, way in enumerate(ways):
        s.did(
            "play",
            {"input": way},
            f"{alike} A {('coin', 'rope', 'lamp', 'boot', 'nail')[n % 5]} lies here, number {n} on your map.",
        )
        s.did("play", {"input": "mark wall"}, "You scratch a mark into the wall.")
    s.did("play", {"input": "north"}, "The lift! You are out.")


@scene("game", "games", "Open the chest in the crypt")
def chest(s: Scene) -> None:
    told = (
        ("examine chest", "A heavy chest. Its lock has the shape of a star."),
        ("open chest", "It is locked."),
        ("examine altar", "There is a groove under the cloth."),
        ("search groove", "You find a silver star."),
        ("take star", "Taken."),
        ("put star in lock", "It fits, but does not turn."),
        ("turn star", "It does not turn."),
        ("oil lock", "You use the lamp oil. The lock looks better."),
        ("turn star", "Click."),
        ("open chest", "It opens. Inside lies a map."),
    )
    s.did("play", {"input": "look"}, "Crypt\nA chest and an altar. Exits: up.")
    for words, answer in told:
        s.did("play", {"input": words}, answer)


@scene("game", "games", "Guess the five-letter word within eight tries")
def letters(s: Scene) -> None:
    word = s.pick("plank", "crane", "storm", "glide")
    for guess in s.rng.sample(("stare", "point", "cloud", "grape", "brine", "flock"), s.number(4, 6)):
        marks = "".join("+" if g == w else "o" if g in word else "-" for g, w in zip(guess, word, strict=True))
        s.did("guess", {"word": guess}, marks)
    s.did("guess", {"word": word}, "+++++")


@scene("debugging", "ops", "The site gives error 500: find out why and bring it back")
def one_after_another(s: Scene) -> None:
    run = shell(s)
    run("systemctl start site", "Job for site.service failed.", 1)
    run("journalctl -u site -n 1 -o cat", "ModuleNotFoundError: No module named 'redis'")
    run("/srv/site/venv/bin/pip install -q redis")
    run("systemctl start site", "Job for site.service failed.", 1)
    run("journalctl -u site -n 1 -o cat", "PermissionError: [Errno 13] Permission denied: '/run/site.sock'")
    run("chown site /run/site")
    run("systemctl start site", "Job for site.service failed.", 1)
    run("journalctl -u site -n 1 -o cat", "KeyError: 'SITE_SECRET'")
    run("systemctl set-environment SITE_SECRET=$(cat /etc/site/secret)")
    run("systemctl start site")
    run("curl -s -o /dev/null -w '%{http_code}' localhost", "200")


@scene("debugging", "data", "Load prices.csv into the warehouse")
def one_column_after_another(s: Scene) -> None:
    for column, kind in (("valid_from", "date"), ("net", "numeric"), ("unit", "char(2)")):
        s.failed(
            "load_csv",
            {"file": "prices.csv", "table": "prices"},
            f"line {s.number(2, 900)}: invalid input for column {column} of type {kind}",
        )
        s.did("alter_column", {"table": "prices", "column": column, "type": "text"}, "ALTER TABLE")
    s.did("load_csv", {"file": "prices.csv", "table": "prices"}, {"rows": s.number(2000, 9000)})


@scene("debugging", "coding", "Run the notebook from top to bottom on the server")
def wrong_tool_once(s: Scene) -> None:
    s.failed(
        "run_notebook",
        {"path": "report.ipynb"},
        "Unknown tool: run_notebook. Available: bash, read_file, write_file",
        "missing_tool",
    )
    s.sh("jupyter nbconvert --execute report.ipynb --to html", "jupyter: command not found", 127)
    s.sh("python -m nbconvert --version", "No module named nbconvert", 1)
    s.sh("pip install -q nbconvert ipykernel", "")
    s.sh("python -m nbconvert --execute report.ipynb --to html", "Kernel died: cannot allocate memory", 1)
    s.sh("sed -i 's/nrows=None/nrows=100000, usecols=COLS/' report.ipynb", "")
    s.sh("python -m nbconvert --execute report.ipynb --to html", "[NbConvertApp] Writing 412908 bytes to report.html")


@scene("thinking", "travel", "Plan three days in Lisbon without a car and book the tram pass")
def thinks_aloud(s: Scene) -> None:
    s.looked("find_sights", {"city": "Lisbon"}, ["Belém", "Alfama", "Tile museum", "Sintra"])
    s.said(
        "Belém and the tile museum lie at opposite ends, so they go on different days. I look at the opening days first."
    )
    s.looked("opening_days", {"sight": "Tile museum"}, "Tue-Sun")
    s.looked("opening_days", {"sight": "Belém"}, "Tue-Sun")
    s.said("Both are shut on Mondays, and the stay begins on a Monday: Alfama first, then Belém, then the tile museum.")
    s.did("write_plan", {"mon": "Alfama", "tue": "Belém", "wed": "Tile museum"}, "saved")
    s.did("book_pass", {"days": 3}, {"pass": s.hexa(8)}, effect="irreversible")


@scene("undo_once", "data", "Make the report query take less than a second")
def tried_and_dropped(s: Scene) -> None:
    query = {"q": "EXPLAIN ANALYZE SELECT * FROM report_2025"}
    s.looked("sql", query, f"Seq Scan on lines\nExecution Time: {s.number(8100, 8900)}.2 ms")
    for column, plan, low in (("shop", "Seq Scan on lines", 8000), ("booked_on", "Bitmap Heap Scan on lines", 2100)):
        s.did("sql", {"q": f"CREATE INDEX try ON lines ({column})"}, "CREATE INDEX")
        s.looked("sql", query, f"{plan}\nExecution Time: {s.number(low, low + 600)}.7 ms")
        s.did("sql", {"q": "DROP INDEX try"}, "DROP INDEX")
    s.did("sql", {"q": "CREATE INDEX try ON lines (booked_on, shop) INCLUDE (net)"}, "CREATE INDEX")
    s.looked("sql", query, f"Index Only Scan using try on lines\nExecution Time: {s.number(180, 420)}.1 ms")
