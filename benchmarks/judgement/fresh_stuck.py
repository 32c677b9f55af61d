"""Stuck workers, fresh: calls and errors that come again and again.

Written by somebody who had not seen the detector; the label is what a sensible colleague who looks on would say.
"""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- the same call, the same answer


@scene("same_call", "law", "Find the Court of Appeal's decision on the boundary hedge", after=3)
def hedge(s: Scene) -> None:
    s.looked("databases", {}, ["cases", "acts", "gazette"])
    s.looked(
        "search_cases", {"court": "HC", "q": "hedge"}, {"total": 1, "hits": ["Ngata v Bell [2011] HC 77 (appealed)"]}
    )
    for _ in range(7):
        s.looked(
            "search_cases",
            {"court": "CA", "q": "boundary hedge"},
            {"total": 0, "hits": [], "took_ms": s.number(8, 90), "request_id": s.hexa(16)},
            bad=True,
        )


@scene("same_call", "money", "Fetch the March statement of the business account", after=3)
def login_page(s: Scene) -> None:
    s.looked(
        "http_get",
        {"url": "https://bank.example/"},
        "<html><title>Bank</title><a href='/accounts'>My accounts</a></html>",
    )
    for _ in range(7):
        page = f"<html><title>Sign in</title><form action='/login'><input name='csrf' value='{s.hexa(32)}'><input name='user'></form></html>"
        s.thinks(
            s.pick(
                "The statment should be here.",
                "Maybe the page had not finished loading.",
                "I try the export link again.",
            )
        )
        s.looked("http_get", {"url": "https://bank.example/accounts/1/export?month=3"}, page, bad=True)


@scene("same_call", "science", "Download the protein structure and count its chains", after=3)
def accession(s: Scene) -> None:
    s.sh("mkdir -p pdb && df --output=avail pdb | tail -1", str(s.number(10**6, 10**8)))
    for _ in range(8):
        s.sh(
            "efetch -db structure -id 9QZZZ -format pdb > pdb/9qzzz.pdb",
            "ERROR: Invalid accession '9QZZZ': expected 4 characters",
            1,
            bad=True,
        )


@scene("same_call", "office", "Mark the forty notifications as read", after=3)
def zero_modified(s: Scene) -> None:
    s.looked("count_mail", {"q": "is:unread label:notifications"}, {"count": 40})
    for _ in range(7):
        s.did("mark_read", {"label": "notification"}, {"modified": 0, "label": "notification"}, bad=True)


@scene("same_call", "travel", "Réserve une table pour quatre au bord de l'eau samedi soir", after=3)
def full(s: Scene) -> None:
    s.looked("cherche_restaurants", {"lieu": "Annecy", "vue": "lac"}, ["Le Ponton", "La Rive", "Chez Lucie"])
    for _ in range(8):
        s.did(
            "reserver_table",
            {"resto": "Le Ponton", "jour": "samedi", "heure": "20:00", "couverts": 4},
            {"ok": False, "motif": "complet"},
            bad=True,
        )


@scene("same_call", "data", "Export the cleaned survey as a parquet file", after=3)
def shape(s: Scene) -> None:
    s.did("python", {"code": "import pandas as pd; df = pd.read_csv('survey.csv')"}, "")
    s.did("python", {"code": "df = df.dropna()"}, "")
    for _ in range(9):
        s.thinks(
            s.pick(
                "Let me verify the shape.",
                "Before exporting I verify the frame.",
                "I should make sure that it is clean.",
            )
        )
        s.did(
            "python",
            {"code": "print(df.shape); print(df.isna().sum().sum())"},
            "(4120, 17)\n0",
            effect="read_only",
            bad=True,
        )


# -- the same error, only its numbers, addresses or times differ


@scene("error_text", "coding", "Run the export of the desktop program", after=3)
def java_trace(s: Scene) -> None:
    s.sh("ls build/libs", "exporter-3.1-all.jar")
    for _ in range(7):
        trace = (
            f"{s.stamp('%H:%M:%S')} [main] ERROR Exporter - export {s.hexa(8)} failed\njava.lang.ClassCastException: class Node@{s.hexa(8)} cannot be cast to class Leaf"
            f" (Node and Leaf are in unnamed module of loader 'app' @{s.hexa(7)})\n\tat Exporter.walk(Exporter.java:118)\n\tat Exporter.main(Exporter.java:31)"
        )
        s.sh("java -jar build/libs/exporter-3.1-all.jar --out /tmp/o.xml", trace, 1, bad=True)


