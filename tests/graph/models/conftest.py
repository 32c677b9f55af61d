"""An office of small real files, a page on loopback, tools of a person's own, and a loop that drives the model."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig

from surefoot.graph.models.offline import OfflineModel
from surefoot.nodes import Action, StepExecutor, SubTask
from surefoot.nodes.context import observation_text
from surefoot.nodes.control import ASK_HUMAN, GIVE_UP
from surefoot.nodes.dag import execution_order
from surefoot.nodes.drive import drive
from surefoot.nodes.run import NoRun
from surefoot.tools import default_tools, tool_effect
from surefoot.tools.workspace import Workspace

FILES = {
    "sales/orders.csv": "order_no,order_date,Region,product,units,Revenue_EUR\n"
    "1,2023-11-02,North,Lamp,2,40.50\n2,2023-12-19,South,Desk,1,250.00\n3,2024-01-05,North,Chair,4,320.00\n"
    "4,2024-01-20,East,Lamp,3,60.75\n5,2024-02-11,South,Chair,2,160.00\n6,2024-02-28,West,Desk,1,250.00\n"
    "7,2024-03-03,North,Desk,2,500.00\n8,2024-03-09,East,Chair,1,80.00\n9,2024-03-15,South,Lamp,5,101.25\n"
    "10,2024-04-01,North,Lamp,1,20.25\n",
    "people/staff.json": json.dumps(
        [
            {"full_name": "Ada Byron", "department": "Research", "salary": 72000, "city": "Berlin"},
            {"full_name": "Bo Lind", "department": "Sales", "salary": 48000, "city": "Oslo"},
            {"full_name": "Cy Park", "department": "Research", "salary": 65000, "city": "Seoul"},
            {"full_name": "Di Rossi", "department": "Sales", "salary": 51000, "city": "Berlin"},
            {"full_name": "Ed Moss", "department": "Support", "salary": 39000, "city": "Oslo"},
        ],
        indent=1,
    ),
    "films.csv": "Title,Director,Year,Rating,Box Office (M$)\nSolaris,Tarkovsky,1972,8.1,2.1\n"
    "Stalker,Tarkovsky,1979,8.2,3.0\nAlien,Scott,1979,8.5,184.7\nBlade Runner,Scott,1982,8.1,41.8\n"
    "Heat,Mann,1995,8.3,187.4\nCollateral,Mann,2004,7.5,220.2\n",
    "sensors.json": json.dumps(
        {
            "site": "roof",
            "readings": [
                {"station": "A1", "temp_c": 21.5, "taken_at": "2024-06-01"},
                {"station": "A1", "temp_c": 23.0, "taken_at": "2024-06-02"},
                {"station": "B2", "temp_c": 18.0, "taken_at": "2024-06-01"},
                {"station": "B2", "temp_c": 19.5, "taken_at": "2024-07-02"},
            ],
        }
    ),
    "logs/app.log": "2024-03-01 08:00 INFO start\n2024-03-01 08:05 ERROR disk full on /dev/sda1\n"
    "2024-03-01 08:06 WARN retrying\n2024-03-01 08:07 ERROR timeout while writing\n2024-03-01 08:09 INFO stop\n",
    "logs/worker.log": "2024-03-01 09:00 INFO start\n2024-03-01 09:02 ERROR timeout while reading\n"
    "2024-03-01 09:04 INFO stop\n",
    "notes/todo.md": "# Todo\n- TODO call the printer\n- buy paper\n- TODO renew the licence\n",
    "notes/meeting.txt": "Meeting on budget\nThe budget for 2025 is 12000 EUR.\nNext meeting in May.\n",
    "config/old.ini": "[server]\nport = 8080\nhost = localhost\n",
    "config/new.ini": "[server]\nport = 9090\nhost = localhost\ndebug = true\n",
    "tmp/a.tmp": "a\n",
    "tmp/b.tmp": "b\n",
}
LIBRARY = {
    "shop/customers.csv": "id,name,country,signup_date,plan,monthly_fee\n"
    "101,Ines Duarte,Portugal,2022-03-14,basic,9.5\n102,Omar Haddad,Jordan,2023-01-09,pro,29\n"
    "103,Lena Vogt,Germany,2023-05-30,pro,29\n104,Tom Reed,Ireland,2024-02-11,basic,9.5\n"
    "105,Ana Sousa,Portugal,2024-07-02,team,99\n106,Kai Brandt,Germany,2024-07-19,basic,9.5\n",
    "climate/rain.csv": "Station;Year;Month;Rainfall (mm)\nPorto;2022;1;150.2\nPorto;2022;2;90.1\nPorto;2023;1;171.0\n"
    "Faro;2022;1;40.0\nFaro;2022;2;35.5\nFaro;2023;1;22.5\n",
    "library/books.json": json.dumps(
        [
            {"title": "The Sea", "author": "Banville", "pages": 200, "published": 2005, "genre": "novel"},
            {"title": "Ulysses", "author": "Joyce", "pages": 730, "published": 1922, "genre": "novel"},
            {"title": "Dubliners", "author": "Joyce", "pages": 152, "published": 1914, "genre": "stories"},
            {"title": "North", "author": "Heaney", "pages": 80, "published": 1975, "genre": "poems"},
        ]
    ),
    "library/loans.jsonl": '{"member": "Rosa", "book": "Ulysses", "days": 30}\n{"member": "Finn", "book": "North", "days": 7}\n'
    '{"member": "Rosa", "book": "Dubliners", "days": 12}\n',
    "data/prices.csv": 'item,supplier,price\nbolt,Acme,"€1,200.50"\nnut,Acme,"€300.00"\ngear,Bolz,"€99.50"\n',
    "src/app.py": "import os\nfrom util import load\n\n\ndef main():\n    # FIXME handle errors\n    print(load(os.getcwd()))\n",
    "src/util.py": "import json\n\n\ndef load(path):\n    return json.dumps(path)\n",
    "docs/guide.md": "# Guide\n\nStart with the install notes.\nThe password policy asks for 12 characters.\n\n## Limits\n\nAt most 50 users.\n",
    "docs/install.md": "# Install\n\nNeeds Python 3.11.\nRun `make`.\n",
    "docs/draft one.md": "# Draft\n\nNothing yet.\n",
    "README.md": "# Shop\n\nSee docs/guide.md.\nContact: help@example.org\n",
}
PAGE = """<html><head><title>Office prices</title></head><body><h1>Prices</h1>
<p>The desk costs 250.00 EUR.</p><p>The lamp costs 20.25 EUR.</p><p>Delivery takes three days.</p></body></html>"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A workspace of small files of several kinds."""
    return _filled(tmp_path / "office", FILES)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Another workspace, which no rule was tried on before its goals were written."""
    return _filled(tmp_path / "library", LIBRARY)


def _filled(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def page() -> Iterator[str]:
    """The address of a small page on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/prices.html"
    server.shutdown()
    server.server_close()


