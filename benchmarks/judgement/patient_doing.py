"""Patient work that changes things: batches, edit and test, set-up, checks after each step, forms, tries that differ."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- many items, one receipt


@scene("batch", "office", "Send the invitation to everybody on the guest list")
def invitations(s: Scene) -> None:
    names = ["ada", "ben", "cai", "dee", "eli", "fay", "gil", "hua", "ivo", "jan", "kim", "leo"]
    s.looked("read_file", {"path": "guests.csv"}, "\n".join(f"{n},{n}@mail.example" for n in names))
    for n in names:
        s.did(
            "send_mail",
            {"to": f"{n}@mail.example", "subject": "Summer party", "body": f"Dear {n.title()}, ..."},
            {"status": "queued"},
            effect="irreversible",
        )


@scene("batch", "data", "Insert the forty readings into the measurements table")
def readings(s: Scene) -> None:
    for n in range(40):
        s.did(
            "execute_sql",
            {"sql": f"INSERT INTO measurements VALUES ({n}, {s.number(10, 99)}.{s.number(0, 9)})"},
            "1 row affected",
            effect="reversible",
        )


@scene("batch", "ops", "Rotate the certificates of all gateways")
def certificates(s: Scene) -> None:
    for n in range(1, 15):
        s.sh(f"certctl rotate gw-{n:02}", "rotated")


@scene("batch", "coding", "Format and type-check every package")
def packages(s: Scene) -> None:
    for name in ("api", "auth", "billing", "cart", "docs", "events", "files", "graph", "hooks"):
        s.did("run_command", {"command": f"ruff format {name}"}, {"stdout": "1 file left unchanged", "exit_code": 0})
        s.together()
        s.did(
            "run_command",
            {"command": f"mypy {name}"},
            {"stdout": "Success: no issues found in 1 source file", "exit_code": 0},
        )


@scene("batch", "office", "为每位员工创建文件夹并设置权限")
def folders(s: Scene) -> None:
    for name in ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵倩", "黄勇"):
        s.did("create_folder", {"path": f"/人事/{name}"}, "成功", effect="reversible")
        s.did("set_permission", {"path": f"/人事/{name}", "user": name, "level": "write"}, "成功", effect="reversible")


# -- edit and test, with another outcome each time


@scene("edit_test", "coding", "Make the failing tests of the parser pass")
def fewer(s: Scene) -> None:
    failing = s.number(6, 9)
    while failing > 0:
        s.did(
            "edit_file",
            {"path": "parser.py", "old": f"x{failing}", "new": f"y{failing}"},
            "edited",
            effect="reversible",
        )
        failing = max(0, failing - s.pick(1, 1, 2))
        s.sh(
            "pytest -q",
            f"{failing} failed, {20 - failing} passed in {s.number(1, 4)}.{s.number(10, 99)}s"
            if failing
            else f"20 passed in 2.{s.number(10, 99)}s",
            1 if failing else 0,
        )


@scene("edit_test", "coding", "Get the crate to compile with the new edition")
def compile_errors(s: Scene) -> None:
    errors = [
        "E0382: borrow of moved value: `buf`",
        "E0502: cannot borrow `self` as mutable",
        "E0277: the trait bound `Key: Hash` is not satisfied",
        "E0599: no method named `chunks` found",
        "E0308: mismatched types",
    ]
    for n, error in enumerate(errors):
        s.sh(
            "cargo build",
            f"error[{error.split(':')[0]}]:{error.split(':', 1)[1]}\n  --> src/{s.pick('lib', 'map', 'io')}.rs:{s.number(10, 400)}:{s.number(1, 40)}",
            101,
        )
        s.sh(f"sed -i 's/old{n}/new{n}/' src/lib.rs")
    s.sh("cargo build", f"Finished dev profile in {s.number(3, 9)}.{s.number(10, 99)}s")


@scene("edit_test", "data", "Bring the model's error on the test set under 5 percent")
def tuning(s: Scene) -> None:
    error = 9.0
    while error > 5:
        s.did(
            "edit_file",
            {"path": "params.yml", "new": f"depth: {s.number(3, 12)}"},
            {"edited": True},
            effect="reversible",
        )
        error -= s.rng.uniform(0.2, 1.2)
        s.did(
            "run_python",
            {"code": "import train; train.main()"},
            {"stdout": f"test error {error:.2f} %\n", "exit_code": 0},
        )


@scene("edit_test", "web", "Bring die Startseite im Prüfwerkzeug auf null Fehler")
def validator(s: Scene) -> None:
    left = ["img ohne alt", "doppelte id 'nav'", "button ohne Namen", "Kontrast 2.8:1", "html ohne lang", "h1 fehlt"]
    while left:
        s.looked("pruefe_seite", {"url": "http://localhost/"}, {"fehler": len(left), "erster": left[0]})
        s.did(
            "datei_aendern",
            {"pfad": "index.html", "neu": f"<!-- {left.pop(0)} behoben -->"},
            "gespeichert",
            effect="reversible",
        )
    s.looked("pruefe_seite", {"url": "http://localhost/"}, {"fehler": 0, "erster": None})


# -- a long set-up


@scene("setup", "ops", "Set up the monitoring host from nothing")
def monitoring(s: Scene) -> None:
    for command in (
        "apt-get update -qq",
        "apt-get install -y -qq prometheus",
        "apt-get install -y -qq grafana",
        "useradd -r exporter",
        "mkdir -p /etc/exporter /var/lib/exporter",
        "chown exporter /var/lib/exporter",
        "cp exporter.service /etc/systemd/system/",
        "systemctl daemon-reload",
        "systemctl enable exporter",
        "systemctl start exporter",
        "ufw allow 9090/tcp",
        "ufw allow 3000/tcp",
    ):
        s.sh(command, "Rule added" if command.startswith("ufw") else "")
    s.sh("systemctl is-active exporter prometheus grafana-server", "active\nactive\nactive")


@scene("setup", "coding", "Create the skeleton of a new service in the repository")
def skeleton(s: Scene) -> None:
    for path in (
        "pyproject.toml",
        "service/__init__.py",
        "service/app.py",
        "service/db.py",
        "service/models.py",
        "tests/__init__.py",
        "tests/test_app.py",
        "README.md",
        ".gitignore",
        "Dockerfile",
    ):
        s.did("write_file", {"path": path, "content": f"# {path}\n"}, "ok", effect="reversible")
        if path.startswith("service"):
            s.sh(f"git add {path}")
    s.sh("git commit -qm 'Skeleton'")
    s.sh("python -m pytest -q", f"1 passed in 0.{s.number(10, 99)}s")


@scene("setup", "data", "Prepare the database schema for the survey")
def schema(s: Scene) -> None:
    for table in ("person", "household", "question", "answer", "wave", "interviewer", "region"):
        s.did(
            "execute_sql",
            {"sql": f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)"},
            {"rows_affected": 0},
            effect="reversible",
        )
        s.did(
            "execute_sql",
            {"sql": f"CREATE INDEX ix_{table} ON {table} (id)"},
            {"rows_affected": 0},
            effect="reversible",
        )
    s.looked("list_tables", {}, ["answer", "household", "interviewer", "person", "question", "region", "wave"])


@scene("setup", "office", "Configura la cuenta nueva de la empresa")
def account(s: Scene) -> None:
    for key, value in (
        ("idioma", "es"),
        ("zona", "Europe/Madrid"),
        ("moneda", "EUR"),
        ("logo", "logo.png"),
        ("firma", "Atentamente"),
        ("iva", "21"),
        ("serie", "F2026-"),
        ("copia", "admin@empresa.example"),
    ):
        s.did("guardar_ajuste", {"clave": key, "valor": value}, "guardado", effect="reversible")


# -- the same check after each step


@scene("check_each", "ops", "Apply the nine migrations one by one and check the health after each")
def migrations(s: Scene) -> None:
    for n in range(1, 10):
        s.sh(f"migrate up {n:04}", f"{n:04} applied ({s.number(10, 400)} ms)")
        s.sh("curl -s localhost:8080/health", '{"status":"ok","db":"ok"}')


@scene("check_each", "coding", "Rename the five modules and keep the tests green throughout")
def renames(s: Scene) -> None:
    for old, new in (("util", "text"), ("misc", "dates"), ("common", "paths"), ("base", "record"), ("helper", "money")):
        s.sh(f"git mv app/{old}.py app/{new}.py")
        s.sh(f"sed -i 's/app.{old}/app.{new}/' $(git ls-files '*.py')")
        s.sh("pytest -q", "214 passed")


@scene("check_each", "data", "Delete the duplicates file by file and check the total each time")
def totals(s: Scene) -> None:
    for _ in range(8):
        s.did("delete_file", {"path": f"dup/{s.hexa(6)}.csv"}, {"deleted": True}, effect="irreversible")
        s.looked("query_data", {"sql": "select sum(amount) from orders"}, [[118_400.5]])


@scene("check_each", "office", "Move the talks to their new rooms and keep the plan free of clashes")
def rooms(s: Scene) -> None:
    for talk in range(1, 9):
        s.did("move_talk", {"talk": talk, "room": s.pick("A", "B", "C")}, "moved", effect="reversible")
        s.looked("find_clashes", {}, [])


# -- finding one's way, with misses


@scene("explore", "coding", "Say which port the service listens on")
def where(s: Scene) -> None:
    for path in ("config.yml", "config/config.yml", "settings.py"):
        s.failed("read_file", {"path": path}, f"No such file: {path}")
        if path != "config.yml":
            s.looked("list_files", {"path": s.pick("src", "deploy", "etc")}, [s.hexa(4) for _ in range(3)])
    s.looked("search_files", {"text": "listen"}, [{"path": "deploy/env", "line": 4, "text": "LISTEN_PORT=8471"}])


@scene("explore", "web", "Find out how to get the member list from the club's API")
def endpoints(s: Scene) -> None:
    for path, code in (("/", 200), ("/members", 404), ("/api", 200), ("/api/members", 401)):
        args = {"method": "GET", "url": f"https://club.example{path}"}
        if code == 200:
            s.looked("http_request", args, {"status": 200, "body": f"see {s.pick('docs', 'api', 'help')} under {path}"})
        else:
            s.looked("http_request", args, {"status": code, "error": {404: "not found", 401: "token missing"}[code]})
    s.did(
        "http_request",
        {"method": "POST", "url": "https://club.example/api/login", "body": {"user": "bot"}},
        {"status": 200, "token": s.hexa(24)},
    )
    s.looked(
        "http_request",
        {"method": "GET", "url": "https://club.example/api/members", "auth": "bearer"},
        {"status": 200, "body": [{"name": "Ida"}, {"name": "Per"}]},
    )


@scene("explore", "data", "Which sheet of the workbook holds the budget of 2025?")
def sheets(s: Scene) -> None:
    for sheet, first in (
        ("Übersicht", "Inhalt"),
        ("Plan", "Ziele"),
        ("Alt", "2019"),
        ("Neu", "Kostenstelle;2024"),
        ("Neu2", "Kostenstelle;2025"),
    ):
        s.looked(
            "read_sheet", {"file": "finanzen.xlsx", "sheet": sheet, "rows": 1}, [[*first.split(";"), s.number(1, 9)]]
        )


@scene("explore", "ops", "Why does the backup job not run any more? Give the cause")
def backup(s: Scene) -> None:
    s.sh("systemctl status backup.timer", "Unit backup.timer could not be found.", 4)
    s.sh("crontab -l", "no crontab for root", 1)
    s.sh("ls /etc/cron.d", "certbot\ne2scrub_all")
    s.sh("grep -r backup /etc/cron* ", "", 1)
    s.sh("journalctl -u backup --no-pager | tail -2", f"{s.stamp()} backup.service: Failed with result 'exit-code'.")
    s.sh("systemctl cat backup.service", "[Service]\nExecStart=/opt/bin/backup --to nas2")
    s.sh("getent hosts nas2", "", 2)


# -- forms and screens


@scene("forms", "web", "Fill in the registration form and send it")
def registration(s: Scene) -> None:
    for name, value in (
        ("first", "Mara"),
        ("last", "Voss"),
        ("street", "Hafenweg 3"),
        ("city", "Kiel"),
        ("zip", "24103"),
        ("mail", "mara@voss.example"),
        ("phone", "0431 5550"),
    ):
        s.did("browser_type", {"selector": f"#{name}", "text": value}, "ok")
    s.did("browser_click", {"selector": "#next"}, "ok")
    for name in ("terms", "privacy", "news"):
        s.did("browser_click", {"selector": f"#{name}"}, "ok")
    s.did("browser_click", {"selector": "#submit"}, {"url": "https://club.example/thanks", "title": "Thank you"})


@scene("forms", "office", "Enter the timesheet of the whole month")
def timesheet(s: Scene) -> None:
    for day in range(1, 21):
        s.did(
            "set_hours", {"day": f"2026-03-{day:02}", "hours": s.pick(8, 8, 7.5)}, {"saved": True}, effect="reversible"
        )


@scene("forms", "web", "Click through the tutorial to its last page")
def tutorial(s: Scene) -> None:
    for page in range(1, s.number(9, 12)):
        s.did("browser_click", {"selector": "button.next"}, {"clicked": True})
        s.looked(
            "browser_get_text",
            {"selector": "h1"},
            f"Lesson {page}: {s.pick('Layers', 'Masks', 'Curves', 'Paths', 'Export')}",
        )


@scene("forms", "office", "登録フォームに参加者を全員入力する")
def participants(s: Scene) -> None:
    for name in ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林"):
        s.did("form_add_row", {"氏名": name, "人数": s.number(1, 4)}, {"結果": "追加しました"}, effect="reversible")


# -- tries that teach something each time


@scene("tries", "coding", "Find the commit that broke the report")
def bisect(s: Scene) -> None:
    left = 64
    s.sh("git bisect start HEAD v3.1", f"Bisecting: {left} revisions left to test after this (roughly 6 steps)")
    while left > 1:
        bad = s.pick(True, False)
        s.sh(
            "./report.sh > out.txt && diff -q out.txt good.txt",
            "Files out.txt and good.txt differ" if bad else "",
            1 if bad else 0,
        )
        left //= 2
        s.sh(
            f"git bisect {'bad' if bad else 'good'}",
            f"Bisecting: {left} revisions left to test after this\n[{s.hexa(40)}] {s.pick('Totals', 'Fonts', 'Locale', 'Cache')}",
        )


@scene("tries", "data", "Find the smallest number of clusters with a silhouette over 0.6")
def clusters(s: Scene) -> None:
    for k in range(2, 12):
        s.did(
            "run_python",
            {"code": f"print(score(KMeans({k}).fit(X)))"},
            {"stdout": f"{0.3 + k * 0.03:.3f}\n", "exit_code": 0},
        )


@scene("tries", "coding", "Write a script that converts the old save files")
def tracebacks(s: Scene) -> None:
    for n, error in enumerate(
        (
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9",
            "KeyError: 'inventory'",
            "struct.error: unpack requires a buffer of 12 bytes",
            "AttributeError: 'NoneType' object has no attribute 'items'",
        )
    ):
        s.did(
            "write_file", {"path": "convert.py", "content": f"# version {n}\n{s.hexa(20)}"}, "ok", effect="reversible"
        )
        s.did(
            "run_command",
            {"command": "python convert.py saves/"},
            {
                "stdout": "",
                "stderr": f'Traceback (most recent call last):\n  File "convert.py", line {s.number(9, 90)}\n{error}',
                "exit_code": 1,
            },
        )
    s.did("write_file", {"path": "convert.py", "content": "# version 5"}, "ok", effect="reversible")
    s.did(
        "run_command",
        {"command": "python convert.py saves/"},
        {"stdout": "18 files converted\n", "stderr": "", "exit_code": 0},
    )


@scene("tries", "ops", "Find the largest batch size that does not run out of memory")
def memory(s: Scene) -> None:
    size, step = 512, 256
    while step > 8:
        fits = size <= 300
        s.sh(
            f"./bench --batch {size}",
            f"ok {s.number(80, 200)} items/s" if fits else f"CUDA out of memory. Tried to allocate {size * 3}.00 MiB",
            0 if fits else 1,
        )
        size, step = (size + step if fits else size - step), step // 2


# -- a text written piece by piece


@scene("writing", "office", "Write the handbook chapter by chapter, following the table of contents")
def handbook(s: Scene) -> None:
    for n, title in enumerate(("Arrival", "Tools", "Safety", "Leave", "Travel", "Expenses", "Leaving"), 1):
        s.looked("read_file", {"path": "toc.md"}, "Arrival\nTools\nSafety\nLeave\nTravel\nExpenses\nLeaving")
        s.did(
            "append_file", {"path": "handbook.md", "text": f"## {n} {title}\n{s.hexa(30)}"}, "ok", effect="reversible"
        )


@scene("writing", "coding", "Document every public function of the module")
def docstrings(s: Scene) -> None:
    for name in ("load", "save", "merge", "split", "clean", "rank", "score", "dump"):
        s.looked("show_symbol", {"name": name}, f"def {name}(value, *, strict=False): ...  # line {s.number(10, 800)}")
        s.did(
            "edit_file",
            {"path": "module.py", "old": f"def {name}(", "new": f'def {name}(  # """..."""'},
            "The file module.py has been edited.",
            effect="reversible",
        )


@scene("writing", "office", "اكتب ملخصا لكل فصل من فصول التقرير")
def summaries(s: Scene) -> None:
    for n in range(1, 9):
        s.looked(
            "read_page",
            {"page": n},
            f"الفصل {n}: {s.pick('المياه', 'الطاقة', 'التعليم', 'الصحة')} في عام {s.number(2010, 2025)}",
        )
        s.did("append_file", {"path": "summary.md", "text": f"ملخص الفصل {n} ..."}, "تم", effect="reversible")


@scene("writing", "data", "Build the dashboard: one chart for each of the eight measures")
def charts(s: Scene) -> None:
    for name in ("visits", "orders", "returns", "margin", "stock", "delay", "tickets", "churn"):
        s.looked(
            "query_data",
            {"sql": f"select month, {name} from kpi"},
            [[m, s.number(10, 900)] for m in ("01", "02", "03")],
        )
        s.did("add_chart", {"title": name, "kind": "line"}, {"ok": True}, effect="reversible")
