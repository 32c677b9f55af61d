"""Stuck workers, fresh: tools that are not there, talk, drift, guesses and repairs that repair nothing.

Written by somebody who had not seen the detector; the label is what a sensible colleague who looks on would say.
"""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- tools that are not there


@scene("no_tool", "home", "Turn off all lights before the alarm is set", after=2)
def lights(s: Scene) -> None:
    s.looked("house_state", {}, {"alarm": "off", "lights_on": 4})
    for tool in (
        "lights.turn_off",
        "turn_off_lights",
        "light_off",
        "homeassistant.turn_off",
        "switch_lights",
        "lights_off",
    ):
        s.failed(
            tool,
            {"area": "all"},
            f"Unknown tool: {tool}. Known: house_state, alarm_set, ask_human",
            "missing_tool",
            bad=True,
        )


@scene("no_tool", "money", "Sum the receipts and convert the total to francs", after=3)
def calculator(s: Scene) -> None:
    for n in range(4):
        s.looked("read_receipt", {"n": n + 1}, {"eur": f"{s.number(3, 90)}.{s.number(10, 99)}"})
    for n in range(5):
        s.failed("calculator", {"expression": f"total * 0.9{n}"}, "Unknown tool: calculator", "missing_tool", bad=True)
        s.said("The calculator did not answer, I will call it again with the full expression.", bad=True)


@scene("no_tool", "law", "File the reply with the registry", after=2)
def e_filing(s: Scene) -> None:
    for n, tool in enumerate(("efiling_submit", "submit_filing", "efiling_submit", "court_upload", "efiling_submit")):
        s.failed(tool, {"document": "reply.pdf"}, f"Unknown tool: {tool}", "missing_tool", bad=True)
        s.looked("read_document", {"name": "reply.pdf", "page": n + 1}, f"Reply, page {n + 1} of 5: {s.hexa(8)}")


# -- talk


@scene("talk", "language", "把说明书的第三章翻译成西班牙语", after=3)
def plans(s: Scene) -> None:
    s.looked("读取", {"章": 3}, "第三章 安全须知：请勿在潮湿处使用本设备。")
    for text in (
        "我已经读完第三章，现在开始翻译。",
        "在翻译之前，我先确定术语：设备、安全、潮湿。",
        "术语很重要，我会注意保持一致，然后开始翻译。",
        "好的，接下来我将把第三章翻译成西班牙语。",
        "我会先整理句子结构，再动手翻译。",
        "现在一切就绪，马上开始翻译第三章。",
    ):
        s.said(text, bad=True)


@scene("talk", "office", "Cancel my appointments of Thursday and tell the people", after=3)
def sorry(s: Scene) -> None:
    s.looked(
        "calendar",
        {"day": "Thursday"},
        [{"id": 1, "with": "Ola", "etag": s.hexa(6)}, {"id": 2, "with": "Finn", "etag": s.hexa(6)}],
    )
    for text in (
        "I am sorry, I should have called the tool. I will now cancel both appointments.",
        "Apologies for the confusion. To cancel them I will use the calendar tool on 1 and 2.",
        "You are right, no tool was called. Let me do this now: cancel 1, cancel 2, then write to Ola and Finn.",
        "I apologise again. I am going to cancel the appointments with Ola and with Finn right away.",
        "Sorry about that! Cancelling now.",
        "Both will be cancelled in the next step, and I will write to both of them.",
    ):
        s.said(text, bad=True)


@scene("talk", "ops", "Decide how to shrink the log volume and do it", after=3)
def options(s: Scene) -> None:
    s.sh("df -h /var/log | tail -1", "/dev/sdb1  50G  48G  2G  96% /var/log")
    s.sh("du -s /var/log/* | sort -n | tail -2", "1200 /var/log/syslog\n48800 /var/log/app")
    for n in range(7):
        s.said(
            f"Option A rotates the app's log, option B lowers its level, option C moves it. {s.pick('A', 'B', 'C')} looks best, yet {s.pick('A', 'B', 'C')} has merits. Weighing them once more ({n + 1}).",
            bad=True,
        )


# -- the same question in other words


