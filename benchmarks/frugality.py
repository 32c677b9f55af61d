"""How many model calls and tokens a goal costs: surefoot beside LangChain's `create_agent`, with the same tools.

Both ran the same three goals over two real Atom feeds (`tests/recordings`), each with a thinking reader that saw nothing
but the requests and answered as a chat model would. The recorded replies are served again here over real HTTP, so the
calls are the agents' own; tokens are a quarter of the UTF-8 bytes of messages, tools and replies, the same for both.
`create_agent` gets an environment of its own, built on the first run.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.from_tests import load
from benchmarks.peers import peer_python

GOALS = ("entries_per_language", "measured_systems", "what_changed")


def main(options: Sequence[str] = ()) -> None:
    """Print calls and tokens of both, and the ratios."""
    if options:
        sys.exit("frugality takes no options.")
    replay = load("fake_endpoint", "replay_endpoint")
    peer = peer_python()
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
