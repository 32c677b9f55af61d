"""Patient workers, fresh: edits and tests, trials, exhaustive checks and walks.

Written by somebody who had not seen the detector; the label is what a sensible colleague who looks on would say.
"""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- looked at again, because something was done


@scene("read_again", "coding", "Split the long function of billing.py into smaller ones")
def view_edit(s: Scene) -> None:
    lines = 212
    for part in ("discount", "tax", "rounding", "currency", "footer", "totals"):
        s.looked("view", {"path": "billing.py"}, f"[{lines} lines]\ndef invoice(order):\n    # {part} starts here")
        s.did(
            "replace",
            {"path": "billing.py", "old": f"# {part} starts here", "new": f"_{part}(order)"},
            "The file has been edited.",
            effect="reversible",
        )
        lines -= s.number(8, 25)
    s.sh("pytest -q tests/test_billing.py", "24 passed in 1.31s")


@scene("read_again", "coding", "Commit the work in six logical commits")
def clean_tree(s: Scene) -> None:
    for name in ("parser", "lexer", "cli", "docs", "tests", "changelog"):
        s.sh(f"git add -A {name} && git commit -qm '{name}: split out'")
        s.sh("git status --short -- src", "")
        s.sh("git log --oneline -1", f"{s.hexa(7)} {name}: split out")


@scene("read_again", "money", "Book the receipts of the business trip; each needs its rate from the rate sheet")
def rate_sheet(s: Scene) -> None:
    for n in range(1, 8):
        s.looked("open_sheet", {"name": "rates_2026"}, "meal 7%, hotel 7%, taxi 19%, train 7%, fuel 19%")
        s.did(
            "book",
            {"receipt": n, "account": s.pick(6644, 6673), "net": f"{s.number(9, 180)}.{s.number(10, 99)}"},
            {"booked": n},
        )


@scene("read_again", "web", "Fill in the customs declaration in the portal")
def customs(s: Scene) -> None:
    for field, value in (
        ("goods", "lenses"),
        ("hs_code", "9001.40"),
        ("origin", "JP"),
        ("weight", "1.2"),
        ("value", "380"),
        ("currency", "EUR"),
    ):
        s.did("type", {"field": field, "text": value}, "ok")
        s.looked("screenshot_text", {}, f"Zollanmeldung  Schritt 2 von 3  * Pflichtfeld  {field}: {value}  [Weiter]")
    s.did("click", {"text": "Weiter"}, "Zollanmeldung  Schritt 3 von 3")


@scene("read_again", "money", "Pay the tax instalment and file the receipt")
def double_check(s: Scene) -> None:
    s.looked("balance", {"account": "giro"}, {"eur": "8.112,40"})
    s.looked("tax_notice", {"year": 2026, "quarter": 1}, {"due": "2026-03-10", "eur": "1.930,00"})
    s.thinks("I better look again, befor I pay twice.")
    s.looked("tax_notice", {"year": 2026, "quarter": 1}, {"due": "2026-03-10", "eur": "1.930,00"})
    s.did("pay", {"to": "Finanzamt", "eur": "1.930,00"}, {"tan_required": True, "ref": s.hexa(8)})
    s.did("confirm_tan", {"tan": "318402"}, {"error": "TAN expired"})
    s.did("pay", {"to": "Finanzamt", "eur": "1.930,00"}, {"tan_required": True, "ref": s.hexa(8)})
    s.did("confirm_tan", {"tan": "774120"}, {"paid": True, "receipt": "Q1.pdf"})
    s.looked("balance", {"account": "giro"}, {"eur": "6.182,40"})
    s.did("file_document", {"name": "Q1.pdf", "folder": "Steuer/2026"}, "abgelegt")


# -- changed, tried, and each time it is another thing


@scene("edit_test", "coding", "Get the simulator to build with the new compiler")
def errors_fewer(s: Scene) -> None:
    for left in (14, 9, 9, 4, 1):
        s.did(
            "edit",
            {"file": "src/grid.cpp", "patch": f"@@ -{s.number(1, 300)} +{s.hexa(6)}"},
            "patched",
            effect="reversible",
        )
        s.sh(
            "make -j4 2>&1 | tail -3",
            f"src/grid.cpp:{s.number(10, 400)}: error: no matching function for call to 'at'\n{left} errors generated.\nmake: *** [all] Error 1",
            2,
        )
    s.did("edit", {"file": "src/io.cpp", "patch": f"@@ -12 +{s.hexa(6)}"}, "patched", effect="reversible")
    s.sh("make -j4 2>&1 | tail -3", "[100%] Built target simulator")