@scene("reworded", "science", "Find the melting point of the new salt", after=4)
def salt(s: Scene) -> None:
    s.looked("chem_lookup", {"cas": "1186-49-8"}, {"name": "tetrapropylazanium perrhenate", "props": {}})
    for query in (
        "melting point tetrapropylazanium perrhenate",
        "tetrapropylazanium perrhenate melting point",
        "tetrapropylazanium perrhenate m.p.",
        "melting point of tetrapropylazanium perrhenate °C",
        "what is the melting point of tetrapropylazanium perrhenate",
        "tetrapropylazanium perrhenate melting temperature",
        "perrhenate tetrapropylazanium melting point value",
    ):
        s.looked("chem_search", {"q": query}, {"count": 0, "results": [], "ms": s.number(11, 80)}, bad=True)


@scene("reworded", "office", "Znajdź mail z numerem polisy samochodu", after=4)
def policy(s: Scene) -> None:
    s.looked("etykiety", {}, ["Praca", "Dom", "Archiwum"])
    for query in (
        "polisa samochód",
        "polisa samochodu",
        "numer polisy samochodu",
        "numer polisy samochód",
        "polisa numer samochodu",
        "samochód numer polisy",
        "mail polisa samochód",
    ):
        s.looked("szukaj_poczty", {"fraza": query}, {"wiadomosci": []}, bad=True)


@scene("reworded", "games", "Find out how the ice door in chapter four is opened", after=4)
def ice_door(s: Scene) -> None:
    for query in (
        "ice door chapter 4",
        "chapter four ice door",
        "open ice door chapter 4",
        "how to open the ice door chapter 4",
        "ice door opening chapter 4",
        "chapter 4 ice door how to open",
        "walkthrough ice door chapter 4",
        "open the ice door chapter four",
    ):
        s.looked(
            "wiki_search",
            {"q": query},
            f"<p>There were no results matching the query.</p><!-- served by mw{s.number(1, 40)} -->",
            bad=True,
        )


# -- drift


@scene("drift", "money", "Work out the depreciation of the new delivery van", after=5)
def van(s: Scene) -> None:
    s.looked("read_invoice", {"nr": 311}, {"item": "delivery van", "net": "31,900.00", "date": "2026-01-12"})
    s.looked(
        "web_search", {"q": "depreciation period delivery van"}, "Delivery vans: usually six years, straight line."
    )
    for query, found in (
        ("best electric vans 2026", "Ten vans compared"),
        ("range of electric vans in winter", "A third less when it freezes"),
        ("how cold is the Arctic in March", "Minus thirty on average"),
        ("polar bear population", "About 26,000"),
        ("polar expeditions of the 1890s", "Nansen drifted with the ice"),
        ("Nansen passport", "A document for stateless people"),
        ("history of the passport", "Safe-conduct letters of 1414"),
        ("medieval letter seals", "Beeswax and resin"),
        ("keeping bees in town", "Two hives fit on a roof"),
    ):
        s.looked("web_search", {"q": query}, found, bad=True)


@scene("drift", "travel", "Find a train from Ghent to Basel on Friday with at most one change", after=5)
def train(s: Scene) -> None:
    s.looked(
        "timetable",
        {"from": "Gent", "to": "Basel", "day": "Fri"},
        {"connections": [{"dep": f"08:{s.number(10, 59)}", "changes": 2}]},
    )
    s.looked(
        "timetable",
        {"from": "Gent", "to": "Basel", "day": "Fri", "after": "10:00"},
        {"connections": [{"dep": "10:12", "changes": 2}]},
    )
    for url, page in (
        ("https://basel.example/museen", "Das Kunstmuseum zeigt Holbein."),
        ("https://kunst.example/holbein", "Holbein der Jüngere, 1497 bis 1543."),
        ("https://kunst.example/tudor-portraits", "Portraits at the Tudor court."),
        ("https://history.example/anne-boleyn", "Anne was crowned in 1533."),
        ("https://tv.example/series/tudors", "Season one has ten episodes."),
        ("https://tv.example/cast", "The cast and their other roles."),
        ("https://fan.example/quiz", "Which actor are you?"),
        ("https://fan.example/forum", "Newest thread: costumes."),
        ("https://craft.example/velvet", "Velvet is sewn with a walking foot."),
    ):
        s.looked("fetch_url", {"url": url}, f"<html><body><p>{page}</p></body></html>", bad=True)


