"""The notebooks run from top to bottom without a key or a network, and are kept without their outputs."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client import KernelManager
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
SHOWN = {
    "01_first_run": [">execute<", ">observe<", ">t3<", "5076.01", "sum wounds in crimea.json: 3770"],
    "02_inside_the_loop": [
        "answer -> Fossil fuels.",
        "Referenced column &quot;amount&quot; not found",
        "620129",
        "[tool] ERROR exception",
        "missing_tool: There is no tool named 'read_mail'",
        "bad_arguments",
        "turns: [1, 1]",
        "stuck -> The same call of search_files was made 4 times",
        "surefoot says:",
    ],
    "03_stuck_and_replan": [
        "progressing, so: continue",
        "8 of 9 files done",
        "repeated_action, so: replan",
        "oscillation, so: replan",
        "repeated_action [0, 1, 2] -> nudge\n",
        " -> model\n",
        " -> the attempt ends\na new plan: ['site', 'archive', 'report']",
        "kept",
        "+ new",
        "~ changed",
        "− gone",
        "replan  used 1 times, helped 1 times",
        "Enough wind for a mill.",
        "approve_replan because of repeats",
        "Aborted by the person. There is no wind.",
    ],
    "04_human_checkpoint": [
        "delete_file {'path': 'old-1.csv'}",
        "['old-1.csv', 'old-2.csv', 'old-3.csv']",
        "The answer cannot be read",
        "after the first answer:  ['old-1.csv', 'old-3.csv'] 1 question open",
        "after the second answer: ['old-1.csv'] done",
        "approve_plan because of low_confidence",
        "disease: ",
        ">wounds<",
        ">kept<",
        ">disease<",
        ">+ new<",
    ],
    "05_budget_and_resume": [
        "stopped\nStopped by the budget. 2 of 2 steps used",
        "Done.\n- done: Total wounds in crimea.json",
        "'usd': 0.0",
        "the kernel is dead, exit code -9\nAnn was paid\nBen was paid\n\n",
        "unfinished_action {'tool': 'pay', 'args': {'name': 'Ben'}}",
        "\n\nAnn was paid\nBen was paid\nCem was paid\n\n",
    ],
    "06_own_tools_and_endpoint": [
        "note -> idempotent\npost -> undeclared\n",
        "year_of -> read_only",
        "find_books -> read_only",
        "lend_book -> irreversible",
        "lend_book {'title': 'Notes on Nursing', 'reader': 'Ann'}",
        "Ann has the book of 1859.",
        "'Notes on Nursing is with Ann now'",
        "tiny 2 messages, tools: none\ntiny 2 messages, tools: note, post, year_of, find_books, lend_book",
        "tiny 11 messages",
    ],
    "07_reading_the_report": [
        "1 replans.",
        "rests on ['query_data', 'query_data']",
        "checks: ['passed']",
        "asked: delete_file {'path': 'draft.txt'} because irreversible -> approve",
        "1 begun",
        "finished  done",
        "t3: gave_up",
        "t5: completed",
        "steps: 8 of 12",
        "41 pairs, Brier 0.22, expected calibration error 0.25",
        "stated, 0.00 went well",
        "<iframe srcdoc=",
    ],
}
"""What a reader must see, in this order."""


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_every_notebook_is_tested() -> None:
    assert sorted(SHOWN) == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_is_short_and_kept_without_outputs(name: str) -> None:
    cells = read(name).cells
    assert len(cells) < 15
    for cell in cells:
        assert (cell.get("outputs", []), cell.get("execution_count")) == ([], None)


@pytest.mark.parametrize("name", SHOWN)
def test_no_cell_ends_in_a_graph_whose_picture_a_web_service_would_draw(name: str) -> None:
    for cell in read(name).cells:
        body = ast.parse(cell.source).body if cell.cell_type == "code" else []
        last = body[-1] if body else None
        assert not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Name))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One kernel for all of them: to import the agent takes longer than most of them run."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR"):
            patch.setenv(variable, str(tmp_path_factory.mktemp(variable)))
        for variable in [name for name in os.environ if name.startswith(("SUREFOOT_", "OPENAI_"))]:
            patch.delenv(variable)
        manager = KernelManager()
        manager.start_kernel(cwd=str(FOLDER))
        yield manager
        manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_runs_and_shows_what_it_says(name: str, kernel: Any) -> None:
    notebook = read(name)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))  # nothing from the notebook before
    client = NotebookClient(notebook, km=kernel, timeout=60)
    try:
        client.execute()
    finally:
        client.kc.stop_channels()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    shown = "".join(_text(output) for output in outputs)
    for text in SHOWN[name]:
        assert text in shown
        shown = shown.partition(text)[2]


def _text(output: Any) -> str:
    """What a reader sees of an output: printed text, a picture or a table, Markdown, or the value."""
    data = output.get("data", {})
    return str(output.get("text") or data.get("text/html") or data.get("text/markdown") or data.get("text/plain", ""))
