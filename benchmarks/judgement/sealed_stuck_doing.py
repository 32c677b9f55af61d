"""Workers whose doing leads nowhere: no effect, no way in, no such tool, round and round; sealed until the first measurement."""

from itertools import pairwise

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.sealed_forms import PYTEST, SITE, edit, missed, page, shell, some, view
from benchmarks.judgement.trace import Scene

# -- changes that change nothing


@scene("no_effect", "coding", "tests/test_slots.py::test_overlap fails: find the fault and mend it", after=8)
def beside_the_point(s: Scene) -> None:
    run, where = (
        shell(s),
        [
            "calendar/views.py",
            "calendar/forms.py",
            "calendar/utils.py",
            "calendar/admin.py",
            "calendar/urls.py",
            "calendar/models.py",
        ],
    )
    fail = (
        PYTEST
        + "    def test_overlap():\n>       assert overlap((9, 11), (10, 12)) is True\nE       assert False is True\n\ntests/test_slots.py:14: AssertionError\n1 failed in"
    )
    run("pytest tests/test_slots.py", f"{fail} {s.passes(0.1, 0.6)}s", 1)
    for file in where[: s.number(5, 6)]:
        old, new = s.pick(
            ("import datetime", "import datetime as dt"),
            ("return slots", "return list(slots)"),
            ("# helpers", "# Helpers for slots"),
        )
        edit(s, f"/workspace/{file}", old, new, bad=True)
        run("pytest tests/test_slots.py", f"{fail} {s.passes(0.1, 0.6)}s", 1, bad=True)


@scene("no_effect", "coding", "Stop the client from sending the token twice: repro.py must print OK", after=8)
def wrong_copy(s: Scene) -> None:
    run, path = shell(s), "/workspace/vendor/netkit/client.py"
    run("git log --oneline -2", f"{s.hexa(7)} Add repro\n{s.hexa(7)} Vendor netkit 3.1")
    run("grep -rn 'def send' vendor/netkit", "vendor/netkit/client.py:58:    def send(self, request):")
    trace = 'Traceback (most recent call last):\n  File "/workspace/repro.py", line 9, in <module>\n    client.send(request)\n  File "/usr/lib/python3/site-packages/netkit/client.py", line 61, in send\n    request.headers.add("X-Token", self.token)\nnetkit.errors.DuplicateHeader: X-Token'
    run("python repro.py", trace, 1)
    lines = [
        'request.headers.add("X-Token", self.token)',
        'request.headers["X-Token"] = self.token',
        'request.headers.set("X-Token", self.token)',
        'request.headers.pop("X-Token", None)',
        'if "X-Token" not in request.headers:',
        "request = request.without_token()",
        "request.headers.clear()",
    ]
    for old, new in pairwise(lines):
        edit(s, path, old, new, bad=True)
        run("python repro.py", trace, 1, bad=True)


@scene("no_effect", "coding", "npm run build fails with a type error in Chart.tsx; mend it", after=8)
def config_shuffle(s: Scene) -> None:
    run, path = shell(s), "/workspace/tsconfig.json"
    told = "src/Chart.tsx(44,17): error TS2339: Property 'unit' does not exist on type 'Series'.\n\nnpm error Lifecycle script `build` failed with error:\nnpm error code 2"
    run("npm run build", told, 2)
    pairs = (
        ('"target": "ES2020"', '"target": "ES2022"'),
        ('"module": "commonjs"', '"module": "esnext"'),
        ('"lib": ["dom"]', '"lib": ["dom", "es2022"]'),
        ('"jsx": "react"', '"jsx": "react-jsx"'),
        ('"moduleResolution": "node"', '"moduleResolution": "bundler"'),
        ('"esModuleInterop": false', '"esModuleInterop": true'),
    )
    for old, new in pairs[: s.number(5, 6)]:
        edit(s, path, old, new, bad=True)
        run(s.pick("npm run build", "npm run build", "npx tsc --noEmit; npm run build"), told, 2, bad=True)


