"""Finds in a log the patterns of work that leads nowhere.

What counts is action and result together; thought text is not looked at, except for the weak sign of drift.

- repeated_action  the same call with the same result again, or with results that come and go; also with other calls in
                   between, as long as none of them changed anything. Where they bring news, a receipt ("ok") repeated
                   between them is no sign (waiting, scrolling), the same thing looked up again and again still is one.
- oscillation      two to four different calls, with their results, take turns.
- error_streak     failures in a row that differ at most in numbers, times, addresses, ids and the call's own arguments;
                   or a longer row of any failures. Where a count in them falls, or a share grows, they will end.
- no_progress      different calls bring the same content, or are turned away alike, or one request reworded is answered
                   alike (see `batch`); a failure stays the same through every change; turn after turn without any action.
- unknown_tool     calls of tools that do not exist.
- goal_drift       see `SelfReflection`.

A result that is really new, after the evidence, clears every finding but a ring in which something fails in each round.
What the task itself asks for (see `asked`) is none.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surefoot.nodes.asked import Asked, read_asked
from surefoot.nodes.batch import is_batch, is_reworded
from surefoot.nodes.signals import Sign
from surefoot.nodes.state import Diagnosis, ReactStep
from surefoot.nodes.tally import ends, indices, most, occasions, patience
from surefoot.nodes.thresholds import Thresholds

__all__ = ["Finding", "find_trouble"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was noticed, and how often it was seen."""

    diagnosis: Diagnosis
    evidence: list[int]
    """Indices of log entries."""
    count: int
    replan_at: int
    """Count from which telling the model is no longer enough."""
    text: str


def find_trouble(signs: list[Sign], log: Sequence[ReactStep], asked: str, t: Thresholds) -> Finding | None:
    """Find the gravest trouble the log ends in; None = it gets on.

    Args:
        signs: the log, read.
        asked: the goal and the subtask in words.
    """
    found = [_silence(log, t)]
    tail = _since_news(signs)
    task = read_asked(asked)
    if tail:
        found += [look(signs, tail, task, t) for look in _LOOKS]
        found.append(_same_content(signs, log, task, t))
    elif signs:
        found.append(_oscillation(signs, tail, task, t))
    present = [f for f in found if f is not None]
    return max(present, key=lambda f: f.count >= f.replan_at, default=None)


def _since_news(signs: list[Sign]) -> list[Sign]:
    last = next((i for i in range(len(signs) - 1, -1, -1) if signs[i].news), -1)
    return signs[last + 1 :]


def _unknown_tools(signs: list[Sign], tail: list[Sign], task: Asked, t: Thresholds) -> Finding | None:
    missing = [sign for sign in signs[-12:] if sign.missing]
    count = occasions(missing)
    if count < t.unknown_tools or missing[-1] not in tail:
        return None
    names = ", ".join(dict.fromkeys(sign.tool for sign in missing))
    return Finding(
        "unknown_tool",
        indices(missing),
        count,
        t.unknown_tools + 1,
        f"There is no tool named {names}, called {count} times.",
    )


def _same_form(one: Sign, other: Sign) -> bool:
    """Where something fails each time, new numbers for what is tried again are none of progress."""
    return one.asks == other.asks and one.form == other.form


_SAME: tuple[Callable[[Sign, Sign], bool], ...] = (
    lambda one, other: one.outcome == other.outcome and one.asks == other.asks,
    # Of calls that all fail it is enough that they fail alike, whatever they were asked.
    *(lambda one, other, n=n: one.fails_like(other, n) and one.tool == other.tool for n in (0, 1)),
    _same_form,
)


def _oscillation(signs: list[Sign], tail: list[Sign], task: Asked, t: Thresholds) -> Finding | None:
    for same, period in itertools.product(_SAME, (2, 3, 4)):
        last, by_form = signs[-period:], same is _same_form
        if by_form and not any(sign.failing for sign in last):
            continue
        run = period
        while run < len(signs) and same(signs[-run - 1], signs[-run - 1 + period]):
            run += 1
        evidence, at = signs[-run:], (t.rounds + 1) * period if by_form else t.rounds * period + 1
        if run < at or occasions(evidence) <= t.rounds:
            continue
        if len({sign.asks for sign in last}) < 2 or all(same(last[0], other) for other in last):
            continue
        at *= patience(evidence, t)
        if wanted := max(task.times(sign.tool, sign.args) for sign in last):
            at = max(at, (wanted + 1) * period + 1)
        if run < at or any(ends(evidence[n::period]) for n in range(period)):
            continue
        tools = ", ".join(dict.fromkeys(sign.tool for sign in last))
        text = f"The same {period} calls ({tools}) take turns with the same results, {run // period} times so far."
        return Finding("oscillation", indices(evidence), run, at + 1, text)
    return None