@scene("edit_test", "office", "Make the thesis compile without an undefined reference")
def latex(s: Scene) -> None:
    for label in ("fig:setup", "tab:yield", "eq:decay", "sec:error", "fig:appendix"):
        s.sh(
            "latexmk -pdf -silent main.tex",
            f"LaTeX Warning: Reference `{label}' on page {s.number(3, 90)} undefined on input line {s.number(20, 900)}.",
            12,
        )
        s.sh(
            f"grep -rn '{label.split(':')[1]}' chapters/ | head -2",
            f"chapters/{s.number(1, 7)}.tex:{s.number(5, 300)}: \\label{{{label.replace(':', '-')}}}",
        )
        s.sh(f"sed -i 's/{label.replace(':', '-')}/{label}/' chapters/*.tex")
    s.sh("latexmk -pdf -silent main.tex", "Output written on main.pdf (143 pages).")


@scene("edit_test", "data", "Make the report query run in less than a second")
def explain(s: Scene) -> None:
    for change, took in (
        ("an index on day", 9120.2),
        ("analyze", 9118.7),
        ("no cast in the filter", 3310.9),
        ("partition pruning", 1240.0),
        ("covering index", 310.4),
    ):
        s.did("sql", {"sql": f"-- {change}\nDO $$ ... $$"}, "DO")
        s.looked(
            "sql",
            {"sql": "EXPLAIN ANALYZE SELECT * FROM report_day"},
            f"Seq Scan on facts  (actual time=0.02..{took} rows=90121)\nExecution Time: {took} ms",
        )


@scene("edit_test", "science", "Get the variant pipeline to run through on the test sample")
def snakemake(s: Scene) -> None:
    for rule, cause in (
        ("trim", "adapters.fa not found"),
        ("align", "index missing"),
        ("sort", "samtools: not enough memory"),
        ("call", "contig names differ: chr1 / 1"),
        ("annotate", "cache version 109 expected"),
    ):
        s.sh(
            "snakemake -c4 results/NA12878.vcf",
            f"Error in rule {rule}:\n    jobid: {s.number(1, 9)}\n    {cause}\nExiting because a job execution failed. Look above for error message",
            1,
        )
        s.did("edit_file", {"path": "Snakefile", "rule": rule, "patch": s.hexa(8)}, "ok", effect="reversible")
    s.sh("snakemake -c4 results/NA12878.vcf", "6 of 6 steps (100%) done")


@scene("edit_test", "money", "Find the bookings because of which the trial balance does not balance")
def trial_balance(s: Scene) -> None:
    for difference in ("1.204,50", "1.204,50", "804,50", "90,00", "9,00"):
        s.looked("trial_balance", {"period": "2025-12"}, {"konten": 84, "differenz": difference})
        booking = s.number(100, 900)
        s.looked(
            "list_bookings", {"account": s.number(1200, 8400)}, [{"nr": booking, "betrag": f"{s.number(10, 99)},00"}]
        )
        s.did("correct_booking", {"nr": booking, "side": "S"}, "korrigiert")
    s.looked("trial_balance", {"period": "2025-12"}, {"konten": 84, "differenz": "0,00"})


@scene("edit_test", "coding", "Calibrate the gain until the controller's overshoot test passes")
def overshoot(s: Scene) -> None:
    for gain, got in ((2.0, 0.731), (1.6, 0.642), (1.3, 0.561), (1.2, 0.533), (1.1, 0.508)):
        s.sh(
            f"sed -i 's/^GAIN = .*/GAIN = {gain}/' control.py && pytest -q test_control.py",
            f"E   assert {got} <= 0.5\n1 failed in 0.{s.number(10, 99)}s",
            1,
        )
    s.sh("sed -i 's/^GAIN = .*/GAIN = 1.05/' control.py && pytest -q test_control.py", "1 passed in 0.21s")


