"""Gives the agent a Python interpreter that reads the workspace and changes nothing."""

import marshal
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from surefoot.tools.child import Ended, run_child
from surefoot.tools.clean import clean_text
from surefoot.tools.effects import tool_effect
from surefoot.tools.limits import Limits
from surefoot.tools.walls import walls_available
from surefoot.tools.workspace import HOME_NAME, Workspace

__all__ = ["python_tool", "run_code"]

_GUARD = Path(__file__).with_name("guard.py")
_OUTPUT_BYTES = 40_000
_FILE_MB = 256
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def python_tool(workspace: Workspace, *, timeout: float = 30, memory_mb: int = 1024) -> BaseTool:
    """Build the tool `run_python` on a workspace; `timeout` in seconds for one call.

    It is read-only where the kernel can hold the code in. Where it cannot, the guard is weaker than code made to
    break it, so the tool counts as irreversible and a person is asked each time.
    """
    walls = walls_available()

    def run_python(
        code: Annotated[str, Field(description="Python code; the current folder is the workspace.")],
    ) -> dict[str, Any]:
        """Run Python code that reads workspace files of any format (XML, HTML, logs) and prints what it finds. It \
cannot write or delete files, start programs or use the network: other tools do that.

        Returns exit_code, stdout, stderr. The standard library and the installed packages can be imported. Each call
        starts afresh. The value of a last line that is an expression is printed too.
        """
        return run_code(code, workspace, timeout=timeout, memory_mb=memory_mb, kernel_walls=walls)

    tool = StructuredTool.from_function(run_python)
    return tool_effect("read_only" if walls else "irreversible", timeout=timeout + 15)(tool)


def run_code(code: str, workspace: Workspace, *, timeout: float, memory_mb: int, kernel_walls: bool) -> dict[str, Any]:
    """Run code in a guarded child; `kernel_walls=False` leaves the audit hook as the only guard."""
    scratch = tempfile.mkdtemp(prefix="surefoot-")
    try:
        root = str(workspace.root)
        spec = {"code": clean_text(code), "workspace": root, "hidden": HOME_NAME, "walls": kernel_walls}
        ended = run_child(
            [sys.executable, "-I", "-B", "-X", "utf8", str(_GUARD)],
            stdin=marshal.dumps({**spec, "scratch": str(Path(scratch).resolve())}),
            timeout=timeout,
            limits=Limits(int(timeout) + 1, memory_mb, _FILE_MB, output_bytes=_OUTPUT_BYTES),
            env={"HOME": scratch, "TMPDIR": scratch, "MPLCONFIGDIR": scratch, "PATH": "/usr/bin:/bin"}
            | {"LANG": "C.UTF-8", **dict.fromkeys(_THREADS, "1")},
            cwd=root,
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _told(ended, timeout)


def _told(ended: Ended, timeout: float) -> dict[str, Any]:
    stderr = clean_text(ended.stderr.decode("utf-8", "replace"))
    if ended.timed_out:
        stderr += f"\n[stopped: it ran longer than {timeout:g} seconds]"
    elif ended.exit_code < 0:
        stderr += f"\n[stopped by signal {-ended.exit_code}: it crashed, used too much, or printed without end]"
    stdout = clean_text(ended.stdout.decode("utf-8", "replace"))
    return {"stdout": stdout, "stderr": stderr, "exit_code": ended.exit_code}