def own_tools() -> list[Callable[..., Any]]:
    """Tools nobody wrote a rule for."""

    @tool_effect("read_only")
    def weather_forecast(city: str, days: int = 3) -> dict[str, Any]:
        """Weather forecast for a city, for some days ahead."""
        return {"city": city, "days": days, "outlook": "sun, then rain"}

    @tool_effect("read_only")
    def convert_currency(amount: float, from_currency: str, to_currency: str) -> dict[str, Any]:
        """Convert an amount of money from one currency to another."""
        return {"amount": amount * 150 if to_currency == "JPY" else amount * 0.9, "currency": to_currency}

    @tool_effect("read_only")
    def get_order_status(order_id: str) -> dict[str, str]:
        """Tell how an order stands, by its id."""
        return {"order_id": order_id, "status": "shipped" if order_id == "ORD-7781" else "unknown"}

    return [weather_forecast, convert_currency, get_order_status]


@dataclass
class Outcome:
    """What came of a goal."""

    answer: str = ""
    plan: list[dict[str, Any]] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    gave_up: str = ""


class Kept(NoRun):
    """A run that only keeps what was cut."""

    def __init__(self) -> None:
        self.outputs: dict[str, str] = {}

    def store_output(self, text: str) -> str:
        self.outputs[name := f"o{len(self.outputs)}"] = text
        return name

    def read_output(self, name: str, start: int, length: int) -> str:
        return self.outputs[name][start : start + length]


