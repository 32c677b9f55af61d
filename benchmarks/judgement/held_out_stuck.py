"""Stuck workers, held out: written after the detector was mended on the other scenes, and not looked at while it was."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene


@scene("same_call", "coding", "Find the race condition in the queue", after=3)
def same_view(s: Scene) -> None:
    s.looked("view", {"path": "/repo"}, "queue.go\nworker.go")
    for _ in range(7):
        s.looked(
            "view",
            {"path": "/repo/queue.go", "view_range": [1, 80]},
            "1 package queue\n2 \n3 type Queue struct { mu sync.Mutex; items []Item }",
            bad=True,
        )


@scene("same_call", "web", "Accept the terms and go on to the order", after=3)
def same_click(s: Scene) -> None:
    s.did("navigate", {"url": "https://shop.example/terms"}, {"title": "Terms"})
    for _ in range(7):
        s.did(
            "click",
            {"selector": "#accept"},
            {"error": "element is not clickable: covered by <div class='overlay'>"},
            bad=True,
        )


@scene("same_call", "data", "Oblicz medianę wynagrodzeń", after=3)
def same_code(s: Scene) -> None:
    s.looked("pokaz_plik", {"plik": "place.csv"}, "osoba;kwota\nA;5100")
    for _ in range(7):
        s.did(
            "uruchom_python",
            {"kod": "import csv; print(mediana)"},
            {"wyjscie": "", "blad": "NameError: name 'mediana' is not defined"},
            bad=True,
        )


@scene("error_text", "ops", "Push the image to the registry", after=3)
def registry(s: Scene) -> None:
    s.sh("docker build -q -t app .", f"sha256:{s.hexa(64)}")
    for _ in range(7):
        s.sh(
            "docker push registry.local/app",
            f"{s.hexa(12)}: Preparing\nunauthorized: authentication required, digest sha256:{s.hexa(64)}, elapsed {s.passes(1, 9)}s",
            1,
            bad=True,
        )


@scene("error_text", "web", "Book the appointment through the form", after=3)
def tokens(s: Scene) -> None:
    s.did("navigate", {"url": "https://amt.example"}, {"title": "Termine"})
    for _ in range(7):
        s.did(
            "submit_form",
            {"form": "booking"},
            {
                "status": 500,
                "error": f"Interner Fehler. Vorgang {s.number(10**7, 10**8)} vom {s.stamp('%d.%m.%Y %H:%M:%S')}",
            },
            bad=True,
        )


@scene("turns_2", "ops", "Switch the service to the new configuration", after=5)
def enable_disable(s: Scene) -> None:
    s.sh("ls /etc/app", "new.conf  old.conf")
    for _ in range(5):
        s.sh(
            "ln -sfn new.conf /etc/app/current && systemctl reload app", "Reload failed: unknown key 'tls'", 1, bad=True
        )
        s.sh("ln -sfn old.conf /etc/app/current && systemctl reload app", "", bad=True)


@scene("turns_2", "office", "Verplaats de vergadering naar een vrij moment", after=5)
def there_and_back(s: Scene) -> None:
    for _ in range(5):
        s.did(
            "verplaats",
            {"id": 4, "naar": "di 10:00"},
            "verplaatst; botst met kwaliteitsoverleg",
            effect="reversible",
            bad=True,
        )
        s.did(
            "verplaats",
            {"id": 4, "naar": "wo 14:00"},
            "verplaatst; botst met directieoverleg",
            effect="reversible",
            bad=True,
        )


@scene("turns_3", "web", "Find the size of the archive on the download page", after=7)
def links(s: Scene) -> None:
    for _ in range(5):
        s.looked("open", {"url": "https://dl.example/"}, "Downloads: stable, nightly", bad=True)
        s.looked("open", {"url": "https://dl.example/stable"}, "Stable: see mirrors", bad=True)
        s.looked("open", {"url": "https://dl.example/mirrors"}, "Mirrors: back to downloads", bad=True)


@scene("turns_4", "data", "Bring the four sources to one schema", after=9)
def four_schemas(s: Scene) -> None:
    for _ in range(4):
        for name in ("crm", "erp", "web", "pos"):
            s.looked(
                "show_schema", {"source": name}, {"source": name, "fields": [f"{name}_id", "name", "city"]}, bad=True
            )


@scene("between", "ops", "Find out why the disk is full", after=4)
def df_between(s: Scene) -> None:
    for n in range(7):
        s.sh("df -h /", "Filesystem Size Used Avail Use%\n/dev/sda1   40G  39G  1G   98% /", bad=True)
        s.sh(("du -sh /var", "du -sh /opt", "du -sh /usr")[n % 3], ("9.1G /var", "2.0G /opt", "7.7G /usr")[n % 3])


@scene("between", "coding", "Rename the class everywhere", after=4)
def status_between(s: Scene) -> None:
    for n in range(7):
        s.looked("search_files", {"text": "class OldName"}, [], bad=True)
        s.failed("rename_symbol", {"from": "OldName", "to": "NewName", "pass": n}, "Language server is not initialised")


@scene("same_answer", "office", "Download the statements of the year", after=3)
def same_statement(s: Scene) -> None:
    for month in range(1, 9):
        s.looked(
            "bank_statement",
            {"month": month, "year": 2025},
            "Statement of account December 2025, balance 1,204.33, for Mr. J. Weiss, Kiel branch",
            bad=True,
        )


@scene("same_answer", "coding", "Find an example of the streaming API", after=3)
def same_docs(s: Scene) -> None:
    for query in (
        "streaming example",
        "stream tokens",
        "how to stream",
        "stream API usage",
        "server sent events",
        "chunked response example",
        "streaming tutorial",
    ):
        s.looked(
            "docs_search",
            {"q": query, "lang": "python"},
            [{"title": "Quickstart", "snippet": "Install the package, create a client, and send your first request."}],
            bad=True,
        )


@scene("no_tool", "ops", "Restart the cluster's scheduler", after=2)
def kube(s: Scene) -> None:
    for tool in ("kubectl_restart", "kubernetes.restart", "kubectl", "k8s_restart_deployment", "kubectl_restart"):
        s.failed(tool, {"name": "scheduler"}, f"Unknown tool: {tool}", "missing_tool", bad=True)


@scene("no_tool", "office", "Translate the letter into French", after=2)
def translate(s: Scene) -> None:
    for n in range(5):
        s.looked("read_file", {"path": f"letter_{n}.txt"}, f"Dear Sir {s.hexa(4)}")
        s.failed(
            "translate", {"text": "Dear Sir", "to": "fr", "n": n}, "Unknown tool: translate", "missing_tool", bad=True
        )


@scene("talk", "web", "Compare the prices of the three shops", after=3)
def summaries(s: Scene) -> None:
    s.looked("fetch_url", {"url": "https://a.example"}, "Kettle 29.90")
    for n in range(6):
        s.said(
            f"So far I know one price. To compare, I need the others. Plan, version {n + 1}: fetch b, fetch c, compare.",
            bad=True,
        )


@scene("reworded", "office", "Cherche le compte rendu de la réunion de chantier", after=4)
def french(s: Scene) -> None:
    for query in (
        "compte rendu réunion chantier",
        "réunion de chantier compte rendu",
        "le compte rendu de la réunion de chantier",
        "compte rendu de réunion chantier",
        "chantier réunion compte rendu",
        "compte-rendu réunion chantier",
        "compte rendu de chantier réunion",
        "réunion chantier : compte rendu",
    ):
        s.looked("chercher_documents", {"requete": query}, {"total": 0, "documents": []}, bad=True)


@scene("reworded", "ops", "Find the runbook for a failed replica", after=4)
def runbook(s: Scene) -> None:
    for query in (
        "runbook failed replica",
        "failed replica runbook",
        "replica failed runbook",
        "runbook for failed replica",
        "runbook for replicas that failed",
        "runbook replica failure",
        "failed replica: runbook",
        "the runbook for a failed replica",
    ):
        s.looked("wiki_search", {"query": query}, "0 results", bad=True)


@scene("drift", "office", "Book a hotel in Lyon for the conference", after=5)
def menus(s: Scene) -> None:
    s.looked(
        "search_hotels",
        {"city": "Lyon", "nights": 2},
        [{"hotel": "Rive", "price": 120}, {"hotel": "Gare", "price": 95}],
    )
    for query, found in (
        ("best bouchon restaurants", "Chez Paul, Le Garet"),
        ("quenelle recipe", "Pike, flour, butter"),
        ("pike fishing season", "May to January"),
        ("fishing rods for beginners", "Start with two metres"),
        ("carbon fibre strength", "Five times steel"),
        ("aircraft made of carbon", "The fuselage is light"),
        ("flight simulators", "Three good ones"),
        ("joysticks compared", "The heavy one wins"),
        ("desk for simulator", "Oak is sturdy"),
        ("oak forests", "Oaks grow slowly"),
    ):
        s.looked("web_search", {"q": query}, [{"title": found}], bad=True)


@scene("drift", "ops", "Find out why the nightly backup failed", after=5)
def tidying(s: Scene) -> None:
    s.sh("journalctl -u backup -n 3", f"{s.stamp()} backup: target unreachable")
    for command in (
        "ls ~/Downloads",
        "rm ~/Downloads/*.iso",
        "mkdir ~/Pictures/2025",
        "mv ~/IMG_* ~/Pictures/2025",
        "apt-get autoremove -y",
        "snap list",
        "snap remove chess",
        "gsettings set theme dark",
        "fc-cache -f",
        "ls /usr/share/wallpapers",
    ):
        s.sh(command, f"ok ({s.passes(0.1, 3)}s)", bad=True)


@scene("red_test", "web", "Make the accessibility check pass", after=4)
def a11y(s: Scene) -> None:
    for _ in range(7):
        s.did(
            "edit_file",
            {"path": "index.html", "new": f"<nav role='{s.hexa(4)}'>"},
            {"edited": True},
            effect="reversible",
        )
        s.did(
            "run_audit",
            {"url": "http://localhost"},
            {"passed": False, "violations": ["color-contrast: .hero h1 ratio 2.1"], "took_ms": s.number(300, 900)},
            bad=True,
        )


@scene("red_test", "coding", "Napraw test formatowania kwoty", after=4)
def polish(s: Scene) -> None:
    for n in range(7):
        s.did(
            "edytuj",
            {"plik": "kwota.py", "tekst": f"return f'{{x:.{n % 3}f}}'  # {s.hexa(4)}"},
            "zapisano",
            effect="reversible",
        )
        s.did(
            "testy",
            {"plik": "test_kwota.py"},
            {"kod": 1, "wynik": f"AssertionError: '1,5' != '1,50'\n1 failed in 0.{s.number(10, 99)}s"},
            bad=True,
        )


@scene("two_failing", "coding", "Look up the signature of the function", after=5)
def two_lookups(s: Scene) -> None:
    for n in range(5):
        s.failed(
            "lsp_hover",
            {"file": "a.ts", "line": 10 + n},
            f"Language server exited (pid {s.number(2000, 60000)})",
            bad=True,
        )
        s.failed("ctags_find", {"symbol": "render", "n": n}, f"tags file is stale: built {s.stamp()}", bad=True)


@scene("arguments", "data", "Create the pivot table", after=3)
def pivot(s: Scene) -> None:
    for given in (
        {"rows": "month"},
        {"rows": ["month"]},
        {"row": "month", "value": "sum"},
        {"rows": "month", "values": "sum"},
        {"index": "month"},
        {"rows": {"by": "month"}},
        {"columns": "month"},
    ):
        s.failed(
            "pivot", given, "1 validation error for PivotArgs: aggregations: Field required", "bad_arguments", bad=True
        )


@scene("guesses", "office", "Open the presentation of the last board meeting", after=4)
def presentations(s: Scene) -> None:
    for name in (
        "board.pptx",
        "board_meeting.pptx",
        "Board Meeting 2026.pptx",
        "vorstand.pptx",
        "board-final.pptx",
        "board_v2.pptx",
        "meeting.pptx",
        "slides.pptx",
    ):
        s.did("open_file", {"name": name}, {"error": f"'{name}' was not found in your drive"}, bad=True)


@scene("crashes", "ops", "Write a script that rotates the logs and run it", after=4)
def readonly(s: Scene) -> None:
    for n in range(7):
        s.sh(
            f"cat > /tmp/r{n}.sh <<'X'\nmv /var/log/app.log /var/log/app.log.{n}\nX\nbash /tmp/r{n}.sh",
            f"mv: cannot move '/var/log/app.log' to '/var/log/app.log.{n}': Read-only file system",
            1,
            bad=True,
        )


@scene("door", "coding", "Read the private package's source", after=4)
def private(s: Scene) -> None:
    for tool, args in (
        ("git_clone", {"url": "https://git.example/priv"}),
        ("fetch_url", {"url": "https://git.example/priv"}),
        ("download", {"url": "https://git.example/priv.zip"}),
        ("curl", {"url": "https://git.example/priv/raw"}),
        ("git_clone", {"url": "git@git.example:priv"}),
        ("fetch_url", {"url": "https://git.example/priv/tree"}),
        ("browse", {"url": "https://git.example/priv"}),
    ):
        s.failed(tool, args, "403: you do not have access to this project", bad=True)


@scene("dead_job", "office", "Wait for the scanner to finish and file the scan", after=6)
def scanner(s: Scene) -> None:
    for _ in range(13):
        s.looked("scanner_status", {}, {"status": "warming up", "queue": 1, "time": s.stamp("%H:%M:%S")}, bad=True)
        s.did("wait", {"seconds": 20}, "ok")


@scene("wander", "ops", "Decide which of the three alerts is the root cause", after=7)
def alerts(s: Scene) -> None:
    texts = {
        n: {"alert": n, "text": t, "count": s.number(2, 9)}
        for n, t in ((1, "disk latency high"), (2, "queue length high"), (3, "login errors high"))
    }
    order = [1, 2, 3]
    while len(order) < 15:
        order.append(s.pick(*(n for n in texts if n != order[-1])))
    for place, n in enumerate(order):
        s.looked("get_alert", {"id": n}, texts[n], bad=place >= len(texts))


@scene("search_fetch", "web", "Find the phone number of the clinic", after=5)
def cookie_wall(s: Scene) -> None:
    for n, query in enumerate(
        (
            "clinic phone",
            "clinic telephone number",
            "clinic contact",
            "clinic call",
            "clinic reception phone",
            "clinic hotline",
            "clinic number",
        )
    ):
        s.looked(
            "web_search", {"query": query}, [{"title": f"Clinic {s.hexa(3)}", "url": f"https://dir{n}.example/clinic"}]
        )
        s.looked(
            "fetch_url",
            {"url": f"https://dir{n}.example/clinic"},
            "We value your privacy. Accept all cookies to continue. Manage preferences.",
            bad=True,
        )


@scene("resend", "office", "Tell the landlord that the heating is broken", after=3)
def resend(s: Scene) -> None:
    for _ in range(6):
        s.did(
            "send_mail",
            {"to": "landlord@house.example", "subject": "Heating", "body": "The heating is broken."},
            {"status": "queued"},
            effect="irreversible",
            bad=True,
        )
