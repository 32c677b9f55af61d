"""The main job without a key, on real files: what `make demo` shows.

A goal over three files is planned with parallel branches; one branch fails, because the person misnamed a file, and is
planned anew; a file is deleted only after the question before it was answered, here by this script, visibly; a report
is written. Everything runs through the `surefoot` command, in a temporary copy of `notebooks/data`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GOAL = (
    "average body_mass_g by species in penguins.csv; total net_generation by source in iowa-electricity.csv; "
    "total disease by year in crimea.csv. Save all of these to report.md, then delete old-draft.txt"
)


def surefoot(workspace: Path, *words: str, show: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command of surefoot as a person would, and show what was typed."""
    if show:
        print(f"\n$ surefoot {' '.join(w if ' ' not in w else repr(w) for w in words)}", flush=True)
    command = [str(Path(sys.executable).with_name("surefoot")), *words, "--workspace", str(workspace)]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SUREFOOT_", "OPENAI_"))}
    return subprocess.run(command, text=True, env=env, stdin=subprocess.DEVNULL, capture_output=not show, check=False)


def main() -> int:
    """Run the demo; the exit code says whether the goal was reached."""
    with tempfile.TemporaryDirectory(prefix="surefoot-demo-") as folder:
        workspace = Path(folder) / "files"
        shutil.copytree(Path(__file__).with_name("data"), workspace)
        (workspace / "old-draft.txt").write_text("figures of last week, to be deleted\n")
        print(f"Files: {', '.join(sorted(p.name for p in workspace.iterdir()))}")
        ended = surefoot(workspace, "run", GOAL, "--thread", "demo")
        while ended.returncode == 3:
            told = surefoot(workspace, "show", "demo", "--json", show=False)
            question = json.loads(told.stdout.splitlines()[-1])["questions"][0]
            asked = question["value"]["action_requests"][0]
            print(f"\nThe agent waits: may it {asked['name']} {asked['args']}? This demo says yes.", flush=True)
            ended = surefoot(workspace, "resume", "demo", "--interrupt", question["id"], "--approve")
        report = workspace / "report.md"
        if report.exists():
            print(f"\n--- report.md ---\n{report.read_text()}")
        gone = not (workspace / "old-draft.txt").exists()
        print(f"--- exit code {ended.returncode}; old-draft.txt is {'gone' if gone else 'still there'} ---")
        return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
