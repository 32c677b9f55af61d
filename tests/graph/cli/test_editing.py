"""A person changes a plan at a terminal: in their editor, in a few words, or with a file."""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot.graph.cli import asking
from surefoot.graph.cli.editing import read_data, typed_patch
from surefoot.graph.standing import Question
from surefoot.nodes.plan_review import plan_question
from surefoot.nodes.state import AgentState, Revision, SubTask, fresh_state
from surefoot.tools.errors import ResumeError
from tests.nodes.test_dag import task

Cli = Callable[..., Any]
Editor = Callable[..., list[str]]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """An editor that does one replacement a time it is opened; gives what it was shown each time."""

    def set_up(*replacements: tuple[str, str], code: int = 0) -> list[str]:
        script, todo, seen = tmp_path / "ed.py", tmp_path / "todo.json", tmp_path / "seen.json"
        todo.write_text(json.dumps(replacements))
        seen.write_text("[]")
        script.write_text(
            "import json, pathlib, sys\n"
            f"todo, seen, file = pathlib.Path({str(todo)!r}), pathlib.Path({str(seen)!r}), pathlib.Path(sys.argv[-1])\n"
            "(old, new), *rest = json.loads(todo.read_text())\n"
            "text = file.read_text()\n"
            "seen.write_text(json.dumps([*json.loads(seen.read_text()), text]))\n"
            "todo.write_text(json.dumps(rest))\n"
            "file.write_text(text.replace(old, new) if old else new)\n"
            f"sys.exit({code})\n"
        )
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"{shlex.quote(sys.executable)} {shlex.quote(str(script))}")
        return Shown(seen)

    return set_up


class Shown(list[str]):
    """What the editor was shown so far."""

    def __init__(self, seen: Path) -> None:
        self._seen = seen

    def __getitem__(self, at: Any) -> Any:
        return json.loads(self._seen.read_text())[at]


def question(*plan: SubTask) -> Question:
    state: AgentState = {**fresh_state(), "goal": "g"}
    revision = Revision(plan=list(plan), diff={}, fingerprint="f")  # type: ignore[arg-type]
    return Question("1", plan_question(state, revision, "low_confidence", 3))


PLAN = (
    task("ok", status="completed", does="Look at it."),
    task("a", "ok").model_copy(update={"tools": ["look"]}),
    task("b", "a", acceptance="It is there."),
)


def answered(*typed: str, plan: tuple[SubTask, ...] = PLAN) -> tuple[Any, list[str]]:
    """What a person types, the last of it readable: the answer, and what they were told meanwhile."""
    said: list[str] = []
    lines = iter(typed)
    return asking.ask(question(*plan), said.append, lambda prompt: next(lines)), said


def test_a_plan_changed_in_the_editor_goes_over_as_what_was_changed(editor: Editor) -> None:
    shown = editor(("description: Do a.", "description: 'Do a: so.'"), ("reason: ''", "reason: I know better."))
    answer, said = answered("modify", "modify")
    assert answer == {
        "type": "modify",
        "patch": [{"op": "change", "task_id": "a", "description": "Do a: so."}],
        "message": "",
    }
    assert said == []
    assert "#   ok: Look at it.\n" in shown[0]
    assert "- task_id: a\n  description: Do a.\n  dependencies:\n  - ok\n  tools:\n  - look\n" in shown[0]
    assert "task_id: ok" not in shown[0]
    assert "  acceptance: It is there.\n" in shown[0]


def test_the_reason_for_a_change_goes_with_it(editor: Editor) -> None:
    new = "reason: b is not needed.\nsubtasks: [{task_id: a, description: Do a., dependencies: ok, tools: [look]}]\n"
    editor(("", new))
    answer, _ = answered("m")
    assert answer == {"type": "modify", "patch": [{"op": "remove", "task_id": "b"}], "message": "b is not needed."}


def test_what_a_person_wrote_is_still_there_after_a_mistake(editor: Editor) -> None:
    broken = "task_id: [b\n  description: Do b."
    shown = editor(
        ("task_id: b\n  description: Do b.", broken),
        (f"{broken}\n  dependencies:\n  - a", "task_id: 7\n  description: Do b.\n  dependencies: nobody"),
        ("dependencies: nobody", "dependencies: ok"),
    )
    answer, said = answered("modify", "modify", "modify")
    assert answer["patch"][0] == {
        "op": "add",
        "task_id": "7",
        "description": "Do b.",
        "dependencies": ["ok"],
        "acceptance": "It is there.",
    }
    assert "The plan is not JSON or YAML: line" in said[0]
    assert "depends on 'nobody', which is not in the plan" in said[1]
    assert "task_id: [b" in shown[1] and "dependencies: nobody" in shown[2]