@scene("no_effect", "coding", "Update the licence header in every file under lib/", after=4)
def text_not_there(s: Scene) -> None:
    view(s, "/workspace/lib/core.js", "/*! core | (c) 2019 The Authors | MIT */\r\n'use strict'\r")
    for old in (
        "/* core (c) 2019 */",
        "/*! core | (c) 2019 The Authors */",
        "// core | (c) 2019",
        "/*!\n * core\n * (c) 2019\n */",
        "(c) 2019 The Authors | MIT */\n'use strict'",
        "/** core | (c) 2019 */",
        "Copyright 2019",
    )[: s.number(5, 7)]:
        missed(s, "/workspace/lib/core.js", old, old.replace("2019", "2026"))


@scene("no_effect", "coding", "Apply the fix from review.patch to the parser", after=4)
def patches(s: Scene) -> None:
    run = shell(s)
    run("head -3 review.patch", "--- a/parser/lex.c\n+++ b/parser/lex.c\n@@ -118,7 +118,9 @@ static int next(")
    for args in some(
        s,
        5,
        7,
        "git apply review.patch|git apply --3way review.patch|patch -p1 < review.patch|git apply --ignore-whitespace review.patch|patch -p0 < review.patch|git apply -C1 review.patch|git am < review.patch",
    ):
        line = s.number(110, 125)
        run(args, f"error: patch failed: parser/lex.c:{line}\nerror: parser/lex.c: patch does not apply", 1, bad=True)


@scene("no_effect", "ops", "Raise the proxy's upload limit to 50 MB", after=6)
def old_value(s: Scene) -> None:
    s.looked("get_config", {"key": "upload_limit"}, {"upload_limit": "10m"})
    for value in ("50m", "50M", "52428800", "50MB", "50 m", "50mb")[: s.number(5, 6)]:
        s.did("set_config", {"key": "upload_limit", "value": value}, {"accepted": True, "change": s.hexa(6)}, bad=True)
        s.looked("get_config", {"key": "upload_limit"}, {"upload_limit": "10m"}, bad=True)


@scene("no_effect", "coding", "Make the geometry library build with the new compiler", after=8)
def same_template_error(s: Scene) -> None:
    run, path = shell(s), "/workspace/geo/box.hpp"
    chain = "\n".join(
        f"/usr/include/c++/13/bits/stl_{name}.h:{line}:7:   required from 'std::{name}<geo::Box>'"
        for name, line in (("vector", 1289), ("construct", 119), ("uninitialized", 137))
    )
    told = f"In file included from geo/index.cpp:3:\n{chain}\ngeo/index.cpp:27:19:   required from here\nerror: use of deleted function 'geo::Box::Box(const geo::Box&)'\nmake: *** [Makefile:9: geo/index.o] Error 1"
    run("make geo", told, 2)
    lines = ["double x;", "double x = 0;", "double x{};", "float x{};", "mutable double x{};", "volatile double x{};"]
    for old, new in pairwise(lines):
        edit(s, path, old, new, bad=True)
        run(s.pick("make geo", "make geo", "make -B geo"), told, 2, bad=True)


@scene("no_effect", "ops", "Roll the firewall play out to the edge hosts", after=4)
def same_play(s: Scene) -> None:
    run = shell(s)
    run("cat edge.yml", "- hosts: edge\n  roles: [firewall]")
    for tail in some(s, 5, 7, "| -v| --limit edge1,edge2| --tags firewall| --become| -vvv| --forks 1"):
        hosts = "\n".join(
            f'fatal: [edge{n}]: FAILED! => {{"changed": false, "msg": "Unsupported parameters for (nftables) module: chain_prio"}}'
            for n in (1, 2)
        )
        recap = "\n".join(f"edge{n} : ok=3 changed=0 unreachable=0 failed=1 skipped=0" for n in (1, 2))
        took = f"Playbook run took 0 days, 0 hours, 0 minutes, {s.number(8, 40)} seconds"
        run(
            f"ansible-playbook edge.yml{tail}",
            f"PLAY [edge] ****\n\nTASK [firewall : set chain] ****\n{hosts}\n\nPLAY RECAP ****\n{recap}\n{took}",
            2,
            bad=True,
        )


