"""Patient work, held out: written after the detector was mended on the other scenes, and not looked at while it was."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene


@scene("polling", "ops", "Scale the group to ten machines and wait until all of them are healthy")
def machines(s: Scene) -> None:
    s.did("cloud_scale", {"group": "render", "size": 10}, {"accepted": True})
    healthy = s.number(3, 4)
    while healthy < 10:
        s.passes(20, 40)
        s.looked(
            "cloud_describe_group",
            {"group": "render"},
            {"group": "render", "desired": 10, "healthy": healthy, "starting": 10 - healthy},
        )
        healthy += s.pick(0, 1, 2)
    s.looked(
        "cloud_describe_group", {"group": "render"}, {"group": "render", "desired": 10, "healthy": 10, "starting": 0}
    )


@scene("polling", "coding", "Attendi che la compilazione remota finisca e scarica il pacchetto")
def build(s: Scene) -> None:
    for state in (
        "in coda",
        "in coda",
        "compilazione: 12 file su 80",
        "compilazione: 41 file su 80",
        "compilazione: 77 file su 80",
        "firma",
        "pronto",
    ):
        s.passes(10, 30)
        s.looked("stato_build", {"build": 912}, {"build": 912, "stato": state})
    s.did("scarica", {"build": 912}, {"file": "pacchetto.tar.gz", "byte": s.number(10**6, 10**7)})


@scene("waiting", "web", "Register the account and confirm it with the code from the mail")
def code(s: Scene) -> None:
    s.did(
        "http_request",
        {"method": "POST", "url": "https://forum.example/register", "body": {"mail": "bot@box.example"}},
        {"status": 201},
    )
    for _ in range(s.number(3, 4)):
        s.did("sleep", {"ms": 15000}, None)
        s.looked("imap_search", {"folder": "INBOX", "subject": "confirmation"}, {"uids": []})
    s.did("sleep", {"ms": 15000}, None)
    s.looked("imap_search", {"folder": "INBOX", "subject": "confirmation"}, {"uids": [88]})


@scene("waiting", "data", "Run the query on the cluster and fetch its result")
def cluster_query(s: Scene) -> None:
    query = f"q_{s.hexa(10)}"
    s.did(
        "submit_query",
        {"sql": "SELECT region, SUM(v) FROM facts GROUP BY region"},
        {"query_id": query, "state": "QUEUED"},
    )
    for state in ["QUEUED"] * s.number(2, 4) + ["RUNNING"] * s.number(2, 4):
        s.looked("query_state", {"query_id": query}, {"query_id": query, "state": state})
    s.looked("query_state", {"query_id": query}, {"query_id": query, "state": "FINISHED"})
    s.looked("query_result", {"query_id": query}, [["north", s.number(100, 900)], ["south", s.number(100, 900)]])


@scene("paging", "office", "Pobierz wszystkie faktury z systemu i zapisz ich numery")
def invoices(s: Scene) -> None:
    for start in range(0, s.number(150, 240), 25):
        s.looked(
            "faktury",
            {"od": start, "ile": 25},
            {"faktury": [f"FV/{start + n}/2026" for n in range(1, 4)], "razem": 240},
        )


@scene("paging", "coding", "Read the whole build log and list the warnings")
def log_pages(s: Scene) -> None:
    for offset in range(0, s.number(70_000, 110_000), 10_000):
        s.looked(
            "read_output",
            {"name": "build.log", "start": offset, "length": 10_000},
            "\n".join(
                f"[{offset + n}] {s.pick('CC', 'LD', 'AR')} {s.hexa(5)}.o" + s.pick("", ": warning: unused variable")
                for n in range(3)
            ),
        )


@scene("retry", "coding", "Install the dependencies")
def install(s: Scene) -> None:
    for _ in range(2):
        s.sh(
            "npm ci",
            f"npm error code ECONNRESET\nnpm error network read ECONNRESET\nnpm error A complete log of this run can be found in: ~/.npm/_logs/{s.stamp('%Y-%m-%dT%H_%M_%S')}_{s.number(100, 999)}Z-debug-0.log",
            1,
        )
    s.sh("npm ci", f"added {s.number(300, 900)} packages in {s.number(9, 50)}s")


@scene("retry", "web", "Post the announcement to the channel")
def conflict(s: Scene) -> None:
    s.failed(
        "post_message",
        {"channel": "news", "text": "We are moving on Monday."},
        "409 Conflict: channel is being migrated",
    )
    s.did("wait_seconds", {"n": 5}, "ok")
    s.failed(
        "post_message",
        {"channel": "news", "text": "We are moving on Monday."},
        "409 Conflict: channel is being migrated",
    )
    s.did("wait_seconds", {"n": 10}, "ok")
    s.did("post_message", {"channel": "news", "text": "We are moving on Monday."}, {"ts": s.stamp()})


@scene("countdown", "ops", "Remova o volume quando a retenção terminar")
def retention(s: Scene) -> None:
    left = s.number(48, 55)
    while left > 0:
        s.failed("remover_volume", {"volume": "vol-7"}, f"O volume está retido por mais {left} segundos")
        s.did("esperar", {"segundos": 12}, "ok")
        left -= 12
    s.did("remover_volume", {"volume": "vol-7"}, {"removido": True})


@scene("countdown", "data", "Merge the shards once they are synchronised")
def shards(s: Scene) -> None:
    behind = s.number(9_000, 12_000)
    while behind > 0:
        s.did(
            "run_command",
            {"command": "shardctl merge"},
            {"stdout": "", "stderr": f"cannot merge: replica is {behind} entries behind", "exit_code": 1},
        )
        s.did("run_command", {"command": "sleep 10"}, {"stdout": "", "stderr": "", "exit_code": 0})
        behind -= s.number(2_000, 4_000)
    s.did("run_command", {"command": "shardctl merge"}, {"stdout": "merged 4 shards\n", "stderr": "", "exit_code": 0})


@scene("read_again", "office", "Grade the twelve essays by the marking scheme")
def essays(s: Scene) -> None:
    for n in range(1, 13):
        if n % 3 == 1:
            s.looked(
                "open_document", {"name": "marking_scheme.docx"}, "Structure 10, argument 20, language 10, sources 10"
            )
        s.looked(
            "open_document",
            {"name": f"essay_{n:02}.docx"},
            f"Essay by pupil {s.hexa(4)}: {s.pick('The sea', 'On trust', 'My street', 'Machines')} ... {s.number(300, 800)} words",
        )
        s.did("set_grade", {"essay": n, "points": s.number(20, 50)}, "saved", effect="reversible")


@scene("read_again", "coding", "Port the six endpoints to the new framework")
def endpoints(s: Scene) -> None:
    for name in ("users", "orders", "carts", "prices", "taxes", "health"):
        s.looked(
            "view",
            {"path": "docs/migration.md"},
            "Use @route. Return Response. No globals. Errors are raised as HTTPError.",
        )
        s.looked(
            "view",
            {"path": f"old/{name}.py"},
            f"def {name}(request):\n    return json({name}_table[{s.number(1, 99)}])",
        )
        s.did(
            "create",
            {"path": f"new/{name}.py", "file_text": f"@route('/{name}')\n..."},
            f"File created successfully at: new/{name}.py",
            effect="reversible",
        )


@scene("refine", "web", "Hangi yıl Galata köprüsü yenilendi?")
def turkish(s: Scene) -> None:
    for query, hits in (
        ("Galata köprüsü", ["Galata semti", "Galata kulesi"]),
        ("Galata köprüsü yenileme yılı", []),
        ("Galata köprüsü tarihçe", ["Köprüler listesi"]),
        ("Galata köprüsü yangın sonrası", ["Yangın 1992", "Yeni köprü"]),
    ):
        s.looked("ara", {"sorgu": query}, hits)
    s.looked("sayfa_oku", {"adres": "https://tarih.example/kopru"}, "Köprü 1994 yılında yenilendi.")


@scene("refine", "ops", "Find which process writes to /var/spool/big")
def writer(s: Scene) -> None:
    s.sh("lsof +D /var/spool/big", "", 1)
    s.sh("fuser -v /var/spool/big", "", 1)
    s.sh("ls -la --time-sort /var/spool/big | head -3", "total 88\n-rw-r--r-- 1 www www 4096 Mar 3 10:01 a.tmp")
    s.sh("ps -u www", f"{s.number(100, 999)} ?  00:00:01 php-fpm\n{s.number(1000, 1999)} ?  00:00:09 spooler")
    s.sh("strings /usr/bin/spooler | grep big", "/var/spool/big")


@scene("alike", "coding", "Which of the modules have an empty __init__ file?")
def inits(s: Scene) -> None:
    names = ["alpha", "beta", "gamma", "delta", "omega", "sigma", "theta", "kappa"]
    s.sh("ls -d */", "\n".join(f"{n}/" for n in names))
    for n in names:
        s.sh(f"cat {n}/__init__.py")


@scene("alike", "data", "Compara los metadatos de las diez imágenes")
def images(s: Scene) -> None:
    s.looked("listar", {"carpeta": "fotos"}, [f"IMG_{n}.jpg" for n in range(3301, 3311)])
    for n in range(3301, 3311):
        s.looked(
            "metadatos",
            {"archivo": f"fotos/IMG_{n}.jpg"},
            {"camara": "Sonora X2", "objetivo": "35 mm", "iso": 200, "perfil": "sRGB"},
        )


@scene("empty", "web", "Check whether any of our pages links to the old domain", acceptance="a list; it may be empty")
def old_links(s: Scene) -> None:
    for path in ("index", "about", "team", "press", "jobs", "contact", "imprint", "blog"):
        s.looked("find_links", {"page": f"https://firm.example/{path}", "to": "old.example"}, {"links": []})


@scene("empty", "data", "Look for duplicates under every key we use", acceptance="none found is a result")
def duplicates(s: Scene) -> None:
    for key in ("email", "phone", "iban", "tax_id", "name, birthday", "street, number, zip", "customer_no"):
        s.looked(
            "sql",
            {"statement": f"SELECT {key}, COUNT(*) FROM person GROUP BY {key} HAVING COUNT(*) > 1"},
            {"columns": key.split(", "), "rows": []},
        )


@scene("growing", "coding", "Watch the soak test and report the memory after half an hour")
def soak(s: Scene) -> None:
    rss = s.number(100, 140)
    for _ in range(s.number(8, 11)):
        rss += s.number(0, 6)
        s.sh("ps -o rss=,etimes= -p 4410", f"{rss * 1024} {int(s.passes(60, 200)) + rss}")


@scene("growing", "office", "공유 문서에 댓글이 다섯 개 달릴 때까지 확인하고 정리해 줘")
def comments(s: Scene) -> None:
    for n in range(6):
        s.looked("get_comments", {"doc": "기획안"}, [{"번호": k, "글": f"의견 {k}"} for k in range(n)])
        s.did("wait", {"minutes": 10}, "done")


@scene("batch", "web", "Block all the addresses on the list in the firewall")
def addresses(s: Scene) -> None:
    for _ in range(18):
        s.did(
            "http_request",
            {
                "method": "PUT",
                "url": f"https://fw.local/block/{s.number(20, 220)}.{s.number(0, 255)}.{s.number(0, 255)}.{s.number(1, 254)}",
            },
            {"status": 204, "body": None},
        )


@scene("batch", "coding", "Add the type annotation import to every file that needs it")
def sed(s: Scene) -> None:
    for name in ("app", "db", "cli", "http", "jobs", "mail", "model", "queue", "render", "search", "tasks", "views"):
        s.did(
            "str_replace",
            {"path": f"/repo/src/{name}.py", "old_str": "import os", "new_str": "import os\nfrom typing import Any"},
            "The file has been edited successfully.",
            effect="reversible",
        )


@scene("edit_test", "ops", "Get the playbook to run without a failed task")
def playbook(s: Scene) -> None:
    for done, task in (
        (3, "install packages"),
        (5, "copy certificates"),
        (9, "template config"),
        (12, "restart service"),
    ):
        s.sh(
            "ansible-playbook site.yml",
            f"TASK [{task}] fatal: [web01]: FAILED!\nPLAY RECAP web01 : ok={done} changed=1 failed=1",
            2,
        )
        s.did("edit_file", {"path": f"roles/{task.split()[1]}.yml", "new": s.hexa(12)}, "edited", effect="reversible")
    s.sh("ansible-playbook site.yml", "PLAY RECAP web01 : ok=15 changed=4 failed=0")


@scene("edit_test", "coding", "Corrige las pruebas que fallan en el módulo de fechas")
def fluctuating(s: Scene) -> None:
    for failing in (7, 5, 6, 3, 4, 1, 0):
        s.did("editar", {"archivo": "fechas.py", "texto": s.hexa(16)}, "editado", effect="reversible")
        s.did(
            "ejecutar",
            {"orden": "pytest -q"},
            {
                "stdout": f"{failing} failed, {30 - failing} passed in {s.number(1, 4)}.{s.number(10, 99)}s\n",
                "exit_code": int(failing > 0),
            },
        )


@scene("setup", "coding", "Set up the development environment on this machine")
def environment(s: Scene) -> None:
    for command in (
        "python3 -m venv .venv",
        ". .venv/bin/activate",
        "pip install -q -U pip",
        "pip install -q -r requirements.txt",
        "npm install --silent",
        "cp .env.example .env",
        "mkdir -p var/cache",
        "createdb app",
        "createdb app_test",
        "./manage.py migrate -v0",
        "./manage.py loaddata -v0 base",
        "pre-commit install -q",
    ):
        s.did("run_command", {"command": command}, {"stdout": "", "stderr": "", "exit_code": 0})
    s.did(
        "run_command",
        {"command": "./manage.py check"},
        {"stdout": "System check identified no issues (0 silenced).\n", "stderr": "", "exit_code": 0},
    )


@scene("setup", "web", "Richte den neuen Shop ein: Versand, Zahlung, Steuern")
def shop(s: Scene) -> None:
    for path, value in (
        ("versand/de", 4.9),
        ("versand/at", 9.9),
        ("zahlung/karte", True),
        ("zahlung/rechnung", True),
        ("steuer/de", 19),
        ("steuer/at", 20),
        ("mail/absender", "shop@laden.example"),
        ("seite/titel", "Laden"),
    ):
        s.did(
            "http_request",
            {"method": "PUT", "url": f"https://shop.local/api/{path}", "body": {"wert": value}},
            {"status": 200, "body": {"ok": True}},
        )


@scene("check_each", "web", "Switch the redirects on one by one and look at the error rate after each")
def redirects(s: Scene) -> None:
    for n in range(1, 9):
        s.did("enable_redirect", {"rule": n}, {"enabled": n}, effect="reversible")
        s.looked("error_rate", {"minutes": 1}, {"rate": 0.0})


@scene("check_each", "data", "Load the parts one after another and validate after each")
def parts(s: Scene) -> None:
    for n in range(1, 8):
        s.sh(f"load part-{n:03}.csv", f"part-{n:03}.csv: {s.number(900, 999)} rows")
        s.sh("validate --quick", "all constraints hold")


@scene("explore", "office", "Find the meeting where the office move was decided")
def meetings(s: Scene) -> None:
    for week in range(1, 7):
        text = f"Week {week}: {s.pick('budget', 'staff', 'parking', 'coffee')} discussed, {s.number(1, 9)} points"
        s.looked("open_minutes", {"week": week}, text if week != 3 else "No minutes were kept in this week.")
    s.looked("open_minutes", {"week": 7}, "Week 7: the office move to Elm Road was decided")


@scene("explore", "coding", "How do I run a single test in this repository?")
def howto(s: Scene) -> None:
    s.sh("ls", "BUILD.gn  DEPS  README  src  tools")
    s.sh("make test", "make: *** No rule to make target 'test'.  Stop.", 2)
    s.sh("pytest", "bash: pytest: command not found", 127)
    s.sh("cat README", "See tools/README for tests")
    s.sh("cat tools/README", "Run tools/t.sh NAME")
    s.sh("tools/t.sh parse_url", "PASS parse_url (0.01s)")


@scene("forms", "office", "Fill in the visa form for the four travellers")
def visa(s: Scene) -> None:
    for who in ("Ann", "Bob", "Cem", "Eda"):
        for name in ("given_name", "passport", "birthday"):
            s.did("fill", {"field": name, "value": f"{who} {s.number(100, 999)}" if name != "given_name" else who}, "")
        s.did("click", {"text": "Add traveller"}, "")
    s.looked("page_text", {}, "4 travellers added")


@scene("forms", "web", "Rate the thirty photographs")
def photographs(s: Scene) -> None:
    for _ in range(15):
        s.looked("current_photo", {}, {"name": f"{s.hexa(6)}.jpg", "subject": s.pick("dog", "hill", "boat", "street")})
        s.did("press_key", {"key": s.pick("1", "2", "3")}, "ok")


@scene("tries", "web", "Find the largest page size the API accepts")
def page_size(s: Scene) -> None:
    for size in (1000, 500, 250, 125):
        s.failed(
            "http_get",
            {"url": "https://api.lib.example/books", "params": {"size": size}},
            f"400 Bad Request: size {size} is too large",
        ) if size > 250 else s.looked(
            "http_get",
            {"url": "https://api.lib.example/books", "params": {"size": size}},
            {"status": 200, "count": size},
        )


@scene("tries", "data", "Choose the smoothing parameter with the lowest error")
def grid(s: Scene) -> None:
    for value in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30):
        s.did(
            "fit_model",
            {"alpha": value},
            {"alpha": value, "rmse": round(3 + abs(value - 1) / 20 + s.rng.random() / 9, 3)},
        )


@scene("writing", "data", "Describe each of the nine columns in the data dictionary")
def dictionary(s: Scene) -> None:
    for column in ("id", "opened", "closed", "owner", "kind", "amount", "state", "note", "source"):
        s.looked(
            "column_stats",
            {"table": "cases", "column": column},
            {"column": column, "distinct": s.number(2, 900), "nulls": s.number(0, 9)},
        )
        s.did("append_file", {"path": "dictionary.md", "text": f"- {column}: ..."}, "ok", effect="reversible")


@scene("writing", "office", "Schrijf voor elke afdeling een korte samenvatting")
def dutch(s: Scene) -> None:
    for afdeling in ("inkoop", "verkoop", "logistiek", "kwaliteit", "personeel", "it"):
        s.looked(
            "lees_verslag",
            {"afdeling": afdeling},
            f"Verslag {afdeling}: omzet {s.number(10, 99)}, klachten {s.number(0, 20)}, plannen voor {s.number(2026, 2029)}",
        )
        s.did(
            "schrijf", {"bestand": "samenvatting.md", "tekst": f"## {afdeling}\n..."}, "opgeslagen", effect="reversible"
        )


@scene("beside", "web", "Get the opening hours of the twelve branches")
def three_at_once(s: Scene) -> None:
    for n in range(12):
        s.looked(
            "fetch_url",
            {"url": f"https://bank.example/branch/{n + 1}"},
            f"Branch {n + 1}: Mon to Fri 9 to {s.number(15, 18)}",
        )
        if n % 3 != 2:
            s.together()


@scene("beside", "data", "Read all nine sheets")
def outage_at_once(s: Scene) -> None:
    for n in range(4):
        s.failed("read_sheet", {"book": "plan.xlsx", "sheet": n}, "The spreadsheet service is restarting")
        s.together()
    s.looked("service_status", {"name": "sheets"}, {"up": True})
    for n in range(9):
        s.looked("read_sheet", {"book": "plan.xlsx", "sheet": n}, [[s.number(1, 99), s.hexa(4)]])


@scene("long", "coding", "Move the project from one license header to another, file by file")
def headers(s: Scene) -> None:
    names = [f"src/{a}_{b}.c" for a in ("net", "fs", "mm", "ipc") for b in ("init", "core", "util", "test", "api")]
    s.sh("ls src", "\n".join(n[4:] for n in names))
    for n in names:
        s.looked(
            "read_lines", {"path": n, "from": 1, "to": 3}, "/* Licensed under the old terms.\n * See COPYING.\n */"
        )
        s.did(
            "replace_lines",
            {"path": n, "from": 1, "to": 3, "text": "/* New terms */"},
            "3 lines replaced",
            effect="reversible",
        )