def _repeated(signs: list[Sign], tail: list[Sign], task: Asked, t: Thresholds) -> Finding | None:
    found: list[Finding] = []
    first = len(signs) - len(tail)
    for at in {(sign.action, sign.outcome): first + n for n, sign in enumerate(tail)}.values():
        last = signs[at]
        evidence, past_news = _repeats(signs, at, t)
        if len(evidence) < t.same_call or (past_news and task.around_each):
            continue
        results = len({sign.outcome for sign in evidence})
        # What comes and goes may still settle.
        wavers = results > 1
        times = max(patience(evidence, t), t.patience if wavers else 1)
        count, enough = occasions(evidence), (t.same_call + past_news + wavers) * times
        if wanted := task.times(last.tool, last.args):
            enough = max(enough, (wanted + 2) * results)
        if count < enough or ends(evidence):
            continue
        text = f"The same call of {last.tool} was made {count} times with {'nothing new' if wavers else 'the same result'}."
        found.append(Finding("repeated_action", indices(evidence), count, enough + 1, text))
    return max(found, key=lambda f: f.count, default=None)


def _repeats(signs: list[Sign], at: int, t: Thresholds) -> tuple[list[Sign], bool]:
    """Walk back over the repeats of one call; also whether there was news between them."""
    last = signs[at]
    evidence, between, past_news = [last], list[Sign](), False
    if len(signs) - at > t.gap + 1 or any(sign.changed for sign in signs[at + 1 :]):
        return evidence, past_news
    for sign in reversed(signs[:at]):
        if sign.action != last.action:
            between.append(sign)
            if sign.changed or len(between) > t.gap:
                break
            continue
        news = any(b.news for b in between)
        # Between news, only what is looked up again and again is a sign, and only in quick succession.
        idle = last.failed or last.content or ((last.reads or last.informs) and not last.waiting)
        if (sign.outcome != last.outcome and sign.news) or (news and (not idle or len(between) > t.gap // 2)):
            break
        past_news |= news
        evidence.append(sign)
        between = []
    return evidence[::-1], past_news


def _same_failure(signs: list[Sign], tail: list[Sign], task: Asked, t: Thresholds) -> Finding | None:
    lately = range(len(signs) - 1, len(signs) - min(len(tail), t.gap + 1) - 1, -1)
    at = next((n for n in lately if signs[n].failing or (n and signs[n - 1].writes(signs[n]))), None)
    if at is None:
        return None
    last, between = signs[at], 0
    evidence = [last]
    for sign in reversed(signs[:at]):
        between += 1
        if sign.action == last.action and sign.outcome == last.outcome:
            evidence.append(sign)
            between = 0
        elif sign.action == last.action or (sign.moved and not sign.writes(last)) or between > t.gap:
            break
    evidence.reverse()
    count = occasions(evidence)
    if count < t.same_failure or count < (enough := t.same_failure * patience(evidence, t)):
        return None
    if count < task.times(last.tool, last.args) + 2 or ends(evidence):
        return None
    if not last.failing:
        text = f"{last.tool} brought the same {count} times, whatever was written in between."
        return Finding("no_progress", indices(evidence), count, enough + 1, text)
    changed = any(sign.changed for sign in signs if evidence[0].index < sign.index < last.index)
    text = f"{last.tool} failed {count} times in exactly the same way{', whatever was changed in between' * changed}."
    return Finding("no_progress", indices(evidence), count, enough + 1, text)


def _same_errors(signs: list[Sign], tail: list[Sign], task: Asked, t: Thresholds) -> Finding | None:
    evidence = max((_alike(tail, n) for n in (0, 1)), key=len)
    varied = len({sign.action for sign in evidence}) > 1
    if len(evidence) < (at := t.varied_errors if varied else t.errors):
        return None
    at, count = at * patience(evidence, t), occasions(evidence)
    if wanted := task.times(evidence[-1].tool, evidence[-1].args):
        count, at = most(evidence), max(at, wanted + 2)
    if (varied and task.no_is_answer and most(evidence) < t.errors) or count < at or ends(evidence):
        return None
    tools = ", ".join(dict.fromkeys(sign.tool for sign in evidence))
    if varied and all(sign.turned_away for sign in evidence):
        text = f"{count} different calls of {tools} were all turned away in the same words."
        return Finding("no_progress", indices(evidence), count, at + 1, text)
    return Finding(
        "error_streak", indices(evidence), count, at + 1, f"{tools} failed {count} times in a row with the same error."
    )


def _alike(tail: list[Sign], way: int) -> list[Sign]:
    """The failures at the end that are alike in one way; what only looks does not part them."""
    evidence: list[Sign] = []
    for sign in reversed(tail):
        if sign.failed and (not evidence or sign.fails_like(evidence[0], way)):
            evidence.append(sign)
        elif sign.failed or not sign.reads:
            break
    return evidence[::-1]


def _any_errors(signs: list[Sign], tail: list[Sign], task: Asked, t: Thresholds) -> Finding | None:
    evidence = list(itertools.takewhile(lambda sign: sign.failed, reversed(tail)))[::-1]
    count = most(evidence) if evidence and task.times(evidence[-1].tool, evidence[-1].args) else occasions(evidence)
    if (
        (task.no_is_answer and most(evidence) < t.errors)
        or count < t.any_errors
        or count < (at := t.any_errors * patience(evidence, t))
        or ends(evidence)
    ):
        return None
    return Finding("error_streak", indices(evidence), count, at * 2, f"The last {count} actions all failed.")


_LOOKS: tuple[Callable[[list[Sign], list[Sign], Asked, Thresholds], Finding | None], ...] = (
    _unknown_tools,
    _oscillation,
    _repeated,
    _same_errors,
    _same_failure,
    _any_errors,
)
"""In order of how much they explain: of findings equally grave the first is reported."""


def _same_content(signs: list[Sign], log: Sequence[ReactStep], task: Asked, t: Thresholds) -> Finding | None:
    last = signs[-1]
    if last.failed or (last.empty and task.empty_is_answer):
        return None
    evidence, past_news = _same_answers(signs, last, t)
    count = occasions(evidence)
    if count < t.same_content or len({sign.action for sign in evidence}) < 2:
        return None
    # An empty answer is a valid end of a search, so more of them are needed.
    at = (t.same_content + past_news if last.content else t.same_content + 1) * patience(evidence, t)
    if count < at:
        return None
    if last.items and all(a.items > b.items for a, b in itertools.pairwise(evidence)):
        return None
    walled = last.content and not (task.same_is_answer or is_batch(evidence, log, task.text))
    if not walled and not (last.answers and is_reworded(evidence)):
        return None
    text = f"{count} different calls of {last.tool} all brought the same result."
    return Finding("no_progress", indices(evidence), count, at + 1, text)


def _same_answers(signs: list[Sign], last: Sign, t: Thresholds) -> tuple[list[Sign], bool]:
    """Walk back over the calls that were answered alike; also whether there was news between them.

    Where something is looked for and then opened, ever new finds do not hide that what is opened is always the same.
    """
    evidence, between, past_news = [last], list[Sign](), False
    for sign in reversed(signs[:-1]):
        if sign.outcome == last.outcome and (last.content or sign.tool == last.tool):
            past_news |= any(b.news for b in between)
            evidence.append(sign)
            between = []
            continue
        between.append(sign)
        parted = sign.news and not (last.reads and last.content and sign.reads and sign.tool != last.tool)
        if parted or sign.changed or len(between) > t.gap // 2:
            break
    return evidence[::-1], past_news


def _silence(log: Sequence[ReactStep], t: Thresholds) -> Finding | None:
    start = next((i + 1 for i in range(len(log) - 1, -1, -1) if log[i].action is not None), 0)
    if len(log) - start < t.silent_turns:
        return None
    acted = {step.turn for step in log if step.action is not None}
    numbered = any(step.turn for step in log)
    silent = [i for i in range(start, len(log)) if not numbered or log[i].turn not in acted]
    count = len({log[i].turn for i in silent}) if numbered else len(silent)
    if count < t.silent_turns:
        return None
    text = f"{count} turns in a row went by without any action."
    return Finding("no_progress", silent, count, t.silent_turns + 1, text)
