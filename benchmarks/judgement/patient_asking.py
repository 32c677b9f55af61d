"""Patient work that asks again and again: polling, waiting, retrying, paging, searching, reading again."""

import math
import sqlite3

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- polling: something is under way and moves, though not between any two looks


@scene("polling", "ops", "Deploy build 4.12.0 to staging and wait until the rollout has finished")
def rollout(s: Scene) -> None:
    pods, ready = s.number(6, 9), 0
    s.sh("kubectl -n shop set image deploy/web web=registry.local/web:4.12.0", "deployment.apps/web image updated")
    while ready < pods:
        s.passes(8, 20)
        ready += s.pick(0, 1, 1, 2)
        ready = min(ready, pods)
        s.sh(
            "kubectl -n shop get deploy web --no-headers",
            f"web   {ready}/{pods}   {pods}   {ready}   {s.number(3, 9)}d",
        )


@scene("polling", "coding", "Push the branch and report whether the pipeline passes")
def pipeline(s: Scene) -> None:
    number = s.number(88_000, 99_000)
    s.sh(
        "git push origin fix/encoding",
        f"To git.local:team/app.git\n   {s.hexa(7)}..{s.hexa(7)}  fix/encoding -> fix/encoding",
    )
    for stage in ("queued", "queued", "lint", "lint", "unit", "unit", "unit", "integration", "integration"):
        s.passes(20, 40)
        jobs = {"queued": 0, "lint": 1, "unit": 2, "integration": 5}[stage]
        s.looked("get_pipeline", {"id": number}, {"id": number, "status": "running", "stage": stage, "jobs_done": jobs})
    s.looked("get_pipeline", {"id": number}, {"id": number, "status": "success", "stage": "done", "jobs_done": 7})


@scene("polling", "data", "Train the classifier and give its final validation accuracy")
def training(s: Scene) -> None:
    s.sh("nohup python train.py --epochs 8 > train.log 2>&1 &", f"[1] {s.number(2000, 9000)}")
    for epoch in range(1, 9):
        s.passes(60, 90)
        loss = 2.1 * math.exp(-epoch / 4) + s.rng.random() / 20
        s.sh(
            "tail -n 1 train.log",
            f"epoch {epoch}/8 loss {loss:.4f} val_acc {0.52 + epoch * 0.045:.3f} eta {8 - epoch} min",
        )


@scene("polling", "data", "Exportiere alle Bestellungen des Jahres und lade die Datei herunter")
def export(s: Scene) -> None:
    job = f"exp_{s.hexa()}"
    s.did("start_export", {"table": "bestellungen", "jahr": 2025}, {"job": job, "status": "wartet"})
    done = 0
    while done < 100:
        done = min(100, done + s.pick(0, 9, 14, 23))
        s.passes(5, 15)
        s.looked(
            "export_status", {"job": job}, {"job": job, "status": "läuft" if done < 100 else "fertig", "prozent": done}
        )
    s.did("download", {"job": job, "to": "bestellungen.csv"}, {"bytes": s.number(10**6, 9 * 10**6)})


@scene("polling", "web", "Wait for the DNS record of the new mail host to be visible, then test delivery")
def dns(s: Scene) -> None:
    serial, seen = s.number(2026030100, 2026030199), 0
    resolvers = ["9.9.9.9", "1.1.1.1", "8.8.8.8", "64.6.64.6", "208.67.222.222"]
    while seen < len(resolvers):
        s.did("sleep", {"seconds": 60}, "")
        seen += s.pick(0, 1, 2)
        s.sh(
            "./propagation.sh mx2.shop.example",
            f"serial {serial}: {min(seen, 5)} of 5 resolvers answer with the new record",
        )
    s.sh("swaks --to probe@shop.example --server mx2.shop.example", "250 2.0.0 Ok: queued as 4XyZ12")


# -- waiting: several looks bring the very same, the worker sleeps between them, and then it is there


@scene("waiting", "office", "Ask Dana for the signed contract and file it when her reply is there")
def reply(s: Scene) -> None:
    s.did(
        "send_mail",
        {"to": "dana@lumen.example", "subject": "Contract 2214", "body": "Could you sign and return it?"},
        "sent",
        effect="irreversible",
    )
    for minutes in (5, 10, 20, 40)[: s.number(3, 4)]:
        s.did("wait", {"minutes": minutes}, f"waited {minutes} min")
        s.looked("search_mail", {"from": "dana@lumen.example", "unread": True}, [])
    s.did("wait", {"minutes": 60}, "waited 60 min")
    s.looked(
        "search_mail",
        {"from": "dana@lumen.example", "unread": True},
        [{"id": s.number(400, 900), "subject": "Re: Contract 2214", "attachments": ["contract_2214_signed.pdf"]}],
    )