@scene("error_text", "ops", "Create the bucket for the audit logs", after=3)
def denied(s: Scene) -> None:
    s.sh("aws sts get-caller-identity --query Arn", '"arn:aws:iam::410233:user/agent-ro"')
    for _ in range(8):
        text = "An error occurred (AccessDenied) when calling the CreateBucket operation: Access Denied"
        s.sh(
            "aws s3api create-bucket --bucket audit-410233",
            f"{text} (RequestId: {s.hexa(16).upper()}, HostId: {s.hexa(24)})",
            254,
            bad=True,
        )


@scene("error_text", "science", "Train the segmentation network on the microscopy images", after=3)
def out_of_memory(s: Scene) -> None:
    s.sh("nvidia-smi --query-gpu=memory.total --format=csv,noheader", "8192 MiB")
    s.sh("ls images | wc -l", "412")
    for _ in range(6):
        free = f"{s.number(20, 200)}.{s.number(10, 99)} MiB"
        s.sh(
            "python train.py --batch 32",
            f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.41 GiB. GPU 0 has {free} free. Process {s.number(1000, 60000)} has 7.{s.number(10, 90)} GiB in use.",
            1,
            bad=True,
        )


@scene("error_text", "money", "Presenta la declaración trimestral del IVA en el portal", after=3)
def folio(s: Scene) -> None:
    s.did("abrir_formulario", {"modelo": "303"}, {"estado": "borrador"})
    s.did("rellenar", {"casilla": "07", "valor": "18400,00"}, {"ok": True})
    for _ in range(7):
        s.failed(
            "presentar",
            {"modelo": "303", "periodo": "1T"},
            f"Error 1102: el NIF no está identificado. Folio {s.number(10**9, 10**10)}, {s.stamp('%d/%m/%Y %H:%M:%S')}",
            bad=True,
        )


@scene("error_text", "coding", "Play the sound file in the test harness", after=3)
def segfault(s: Scene) -> None:
    s.sh("cmake --build build", "[100%] Built target harness")
    for _ in range(7):
        s.sh(
            "./build/harness beep.wav; dmesg | tail -1",
            f"Segmentation fault (core dumped)\n[{s.number(1000, 9999)}.{s.number(100000, 999999)}] harness[{s.number(2000, 30000)}]: segfault at 0 ip 00007f{s.hexa(10)} sp 00007ff{s.hexa(9)} error 4",
            139,
            bad=True,
        )


@scene("error_text", "home", "Koppel de nieuwe deursensor aan de hub", after=3)
def pairing(s: Scene) -> None:
    s.did("hub_koppelen", {"seconden": 60}, "koppelmodus aan")
    for _ in range(7):
        s.failed(
            "voeg_toe",
            {"type": "deursensor", "code": "4471-20"},
            f"Installatiecode ongeldig (controlegetal), poging {s.number(100, 999)}, node 0x{s.hexa(4)}",
            bad=True,
        )


@scene("error_text", "data", "Load the clicks from the broker into the table", after=3)
def no_such_host(s: Scene) -> None:
    s.looked("read_config", {"name": "loader.toml"}, 'brokers = ["kafka-old.internal:9092"]')
    for _ in range(7):
        s.sh(
            "loader run --once",
            f"%3|{s.now.timestamp():.3f}|FAIL|rdkafka#consumer-1| [thrd:kafka-old]: Failed to resolve 'kafka-old.internal:9092': Name or service not known (after {s.number(1, 40)}ms)",
            1,
            bad=True,
        )


# -- taking turns


@scene("turns_2", "home", "Keep the living room at 21 degrees", after=5)
def thermostat(s: Scene) -> None:
    s.looked("list_thermostats", {}, [{"id": "living", "mode": "locked"}])
    for _ in range(6):
        s.did("set_temperature", {"id": "living", "celsius": 21}, {"status": "accepted"}, effect="reversible", bad=True)
        s.looked("get_temperature", {"id": "living"}, {"target": 17, "mode": "locked"}, bad=True)