@pytest.mark.parametrize(
    ("replaced", "by"),
    [("nothing like this", ""), ("reason: ''", "reason: so"), ("", ""), ("", "  \n"), ("", "reason: x\n")],
)
def test_a_sheet_without_a_change_is_no_yes(editor: Editor, replaced: str, by: str) -> None:
    editor((replaced, by))
    answer, said = answered("modify", "reject no")
    assert answer == {"type": "reject", "message": "no"}
    assert len(said) == 1


def test_an_editor_that_fails_or_is_not_there_changes_nothing(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(("Do a.", "Do it."), code=3)
    monkeypatch.setenv("VISUAL", "")
    _, said = answered("modify", "no")
    assert "ended with an error (3), so nothing was changed" in said[0]
    monkeypatch.setenv("VISUAL", "/no/such/editor")
    answer, said = answered("modify", "modify remove b")
    assert said == [
        (
            "The editor '/no/such/editor' cannot be started: set EDITOR, or type the change, such as: remove b; "
            'change c after a: other words; add d after "a b", c with read_file: what to do.'
        )
    ]
    assert answer == {"type": "modify", "patch": [{"op": "remove", "task_id": "b"}]}


@pytest.mark.parametrize(
    ("typed", "patch"),
    [
        ("remove b", [{"op": "remove", "task_id": "b"}]),
        ("Change a: do; this: so", [{"op": "change", "task_id": "a", "description": "do; this: so"}]),
        ("change a after nothing", [{"op": "change", "task_id": "a", "dependencies": []}]),
        (
            'remove a;add "c d" after b, "e f" with look, put: Add it; change nothing else.\nremove x',
            [
                {"op": "remove", "task_id": "a"},
                {
                    "op": "add",
                    "task_id": "c d",
                    "dependencies": ["b", "e f"],
                    "tools": ["look", "put"],
                    "description": "Add it",
                },
                "cannot",
            ],
        ),
        ("plan.json", None),
        ("removal.yaml", None),
    ],
)
def test_a_change_in_words(typed: str, patch: Any) -> None:
    if patch and patch[-1] == "cannot":
        with pytest.raises(ResumeError, match="This change cannot be read: change nothing else"):
            typed_patch(typed)
        typed, patch = typed.replace("; change nothing else.", ""), [*patch[:-1], {"op": "remove", "task_id": "x"}]
    assert typed_patch(typed) == patch


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{\n\t"a": 1e3\n}', {"a": 1000.0}),
        ("- task_id: on\n  description: 2026-01-01\n", [{"task_id": "on", "description": "2026-01-01"}]),
        ("what: y\nsure: true\n", {"what": "y", "sure": True}),
    ],
)
def test_files_are_json_or_yaml_and_hold_what_json_holds(text: str, data: Any) -> None:
    assert read_data(text, "It") == data


@pytest.mark.parametrize("text", ["", "7", "null", "words", "{a", "a: b: c", "- !!python/object:os.system x"])
def test_what_is_neither_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ResumeError, match="It is not JSON or YAML") as caught:
        read_data(text, "It")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        '[{"op": "add", "task_id": "other", "description": "add 41", "dependencies": ["add_1"]}]',
        '{"patch": [{"op": "add", "task_id": "other", "description": "add 41"}], "reason": "More."}',
        "subtasks:\n- {task_id: add_1, description: add 1}\n- {task_id: other, description: add 41}\nreason: More.\n",
        "add other after add_1: add 41",
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_without_a_terminal_a_change_comes_from_a_file_or_a_pipe(
    cli: Cli, workspace: Path, content: str, piped: bool
) -> None:
    assert cli("run", "unsure add 1", "--thread", "t").exit_code == 3
    (workspace / "change").write_text(content)
    given = cli("resume", "t", "--modify", "-", input=content) if piped else cli("resume", "t", "--modify", "change")
    assert (given.exit_code, "add: 42" in given.stdout, "add: 2" in given.stdout) == (0, True, True)
    assert "changed by the person: added other" in given.stdout
    shown = cli("show", "t").stdout
    assert "revisions:\n  a person's plan: added other; kept add_1" in shown
    assert ("(More.)" in shown) is ("More." in content)


def test_a_bad_change_is_refused_before_it_reaches_the_run(cli: Cli, workspace: Path) -> None:
    cli("run", "unsure add 1", "--thread", "t")
    given = cli("resume", "t", "--answer", '{"type": "modify", "patch": [{"op": "remove", "task_id": "x"}]}')
    assert (given.exit_code, given.stderr.count("no subtask 'x' in the plan; there are add_1")) == (2, 1)
    assert cli("resume", "t", "--approve").exit_code == 0
