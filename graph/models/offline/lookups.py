"""Rules that work things out or look them up: arithmetic, web pages, given code, results put together."""

import re
from typing import Any

from surefoot.graph.models.offline import say
from surefoot.graph.models.offline.arithmetic import expression, numbers_in
from surefoot.graph.models.offline.clauses import Clause
from surefoot.graph.models.offline.steps import CannotDo, Steps, call
from surefoot.graph.models.offline.words import content, row
from surefoot.graph.models.offline.world import World
from surefoot.nodes.evidence.words import stem

_PAGE_WORDS = frozenset(
    stem(word)
    for word in row(
        "fetch open read visit download get load go look page site website url web tell give show find what "
        "which content contents text according listed written mentioned there stand article link address "
        "browse check from"
    )
)
_SHOWN = 3000


def fits_arithmetic(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as arithmetic."""
    return 0.96 if _formula(clause, world) else 0.0


def arithmetic(clause: Clause, world: World) -> Steps[str]:
    """Evaluate arithmetic; words such as `it` stand for earlier results."""
    formula = _formula(clause, world) or ""
    reply = yield from call("calculate", expression=formula)
    value = reply.data.get("result", reply.data) if isinstance(reply.data, dict) else reply.data
    return f"{formula} = {say.figure(value)}"


def _formula(clause: Clause, world: World) -> str | None:
    results = [number for text in world.known.values() for number in numbers_in(text)[-1:]]
    text = clause.masked
    for mark, atom in ((c, clause.atoms[ord(c) - 0xE000]) for c in clause.masked if c >= "\ue000" and c <= "\uf8ff"):
        if atom.kind in ("code", "quote") and re.fullmatch(r"[\d\s.+\-*/%()^]+", atom.value):
            text = text.replace(mark, atom.value)
    alone = re.match(
        r"(add|multiply|divide|subtract)\s+(?:it\s+)?(?:by\s+|with\s+)?(-?[\d.]+)\s*$", text, re.IGNORECASE
    )
    if alone and results:
        sign = {"add": "+", "multiply": "*", "divide": "/", "subtract": "-"}[alone[1].lower()]
        return f"{results[-1]:.15g}{sign}{alone[2]}"
    return expression(text, results)


def fits_fetch(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as a question to a web page."""
    return 0.94 if clause.values("url") and clause.family not in ("write", "delete", "move") else 0.0


def fetch(clause: Clause, world: World) -> Steps[str]:
    """Fetch a page and say its title, its text, or the lines that are about what is asked."""
    answers = []
    for url in clause.values("url"):
        found = (yield from call("fetch_url", url=url)).data
        answers.append(_from_page(found if isinstance(found, dict) else {"text": str(found)}, clause, url))
    return "\n\n".join(answers)


def _from_page(page: dict[str, Any], clause: Clause, url: str) -> str:
    title, text = str(page.get("title") or ""), str(page.get("text") or "")
    if re.search(r"\btitle\b", clause.plain):
        return f"Title of {url}: {title or '(none)'}"
    if re.search(r"\bstatus\b|\bis .*\b(?:up|online|reachable)\b", clause.plain) and "status" in page:
        return f"Status of {url}: {page['status']}"
    quoted = [value.lower() for value in clause.values("quote")]
    lines = [line.strip() for line in re.split(r"\n+|(?<=[.!?])\s+(?=[A-Z])", text) if line.strip()]
    if quoted:
        found = [line for line in lines if any(value in line.lower() for value in quoted)]
        return "\n".join(found) or f"{url} does not contain {clause.values('quote')[0]!r}."
    wanted = {stem(word) for word in content(clause.plain)} - _PAGE_WORDS
    if not wanted:
        return f"{title}\n\n{text[:_SHOWN]}".strip() + ("\n(The page goes on.)" if len(text) > _SHOWN else "")
    return _best_lines(lines, wanted) or f"{url} says nothing about {', '.join(sorted(wanted))}."


def _best_lines(lines: list[str], wanted: set[str]) -> str:
    rated = [(len(wanted & {stem(word) for word in content(line)}), line) for line in lines]
    most = max((rating for rating, _ in rated), default=0)
    return "\n".join(line for rating, line in rated if rating == most) if most else ""


def fits_code(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as running the code it quotes."""
    return 0.93 if clause.family == "run" and clause.values("code", "quote") else 0.0


def code(clause: Clause, world: World) -> Steps[str]:
    """Run the quoted Python code."""
    reply = yield from call("run_python", code=clause.values("code", "quote")[0])
    found = reply.data
    if not isinstance(found, dict):
        return reply.text
    if found.get("exit_code"):
        raise CannotDo(
            f"The code ended with exit code {found['exit_code']}: {str(found.get('stderr', '')).strip()[-500:]}"
        )
    return str(found.get("stdout", "")).strip() or "The code ran and printed nothing."


def fits_together(clause: Clause, world: World) -> float:
    """Rate how well a clause reads as putting earlier results together, with nothing else to do."""
    told = clause.family in ("show", "write", "read") or clause.says(
        "summarise summarize combine merge collect report summary"
    )
    rest = [
        word
        for word in content(clause.plain)
        if not re.match(
            r"summ|combin|merg|collect|report|result|answer|finding|everything|short|togeth|present|outcome|them|write",
            word,
        )
    ]
    return 0.6 if told and world.known and not clause.here and not rest else 0.0


def together(clause: Clause, world: World) -> Steps[str]:
    """Put the earlier results together."""
    return "\n\n".join(world.known.values())
    yield []