@scene("turns_2", "coding", "Make linter and formatter both pass on the template file", after=5)
def quarrel(s: Scene) -> None:
    s.looked("view", {"path": "src/page.ts"}, 'export const page = "it\'s";')
    for _ in range(5):
        s.sh(
            "npx prettier --write src/page.ts && npx eslint src/page.ts",
            "src/page.ts 12ms\n  1:21  error  Strings must use singlequote  quotes\n✖ 1 problem",
            1,
            bad=True,
        )
        s.sh(
            "npx eslint --fix src/page.ts && npx prettier --check src/page.ts",
            "[warn] src/page.ts\n[warn] Code style issues found in the above file.",
            1,
            bad=True,
        )


@scene("turns_2", "games", "Leave the castle", after=5)
def gate(s: Scene) -> None:
    s.did("say", {"command": "look"}, "You are in a courtyard. There is a gate in the north, a stair leads down.")
    for _ in range(6):
        s.did("say", {"command": "go north"}, "The gate is shut. A heavy bar lies across it.", bad=True)
        s.did(
            "say",
            {"command": "look"},
            "You are in a courtyard. There is a gate in the north, a stair leads down.",
            bad=True,
        )


@scene("turns_2", "ops", "Richte die Subdomain so ein, dass Web und Mail gehen", after=5)
def cname(s: Scene) -> None:
    s.looked("dns_liste", {"zone": "verein.example"}, [])
    for _ in range(5):
        s.did(
            "dns_setze",
            {"name": "post", "typ": "CNAME", "wert": "host.example"},
            {"gesetzt": True, "entfernt": ["MX"], "id": s.number(10**5, 10**6)},
            effect="reversible",
            bad=True,
        )
        s.did(
            "dns_setze",
            {"name": "post", "typ": "MX", "wert": "mx.example"},
            {"gesetzt": True, "entfernt": ["CNAME"], "id": s.number(10**5, 10**6)},
            effect="reversible",
            bad=True,
        )


@scene("turns_2", "language", "Find out whether the poem's title was ever translated into Danish", after=5)
def two_catalogues(s: Scene) -> None:
    s.looked("read_file", {"path": "poem.txt"}, "Mondnacht\nEs war, als hätt der Himmel")
    for _ in range(5):
        s.looked(
            "bibliotek_dk", {"q": "Mondnacht dansk"}, f'<div class="hits" data-t="{s.stamp()}">0 titler</div>', bad=True
        )
        s.looked(
            "worldcat",
            {"ti": "Mondnacht", "la": "dan"},
            {"briefRecords": [], "numberOfRecords": 0, "trace": s.hexa(16)},
            bad=True,
        )


@scene("turns_3", "ops", "Bring the hand-made firewall rule under terraform", after=7)
def imported(s: Scene) -> None:
    s.sh("terraform init", "Terraform has been successfully initialized!")
    for _ in range(4):
        s.sh("terraform import cloud_firewall.web fw-8812", f"Import successful!  ({s.passes(1, 9)}s)", bad=True)
        s.sh(
            "terraform plan -no-color | tail -3",
            "  # cloud_firewall.web must be replaced\nPlan: 1 to add, 0 to change, 1 to destroy.",
            bad=True,
        )
        s.sh(
            "terraform state rm cloud_firewall.web",
            "Removed cloud_firewall.web\nSuccessfully removed 1 resource instance(s).",
            bad=True,
        )


@scene("turns_3", "travel", "Book the flight to Porto for the 9th", after=7)
def price_changed(s: Scene) -> None:
    for _ in range(5):
        session = s.hexa(12)
        s.looked(
            "search_flights",
            {"from": "BSL", "to": "OPO", "date": "2026-05-09"},
            {"session": session, "flights": [{"id": "TP931", "eur": 118}]},
            bad=True,
        )
        s.did("select_flight", {"session": session, "id": "TP931"}, {"selected": "TP931", "eur": 118}, bad=True)
        s.failed(
            "pay_flight",
            {"session": session, "id": "TP931"},
            f"Price has changed. Please search again. (session {session})",
            bad=True,
        )


@scene("turns_3", "games", "Buy the map from the merchant", after=7)
def merchant(s: Scene) -> None:
    s.did("press", {"button": "up"}, "You stand before the merchant.")
    for _ in range(5):
        for line in ("Merchant: Ah, a traveller!", "Merchant: Maps? First bring me a lantern.", "Merchant: Farewell."):
            s.did("press", {"button": "A"}, line, bad=True)