# -- nothing lets it in


@scene("shut_out", "coding", "Install pdfkit-pro so that the report can be rendered", after=4)
def no_network(s: Scene) -> None:
    run = shell(s)
    ways = (
        "pip install pdfkit-pro",
        "pip3 install --user pdfkit-pro",
        "python -m pip install pdfkit-pro==2.1",
        "pip install --no-cache-dir pdfkit-pro",
        "uv pip install pdfkit-pro",
        "pip install pdfkit_pro",
        "pip install --upgrade pip pdfkit-pro",
        "pip install --timeout 120 pdfkit-pro",
    )
    for way in ways[: s.number(6, 8)]:
        conn = f"<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f{s.hexa(10)}>"
        told = f"WARNING: Retrying after connection broken by 'NewConnectionError('{conn}: Temporary failure in name resolution')'"
        run(way, f"{told}\nERROR: No matching distribution found for {way.split()[-1]}", 1, bad=True)


@scene("shut_out", "web", "Find the cheapest flight from Porto to Riga on 3 May", after=4)
def captcha(s: Scene) -> None:
    sites = (
        "https://flights.example/OPO-RIX",
        "https://flights.example/search?from=OPO&to=RIX",
        "https://m.flights.example",
        "https://flights.example/",
        "https://flights.example/deals",
        "https://flights.example/api/quote?d=2026-05-03",
        "https://flights.example/OPO-RIX?sort=price",
    )
    for url in sites[: s.number(6, 7)]:
        body = (
            'heading "Checking your browser"',
            'text "Please confirm that you are human to go on."',
            'checkbox "I am not a robot"',
            f'text "Ray ID: {s.hexa(16)}"',
        )
        page(s, "browser_navigate", {"url": url}, url, "Just a moment...", *body, bad=True)


@scene("shut_out", "web", "Télécharger le relevé de mars sur l'espace client", after=4)
def to_the_login(s: Scene) -> None:
    base = "https://client.banque.example"
    for path in some(
        s, 5, 7, "releves|releves/2026-03|documents|compte|releves/telecharger?mois=03|accueil|mes-documents"
    ):
        login = f"{base}/connexion?suite=%2F{path.split('?')[0]}"
        page(
            s,
            "goto",
            {"url": f"{base}/{path}"},
            login,
            "Connexion",
            'textbox "Identifiant"',
            'textbox "Code secret"',
            'button "Se connecter"',
            bad=True,
        )


@scene("shut_out", "data", "Fetch the exchange rates of all days of March from the rates API", after=4)
def too_many(s: Scene) -> None:
    s.looked("http_get", {"url": "https://rates.example/v1/2026-03-01"}, {"status": 200, "body": {"EURUSD": 1.0831}})
    for _ in range(s.number(7, 24)):
        told = {
            "status": 429,
            "headers": {"x-request-id": s.hexa(12)},
            "body": {"error": "Monthly quota used up. Upgrade your plan."},
        }
        s.looked("http_get", {"url": "https://rates.example/v1/2026-03-02"}, told, bad=True)


@scene("shut_out", "ops", "Give the billing service read access to the ledger bucket", after=4)
def not_allowed(s: Scene) -> None:
    run, me = shell(s), "arn:aws:sts::4410:assumed-role/agent"
    ways = (
        ("iam attach-role-policy --role-name billing --policy-arn read-ledger", "iam:AttachRolePolicy"),
        ("iam put-role-policy --role-name billing --policy-document file://p.json", "iam:PutRolePolicy"),
        ("s3api put-bucket-policy --bucket ledger --policy file://b.json", "s3:PutBucketPolicy"),
        ("iam create-policy --policy-name read-ledger", "iam:CreatePolicy"),
    )
    s.rng.shuffle(ways := list(ways))
    for n in (0, 1, 0, 2, 2, 3, 1, 0)[: s.number(6, 8)]:
        way, right = ways[n]
        told = f"An error occurred (AccessDenied): User: {me}/{s.number(10**9, 2 * 10**9)} is not authorized to perform: {right}"
        run(f"aws {way}", told, 254, bad=True)


