"""Workers that ask and get nowhere: the same question, the same answer, no such tool, nothing found, another topic."""

from benchmarks.judgement.scenes import scene
from benchmarks.judgement.trace import Scene

# -- the same call, the same result


@scene("same_call", "coding", "Find out why the importer drops the last line", after=3)
def same_file(s: Scene) -> None:
    s.looked("list_files", {"path": "src"}, ["importer.py", "lines.py", "cli.py"])
    s.looked("read_file", {"path": "src/lines.py"}, "def lines(file):\n    return file.read().split('\\n')[:-1]")
    for _ in range(8):
        s.looked(
            "read_file",
            {"path": "src/importer.py"},
            "from lines import lines\n\ndef load(path):\n    with open(path) as file:\n        return [parse(line) for line in lines(file)]",
            bad=True,
        )


@scene("same_call", "data", "Give the average delivery time per carrier", after=3)
def same_query(s: Scene) -> None:
    s.looked("list_tables", {}, ["deliveries", "carriers"])
    for _ in range(8):
        s.looked(
            "query",
            {"sql": "SELECT carrier, AVG(days) FROM deliveries GROUP BY carrier"},
            [["Nord", None], ["Süd", None], ["Express", None]],
            bad=True,
        )


@scene("same_call", "web", "Trouve le prix actuel du modèle X200", after=3)
def same_page(s: Scene) -> None:
    s.looked("recherche_web", {"q": "X200 prix"}, [{"titre": "X200", "url": "https://boutique.example/x200"}])
    for _ in range(8):
        s.looked(
            "ouvrir_page",
            {"url": "https://boutique.example/x200"},
            "Veuillez activer JavaScript pour afficher cette page.",
            bad=True,
        )


@scene("same_call", "ops", "Bring the failed unit back up", after=3)
def same_restart(s: Scene) -> None:
    s.sh("systemctl list-units --failed --no-legend", "mailer.service loaded failed failed Mail queue")
    for _ in range(8):
        s.sh(
            "systemctl restart mailer",
            "Job for mailer.service failed because the control process exited with error code.\nSee 'journalctl -xeu mailer.service' for details.",
            1,
            bad=True,
        )


@scene("same_call", "office", "Add the new colleague to the distribution list", after=3)
def same_write(s: Scene) -> None:
    s.looked("find_contact", {"name": "Rosa Klein"}, {"id": 77, "mail": "rosa@firm.example"})
    for _ in range(8):
        s.did(
            "add_member",
            {"list": "team-all", "contact": 77},
            {"ok": True, "members": 41},
            effect="idempotent",
            bad=True,
        )


# -- the same error, told with other numbers


@scene("error_text", "web", "Upload the catalogue to the partner", after=3)
def request_ids(s: Scene) -> None:
    s.looked("read_file", {"path": "catalogue.json"}, '[{"sku": "A1"}, {"sku": "B7"}]')
    for _ in range(8):
        s.failed(
            "http_post",
            {"url": "https://partner.example/import", "file": "catalogue.json"},
            f"500 Internal Server Error at {s.stamp()} (request {s.hexa(8)}-{s.hexa(4)}-4{s.hexa(3)}-a{s.hexa(3)}-{s.hexa(12)}, node 10.3.{s.number(0, 9)}.{s.number(2, 250)})",
            bad=True,
        )


@scene("error_text", "coding", "Run the native extension's test program", after=3)
def addresses(s: Scene) -> None:
    s.sh("make -s", "")
    for _ in range(8):
        s.sh(
            "./build/test_ext",
            f"test_ext[{s.number(4000, 60000)}]: segfault at {s.hexa(4)} ip 00007f{s.hexa(10)} sp 00007ff{s.hexa(9)} error 4 in libext.so\nSegmentation fault (core dumped)",
            139,
            bad=True,
        )


