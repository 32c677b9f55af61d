"""The fault benchmark: what it shows, and that it would see the opposite."""

import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults.check import Verdict, check
from benchmarks.faults.driver import draw_kills, draws
from benchmarks.faults.script import TOKENS, Script, make_script

ROOT = Path(__file__).parent.parent
Log = list[dict[str, Any]]
Facts = dict[str, Any]


def command(*options: str, first: str = "") -> tuple[int, dict[str, str], str]:
    """Run the benchmark, after `first` in the same process: exit code, the table's line on surefoot, all it printed."""
    code = f"import sys\n{first}\nfrom benchmarks.faults import main\nmain(sys.argv[1:])"
    run = subprocess.run(
        [sys.executable, "-c", code, *options], cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False
    )
    lines = [line.strip("| ").split(" | ") for line in run.stdout.splitlines() if line.startswith("| ")]
    assert len(lines) == 2, run.stderr[-3000:]
    return run.returncode, dict(zip(*lines, strict=True)), run.stdout


@pytest.mark.parametrize(
    ("store", "seeds"),
    [
        ("sqlite", 6),
        pytest.param("sqlite", 30, marks=pytest.mark.slow),
        pytest.param("postgres", 30, marks=pytest.mark.slow),
    ],
)
def test_whatever_dies_nothing_is_done_twice_or_unasked_or_lost(store: str, seeds: int) -> None:
    code, row, said = command("--store", store, "--seeds", str(seeds))
    assert (code, row["duplicates"], row["unasked"], row["lost"]) == (0, "0", "0", "0"), said
    assert int(row["killed"]) >= 2 * int(row["runs"])
    assert int(row["asked: irreversible"]) > 0
    assert int(row["asked: unfinished"]) > 0


NO_JOURNAL = """
from surefoot.graph.live_run import LiveRun
LiveRun.prepare = lambda self, action, effect: ("PREPARED", None)
LiveRun.start = lambda self, action, again=False: True
LiveRun.finish = lambda self, action, result: None
"""
NO_DOUBT = """
from surefoot.tools.effects import ToolEffect
ToolEffect.repeatable = property(lambda self: True)
"""
FALSE_RECORD = """
from surefoot.graph.live_run import LiveRun
recorded = LiveRun.prepare
def prepare(self, action, effect):
    status, result = recorded(self, action, effect)
    return status, result and result.model_copy(update={"output": "made up"})
LiveRun.prepare = prepare
"""
NO_LEDGER = """
from surefoot.graph.live_run import LiveRun
LiveRun.charge_steps = lambda self, ids, task_id: len(ids)
"""


def dying_at_its_first_call(phase: str, *tools: str) -> int:
    """A seed whose first worker dies in that phase of its first call, and that is one of these tools in any order of
    its subtasks: nobody is asked before, and no call of theirs fails."""
    return next(seed for seed in itertools.count() if _dies_first(seed, phase, tools))


def _dies_first(seed: int, phase: str, tools: tuple[str, ...]) -> bool:
    if draw_kills(draws(seed))[0].hold != (1, phase):
        return False
    script = make_script(seed)
    first = [task.calls[0] for task in script.plan if not task.needs]
    return all(c.tool in tools and c.confidence > 0.7 and c.what not in script.failing for c in first)


