"""Reads a log the way self-reflection needs it: what was done, what came of it, and whether that was news.

Thought text is not read at all. Two entries are the same only if action and result are the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import cast

from surefoot.nodes.fold import Fold
from surefoot.nodes.sameness import bare, gist, leaves, measures, mild, spans, steady, times, unechoed
from surefoot.nodes.state import Action, Json, ReactStep, StepResult, digest, result_text

__all__ = [
    "REMEMBERED",
    "Sign",
    "has_failed",
    "is_pause",
    "read_signs",
    "recent_signs",
    "without_places",
    "words",
]

_WORD = re.compile(r"[^\W_]+")
_READS_AS_ERROR = re.compile(r"(?i)^\W*(?:error|exception|traceback|fatal|failed|failure|unknown|invalid|illegal)\b")
_EXIT_CODE = re.compile(r"(?i)\W*\bexit(?:ed)?(?: with)?[ _]?(?:code|status)\W{1,3}([1-9]\d*)\W*$")
_FAILS = re.compile(
    r"(?i)(?<!\b0 )(?<!\bno )\b(?:fail(?:s|ed|ing|ures?)?|errors?|exception|traceback|denied|refused)\b"
    r"(?!\W{1,4}(?:0\b|\[\]|null|none|false))"
)
_REFUSES = re.compile(
    r"(?i)\b(?:sorry|sign in|log ?in|wrong|incorrect|denied|refused|forbidden|unauthori[sz]ed|not allowed|unavailable|try again"
    r"|not found|no such|cannot|could not|is required|please (?:sign|log|verify|enable|subscribe|contact|accept|correct|fix|enter|confirm)"
    r"|(?:session|token|form|link|page|subscription|licen[cs]e|code)\b.{0,12} expired|leider|anmelden|einloggen|falsch|abgelaufen"
    r"|ungültig|verweigert|nicht gefunden|connecter|connexion|désolé|refusé|expirée?|iniciar sesión|inicie sesión|login|lo siento"
    r"|denegad[oa]|caducad[oa]|incorrect[oa]|accedi|spiacenti|negato|scadut[oa]|errat[oa]|zaloguj|błędn\w*|войдите|неверн\w*"
    r"|отказано|ист[её]к)\b|登录|错误|拒绝|过期|ログイン|拒否|期限切れ|로그인"
)
"""Words of those who give no answer but say what is wrong, or what to do first."""
_BRIEF = 160
_NAUGHT = re.compile(
    r"(?i)^\W*(?:0|zero|no(?! such)|none|nothing|kein\w*|nichts|aucune?|rien|pas de|nessun\w*|niente|ningun[oa]?|ningún|nada|nenhum\w*"
    r"|geen|niets|brak|нет|ничего|не найдено)\b|^\W*(?:没有|无|未找到|なし|見つかりません|없)"
)
_EXCUSES = ("reason", "why", "grund", "motivo", "raison")
_VERDICTS = ("ok", "success", "passed", "valid")
_WAITS = re.compile(
    r"(?i)\b(?:pending|running|queued|waiting|in[ _-]progress|processing|not (?:yet )?ready|notready|starting|scheduled"
    r"|läuft|wartet|en cours|en attente|en curso|pendiente|in corso|em andamento|выполняется|ожидание)\b"
    r"|处理中|运行中|等待|进行中|実行中|待機|処理中"
)
_UNDER_WAY = re.compile(r"(?i)^\W*[a-z-]+ing\W*$")
_READING = frozenset(
    _WORD.findall(
        "read get list search find fetch query show view cat ls grep open browse look lookup describe inspect head "
        "tail select retrieve scan"
    )
)
_ACTING = frozenset(
    _WORD.findall(
        "send post put create add insert write append delete remove submit upload book pay edit set apply run exec execute "
        "start stop restart move go rename copy deploy update change replace patch modify commit push merge click press type "
        "fill tap turn switch toggle install upgrade migrate convert train make build save store undo redo lock unlock enable "
        "disable reset execute scroll order reserve cancel close approve reject archive tag mark play step do process"
    )
)
_SAID_BACK = frozenset(
    _WORD.findall("send post put create add insert write append delete remove submit upload book pay")
)
_SHELLS = frozenset(_WORD.findall("bash shell sh terminal command cmd"))
_READING_COMMANDS = _READING | frozenset(
    _WORD.findall(
        "pwd wc echo diff log stat du df ps which file status uptime date whoami hostname id uname free w env arch mailq type "
        "tree lsof netstat ss dig host ping printenv history top egrep rg zcat less more"
    )
)
_PAUSES = frozenset(
    _WORD.findall("sleep wait pause delay warten warte attendre attends esperar aguardar attendi подождать 等待 待つ")
)
_PLACES = frozenset(
    re.findall(
        r"\w+",
        "page p offset start skip limit size from line lines cursor y index position per_page page_size start_line end_line",
    )
)
"""Arguments that say which part of one answer is wanted."""
_BOOKKEEPING = re.compile(
    r"(?i)(?:^|_)(?:ms|took|time|elapsed|duration|latency|request|trace|session|quota|credits|confidence)(?:_|$)"
)
_TAGS = re.compile(r"<!--.*?-->|</?[a-z][a-z0-9]*(?:\s[^<>]*)?>")
_SLEEP = re.compile(r"\s*sleep +[\d.]+\w?\s*(?:;|&&)")
_RECEIPT = frozenset(
    _WORD.findall(
        "about again any available could data find here info information query relevant search there try your a accepted added all and applied are at been bytes byte change changed changes check checked checks code "
        "complete completed converted copied created deleted done downloaded empty entries entry error errors exit "
        "false file files finished for found has have in inserted installed into is it item items line lines match "
        "matches matching message missing moved new no none not nothing null of ok okay on output page passed "
        "processed queued record records removed replaced result results row rows saved sent skipped status stored "
        "success successful successfully test tests that the there to true unchanged updated uploaded valid value was "
        "were with without words warnings warning written wrote yes"
    )
)
"""Words of acknowledgements and of empty results: they say that a call ended, not what the world is like."""
_HOLLOW = _RECEIPT | {"0", "200"}
REMEMBERED = 128
"""Entries of a log that are surely looked at. What is noticed lies close together (see `Thresholds.gap`); what was seen
so long ago and comes again is no circle, and reading it all would make each resume as long as the log."""
_CONTENT_WORDS = {"looks": 3, "unknown": 6, "acts": 12}
"""Words beyond those from which a result is of substance: who acts acknowledges at more length than who looks answers."""


@dataclass(frozen=True, eq=False)
class Sign:
    """One action of the log and its result, reduced to what can be compared; what is seldom asked is read when it is."""

    index: int
    step: ReactStep
    action: str
    """Identity of tool and arguments."""
    question: str
    """As `action`, but whatever part of the answer is wanted: which page, from which line on."""
    outcome: str
    """Identity of the result, without times and what the server calls the request; of a failure also without addresses and
    ids; of nothing without the call's own words. Of a question asked again with nothing changed since, that of the earlier
    result with the same gist."""
    failed: bool
    """The call failed, or its text begins or ends as an error does."""
    failing: bool
    """It failed, or its result tells of failures (tests, builds)."""
    reads: bool
    """It only looks: so declared, or, where nobody declared it, so named (or a shell command that is)."""
    does: bool
    """It changes something: so declared, or, where nobody declared it, so named."""
    hollow: bool
    """The result says nothing at all but that the call ended."""
    empty: bool
    """The result is that there is nothing."""
    informs: bool
    """Nobody declared or named what it does, and it is answered with more than a receipt, as who looks is."""
    after_pause: bool
    """The call before it only let time pass."""
    told: ReactStep | None
    """The action before it."""
    news: bool
    """An outcome never seen before in this log, and not hollow: progress.

    A failure is news if the same call failed otherwise before and something was done about it in between."""
    changed: bool
    """A call with an effect succeeded that was never made before, or with news: the world may be another now."""
    moved: bool
    """A call with an effect that was made before succeeded otherwise than ever: it steps through something."""

    @property
    def turn(self) -> int:
        return self.step.turn

    @property
    def tool(self) -> str:
        return _call(self.step)[0].tool

    @property
    def args(self) -> dict[str, Json]:
        return _call(self.step)[0].args

    @property
    def missing(self) -> bool:
        """There is no such tool."""
        return self._kind == "missing_tool"

    @cached_property
    def paused(self) -> bool:
        """The worker let time pass right before."""
        return self.after_pause or _sleeps_first(self.step)

    @cached_property
    def asks(self) -> str:
        """As `action`, but without what was only handed out by the result before: a handle, a reference."""
        told = _text(_call(self.told)[1])[:4000] if self.told else ""
        args = _without_handed(self.args, told)
        return digest([self.tool, args]) if args != self.args else self.action

    @cached_property
    def gist(self) -> str:
        """Identity of what the result says to who asked the same before, or another part of the same."""
        action, result = _call(self.step)
        return digest([result.success, self._kind, unechoed(_says(action, result), action.args), result.total_chars])

    @cached_property
    def times(self) -> tuple[str, ...]:
        """The times in the result."""
        return times(_text(_call(self.step)[1]))

    @cached_property
    def spans(self) -> tuple[float, ...]:
        """The lengths of time in the result, which may run down."""
        return spans(_text(_call(self.step)[1]))

    @property
    def shell(self) -> bool:
        """It is a command of a shell."""
        return bool(_named(self.tool) & _SHELLS)

    @cached_property
    def shapes(self) -> tuple[str, str]:
        """Of a failure: the kind and text of the error without any number; the same without the call's own words, too."""
        if not self.failed:
            return "", ""
        plain, own = bare(_text(_call(self.step)[1]), self.args)
        return digest([self._kind, plain]), digest([self._kind, own])

    @property
    def turned_away(self) -> bool:
        """The call failed in words of who gives no answer, not in those of an error."""
        return _refuses(_call(self.step)[1].output)

    @cached_property
    def counts(self) -> tuple[tuple[float, bool], ...]:
        """Of a failure: the counts it tells, which may be counted down."""
        return measures(_text(_call(self.step)[1])) if self.failing else ()

    @cached_property
    def answers(self) -> bool:
        """The result says that there is nothing, or what there is: words, or items, and not a mere count of them."""
        action, result = _call(self.step)
        if self.hollow or self.does or self.empty:
            return self.empty
        return _telling(action, result) > 0 or _holds_items(result.output)

    @cached_property
    def content(self) -> bool:
        """The result says something of substance, beyond a receipt or an empty answer."""
        action, result = _call(self.step)
        kind = "looks" if self.reads else "unknown" if result.effect == "undeclared" else "acts"
        return _telling(action, result) >= _CONTENT_WORDS[kind]

    @cached_property
    def waiting(self) -> bool:
        """The result says itself that something is under way."""
        action, result = _call(self.step)
        return result.success and not _acts(action, result) and _tells_of_waiting(_text(result), result.output)

    @property
    def _kind(self) -> str:
        error = _call(self.step)[1].error
        return error.kind if error else ""