@scene("shut_out", "office", "Enter the leave request for 6 to 10 July", after=4)
def wrong_arguments(s: Scene) -> None:
    s.looked("leave_balance", {}, {"days": 17})
    tries = (
        {"from": "2026-07-06", "to": "2026-07-10"},
        {"start": "06.07.2026", "end": "10.07.2026"},
        {"dates": ["2026-07-06", "2026-07-10"]},
        {"start_date": "July 6", "end_date": "July 10"},
        {"begin": 20260706, "finish": 20260710},
        {"period": "2026-07-06/2026-07-10"},
    )
    for args in tries[: s.number(5, 6)]:
        told = (
            f"2 validation errors for LeaveRequest: first_day: Field required [input={args}]; last_day: Field required"
        )
        s.failed("request_leave", args, told, "bad_arguments", bad=True)


@scene("shut_out", "data", "Plot the mean temperature per month from the loaded frame", after=4)
def lost_kernel(s: Scene) -> None:
    for line in some(
        s,
        5,
        7,
        "df.head()|df.groupby('month').temp.mean()|df['month'].unique()|print(df.columns)|df.info()|df.groupby(df.date.dt.month).temp.mean().plot()|len(df)",
    ):
        told = f"---------------------------------------------------------------------------\nNameError    Traceback (most recent call last)\nCell In[{s.number(4, 40)}], line 1\n----> 1 {line}\n\nNameError: name 'df' is not defined"
        s.did("run_cell", {"code": line}, told, bad=True)


@scene("shut_out", "ops", "Read the disk usage on the backup host", after=4)
def public_key(s: Scene) -> None:
    run = shell(s)
    run("ping -c1 backup-1 | tail -1", "rtt min/avg/max/mdev = 0.214/0.214/0.214/0.000 ms")
    ways = (
        "ssh backup-1 df -h",
        "ssh root@backup-1 df -h",
        "ssh -i ~/.ssh/id_rsa backup-1 df -h",
        "ssh agent@backup-1 df -h",
        "ssh -o IdentitiesOnly=yes backup-1 df -h",
        "ssh -v backup-1 df -h 2>&1 | tail -1",
        "scp backup-1:/proc/mounts .",
        "ssh admin@backup-1 df -h",
    )
    for way in ways[: s.number(6, 8)]:
        user = way.split("@")[0].split()[-1] if "@" in way else "agent"
        run(way, f"{user}@backup-1: Permission denied (publickey).", 255, bad=True)


@scene("shut_out", "office", "佐藤さんの木曜日の予定表に打ち合わせを入れる(時間は問わない)", after=4)
def read_only_calendar(s: Scene) -> None:
    s.looked("free_busy", {"who": "sato", "day": "2026-05-07"}, {"busy": ["10:00-11:00"]})
    for hour in s.rng.sample(("09:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"), s.number(5, 7)):
        told = {"error": {"code": 403, "reason": "この予定表は空き時間の閲覧のみ可能です", "request": s.hexa(10)}}
        s.did("create_event", {"calendar": "sato", "start": f"2026-05-07T{hour}"}, told, bad=True)


@scene("shut_out", "home", "Ustaw w sypialni 19 stopni przed dziesiątą", after=4)
def offline_valve(s: Scene) -> None:
    days = s.number(3, 9)
    s.looked("get_state", {"entity": "climate.bedroom"}, {"current": 22.5, "target": 22})
    for args in (
        {"target": 19},
        {"target": 19.0},
        {"target": 18.5},
        {"target": 19, "mode": "heat"},
        {"mode": "off"},
        {"target": 19, "boost": False},
        {"preset": "eco"},
    )[: s.number(5, 7)]:
        s.failed(
            "climate_set",
            {"entity": "climate.bedroom"} | args,
            f"Urządzenie climate.bedroom jest offline (ostatnio widziane {days} dni temu, bateria 0 %)",
            bad=True,
        )


