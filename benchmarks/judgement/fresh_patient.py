"""Patient workers, fresh: waiting, watching, batches, pages and retries.

Written by somebody who had not seen the detector; the label is what a sensible colleague who looks on would say.
"""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- waiting for something that moves


@scene("polling", "home", "Heat the oven to 220 degrees and start the timer when it is there")
def oven(s: Scene) -> None:
    s.did("oven_set", {"target_c": 220, "mode": "fan"}, {"ok": True})
    heat = s.number(20, 40)
    while heat < 220:
        s.looked("oven_state", {}, {"mode": "fan", "target_c": 220, "now_c": heat, "door": "closed"})
        s.did("sleep", {"seconds": 90}, "slept 90 s")
        s.passes(90, 91)
        heat += s.number(18, 40)
    s.looked("oven_state", {}, {"mode": "fan", "target_c": 220, "now_c": 220, "door": "closed"})
    s.did("timer_start", {"minutes": 35}, {"timer": 1, "ends": s.stamp("%H:%M")})


@scene("polling", "science", "Submit the assembly to the cluster and report its N50")
def slurm(s: Scene) -> None:
    job = s.number(4_000_000, 4_900_000)
    s.sh("sbatch assemble.sh", f"Submitted batch job {job}")
    head = "             JOBID PARTITION     NAME     USER ST       TIME  NODES NODELIST(REASON)\n"
    for _ in range(s.number(3, 4)):
        s.sh(
            f"sleep 300; squeue -j {job}",
            f"{head}           {job}     himem  asm_ecl   mlopez PD       0:00      1 (Priority)",
        )
    for minutes in range(4, s.number(40, 60), 9):
        s.sh(
            f"sleep 540; squeue -j {job}",
            f"{head}           {job}     himem  asm_ecl   mlopez  R      {minutes}:{s.number(10, 59)}      1 hm-03",
        )
    s.sh(f"sacct -j {job} -o State,Elapsed", "     State    Elapsed\n COMPLETED   01:02:11")
    s.sh("assembly-stats out/contigs.fa | grep N50", "N50 = 48211, n = 31")


@scene("polling", "money", "Überweise die Miete und melde, wenn sie gebucht ist")
def transfer(s: Scene) -> None:
    s.did(
        "ueberweisung",
        {"iban": "DE02 1203 0000 0000 2020 51", "betrag": "940,00"},
        {"auftrag": 771, "status": "angenommen"},
    )
    for status in ["angenommen"] * s.number(2, 3) + ["in Pruefung"] * 2 + ["freigegeben", "gebucht"]:
        s.did("warte", {"minuten": 20}, "ok")
        s.passes(1200, 1210)
        s.looked(
            "auftrag_status", {"auftrag": 771}, {"auftrag": 771, "status": status, "stand": s.stamp("%d.%m. %H:%M")}
        )


@scene("polling", "travel", "Get me off the waiting list for the night train, then print the ticket")
def waitlist(s: Scene) -> None:
    s.did("join_waitlist", {"train": "NJ 466", "class": "couchette"}, {"position": 14})
    for position in (14, 11, 11, 11, 6, 5, 2):
        s.passes(1200, 2400)
        s.looked("waitlist", {"train": "NJ 466"}, {"train": "NJ 466", "position": position, "updated": s.stamp()})
    s.looked("waitlist", {"train": "NJ 466"}, {"train": "NJ 466", "position": 0, "seat": "263/44"})
    s.did("print_ticket", {"seat": "263/44"}, {"pdf": "ticket.pdf"})


@scene("polling", "coding", "Wait for the checks of the pull request and merge it when they are green")
def checks(s: Scene) -> None:
    names = ["build (ubuntu)", "build (macos)", "build (windows)", "lint", "docs", "e2e"]
    for done in (0, 1, 2, 2, 4, 5, 5, 6):
        rows = [
            f"{name}\t{'pass' if n < done else 'pending'}\t{s.number(20, 400) if n < done else 0}s"
            for n, name in enumerate(names)
        ]
        s.sh("gh pr checks 318", "\n".join(rows), 0 if done == 6 else 8)
    s.sh("gh pr merge 318 --squash", "✓ Squashed and merged pull request #318 (Drop the legacy codec)")