@scene("turns_4", "coding", "Rebase the feature branch onto main", after=9)
def rebase(s: Scene) -> None:
    s.sh("git fetch -q && git log --oneline -1 origin/main", f"{s.hexa(7)} Move the limits into one table")
    for _ in range(4):
        s.sh(
            "git rebase origin/main",
            "CONFLICT (content): Merge conflict in limits.go\nerror: could not apply 4be01c2... Raise limits",
            1,
            bad=True,
        )
        s.sh("git status --short | head -1", "UU limits.go", bad=True)
        s.sh("git rebase --abort", bad=True)
        s.sh("git status -sb | head -1", "## feature...origin/main [ahead 3, behind 12]", bad=True)


@scene("turns_4", "money", "找出两份报表差额的原因", after=9)
def sheet_views(s: Scene) -> None:
    s.looked("打开", {"文件": "二月.xlsx"}, {"行": 412})
    for _ in range(4):
        s.did("排序", {"列": "金额"}, {"行": 412, "差额": 37.5}, bad=True)
        s.did("筛选", {"列": "状态", "值": "未付"}, {"行": 61, "差额": 37.5}, bad=True)
        s.did("取消筛选", {}, {"行": 412, "差额": 37.5}, bad=True)
        s.did("排序", {"列": "日期"}, {"行": 412, "差额": 37.5}, bad=True)


# -- the same again, with other things in between


@scene("between", "science", "Find the control group of the 2019 trial", after=4)
def notes(s: Scene) -> None:
    for n in range(7):
        s.looked(
            "registry_search",
            {"q": "NCT trial 2019 control arm placebo"},
            {"total": 0, "studies": [], "time": s.stamp()},
            bad=True,
        )
        s.did(
            "append_note",
            {"text": f"{s.pick('Still', 'So far', 'As yet')} no control group found, search {n + 1} done."},
            {"notes": n + 1},
            effect="reversible",
        )


@scene("between", "coding", "Get the documentation to build", after=4)
def no_change(s: Scene) -> None:
    for name in ("index.rst", "conf.py", "api.rst", "install.rst", "usage.rst", "faq.rst", "Makefile"):
        s.sh(
            "make -C docs html 2>&1 | tail -2",
            f"Extension error: Could not import extension myst (exception: No module named 'myst')\nmake: *** [Makefile:20: html] Error 2  ({s.passes(1, 4)}s)",
            2,
            bad=True,
        )
        s.sh(f"head -3 docs/{name}", f"{name}\n{s.hexa(8)}\n")


@scene("between", "home", "Find out why the garden camera is offline", after=4)
def camera(s: Scene) -> None:
    s.looked("list_cameras", {}, [{"id": "garden", "power": "PoE port 7"}])
    for text in ("Reset: hold ten seconds", "LED colours", "Mounting", "Night vision", "Warranty", "SD cards"):
        s.looked(
            "camera_state",
            {"id": "garden"},
            {"id": "garden", "online": False, "last_seen": "2026-01-04T03:12:00Z"},
            bad=True,
        )
        s.looked("manual", {"chapter": text}, f"{text}: see page {s.number(2, 40)}.")


@scene("between", "office", "Invia il preventivo firmato al cliente", after=4)
def signed(s: Scene) -> None:
    for n in range(6):
        s.failed(
            "allega",
            {"bozza": 12, "file": "preventivo_firmato.pdf"},
            "File non trovato: preventivo_firmato.pdf",
            bad=True,
        )
        s.did(
            "modifica_bozza",
            {"bozza": 12, "testo": f"Gentile cliente, {s.pick('in allegato', 'ecco')} il preventivo. v{n}"},
            "salvata",
            effect="reversible",
        )


# -- asked in another way, the same useless answer


@scene("same_answer", "language", "Translate the three error messages into Basque", after=3)
def untranslated(s: Scene) -> None:
    s.looked("read_file", {"path": "errors.txt"}, "Disk full\nNo paper\nDoor open")
    for extra in (
        {},
        {"formality": "formal"},
        {"engine": "v2"},
        {"engine": "v1"},
        {"source": "en"},
        {"source": "auto"},
        {"glossary": "it"},
    ):
        s.did(
            "translate",
            {"text": "Disk full", "to": "eu", **extra},
            {"text": "Disk full", "to": "eu"},
            effect="read_only",
            bad=True,
        )