@scene("shut_out", "web", "Record rent and size of the flats in the portal's list of twenty", after=4)
def locked_out_midway(s: Scene) -> None:
    numbers = s.rng.sample(range(51_000, 52_000), 20)
    s.looked("fetch", {"url": "https://flats.example/list"}, "\n".join(f"/flat/{n}" for n in numbers))
    seen = s.number(6, 9)
    for n in numbers[:seen]:
        s.looked(
            "fetch",
            {"url": f"https://flats.example/flat/{n}"},
            f"Flat {n}\nRent: {s.number(400, 1900)} EUR\nSize: {s.number(28, 120)} m2\nFloor: {s.number(0, 5)}",
        )
    for n in numbers[seen : seen + s.number(6, 8)]:
        told = f"403 Forbidden\nYour address has been blocked for good because of automated requests. Reference #{s.number(10, 99)}.{s.hexa(8)}"
        s.looked("fetch", {"url": f"https://flats.example/flat/{n}"}, told, bad=True)


# -- the browser page that does not move


@scene("clicking", "web", "Submit the damage report on the insurer's site", after=3)
def dead_button(s: Scene) -> None:
    url, form = (
        "https://claims.example/report",
        ('textbox "Policy": K-2217', 'textbox "Damage": broken window', 'button "Submit"'),
    )
    page(s, "browser_type", {"element": "Damage", "text": "broken window"}, url, "Report", *form)
    for _ in range(s.number(5, 15)):
        page(s, "browser_click", {"element": "Submit", "ref": f"s{len(s.log)}e4"}, url, "Report", *form, bad=True)


@scene("clicking", "web", "Open the opening hours on the town hall's site", after=4)
def overlay(s: Scene) -> None:
    s.did(
        "navigate",
        {"url": "https://townhall.example"},
        "Town hall\n[1] Services [2] Opening hours [3] Contact\n<dialog> We value your privacy </dialog>",
    )
    for what in some(
        s,
        5,
        7,
        "[2]|text=Opening hours|a[href='/hours']|#menu >> text=Opening hours|xpath=//a[2]|[3]|role=link[name='Opening hours']",
    ):
        told = f'Timeout 5000ms exceeded while clicking {what}: <div id="cmp-{s.hexa(4)}"> intercepts pointer events'
        s.failed("click", {"selector": what}, told, "timeout", bad=True)


@scene("no_effect", "office", "Have the accounts agent release the payment of invoice 311", after=4)
def teammate(s: Scene) -> None:
    s.looked("invoice", {"number": 311}, {"number": 311, "approved": True, "released": False})
    asked = "Please release invoice 311.|Could you release the payment for 311?|Invoice 311 is approved, release it please.|Reminder: payment of 311|Please handle invoice 311 now.|311 is still not released, please do it.|Release 311?"
    for text in asked.split("|")[: s.number(5, 7)]:
        told = {
            "from": "accounts-agent",
            "reply": "Thank you! I will look into it right away.",
            "id": s.number(10_000, 99_999),
        }
        s.did("message_agent", {"to": "accounts-agent", "text": text}, told, bad=True)


@scene("clicking", "web", "List all 140 exhibitors of the fair with their stands", after=3)
def end_of_scroll(s: Scene) -> None:
    url, rows = (
        "https://fair.example/exhibitors",
        ['listitem "Alder & Co, A12"', 'listitem "Brix, C3"', 'listitem "Cobalt Tools, B7"'],
    )
    page(s, "browser_navigate", {"url": url}, url, "Exhibitors", *rows)
    for _ in range(s.number(5, 8)):
        page(
            s,
            "browser_scroll",
            {"direction": "down", "amount": s.pick(600, 1200, 3000)},
            url,
            "Exhibitors",
            *rows,
            bad=True,
        )


# -- tools that do not exist


@scene("invented", "travel", "Book a table for four at the Lantern for Friday at eight", after=2)
def invented_names(s: Scene) -> None:
    s.looked("find_restaurant", {"name": "Lantern"}, {"id": "lan-3", "phone": "+31 20 555 0147"})
    for tool in some(
        s, 4, 6, "book_table|reserve_table|make_reservation|restaurant_booking|book_restaurant|create_booking"
    ):
        s.failed(
            tool,
            {"restaurant": "lan-3", "people": 4},
            f"There is no tool {tool!r}. There are: find_restaurant, weather, maps.",
            "missing_tool",
            bad=True,
        )