@scene("polling", "ops", "Bring the certificate of the shop into service")
def issuance(s: Scene) -> None:
    s.sh("kubectl apply -f cert.yaml", "certificate.cert-manager.io/shop created")
    for age in ("4s", "38s", "74s", "111s"):
        s.sh("kubectl get certificate shop", f"NAME   READY   SECRET     AGE\nshop   False   shop-tls   {age}")
    s.sh(
        "kubectl describe challenge | tail -2",
        "  Reason: Waiting for HTTP-01 challenge propagation: wrong status code '404'\n  State: pending",
    )
    s.sh("kubectl patch ingress shop --patch-file acme.yaml", "ingress.networking.k8s.io/shop patched")
    for age in ("3m2s", "3m40s"):
        s.sh("kubectl get certificate shop", f"NAME   READY   SECRET     AGE\nshop   False   shop-tls   {age}")
    s.sh("kubectl get certificate shop", "NAME   READY   SECRET     AGE\nshop   True    shop-tls   4m15s")


@scene("polling", "data", "Order the satellite tile from cold storage and compute its mean")
def cold_storage(s: Scene) -> None:
    told = {"order": s.number(100, 900), "state": "staging", "note": "Restores from tape take about 30 minutes."}
    s.did("order_tile", {"tile": "32UMC"}, told)
    for _ in range(5):
        s.thinks("Still within the half hour they announced, I wait five more minutes.")
        s.did("wait", {"minutes": 5}, "ok")
        s.looked("order_state", {"order": told["order"]}, told)
    s.did("wait", {"minutes": 5}, "ok")
    s.looked("order_state", {"order": told["order"]}, {**told, "state": "ready", "path": "/cold/32UMC.tif"})
    s.did("raster_mean", {"path": "/cold/32UMC.tif"}, {"mean": 0.31})


@scene("polling", "language", "翻訳メモリを取り込み、完了したら件数を報告する")
def memory_import(s: Scene) -> None:
    s.did("tm_import", {"file": "医療機器.tmx"}, {"id": 52, "状態": "受付"})
    for share in (0, 0, 12, 12, 35, 61, 61, 88):
        s.passes(30, 60)
        s.looked("tm_status", {"id": 52}, {"id": 52, "状態": "処理中", "進捗": f"{share}%"})
    s.looked("tm_status", {"id": 52}, {"id": 52, "状態": "完了", "件数": s.number(9000, 20000)})


@scene("polling", "games", "Play the correspondence game against Ortega to its end")
def correspondence(s: Scene) -> None:
    for mine, theirs in (("e2e4", "c7c5"), ("g1f3", "d7d6"), ("d2d4", "c5d4"), ("f3d4", "g8f6"), ("b1c3", "a7a6")):
        s.did("play", {"game": "kq81", "move": mine}, {"accepted": True, "to_move": "black"})
        for _ in range(s.number(1, 2)):
            s.did("sleep", {"hours": 6}, "ok")
            s.looked("game_state", {"game": "kq81"}, {"last": mine, "to_move": "black", "clock": "2 d"})
        s.did("sleep", {"hours": 6}, "ok")
        s.looked("game_state", {"game": "kq81"}, {"last": theirs, "to_move": "white", "clock": "2 d"})
    s.did("play", {"game": "kq81", "move": "c1e3"}, {"accepted": True, "result": "1-0, black resigns"})


@scene("polling", "coding", "Ask for two approvals of the change and merge when both are there")
def approvals(s: Scene) -> None:
    s.did("request_review", {"pr": 77, "from": ["anouk", "per"]}, {"requested": 2})
    for given in ([], [], [], ["per"], ["per"], ["per", "anouk"]):
        s.did("sleep", {"minutes": 45}, "ok")
        s.looked("reviews", {"pr": 77}, {"pr": 77, "approved_by": given, "needed": 2})
    s.did("merge", {"pr": 77}, {"merged": True, "sha": s.hexa(40)})