@scene("error_text", "data", "Lade die Messwerte in das Lager", after=3)
def line_numbers(s: Scene) -> None:
    s.looked("datei_kopf", {"pfad": "messwerte.csv"}, "zeit;wert\n2026-01-01;3,4")
    for n in range(8):
        s.failed(
            "laden",
            {"pfad": "messwerte.csv", "ab_zeile": n * 1000},
            f"Fehler in Zeile {n * 1000 + s.number(1, 900)}: '{s.number(1, 90)},{s.number(0, 9)}' ist keine Zahl (Dauer {s.number(10, 900)} ms)",
            bad=True,
        )


@scene("error_text", "ops", "Connect to the replica and check how far it is behind", after=3)
def refused(s: Scene) -> None:
    s.sh("getent hosts replica.local", "10.9.0.14 replica.local")
    for _ in range(8):
        s.did(
            "run_command",
            {"command": "psql -h replica.local -c 'select now() - pg_last_xact_replay_timestamp()'"},
            {
                "stdout": "",
                "stderr": f'{s.stamp("%b %d %H:%M:%S")} psql[{s.number(2000, 60000)}]: error: connection to server at "replica.local" (10.9.0.14), port 5432 failed: Connection refused (after {s.passes(1, 3)}s)',
                "exit_code": 2,
            },
            bad=True,
        )


# -- several calls that take turns


def _turns(s: Scene, calls: list[tuple[str, dict[str, object], object]], rounds: int) -> None:
    for _ in range(rounds):
        for tool, args, output in calls:
            s.looked(tool, args, output, bad=True)


@scene("turns_2", "coding", "Decide which of the two configuration files is used", after=5)
def two_files(s: Scene) -> None:
    s.looked("list_files", {"path": "."}, ["a.toml", "b.toml", "main.py"])
    _turns(
        s,
        [
            ("read_file", {"path": "a.toml"}, "port = 8000\nworkers = 4"),
            ("read_file", {"path": "b.toml"}, "port = 9000\nworkers = 2"),
        ],
        6,
    )


@scene("turns_2", "web", "Book the earliest slot at the citizens' office", after=5)
def two_clicks(s: Scene) -> None:
    s.looked("browser_open", {"url": "https://termin.example"}, "Termin vereinbaren: Schritt 1 von 4")
    for _ in range(6):
        s.did("browser_click", {"selector": "#weiter"}, {"title": "Schritt 2 von 4: Bitte Anliegen wählen"}, bad=True)
        s.did("browser_click", {"selector": "#zurueck"}, {"title": "Schritt 1 von 4"}, bad=True)


@scene("turns_2", "coding", "Give the button its right colour", after=5)
def two_edits(s: Scene) -> None:
    s.looked("read_file", {"path": "button.css"}, ".primary { color: #123456; }")
    for _ in range(6):
        s.did(
            "edit_file",
            {"path": "button.css", "old": "#123456", "new": "#654321"},
            "The file button.css has been edited.",
            effect="reversible",
            bad=True,
        )
        s.did(
            "edit_file",
            {"path": "button.css", "old": "#654321", "new": "#123456"},
            "The file button.css has been edited.",
            effect="reversible",
            bad=True,
        )


@scene("turns_2", "data", "Werte die Umfrage aus", after=5)
def two_errors(s: Scene) -> None:
    s.looked("tabellen", {}, ["umfrage", "antworten"])
    for _ in range(6):
        s.failed(
            "abfrage",
            {"sql": "select avg(note) from umfrage"},
            f"no such column: note ({s.passes(0.1, 2)} s)",
            bad=True,
        )
        s.failed(
            "abfrage",
            {"sql": "select avg(wert) from umfrage"},
            f"no such column: wert ({s.passes(0.1, 2)} s)",
            bad=True,
        )


@scene("turns_3", "ops", "Find out which service holds the lock", after=7)
def three_looks(s: Scene) -> None:
    s.sh("hostname", "db01")
    for _ in range(5):
        s.sh("cat /var/lock/app.lock", "4711", bad=True)
        s.sh("ps -p 4711", "    PID TTY          TIME CMD", 1, bad=True)
        s.sh("ls -l /var/lock", "-rw-r--r-- 1 root root 5 Mar  2 08:11 app.lock", bad=True)


