"""Knows a plan again: by a fingerprint of what it does, and by likeness where it is only told in other words.

Two subtasks are alike when they name the same things (files, figures, addresses, in the same roles), use the same
tools, and are about the same: one may say a word more than the other, but where each has a word of its own (median for
mean, the mirror for the site) something has changed. Two plans are alike when their subtasks are, one for one, and build
on each other in the same way. What was finished between two plans is no difference, unless what is still to be done
builds on it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from surefoot.nodes import dag
from surefoot.nodes.records import Json, SubTask, SubTaskStatus, digest
from surefoot.nodes.vocabulary import EMPTY, FILLER, NEGATIONS, SAME, SOURCE, TARGET

__all__ = ["alike", "fingerprint", "sketch"]

Sketch = Mapping[str, Json]
"""fingerprint, and per subtask: words, verbs, negations, names (role and name), tools, checks, done, needs (numbers of
subtasks)."""

_ENOUGH_TO_KNOW = 1
"""Words and names in common under which the verbs count, too: "read the file" is not "query the file"."""
_ENOUGH_WORDS = 3
"""Words in common from which one more on one side may be mere telling."""
_SAYS_NOTHING = FILLER | EMPTY | SOURCE | TARGET
_MOST_TRIES = 2000
"""Ways of pairing that are tried before two plans are taken for different."""
_TOKENS = re.compile(r"[\w./:@#%+~-]*\w[\w/]*|[<>=]+")
_ENDINGS = (
    "ations",
    "ation",
    "ating",
    "ated",
    "ates",
    "ate",
    "ings",
    "ing",
    "ions",
    "ion",
    "ies",
    "ed",
    "es",
    "ly",
    "s",
    "y",
    "e",
)


def fingerprint(subtasks: Sequence[SubTask]) -> str:
    """Name a plan by what it does: order, ids, status, case, punctuation and filler words do not count."""
    marks: dict[str, str] = {}
    for task in dag.execution_order(subtasks):
        needs = sorted(marks[d] for d in set(task.dependencies))
        marks[task.task_id] = digest(
            [_plain_words(task.description), _plain_words(task.acceptance), needs, *_checks(task)]
        )
    return digest(sorted(marks.values()))


def sketch(subtasks: Sequence[SubTask]) -> dict[str, Json]:
    """Keep of a plan what it can be known again by, as plain JSON."""
    place = {task.task_id: n for n, task in enumerate(subtasks)}
    tasks = [
        {
            **_features(task),
            "needs": sorted(place[d] for d in set(task.dependencies)),
            "done": task.status == SubTaskStatus.COMPLETED,
        }
        for task in subtasks
    ]
    return {"fingerprint": fingerprint(subtasks), "tasks": tasks}


def alike(earlier: Sketch, later: Sketch) -> bool:
    """Whether a plan does the same as an earlier one, however it is told and whatever was finished since."""
    return earlier["fingerprint"] == later["fingerprint"] or _matched(earlier["tasks"], later["tasks"])


def _matched(first: list[Json], second: list[Json]) -> bool:
    """Whether the subtasks can be paired so that each pair is alike and needs the same pairs.

    What is left over in the second must be finished, and of no use to what it has still to do.
    """
    like = [[m for m, other in enumerate(second) if _same_task(task, other)] for task in first]
    open_ends, tries = [dict[int, int]()], 0
    while open_ends and tries < _MOST_TRIES:
        tries += 1
        paired = open_ends.pop()
        new = len(paired)
        if new == len(first):
            if _rest_is_past(second, set(paired.values())):
                return True
            continue
        free = (m for m in like[new] if m not in paired.values())
        open_ends += [pairs for m in free if _fits(first, second, new, pairs := {**paired, new: m})]
    return False


def _rest_is_past(tasks: list[Json], paired: set[int]) -> bool:
    """Whether the other subtasks are finished, and nothing that is still to be done needs one of them."""
    todo = [n for n, task in enumerate(tasks) if not task["done"]]
    return paired.issuperset(todo) and all(paired.issuperset(tasks[n]["needs"]) for n in todo)


def _fits(first: list[Json], second: list[Json], new: int, paired: dict[int, int]) -> bool:
    """Whether the newest pair builds on the earlier pairs in the same way, and they on it."""
    return all(
        (new in first[n]["needs"]) == (paired[new] in second[m]["needs"])
        and (n in first[new]["needs"]) == (m in second[paired[new]]["needs"])
        for n, m in paired.items()
    )


def _same_task(one: Json, other: Json) -> bool:
    if one["tools"] and other["tools"] and one["tools"] != other["tools"]:
        return False
    if one.get("checks", []) != other.get("checks", []):
        return False
    if one["negations"] != other["negations"] or not _same_names(one["names"], other["names"]):
        return False
    first, second = set(one["words"]), set(other["words"])
    here, there, common = first - second, second - first, first & second
    if len(common) + len(one["names"]) < _ENOUGH_TO_KNOW and one["verbs"] != other["verbs"]:
        return False
    told_longer = len(here | there) == 1 and len(common) + len(one["names"]) >= _ENOUGH_WORDS
    return not (here or there) or told_longer


def _same_names(one: list[list[str]], other: list[list[str]]) -> bool:
    """The same names, none of them a source here and a target there."""
    if Counter(name for _, name in one) != Counter(name for _, name in other):
        return False
    roles: dict[str, set[str]] = {}
    for role, name in [*one, *other]:
        roles.setdefault(name, set()).add(role)
    ends = Counter(name for _, name in one)
    return all({"source", "target"} - found for name, found in roles.items() if ends[name] == 1)


def _features(task: SubTask) -> dict[str, Json]:
    words, verbs, negations, names, role = set[str](), set[str](), set[str](), list[list[str]](), ""
    text = unicodedata.normalize("NFKC", f"{task.description} {task.acceptance}").replace("’", "'")
    for found in _TOKENS.findall(text.replace("'s ", " ")):
        token = found.strip(".:/") or found
        word = token.casefold()
        role = "target" if word in TARGET else "source" if word in SOURCE else role
        if _is_name(token):
            names.append([role, word])
        elif word in NEGATIONS:
            negations.add(word)
        elif (meant := SAME.get(word) or SAME.get(_stem(word)) or word) not in _SAYS_NOTHING:
            words.add(_stem(meant))
        elif word not in FILLER:
            verbs.add(_stem(meant))
    sets = {"words": words, "verbs": verbs, "negations": negations, "tools": task.tools or []}
    return {"names": sorted(names), "checks": _checks(task), **{kind: sorted(found) for kind, found in sets.items()}}


def _checks(task: SubTask) -> list[str]:
    """A plan whose check was wrong and is put right is another plan, though its words are the same."""
    return sorted(digest(check.model_dump(mode="json")) for check in task.checks)


def _is_name(token: str) -> bool:
    """A file, figure, address, option, identifier or comparison: it means one thing, whatever words stand around it."""
    odd = any(char.isdigit() or char in "._/@#:<>=~%" for char in token) or token.startswith("-")
    return odd or (len(token) == 1 and token not in "aAI") or (token[1:] != token[1:].lower() and not token.isupper())


def _stem(word: str) -> str:
    """Cut what grammar adds, so that "summaries", "failing" and "translation" meet "summary", "fail" and "translate"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _plain_words(text: str) -> list[str]:
    """The words that carry the meaning, in their order: "copy x to y" is not "copy y to x"."""
    found = re.findall(r"\w+|[<>=]+", unicodedata.normalize("NFKC", text).casefold())
    return [word for word in found if word not in FILLER]