@scene("invented", "data", "Load customers.parquet into the warehouse", after=2)
def one_invented(s: Scene) -> None:
    s.looked("list_files", {}, ["customers.parquet"])
    for n in range(s.number(3, 6)):
        s.failed(
            "bulk_load",
            {"file": "customers.parquet", "batch": 1000 * (n + 1)},
            "Unknown tool: bulk_load",
            "missing_tool",
            bad=True,
        )
        if n % 2:
            s.looked("list_files", {}, ["customers.parquet"])


@scene("invented", "ops", "Show how full the disks of the mail host are", after=4)
def no_commands(s: Scene) -> None:
    for command in some(s, 6, 7, "diskstat|df-h|disk_usage --all|show disks|mailhost-df|check_disk|storagectl list"):
        s.sh(command, f"/bin/sh: {len(s.log) + 1}: {command.split()[0]}: not found", 127, bad=True)


@scene("searches", "web", "Find the 2011 article about the mill fire in the newspaper's archive", after=4)
def deaf_archive(s: Scene) -> None:
    news = [
        "Mayor opens new swimming hall",
        "Ten tips for your balcony",
        "Football: late goal saves Union",
        "Why trains are late again",
    ]
    for query in some(
        s,
        6,
        8,
        "mill fire 2011|mill fire|fire at the mill|2011 fire mill article|mill burned down 2011|fire brigade mill|blaze old mill|mill fire archive",
    ):
        listed = "\n".join(f"* {title} ({s.number(1, 9)} min read)" for title in news)
        told = f"{SITE}Archive search\nYour query could not be understood. Most read today:\n{listed}\n\nSubscribe for 1 EUR a week. Imprint. Privacy."
        s.looked("fetch", {"url": f"https://courier.example/archive?q={query.replace(' ', '+')}"}, told, bad=True)


# -- talk


@scene("talk", "coding", "Rename the field 'adress' to 'address' in the API and its tests", after=3)
def announces(s: Scene) -> None:
    shell(s)("grep -rln adress .", "./api/person.py\n./tests/test_person.py")
    for _ in range(s.number(4, 6)):
        s.said(
            s.pick(
                "I will now rename the field in api/person.py and then in the tests.",
                "Now I'm going to rename the field in api/person.py, then adapt the tests.",
                "I will rename the field in api/person.py now.",
            ),
            bad=True,
        )


@scene("talk", "money", "Stelle die offenen Posten der Firma Ahrens zusammen", after=4)
def plans_and_plans(s: Scene) -> None:
    s.looked("konten", {"firma": "Ahrens"}, [{"konto": 10443, "offen": 3}])
    texts = (
        "Zunächst sollte ich mir überlegen, wie die Posten zu ordnen sind. Sinnvoll ist eine Liste nach Fälligkeit.",
        "Mein Plan: erstens die Posten holen, zweitens nach Fälligkeit ordnen, drittens zusammenstellen.",
        "Bevor ich beginne, prüfe ich den Plan noch einmal. Er erscheint mir vollständig.",
        "Ich werde die Posten also nach Fälligkeit geordnet zusammenstellen. Das ist der richtige Weg.",
        "Zusammengefasst: Posten holen, ordnen, zusammenstellen. Damit kann ich gleich anfangen.",
        "Gut, dann fange ich nun gleich mit den Posten an.",
    )
    for text in texts[: s.number(5, 6)]:
        s.said(text, bad=True)


# -- round and round


@scene("circling", "coding", "Explain why the nightly import writes every order twice, and mend it", after=4)
def three_files(s: Scene) -> None:
    files = {
        "jobs/nightly.py": "from jobs.loader import load\n\ndef run():\n    for row in load():\n        save(row)",
        "jobs/loader.py": "def load():\n    yield from source()\n    yield from retry_queue()",
        "jobs/store.py": "def save(row):\n    db.insert('orders', row)",
    }
    for path, text in files.items():
        view(s, f"/workspace/{path}", text)
    for _ in range(s.number(4, 5)):
        for path in s.rng.sample(sorted(files), 3):
            s.thinks(s.pick("Let me look at this file again.", "I need to understand how this is called.", ""))
            view(s, f"/workspace/{path}", files[path], bad=True)