class Driver:
    """Plans a goal and carries its subtasks out with the real tools, one after the other, asking nobody."""

    def __init__(self, folder: Path, extra: list[Callable[..., Any]]) -> None:
        self.model = OfflineModel()
        self.workspace = Workspace(folder)
        self.kept = Kept()
        self.executor = StepExecutor([*default_tools(folder, allow_private=True), *extra])
        toolbox = self.executor.toolbox
        self.described = [toolbox.describe(name) for name in toolbox.names]
        self.offered = self.model.bind_tools([*map(toolbox.schema, toolbox.names), ASK_HUMAN, GIVE_UP])

    def ask(self, node: str, **info: Any) -> str:
        config: RunnableConfig = {"metadata": {"surefoot": {"node": node, **info}}}
        return self.model.invoke(node, config=config).text

    def plan(self, goal: str) -> list[dict[str, Any]]:
        asked = self.ask("plan", goal=goal, workspace=self.workspace.overview(), tools=self.described)
        return [{**task, "status": "pending"} for task in json.loads(asked)["subtasks"]]

    def think(self, goal: str, task: dict[str, Any], known: dict[str, str], used: list[str]) -> tuple[str, bool]:
        """Carry out one subtask: its answer, or why it was given up."""
        info = {"node": "think", "goal": goal, "subtask": task, "known": known, "workspace": self.workspace.overview()}
        messages: list[BaseMessage] = [HumanMessage(goal)]
        for _ in range(25):
            reply = self.offered.invoke(messages, config={"metadata": {"surefoot": info}})
            messages.append(reply)
            if not reply.tool_calls:
                return reply.text, True
            for call in reply.tool_calls:
                if call["name"] == "give_up":
                    return str(call["args"]["reason"]), False
                used.append(call["name"])
                messages.append(self._carry_out(call))
        return "never came to an end", False

    def _carry_out(self, call: ToolCall) -> ToolMessage:
        if call["name"] == "read_output":
            args = call["args"]
            text = self.kept.read_output(**args)
            return ToolMessage(f"{text}\n[characters 0 to 1; more]", tool_call_id=call["id"])
        args, _ = self.executor.split_confidence(call["name"], call["args"])
        [observed] = drive(self.executor.perform_batch([Action(tool=call["name"], args=args)], self.kept))
        status = "success" if observed.success else "error"
        text = observation_text(observed, observed.artifact or "")
        return ToolMessage(text, tool_call_id=call["id"], status=status, artifact={"output": observed.output})

    def run(self, goal: str) -> Outcome:
        outcome = Outcome(plan=self.plan(goal))
        results: dict[str, str] = {}
        for task in execution_order([SubTask(**{k: v for k, v in t.items() if k != "status"}) for t in outcome.plan]):
            entry = next(t for t in outcome.plan if t["task_id"] == task.task_id)
            if set(task.dependencies) <= set(results):
                known = {need: results[need] for need in task.dependencies}
                text, done = self.think(goal, entry, known, outcome.used)
                entry |= {"status": "completed" if done else "failed", "result": text}
                outcome.gave_up = outcome.gave_up or ("" if done else text)
                results |= {task.task_id: text} if done else {}
        outcome.answer = self.ask("finish", goal=goal, plan=outcome.plan, why="done")
        return outcome


@pytest.fixture
def driver(office: Path) -> Callable[..., Driver]:
    """Make a driver over a workspace (the office), with a person's own tools beside the built-in ones."""
    return lambda extra=None, folder=office: Driver(folder, own_tools() if extra is None else extra)
