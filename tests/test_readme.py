"""README says what is so: its code runs, its drawing is the graph, its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

from surefoot.graph import ScriptedModel, build_graph

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, re.DOTALL)


def test_the_code_runs(tmp_path: Path) -> None:
    for code in blocks("python"):
        subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True, capture_output=True)


def test_the_drawing_is_the_graph() -> None:
    """Regenerate it with `surefoot graph`."""
    drawn = build_graph(ScriptedModel({}), []).get_graph(xray=True).draw_mermaid()
    assert blocks("mermaid") == [drawn]


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", "".join(blocks("console")))) <= targets
