"""Reads in the words of a task what it asks for that would else look like grinding.

It may ask for the same look or press a number of times, or for some length of time; for something before or after each
piece of work; or for the very refusal, failure or emptiness that comes back. Up to there it is work, beyond it is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from surefoot.nodes.results import words
from surefoot.nodes.state import Json

__all__ = ["Asked", "read_asked"]

_NUMBERS = """
2 two twice zwei zweimal deux dos due dois duas twee dwa два две 两 二
3 three thrice drei dreimal trois tres tre três drie trzy три 三
4 four vier viermal quatre cuatro quattro quatro cztery четыре 四
5 five fünf fünfmal cinq cinco cinque vijf pięć пять 五
6 six sechs sechsmal seis sei zes sześć шесть 六
7 seven sieben siebenmal sept siete sette sete zeven siedem семь 七
8 eight acht achtmal huit ocho otto oito osiem восемь 八
9 nine neun neunmal neuf nueve nove negen dziewięć девять 九
10 ten zehn zehnmal dix diez dieci dez tien dziesięć десять 十
12 twelve dozen zwölf douze doce dodici doze twaalf
15 fifteen fünfzehn quinze quince quindici
20 twenty zwanzig vingt veinte venti vinte twintig двадцать
30 thirty dreißig trente treinta trenta trinta
"""
_VALUE = {word: int(line.split()[0]) for line in _NUMBERS.strip().splitlines() for word in line.split()}
_TIMES = re.compile(
    r"(?:x|times|mal|fois|veces|vezes|volte|keer|raz[yа]?|раза?|次|回|遍|번|kez|gånger"
    r"|tr(?:y|ies)|attempts?|retr\w+|rounds?|cycles?|laps?|steps?|looks?|checks?|readings?|samples?|measurements?|repetitions?"
    r"|versuche?n?|runden|zyklen|schritten?|messungen|essais|tours|étapes|mesures|intentos|vueltas|pasos|medidas"
    r"|tentativ\w+|giri|cicl\w+|pass[io]|misure|passos|pogingen|rondes|prób|попыт\w+|шаг\w+|цикл\w+|измерени\w+)"
)
_TOKEN = re.compile(r"\n|[^\W_]+|[.;:,]")
_AT_LEAST = re.compile(r"(?i)\bat least\b|mindestens|au moins|al menos|almeno|не менее")
_COUNTED_IN_SIGNS = re.compile(r"(\d+|[两二三四五六七八九十])\s*(?=[x×]\b|[次回遍번])")
_SPAN = r"(half an|three quarters of an|an?|one|eine[rn]?|une?|una?|ein(?:e halbe)?|\w+)(?:[ -]|(?<=\d))(minute|hour|day|tag|jour|día|giorn|день|stunde|heure|hora|minut|ora\b|ore\b|час|минут|min\b|h\b|分钟|小时)"
_LASTS = re.compile(rf"(?i)\b(?:for|over|during|lang|pendant|durante|per|в течение)\s+(?:the next\s+)?{_SPAN}")
_EVERY = re.compile(rf"(?i)\b(?:every|each|once an?|once every|alle|jede|toutes les|cada|ogni|каждые)\s+{_SPAN}")
_HOURS = ("hour", "stunde", "heure", "hora", "ora", "ore", "час", "h", "小时")
_DAYS = ("day", "tag", "jour", "día", "giorn", "день")
_AROUND_EACH = re.compile(
    r"(?i)\b(?:before|after|around|between|with)\b[^.;]{0,20}\b(?:each|every|any)\b|\b(?:each|every) time\b"
    r"|\b(?:vor|nach|bei|zwischen) jede[mrn]\b|\b(?:avant|après|entre) chaque\b|\b(?:antes|después|depois) de cada\b"
    r"|\b(?:prima|dopo) (?:di )?ogni\b|(?:перед|после) кажд|每[次个].{0,12}[前后]|ごとに"
)
_PROVES = (
    r"(?:verif|confirm|make sure|ensure|(?:check|test|show|prove|see|demonstrate) that|should|must|has to|have to|expect|is fine|are fine"
    r"|prüf|sicher|zeige|soll|muss|müssen|vérifi|assure|montre|doi(?:t|vent)|compr[uo]e?b|verific|asegur|debe|assicur|mostra|dev[eo]"
    r"|провер|убеди|должн|确认|验证|確認|検証)"
)
_NO = (
    r"(?:refus|den(?:y|ie)|reject|forbid|block|kept out|keep\w* out|fail|invalid|closed?\b|unreachable|no access|can(?:not|'t)"
    r"|throw|crash|errors?\b|not (?:be )?(?:able|allowed|possible|reach)|\b4\d\d\b|gone|verweiger|abgewiesen|abgelehnt|gesperrt|scheiter|fehlschl"
    r"|refusé|interdit|échou|rechaz|deneg|prohib|rifiut|negat|vietat|recus|negad|отказ|запрещ|拒绝|禁止|拒否)"
)
_WISHES_NO = re.compile(rf"(?i){_PROVES}[^.]*{_NO}|{_NO}[^.]*{_PROVES}")
_NEVER_NO = re.compile(
    r"(?i)\b(?:not|never|no|without|nicht|kein\w*|sans|sin|senza|не|без)\s+(?:\w+\s+)?(?:fail|error|refus|den|reject)"
)
_SURVEYS = re.compile(
    r"(?i)\b(?:on|in|at|for|of) which\b|\bwhich of\b|\b(?:each|every|any|all)\b[^.]*\bwhether\b|\bwhether (?:each|every|any|all)\b|\bwelche (?:der|von)\b|\b(?:auf|in|bei) welchen\b"
    r"|\b(?:dans|sur) quel|\b(?:en|de) (?:qué|cuáles)\b|\b(?:in|su) quali\b|哪些"
)
_BORDER = re.compile(
    r"(?i)\b(?:find|determine|what is) the (?:largest|smallest|biggest|greatest|highest|lowest|longest|shortest|maximum|minimum|earliest"
    r"|first|last)\b[^.]{0,60}\b(?:that|which|where|still)\b"
)
"""Between what works and what does not: either answer leads on."""
_ALIKE = re.compile(
    rf"(?i){_PROVES}[^.]*\b(?:all|every|each|both|alle|jede[rs]?|tous|toutes|todos|todas|tutti|tutte|все)\b"
)
_ANY_WILL_DO = re.compile(
    r"(?i)\b(?:find|get|reserve|book|choose|take|use|pick|open|rent) (?:me )?(?:any|some|a free|the first|whichever)\b|\buntil one\b|\bone of\b"
)
_EMPTY_IS_FINE = re.compile(
    r"(?i)(?:empty|no results?|none|nothing|leer\w*|vide|vac[ií]\w*|vuot\w*)\b[^.]{0,40}(?:success|fine|good|ok(?:ay)?\b|expected|erfolg|succès|éxito)"
    r"|\b(?:stay|remain|be|is|are|bleib\w*)\w* empty|\b(?:in|on|of) (?:none|no one)\b|\bnone of\b"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A task, read for what it asks to be done again and again, and for the noes it wants."""

    text: str
    around_each: bool
    """Something is to be done before or after each piece of work."""
    no_is_answer: bool
    """A refusal or failure of one thing after the other is what is looked for."""
    same_is_answer: bool
    """That one thing after the other answers alike is what is to be shown."""
    empty_is_answer: bool
    """To find nothing is a result."""
    counted: tuple[tuple[int, tuple[str, ...]], ...]
    """Each number with the words after it; twice the number where it is the least."""
    lasting: int
    """Looks in the length of time it asks for."""

    def times(self, tool: str, args: Mapping[str, Json]) -> int:
        """How many times the task asks for this call; 0 = it does not say."""
        if not self.counted:
            return self.lasting
        # "ten pings" is said of the tool ping. Of put_egg, "ten eggs" is only if it is not told which egg to put; else they
        # are what it is done with, each of them once.
        named = words(tool)
        named = {word[:4] for word in named if len(word) > 2} if len(named) == 1 or not args else set()
        found = [n for n, after in self.counted if any(_TIMES.fullmatch(w) or w.startswith((*named,)) for w in after)]
        return max([*found, self.lasting])