@scene("edit_test", "coding", "Get the Java service to start with the new configuration")
def spring(s: Scene) -> None:
    frames = "\n".join(
        f"\tat org.springframework.beans.factory.support.{c}.java:{s.number(90, 1300)})"
        for c in (
            "ConstructorResolver.createArgumentArray(ConstructorResolver",
            "AbstractAutowireCapableBeanFactory.doCreateBean(AbstractAutowireCapableBeanFactory",
            "DefaultSingletonBeanRegistry.getSingleton(DefaultSingletonBeanRegistry",
        )
    )
    start = "org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'app': Initialization failed"
    for cause, key in (
        ("Could not resolve placeholder 'db.url'", "db.url"),
        ("Could not resolve placeholder 'db.user'", "db.user"),
        ("Driver org.postgresql.Driver claims to not accept jdbcUrl, jdbc:postgres://db/app", "db.url"),
        ('FATAL: database "app" does not exist', "db.name"),
        ("Validate failed: Migration V3 has not been applied", "flyway"),
    ):
        s.sh(
            "./gradlew bootRun -q 2>&1 | head -40",
            f"{s.stamp()} ERROR 1 --- [main] {start}\n{frames}\nCaused by: {cause}\n\t... 38 more",
            1,
        )
        s.did(
            "set_property", {"file": "application.yml", "key": key, "value": s.hexa(5)}, "written", effect="reversible"
        )
    s.sh(
        "timeout 20 ./gradlew bootRun -q 2>&1 | tail -1",
        f"{s.stamp()} INFO 1 --- [main] Started App in 4.{s.number(10, 99)} seconds",
    )


@scene("edit_test", "language", "Shorten the Finnish subtitles until none is over 42 characters per line")
def subtitles(s: Scene) -> None:
    for over in (11, 8, 8, 5, 2, 1):
        cue = s.number(10, 600)
        s.looked("check_lengths", {"file": "fi.srt", "max": 42}, {"too_long": over, "first": cue})
        text = s.pick("Lähdetään nyt.", "En tiedä vielä.", "Odota hetki!") + s.pick("", " Tule.", " Kuulitko?")
        s.did("edit_cue", {"file": "fi.srt", "cue": cue, "text": text}, "tallennettu", effect="reversible")
    s.looked("check_lengths", {"file": "fi.srt", "max": 42}, {"too_long": 0})


# -- halving and trying out


@scene("tries", "coding", "Find the revision since which the editor starts slowly")
def slow_start(s: Scene) -> None:
    s.sh("git bisect start HEAD v2.0", "Bisecting: 211 revisions left to test after this")
    for left in (105, 52, 26, 12, 6, 2, 0):
        slow = s.pick(True, False)
        s.sh("./start_time.sh", f"start-up: {s.number(1900, 2100) if slow else s.number(290, 330)} ms")
        s.sh(
            f"git bisect {'bad' if slow else 'good'}",
            f"Bisecting: {left} revisions left to test after this\n[{s.hexa(40)}]",
        )
    s.sh("git bisect log | tail -1", f"# first bad commit: [{s.hexa(40)}] feat: scan all fonts")


@scene("tries", "games", "Solve the daily word puzzle")
def word_puzzle(s: Scene) -> None:
    secret = "lodge"
    for word in (s.pick("crane", "slate"), s.pick("spite", "moult"), "fluke", "wedge", "hedge", "dodge", "lodge"):
        marks = "".join("g" if c == secret[n] else "y" if c in secret else "-" for n, c in enumerate(word))
        s.did("guess", {"word": word}, {"word": word, "marks": marks})


