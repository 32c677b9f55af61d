"""How many model calls and tokens a goal costs: surefoot beside LangChain's `create_agent`, with the same tools.

Both ran the same three goals over two real Atom feeds (`tests/recordings`), each with a thinking reader that saw nothing
but the requests and answered as a chat model would. The recorded replies are served again here over real HTTP, so the
calls are the agents' own; tokens are a quarter of the UTF-8 bytes of messages, tools and replies, the same for both.
`create_agent` gets an environment of its own, built on the first run.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
PEERS = ["langchain==1.4.7", "langchain-openai==1.7.3"]
GOALS = ("entries_per_language", "measured_systems", "what_changed")


def main() -> None:
    """Print calls and tokens of both, and the ratios."""
    replay = _load("replay_endpoint")
    peer = _peer_python()
    print("| goal | agent | model calls | tool calls | prompt tokens | reply tokens |")
    print("|---|---|---|---|---|---|")
    totals = {"surefoot": [0, 0], "create_agent": [0, 0]}
    for goal in GOALS:
        for agent, name in (("surefoot", goal), ("create_agent", f"create_agent/{goal}")):
            endpoint = replay.ReplayEndpoint(name)
            with tempfile.TemporaryDirectory() as folder:
                workspace = replay.unpack_feeds(Path(folder) / "feeds")
                python = sys.executable if agent == "surefoot" else peer
                command = [python, str(Path(__file__).with_name(f"run_{agent}.py")), endpoint.url, str(workspace)]
                subprocess.run([*command, endpoint.goal], check=True, capture_output=True, cwd=folder)
            endpoint.close()
            if endpoint.missed:
                sys.exit(f"{name}: a prompt has changed since the recording; it has to be made anew.")
            calls, tools, prompt, reply = _count(endpoint)
            totals[agent][0] += calls
            totals[agent][1] += prompt + reply
            print(f"| {goal} | {agent} | {calls} | {tools} | {prompt:,} | {reply:,} |")
    ours, theirs = totals["surefoot"], totals["create_agent"]
    print(f"\nAll three: {ours[0] / theirs[0]:.2f} x the model calls, {ours[1] / theirs[1]:.2f} x the tokens.\n")


def _count(endpoint: Any) -> tuple[int, int, int, int]:
    answers = [endpoint.recorded(body) for body in endpoint.requests]
    prompt = sum(_tokens([body.get("messages", []), body.get("tools", [])]) for body in endpoint.requests)
    tools = sum(len(answer.get("tool_calls") or []) for answer in answers)
    return len(answers), tools, prompt, sum(map(_tokens, answers))


def _tokens(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) // 4


def _load(name: str) -> ModuleType:
    """Load a module of tests/, after the one it needs; the folder itself must not come on the path."""
    for each in ("fake_endpoint", name):
        spec = importlib.util.spec_from_file_location(each, ROOT / "tests" / f"{each}.py")
        assert spec and spec.loader
        sys.modules[each] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[each])
    return sys.modules[name]


def _peer_python() -> str:
    folder = ROOT / ".venv-peers"
    python = folder / "bin" / "python"
    if not python.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [*uv, "pip", "install", "--quiet", "--python", str(python), *PEERS, str(ROOT)]
        subprocess.run(install, check=True)
    return str(python)
