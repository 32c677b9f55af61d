"""Patient work that asks again and again: it waits, tries again, pages, walks, reads again; sealed until the first measurement."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.sealed_forms import SITE, edit, page, shell, view
from benchmarks.judgement.trace import Scene

# -- polling: it moves, though not between any two looks


@scene("polling", "ops", "Upgrade the release to chart 7.2 and wait until all replicas are ready")
def helm_rollout(s: Scene) -> None:
    run, ready, pods = shell(s), 0, [f"web-{s.hexa(5)}" for _ in range(s.number(6, 8))]
    run("helm upgrade web ./chart-7.2", 'Release "web" has been upgraded. Happy Helming!\nREVISION: 31')
    while ready < len(pods):
        ready = min(len(pods), ready + s.pick(0, 1, 1, 2))
        rows = [
            f"{pod}   1/1   Running             0" if n < ready else f"{pod}   0/1   ContainerCreating   0"
            for n, pod in enumerate(pods)
        ]
        run("kubectl get pods -l app=web --no-headers", "\n".join(rows))
    run("helm status web", "STATUS: deployed\nREVISION: 31")


@scene("polling", "science", "Run the 20 ns simulation of the membrane and report the final energy")
def simulated_time(s: Scene) -> None:
    run, done = shell(s), 0.0
    run("sbatch md.sbatch", f"Submitted batch job {s.number(10_000, 99_999)}")
    run("squeue -h -u agent -o '%T %M'", "PENDING 0:00")
    run("squeue -h -u agent -o '%T %M'", "PENDING 0:00")
    while done < 20:
        done = min(20.0, done + s.rng.uniform(0.7, 1.9))
        run(
            "tail -n 1 md.log",
            f"t = {done:7.3f} ns   T = 310.{s.number(0, 9)} K   E = -{s.number(81_200, 81_999)} kJ/mol   {s.number(48, 52)} ns/day",
        )


@scene("polling", "web", "Transcrever a gravação do webinar e guardar o texto")
def transcript(s: Scene) -> None:
    job = s.hexa(10)
    s.did("transcribe_start", {"file": "webinar.mp4"}, {"id": job, "state": "queued", "position": 4})
    for position in (4, 3, 3, 1):
        s.looked("transcribe_state", {"id": job}, {"id": job, "state": "queued", "position": position})
    for minute in (6, 6, 19, 33, 33, 47, 58):
        s.looked("transcribe_state", {"id": job}, {"id": job, "state": "running", "minutes_done": minute, "of": 58})
    s.looked("transcribe_state", {"id": job}, {"id": job, "state": "done", "url": f"/t/{job}.txt"})
    s.did("download", {"url": f"/t/{job}.txt"}, "webinar.txt, 41 kB")


@scene("polling", "coding", "Push the tag and tell me whether all the jobs of the release build pass")
def release_build(s: Scene) -> None:
    run, names = shell(s), ["linux-x64", "linux-arm64", "macos", "windows", "docs"]
    run("git push origin v2.4.0", " * [new tag]         v2.4.0 -> v2.4.0")
    for done in (0, 0, 1, 1, 2, 3, 3, 4, 5):
        states = [f"{'✓' if n < done else '*'} {name}" for n, name in enumerate(names)]
        run("gh run view --exit-status", "release.yml · v2.4.0\n" + "\n".join(states), 0)


@scene("polling", "data", "Backfill 2024 and report the number of rows; look at the table's count while it runs")
def growing_count(s: Scene) -> None:
    rows = 0
    s.did("start_backfill", {"year": 2024}, {"started": True})
    for _ in range(s.number(8, 24)):
        rows += s.number(4000, 90_000)
        s.passes(50, 70)
        s.looked("sql", {"q": "SELECT count(*) FROM events_2024"}, [[rows]])
    s.looked("backfill_state", {"year": 2024}, {"state": "finished", "rows": rows})


@scene("polling", "home", "Ontkalk het koffieapparaat en zeg wanneer het weer te gebruiken is")
def descaling(s: Scene) -> None:
    s.did("coffee.start", {"program": "descale"}, "ok")
    for left in range(s.number(21, 25), 0, -3):
        s.did("wait", {"minutes": 3}, "ok")
        s.looked("coffee.minutes_left", {}, left)
    s.looked("coffee.minutes_left", {}, 0)


# -- waiting for what is announced: the looks bring the very same, and the task says how long that may be


@scene(
    "waiting", "office", "Ms Ebner signs by noon. Look every quarter of an hour, then forward the signed offer to sales"
)
def until_noon(s: Scene) -> None:
    for minute in ("11:00", "11:15", "11:30", "11:45")[s.number(0, 1) :]:
        s.looked(
            "document_state", {"id": "offer-77"}, {"at": minute, "state": "waiting for signature", "signer": "ebner"}
        )
        s.did("wait", {"minutes": 15}, {"waited": 15})
    s.looked("document_state", {"id": "offer-77"}, {"at": "12:00", "state": "signed", "signer": "ebner"})
    s.did("forward", {"id": "offer-77", "to": "sales"}, {"sent": True}, effect="irreversible")


@scene("waiting", "ops", "Reboot the storage node (it takes four to six minutes) and check the pool afterwards")
def reboot(s: Scene) -> None:
    run = shell(s)
    run("ssh stor-2 sudo reboot", "Connection to stor-2 closed by remote host.")
    for _ in range(s.number(4, 5)):
        run("sleep 60")
        run("ping -c1 -W2 stor-2 | tail -2", "1 packets transmitted, 0 received, 100% packet loss, time 0ms")
    run("sleep 60")
    run(
        "ping -c1 -W2 stor-2 | tail -2",
        f"1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max = 0.{s.number(201, 499)} ms",
    )
    run("ssh stor-2 zpool status -x", "all pools are healthy")


@scene(
    "monitoring",
    "ops",
    "Watch the error rate of checkout for half an hour, one look every five minutes, and write down each value",
)
def half_hour(s: Scene) -> None:
    for n in range(7):
        s.looked("metric", {"name": "checkout.error_rate", "window": "5m"}, 0.0)
        if n < 6:
            s.did("wait", {"seconds": 300}, None)
    s.did("write_note", {"text": "0.0 at all seven looks"}, "saved")


# -- tried again, and it gets through


@scene("retry", "web", "Hochladen der acht Produktfotos in den Shop")
def flaky_upload(s: Scene) -> None:
    fails = s.rng.sample((0, 0, 0, 0, 1, 1, 2, 2), 8)
    for n in range(1, 9):
        for _ in range(fails[n - 1]):
            s.failed("bild_hochladen", {"datei": f"foto_{n}.jpg"}, f"502 Bad Gateway (Anfrage {s.hexa(12)})")
        s.did("bild_hochladen", {"datei": f"foto_{n}.jpg"}, {"id": s.number(3000, 3999), "status": "gespeichert"})


@scene("retry", "data", "Add the twelve scores to the shared sheet")
def version_conflict(s: Scene) -> None:
    version = s.number(300, 400)
    for _ in range(2):
        s.looked("sheet_get", {"range": "B2:B13"}, {"version": version, "values": []})
        newer = version + s.number(1, 3)
        s.failed("sheet_put", {"range": "B2:B13", "version": version}, f"409 Conflict: sheet is at version {newer}")
        version = newer
    s.looked("sheet_get", {"range": "B2:B13"}, {"version": version, "values": []})
    s.did("sheet_put", {"range": "B2:B13", "version": version}, {"version": version + 1, "cells": 12})


@scene("retry", "coding", "Install the build dependencies on the runner")
def package_lock(s: Scene) -> None:
    run = shell(s)
    for pid in [s.number(900, 4000)] * 2:
        lock = f"E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process {pid} (unattended-upgr)"
        run("apt-get install -y cmake ninja-build", lock, 100)
        run(f"sleep {s.pick(30, 60)}; ps -o etime= -p {pid}", f"   0{s.number(1, 4)}:{s.number(10, 59)}")
    run("apt-get install -y cmake ninja-build", "Setting up ninja-build (1.11.1) ...\nSetting up cmake (3.27.4) ...")
    run("cmake --version", "cmake version 3.27.4")


@scene("retry", "data", "Fetch the tariffs of the nine zones from the tariff API")
def announced_limit(s: Scene) -> None:
    for zone in range(1, 10):
        url = f"https://tariffs.example/zones/{zone}"
        if zone % 4 == 0:
            wait = s.number(20, 50)
            s.looked(
                "http_get",
                {"url": url},
                {"status": 429, "headers": {"retry-after": str(wait)}, "body": {"error": "rate limited"}},
            )
            s.did("sleep", {"seconds": wait}, "")
        s.looked("http_get", {"url": url}, {"status": 200, "body": {"zone": zone, "eur": s.number(190, 990) / 100}})


@scene("retry", "ops", "Reach the sensor gateway over the weak link and read its firmware version")
def weak_link(s: Scene) -> None:
    s.failed("modbus_read", {"unit": 4, "register": 30001}, "timeout after 2 s", "timeout")
    s.failed("modbus_read", {"unit": 4, "register": 30001, "timeout": 10}, "timeout after 10 s", "timeout")
    s.did("set_link", {"baud": 9600}, "ok")
    s.looked("modbus_read", {"unit": 4, "register": 30001, "timeout": 10}, [1, 14, 2])


# -- pages and windows


@scene("paging", "data", "Count the open tickets of all teams with the API, it gives twenty at a time")
def cursor(s: Scene) -> None:
    after = None
    for _ in range(s.number(6, 22)):
        following = s.hexa(16)
        items = [{"id": s.number(10_000, 99_999), "state": "open"} for _ in range(3)]
        s.looked("list_tickets", {"after": after, "limit": 20}, {"items": items, "more": 17, "next": following})
        after = following
    s.looked("list_tickets", {"after": after, "limit": 20}, {"items": [], "more": 0, "next": None})


@scene("paging", "law", "Read the whole lease, it is shown 40 lines at a time, and list every deadline")
def windows(s: Scene) -> None:
    for first in range(1, 40 * s.number(6, 18), 40):
        clause = s.pick(
            "The tenant shall give notice in writing.",
            "The landlord may enter after notice.",
            "Rent is due in advance.",
        )
        deadline = s.pick("", f" This must be done within {s.number(7, 90)} days.")
        s.looked(
            "read_lines",
            {"file": "lease.txt", "from": first, "to": first + 39},
            f"§ {first // 20 + 1}  {clause}{deadline}",
        )


@scene("paging", "web", "Collect the names of all speakers from the programme page, it loads more as one scrolls")
def scrolling(s: Scene) -> None:
    people = [
        "Ada Moss",
        "Ben Okoye",
        "Chloé Petit",
        "Dai Lin",
        "Eva Brandt",
        "Femi Ade",
        "Gita Rao",
        "Hugo Sanz",
        "Ines Roth",
    ]
    for last in range(3, len(people) + 1):
        shown = [f'listitem "{name}"' for name in people[last - 3 : last]]
        page(
            s,
            "browser_scroll",
            {"direction": "down"},
            "https://conf.example/speakers",
            "Speakers",
            'link "Home"',
            *shown,
        )
    page(
        s,
        "browser_scroll",
        {"direction": "down"},
        "https://conf.example/speakers",
        "Speakers",
        'text "That is everybody."',
    )


@scene("paging", "office", "Destek gelen kutusunu işle: her iletiyi yanıtla ya da kapat")
def next_message(s: Scene) -> None:
    subjects = s.rng.sample(
        ("Password", "Invoice copy", "Parcel lost", "Wrong size", "Address change", "Refund", "Newsletter", "Voucher"),
        6,
    )
    for subject in subjects:
        number = s.number(7000, 7999)
        s.looked("next_message", {}, {"id": number, "subject": subject})
        s.did(s.pick("answer", "close"), {"id": number}, "done")
    s.looked("next_message", {}, None)


# -- trees and sites


@scene("walk", "coding", "Find the file that defines the licence key check; the server has only ls and cat")
def tree(s: Scene) -> None:
    run, found = shell(s), s.number(4, 6)
    run("ls /opt/app", "\n".join(f"mod{n}" for n in range(1, 8)))
    for n in range(1, found):
        run(f"ls /opt/app/mod{n}", s.pick("", "__init__.py", "README"))
    run(f"ls /opt/app/mod{found}", "__init__.py\nlicence.py")
    run(f"cat /opt/app/mod{found}/licence.py", "def check(key):\n    return key[:3] == 'AX-'")


@scene("walk", "office", "在共享盘里找到2019年已签字的会议纪要")
def drive_folders(s: Scene) -> None:
    years = ("2016", "2017", "2018", "2020", "2019")
    s.looked("drive.list", {"folder": "董事会"}, sorted(years))
    for year in years:
        s.looked("drive.list", {"folder": f"董事会/{year}"}, ["议程", "纪要"])
        files = ["纪要_已签字.pdf"] if year == "2019" else []
        s.looked("drive.list", {"folder": f"董事会/{year}/纪要"}, files)


@scene("crawl", "web", "Note price and stock of the ten lamps in the competitor's shop")
def product_pages(s: Scene) -> None:
    for n in s.rng.sample(range(100, 180), 10):
        url = f"https://lamps.example/p/{n}"
        body = (
            'link "Home"',
            'link "Lamps"',
            'link "Basket (0)"',
            f'heading "Lamp {n}"',
            f'text "{s.number(19, 240)},00 €"',
            'text "in stock"',
            'button "Add to basket"',
            'text "© Lamps Ltd"',
        )
        page(s, "browser_navigate", {"url": url}, url, f"Lamp {n}", *body)


@scene("crawl", "science", "Record the melting point of the eight compounds from the data base pages")
def compound_pages(s: Scene) -> None:
    nav = SITE + "ChemBase | Search | Browse | Help | Cite us\nYou are not logged in. Downloads are limited.\n"
    for name in ("indole", "skatole", "thymol", "carvacrol", "menthol", "camphor", "borneol", "anethole"):
        melts = s.pick(f"{s.number(20, 180)} °C", "not recorded")
        s.looked(
            "fetch",
            {"url": f"https://chembase.example/c/{name}"},
            f"{nav}{name}\nMelting point: {melts}\nSolubility: see references\n© ChemBase",
        )


@scene("crawl", "web", "Find with the branch finder the nearest garden centre for each of the six addresses")
def six_postcodes(s: Scene) -> None:
    url = "https://gardens.example/branches"
    for text in ("04229", "10115", "20095", "50667", "80331", "99084"):
        found = s.pick("No branch within 50 km.", f"{s.number(2, 48)} km: Gardens {s.pick('Nord', 'Mitte', 'Am Park')}")
        body = (
            f'textbox "Postcode or town": {text}',
            'button "Search"',
            f'text "{found}"',
            'link "Offers"',
            'text "© Gardens"',
        )
        page(s, "browser_type", {"element": "Postcode or town", "text": text, "submit": True}, url, "Branches", *body)


@scene("crawl", "web", "Write down the headlines of the Courier's archive pages for each month of 2011")
def archive_months(s: Scene) -> None:
    for month in range(1, 13):
        words = [
            f"{s.pick('Mill', 'School', 'Bridge', 'Harbour', 'Market')} {s.pick('fire', 'opened', 'closed', 'sold', 'to be rebuilt')}"
            for _ in range(3)
        ]
        listed = "\n".join(f"* {title} ({s.number(1, 9)} min read)" for title in words)
        told = f"{SITE}Archive\n{month:02}/2011\n{listed}\n\nSubscribe for 1 EUR a week. Imprint. Privacy."
        s.looked("fetch", {"url": f"https://courier.example/archive/2011/{month:02}"}, told)


@scene("batch", "science", "Describe each of the seven sensor columns and note those with gaps")
def described_columns(s: Scene) -> None:
    s.did("run_cell", {"code": "df = pd.read_parquet('station.parquet'); df.shape"}, "(8760, 7)")
    for column in ("t_air", "t_soil", "rh", "wind", "gust", "rain", "par"):
        count, mean = s.pick(8760, 8760, 8760, s.number(7000, 8700)), s.rng.uniform(0.1, 60)
        shown = f"count    {count}.000000\nmean       {mean:9.6f}\nstd        {mean / 3:9.6f}\nmin         0.000000\nmax        {mean * 3:9.6f}"
        s.did("run_cell", {"code": f"df['{column}'].describe()"}, f"{shown}\nName: {column}, dtype: float64")


@scene("searching", "web", "Find the year in which the ferry line Holm-Aske was closed and what took its place")
def narrowing(s: Scene) -> None:
    steps = (
        ("ferry Holm Aske closed", ["Ferries of the north (overview)", "Holm harbour"]),
        ("Holm harbour ferry history", ["Holm harbour", "The Aske crossing 1921-1988"]),
    )
    for query, hits in steps:
        s.looked("web_search", {"query": query}, hits)
    s.looked(
        "open_result",
        {"title": "The Aske crossing 1921-1988"},
        "The last ferry ran on 30 September 1988. See 'Aske tunnel'.",
    )
    s.looked(
        "web_search",
        {"query": "Aske tunnel opening"},
        ["The Aske crossing 1921-1988", "Aske tunnel opened by the minister"],
    )
    s.looked(
        "open_result",
        {"title": "Aske tunnel opened by the minister"},
        "On 1 October 1988 the tunnel between Holm and Aske was opened.",
    )


@scene("searching", "law", "Gather at least six rulings on late trains, from whatever courts")
def new_each_time(s: Scene) -> None:
    known = [f"{s.number(1, 9)} C {s.number(10, 900)}/{s.number(10, 25)}" for _ in range(8)]
    for n, query in enumerate(
        (
            "train delay refund",
            "late train connection missed",
            "railway delay hotel costs",
            "delay strike railway",
            "season ticket delay",
        )
    ):
        s.looked("search_rulings", {"query": query}, known[max(0, n - 1) : n + 3])


@scene("rollout", "ops", "Roll the firewall play out to the six groups of hosts, one after the other")
def plays(s: Scene) -> None:
    run = shell(s)
    for group in ("edge", "mail", "web", "data", "build", "office"):
        hosts = [f"{group}{n}" for n in range(1, 4)]
        done = "\n".join(f"changed: [{host}]" for host in hosts)
        recap = "\n".join(f"{host} : ok=4 changed=1 unreachable=0 failed=0 skipped=0" for host in hosts)
        run(
            f"ansible-playbook site.yml --limit {group}",
            f"PLAY [all] ****\n\nTASK [firewall : set chain] ****\n{done}\n\nPLAY RECAP ****\n{recap}",
        )


# -- read again, with a reason


@scene("reread", "coding", "Move the retry settings from code into settings.toml")
def condensed(s: Scene) -> None:
    client = (
        "class Client:\n    retries = 5\n    wait = 0.3\n\n    def get(self, url):\n        return self._again(url)"
    )
    view(s, "/workspace/net/client.py", client)
    view(s, "/workspace/settings.toml", "[net]\ntimeout = 10")
    view(s, "/workspace/net/settings.py", "import tomllib\n\nNET = tomllib.load(open('settings.toml', 'rb'))['net']")
    edit(s, "/workspace/settings.toml", "timeout = 10", "timeout = 10\nretries = 5\nwait = 0.3")
    s.thinks("My earlier context was condensed to a summary; I need the exact lines again before I edit.")
    view(s, "/workspace/net/client.py", client)
    view(s, "/workspace/net/settings.py", "import tomllib\n\nNET = tomllib.load(open('settings.toml', 'rb'))['net']")
    edit(
        s,
        "/workspace/net/client.py",
        "    retries = 5\n    wait = 0.3",
        "    retries = NET['retries']\n    wait = NET['wait']",
    )
    shell(s)("pytest -q tests/net", f"......  [100%]\n{s.number(6, 14)} passed in 0.{s.number(10, 99)}s")


@scene("reread", "law", "Draw up a comparison of the three offers by price, term and notice")
def offers_again(s: Scene) -> None:
    offers = {
        "north": "Price 410/month. Term 24 months. Notice 3 months.",
        "south": "Price 388/month. Term 36 months. Notice 6 months.",
        "west": "Price 455/month. Term 12 months. Notice 1 month.",
    }
    for name, text in offers.items():
        s.looked("read_pdf", {"file": f"{name}.pdf"}, text)
    s.did("write_file", {"path": "table.md", "text": "| offer | price |"}, "ok")
    s.thinks("The summary of what went before has only the prices, so I read the offers once more for term and notice.")
    for name, text in offers.items():
        s.looked("read_pdf", {"file": f"{name}.pdf"}, text)
    s.did("write_file", {"path": "table.md", "text": "| offer | price | term | notice |"}, "ok")


@scene("reread", "coding", "Turn the four callbacks in player.js into async functions, one after the other")
def view_and_edit(s: Scene) -> None:
    names = ["load", "play", "pause", "seek"]
    for n, name in enumerate(names):
        text = "\n".join(
            f"{'async function ' + x + '()' if i < n else 'function ' + x + '(cb)'} {{ /* ... */ }}"
            for i, x in enumerate(names)
        )
        view(s, "/workspace/src/player.js", text)
        edit(s, "/workspace/src/player.js", f"function {name}(cb) {{", f"async function {name}() {{")
    shell(s)("npx vitest run player", " ✓ src/player.test.js (8 tests)\n Test Files  1 passed (1)")


# -- nothing is an answer


@scene(
    "empty_ok",
    "data",
    "Find out whether any order of 2025 has a negative total, in any of the six shops; none at all is a good result",
    acceptance="All six shops were checked; no rows is success",
)
def no_negative(s: Scene) -> None:
    for shop in s.rng.sample(("kiel", "bonn", "ulm", "jena", "trier", "goslar"), 6):
        s.looked("sql", {"q": f"SELECT id, total FROM {shop}.orders WHERE total < 0 AND year = 2025"}, [])


@scene(
    "empty_ok",
    "ops",
    "Make sure that the leaked key is used nowhere any more. Nothing found = done",
    acceptance="No hit anywhere counts as done",
)
def no_leak(s: Scene) -> None:
    run, key = shell(s), f"AKIA{s.hexa(12).upper()}"
    for place in ("/etc", "/srv/app", "/home", "/var/lib/jenkins", "/opt", "/usr/local/etc"):
        run(f"grep -rIl {key} {place}", "")
    run(f"git -C /srv/app log --all -S {key} --oneline", "")
    run(f"docker ps -q | xargs -n1 docker inspect | grep -c {key} || true", "0")


@scene(
    "empty_ok",
    "office",
    "Prüfe, ob jemand von der Kanzlei Voss in den letzten zwei Wochen geschrieben hat, auch unter anderen Namen oder im Spam. Kein Treffer ist auch ein Ergebnis",
)
def nobody_wrote(s: Scene) -> None:
    for words in ("von:voss", "kanzlei voss", "ra voss", "von:*@voss-recht.example"):
        for folder in ("Eingang", "Spam"):
            s.looked("suche_mail", {"ordner": folder, "q": words, "seit": "14d"}, [])


@scene("exhaustive", "ops", "Report for each of the ports 8080 to 8091 on the old host whether anything still answers")
def ports(s: Scene) -> None:
    run, answers = shell(s), s.number(8081, 8090)
    for port in range(8080, 8092):
        run(
            f"nc -zv old-host {port}",
            "Connection to old-host succeeded!"
            if port == answers
            else f"nc: connect to old-host port {port} (tcp) failed: Connection refused",
            int(port != answers),
        )


@scene(
    "exhaustive",
    "home",
    "Lower the screen: press 'down' on the remote exactly nine times, it gives no feedback, then take a photo",
)
def nine_presses(s: Scene) -> None:
    for _ in range(9):
        s.did("remote.press", {"key": "down"}, "ok")
    s.did("camera.photo", {"room": "hall"}, {"file": f"{s.hexa(6)}.jpg", "seen": "screen fully lowered"})


@scene(
    "exhaustive",
    "coding",
    "The test is said to be flaky: run it ten times one by one and report how many runs fail",
    acceptance="Ten runs, one call each",
)
def ten_runs(s: Scene) -> None:
    run = shell(s)
    for _ in range(10):
        run("pytest -q tests/test_race.py", f".   [100%]\n1 passed in {s.passes(1.1, 1.9)}s")


@scene(
    "exhaustive",
    "travel",
    "Is there any hotel room on the island in the second week of August? Ask all nine houses before you say no",
)
def every_hotel(s: Scene) -> None:
    for house in s.rng.sample(("Anker", "Boje", "Düne", "Ebbe", "Flut", "Graswarder", "Hafen", "Insel", "Kliff"), 8):
        s.looked("rooms", {"hotel": house, "from": "2026-08-10", "to": "2026-08-16"}, {"free": 0})
    s.looked("rooms", {"hotel": "Leuchtturm", "from": "2026-08-10", "to": "2026-08-16"}, {"free": s.number(0, 2)})