@scene("polling", "web", "Leere den Zwischenspeicher aller Standorte und prüfe danach die Startseite")
def purge(s: Scene) -> None:
    s.did("cdn_purge", {"zone": "shop", "path": "/*"}, {"purge": s.hexa(6)})
    for done in (0, 9, 9, 17, 26, 26, 30, 31):
        s.looked("cdn_purge_state", {"zone": "shop"}, {"edges": 31, "done": done, "req": s.hexa(12)})
    s.looked("fetch_url", {"url": "https://shop.example/"}, "<html><title>Herbstkatalog</title>")


# -- looked at for as long as the task says


@scene("monitoring", "ops", "Watch the canary every five minutes for three quarters of an hour, then promote it")
def canary(s: Scene) -> None:
    for _ in range(9):
        s.did("sleep", {"seconds": 300}, "ok")
        s.passes(300, 302)
        s.looked(
            "query_metric",
            {"q": "rate(http_5xx{app='canary'}[5m])"},
            {"value": s.pick(0.0, 0.0, 0.001), "at": s.stamp()},
        )
    s.did("promote", {"app": "canary"}, {"promoted": True})


@scene(
    "monitoring", "home", "Measure the humidity in the cellar every ten minutes for two hours and give me the series"
)
def cellar(s: Scene) -> None:
    for _ in range(12):
        s.did("wait", {"minutes": 10}, "done")
        s.passes(600, 605)
        s.looked(
            "read_sensor",
            {"id": "cellar_rh"},
            {"id": "cellar_rh", "percent": s.pick(61, 61, 62), "t": s.stamp("%H:%M")},
        )
    s.did("write_file", {"path": "cellar.csv", "text": "t,rh\n..."}, "12 rows")


@scene("monitoring", "travel", "Surveille le prix du vol toutes les heures jusqu'à ce soir et réserve sous 390 euros")
def fare(s: Scene) -> None:
    for price in (412, 412, 412, 409, 409, 415, 398, 398, 387):
        s.did("attendre", {"heures": 1}, "ok")
        s.passes(3600, 3610)
        s.looked(
            "prix_vol",
            {"vol": "AF1234", "date": "2026-06-12"},
            {"vol": "AF1234", "prix": price, "releve": s.stamp("%H:%M")},
        )
    s.did("reserver", {"vol": "AF1234", "max": 390}, {"dossier": "QX4TZP", "prix": 387})


@scene("monitoring", "coding", "Run the suspicious test ten times and say how often it fails")
def ten_runs(s: Scene) -> None:
    for _ in range(10):
        failed = s.pick(False, False, True)
        took = f"0.{s.number(10, 60)}s"
        s.sh(
            "pytest -q tests/test_clock.py::test_tick",
            f"1 failed in {took}" if failed else f"1 passed in {took}",
            int(failed),
        )


@scene("monitoring", "coding", "Measure the start time of the program: at least six runs, then median")
def measure(s: Scene) -> None:
    s.sh("make release", "Finished release [optimized] target(s) in 41.2s")
    for _ in range(7):
        s.sh(
            "perf stat -x, -e duration_time ./app --version",
            f"app 2.3.0\n{s.number(41_000_000, 47_000_000)},ns,duration_time",
        )
    s.did("python", {"code": "median(runs)"}, "43871220")


@scene("monitoring", "home", "Gib den Fischen fünf Portionen, eine je Aufruf, mit je zwei Minuten Abstand")
def fish(s: Scene) -> None:
    for n in range(5):
        s.thinks(f"Portion {n + 1} von 5.")
        s.did("futterautomat", {"portionen": 1}, {"ausgegeben": 1})
        s.did("warten", {"sekunden": 120}, "ok")


@scene("monitoring", "home", "Blink the porch lamp four times so that the guests find the house")
def blink(s: Scene) -> None:
    for n in range(4):
        s.thinks(f"Blink {n + 1} of 4")
        s.did("light", {"id": "porch", "on": True}, {"id": "porch", "on": True}, effect="reversible")
        s.did("light", {"id": "porch", "on": False}, {"id": "porch", "on": False}, effect="reversible")


# -- the same for many


@scene("batch", "money", "Match the 24 lines of the bank statement with the open invoices")
def reconcile(s: Scene) -> None:
    for line in range(1, 25):
        s.did(
            "match_line",
            {"line": line, "invoice": f"R-{s.number(2000, 2999)}"},
            {"status": "matched", "difference": "0.00"},
        )