@scene("waiting", "ops", "Restore the snapshot and check that the database answers")
def snapshot(s: Scene) -> None:
    s.sh(
        "aws rds restore-db-instance-from-db-snapshot --db-instance-identifier shop-r --db-snapshot-identifier nightly",
        '{"DBInstanceStatus": "creating"}',
    )
    query = "aws rds describe-db-instances --db-instance-identifier shop-r --query 'DBInstances[0].DBInstanceStatus'"
    for state in ["creating"] * s.number(3, 5) + ["backing-up"] * 2 + ["available"]:
        s.sh("sleep 120")
        s.sh(query, f'"{state}"')
    s.sh("psql -h shop-r.local -c 'select count(*) from orders'", " count \n-------\n 88213\n(1 row)")


@scene("waiting", "coding", "Start the development server and take a screenshot of the start page")
def server(s: Scene) -> None:
    s.did(
        "run_command",
        {"command": "npm run dev", "background": True},
        {"pid": s.number(3000, 9000), "stdout": "", "exit_code": None},
    )
    for _ in range(s.number(3, 4)):
        s.did("run_command", {"command": "sleep 3"}, {"stdout": "", "stderr": "", "exit_code": 0})
        s.did(
            "run_command",
            {"command": "curl -s -o /dev/null -w '%{http_code}' localhost:5173"},
            {"stdout": "000", "stderr": "", "exit_code": 7},
        )
    s.did("run_command", {"command": "sleep 5"}, {"stdout": "", "stderr": "", "exit_code": 0})
    s.did(
        "run_command",
        {"command": "curl -s -o /dev/null -w '%{http_code}' localhost:5173"},
        {"stdout": "200", "stderr": "", "exit_code": 0},
    )
    s.did("screenshot", {"url": "http://localhost:5173"}, {"file": "start.png", "width": 1280, "height": 720})


@scene("waiting", "data", "Lance le calcul des indicateurs et donne le total du trimestre")
def calcul(s: Scene) -> None:
    s.did("lancer_calcul", {"nom": "indicateurs_t1"}, {"tache": 77, "etat": "en attente"})
    for etat in ["en attente"] * s.number(2, 4) + ["en cours"] * s.number(2, 4):
        s.did("pause", {"secondes": 30}, "ok")
        s.looked("etat_calcul", {"tache": 77}, {"tache": 77, "etat": etat})
    s.looked("etat_calcul", {"tache": 77}, {"tache": 77, "etat": "terminé", "total": 48211.5})


# -- paging