@scene("circling", "law", "Say whether clause 9 of the contract binds the buyer's heirs", after=7)
def three_clauses(s: Scene) -> None:
    texts = {
        3: "Terms have the meaning given in clause 14.",
        9: "The buyer is bound as set out in clause 3.",
        14: "See clause 9 for the parties bound.",
    }
    for _ in range(s.number(4, 5)):
        for number in (9, 3, 14):
            s.looked("read_clause", {"n": number}, texts[number], bad=True)


# -- a job that has died and still says that it runs


@scene("frozen", "science", "Wait for the sequence assembly to end and report the N50", after=6)
def frozen_assembly(s: Scene) -> None:
    job = f"asm-{s.hexa(6)}"
    s.did("submit", {"pipeline": "assembly", "reads": "run7.fq.gz"}, {"job": job, "state": "queued"})
    for percent in (12, 31):
        s.looked(
            "job_state",
            {"job": job},
            {"job": job, "state": "running", "percent": percent, "reads_done": percent * 41_200},
        )
    for n in range(s.number(9, 20)):
        s.passes(280, 320)
        told = {"job": job, "state": "running", "percent": 37, "reads_done": 1_524_400}
        s.looked("job_state", {"job": job}, told, bad=n > 0)


@scene("frozen", "ops", "Migrate the volume to the new storage class and report when done", after=6)
def frozen_volume(s: Scene) -> None:
    run = shell(s)
    run("volctl migrate pv-88 --to fast", "migration started")
    for n in range(s.number(9, 11)):
        s.passes(55, 65)
        told = "NAME   PHASE    COPIED        NODE\npv-88  Copying  3.1Gi/40Gi    n2"
        run(s.pick("volctl status pv-88", "volctl status pv-88", "volctl get pv-88"), told, bad=n > 0)


@scene("frozen", "office", "Copy the photo archive to the share and report; the copy takes some three minutes", after=6)
def heartbeat(s: Scene) -> None:
    run = shell(s)
    run("nohup ./copy_photos.sh > copy.log 2>&1 &", f"[1] {s.number(900, 9000)}")
    run("tail -n 2 copy.log", f"{s.stamp('%H:%M:%S')} copied 610 of 9000 files\n{s.stamp('%H:%M:%S')} alive")
    last = s.stamp("%H:%M:%S")
    for n in range(s.number(9, 18)):
        s.passes(290, 310)
        run("tail -n 2 copy.log", f"{last} copied 1204 of 9000 files\n{s.stamp('%H:%M:%S')} alive", bad=n > 0)


# -- off the subject


@scene("drift", "travel", "Find a hotel in Bergen for two nights from 9 May, under 140 euros", after=5)
def wanders(s: Scene) -> None:
    s.looked("search", {"q": "hotel Bergen 9-11 May"}, ["Hotel Hav, 155 EUR", "Fjord Inn, 139 EUR (3 rooms left)"])
    topics = (
        ("fjord formation glaciers", "Fjords form when glaciers cut U-shaped valleys."),
        ("largest glaciers in Europe", "Austfonna, Vatnajökull, ..."),
        ("Vatnajökull volcanoes", "Grímsvötn and Bárðarbunga lie below the ice."),
        ("volcanic ash aircraft engines", "Ash melts and sticks to turbine blades."),
        ("how turbine blades are cast", "Single crystal casting of nickel alloys."),
        ("nickel price history", "Peaked in March 2022."),
        ("nickel mines Canada", "Sudbury and Voisey's Bay."),
    )
    for query, told in topics[: s.number(6, 7)]:
        s.looked("search", {"q": query}, [told], bad=True)


