"""Knows what a result says of itself: nothing, only that the call ended, that something failed, or is under way, or a no."""

import re
from itertools import groupby

from surefoot.nodes.sameness import gist, leaves, unechoed
from surefoot.nodes.state import Action, Json, StepResult, result_text

__all__ = [
    "denies",
    "has_failed",
    "holds_items",
    "is_hollow",
    "items_of",
    "refuses",
    "says",
    "telling",
    "tells_of_failure",
    "tells_of_nothing",
    "tells_of_waiting",
    "text_of",
    "words",
]

_WORD = re.compile(r"[^\W_]+")
_READS_AS_ERROR = re.compile(
    r"(?i)^\W*(?:\w*(?:error|exception)|traceback|fatal|failed|failure|unknown|invalid|illegal)\b"
)
_EXIT_CODE = re.compile(r"(?i)\W*\bexit(?:ed)?(?: with)?[ _]?(?:code|status)\W{1,3}([1-9]\d*)\W*$")
_FAILS = re.compile(
    r"(?i)(?<!\b0 )(?<!\bno )\b(?:fail(?:s|ed|ing|ures?)?|errors?|exception|traceback|denied|refused)\b"
    r"(?!\W{1,4}(?:0\b|\[\]|null|none|false))"
)
_MAY_FAIL = ("fail", "error", "exception", "traceback", "denied", "refused")
_REFUSES = re.compile(
    r"(?<!\w)(?:sorry|sign in|log ?in|wrong|incorrect|denied|refused|forbidden|unauthori[sz]ed|not allowed|unavailable|try again"
    r"|not found|no such|cannot|could not|is required|please (?:sign|log|verify|enable|choose|select|subscribe|contact|accept|correct|fix|enter|confirm)"
    r"|(?:session|token|form|link|page|subscription|licen[cs]e|code)\b.{0,12} expired|leider|anmelden|einloggen|falsch|abgelaufen"
    r"|ungültig|verweigert|nicht gefunden|connecter|connexion|désolé|refusé|expirée?|iniciar sesión|inicie sesión|login|lo siento"
    r"|denegad[oa]|caducad[oa]|incorrect[oa]|accedi|spiacenti|negato|scadut[oa]|errat[oa]|zaloguj|błędn\w*|войдите|неверн\w*"
    r"|отказано|ист[её]к)\b"
)
_REFUSES_IN_SIGNS = ("登录", "错误", "拒绝", "过期", "ログイン", "拒否", "期限切れ", "로그인")
"""Words of those who give no answer but say what is wrong, or what to do first; in small letters, a fifth of the time."""
_BRIEF = 160
_NAUGHT = re.compile(
    r"(?i)^\W*(?:0|zero|no(?! such)|none|nothing|kein\w*|nichts|aucune?|rien|pas de|nessun\w*|niente|ningun[oa]?|ningún|nada|nenhum\w*"
    r"|geen|niets|brak|нет|ничего|не найдено)\b|^\W*(?:没有|无|未找到|なし|見つかりません|없)"
)
_EXCUSES = ("reason", "why", "grund", "motivo", "raison")
_VERDICTS = ("ok", "success", "passed", "valid")
_WAITS = re.compile(
    r"(?i)\b(?:pending|(?<!of )running|queued|waiting|in[ _-]progress|processing|not (?:yet )?ready|notready|starting|scheduled"
    r"|läuft|wartet|en cours|en attente|en curso|pendiente|in corso|em andamento|выполняется|ожидание)\b"
    r"|处理中|运行中|等待|进行中|実行中|待機|処理中"
)
_UNDER_WAY = re.compile(r"(?i)^\W*[a-z-]+ing\W*$")
_BOOKKEEPING = re.compile(
    r"(?i)(?:^|_)(?:ms|took|time|elapsed|duration|latency|request|trace|session|quota|credits|confidence)(?:_|$)"
)
_RATES = re.compile(r"(?i)score|rank|relevance|similarity|distance|confidence")
_TAGS = re.compile(r"<!--.*?-->|</?[a-z][a-z0-9]*(?:\s[^<>]*)?>")
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


def words(*of: str) -> set[str]:
    """Split texts into words in lower case, numbers included."""
    return {word for text in of for word in _WORD.findall(text.lower())}


def text_of(result: StepResult) -> str:
    """A result as text: what it brought, or why it brought nothing."""
    return result.error.message if result.error else result_text(result.output)


def has_failed(result: StepResult) -> bool:
    """Whether a call failed, or its text begins or ends as an error does."""
    return not result.success or reads_as_error(result.output)