@scene("turns_3", "office", "Encuentra una hora libre para los tres", after=7)
def three_calendars(s: Scene) -> None:
    _turns(
        s,
        [
            ("calendario", {"persona": who}, [f"{h}:00-{h + 2}:00 {what}"])
            for who, h, what in (("Ana", 9, "ventas"), ("Luis", 11, "dentista"), ("Eva", 15, "viaje"))
        ],
        5,
    )


@scene("turns_3", "coding", "Fix the layout of the printed page", after=7)
def three_values(s: Scene) -> None:
    s.looked("read_file", {"path": "print.css"}, "@page { margin: 10mm }")
    for _ in range(5):
        for margin in ("10mm", "15mm", "20mm"):
            s.did(
                "write_file",
                {"path": "print.css", "content": f"@page {{ margin: {margin} }}"},
                {"bytes": 23},
                effect="reversible",
                bad=True,
            )


@scene("turns_3", "data", "Explain the difference between the two totals", after=7)
def three_queries(s: Scene) -> None:
    s.looked("list_tables", {}, ["orders", "payments", "refunds"])
    _turns(
        s,
        [
            ("query", {"sql": f"SELECT SUM(amount) FROM {t}"}, [[v]])
            for t, v in (("orders", 81_204), ("payments", 79_950), ("refunds", 1_100))
        ],
        5,
    )


@scene("turns_4", "web", "Find the contact address of the press office", after=9)
def four_pages(s: Scene) -> None:
    _turns(
        s,
        [
            ("fetch_url", {"url": f"https://city.example/{p}"}, t)
            for p, t in (
                ("", "Welcome to the city. News, Services, About"),
                ("about", "About: history, mayor, council"),
                ("services", "Services: waste, parking, permits"),
                ("news", "News: the bridge is open again"),
            )
        ],
        4,
    )


@scene("turns_4", "coding", "Update the dependency without breaking the build", after=9)
def four_commands(s: Scene) -> None:
    for _ in range(4):
        s.sh("npm install left@2", "added 1 package", bad=True)
        s.sh("npm run build", "error TS2305: Module 'left' has no exported member 'pad'.", 2, bad=True)
        s.sh("npm install left@1", "added 1 package", bad=True)
        s.sh("npm audit", "1 high severity vulnerability: left <2", 1, bad=True)


@scene("turns_4", "ops", "Make the mount survive a reboot", after=9)
def four_mounts(s: Scene) -> None:
    s.sh("uname -r", "6.1.0-26-amd64")
    for _ in range(4):
        s.sh("mount -a", "mount: /data: can't find UUID=77aa-12.", 32, bad=True)
        s.sh("blkid", '/dev/sdb1: TYPE="ext4" PARTUUID="9c-01"', bad=True)
        s.sh("cat /etc/fstab", "UUID=77aa-12 /data ext4 defaults 0 2", bad=True)
        s.sh("lsblk", "sdb      8:16   0  2T  0 disk\n└─sdb1   8:17   0  2T  0 part", bad=True)


@scene("turns_4", "office", "Finde die richtige Fassung des Vertrags", after=9)
def four_versions(s: Scene) -> None:
    _turns(
        s,
        [
            ("dokument_lesen", {"name": f"vertrag_{v}.docx"}, f"Fassung {v}: Laufzeit {y} Jahre, Entwurf")
            for v, y in (("a", 2), ("b", 3), ("c", 5), ("final", 3))
        ],
        4,
    )


# -- the same again, with other calls in between


@scene("between", "coding", "Add the missing import", after=4)
def ls_between(s: Scene) -> None:
    for n in range(7):
        s.sh("ls", "app.py  models.py  tests  utils.py", bad=True)
        if n < 6:
            s.sh(
                s.pick("pwd", "git status --short", "cat app.py", "whoami"),
                s.pick("/srv/app", "", "import models\n\nprint(models.Order())", "dev"),
            )


@scene("between", "data", "Which store sold most?", after=4)
def schema_between(s: Scene) -> None:
    s.looked("list_tables", {}, ["sales", "stores"])
    for n in range(7):
        s.looked("describe", {"table": "sales"}, [["store", "int"], ["day", "date"], ["sum", "real"]], bad=True)
        if n % 2:
            s.looked("list_tables", {}, ["sales", "stores"], bad=True)
        else:
            s.failed("query", {"sql": f"SELECT TOP {n + 1} store FROM sales"}, f'near "{n + 1}": syntax error')