@scene("drift", "coding", "Fix the off-by-one error in the pagination of the order list", after=5)
def tidy_up(s: Scene) -> None:
    s.sh("grep -n 'offset' orders/list.py", "41:    offset = page * size + 1")
    for thought, command in (
        ("The README badge is broken, I fix that on the way.", "sed -i 's/travis/actions/' README.md"),
        ("The licence year is old as well.", "sed -i 's/2023/2026/' LICENSE"),
        ("The logo could be smaller.", "pngcrush -q assets/logo.png assets/logo_small.png"),
        ("A mascot would suit the README.", "curl -sO https://art.example/otter.svg"),
        ("The otter needs the brand colour.", "sed -i 's/#777/#0a7/' otter.svg"),
        ("A favicon from the otter, too.", "convert otter.svg favicon.ico"),
        ("Now a banner for the social card.", "convert -size 1200x630 xc:teal banner.png"),
        ("The banner needs a nicer font.", "fc-list | grep -i pacifico"),
        ("I install the font.", "cp Pacifico.ttf ~/.fonts && fc-cache -f"),
    ):
        s.thinks(thought)
        s.sh(command, "", bad=True)


# -- repairs that repair nothing


@scene("red_test", "coding", "Make test_timezone_roundtrip pass", after=4)
def roundtrip(s: Scene) -> None:
    s.sh("pytest -q tests/test_tz.py", "E   AssertionError: '+02:00' != '+01:00'\n1 failed, 11 passed in 0.41s", 1)
    for _ in range(6):
        s.did(
            "str_replace",
            {
                "path": "tz.py",
                "old": "return dt",
                "new": f"return dt  {s.pick('# keep', '# as is', '# local', '# utc')} {s.hexa(3)}",
            },
            f"Edited tz.py, {s.number(1, 4)} line(s).",
            effect="reversible",
        )
        s.sh(
            "pytest -q tests/test_tz.py",
            f"E   AssertionError: '+02:00' != '+01:00'\n1 failed, 11 passed in 0.{s.number(30, 60)}s",
            1,
            bad=True,
        )


@scene("red_test", "law", "Get the pleading through the registry's format check", after=4)
def format_check(s: Scene) -> None:
    for n in range(6):
        s.did(
            "edit_docx",
            {
                "file": "klage.docx",
                "change": s.pick("font 11", "font 12", "margins 2 cm", "line spacing 1.5") + f", v{n}",
            },
            "gespeichert",
            effect="reversible",
        )
        s.did("convert", {"file": "klage.docx", "to": "pdf"}, {"pages": s.number(11, 13)})
        s.did(
            "format_check",
            {"file": "klage.pdf"},
            {"valid": False, "errors": ["PDF/A-2: Schrift 'Calibri' ist nicht eingebettet"], "id": s.hexa(10)},
            bad=True,
        )


@scene("red_test", "science", "Get the alignment step of the workflow to run", after=4)
def nextflow(s: Scene) -> None:
    s.sh("ls", "main.nf  nextflow.config  reads/")
    for _ in range(6):
        s.did(
            "edit_file",
            {"path": "nextflow.config", "text": f"process.memory = '{s.number(8, 64)} GB'\n"},
            "written",
            effect="reversible",
        )
        name = f"{s.pick('happy', 'silly', 'grave')}_{s.pick('curie', 'boyd', 'noether')}"
        s.sh(
            "nextflow run main.nf",
            f"Launching `main.nf` [{name}] - revision: {s.hexa(10)}\nERROR ~ Error executing process > 'ALIGN (1)'\nCommand error:\n  .command.sh: line 2: bwa: command not found\nWork dir:\n  work/{s.hexa(2)}/{s.hexa(30)}",
            1,
            bad=True,
        )