@pytest.mark.parametrize(
    ("broken", "seen", "phase", "tools"),
    [
        pytest.param(NO_JOURNAL, "duplicates", "after", ("move", "send"), id="no journal"),
        pytest.param(NO_DOUBT, "unasked", "during", ("send",), id="nothing is in doubt", marks=pytest.mark.slow),
        pytest.param(
            FALSE_RECORD,
            "lost",
            "recorded",
            ("look", "put", "move", "send"),
            id="a record that is not what happened",
            marks=pytest.mark.slow,
        ),
        pytest.param(NO_LEDGER, "lost", "before", ("look", "put"), id="nothing is counted", marks=pytest.mark.slow),
    ],
)
def test_a_broken_agent_is_seen(
    broken: str, seen: str, phase: str, tools: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # for what is kept of runs that are not sound
    seed = str(dying_at_its_first_call(phase, *tools))
    code, row, said = command("--store", "sqlite", "--seed", seed, first=broken)
    assert code == 1
    assert int(row[seen]) > 0
    assert re.search(r"again: `python -m benchmarks faults --seed \d+ --store sqlite`", said)
    assert '{"event": "killed"' in said


@pytest.fixture
def script() -> Script:
    return next(script for script in map(make_script, range(50)) if needed(script) == {"put", "fire", "send", "push"})


def needed(script: Script) -> set[str]:
    """Tools the tests below need that a script has; of `send` one that does not fail."""
    calls = script.calls.values()
    return {c.tool for c in calls if c.tool in ("put", "fire", "push") or (c.tool == "send" and fine(script, c.what))}


def fine(script: Script, what: str) -> bool:
    return what not in script.failing


def story(script: Script) -> tuple[Log, Facts]:
    """A run in which nothing died: its effect log and its facts."""
    log: Log = [{"event": "called", "node": "think", "task": "", "turn": n} for n in range(script.model_calls)]
    texts = {what: f"{call.tool} {what}: text" for what, call in script.calls.items()}
    for what, call in script.calls.items():
        if call.tool == "fire":
            log.append({"event": "answered", "what": what, "asked": "fire", "verdict": "approve"})
        key = {"key": f"key of {what}"} if call.tool == "put" else {}
        log.append({"event": "start", "tool": call.tool, "what": what, **key})
        ended = "done" if fine(script, what) else "failed"
        log.append({"event": ended, "tool": call.tool, "what": what, "text": texts[what], **key})
    facts: Facts = {
        "status": "done",
        "answers": texts,
        "journal": dict(texts),
        "completed": [task.name for task in script.tasks.values() if not task.gives_up],
        "actions": len(script.calls),
        "steps": len(script.calls),
        "tokens": script.model_calls * TOKENS,
        "cut_off": 0,
    }
    return log, facts


def the(script: Script, tool: str) -> str:
    return next(what for what, call in script.calls.items() if call.tool == tool and fine(script, what))


def entries(log: Log, what: str) -> Log:
    return [entry for entry in log if entry.get("what") == what and entry["event"] != "answered"]


def found(verdict: Verdict) -> tuple[int, int, int]:
    return len(verdict.duplicates), len(verdict.unasked), len(verdict.lost)


def test_a_run_in_which_nothing_died_is_sound(script: Script) -> None:
    assert check(script, *story(script)) == Verdict()


@pytest.mark.parametrize("tool", ["move", "send", "fire", "push"])
def test_an_effect_that_happened_again_is_seen(script: Script, tool: str) -> None:
    log, facts = story(script)
    again = {"event": "answered", "what": the(script, tool), "asked": "unfinished_action", "verdict": "approve"}
    verdict = check(script, [*log, again, *entries(log, the(script, tool))], facts)
    assert verdict.duplicates == [f"{tool} {the(script, tool)} happened 2 times"]
    assert found(verdict) == (1, 0, 0)


@pytest.mark.parametrize("tool", ["send", "fire", "push"])
def test_a_second_start_needs_a_word_of_its_own(script: Script, tool: str) -> None:
    log, facts = story(script)
    what = the(script, tool)
    start = entries(log, what)[0]
    word = {"event": "answered", "what": what, "asked": "unfinished_action", "verdict": "approve"}
    assert found(check(script, [*log, start], facts)) == (0, 1, 0)
    assert found(check(script, [*log, word, start], facts)) == (0, 0, 0)
    assert found(check(script, [*log, word, start, start], facts)) == (0, 1, 0)
    assert found(check(script, [*log, {**word, "verdict": "respond"}, start], facts)) == (0, 1, 0)


def test_an_irreversible_action_needs_a_word_for_its_first_start_too(script: Script) -> None:
    log, facts = story(script)
    unasked = [entry for entry in log if not (entry["event"] == "answered" and entry["what"] == the(script, "fire"))]
    assert found(check(script, unasked, facts)) == (0, 1, 0)


@pytest.mark.parametrize("tool", ["look", "put", "move"])
def test_what_does_no_harm_may_start_again_unless_it_is_recorded(script: Script, tool: str) -> None:
    log, facts = story(script)
    start = entries(log, the(script, tool))[0]
    recorded = {"event": "recorded", "calls": [the(script, tool)]}
    assert found(check(script, [*log, start], facts)) == (0, 0, 0)
    assert found(check(script, [*log, recorded, start], facts)) == (1, 0, 0)


def test_another_key_is_seen(script: Script) -> None:
    log, facts = story(script)
    start = entries(log, the(script, "put"))[0]
    assert found(check(script, [*log, {**start, "key": "another"}], facts)) == (1, 0, 0)


def forget_effect(script: Script, log: Log, facts: Facts) -> None:
    log[:] = [entry for entry in log if entry.get("what") != the(script, "look")]


def forget_result(script: Script, log: Log, facts: Facts) -> None:
    del facts["answers"][next(c.what for n in facts["completed"] for c in script.tasks[n].calls)]


def tell_another_result(script: Script, log: Log, facts: Facts) -> None:
    facts["journal"][the(script, "send")] = "something else"


def stop(script: Script, log: Log, facts: Facts) -> None:
    facts["status"] = "stopped"


def leave_out(script: Script, log: Log, facts: Facts) -> None:
    facts["completed"].remove("j")


def miscount_steps(script: Script, log: Log, facts: Facts) -> None:
    facts["steps"] += 1


def enter_twice(script: Script, log: Log, facts: Facts) -> None:
    facts["actions"] += 1


def count_too_few_tokens(script: Script, log: Log, facts: Facts) -> None:
    facts["tokens"] -= 1


def count_too_many_tokens(script: Script, log: Log, facts: Facts) -> None:
    facts["tokens"] += 1


def leave_calls_set_aside(script: Script, log: Log, facts: Facts) -> None:
    facts["cut_off"] = 1


def call_once_more(script: Script, log: Log, facts: Facts) -> None:
    log.append({"event": "called", "node": "think", "task": "", "turn": 0})


LOSSES = [
    forget_effect,
    forget_result,
    tell_another_result,
    stop,
    leave_out,
    miscount_steps,
    enter_twice,
    count_too_few_tokens,
    count_too_many_tokens,
    leave_calls_set_aside,
    call_once_more,
]


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_a_loss_is_seen(script: Script, lose: Callable[[Script, Log, Facts], None]) -> None:
    log, facts = story(script)
    lose(script, log, facts)
    assert found(check(script, log, facts)) == (0, 0, 1)


def test_a_call_that_was_cut_off_may_be_made_and_paid_again(script: Script) -> None:
    log, facts = story(script)
    log += [{"event": "killed", "where": "time"}, {"event": "called", "node": "think", "task": "", "turn": 0}]
    facts["tokens"] += TOKENS
    assert check(script, log, facts).sound


def test_a_run_that_never_ended_is_lost(script: Script) -> None:
    log, _ = story(script)
    assert found(check(script, log, None)) == (0, 0, 1)
    assert found(check(script, log, None, trouble=["a worker ended by itself"])) == (0, 0, 2)


def test_a_seed_always_gives_the_same_script() -> None:
    assert [make_script(seed) for seed in range(20)] == [make_script(seed) for seed in range(20)]
    drawn = [make_script(seed) for seed in range(100)]
    assert {call.tool for script in drawn for call in script.calls.values()} == {
        "look",
        "put",
        "move",
        "send",
        "fire",
        "push",
    }
    assert any(script.revision for script in drawn) and any(script.failing for script in drawn)
