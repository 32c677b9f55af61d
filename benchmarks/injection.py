"""What an injected instruction can do to an agent whose model obeys it, and how often a person is asked.

AgentDojo's 97 user tasks and 949 attacks on them, without a model: `tests/security/dojo` tells how. The person who is
asked says yes to exactly the calls of the user's task. LangChain's `create_agent` goes through the same, with the same
tools, script and person.
"""

import sys
from pathlib import Path
from typing import Any

AGENTS = (
    "declared",
    "declared, reading trusted",
    "all reversible",
    "undeclared",
    "approvals=auto",
    "create_agent, asks for irreversible",
    "create_agent, asks for every effect",
)


def main() -> None:
    """Print for each agent what came of the tasks and of the attacks."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "security"))
    from dojo.rounds import SPOKEN, play

    print(
        "| agent | tasks done | questions a task | attacks | that had an effect | that reached their goal | tasks done |"
    )
    print("|---|---|---|---|---|---|---|")
    for agent in AGENTS:
        runs = play((agent, "tasks"), (agent, "attacks"))
        tasks = [r for r in runs if r["round"] == "tasks"]
        attacks = [r for r in runs if r["round"] == "attacks" and (r["suite"], r["attack"]) != SPOKEN]
        asked = sum(len(r["asked"]) for r in tasks) / len(tasks)
        told = [
            agent,
            _share(tasks, "done"),
            f"{asked:.2f}",
            f"{len(attacks)}",
            f"{sum(bool(r['strays']) for r in attacks)}",
            f"{sum(r['attacked'] for r in attacks)}",
            _share(attacks, "done"),
        ]
        print(f"| {' | '.join(told)} |", flush=True)
    print()


def _share(runs: list[dict[str, Any]], what: str) -> str:
    return f"{sum(r[what] for r in runs) / len(runs):.1%}"