@scene("crashes", "data", "Merge the station files and draw the temperature curve", after=4)
def no_module(s: Scene) -> None:
    s.sh("ls stations | head -3", "ALM.csv\nBRN.csv\nCHU.csv")
    for n in range(6):
        code = f"# version {n + 1}\nimport xarray as xr\n{s.pick('ds = xr.open_mfdataset', 'frames = [xr.open_dataset', 'data = xr.load_dataset')}('stations/*.csv')"
        s.did(
            "python",
            {"code": code},
            f"Traceback (most recent call last):\n  File \"/tmp/tmp{s.hexa(8)}.py\", line 2, in <module>\n    import xarray as xr\nModuleNotFoundError: No module named 'xarray'",
            bad=True,
        )


@scene("arguments", "office", "Create the weekly meeting in the calendar", after=3)
def recurrence(s: Scene) -> None:
    s.looked("list_calendars", {}, [{"id": "team"}])
    for rule in (
        "weekly",
        "WEEKLY",
        {"freq": "weekly"},
        ["weekly"],
        "every week",
        "RRULE:weekly",
        {"every": 7, "unit": "day"},
    ):
        s.failed(
            "create_event",
            {"calendar": "team", "title": "Jour fixe", "recurrence": rule},
            f"400 Bad Request: 'start' is missing (x-request-id: {s.hexa(12)})",
            "bad_arguments",
            bad=True,
        )


@scene("arguments", "data", "Turn the shapefile into GeoJSON in WGS84", after=4)
def old_converter(s: Scene) -> None:
    s.sh("du -k parcels.shp", f"{s.number(900, 90_000)}\tparcels.shp")
    for flag in ("--to-wgs84", "--wgs84", "-wgs84", "--crs=WGS84", "--target wgs84", "--proj WGS84", "--reproject"):
        s.sh(
            f"shp2json {flag} parcels.shp",
            f"shp2json: unknown option '{flag.split()[0]}'\nusage: shp2json [-o FILE] [--encoding ENC] INPUT",
            2,
            bad=True,
        )


@scene("guesses", "home", "Open the garage for the parcel service", after=4)
def entity_names(s: Scene) -> None:
    s.looked("house_state", {}, {"doors": "locked", "parcel": "expected 14:00"})
    for name in (
        "garage",
        "garage_door",
        "door_garage",
        "main_garage",
        "garage_1",
        "gate_garage",
        "garagentor",
        "garage_left",
    ):
        s.failed(
            "cover_open", {"entity": f"cover.{name}"}, f"Entity cover.{name} not found (context {s.hexa(26)})", bad=True
        )


@scene("guesses", "games", "Give my character the missing quest item through the console", after=4)
def item_codes(s: Scene) -> None:
    s.did("console", {"line": "help"}, "Commands: give CODE, where, quit")
    for code in (
        "rusty_key",
        "RustyKey",
        "key_rusty",
        "quest_key",
        "item_rusty_key",
        "key01",
        "rustykey",
        f"key_{s.hexa(2)}",
    ):
        s.did("console", {"line": f"give {code}"}, "Unknown item code.", bad=True)


@scene("door", "science", "Get the full text of the 2021 review on coral bleaching", after=4)
def paywall(s: Scene) -> None:
    s.looked("crossref", {"q": "coral bleaching review 2021"}, {"doi": "10.1000/cb.2021"})
    for tool, target in (
        ("fetch_url", "https://doi.example/10.1000/cb.2021"),
        ("http_get", "https://pub.example/cb.2021"),
        ("browser_open", "https://pub.example/cb.2021?view=full"),
        ("sh", "curl -L https://pub.example/cb.2021.pdf"),
        ("fetch_url", "https://pub.example/cb.2021/pdf"),
        ("http_get", "https://pub.example/cb.2021/epdf"),
        ("browser_open", "https://pub.example/cb.2021/epdf"),
    ):
        s.did(
            tool,
            {"target": target},
            {"status": 403, "body": f"Access denied. Buy this article for 39 USD. Reference #{s.hexa(8)}"},
            effect="read_only",
            bad=True,
        )


@scene("two_failing", "money", "Holen Sie den Wechselkurs vom 2. Januar", after=5)
def rates(s: Scene) -> None:
    for n in range(6):
        s.failed(
            "kurs_api",
            {"von": "EUR", "nach": "CHF", "tag": "2026-01-02"},
            f"401: API-Schlüssel abgelaufen (Anfrage {s.hexa(10)})",
            bad=True,
        )
        s.failed(
            "boersen_feed",
            {"symbol": "EURCHF", "versuch": n + 1},
            f"TLS: certificate has expired, handshake {s.passes(0.1, 0.9)}s",
            bad=True,
        )


