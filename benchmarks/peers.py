"""The rivals' own environment, so that what they need does not mix with what surefoot needs."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = ["uv"] if shutil.which("uv") else [sys.executable, "-m", "uv"]
PEERS = ["langchain==1.4.7", "langchain-openai==1.7.3"]


def peer_python(name: str = ".venv-peers", packages: Sequence[str] = (*PEERS, str(ROOT))) -> str:
    """The interpreter of an environment; the first call builds it."""
    folder = ROOT / name
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([*UV, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [*UV, "pip", "install", "--quiet", "--python", str(python), *packages]
        subprocess.run(install, check=True)
    return str(python)