@scene("between", "web", "Check whether the tickets are on sale", after=4)
def search_between(s: Scene) -> None:
    for n in range(7):
        s.looked(
            "web_search",
            {"query": "stadium tickets on sale"},
            [{"title": "Stadium tickets", "url": "https://tickets.example"}],
            bad=True,
        )
        s.failed("fetch_url", {"url": f"https://tickets.example/?try={n}"}, f"403 Forbidden, ray {s.hexa(16)}")


@scene("between", "office", "Prepare the agenda from last week's minutes", after=4)
def note_between(s: Scene) -> None:
    for _ in range(7):
        s.looked("read_note", {"title": "Minutes"}, "1 budget 2 hiring 3 summer party; all postponed", bad=True)
        s.did("set_reminder", {"in_minutes": 5}, "ok")


# -- other arguments, the same answer


@scene("same_answer", "web", "Read the article about the harbour", after=3)
def wall(s: Scene) -> None:
    text = (
        "This content is for subscribers only. Log in or subscribe to continue reading. Already a subscriber? Sign in."
    )
    for url in ("", "?amp=1", "?print=1", "/amp", "?outputType=amp", "?ref=search", "/full", "?mobile=1"):
        s.looked("fetch_url", {"url": f"https://daily.example/harbour{url}"}, text, bad=True)


@scene("same_answer", "data", "Get all 800 records from the archive", after=3)
def frozen_pages(s: Scene) -> None:
    for page in range(1, 10):
        s.looked(
            "http_get",
            {"url": "https://archive.example/records", "params": {"p": page, "size": 50}},
            {
                "status": 200,
                "items": [
                    {"id": 1, "title": "Deed of gift"},
                    {"id": 2, "title": "Sale of the mill"},
                    {"id": 3, "title": "Parish letter"},
                ],
            },
            bad=True,
        )


@scene("same_answer", "coding", "Find the function that rounds the prices", after=3)
def same_hits(s: Scene) -> None:
    for query in (
        "round price",
        "rounding of prices",
        "price rounding function",
        "def round_price",
        "prices are rounded",
        "money rounding",
        "function to round amounts",
    ):
        s.looked(
            "code_search",
            {"query": query},
            [{"path": "docs/changelog.md", "line": 88, "text": "prices are now rounded half up"}],
            bad=True,
        )


@scene("same_answer", "ops", "Schalte die Protokollierung auf ausführlich", after=3)
def ignored_option(s: Scene) -> None:
    s.sh("logd --help", "usage: logd [--level LEVEL] [--file FILE]")
    for option in (
        "--level debug",
        "--level=debug",
        "-l debug",
        "--level DEBUG",
        "--level verbose",
        "--level trace",
        "--level 5",
    ):
        s.sh(
            f"logd {option} --show",
            "logd: settings are managed centrally; level is info, file is /var/log/logd",
            bad=True,
        )


# -- tools that do not exist


def _no_tool(s: Scene, tool: str, args: dict[str, object]) -> None:
    s.failed(
        tool,
        args,
        f"There is no tool {tool!r}. There are: read_file, write_file, list_files, run_command.",
        "missing_tool",
        bad=True,
    )


@scene("no_tool", "coding", "Count the lines of all Python files", after=2)
def one_name(s: Scene) -> None:
    s.looked("list_files", {"path": "."}, ["a.py", "b.py"])
    for n in range(6):
        _no_tool(s, "count_lines", {"path": s.pick("a.py", "b.py", "."), "try": n})


@scene("no_tool", "web", "Look the company up in the register", after=2)
def many_names(s: Scene) -> None:
    for tool in ("web_search", "google_search", "search_web", "browser.search", "bing_search", "internet_search"):
        _no_tool(s, tool, {"query": "Lindner Metallbau GmbH"})