def reads_as_error(output: Json) -> bool:
    """Whether a result that was returned tells of a failure: programs and services have ways of their own."""
    if isinstance(output, str):
        ended = _exit_of(output)
        # Without a word, or with a count of none, 1 is what grep and diff say when they find nothing.
        found_none = ended is not None and ended[1] == "1" and output[: ended.start()].strip() in ("", "0")
        return refuses(output) or bool(_READS_AS_ERROR.match(output)) or (ended is not None and not found_none)
    if not isinstance(output, dict):
        return False
    code = output.get("exit_code") or output.get("returncode")
    silent = not any(output.get(name) for name in ("stdout", "stderr", "output"))
    refused = isinstance(status := output.get("status"), int) and status >= 400
    denied = any(value is False for value in output.values()) and any(output.get(name) for name in _EXCUSES)
    return bool(output.get("error")) or bool(code and not (code == 1 and silent)) or refused or denied


def _exit_of(output: str) -> re.Match[str] | None:
    return _EXIT_CODE.search(output) if "exit" in output.casefold() else None


def refuses(output: Json) -> bool:
    """Whether a result gives no answer but says in a few words what is wrong, or what to do first."""
    told = isinstance(output, str) and len(output) < _BRIEF
    return told and denies(output) and not (_NAUGHT.match(output) or _READS_AS_ERROR.match(output))


def says(action: Action, result: StepResult) -> str:
    """The gist of a result, whatever order it comes in."""
    return gist(text_of(result) if result.error else _in_order(result.output, action.args))


def denies(text: str) -> bool:
    """Whether there are words of who gives no answer in a text of any length."""
    text = text[:4000].casefold()
    return any(word in text for word in _REFUSES_IN_SIGNS) or bool(_REFUSES.search(text))


def is_hollow(action: Action, result: StepResult) -> bool:
    """Whether a result says nothing at all but that the call ended; bare numbers say something."""
    text = text_of(result)
    if len(text) > _BRIEF and not _tells_nothing(text):
        return False
    return _tells_nothing(unechoed(says(action, result), action.args))


def _tells_nothing(text: str) -> bool:
    told = set[str]()
    for found in _WORD.finditer(_TAGS.sub(" ", text[:4000]).lower()):
        if found[0] not in _HOLLOW:
            return False
        told.add(found[0])
    return not told or not all(map(str.isdigit, told))


def telling(action: Action, result: StepResult) -> int:
    """Words of a result beyond those of a receipt."""
    # Keys of an object are its form; what it says is in the values.
    of_values = not isinstance(result.output, str) and not has_failed(result)
    said = " ".join(leaves(result.output)) if of_values else unechoed(says(action, result), action.args)
    return sum(not word.isdigit() for word in words(_TAGS.sub(" ", said[:4000])) - _RECEIPT)


def tells_of_nothing(action: Action, result: StepResult, *, reads: bool, does: bool, hollow: bool) -> bool:
    """Whether a result is that there is nothing, or only what was asked; silence is that only of who looks."""
    if isinstance(result.output, str):
        ended = _exit_of(result.output)
        told = result.output[: ended.start()] if ended else result.output
        silent = reads and (hollow or not told.strip("0 \n"))
        return silent or (len(result.output) < _BRIEF and bool(_NAUGHT.match(result.output)))
    return (hollow and reads) or (not (does or result.output is None) and _is_empty(_own(result.output, action.args)))


def tells_of_failure(text: str, output: Json) -> bool:
    """Whether a call that did its work reports that something else failed: a test, a build, a check."""
    denied = isinstance(output, dict) and any(output.get(name) is False for name in _VERDICTS)
    told = text[:4000].casefold()
    return denied or (any(word in told for word in _MAY_FAIL) and bool(_FAILS.search(text[:4000])))


def _is_empty(output: Json) -> bool:
    """Whether data holds nothing: no value but counts of none, whatever the book-keeping beside them."""
    if isinstance(output, dict):
        values = [v for name, v in output.items() if v is not True and not _BOOKKEEPING.search(name)]
        return all(map(_is_empty, values)) if values else not output
    if isinstance(output, list):
        return all(map(_is_empty, output))
    return output in (None, 0, "")


def items_of(output: Json) -> frozenset[str]:
    """The items of a list, each without how well it fits."""
    found = next((v for v in (output.values() if isinstance(output, dict) else [output]) if isinstance(v, list)), [])
    return frozenset(
        result_text({k: v for k, v in item.items() if not _RATES.search(k)} if isinstance(item, dict) else item)
        for item in found
    )


def holds_items(output: Json) -> bool:
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


def tells_of_waiting(text: str, output: Json) -> bool:
    values = leaves(output) if isinstance(output, dict) else [text]
    return bool(_WAITS.search(text[:1000])) or any(_UNDER_WAY.match(value) for value in values if len(value) < 30)
