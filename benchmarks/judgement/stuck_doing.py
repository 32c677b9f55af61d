"""Workers that act and get nowhere: tests that stay red, tools that fail in turn, guesses, dead jobs, closed doors."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- edits that do not move the test


@scene("red_test", "coding", "Make test_total pass", after=4)
def assertion(s: Scene) -> None:
    s.looked("read_file", {"path": "cart.py"}, "def total(items): return sum(i.price for i in items)")
    for _ in range(8):
        s.did(
            "edit_file",
            {
                "path": "cart.py",
                "new": f"def total(items): return sum(i.price for i in items){s.pick('', ' + 0', ' * 1')}  # {s.hexa(4)}",
            },
            "The file cart.py has been edited.",
            effect="reversible",
        )
        s.sh(
            "pytest -q test_cart.py",
            f"F\n=== FAILURES ===\nE   assert 19.990000000000002 == 19.99\ntest_cart.py:{14}: AssertionError\n1 failed in 0.{s.number(10, 99)}s",
            1,
            bad=True,
        )


@scene("red_test", "coding", "Get the image to build", after=4)
def docker(s: Scene) -> None:
    for n in range(8):
        s.did(
            "write_file",
            {
                "path": "Dockerfile",
                "content": f"FROM debian:12\nRUN apt-get update && apt-get install -y libfoo{n}\nRUN make",
            },
            {"bytes": s.number(60, 90)},
            effect="reversible",
        )
        s.did(
            "run_command",
            {"command": "docker build ."},
            {
                "stdout": f"#7 {s.number(1, 9)}.{s.number(100, 999)} make: *** No targets specified and no makefile found.  Stop.\n",
                "stderr": 'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',
                "exit_code": 1,
            },
            bad=True,
        )


@scene("red_test", "data", "Bring die Prüfsumme der Ausgabe in Ordnung", after=4)
def checksum(s: Scene) -> None:
    for n in range(8):
        s.did(
            "skript_schreiben",
            {"name": "umwandeln.py", "text": f"# Versuch {n}\nprint('{s.hexa(6)}')"},
            "gespeichert",
            effect="reversible",
        )
        s.failed(
            "pruefen",
            {"datei": "ausgabe.csv"},
            f"Prüfung fehlgeschlagen: Kodierung ist latin-1, erwartet utf-8 (geprüft in {s.number(3, 40)} ms)",
            bad=True,
        )


@scene("red_test", "ops", "Make the configuration check succeed", after=4)
def nginx(s: Scene) -> None:
    for n in range(8):
        s.sh(f"sed -i 's/listen 80{n};/listen 80{n + 1};/' nginx.conf")
        s.sh(
            "nginx -t",
            f'{s.stamp("%Y/%m/%d %H:%M:%S")} [emerg] {s.number(900, 9000)}#0: unknown directive "proxypass" in nginx.conf:21\nnginx: configuration file nginx.conf test failed',
            1,
            bad=True,
        )


# -- two failing tools by turns


@scene("two_failing", "web", "Get the weather for tomorrow in Oslo", after=5)
def apis(s: Scene) -> None:
    for _ in range(6):
        s.failed("weather_api", {"city": "Oslo"}, f"401 Unauthorized: key expired (trace {s.hexa(16)})", bad=True)
        s.failed(
            "forecast_api",
            {"place": "Oslo", "days": 1},
            f"Timed out after {s.number(29, 31)}.{s.number(0, 9)} s",
            "timeout",
            bad=True,
        )


@scene("two_failing", "coding", "Install the missing package", after=5)
def installers(s: Scene) -> None:
    for n in range(6):
        s.sh(
            "pip install fastgeo",
            f"WARNING: Retrying ({n}) after connection broken\nERROR: No matching distribution found for fastgeo",
            1,
            bad=True,
        )
        s.sh(
            "conda install -y fastgeo",
            f"Collecting package metadata: failed\nCondaHTTPError: HTTP 000 CONNECTION FAILED, elapsed {s.passes(10, 20)}",
            1,
            bad=True,
        )


@scene("two_failing", "office", "Datei in die Ablage legen", after=5)
def stores(s: Scene) -> None:
    for n in range(6):
        s.failed(
            "ablage_hochladen",
            {"datei": "bericht.pdf", "versuch": n},
            f"Speicherplatz erschöpft: {s.number(1, 900)} KB frei",
            bad=True,
        )
        s.failed(
            "laufwerk_kopieren",
            {"datei": "bericht.pdf", "versuch": n},
            f"Laufwerk Z: nicht verbunden (0x8007{s.hexa(4)})",
            bad=True,
        )


@scene("two_failing", "data", "Read the table from the old server", after=5)
def drivers(s: Scene) -> None:
    for _ in range(6):
        s.failed(
            "odbc_query",
            {"dsn": "legacy", "sql": "select * from t"},
            f"[HY000] login timeout expired ({s.stamp()})",
            bad=True,
        )
        s.failed(
            "jdbc_query",
            {"url": "jdbc:old://legacy", "sql": "select * from t"},
            f"ClassNotFoundException: com.old.Driver at thread-{s.number(1, 99)}",
            bad=True,
        )


# -- arguments that never fit


@scene("arguments", "office", "Create the appointment for the 5th of May at three", after=3)
def dates(s: Scene) -> None:
    for value in (
        "5.5.2026 15:00",
        "May 5, 2026 3pm",
        "2026-05-05 3 pm",
        "05/05/2026 15:00",
        "tomorrow 15:00",
        "2026.05.05 15h",
        "5 May 15:00",
    ):
        s.failed(
            "create_event",
            {"title": "Review", "start": value},
            "start: Input should be a valid datetime in ISO 8601 form",
            "bad_arguments",
            bad=True,
        )


@scene("arguments", "web", "Create the repository through the API", after=3)
def body(s: Scene) -> None:
    for given in (
        {"name": "demo"},
        {"title": "demo"},
        {"repo": "demo"},
        {"name": "demo", "private": True},
        {"name": "demo", "owner": "me"},
        {"name": "Demo"},
        {"data": {"name": "demo"}},
    ):
        s.looked(
            "http_request",
            {"method": "POST", "url": "https://forge.example/repos", "body": given},
            {"status": 422, "error": "validation failed: 'visibility' is required", "request_id": s.hexa(12)},
            bad=True,
        )


@scene("arguments", "ops", "Resize the volume to 200 GB", after=3)
def flags(s: Scene) -> None:
    for size in ("200GB", "200G", "200", "200 GB", "0.2TB", "200GiB", "+100G"):
        s.sh(
            f"volctl resize data --size '{size}'",
            f"volctl: invalid size '{size}': must be a multiple of the stripe width",
            2,
            bad=True,
        )


@scene("arguments", "data", "Agrège les ventes par semaine", after=3)
def columns(s: Scene) -> None:
    for column in ("semaine", "week", "num_semaine", "sem", "date_semaine", "no_semaine", "hebdo"):
        s.failed(
            "requete",
            {"sql": f"SELECT {column}, SUM(montant) FROM ventes GROUP BY {column}"},
            f"no such column: {column}",
            bad=True,
        )


# -- guesses


@scene("guesses", "coding", "Read the settings of the application", after=4)
def paths(s: Scene) -> None:
    for path in (
        "config.yml",
        "config/settings.yml",
        "app/config.json",
        "settings.toml",
        "src/settings.py",
        "etc/app.conf",
        ".env",
        "conf/app.ini",
    ):
        s.failed("read_file", {"path": path}, f"[Errno 2] No such file or directory: '/srv/app/{path}'", bad=True)


@scene("guesses", "web", "Get the report of the working group", after=4)
def urls(s: Scene) -> None:
    for path in (
        "report.pdf",
        "docs/report.pdf",
        "wg/report",
        "files/2025/report.pdf",
        "publications/wg-report.pdf",
        "downloads/report.docx",
        "assets/report.pdf",
        "wg-report",
    ):
        s.failed(
            "fetch_url",
            {"url": f"https://group.example/{path}"},
            f"404 Not Found: https://group.example/{path}",
            bad=True,
        )


@scene("guesses", "data", "Find the customer number of Meyer & Sons", after=4)
def ids(s: Scene) -> None:
    for number in range(1001, 1009):
        s.failed("get_customer", {"id": number}, f"customer {number} does not exist", bad=True)


@scene("guesses", "ops", "Melde dich am Testserver an", after=4)
def passwords(s: Scene) -> None:
    for word in ("admin", "root", "test", "passwort", "changeme", "123456", "server", "geheim"):
        s.did(
            "ssh_login",
            {"host": "test01", "user": "admin", "password": word},
            {
                "exit_code": 255,
                "stdout": "",
                "stderr": f"Permission denied, please try again. [{s.number(1000, 9999)}]",
            },
            bad=True,
        )


# -- programs that crash alike, whatever is written


@scene("crashes", "data", "Compute the correlation of the two columns", after=4)
def module(s: Scene) -> None:
    for n in range(8):
        s.did(
            "run_python",
            {"code": f"import {s.pick('pandas as pd', 'pandas')}\nx{n} = {s.number(1, 99)}\nprint(x{n})"},
            {
                "stdout": "",
                "stderr": f"Traceback (most recent call last):\n  File \"/tmp/run_{s.hexa(6)}.py\", line 1, in <module>\nModuleNotFoundError: No module named 'pandas'",
                "exit_code": 1,
            },
            bad=True,
        )


@scene("crashes", "coding", "Write the thumbnail script", after=4)
def memory(s: Scene) -> None:
    for n in range(8):
        s.did(
            "run_python",
            {"code": f"thumbs(size={s.number(64, 512)}, mode='{s.pick('fit', 'fill', 'crop')}')  # {n}"},
            f'Traceback (most recent call last):\n  File "<string>", line {s.number(1, 9)}, in <module>\nPIL.UnidentifiedImageError: cannot identify image file <_io.BytesIO object at 0x7f{s.hexa(10)}>',
            bad=True,
        )


@scene("crashes", "ops", "Écris le script de sauvegarde et lance-le", after=4)
def rights(s: Scene) -> None:
    for n in range(8):
        s.failed(
            "executer_script",
            {"texte": f"tar czf /mnt/backup/{s.pick('a', 'b', 'c')}{n}.tgz /srv"},
            f"tar: /mnt/backup: Permission non accordée (pid {s.number(1000, 60000)})",
            bad=True,
        )


@scene("crashes", "data", "Join both files and count the matches", after=4)
def encodings(s: Scene) -> None:
    for n in range(8):
        s.did(
            "run_command",
            {
                "command": f"python join.py --left a.csv --right b.csv --how {s.pick('inner', 'outer', 'left')} --chunk {100 * (n + 1)}"
            },
            {
                "stdout": "",
                "stderr": f"{s.stamp('%H:%M:%S')} ERROR a.csv: row {s.number(2, 900)}: expected 7 fields, saw 9",
                "exit_code": 1,
            },
            bad=True,
        )


# -- one closed door, tried with every tool


@scene("door", "ops", "Write the new motd", after=4)
def denied(s: Scene) -> None:
    for tool in ("write_file", "edit_file", "append_file", "move_file", "copy_file", "write_file", "create_file"):
        s.failed(tool, {"path": "/etc/motd", "try": s.hexa(3)}, "Permission denied: /etc/motd", bad=True)


@scene("door", "web", "Read the members' page of the association", after=4)
def login(s: Scene) -> None:
    for tool in ("fetch_url", "open_page", "get_html", "screenshot_text", "read_article", "crawl", "fetch_url"):
        s.looked(
            tool,
            {"url": "https://verein.example/mitglieder", "mode": s.hexa(2)},
            "Anmeldung erforderlich. Bitte melden Sie sich mit Ihrer Mitgliedsnummer und Ihrem Kennwort an.",
            bad=True,
        )


@scene("door", "data", "Count the rows in the salary table", after=4)
def grants(s: Scene) -> None:
    for sql in (
        "SELECT COUNT(*) FROM salary",
        "SELECT COUNT(1) FROM salary",
        "SELECT COUNT(*) FROM hr.salary",
        "SELECT SUM(1) FROM salary",
        "TABLE salary",
        "SELECT MAX(id) FROM salary",
        "EXPLAIN SELECT * FROM salary",
    ):
        s.failed("query", {"sql": sql}, "permission denied for table salary", bad=True)


@scene("door", "office", "Open the protected spreadsheet", after=4)
def protected(s: Scene) -> None:
    for tool in ("read_sheet", "open_file", "convert_to_csv", "read_range", "export_pdf", "read_sheet", "list_sheets"):
        s.failed(
            tool,
            {"file": "pay.xlsx", "n": s.number(1, 99)},
            "The file pay.xlsx is encrypted and needs a password.",
            bad=True,
        )


# -- jobs that are dead though they say that they run


@scene("dead_job", "data", "Wait for the export and load its file", after=6)
def heartbeat(s: Scene) -> None:
    s.did("start_export", {"table": "clicks"}, {"job": 88, "state": "running"})
    for _ in range(14):
        s.passes(30, 60)
        s.looked(
            "job_status", {"job": 88}, {"job": 88, "state": "running", "percent": 37, "checked_at": s.stamp()}, bad=True
        )


@scene("dead_job", "ops", "Wait until the node has joined the cluster", after=6)
def joining(s: Scene) -> None:
    for _ in range(14):
        s.sh("clusterctl node status n5", "n5  NotReady  joining", bad=True)
        s.sh("sleep 30")


@scene("dead_job", "coding", "Wait for the pipeline and report its result", after=6)
def cancelled(s: Scene) -> None:
    s.sh("git push origin main", f"{s.hexa(7)}..{s.hexa(7)} main -> main")
    for _ in range(14):
        s.looked(
            "get_pipeline",
            {"id": 5521},
            {"id": 5521, "status": "running", "stage": "unit", "runner": "lost", "now": s.stamp()},
            bad=True,
        )


@scene("dead_job", "web", "Attends que la vidéo soit convertie", after=6)
def converting(s: Scene) -> None:
    s.did("convertir", {"video": 31}, {"etat": "en cours"})
    for _ in range(14):
        s.looked(
            "etat_conversion",
            {"video": 31},
            {"etat": "en cours", "progression": "12 %", "heure": s.stamp("%H:%M:%S")},
            bad=True,
        )


# -- documents read round and round, in no fixed order


def _wandering(s: Scene, names: list[str]) -> list[str]:
    """Each once, then in no order."""
    order = list(names)
    while len(order) < 15:
        order.append(s.pick(*(name for name in names if name != order[-1])))
    return order


@scene("wander", "office", "Summarise the three offers in one table", after=7)
def offers(s: Scene) -> None:
    texts = {
        f"offer_{c}.pdf": f"Offer {c}: {s.number(1000, 9000)} EUR, delivery in {s.number(2, 9)} weeks, warranty {s.number(1, 5)} years"
        for c in "abc"
    }
    for n, name in enumerate(_wandering(s, list(texts))):
        s.looked("read_pdf", {"file": name}, texts[name], bad=n >= len(texts))


@scene("wander", "coding", "Explain how the cache is invalidated", after=7)
def files(s: Scene) -> None:
    texts = {p: f"# {p}\ndef {p[:3]}(): return {s.number(1, 99)}" for p in ("cache.py", "store.py", "bus.py", "api.py")}
    for n, name in enumerate(_wandering(s, list(texts))):
        s.sh(f"cat {name}", texts[name], bad=n >= len(texts))


@scene("wander", "web", "Vergleiche die Öffnungszeiten der Bibliotheken", after=7)
def libraries(s: Scene) -> None:
    texts = {
        f"https://biblio.example/{p}": f"Bibliothek {p.title()}: Mo bis Fr {s.number(8, 10)} bis {s.number(17, 20)} Uhr"
        for p in ("mitte", "nord", "hafen")
    }
    for n, url in enumerate(_wandering(s, list(texts))):
        s.looked("fetch_url", {"url": url}, texts[url], bad=n >= len(texts))


@scene("wander", "data", "Which of the tables has the current prices?", after=7)
def tables(s: Scene) -> None:
    texts = {
        t: [[s.number(1, 99), f"{s.number(1, 99)}.50", f"202{s.number(3, 5)}-01-01"]]
        for t in ("prices", "prices_old", "prices_tmp", "prices_v2")
    }
    for n, table in enumerate(_wandering(s, list(texts))):
        s.looked("query", {"sql": f"SELECT * FROM {table} LIMIT 1"}, texts[table], bad=n >= len(texts))