def read_signs(log: Sequence[ReactStep]) -> list[Sign]:
    """Read the actions of a log that have a result, in order.

    A pause is no action of its own but a mark on the next one, unless pause follows pause.
    """
    return list(_reading(log, 0).signs)


def recent_signs(log: Sequence[ReactStep]) -> list[Sign]:
    """Read the end of a log as if nothing had been before it: `REMEMBERED` entries at least, at most twice as many.

    It begins at a multiple of `REMEMBERED`, so that each entry is read once or twice however long the log becomes.
    """
    start = max(0, (len(log) // REMEMBERED - 1) * REMEMBERED)
    return list(_reading(log[start:], start).signs)


class _Reading:
    """A log as far as it is read."""

    def __init__(self) -> None:
        self.signs: list[Sign] = []
        self._outcomes: set[str] = set()
        self._earlier: dict[str, list[Sign]] = {}
        """By action."""
        self._asked: dict[str, list[Sign]] = {}
        """By question."""
        self._acted, self._changed, self._paused = -1, -1, False

    def add(self, index: int, step: ReactStep, start: int) -> None:
        """Read one more entry of a log that begins at the index `start` of the whole one."""
        if step.action is None or step.observation is None:
            return
        if not self._paused and is_pause(step):
            self._paused = True
            return
        action, result = _call(step)
        text, kind = _text(result), result.error.kind if result.error else ""
        failed = has_failed(result)
        reads = result.effect == "read_only" or (result.effect == "undeclared" and _named_like_reading(action))
        # A text that is read may be about failures.
        of_others = reads and isinstance(result.output, str)
        failing = failed or (not of_others and _tells_of_failure(text, result.output))
        does = result.effect not in ("undeclared", "read_only") or (not reads and bool(_named(action.tool) & _ACTING))
        hollow = _is_hollow(action, result)
        empty = not failed and _tells_of_nothing(action, result, reads=reads, does=does, hollow=hollow)
        known = result.effect != "undeclared" or does or bool(_named(action.tool) & _SHELLS)
        informs = not (hollow or known) and (
            not isinstance(result.output, str) or _telling(action, result) >= _CONTENT_WORDS["looks"]
        )
        name = digest([action.tool, _squeezed(action.args)])
        question = digest([action.tool, without_places(action.args)])
        what = unechoed(_says(action, result), action.args) if empty else mild(text) if failing else steady(text)
        outcome = digest([result.success, kind, what, result.total_chars])
        here, told = index + start, self.signs[-1].step if self.signs else None
        sign = Sign(
            here, step, name, question, outcome, failed, failing, reads, does, hollow, empty, informs,
            after_pause=self._paused, told=told, news=False, changed=False, moved=False,
        )  # fmt: skip
        asked, before = self._asked.setdefault(question, []), self._earlier.setdefault(name, [])
        if asked and self._changed <= asked[-1].index and not _runs_down([*before, sign]):
            outcome = next((b.outcome for b in asked if b.gist == sign.gist), outcome)
        fails_anew = bool(before) and self._acted > before[-1].index and all(outcome != b.outcome for b in before)
        news = outcome not in self._outcomes and (not failed or fails_anew) and not hollow
        # The same for one after the other is a receipt after all.
        acts = not (reads or failing or (informs and news))
        changed, moved = acts and (news or not before), acts and news and bool(before)
        sign = replace(sign, outcome=outcome, news=news, changed=changed, moved=moved)
        self.signs.append(sign)
        self._outcomes.add(outcome)
        before.append(sign)
        asked.append(sign)
        self._acted, self._paused = self._acted if reads or failed else here, False
        self._changed = here if changed else self._changed


def _runs_down(asked: list[Sign]) -> bool:
    """Whether a length of time in the last of some results is shorter than ever before, and has not grown lately."""
    columns = [sign.spans for sign in asked]
    if len({len(spans) for spans in columns}) > 1:
        return False
    return any(len(c) > 2 and c[-1] < min(c[:-1]) and c[-2] <= c[-3] for c in zip(*columns, strict=True))


def _without_handed(args: Json, told: str) -> Json:
    """Arguments without values that hold a digit and were in the result before."""
    if isinstance(args, dict):
        return {key: _without_handed(value, told) for key, value in args.items()}
    handed = isinstance(args, str) and any(map(str.isdigit, args)) and " " not in args and args in told
    return "<handed>" if handed else args


_reading = Fold[ReactStep, _Reading](_Reading, _Reading.add)


def words(*of: str) -> set[str]:
    """Split texts into words in lower case, numbers included."""
    return {word for text in of for word in _WORD.findall(text.lower())}


def without_places(args: dict[str, Json]) -> dict[str, Json]:
    """Leave out the arguments that only say which part of an answer is wanted."""
    return {name: value for name, value in args.items() if not (name.lower() in _PLACES and str(value).isdigit())}


def _call(step: ReactStep) -> tuple[Action, StepResult]:
    """The action and result of a step that has both."""
    return cast(Action, step.action), cast(StepResult, step.observation)


def _text(result: StepResult) -> str:
    return result.error.message if result.error else result_text(result.output)


def has_failed(result: StepResult) -> bool:
    """Whether a call failed, or its text begins or ends as an error does."""
    return not result.success or _reads_as_error(result.output)


def _reads_as_error(output: Json) -> bool:
    """Whether a result that was returned tells of a failure: programs and services have ways of their own."""
    if isinstance(output, str):
        ended = _EXIT_CODE.search(output) if "exit" in output.casefold() else None
        # Without a word, or with a count of none, 1 is what grep and diff say when they find nothing.
        found_none = ended is not None and ended[1] == "1" and output[: ended.start()].strip() in ("", "0")
        return _refuses(output) or bool(_READS_AS_ERROR.match(output)) or (ended is not None and not found_none)
    if not isinstance(output, dict):
        return False
    code = output.get("exit_code") or output.get("returncode")
    silent = not any(output.get(name) for name in ("stdout", "stderr", "output"))
    refused = isinstance(status := output.get("status"), int) and status >= 400
    denied = any(value is False for value in output.values()) and any(output.get(name) for name in _EXCUSES)
    return bool(output.get("error")) or bool(code and not (code == 1 and silent)) or refused or denied


def _refuses(output: Json) -> bool:
    told = isinstance(output, str) and len(output) < _BRIEF
    return told and bool(_REFUSES.search(output)) and not (_NAUGHT.match(output) or _READS_AS_ERROR.match(output))


def _says(action: Action, result: StepResult) -> str:
    return gist(_text(result) if result.error else _in_order(result.output, action.args))


def _is_hollow(action: Action, result: StepResult) -> bool:
    """Whether a result says nothing at all but that the call ended; bare numbers say something."""
    text = _text(result)
    if len(text) > _BRIEF and not _tells_nothing(text):
        return False
    return _tells_nothing(unechoed(_says(action, result), action.args))


def _tells_nothing(text: str) -> bool:
    told = set[str]()
    for found in _WORD.finditer(_TAGS.sub(" ", text[:4000]).lower()):
        if found[0] not in _HOLLOW:
            return False
        told.add(found[0])
    return not told or not all(map(str.isdigit, told))


def _telling(action: Action, result: StepResult) -> int:
    """Words of a result beyond those of a receipt."""
    # Keys of an object are its form; what it says is in the values.
    of_values = not isinstance(result.output, str) and not has_failed(result)
    said = " ".join(leaves(result.output)) if of_values else unechoed(_says(action, result), action.args)
    return sum(not word.isdigit() for word in words(_TAGS.sub(" ", said[:4000])) - _RECEIPT)


def _tells_of_nothing(action: Action, result: StepResult, *, reads: bool, does: bool, hollow: bool) -> bool:
    """Whether a result is that there is nothing, or only what was asked; silence is that only of who looks."""
    if isinstance(result.output, str):
        silent = hollow or not _EXIT_CODE.sub("", result.output).strip("0 \n")
        return (reads and silent) or (len(result.output) < _BRIEF and bool(_NAUGHT.match(result.output)))
    return (hollow and reads) or (not (does or result.output is None) and _is_empty(_own(result.output, action.args)))


def _tells_of_failure(text: str, output: Json) -> bool:
    """Whether a call that did its work reports that something else failed: a test, a build, a check."""
    denied = isinstance(output, dict) and any(output.get(name) is False for name in _VERDICTS)
    return denied or bool(_FAILS.search(text[:4000]))


def _is_empty(output: Json) -> bool:
    """Whether data holds nothing: no value but counts of none, whatever the book-keeping beside them."""
    if isinstance(output, dict):
        values = [v for name, v in output.items() if v is not True and not _BOOKKEEPING.search(name)]
        return all(map(_is_empty, values)) if values else not output
    if isinstance(output, list):
        return all(map(_is_empty, output))
    return output in (None, 0, "")


def _holds_items(output: Json) -> bool:
    values = output.values() if isinstance(output, dict) else [output]
    return any(isinstance(value, list) and value for value in values)


def _own(output: Json, args: dict[str, Json]) -> Json:
    """An object without the values that are the call's own."""
    given = list(args.values())
    if not isinstance(output, dict):
        return output
    return {name: value for name, value in output.items() if isinstance(value, bool) or value not in given}


def _in_order(output: Json, args: dict[str, Json]) -> str:
    """An output as text, without what only its order says: of lists, and of lines that are there more than once in a row."""
    if isinstance(output, str):
        return "\n".join(line for line, _ in groupby(output.splitlines()))
    return result_text(_sorted(_own(output, args)))


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    # A few figures may be a place.
    place = len(value) < 4 and all(isinstance(inner, int | float) for inner in value)
    return value if place else sorted(map(_sorted, value), key=result_text)


def _tells_of_waiting(text: str, output: Json) -> bool:
    values = leaves(output) if isinstance(output, dict) else [text]
    return bool(_WAITS.search(text[:1000])) or any(_UNDER_WAY.match(value) for value in values if len(value) < 30)


def is_pause(step: ReactStep) -> bool:
    """Whether the call only let time pass."""
    action, result = _call(step)
    if not result.success or len(leaves(action.args)) > 2:
        return False
    named = _named(action.tool)
    if named & _SHELLS:
        named = {
            word.lower() for value in leaves(action.args) for word in re.findall(r"^\W*(\w+) +[\d.]+\w?\W*$", value)
        }
    return bool(named & _PAUSES)


def _sleeps_first(step: ReactStep) -> bool:
    """Whether a shell command lets time pass and then looks."""
    return any(_SLEEP.match(value) for value in leaves(_call(step)[0].args))


def _acts(action: Action, result: StepResult) -> bool:
    """Whether the call is known to change something, so that "queued" is its receipt and no state of affairs."""
    if result.effect != "undeclared":
        return result.effect != "read_only"
    return bool(_named(action.tool) & _SAID_BACK)


def _named(tool: str) -> set[str]:
    return words(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tool))


def _named_like_reading(action: Action) -> bool:
    named = _named(action.tool)
    if not named & _SHELLS:
        return bool(named & _READING)
    command = next(iter(leaves(action.args)), "")
    return not re.search(r"[>;&`$]", command) and bool(words(*command.split()[:2]) & _READING_COMMANDS)


def _squeezed(value: Json) -> Json:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {key: _squeezed(inner) for key, inner in value.items()}
    return [_squeezed(inner) for inner in value] if isinstance(value, list) else value