@scene("paging", "web", "List the names of all open issues of the project")
def pages(s: Scene) -> None:
    total, size = s.number(160, 230), 20
    for page in range(1, total // size + 2):
        first = (page - 1) * size + 1
        rows = [
            {
                "number": 2000 + n,
                "title": f"{s.pick('Crash', 'Typo', 'Slow start', 'Wrong total')} in {s.pick('cart', 'search', 'login', 'export')}",
            }
            for n in range(first, min(first + size, total + 1))
        ]
        s.looked(
            "http_get",
            {"url": "https://api.forge.example/issues", "params": {"state": "open", "page": page}},
            {"status": 200, "items": rows[:6], "total": total},
        )


@scene("paging", "web", "Collect every event of the audit feed since Monday")
def cursor(s: Scene) -> None:
    here = ""
    for _ in range(s.number(7, 11)):
        following = s.hexa(16)
        events = [
            {"at": s.stamp(), "who": s.pick("ana", "bo", "cleo", "dov"), "did": s.pick("login", "export", "share")}
            for _ in range(3)
        ]
        s.looked("fetch_events", {"cursor": here} if here else {}, {"events": events, "next": following})
        here = following
    s.looked("fetch_events", {"cursor": here}, {"events": [], "next": None})


@scene("paging", "coding", "Read the protocol specification whole and list every message type")
def chapters(s: Scene) -> None:
    step = 120
    for start in range(1, s.number(900, 1400), step):
        text = "\n".join(
            f"{start + n}  {s.pick('HELLO', 'ACK', 'NACK', 'DATA', 'BYE', 'PING')} carries {s.pick('a nonce', 'the window size', 'the session key', 'no payload')}."
            for n in range(3)
        )
        s.sh(f"sed -n '{start},{start + step - 1}p' docs/protocol.md", text)


@scene("paging", "data", "Go through the complaints table row by row and count those about delivery")
def rows(s: Scene) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("create table complaints (id integer, text text)")
    about = ["late parcel", "broken mug", "wrong size", "rude call", "parcel lost", "refund missing"]
    db.executemany("insert into complaints values (?, ?)", [(n, s.pick(*about)) for n in range(1, s.number(70, 110))])
    offset = 0
    while found := db.execute(f"select * from complaints order by id limit 10 offset {offset}").fetchall():
        s.looked(
            "query",
            {"sql": f"SELECT id, text FROM complaints ORDER BY id LIMIT 10 OFFSET {offset}"},
            [list(row) for row in found],
        )
        offset += 10


@scene("paging", "office", "Scroll through the whole newsletter page and collect the dates mentioned")
def scrolling(s: Scene) -> None:
    for view in range(s.number(8, 12)):
        s.did("browser_scroll", {"direction": "down"}, "scrolled")
        s.looked(
            "browser_read_viewport",
            {},
            f"{s.pick('Spring fair', 'Board meeting', 'Open day', 'Workshop')} on {s.number(1, 28)} {s.pick('March', 'April', 'May')}, hall {view + 1}",
        )


# -- a retry that succeeds


@scene("retry", "web", "Download the price list of the supplier")
def flaky(s: Scene) -> None:
    for _ in range(2):
        s.failed(
            "http_get",
            {"url": "https://supplier.example/prices.json"},
            f"503 Service Unavailable (request id {s.hexa(12)})",
        )
    s.looked(
        "http_get",
        {"url": "https://supplier.example/prices.json"},
        {"status": 200, "json": [{"sku": f"A{s.number(100, 999)}", "price": s.number(3, 90)}]},
    )
    s.did("write_file", {"path": "prices.json", "content": "[...]"}, "2114 bytes written")


@scene("retry", "data", "Raise the stock of article 118 by 40 in the warehouse database")
def locked(s: Scene) -> None:
    sql = "UPDATE stock SET amount = amount + 40 WHERE article = 118"
    for _ in range(s.number(1, 2)):
        s.failed("execute_sql", {"sql": sql}, "OperationalError: database is locked")
        s.did("sleep", {"seconds": 2}, "ok")
    s.did("execute_sql", {"sql": sql}, {"rows_affected": 1})
    s.looked("query", {"sql": "SELECT amount FROM stock WHERE article = 118"}, [[s.number(50, 300)]])


@scene("retry", "coding", "Publish the two commits to the main branch")
def push(s: Scene) -> None:
    rejected = (
        " ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'git.local:team/app.git'"
    )
    for _ in range(2):
        s.sh("git push origin main", rejected, 1)
        s.sh("git pull --rebase origin main", f"Successfully rebased and updated refs/heads/main at {s.hexa(7)}.")
    s.sh("git push origin main", f"   {s.hexa(7)}..{s.hexa(7)}  main -> main")


@scene("retry", "ops", "Start the queue worker and confirm that it consumes messages")
def port_taken(s: Scene) -> None:
    for port in (s.number(8000, 8099), s.number(8100, 8199)):
        s.sh(f"./worker --metrics-port {port}", f"OSError: [Errno 98] Address already in use: ('0.0.0.0', {port})", 1)
    s.sh("ss -ltn | awk '{print $4}'", "0.0.0.0:22\n0.0.0.0:8033\n0.0.0.0:8150")
    s.sh("./worker --metrics-port 9200", f"{s.stamp()} worker ready, 0 pending")
    s.sh("curl -s localhost:9200/metrics | grep consumed", f"messages_consumed_total {s.number(10, 99)}")


@scene("retry", "office", "Buche den Besprechungsraum für Donnerstag 10 Uhr")
def timeouts(s: Scene) -> None:
    args = {"raum": "Elbe", "beginn": "2026-03-12T10:00", "dauer_min": 60}
    s.failed("raum_buchen", args, f"Zeitüberschreitung nach {s.number(28, 31)}.{s.number(0, 9)} s", "timeout")
    s.looked("raum_kalender", {"raum": "Elbe", "tag": "2026-03-12"}, [])
    s.failed("raum_buchen", args, f"Zeitüberschreitung nach {s.number(28, 31)}.{s.number(0, 9)} s", "timeout")
    s.looked("raum_kalender", {"raum": "Elbe", "tag": "2026-03-12"}, [])
    s.did("raum_buchen", args, {"buchung": s.number(1000, 9999), "status": "bestätigt"})


# -- a limit that tells how long it still holds


@scene("countdown", "web", "Fetch the profiles of the five test users from the API")
def rate_limit(s: Scene) -> None:
    left = s.number(55, 70)
    while left > 0:
        s.failed(
            "http_get", {"url": "https://api.people.example/users/1"}, f"429 Too Many Requests: retry after {left} s"
        )
        s.did("sleep", {"seconds": 15}, "ok")
        left -= 15
    for user in range(1, 6):
        s.looked(
            "http_get",
            {"url": f"https://api.people.example/users/{user}"},
            {"status": 200, "json": {"id": user, "name": s.pick("Ada", "Lin", "Otto", "Zoe", "Raj")}},
        )


@scene("countdown", "ops", "Reboot node 7 once the drain has finished")
def drain(s: Scene) -> None:
    pods = s.number(11, 15)
    while pods > 0:
        s.sh("nodectl reboot node-7", f"error: node-7 is draining, {pods} pods left", 1)
        s.sh("sleep 20")
        pods -= s.number(2, 4)
    s.sh("nodectl reboot node-7", "node-7 rebooting")
    s.sh("nodectl status node-7", "node-7 ready, uptime 41 s")


@scene("countdown", "data", "Load the nightly file into the warehouse as soon as its lock is released")
def maintenance(s: Scene) -> None:
    left = s.number(24, 28)
    while left > 0:
        s.failed(
            "load_table",
            {"file": "nightly.parquet", "table": "sales"},
            f"Warehouse in maintenance at {s.stamp('%H:%M:%S')}, about {left} minutes remaining",
        )
        s.did("wait", {"minutes": 6}, {"waited": True})
        left -= 6
    s.did("load_table", {"file": "nightly.parquet", "table": "sales"}, {"rows": s.number(8000, 20000)})


@scene("countdown", "office", "Réserve une place pour le concert dès l'ouverture de la vente")
def opening(s: Scene) -> None:
    for left in (s.number(80, 90), s.number(50, 60), s.number(25, 30), s.number(8, 12), s.number(2, 4)):
        s.failed("reserver", {"concert": 318, "places": 1}, f"La vente ouvre dans {left} minutes.")
        s.did("attendre", {"minutes": max(2, left // 3)}, "fait")
    s.did("reserver", {"concert": 318, "places": 1}, {"reservation": f"R{s.hexa(6)}", "place": "F12"})


@scene("countdown", "ops", "Delete the old cluster once its last leases have run out")
def leases(s: Scene) -> None:
    for left in range(s.number(10, 12), 0, -1):
        s.failed(
            "delete_cluster", {"name": "old-eu"}, f"Cluster old-eu cannot be deleted: {left} leases are still held"
        )
        s.did("release_next_lease", {"cluster": "old-eu"}, "ok", effect="reversible")
    s.did("delete_cluster", {"name": "old-eu"}, {"deleted": True}, effect="irreversible")


@scene("countdown", "data", "Rebuild the index when the compaction is over")
def compaction(s: Scene) -> None:
    for done in range(s.number(4, 8), 100, 11):
        s.did("wait", {"seconds": 30}, "ok")
        s.failed("rebuild_index", {"name": "ix_orders"}, f"compaction is at {done} %, try again later")
    s.did("rebuild_index", {"name": "ix_orders"}, {"rebuilt": True})


# -- the same thing read again, long after


@scene("read_again", "coding", "Implement the seven rules of RULES.md in the validator")
def rules(s: Scene) -> None:
    text = "1 names are unique\n2 dates are past\n3 totals match\n4 no empty lines\n5 codes have 8 digits\n6 currency is given\n7 countries are known"
    for rule in range(1, 8):
        if rule in (1, 3, 5, 7):
            s.looked("read_file", {"path": "RULES.md"}, text)
        for part in ("check", "test"):
            s.did(
                "edit_file",
                {"path": f"validator/{part}_{rule}.py", "new": f"def {part}_rule_{rule}(row): ..."},
                "edited",
                effect="reversible",
            )
            s.sh(
                f"python -m pytest -q validator/test_{rule}.py",
                f"{rule + (part == 'test')} passed in 0.{s.number(10, 99)}s",
            )


@scene("read_again", "data", "Fill in the template for each of the six regions")
def template(s: Scene) -> None:
    for region in ("north", "south", "east", "west", "centre", "islands"):
        s.looked(
            "read_file",
            {"path": "template.md"},
            "# Report for {region}\nRevenue: {revenue}\nCustomers: {customers}\nRemarks: {remarks}",
        )
        s.looked(
            "query_data",
            {"sql": f"select sum(revenue), count(*) from sales where region = '{region}'"},
            [[s.number(10_000, 90_000), s.number(80, 400)]],
        )
        s.did(
            "write_file",
            {"path": f"reports/{region}.md", "content": f"# Report for {region} ..."},
            {"bytes": s.number(200, 290)},
            effect="reversible",
        )


@scene("read_again", "ops", "Bring the twelve hosts in line with the baseline")
def baseline(s: Scene) -> None:
    hosts = [f"web{n:02}" for n in range(1, 13)]
    for n, host in enumerate(hosts):
        if n % 4 == 0:
            s.sh("cat baseline.yml", "ntp: chrony\nfirewall: nftables\nkernel: 6.1.0-26\nssh_root: no")
        s.sh(
            f"ssh {host} ./facts.sh",
            f"ntp: {s.pick('chrony', 'ntpd')}\nfirewall: nftables\nkernel: 6.1.0-{s.number(20, 26)}\nssh_root: {s.pick('yes', 'no')}\nhost: {host}",
        )
        s.sh(f"ssh {host} sudo ./align.sh", f"{host}: aligned")


@scene("read_again", "office", "Перевести брошюру на русский, сверяясь со словарём терминов")
def glossary(s: Scene) -> None:
    for page in range(1, 9):
        if page % 2 == 1:
            s.looked(
                "read_file", {"path": "glossary.csv"}, "valve;клапан\nseal;уплотнение\nflange;фланец\ngasket;прокладка"
            )
        s.looked(
            "read_page",
            {"file": "brochure.pdf", "page": page},
            f"Page {page}: The {s.pick('valve', 'seal', 'flange')} model {s.number(100, 999)} resists {s.number(10, 90)} bar.",
        )
        s.did("append_text", {"file": "brochure_ru.md", "text": f"Страница {page}: ..."}, "ok", effect="reversible")


# -- searching on, each time wiser


@scene("refine", "coding", "Find where the session cookie is set and say in which file")
def grep(s: Scene) -> None:
    s.sh("grep -rn 'cookie' src | head", "src/a11y.ts:12: // cookie banner\nsrc/legal.ts:3: cookiePolicy")
    s.sh("grep -rn 'set_cookie' src", "", 1)
    s.sh("grep -rni 'set-cookie' src", "src/proxy/headers.ts:41: 'set-cookie',")
    s.sh("sed -n '30,60p' src/proxy/headers.ts", "const passed = [\n  'content-type',\n  'set-cookie',\n]")
    s.sh("grep -rn 'session' src --include=*.ts -l", "src/auth/session.ts\nsrc/auth/store.ts")
    s.sh("grep -n 'cookie\\|Cookie' src/auth/session.ts", "88:  res.appendHeader(COOKIE, serialize(sid))")


@scene("refine", "web", "Find the year in which the Kaltbach bridge was built")
def bridge(s: Scene) -> None:
    asked = [
        "Kaltbach bridge",
        "Kaltbach bridge built year",
        "Kaltbachbrücke Baujahr",
        "Kaltbachbrücke Eröffnung 19. Jahrhundert",
        "Kaltbachbrücke Denkmal Liste",
    ]
    for n, query in enumerate(asked):
        hits = (
            []
            if n in (1, 2)
            else [
                {
                    "title": f"{s.pick('Rail', 'Road', 'Village')} history {n}",
                    "snippet": f"... {s.pick('the valley', 'an arch', 'a flood')} near Kaltbach in {s.number(1840, 1930)} ...",
                }
            ]
        )
        s.looked("web_search", {"query": query}, hits)
    s.looked(
        "fetch_url",
        {"url": "https://denkmal.example/liste/kaltbach"},
        "Kaltbachbrücke, erbaut 1887, Steinbogen, zwei Joche",
    )


@scene("refine", "data", "Which customers bought twice on one day in May?")
def sql(s: Scene) -> None:
    s.failed("query", {"sql": "SELECT customer, COUNT(*) FROM order GROUP BY customer"}, 'near "order": syntax error')
    s.failed("query", {"sql": 'SELECT customer, COUNT(*) FROM "order" GROUP BY customer'}, "no such table: order")
    s.looked("list_tables", {}, ["orders", "customers", "order_lines"])
    s.failed("query", {"sql": "SELECT customer, COUNT(*) FROM orders GROUP BY customer"}, "no such column: customer")
    s.looked("describe", {"table": "orders"}, [["id", "int"], ["customer_id", "int"], ["placed", "date"]])
    s.looked(
        "query",
        {
            "sql": "SELECT customer_id, placed, COUNT(*) n FROM orders WHERE placed LIKE '%-05-%' GROUP BY 1, 2 HAVING n > 1"
        },
        [],
    )
    s.looked("query", {"sql": "SELECT DISTINCT substr(placed, 1, 7) FROM orders"}, [["2026/04"], ["2026/05"]])
    s.looked(
        "query",
        {
            "sql": "SELECT customer_id, placed, COUNT(*) n FROM orders WHERE placed LIKE '2026/05%' GROUP BY 1, 2 HAVING n > 1"
        },
        [[s.number(1, 900), "2026/05/07", 2]],
    )


@scene("refine", "office", "Busca el correo donde el casero confirma la fianza")
def mail(s: Scene) -> None:
    for query in (
        "fianza",
        "fianza casero",
        "from:inmobiliaria fianza",
        "depósito alquiler",
        "depósito 2024 contrato piso",
    ):
        hits = (
            []
            if query in ("fianza casero", "from:inmobiliaria fianza")
            else [
                {
                    "id": s.number(100, 999),
                    "asunto": s.pick("Recibo", "Contrato", "Visita"),
                    "fecha": f"2024-0{s.number(1, 9)}-1{s.number(0, 9)}",
                }
            ]
        )
        s.looked("buscar_correo", {"consulta": query}, hits)
    s.looked("leer_correo", {"id": 311}, "Confirmo que he recibido la fianza de 900 euros. Saludos, M. Ortega")


# -- things that look alike


@scene("alike", "coding", "Check that every package has a licence file and say which have not")
def licences(s: Scene) -> None:
    names = ["core", "cli", "http", "store", "auth", "mail", "cron", "docs", "i18n"]
    s.looked("list_files", {"path": "packages"}, names)
    for name in names:
        if name == "cron":
            s.failed("read_file", {"path": f"packages/{name}/LICENSE"}, f"No such file: packages/{name}/LICENSE")
        else:
            s.looked(
                "read_file",
                {"path": f"packages/{name}/LICENSE"},
                "MIT License\n\nCopyright the authors\n\nPermission is hereby granted, free of charge, to any person",
            )


@scene("alike", "ops", "Compare the settings of all sites and list what differs from site a")
def sites(s: Scene) -> None:
    s.sh("ls sites", "\n".join(f"{c}.conf" for c in "abcdefgh"))
    for c in "abcdefgh":
        s.sh(
            f"cat sites/{c}.conf",
            f"server_name www;\nroot /srv/www;\nclient_max_body_size {'16m' if c == 'e' else '8m'};\nkeepalive_timeout 65;",
        )


@scene("alike", "data", "Read the header of each monthly file and say whether the columns are the same")
def headers(s: Scene) -> None:
    s.sh("ls data/2025-*.csv", "\n".join(f"data/2025-{m:02}.csv" for m in range(1, 13)))
    for m in range(1, 13):
        s.sh(f"head -n 1 data/2025-{m:02}.csv", "date,store,article,amount,price,discount")


@scene("alike", "web", "Check which of the shop's product pages mention the recall")
def products(s: Scene) -> None:
    numbers = s.rng.sample(range(1000, 9999), 10)
    s.looked("fetch_url", {"url": "https://shop.example/kettles"}, "Kettles: " + ", ".join(f"/p/{n}" for n in numbers))
    for n in numbers:
        s.looked(
            "fetch_url",
            {"url": f"https://shop.example/p/{n}"},
            "Electric kettle, 1.7 litres, steel, two years of warranty. Add to basket. Customers also bought descaler.",
        )


# -- nothing found, and that is the answer


@scene(
    "empty",
    "data",
    "Check the orders table for broken records and report what you find",
    acceptance="a list of problems, or that there are none",
)
def checks(s: Scene) -> None:
    for where in (
        "customer_id IS NULL",
        "amount < 0",
        "placed > date('now')",
        "amount <> round(amount, 2)",
        "id IN (SELECT id FROM orders GROUP BY id HAVING COUNT(*) > 1)",
        "country NOT IN ('DE','AT','CH')",
        "email NOT LIKE '%@%'",
    ):
        s.looked("query", {"sql": f"SELECT id FROM orders WHERE {where}"}, [])


@scene("empty", "coding", "Make sure that no secret is in the repository", acceptance="nothing found is fine")
def secrets(s: Scene) -> None:
    for pattern in (
        "AKIA[0-9A-Z]{16}",
        "BEGIN RSA PRIVATE KEY",
        "password\\s*=",
        "ghp_[A-Za-z0-9]{36}",
        "xox[bp]-",
        "sk-[A-Za-z0-9]{20}",
        "Authorization: Basic",
    ):
        s.sh(f"git grep -nE '{pattern}' $(git rev-list --all | head -50)", "", 1)


@scene(
    "empty",
    "office",
    "See whether any of these people wrote to us this year",
    acceptance="names and dates; none is a valid result",
)
def people(s: Scene) -> None:
    for name in ("Abel Court", "Bea Dunn", "Carl Ems", "Dora Fisk", "Emil Gant", "Fay Holt", "Gus Ives", "Hal Jory"):
        s.looked("search_mail", {"query": f"{name} 2026"}, "No messages found.")


@scene("empty", "ops", "昨晚有没有磁盘或内存错误?逐台检查", acceptance="没有错误也是有效结果")
def hosts(s: Scene) -> None:
    for n in range(1, 10):
        s.sh(f"ssh db{n:02} journalctl -p err --since yesterday -q")


# -- a log that grows


@scene("growing", "ops", "Watch the access log during the load test and tell when errors begin")
def access_log(s: Scene) -> None:
    for _ in range(s.number(9, 12)):
        lines = [
            f"{s.stamp('%H:%M:%S')} GET /{s.pick('cart', 'home', 'search')} 200 {s.number(3, 90)}ms" for _ in range(3)
        ]
        s.sh("tail -n 3 access.log", "\n".join(lines))
    s.sh("tail -n 3 access.log", f"{s.stamp('%H:%M:%S')} GET /cart 502 3001ms")


@scene("growing", "data", "Follow the import and say how many rows were rejected in the end")
def counting(s: Scene) -> None:
    done = 0
    while done < 40_000:
        done += s.number(2_000, 7_000)
        s.looked("query", {"sql": "SELECT COUNT(*) FROM staging"}, [[done]])
        s.did("sleep", {"seconds": 30}, "ok")
    s.looked("query", {"sql": "SELECT COUNT(*) FROM rejects"}, [[s.number(1, 60)]])


@scene("growing", "web", "Verfolge den Live-Ticker und notiere die Tore")
def ticker(s: Scene) -> None:
    home = away = 0
    for minute in range(5, 91, 9):
        home, away = home + s.pick(0, 0, 1), away + s.pick(0, 0, 0, 1)
        s.looked("fetch_url", {"url": "https://ticker.example/spiel/88"}, f"{minute}. Minute: {home}:{away}")


@scene("growing", "coding", "Let the fuzzer run until it has found a crash, then give its input")
def fuzzer(s: Scene) -> None:
    runs, paths = 0, 1
    for _ in range(s.number(7, 10)):
        runs, paths = runs + s.number(10_000, 50_000), paths + s.pick(0, 1, 3)
        s.sh("cat out/stats", f"execs {runs}\npaths {paths}\ncrashes 0\nlast_update {int(s.now.timestamp())}")
    s.sh("cat out/stats", f"execs {runs + 999}\npaths {paths}\ncrashes 1\nlast_update {int(s.now.timestamp())}")