@lru_cache(maxsize=64)
def read_asked(text: str) -> Asked:
    """Read the goal and the subtask in words."""
    tokens = _TOKEN.findall(text.lower())
    at_least = 2 if _AT_LEAST.search(text) else 1
    counted = list[tuple[int, tuple[str, ...]]]()
    for n, token in enumerate(tokens):
        value = int(token) if token.isdecimal() else _VALUE.get(token, 0)
        if 1 < value <= 1000:
            after = (
                [token[:-3] and "times"]
                if token in ("twice", "thrice") or token.endswith("mal")
                else tokens[n + 1 : n + 4]
            )
            stop = next((i for i, word in enumerate(after) if word in _STOPS), len(after))
            counted.append((value * at_least, tuple(after[:stop])))
    counted += [(int(n) if n.isdecimal() else _VALUE[n], ("times",)) for n in _COUNTED_IN_SIGNS.findall(text)]
    lasts, every = _LASTS.search(text), _EVERY.search(text)
    lasting = round(_minutes(lasts) / (_minutes(every) if every else 1)) if lasts else 0
    return Asked(
        text=text,
        around_each=bool(_AROUND_EACH.search(text)),
        no_is_answer=bool(
            _SURVEYS.search(text)
            or _BORDER.search(text)
            or _ANY_WILL_DO.search(text)
            or (_WISHES_NO.search(text) and not _NEVER_NO.search(text))
        ),
        same_is_answer=bool(_ALIKE.search(text)),
        empty_is_answer=bool(_EMPTY_IS_FINE.search(text)),
        counted=tuple(counted),
        lasting=lasting,
    )


_STOPS = frozenset("\n.;:,") | words("and und et y e then dann to of")


def _minutes(span: re.Match[str]) -> float:
    many, unit = span[1].lower(), span[2].lower()
    part = {"half an": 0.5, "eine halbe": 0.5, "three quarters of an": 0.75}.get(many)
    count = part or float(many if many.isdecimal() else _VALUE.get(many, 1))
    return max(count * (60 if unit in _HOURS else 1440 if unit in _DAYS else 1), 1)
