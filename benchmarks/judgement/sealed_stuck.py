"""Workers who ask and get nowhere: the same again, in turns, in other words; sealed until the first measurement."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.sealed_forms import PYTEST, SITE, edit, page, shell, some, view
from benchmarks.judgement.trace import Scene

# -- the same call, the same result


@scene("same_call", "coding", "Find where the session cookie gets its expiry and set it to 14 days", after=3)
def same_window(s: Scene) -> None:
    run = shell(s)
    run(
        "grep -rn 'set_cookie' app/ | head", "app/http/response.py:88:    def set_cookie(self, name, value, **options):"
    )
    text = "    def set_cookie(self, name, value, **options):\n        self.cookies[name] = (value, options)\n        return self"
    view(s, "/workspace/app/http/response.py", text, 88)
    for _ in range(s.number(5, 9)):
        s.thinks(
            s.pick(
                "Let me look at set_cookie again.", "The expiry must be in here.", "I will read the response class.", ""
            )
        )
        view(
            s,
            "/workspace/app/http/session.py",
            "class Session(dict):\n    modified = False\n\n\nSESSION = Session()",
            bad=True,
        )


@scene("same_call", "games", "Get out of the lighthouse and reach the boat", after=3)
def same_door(s: Scene) -> None:
    s.did(
        "play",
        {"input": "look"},
        "Lamp Room\nStairs lead down. An iron door is to the north. There is a brass key here.",
    )
    s.did("play", {"input": "down"}, "Store Room\nShelves, mostly empty. An iron door leads north.")
    for _ in range(s.number(6, 20)):
        s.did("play", {"input": "open door"}, "The iron door is locked.", bad=True)


@scene("same_call", "home", "Pair the new motion sensor with the hub", after=3)
def same_pairing(s: Scene) -> None:
    s.did("hub.permit_join", {"seconds": 120}, "ok")
    for _ in range(s.number(5, 8)):
        s.did("hub.find_new_devices", {}, {"devices": [], "error": "no radio at /dev/ttyUSB0"}, bad=True)


# -- the same error, told with other numbers


@scene("error_text", "coding", "Build the container image and tag it shop:dev", after=3)
def image_build(s: Scene) -> None:
    run = shell(s)
    run(
        "cat Dockerfile",
        "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .",
    )
    for _ in range(s.number(5, 14)):
        head = f"#{s.number(5, 9)} [2/4] COPY requirements.txt .\n#{s.number(5, 9)} ERROR: failed to calculate checksum of ref"
        ref = f"{s.hexa(8)}-{s.hexa(4)}::{s.hexa(20)}"
        tail = f'"/requirements.txt": not found\nERROR: failed to solve after {s.passes(1, 6)}s'
        run("docker build -t shop:dev .", f"{head} {ref}: {tail}", 1, bad=True)


@scene("error_text", "money", "Book the March invoices of Kessler GmbH", after=3)
def correlation(s: Scene) -> None:
    s.looked(
        "list_invoices", {"customer": "Kessler GmbH", "month": "2026-03"}, [{"id": 5521, "net": 410.0, "vat": 77.9}]
    )
    for _ in range(s.number(5, 8)):
        told = {
            "status": 422,
            "title": "Posting period 03/2026 is closed",
            "traceId": f"00-{s.hexa(32)}-{s.hexa(16)}-00",
        }
        s.did("post_booking", {"invoice": 5521, "account": "4400"}, told | {"at": s.stamp()}, bad=True)


@scene("error_text", "data", "Compute the daily totals with the Spark job and write them to the lake", after=3)
def executors(s: Scene) -> None:
    run = shell(s)
    run("ls jobs", "daily_totals.py\nreadme.md")
    for _ in range(s.number(5, 7)):
        day, host = s.stamp("%y/%m/%d %H:%M:%S"), f"10.4.{s.number(0, 9)}.{s.number(2, 240)}"
        lost = f"{day} ERROR TaskSchedulerImpl: Lost executor {s.number(1, 40)} on {host}: Container killed by YARN for exceeding"
        end = f"{day} ERROR SparkContext: Job {s.number(0, 9)} aborted. 5.5 GB of 5.5 GB physical memory used."
        run("spark-submit --executor-memory 5g jobs/daily_totals.py", f"{lost} memory limits.\n{end}", 1, bad=True)


@scene("error_text", "ops", "Envía la copia de seguridad de hoy al almacén remoto", after=3)
def remote_store(s: Scene) -> None:
    s.looked("listar", {"ruta": "/copias"}, ["base_hoy.tar.zst"])
    for _ in range(s.number(5, 8)):
        told = f"[{s.stamp('%H:%M:%S')}] rclone[{s.number(900, 40000)}]: error tras {s.passes(1, 9)} s: NoSuchBucket (id {s.hexa(16).upper()})"
        s.failed("subir", {"ruta": "/copias/base_hoy.tar.zst", "destino": "remoto:copias"}, told, bad=True)


@scene("resubmitted", "science", "Run the docking on the cluster and give the best score", after=5)
def resubmitted_job(s: Scene) -> None:
    run = shell(s)
    run("cat dock.sbatch", "#!/bin/bash\n#SBATCH --mem=4G\nmodule load vina\nvina --config dock.conf --out best.pdbqt")
    for _ in range(s.number(4, 10)):
        job, seconds = s.number(700_000, 799_999), s.number(2, 6)
        run("sbatch dock.sbatch", f"Submitted batch job {job}", bad=True)
        row = f"{job}  dock  FAILED  1:0  00:00:0{seconds}  node{s.number(11, 48)}"
        run(f"sacct -n -j {job} -o jobid,jobname,state,exitcode,elapsed,nodelist", row, bad=True)


# -- calls that take turns


@scene("turns", "coding", "Make the type checker accept orders/price.py", after=9)
def undo_redo(s: Scene) -> None:
    run, path, old, new = shell(s), "/workspace/orders/price.py", "def net(self) -> Decimal:", "def net(self) -> float:"
    wrong = (
        'orders/price.py:31: error: Incompatible return value type (got "Decimal", expected "float")  [return-value]'
    )
    other = 'orders/cart.py:12: error: Unsupported operand types for + ("float" and "Decimal")  [operator]'
    run("mypy orders", f"{other}\nFound 1 error in 1 file (checked 9 source files)", 1)
    for _ in range(s.number(3, 7)):
        edit(s, path, old, new, bad=True)
        run("mypy orders", f"{wrong}\nFound 1 error in 1 file (checked 9 source files)", 1, bad=True)
        edit(s, path, new, old, bad=True)
        run("mypy orders", f"{other}\nFound 1 error in 1 file (checked 9 source files)", 1, bad=True)


@scene("turns", "web", "Put two tickets for the museum on 14 June into the basket", after=7)
def three_pages(s: Scene) -> None:
    url = "https://tickets.museum.example"
    page(s, "browser_navigate", {"url": url}, url, "Museum", 'link "Tickets"', 'link "Visit"')
    for _ in range(s.number(4, 6)):
        page(
            s,
            "browser_click",
            {"element": "Tickets"},
            f"{url}/dates",
            "Choose a date",
            'button "14 June"',
            'link "Home"',
            bad=True,
        )
        page(
            s,
            "browser_click",
            {"element": "14 June"},
            f"{url}/slot",
            "Time",
            'text "Your session has expired."',
            'link "Start over"',
            bad=True,
        )
        page(s, "browser_click", {"element": "Start over"}, url, "Museum", 'link "Tickets"', 'link "Visit"', bad=True)


@scene("turns", "ops", "Roll the staging network changes out with terraform", after=5)
def init_apply(s: Scene) -> None:
    run = shell(s)
    run("ls", "main.tf\nnetwork.tf\nvars.tf")
    for _ in range(s.number(4, 6)):
        run(
            "terraform init -input=false",
            "Initializing the backend...\nTerraform has been successfully initialized!",
            bad=True,
        )
        lock = f"  ID:      {s.hexa(8)}-{s.hexa(4)}\n  Who:     ci@runner-3 (retired)\n  Created: 41 days ago"
        told = f"Error: Error acquiring the state lock\n\nLock Info:\n{lock}"
        run("terraform apply -auto-approve", told, 1, bad=True)


@scene("turns", "home", "The living room shall be dark at half past eight", after=5)
def two_rules(s: Scene) -> None:
    s.looked("get_state", {"entity": "light.living"}, "on")
    for _ in range(s.number(4, 13)):
        s.did("turn_off", {"entity": "light.living"}, "ok", bad=True)
        s.looked("get_state", {"entity": "light.living"}, "on", bad=True)


@scene("turns", "office", "Hand ticket 4471 over to Marek and leave it with him", after=9)
def rule_undoes(s: Scene) -> None:
    ticket = {"id": 4471, "subject": "Printer on floor 3", "group": "IT North"}
    s.looked("ticket_get", {"id": 4471}, ticket | {"assignee": "pool"})
    for _ in range(s.number(3, 5)):
        s.did("ticket_assign", {"id": 4471, "to": "marek"}, {"ok": True}, bad=True)
        s.looked("ticket_get", {"id": 4471}, ticket | {"assignee": "pool", "updated_by": "rule 12"}, bad=True)
        s.did(
            "ticket_comment",
            {"id": 4471, "text": "Assigned to Marek."},
            {"comment": s.number(90_000, 99_000)},
            bad=True,
        )
        s.looked("user_get", {"name": "marek"}, {"name": "marek", "groups": ["IT South"], "active": True}, bad=True)


@scene("turns", "office", "The scanned page 3 of lease.pdf stands upside down: put it right", after=5)
def page_turns(s: Scene) -> None:
    s.looked("pdf_info", {"file": "lease.pdf"}, {"pages": 9, "rotation": {"3": 180}})
    for _ in range(s.number(4, 6)):
        s.did("pdf_rotate", {"file": "lease.pdf", "page": 3, "degrees": 90}, {"rotation": {"3": 270}}, bad=True)
        s.did("pdf_rotate", {"file": "lease.pdf", "page": 3, "degrees": -90}, {"rotation": {"3": 180}}, bad=True)


@scene("turns", "coding", "Push the rebased branch feature/limits", after=7)
def rebase_and_abort(s: Scene) -> None:
    run, old = shell(s), s.hexa(7)
    run("git status -sb", "## feature/limits...origin/feature/limits [ahead 3, behind 2]")
    for _ in range(s.number(4, 9)):
        hints = "hint: Updates were rejected because the tip of your current branch is behind\nhint: its remote counterpart."
        run(
            "git push",
            f"To git.local:team/limits.git\n ! [rejected] feature/limits -> feature/limits (non-fast-forward)\n{hints}",
            1,
            bad=True,
        )
        clash = f"Auto-merging limits/core.py\nCONFLICT (content): Merge conflict in limits/core.py\nerror: could not apply {old}... Cap the burst"
        run("git pull --rebase", clash, 1, bad=True)
        run("git rebase --abort", bad=True)


@scene("turns", "coding", "Commit the new exporter; the hooks of the repository must pass", after=5)
def hook_war(s: Scene) -> None:
    run = shell(s)
    run("git status --short", "?? app/exporter.py")
    for _ in range(s.number(5, 14)):
        run("git add -A", bad=True)
        hooks = f"black....................Failed\n- hook id: black\n- duration: {s.passes(0.1, 0.9)}s\n- files were modified by this hook"
        fight = "isort....................Failed\n- hook id: isort\n- files were modified by this hook\n\nFixing /workspace/app/exporter.py"
        run("git commit -m 'Add exporter'", f"{hooks}\n{fight}", 1, bad=True)


@scene("turns", "ops", "The worker pod of the mail queue does not come up: get it running", after=7)
def crash_loop(s: Scene) -> None:
    run, name = shell(s), f"worker-{s.hexa(5)}"
    run(
        "kubectl -n mail get deploy",
        "NAME     READY   UP-TO-DATE   AVAILABLE   AGE\nworker   0/1     1            0           12d",
    )
    for _ in range(s.number(4, 10)):
        run(f"kubectl -n mail delete pod {name}", f'pod "{name}" deleted', bad=True)
        name = f"worker-{s.hexa(5)}"
        row = f"NAME           READY   STATUS             RESTARTS   AGE\n{name}   0/1     CrashLoopBackOff   {s.number(1, 3)}          {s.number(20, 59)}s"
        run("kubectl -n mail get pods", row, bad=True)
        log = f'{{"ts":"{s.stamp()}","level":"fatal","msg":"dial tcp 10.0.{s.number(1, 9)}.{s.number(2, 250)}:5672: connection refused"}}'
        run(f"kubectl -n mail logs {name}", log, bad=True)


@scene("turns", "data", "Fetch all comments of the survey through the API and count them", after=3)
def cursor_circle(s: Scene) -> None:
    marks, rows = (
        [s.hexa(12), s.hexa(12)],
        [
            [{"id": s.number(1000, 9999), "text": s.pick("Good", "Too long", "Fine")} for _ in range(3)]
            for _ in range(2)
        ],
    )
    s.looked("get", {"path": "/comments"}, {"data": [{"id": 1, "text": "ok"}], "next": marks[0]})
    for n in range(s.number(9, 26)):
        told = {"data": rows[n % 2], "next": marks[(n + 1) % 2]}
        s.looked("get", {"path": "/comments", "cursor": marks[n % 2]}, told, bad=n > 1)


@scene("turns", "coding", "Bring the data model of the billing app up to date", after=5)
def no_changes(s: Scene) -> None:
    run = shell(s)
    run("ls billing/migrations", "0001_initial.py\n0002_vat.py\n0003_terms.py")
    run("python manage.py showmigrations billing", "billing\n [X] 0001_initial\n [X] 0002_vat\n [ ] 0003_terms")
    run(
        "sed -n 1,9p billing/migrations/0003_terms.py",
        "class Migration(migrations.Migration):\n    dependencies = [('billing', '0002_vat')]",
    )
    for _ in range(s.number(4, 6)):
        run("python manage.py makemigrations billing", "No changes detected in app 'billing'", bad=True)
        frames = "\n".join(
            f'  File "/usr/lib/python3/site-packages/django/db/{name}.py", line {line}, in {name}'
            for name, line in (("migrate", 356), ("executor", 135), ("schema", 201), ("utils", 89))
        )
        told = f"Applying billing.0003_terms...\nTraceback (most recent call last):\n{frames}\n<DatabaseWrapper object at 0x7f{s.hexa(10)}>"
        run(
            "python manage.py migrate billing",
            f'{told}\ndjango.db.utils.ProgrammingError: column "terms" of relation "billing_invoice" already exists',
            1,
            bad=True,
        )


# -- repeats with other calls in between


@scene("interleaved", "coding", "Make the test of the invoice export pass", after=3)
def small_talk_shell(s: Scene) -> None:
    run = shell(s)
    fail = (
        PYTEST
        + "E       FileNotFoundError: [Errno 2] No such file or directory: '/var/spool/invoices/out.xml'\n1 failed in"
    )
    asides = [
        ("pwd", "/workspace"),
        ("whoami", "agent"),
        ("git status --short", ""),
        ("date", s.stamp("%a %b %d %H:%M")),
        ("ls", "src\ntests"),
        ("uname -s", "Linux"),
        ("python --version", "Python 3.11.9"),
    ]
    s.rng.shuffle(asides)
    for aside in asides:
        run("pytest tests/test_export.py", f"{fail} {s.passes(0.1, 0.9)}s", 1, bad=True)
        run(*aside)


@scene("interleaved", "data", "How many parcels were late in February, by depot?", after=3)
def between_queries(s: Scene) -> None:
    asides = {
        "SELECT 1": [[1]],
        "SELECT current_user": [["agent"]],
        "SHOW timezone": [["UTC"]],
        "SELECT now()": [[s.stamp()]],
    }
    asides |= {"SHOW search_path": [["public"]], "SHOW server_version": [["16.2"]]}
    for aside in s.rng.sample(sorted(asides), 6):
        told = (
            'ERROR: column "delivered_late" does not exist\nLINE 1: SELECT depot, sum(delivered_late::int) FROM parcels'
        )
        s.failed("sql", {"q": "SELECT depot, sum(delivered_late::int) FROM parcels GROUP BY 1"}, told, bad=True)
        s.looked("sql", {"q": aside}, asides[aside])


# -- other arguments, the same result


@scene("same_result", "web", "Find the price list of Nordwerk's wholesale shop", after=4)
def guessed_urls(s: Scene) -> None:
    s.looked(
        "fetch",
        {"url": "https://nordwerk.example/"},
        SITE + "# Nordwerk\nTools since 1931. [Contact](/contact) [Imprint](/imprint)",
    )
    paths = [
        "pricelist",
        "prices",
        "wholesale",
        "wholesale/prices.pdf",
        "downloads/price-list.pdf",
        "b2b",
        "shop/prices",
        "dealers",
        "media/prices_2026.pdf",
    ]
    s.rng.shuffle(paths)
    for path in paths[: s.number(6, 9)]:
        if len(s.log) % 2 == 0:
            s.together()
        told = (
            SITE
            + "# Page not found\nThe page you asked for is not here. It may have moved. [Back to the start page](/)"
        )
        s.looked("fetch", {"url": f"https://nordwerk.example/{path}"}, {"status": 404, "text": told}, bad=True)


@scene("same_result", "web", "List all job offers in Leipzig on the board, there are some sixty", after=4)
def deaf_parameters(s: Scene) -> None:
    jobs = "\n".join(
        f"{n}. {title}" for n, title in enumerate(("Baker, full time", "Nurse (f/m/d)", "Tram driver", "Gardener"), 1)
    )
    shown = f"{SITE}Jobs in Leipzig\n{jobs}\nShowing 1-4 of 62"
    s.looked("open_url", {"url": "https://jobs.example/leipzig"}, shown)
    for tail in ("?page=2", "?p=2", "?offset=4", "?start=5", "#page-2", "?pageSize=100", "/2", "?seite=2")[
        : s.number(6, 8)
    ]:
        s.looked("open_url", {"url": f"https://jobs.example/leipzig{tail}"}, shown, bad=True)


@scene("same_result", "science", "Get the full text of the 2019 paper on lichen growth rates by Oyelaran", after=4)
def paywall(s: Scene) -> None:
    wall = "Abstract. Growth rates of Xanthoria were ...\n\nGet access: log in through your institution or buy this article (39.95 EUR)."
    hosts = [
        "journal.example/a/77",
        "doi.example/10.5/77",
        "journal.example/a/77.pdf",
        "journal.example/a/77/full",
        "journal.example/epdf/77",
        "m.journal.example/a/77",
        "journal.example/a/77?download=true",
    ]
    s.looked(
        "search_papers",
        {"q": "Oyelaran lichen growth 2019"},
        [{"title": "Lichen growth rates", "url": f"https://{hosts[0]}"}],
    )
    for host in hosts[: s.number(5, 7)]:
        s.looked("read_url", {"url": f"https://{host}"}, wall, bad=True)


@scene("same_result", "office", "Get the freight company to name a delivery date for order 8812", after=4)
def canned_support(s: Scene) -> None:
    s.did("chat_open", {"company": "Rapid Freight"}, "Hello! I am Robi. How can I help you today?")
    asked = (
        "When will order 8812 be delivered?",
        "Please give me the delivery date of 8812.",
        "I need a date, not a link. Order 8812.",
        "Can I talk to a person about order 8812?",
        "Agent please",
        "Delivery date for 8812?",
        "What day does my order 8812 arrive?",
    )
    for text in asked[: s.number(5, 7)]:
        told = (
            "I'm sorry, I did not get that. You can track parcels at rapid.example/track or see our FAQ. Anything else?"
        )
        s.did("chat_send", {"text": text}, told, bad=True)


@scene("same_result", "web", "Find the garden centre nearest to 04229 Leipzig with the chain's branch finder", after=4)
def postcode_forms(s: Scene) -> None:
    url = "https://gardens.example/branches"
    page(
        s,
        "browser_navigate",
        {"url": url},
        url,
        "Branches",
        'textbox "Postcode or town"',
        'button "Search"',
        'link "Offers"',
    )
    for text in some(
        s, 6, 8, "04229|04229 Leipzig|Leipzig|DE-04229|Leipzig, Saxony|4229|04229, Germany|Leipzig-Plagwitz"
    ):
        body = (
            f'textbox "Postcode or town": {text}',
            'button "Search"',
            'alert "Please choose a branch in the header first."',
            'link "Offers"',
            'text "© Gardens"',
        )
        page(
            s,
            "browser_type",
            {"element": "Postcode or town", "text": text, "submit": True},
            url,
            "Branches",
            *body,
            bad=True,
        )


@scene("same_result", "games", "Open the chest in the crypt", after=4)
def verbs(s: Scene) -> None:
    s.did("play", {"input": "examine chest"}, "A heavy chest. Its lock has the shape of a star.")
    for words in some(
        s, 6, 9, "open chest|pull lid|hit chest|kick chest|push chest|open lock|say open|lift chest|break lock"
    ):
        s.did("play", {"input": words}, "The chest does not care.", bad=True)


@scene("same_result", "money", "Import the bank statement into the ledger", after=4)
def delimiters(s: Scene) -> None:
    s.looked("head", {"file": "statement.mt940", "lines": 2}, ":20:STARTUMS\n:25:10010010/0066770101")
    s.looked("import_formats", {}, ["csv", "camt", "mt940 (licence needed)"])
    for args in (
        {"delimiter": ";"},
        {"delimiter": ","},
        {"delimiter": "\t"},
        {"delimiter": ";", "encoding": "latin-1"},
        {"delimiter": "|"},
        {"delimiter": ":", "skip": 1},
        {"delimiter": ";", "quote": "'"},
    )[: s.number(5, 7)]:
        s.failed(
            "import_statement",
            {"file": "statement.mt940", "format": "csv"} | args,
            f"line {s.number(1, 3)}: expected 9 columns, found 1",
            bad=True,
        )


@scene("same_result", "language", "Put the French text of the shipping notice into the catalogue", after=4)
def placeholder(s: Scene) -> None:
    s.looked("get_text", {"key": "shipped", "lang": "en"}, "Your order {0} was shipped on {1}.")
    for text in some(
        s,
        5,
        7,
        "Votre commande a été expédiée.|La commande a été expédiée.|Votre commande est partie.|Nous avons expédié votre commande.|Commande expédiée.|Votre colis est en route.|Votre commande vient de partir.",
    ):
        s.did(
            "set_text",
            {"key": "shipped", "lang": "fr", "text": text},
            {"saved": False, "lint": "placeholders differ from source: {0}, {1}"},
            bad=True,
        )


# -- searches in other words that bring the same things back


@scene("searches", "web", "Find out who built the wooden bridge of Tarnau and in which year", after=4)
def overlapping_hits(s: Scene) -> None:
    hits = [
        "Tarnau - travel guide: hotels and walks",
        "Ten wooden bridges you must see (no. 7: Tarnau)",
        "Tarnau bridge closed for cyclists",
        "Weather in Tarnau",
    ]
    s.looked("web_search", {"query": "Tarnau wooden bridge"}, hits)
    words = (
        "Tarnau wooden bridge builder",
        "who built the bridge in Tarnau",
        "Tarnau bridge history architect",
        "Tarnau covered bridge year built",
        "wooden bridge Tarnau constructed by",
        "history of the Tarnau bridge",
        "Tarnau bridge master builder name",
    )
    for query in words[: s.number(6, 7)]:
        s.rng.shuffle(hits)
        s.looked("web_search", {"query": query}, hits[: s.number(3, 4)], bad=True)


@scene("searches", "law", "Find a ruling on whether a bicycle may be kept in a rented flat", after=4)
def same_rulings(s: Scene) -> None:
    found = [
        ("XII C 41/08", "Parking of bicycles in the yard"),
        ("5 S 220/15", "Stairwell: prams and bicycles"),
        ("II ZR 8/99", "Lease of a bicycle shop"),
    ]
    words = (
        "bicycle in flat",
        "keeping bicycle inside apartment tenant",
        "tenant stores bike in living room",
        "bicycle storage rented dwelling allowed",
        "may tenant bring bike into flat",
        "lease bicycle apartment prohibition",
        "bike indoors tenancy",
    )
    for query in words[: s.number(6, 7)]:
        rows = [{"file": name, "title": title, "score": round(s.rng.uniform(0.3, 0.6), 3)} for name, title in found]
        s.looked("search_rulings", {"query": query, "limit": 3}, {"took_ms": s.number(9, 90), "hits": rows}, bad=True)


@scene("searches", "coding", "Find out how to switch telemetry off in the orbital CLI", after=4)
def same_docs(s: Scene) -> None:
    text = "orbital - command line for orbital clusters\n\nUsage: orbital [command]\n\nCommands:\n  login   sign in\n  up      start a cluster\n  down    stop it"
    run = shell(s)
    for tail in ("--help", "help", "-h", "telemetry --help", "help telemetry", "config --help", "--help --verbose")[
        : s.number(6, 7)
    ]:
        run(f"orbital {tail}", text, bad=True)


# -- nothing found, asked in other words


@scene("empty", "data", "Which customers bought the blue kettle in 2025? Marketing knows of some hundred", after=4)
def reworded_sql(s: Scene) -> None:
    s.looked("sql", {"q": "SELECT count(*) FROM sales"}, [[s.number(80_000, 99_000)]])
    nothing = s.pick([], {"rows": [], "rowcount": 0})
    start = (
        "SELECT DISTINCT c.name FROM sales s JOIN customers c ON c.id = s.customer_id JOIN items i ON i.id = s.item_id"
    )
    tests = (
        "i.name = 'blue kettle'",
        "i.name ILIKE 'blue kettle'",
        "lower(i.name) = 'blue kettle'",
        "i.name LIKE '%blue%kettle%'",
        "i.title = 'Blue Kettle'",
        "i.name ~* 'blue.?kettle'",
        "i.color = 'blue' AND i.kind = 'kettle'",
        "trim(i.name) = 'Blue kettle'",
    )
    for test in tests[: s.number(6, 8)]:
        s.looked("sql", {"q": f"{start} WHERE {test} AND s.year = 2025"}, nothing, bad=True)


@scene("empty", "law", "Найти текст пункта 4 в отсканированном договоре", after=4)
def blank_ocr(s: Scene) -> None:
    s.looked("pdf_info", {"file": "deed.pdf"}, {"pages": 2, "text_layer": False})
    for args in (
        {"page": 1},
        {"page": 2},
        {"page": 1, "dpi": 300},
        {"page": 1, "dpi": 600},
        {"page": 2, "dpi": 300, "lang": "eng"},
        {"page": 1, "mode": 6},
        {"page": 2, "mode": 11},
    )[: s.number(5, 7)]:
        s.looked("ocr", {"file": "deed.pdf"} | args, "", bad=True)


@scene(
    "empty",
    "data",
    "Join the meter readings with the customers, every meter has one, and give the use per town",
    after=4,
)
def empty_merge(s: Scene) -> None:
    s.did("run_cell", {"code": "r = pd.read_csv('readings.csv'); r.shape"}, "(48211, 6)")
    s.did("run_cell", {"code": "c = pd.read_csv('customers.csv'); c.shape"}, "(3907, 9)")
    s.did(
        "run_cell", {"code": "r.meter.head(2), c.meter.head(2)"}, "(0    M-00112\n1    M-00113, 0    112.0\n1    113.0)"
    )
    for code in some(
        s,
        5,
        7,
        "r.merge(c, on='meter')|pd.merge(r, c, left_on='meter', right_on='meter')|c.merge(r, on='meter', how='inner')|r.merge(c.drop_duplicates('meter'), on='meter')|r.merge(c, left_on='meter', right_on='id')|r.astype(str).merge(c.astype(str), on='meter')|r.set_index('meter').join(c.set_index('meter'), how='inner')",
    ):
        s.did("run_cell", {"code": f"m = {code}; m.shape[0]"}, "0", bad=True)


@scene("empty", "office", "Trova la mail in cui lo studio Conti ha mandato il preventivo", after=4)
def no_such_mail(s: Scene) -> None:
    s.looked("conta_mail", {"cartella": "tutte"}, s.number(4000, 9000))
    for words in some(
        s,
        5,
        7,
        "preventivo Conti|studio Conti offerta|Conti prezzo|from:conti|conti preventivo pdf|allegato Conti|offerta studio",
    ):
        s.looked("cerca_mail", {"q": words}, [], bad=True)


@scene("empty", "data", "Read the table on sheet 'Q3' of budget.xlsx into a frame", after=4)
def empty_frames(s: Scene) -> None:
    s.looked("list_sheets", {"file": "budget.xlsx"}, ["Q1", "Q2", "Q3"])
    for args in some(
        s, 6, 8, "|, header=None|, skiprows=1|, skiprows=3|, engine='openpyxl'|, usecols='A:F'|, header=1|, skiprows=5"
    ):
        code = f"pd.read_excel('budget.xlsx', sheet_name='Q3'{args})"
        s.did("python", {"code": code}, "Empty DataFrame\nColumns: []\nIndex: []", bad=True)