@scene("batch", "office", "Archive every newsletter in the inbox")
def archive(s: Scene) -> None:
    ids = [s.hexa(16) for _ in range(s.number(14, 20))]
    s.looked("search_mail", {"q": "list-unsubscribe in:inbox"}, {"ids": ids})
    for mail in ids:
        s.did("modify_mail", {"id": mail, "remove": ["INBOX"]}, {"ok": True})


@scene("migration", "ops", "Upgrade the schema of all tenants, one after the other")
def tenants(s: Scene) -> None:
    s.sh("ls tenants/", "\n".join(f"t{n:03}" for n in range(1, 17)))
    for n in range(1, 17):
        s.sh(
            f"alembic -x tenant=t{n:03} upgrade head",
            "INFO  [alembic.runtime.migration] Running upgrade 8c1f -> a02e, add audit column\nOK",
        )


@scene("migration", "data", "Copia las diez tablas al nuevo servidor y compara el número de filas")
def copied_tables(s: Scene) -> None:
    for table in (
        "clientes",
        "pedidos",
        "lineas",
        "pagos",
        "envios",
        "facturas",
        "abonos",
        "tarifas",
        "zonas",
        "rutas",
    ):
        rows = s.number(100, 90_000)
        s.did("copiar_tabla", {"tabla": table}, {"estado": "OK"})
        s.looked("contar", {"tabla": table, "servidor": "nuevo"}, {"filas": rows})
        s.looked("contar", {"tabla": table, "servidor": "viejo"}, {"filas": rows})


@scene("batch", "home", "Set every radiator of the school to the holiday programme")
def radiators(s: Scene) -> None:
    for room in [f"{floor}.{n:02}" for floor in range(3) for n in range(1, 6)]:
        s.did("set_programme", {"room": room, "programme": "holiday"}, {"ok": True}, effect="reversible")


@scene("batch", "science", "Run the quality control on all samples and list those below Q30")
def fastqc(s: Scene) -> None:
    for n in range(1, s.number(13, 17)):
        s.sh(
            f"fastqc -q raw/S{n:02}_R1.fastq.gz && tail -1 raw/S{n:02}_R1/summary.txt",
            f"PASS\tPer base sequence quality\tS{n:02}_R1.fastq.gz",
        )


@scene("batch", "language", "Enter the Dutch translation of every label of the app")
def labels(s: Scene) -> None:
    words = "save=Opslaan open=Openen close=Sluiten back=Terug next=Volgende help=Hulp search=Zoeken edit=Bewerken print=Afdrukken"
    for key, text in (pair.split("=") for pair in words.split()):
        s.did("set_translation", {"locale": "nl", "key": f"btn.{key}", "text": text}, {"saved": True, "rev": s.hexa(6)})
        if key == "help":
            s.thinks("'Hulp' or 'Help'? The glosary says Help.")
            s.did("set_translation", {"locale": "nl", "key": "btn.help", "text": "Help"}, {"saved": True})


@scene("batch", "games", "Harvest and replant all fields of the farm")
def farm(s: Scene) -> None:
    for x in range(3):
        for y in range(4):
            s.did("act", {"verb": "harvest", "x": x, "y": y}, "You harvest 3 wheat.")
            s.did("act", {"verb": "plant", "x": x, "y": y, "crop": "wheat"}, "You plant wheat.")


@scene("batch", "ops", "Tag all the machines of the account with their cost centre")
def tags(s: Scene) -> None:
    for _ in range(s.number(12, 18)):
        s.sh(f"aws ec2 create-tags --resources i-{s.hexa(17)} --tags Key=cost-centre,Value=4410")


@scene("batch", "web", "Delete all the old drafts; the page only lets you delete the first of the list")
def first_of_list(s: Scene) -> None:
    for left in range(s.number(9, 13), 0, -1):
        s.did(
            "click",
            {"selector": "ul#drafts > li:first-child button.delete"},
            f"<div class='toast'>Deleted</div><h2>Drafts ({left - 1})</h2>",
        )
    s.looked("read_page", {}, "<h2>Drafts (0)</h2><p>Nothing here</p>")