@scene("drift", "coding", "Fix the rounding error in the tax total of the invoice", after=5)
def polishes(s: Scene) -> None:
    run = shell(s)
    run("grep -n round billing/tax.py", "41:    return round(net * rate, 1)")
    work = (
        ("vim -es -c 's/blue/teal/' theme/colors.css -c wq", ""),
        ("npx svgo assets/logo.svg", "Done in 41 ms! 8.2 KiB - 31% = 5.6 KiB"),
        ("sed -i 's/Montserrat/Inter/' theme/fonts.css", ""),
        ("convert hero.png -resize 1600 hero.webp", ""),
        ("npx stylelint --fix theme/", "4 problems fixed"),
        ("sed -i 's/8px/12px/' theme/buttons.css", ""),
        ("npx prettier --write theme/", "theme/buttons.css 31ms"),
    )
    for command, told in work[: s.number(6, 7)]:
        s.thinks("The shop page should look nicer, I'll improve the theme.")
        run(command, told, bad=True)


# -- sound work that gets stuck; workers that waver


@scene("late", "office", "Send every member of the choir their bill of the year", after=3)
def last_letter(s: Scene) -> None:
    for name in s.rng.sample(
        ("Ada", "Bo", "Cleo", "Dov", "Edda", "Finn", "Gus", "Hana", "Ines", "Jon"), s.number(7, 10)
    ):
        s.did("send_bill", {"member": name}, {"sent": True})
    for _ in range(s.number(4, 6)):
        s.failed(
            "send_bill", {"member": "Kira"}, f"Mailbox unavailable (550 5.1.1, queue id {s.hexa(10).upper()})", bad=True
        )


@scene("late", "coding", "Port the five Makefile targets to the new build file, each must run", after=8)
def last_target(s: Scene) -> None:
    run = shell(s)
    for target in ("fmt", "lint", "unit", "docs"):
        edit(s, "/workspace/justfile", f"# {target}", f"{target}:\n    ./scripts/{target}.sh")
        run(f"just {target}", s.pick("ok", f"{target}: done in {s.passes(1, 9)}s"))
    lines = (
        "./scripts/dist.sh",
        "sh ./scripts/dist.sh",
        "bash scripts/dist.sh",
        "cd scripts && ./dist.sh",
        "exec ./scripts/dist.sh",
    )
    for old, line in zip(("# dist", *lines), lines, strict=False):
        edit(s, "/workspace/justfile", old, line, bad=True)
        told = "dist.sh: line 3: SIGNING_KEY: unbound variable\nerror: Recipe `dist` failed with exit code 1"
        run("just dist", told, 1, bad=True)


@scene("wavering", "ops", "Put the certificate of the old mail gateway in place and reload it", after=4)
def wavers(s: Scene) -> None:
    run, told = shell(s), "cp: cannot create regular file '/etc/gate/tls.pem': Read-only file system"
    run("openssl x509 -in new.pem -noout -enddate", "notAfter=May  1 12:00:00 2027 GMT")
    ways = [
        "cp new.pem /etc/gate/tls.pem",
        "sudo cp new.pem /etc/gate/tls.pem",
        "cp -f new.pem /etc/gate/tls.pem",
        "cp new.pem /etc/gate/tls.pem",
    ]
    for n in range(s.number(7, 9)):
        run(ways[n % 4] if n < 4 else s.pick(*ways), told, 1, bad=True)
        if n in (2, 5):
            run(s.pick("ls -l new.pem", "id"), s.pick("-rw-r--r-- 1 root root 4112 new.pem", "uid=0(root)"))


@scene(
    "wavering",
    "science",
    "Fit the decay curve; chi-square per degree of freedom must come below 1.5",
    after=4,
    acceptance="reduced chi-square < 1.5",
)
def fits_that_fail(s: Scene) -> None:
    s.looked("load", {"file": "decay.dat"}, {"points": 240, "columns": ["t", "counts"]})
    for start in ([1, 1], [10, 0.1], [100, 0.01], [5, 0.5], [1, 1], [50, 2], [10, 0.1], [0.1, 9])[: s.number(7, 8)]:
        told = f"RuntimeError: Optimal parameters not found: Number of calls to function has reached maxfev = {s.pick(600, 800, 1000)}."
        s.failed("fit", {"model": "a*exp(-b*t)", "p0": start}, told, bad=True)