@scene("tries", "ops", "Which of the plugins makes the wiki crash? Turn them off by halves")
def halves(s: Scene) -> None:
    left = [f"p{n:02}" for n in range(1, 33)]
    s.sh("systemctl restart wiki && curl -s -o /dev/null -w '%{http_code}' localhost", "500")
    while len(left) > 1:
        half, crashed = left[: len(left) // 2], s.pick(True, False)
        s.sh(
            f"wiki plugins --only {half[0]}..{half[-1]} && systemctl restart wiki && curl -s -o /dev/null -w '%{{http_code}}' localhost",
            "500" if crashed else "200",
        )
        left = half if crashed else left[len(left) // 2 :]
    s.sh(f"wiki plugins --off {left[0]} && curl -s -o /dev/null -w '%{{http_code}}' localhost", "200")


@scene("tries", "home", "Find out at which baud rate the old heating controller talks")
def baud(s: Scene) -> None:
    for rate in (300, 1200, 2400, 4800, 9600, 14400, 19200, 38400):
        s.did("serial_ask", {"port": "ttyUSB0", "baud": rate, "send": "ID?"}, {"reply": "", "timeout": True})
    s.did("serial_ask", {"port": "ttyUSB0", "baud": 57600, "send": "ID?"}, {"reply": "VITO 2.1", "timeout": False})


@scene("tries", "web", "Find a free domain for the bakery, short and ending in .de")
def domains(s: Scene) -> None:
    for name in ("brot", "baecker", "backhaus", "brotzeit", "mehlwerk", "ofenfrisch", "krume", "sauerteig"):
        s.looked(
            "whois",
            {"domain": f"{name}.de"},
            {"status": "connect", "changed": f"20{s.number(10, 25)}-0{s.number(1, 9)}-14"},
        )
    s.looked("whois", {"domain": "krustenreich.de"}, {"status": "free"})


@scene("tries", "office", "Bid for the used printer, at most 60 euros")
def auction(s: Scene) -> None:
    for bid in (20, 26, 31, 37, 44, 50):
        s.did(
            "bid",
            {"lot": 88, "amount": bid},
            {"accepted": True, "highest": False, "message": f"You have been outbid. Next bid: {bid + s.number(2, 5)}"},
        )
    s.did("bid", {"lot": 88, "amount": 57}, {"accepted": True, "highest": True})


# -- each "no" is news


@scene(
    "exhaustive", "ops", "Say which of our hosts have the vulnerable library", acceptance="a list, which may be empty"
)
def vulnerable(s: Scene) -> None:
    first = s.number(1, 40)
    for n in range(first, first + 14):
        s.sh(f"ssh web{n:02} \"dpkg -l | grep -c 'liblzma5 5.6'\"", "0", 1)


@scene("exhaustive", "science", "Check that none of the fourteen primers binds elsewhere in the genome")
def primers(s: Scene) -> None:
    for n in range(1, 15):
        seq = "".join(s.pick(*"ACGT") for _ in range(20))
        s.looked(
            "blastn", {"query": seq, "db": "GRCh38", "task": "short", "name": f"P{n}"}, "***** No hits found *****"
        )


@scene("exhaustive", "law", "Check the new client and the other parties for conflicts of interest")
def conflicts(s: Scene) -> None:
    for party in (
        "Adler GmbH",
        "T. Ruiz",
        "Nordlicht SE",
        "M. Okafor",
        "Bauhof KG",
        "Sato K.K.",
        "P. Lindqvist",
        "Vela Srl",
        "Haus & Hof eG",
        "R. Dvořák",
    ):
        s.looked("search_files", {"party": party, "fuzzy": True}, {"hits": 0, "files": []})


@scene("exhaustive", "money", "Screen the suppliers against the sanctions list", acceptance="no match is a fine result")
def sanctions(s: Scene) -> None:
    for n in range(s.number(12, 16)):
        s.looked("screen", {"vendor": 70_000 + n}, {"matches": [], "list_date": "2026-02-27", "request_id": s.hexa(16)})


@scene("exhaustive", "coding", "Find the translation keys that are used nowhere")
def unused_keys(s: Scene) -> None:
    for key in (
        "nav.home",
        "nav.old",
        "cart.empty",
        "cart.tip",
        "mail.bye",
        "mail.hi",
        "err.404",
        "err.teapot",
        "form.fax",
        "form.tel",
    ):
        s.sh(f"grep -rqF '{key}' src/", "", s.pick(0, 1, 1))


@scene("exhaustive", "home", "Is one of the recipes of the week with nuts? Read every one")
def recipes(s: Scene) -> None:
    for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"):
        s.looked("recette", {"jour": day}, {"allergenes": [], "portions": 4})
        s.looked("recette_notes", {"jour": day}, "aucune note")


@scene("exhaustive", "data", "Clean every column: replace the code -999 by an empty cell")
def fill(s: Scene) -> None:
    for column in ("age", "height", "weight", "bp_sys", "bp_dia", "pulse", "glucose", "hdl", "ldl", "crp"):
        s.did("replace_value", {"column": column, "old": -999, "new": None}, {"changed": s.pick(0, 0, 0, 3)})


# -- games and walks: the same moves, another place


@scene("walk", "games", "Move the tower of four discs from A to another peg")
def hanoi(s: Scene) -> None:
    pegs: dict[str, list[int]] = {"A": [4, 3, 2, 1], "B": [], "C": []}

    def move(count: int, source: str, target: str, spare: str) -> None:
        if count:
            move(count - 1, source, spare, target)
            pegs[target].append(pegs[source].pop())
            s.did("move", {"from": source, "to": target}, {peg: list(discs) for peg, discs in pegs.items()})
            move(count - 1, spare, target, source)

    target, spare = s.pick("BC", "CB")
    move(4, "A", target, spare)


@scene("walk", "games", "Carry all the treasures from the cave to the house")
def treasures(s: Scene) -> None:
    for item in ("lantern", "gold ring", "silver cup", "rug", "trident"):
        s.did("say", {"command": f"take {item}"}, "Taken.")
        s.did("say", {"command": "go up"}, "You are in front of a small white house. The door is open.")
        s.did("say", {"command": f"drop {item}"}, "Dropped.")
        s.did("say", {"command": "go down"}, "You are in a cave. Water drips from the walls.")


@scene("walk", "games", "Walk the robot out of the corridor to the charger")
def corridor(s: Scene) -> None:
    for x in range(s.number(8, 12), 0, -1):
        s.did("step", {"direction": "west"}, {"x": x, "y": 3, "seen": "wall, wall, floor"})
    s.did("step", {"direction": "west"}, {"x": 0, "y": 3, "seen": "charger"})


@scene("explore", "law", "Find the commencement date of the amended tenancy rules; think before you search")
def think_first(s: Scene) -> None:
    s.said(
        "The Act was amended twice. The commencement may be in the Act itself or in a regulation, so I look at both."
    )
    s.looked("get_act", {"id": "RTA-2010", "part": "s 2"}, "This Act commences on a day fixed by proclamation.")
    s.said("So it is the proclamation I need, and the gazette has it. The amending act is No 14 of 2025.")
    for year, hits in ((2024, 0), (2025, 0), (2026, 1)):
        s.looked("gazette", {"q": "RTA commencement", "year": year}, {"hits": hits})
    s.looked("gazette_item", {"id": "2026/31"}, "Proclamation: the amendments commence on 1 April 2026.")
    s.said("I have it: 1 April 2026, by proclamation 2026/31. I check that it was not revoked.")
    s.looked("gazette", {"q": "revocation 2026/31", "year": 2026}, {"hits": 0})


@scene("refine", "travel", "Register the travel group with the ferry line")
def fields_one_by_one(s: Scene) -> None:
    given = {"ship": "Nordstern", "persons": 6}
    for field, value in (
        ("date", "2026-07-02"),
        ("lead_name", "H. Brandt"),
        ("phone", "+49 431 55"),
        ("vehicle", "bus"),
        ("length_m", "9.5"),
    ):
        s.failed("register_group", dict(given), f"422 Unprocessable: '{field}' is required (trace {s.hexa(12)})")
        given[field] = value
    s.did("register_group", dict(given), {"booking": "FN-20931", "state": "confirmed"})


@scene("refine", "science", "Find out who first described the beetle and in which year")
def sources(s: Scene) -> None:
    s.looked("gbif", {"name": "Carabus lusitanicus brevis"}, {"results": []})
    s.looked("gbif", {"name": "Carabus brevis"}, {"results": [{"key": 557, "status": "SYNONYM", "accepted": None}]})
    s.looked("col_search", {"q": "Carabus brevis"}, {"total": 0})
    s.looked(
        "bhl_search", {"q": '"Carabus brevis" nov. spec.'}, {"hits": 2, "items": ["Entomol. Z. 12", "Col. Eur. 3"]}
    )
    for page in (88, 89, 90):
        s.looked(
            "bhl_page",
            {"item": "Col. Eur. 3", "page": page},
            f"[OCR] p. {page} ... elytris breviter {s.pick('ovatis', 'striatis')} ...",
        )
    s.looked("bhl_page", {"item": "Col. Eur. 3", "page": 91}, "[OCR] p. 91 Carabus brevis Dej., Spec. gen. 2, 1826")


@scene("beside", "language", "Collect the plural of each of the twelve Welsh nouns")
def plurals(s: Scene) -> None:
    for n, word in enumerate(
        ("llyfr", "ci", "tŷ", "afal", "plentyn", "merch", "cath", "pont", "ysgol", "gair", "môr", "coeden")
    ):
        if n % 3:
            s.together()
        s.looked(
            "dictionary",
            {"lang": "cy", "word": word, "show": "plural"},
            {"word": word, "plural": None}
            if word == "môr"
            else {"word": word, "plural": f"{word[:3]}{s.pick('au', 'oedd', 'od')}"},
        )
    s.looked("dictionary", {"lang": "cy", "word": "môr", "show": "all"}, {"word": "môr", "plural": "moroedd"})


@scene("explore", "home", "Lower the blinds on the south side by half")
def wrong_name_once(s: Scene) -> None:
    s.failed("blinds.set", {"side": "south", "percent": 50}, "Unknown tool: blinds.set", "missing_tool")
    s.looked("list_devices", {"kind": "cover"}, [{"id": f"cover.s{n}", "position": 0} for n in range(1, 4)])
    for n in range(1, 4):
        s.did("cover_position", {"id": f"cover.s{n}", "position": 50}, {"id": f"cover.s{n}", "state": "moving"})
        s.looked("cover_state", {"id": f"cover.s{n}"}, {"id": f"cover.s{n}", "position": 50})