@scene("batch", "law", "Lodge the exhibits A to I with the court's portal")
def exhibits(s: Scene) -> None:
    for letter in "ABCDEFGHI":
        s.did(
            "upload",
            {"case": "7 O 118/26", "file": f"exhibit_{letter}.pdf", "type": "exhibit"},
            {"status": "accepted", "receipt": s.hexa(10)},
        )


# -- page after page


@scene("paging", "data", "Read the sensor's history from January and count the gaps")
def sensor_pages(s: Scene) -> None:
    cursor = None
    for left in range(s.number(8, 12), -1, -1):
        following = s.hexa(24) if left else None
        rows = [{"t": s.stamp(), "v": 0.0, "q": "ok"} for _ in range(4)]
        s.looked("history", {"sensor": "p-17", "cursor": cursor}, {"rows": rows, "next": following})
        cursor = following


@scene("paging", "coding", "Find the offset at which the disk image begins to have data")
def zeros(s: Scene) -> None:
    for block in range(11):
        s.sh(
            f"xxd -s {block * 65536} -l 32 disk.img",
            f"{block * 65536:08x}: 0000 0000 0000 0000 0000 0000 0000 0000  ................\n*",
        )
    s.sh("xxd -s 720896 -l 32 disk.img", "000b0000: eb3c 904d 5344 4f53 352e 3000 0208 0100  .<.MSDOS5.0.....")


@scene("paging", "law", "List all judgments since 2020 that cite section 906")
def judgments(s: Scene) -> None:
    for page in range(1, 10):
        hits = [
            f"BGH, {s.number(1, 28)}.{s.number(1, 12)}.202{s.number(0, 5)} - V ZR {s.number(10, 300)}/{s.number(19, 25)}"
            for _ in range(3)
        ]
        s.looked(
            "search_judgments", {"q": "§ 906 BGB", "from": 2020, "page": page}, {"page": page, "pages": 9, "hits": hits}
        )


@scene("paging", "money", "Read the scanned ledger page by page and add up the carry-overs")
def ledger(s: Scene) -> None:
    for page in range(41, 53):
        head = (
            f"HAUPTBUCH 1998          Konto 4711 Kasse         Blatt {page}\nDatum   Text             Soll      Haben\n"
        )
        s.looked(
            "ocr_page",
            {"file": "ledger.pdf", "page": page},
            f"{head}Übertrag                 {s.number(100, 9999)},{s.number(10, 99)}",
        )


@scene("paging", "web", "Go through the forum thread to the end and collect the workarounds that are named")
def thread(s: Scene) -> None:
    for n in range(1, s.number(9, 12)):
        posts = [
            f"user{s.number(10, 99)}: {s.pick('Same here.', '+1', 'Any news?', 'Turn off DMA in the BIOS, works for me.')}"
            for _ in range(3)
        ]
        s.did("click", {"text": "Next page"}, f"Sound crackles after update - page {n + 1}\n" + "\n".join(posts))


@scene("paging", "office", "Find every mail with an attachment over 10 MB and list sender and size")
def big_mails(s: Scene) -> None:
    token = ""
    for _ in range(s.number(7, 10)):
        found = [
            {"from": f"{s.pick('scan', 'noreply', 'plots')}@firma.example", "mb": s.number(10, 24)} for _ in range(2)
        ]
        s.looked(
            "list_mail",
            {"q": "has:attachment larger:10M", "pageToken": token},
            {"messages": found, "nextPageToken": (token := s.hexa(20))},
        )
    s.looked(
        "list_mail", {"q": "has:attachment larger:10M", "pageToken": token}, {"messages": [], "nextPageToken": None}
    )


@scene("paging", "science", "Collect the find spots of all fibulae from the museum's catalogue")
def museum_pages(s: Scene) -> None:
    frame = '<html><head><link rel="stylesheet" href="/m.css"></head><body><nav>Home | Sammlung | Kontakt</nav><main>'
    for page in range(1, s.number(9, 12)):
        rows = "".join(
            f"<tr><td>Fibel, Bronze</td><td>Inv. {s.number(1000, 9999)}</td><td>Fundort {s.pick('unbekannt', 'unbekannt', 'Xanten', 'Nida')}</td></tr>"
            for _ in range(4)
        )
        s.looked(
            "fetch_url",
            {"url": f"https://museum.example/sammlung?typ=fibel&seite={page}"},
            f"{frame}<table>{rows}</table></main><footer>© Museum</footer></body></html>",
        )


