"""The rivals' own environment, so that what they need does not mix with what surefoot needs."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = [found] if (found := shutil.which("uv")) else [sys.executable, "-m", "uv"]
PEERS = ["langchain==1.4.7", "langchain-openai==1.7.3"]


def peer_python() -> str:
    """The environment's interpreter; the first call builds it."""
    folder = ROOT / ".venv-peers"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([*UV, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [*UV, "pip", "install", "--quiet", "--python", str(python), *PEERS, str(ROOT)]
        subprocess.run(install, check=True)
    return str(python)