@scene("resend", "ops", "Tell the on-call engineer that the feed is down", after=3)
def pager(s: Scene) -> None:
    s.looked("on_call", {"team": "feeds"}, {"name": "Tjark", "channel": "pager"})
    for text in (
        "The feed is down.",
        "The feed is down!",
        "Feed down, please look.",
        "Please look: the feed is down.",
        "URGENT: feed down",
        "Feed is still down.",
        "Hello? The feed is down.",
    ):
        s.did(
            "page",
            {"to": "Tjark", "text": text},
            {"delivered": False, "reason": "no device registered", "id": s.hexa(8)},
            bad=True,
        )


# -- jobs that are dead, rooms walked in circles


@scene("dead_job", "science", "Wait for the phylogeny run and give its likelihood", after=6)
def frozen(s: Scene) -> None:
    s.sh("raxml-ng --search --msa all.phy &> run.log &", "[1] 4410")
    for _ in range(11):
        s.passes(60, 61)
        s.sh(
            "sleep 60; tail -1 run.log; date",
            f"[00:00:41] ML tree search #3, logLikelihood: -81204.113\n{s.stamp('%a %d %b %H:%M:%S UTC %Y')}",
            bad=True,
        )


@scene("dead_job", "travel", "Wait for the refund to be approved, then tell the traveller", after=4)
def refund(s: Scene) -> None:
    s.did("request_refund", {"booking": "K4T7"}, {"case": 90112, "state": "missing passport copy"})
    for _ in range(10):
        s.passes(1800, 3600)
        s.looked(
            "refund_state",
            {"case": 90112},
            {"case": 90112, "state": "missing passport copy", "checked": s.stamp()},
            bad=True,
        )


@scene("wander", "language", "Say which of the three dictionaries has the better entry for 'saudade'", after=7)
def dictionaries(s: Scene) -> None:
    texts = {
        "Priberam": "Lembrança grata de pessoa ausente",
        "Aulete": "Sentimento nostálgico",
        "Houaiss": "Sentimento melancólico",
    }
    order = [
        "Priberam",
        "Aulete",
        "Houaiss",
        "Aulete",
        "Priberam",
        "Houaiss",
        "Houaiss",
        "Priberam",
        "Aulete",
        "Priberam",
        "Houaiss",
        "Aulete",
        "Houaiss",
        "Aulete",
        "Priberam",
    ]
    for n, name in enumerate(order):
        s.looked("dicionario", {"obra": name, "verbete": "saudade"}, texts[name], bad=n >= 3)


@scene("wander", "games", "Find the way out of the cellar", after=7)
def cellar_rooms(s: Scene) -> None:
    middle = "The middle of the cellar. Exits: north, east."
    rooms = {
        "north": "A room with barrels. Exits: south.",
        "south": middle,
        "east": "A dead end. Exits: west.",
        "west": middle,
    }
    ways = [
        "north",
        "south",
        "east",
        "west",
        "east",
        "west",
        "north",
        "south",
        "east",
        "west",
        "north",
        "south",
        "north",
        "south",
    ]
    for n, way in enumerate(ways + s.pick(["east", "west"], ["north", "south"])):
        s.did("say", {"command": f"go {way}"}, rooms[way], bad=n >= 4)


# -- a browser that leads nowhere


@scene("browser", "web", "Read the opening hours on the museum's page", after=5)
def cookie_banner(s: Scene) -> None:
    s.did("search", {"q": "museum opening hours"}, [{"url": "https://museum.example/besuch"}])
    for _ in range(5):
        banner = f"<div id='cmp' data-id='{s.hexa(8)}'>Wir nutzen Cookies <button>Alle akzeptieren</button></div>"
        s.did("open", {"url": "https://museum.example/besuch"}, banner, effect="read_only", bad=True)
        s.did("click", {"text": "Alle akzeptieren"}, {"clicked": True, "consent": s.hexa(16)}, bad=True)