# -- it goes well in the end


@scene("retry", "ops", "Check the disk of the remote weather station")
def station(s: Scene) -> None:
    for _ in range(2):
        s.sh("ssh -o ConnectTimeout=10 ws-04 df -h /", "ssh: connect to host ws-04 port 22: Connection timed out", 255)
        s.thinks("It is on a satellite link, they said to be patient with it.")
        s.sh("sleep 60")
    s.sh("ssh -o ConnectTimeout=60 ws-04 df -h /", "Filesystem Size Used Avail Use%\n/dev/mmcblk0p2 29G 11G 17G 40%")
    s.sh("ssh -o ConnectTimeout=60 ws-04 dmesg | tail -1", "[81231.3] mmc0: tuned")


@scene("retry", "language", "Translate the six sections with the translation service")
def throttled(s: Scene) -> None:
    for section in ("intro", "safety", "setup", "use", "care", "warranty"):
        for _ in range(s.number(0, 2)):
            s.failed(
                "mt",
                {"section": section, "to": "cs"},
                f"429 Too Many Requests, retry after {s.number(4, 19)} s (req {s.hexa(12)})",
            )
            s.did("sleep", {"seconds": 20}, "ok")
        s.did("mt", {"section": section, "to": "cs"}, {"section": section, "chars": s.number(400, 2400)})


@scene("retry", "data", "Correct the postal codes of the five regions in the live table")
def deadlock(s: Scene) -> None:
    for region in ("north", "east", "south", "west", "centre"):
        call = {"sql": f"UPDATE addr SET plz = lpad(plz, 5, '0') WHERE region = '{region}'"}
        for _ in range(s.number(0, 2)):
            s.failed(
                "sql",
                call,
                f"deadlock detected: Process {s.number(100, 9999)} waits for ShareLock on transaction {s.number(10**6, 10**7)}",
            )
        s.did("sql", call, f"UPDATE {s.number(100, 9000)}")


@scene("retry", "office", "Add our four points to the shared agenda while others edit it")
def versions(s: Scene) -> None:
    version = s.number(10, 20)
    for point in ("Budget", "Umzug", "Kantine", "Sommerfest"):
        for newer in (1, 0):
            s.looked("get_doc", {"id": "agenda"}, {"version": version, "points": version - 8})
            if newer:
                s.failed(
                    "append", {"id": "agenda", "base": version, "text": point}, f"409: {version} is not the newest"
                )
            else:
                s.did("append", {"id": "agenda", "base": version, "text": point}, {"version": version + 1})
            version += 1


@scene("retry", "travel", "Reserve any window seat in the quiet zone")
def seats(s: Scene) -> None:
    s.looked("seat_map", {"train": "ICE 577", "coach": 4}, {"as_of": "15 min ago", "free_windows": "11A to 17A"})
    for seat in ("11A", "12A", "13A", "14A", "15A", "16A"):
        s.failed("reserve_seat", {"train": "ICE 577", "coach": 4, "seat": seat}, f"Seat {seat} is already taken.")
    s.did(
        "reserve_seat", {"train": "ICE 577", "coach": 4, "seat": "17A"}, {"reserved": "17A", "until": s.stamp("%H:%M")}
    )


@scene("retry", "ops", "Apply the network change with terraform")
def state_lock(s: Scene) -> None:
    for _ in range(2):
        lock = f"Lock Info:\n  ID:        {s.hexa(8)}-{s.hexa(4)}\n  Operation: OperationTypeApply\n  Who:       ci@runner-{s.number(1, 9)}\n  Created:   {s.stamp()}"
        s.sh("terraform apply -auto-approve", f"Error: Error acquiring the state lock\n{lock}", 1)
        s.sh("sleep 120")
        s.passes(120, 121)
    s.sh("terraform apply -auto-approve", "Apply complete! Resources: 2 added, 1 changed, 0 destroyed.")
    s.sh("terraform output vpc_id", f'"vpc-{s.hexa(17)}"')