@scene("no_tool", "data", "绘制每月销售额的柱状图", after=2)
def between_good(s: Scene) -> None:
    for n in range(5):
        s.looked("read_file", {"path": f"2026-{n + 1:02}.csv"}, f"门店,销售额\n北,{s.number(100, 999)}")
        _no_tool(s, "plot_chart", {"data": f"2026-{n + 1:02}.csv"})


@scene("no_tool", "office", "Send the minutes to the board", after=2)
def wrong_case(s: Scene) -> None:
    s.looked("read_file", {"path": "minutes.md"}, "Present: all. Decided: nothing.")
    for tool in ("sendEmail", "send_email", "SendMail", "email.send", "sendEmail", "send_email"):
        _no_tool(s, tool, {"to": "board@firm.example"})


# -- talk


@scene("talk", "coding", "Refactor the scheduler", after=3)
def planning(s: Scene) -> None:
    s.looked("read_file", {"path": "scheduler.py"}, "class Scheduler: ...")
    for n in range(7):
        s.said(
            f"I will first think about the structure. {s.pick('A queue', 'A heap', 'A tree', 'A table')} would be best, in step {n + 1} I shall look at how.",
            bad=True,
        )


@scene("talk", "data", "Total the invoices", after=3)
def promises(s: Scene) -> None:
    for _ in range(7):
        s.said(
            s.pick(
                "I'll now read the file and sum the amounts.",
                "Reading the file now...",
                "Let me do this right away.",
                "One moment, I am calculating.",
            ),
            bad=True,
        )


@scene("talk", "office", "Réponds aux trois demandes", after=3)
def empty_replies(s: Scene) -> None:
    s.looked("lire_demandes", {}, ["congé", "badge", "parking"])
    for _ in range(7):
        s.said("", bad=True)


@scene("talk", "ops", "Clean up the old images", after=3)
def asking_itself(s: Scene) -> None:
    s.sh("docker images -q | wc -l", "48")
    for n in range(7):
        s.said(
            f"Should I delete image {n + 1}? I would need to be sure that nobody uses it. I could check, but perhaps it is safe.",
            bad=True,
        )


# -- one question in other words, and nothing found


@scene("reworded", "web", "Find the minutes of the 1962 founding meeting", after=4)
def english(s: Scene) -> None:
    for query in (
        "minutes founding meeting 1962",
        "1962 founding meeting minutes",
        "founding meeting 1962 minutes pdf",
        "minutes of the founding meeting 1962",
        "the 1962 founding meeting minutes",
        "1962 minutes of founding meeting",
        "founding meeting minutes from 1962",
        "minutes from the 1962 founding meeting",
    ):
        s.looked("web_search", {"query": query}, "No results found.", bad=True)


@scene("reworded", "office", "Suche die Rechnung der Gärtnerei", after=4)
def german(s: Scene) -> None:
    for query in (
        "Rechnung Gärtnerei",
        "Gärtnerei Rechnung",
        "Rechnung der Gärtnerei",
        "Rechnung von der Gärtnerei",
        "die Rechnung der Gärtnerei",
        "Gärtnerei Rechnung Mail",
        "Rechnung Gärtnerei Mail",
        "Mail mit Rechnung der Gärtnerei",
    ):
        s.looked("mail_suche", {"text": query}, [], bad=True)


@scene("reworded", "coding", "Find where retries are configured", after=4)
def code(s: Scene) -> None:
    s.looked("list_files", {"path": "."}, ["client", "server", "proto"])
    for query in (
        "retry policy config",
        "config of retry policy",
        "retry policy configuration",
        "policy for retry config",
        "configure retry policy",
        "retry config policy",
        "where retry policy is configured",
        "retry policy setup config",
    ):
        s.looked("semantic_search", {"query": query, "limit": 10}, {"results": []}, bad=True)


@scene("reworded", "data", "¿Qué tabla guarda las devoluciones?", after=4)
def spanish(s: Scene) -> None:
    for query in (
        "tabla de devoluciones",
        "devoluciones tabla",
        "la tabla de las devoluciones",
        "tabla con devoluciones",
        "tabla para devoluciones",
        "tabla de las devoluciones",
        "devoluciones en tabla",
        "tabla devoluciones ventas",
    ):
        s.looked("buscar_catalogo", {"texto": query}, {"resultados": []}, bad=True)