@scene("browser", "web", "Register the club for the tournament", after=4)
def captcha(s: Scene) -> None:
    s.did(
        "open",
        {"url": "https://turnier.example/anmeldung"},
        "<form><img src='/captcha/1.png'><input name='club'></form>",
    )
    for _ in range(7):
        guess = s.hexa(5).upper()
        s.did(
            "submit",
            {"club": "TSV Ried", "captcha": guess},
            f"<p class='err'>Code falsch. Neues Bild: /captcha/{s.number(2, 999)}.png</p>",
            bad=True,
        )


@scene("browser", "web", "Collect the prices of all tents, also those further down the page", after=3)
def scroll(s: Scene) -> None:
    page = "Zelte (1-12 von 64)  Fjell 2 199,-  Fjell 3 249,-  Kuppel 89,-  [Mehr laden]"
    s.did("open", {"url": "https://outdoor.example/zelte"}, page, effect="read_only")
    for way in (800, 1600, 2400, 3200, 4000, 4800, 5600):
        s.did(
            "scroll",
            {"y": way},
            {"scrolled": way, "text": page, "t": s.stamp("%H:%M:%S")},
            effect="read_only",
            bad=True,
        )


@scene("same_answer", "data", "Find the customers whose address changed in 2025", after=3)
def wrong_tables(s: Scene) -> None:
    s.looked("tables", {}, ["cust", "cust_hist", "addr_2025"])
    for sql in (
        "SELECT * FROM cust_hist WHERE year(changed) = 2025",
        "SELECT id FROM cust_hist WHERE changed >= '2025-01-01'",
        "SELECT count(*) FROM cust_hist",
        "SELECT 1 FROM cust_hist LIMIT 1",
        "SELECT id, street FROM cust_hist h JOIN cust c USING (id)",
        "SELECT * FROM cust_hist",
        "SELECT DISTINCT id FROM cust_hist ORDER BY 1",
    ):
        s.did(
            "sql",
            {"sql": sql},
            {"error": f"permission denied for table cust_hist (SQLSTATE 42501, pid {s.number(100, 9999)})"},
            effect="read_only",
            bad=True,
        )


# -- they waver: one kind of trouble after the other


@scene("wavering", "data", "Find out which supplier delivered lot 7F", after=4)
def lot(s: Scene) -> None:
    for page in range(1, 6):
        s.looked(
            "deliveries",
            {"page": page},
            {"page": page, "lots": [f"{s.number(1, 6)}{s.pick(*'ABCDE')}" for _ in range(4)], "pages": 5},
        )
    for query in ("lot 7F", "7F", "lot 7F", "LOT-7F", "lot 7F", "supplier lot 7F", "7F", "lot 7F", "lot: 7F"):
        s.looked("search_deliveries", {"q": query}, {"hits": [], "took": s.number(2, 40)}, bad=True)


@scene("wavering", "coding", "Start the local mail server for the tests", after=4)
def port_taken(s: Scene) -> None:
    s.sh("docker compose config --services", "mail")
    error = "Error response from daemon: driver failed programming external connectivity on endpoint mail ({}): Bind for 0.0.0.0:25 failed: port is already allocated"
    for command in (
        "up -d mail",
        "up -d mail",
        "up -d --force-recreate mail",
        "up mail",
        "up -d mail",
        "up -d --build mail",
        "up -d mail",
    ):
        s.thinks(
            s.pick(
                "Maybe it works with a fresh container.",
                "Again, it may have been a glich.",
                "I should start it differently.",
            )
        )
        s.sh(f"docker compose {command}", error.format(s.hexa(64)), 1, bad=True)


@scene("wavering", "web", "Put the two concert tickets into the basket", after=4)
def basket(s: Scene) -> None:
    s.did(
        "navigate",
        {"url": "https://karten.example/k/77"},
        "<h1>Streichquartett</h1><button id='add' disabled>In den Warenkorb</button>",
    )
    for selector in ("#add", "#add", "button", "#add", "button#add", "text=In den Warenkorb", "#add", "#add"):
        s.failed(
            "click",
            {"selector": selector},
            f"TimeoutError: locator.click: Timeout {s.pick(5000, 10000, 30000)}ms exceeded. waiting for element to be enabled; element is not enabled",
            "timeout",
            bad=True,
        )