@scene("same_answer", "law", "Read the five commentaries on the clause", after=3)
def subscription(s: Scene) -> None:
    s.looked("list_commentaries", {"clause": "307"}, ["Huber", "Klein", "Wolff", "Sander", "Maas"])
    for work in ("Huber", "Klein", "Wolff", "Sander", "Maas", "Huber", "Klein"):
        s.looked(
            "open_commentary",
            {"work": work, "para": s.number(1, 90)},
            "Ihr Abonnement ist am 31.12.2025 abgelaufen. Bitte wenden Sie sich an die Verwaltung.",
            bad=True,
        )


@scene("same_answer", "web", "Collect all 260 shops from the chain's store finder", after=3)
def page_ignored(s: Scene) -> None:
    shops = [{"id": n, "city": city} for n, city in enumerate(("Aarau", "Baden", "Chur", "Davos"), 11)]
    for page in range(1, 10):
        s.looked(
            "http_get",
            {"url": f"https://stores.example/api?page={page}"},
            {"total": 260, "items": shops, "cached": s.hexa(6)},
            bad=True,
        )


@scene("same_answer", "office", "Read the handwritten note on the scanned form", after=4)
def illegible(s: Scene) -> None:
    s.looked("scan_info", {"file": "form.tif"}, {"w": 2480, "h": 3508, "dpi": 300})
    for _ in range(8):
        x, y = s.number(0, 1200), s.number(0, 2000)
        s.looked(
            "ocr", {"file": "form.tif", "box": [x, y, x + 900, y + 300]}, {"text": "", "confidence": 0.0}, bad=True
        )


@scene("same_answer", "science", "Annotate the genes of the list", after=3)
def wrong_species(s: Scene) -> None:
    s.looked("read_file", {"path": "genes.txt"}, "AT1G01010\nAT1G01020\nAT1G01030\nAT1G01040")
    for n in range(1, 9):
        s.looked(
            "gene_info",
            {"id": f"AT1G010{n}0"},
            {"id": "ENSG00000139618", "symbol": "BRCA2", "species": "homo_sapiens", "note": "default record"},
            bad=True,
        )


@scene("same_answer", "ops", "Show me the slow requests of last night", after=3)
def no_index(s: Scene) -> None:
    for query in (
        "took_ms:>2000",
        "duration>2s",
        'level:"slow"',
        "status:200 AND took:>2",
        "request_time:[2 TO *]",
        "_exists_:took_ms",
        "*",
    ):
        s.looked(
            "log_query",
            {"q": query, "from": "22:00", "to": "06:00"},
            {"error": None, "warning": "no index matches pattern 'nginx-*'", "hits": []},
            bad=True,
        )


# -- long sound work first, stuck at its end


@scene("late", "language", "Enter the Hungarian texts of all labels", after=3)
def placeholder(s: Scene) -> None:
    for n in range(1, s.number(12, 16)):
        s.did(
            "set_text",
            {"locale": "hu", "key": f"label.{n}", "text": s.pick("Mentés", "Vissza", "Tovább", "Súgó") + f" {n}"},
            {"saved": True},
        )
    for _ in range(6):
        s.failed(
            "set_text",
            {"locale": "hu", "key": "label.count", "text": "{0} elem"},
            f"Placeholder mismatch: source has {{count}} (validation {s.hexa(8)})",
            bad=True,
        )


@scene("late", "office", "Read all comments on the draft statute and sort them by paragraph", after=3)
def cursor_stands(s: Scene) -> None:
    for n in range(s.number(9, 13)):
        s.looked(
            "comments",
            {"doc": "statute", "after": n * 20},
            {
                "comments": [f"§ {s.number(1, 14)}: {s.pick('unklar', 'streichen', 'gut')}" for _ in range(3)],
                "more": True,
            },
        )
    last = {"comments": ["§ 14: gut", "§ 2: unklar"], "more": True, "warning": "page could not be loaded in full"}
    for _ in range(7):
        s.looked("comments", {"doc": "statute", "after": 260}, last, bad=True)