# -- slowly to another topic: each step follows from the one before, none any more from the subtask


@scene("drift", "data", "Total the revenue of the four quarterly reports", after=5)
def ovens(s: Scene) -> None:
    for q in range(1, 4):
        s.looked(
            "read_file",
            {"path": f"reports/q{q}.csv"},
            f"quarter,revenue,note\nQ{q},{s.number(9000, 20000)},canteen oven replaced",
        )
    for query, found in (
        ("canteen oven models", "Steel and stone ovens compared"),
        ("stone oven maintenance", "Clean the stone weekly"),
        ("cleaning agents for stone", "Mild soap is best"),
        ("history of soap", "Soap was made in Aleppo"),
        ("Aleppo travel guide", "The old town has many inns"),
        ("inns of the old town", "Forty inns from Ottoman times"),
        ("Ottoman architecture", "Domes and courtyards"),
        ("dome construction", "A dome needs a ring"),
        ("ring beams in concrete", "Reinforce with steel"),
        ("steel prices chart", "Prices rose in spring"),
    ):
        s.looked(
            "web_search",
            {"query": query},
            [{"title": found, "snippet": f"{found}, as described in chapter {s.number(2, 40)}."}],
            bad=True,
        )


@scene("drift", "coding", "Fix the failing test test_parse_header in the parser", after=5)
def badges(s: Scene) -> None:
    s.sh("pytest -q -k test_parse_header", "FAILED test_parser.py::test_parse_header - ValueError: empty header", 1)
    s.looked("read_file", {"path": "parser.py"}, "def parse_header(line):\n    return line.split(':')")
    for path, text in (
        ("README.md", "# Tool\nInstall with pip"),
        ("CONTRIBUTING.md", "Be kind"),
        ("logo.svg", "<svg/>"),
        ("docs/index.html", "<h1>Docs</h1>"),
        ("docs/style.css", "body { margin: 0 }"),
        ("docs/fonts.css", "@font-face {}"),
        (".editorconfig", "indent_size = 4"),
        ("CODEOWNERS", "* @core"),
        ("funding.yml", "github: core"),
        ("badges.json", "[]"),
    ):
        s.did(
            "edit_file",
            {"path": path, "old": text, "new": f"{text} <!-- {s.hexa(5)} -->"},
            f"{path} has been edited ({s.number(1, 9)} lines)",
            effect="reversible",
            bad=True,
        )


@scene("drift", "office", "Reply to the customer about the broken kettle", after=5)
def inbox(s: Scene) -> None:
    s.looked("read_mail", {"id": 12}, "The kettle I bought leaks. Can I have another? Best, Jo")
    for subject in (
        "Lunch on Friday",
        "Parking permits",
        "New printer",
        "Yoga class",
        "Holiday photos",
        "Car pool",
        "Window cleaning",
        "Football bets",
        "Quiz night",
        "Plant watering",
    ):
        s.did(
            "archive_mail",
            {"subject": subject},
            {"archived": subject, "left": s.number(100, 900)},
            effect="reversible",
            bad=True,
        )


@scene("drift", "ops", "Rotate the expired certificate of the gateway", after=5)
def shell_prompt(s: Scene) -> None:
    s.sh("openssl x509 -enddate -noout -in gateway.pem", "notAfter=Mar  1 00:00:00 2026 GMT")
    s.sh("certctl rotate gateway --dry-run", "gateway: certificate would be rotated")
    for command in (
        "cat ~/.bashrc",
        "echo 'alias ll=\"ls -l\"' >> ~/.bashrc",
        "apt-get install -y zsh",
        "chsh -s /bin/zsh",
        "git clone themes.local/prompts",
        "cp prompts/blue.theme ~/.zsh",
        "sed -i s/blue/green/ ~/.zshrc",
        "apt-get install -y neovim",
        "cp vim.rc ~/.config/nvim",
        "nvim --headless +PluginInstall +qa",
    ):
        s.sh(command, f"done in {s.passes(0.2, 4)}s", bad=True)