@scene("late", "coding", "Get the five failing tests of the ledger to pass", after=4)
def last_test(s: Scene) -> None:
    for left in (5, 4, 3, 2):
        s.sh(
            "cargo test 2>&1 | grep -E 'panicked|result'",
            f"panicked at tests/ledger.rs:{s.number(10, 200)}: case_{left}\ntest result: FAILED. {60 - left} passed; {left} failed",
            101,
        )
        s.did(
            "edit_file",
            {"path": "src/ledger.rs", "line": s.number(10, 400), "text": f"let c{left} = {s.number(1, 9)};"},
            "ok",
            effect="reversible",
        )
    for _ in range(6):
        s.sh(
            "cargo test 2>&1 | grep -E 'panicked|result'",
            f"panicked at tests/ledger.rs:77: rounds_half_even\ntest result: FAILED. 59 passed; 1 failed; finished in 0.{s.number(10, 99)}s",
            101,
            bad=True,
        )
        s.did(
            "edit_file",
            {
                "path": "src/ledger.rs",
                "line": s.number(200, 230),
                "text": f"// {s.pick('round here', 'half even', 'see test')} {s.hexa(3)}",
            },
            "ok",
            effect="reversible",
        )


@scene("late", "ops", "Upgrade the schema of all customers' databases", after=3)
def lock_timeout(s: Scene) -> None:
    for n in range(1, s.number(9, 13)):
        s.sh(f"./migrate.sh customer{n:02}", f"applied 0042_ledger in {s.passes(1, 9)}s\nOK")
    for _ in range(7):
        s.sh(
            "./migrate.sh customer14",
            f"ERROR: canceling statement due to lock timeout\nDETAIL: blocked by idle in transaction, PID 2291, held for 41 days {s.stamp('%H:%M:%S')}",
            1,
            bad=True,
        )


@scene("late", "money", "Gleiche die Kontoauszugszeilen mit den Rechnungen ab", after=5)
def two_invoices(s: Scene) -> None:
    for line in range(1, s.number(10, 14)):
        s.did(
            "zuordnen",
            {"zeile": line, "rechnung": f"R-{s.number(300, 400)}"},
            {"differenz": "0,00"},
            effect="reversible",
        )
    for _ in range(5):
        s.did("zuordnen", {"zeile": 15, "rechnung": "R-417"}, {"differenz": "3,20"}, effect="reversible", bad=True)
        s.did("zuordnen", {"zeile": 15, "rechnung": "R-471"}, {"differenz": "-1,10"}, effect="reversible", bad=True)


@scene("late", "coding", "Wait for the release build and publish its notes", after=3)
def failed_is_final(s: Scene) -> None:
    for percent in (4, 19, 37, 58, 71):
        s.passes(40, 80)
        s.looked("build_state", {"id": 2207}, {"id": 2207, "state": "running", "percent": percent})
    for _ in range(7):
        s.looked(
            "build_state",
            {"id": 2207},
            {"id": 2207, "state": "failed", "percent": 71, "reason": "signing key missing", "asked_at": s.stamp()},
            bad=True,
        )


@scene(
    "late",
    "science",
    "Find the temperature between 20 and 90 degrees at which the enzyme loses half its activity",
    after=3,
)
def halving_stops(s: Scene) -> None:
    s.looked("assay_info", {}, {"simulated": True, "range": [20, 90]})
    for degrees, activity in ((55, 0.91), (72, 0.22), (63, 0.74), (67, 0.55), (69, 0.41)):
        s.did("run_assay", {"celsius": degrees}, {"celsius": degrees, "activity": activity + s.number(0, 3) / 100})
    for _ in range(7):
        s.thinks(s.pick("The middle is 68.", "So I halve it: 68 degrees.", "Between 67 and 69 lies 68."))
        s.did("run_assay", {"celsius": 68}, {"error": "plate 7 is empty: refill before the next run"}, bad=True)


@scene("late", "travel", "Check in the eight travellers and send everybody the boarding pass", after=3)
def one_traveller(s: Scene) -> None:
    for name in ("Abel", "Bosch", "Cruz", "Dietz", "Evers"):
        s.did("check_in", {"pnr": "Q7ZK2P", "name": name}, {"seat": f"{s.number(5, 30)}{s.pick(*'ABCDEF')}"})
        s.did("send_pass", {"name": name}, {"sent": True})
    for _ in range(6):
        s.failed(
            "check_in",
            {"pnr": "Q7ZK2P", "name": "Fröhlich"},
            f"APIS data incomplete: date of birth missing. Ref {s.hexa(6).upper()} at {s.stamp('%H:%MZ')}",
            bad=True,
        )
