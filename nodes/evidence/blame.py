"""Says which value and which source are to be doubted, what stays sound, and which tools promise the same.

A refusal downstream mostly means that a value was bad: its source is doubted first, and the tool that refused is kept. A
tool that is down is blamed itself. What another sound source gives as well, or what was accepted elsewhere, is cleared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from surefoot.nodes.evidence.plausible import Finding, doubts_of_call, doubts_of_fact, refusal
from surefoot.nodes.evidence.promises import Promise
from surefoot.nodes.evidence.provenance import Call, Ledger
from surefoot.nodes.evidence.toolset import Toolset, Trust
from surefoot.nodes.evidence.values import as_text, same

__all__ = ["Doubt", "weigh"]

_REFUSED, _DOWN, _HOLLOW, _ODD, _TAINTED = 8.0, 3.0, 3.0, 6.0, 3.0
"""What it costs to use a value that was refused, a tool that was down, one that gave nothing, a value that looks odd, and
what else came with one."""


_UNCLEAR = 4.0
"""What a value may cost at most by calls that gave nothing or failed without saying why: none of them refused it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to doubt, with who is to blame."""

    call: Call
    """What was refused, or what came back odd."""
    why: str
    value: str = ""
    """The value in doubt; empty = the result as a whole, or the tool."""
    name: str = ""
    """What the value was given as."""
    source: Call | None = None
    """The action that produced the value; None = the tool of `call` itself is to blame."""

    @property
    def blamed(self) -> str:
        """The tool in doubt."""
        return self.source.tool if self.source else self.call.tool


def weigh(ledger: Ledger, tools: Toolset) -> tuple[Trust, list[Doubt]]:
    """Weigh all that a log has shown: what each tool and value costs to trust, and every doubt, oldest first."""
    trust, doubts, tainted = Trust(), list[Doubt](), set[int]()
    by_step = {call.step: call for call in ledger.calls}
    odd = {call.step: list(_odd(call, ledger, tools)) for call in ledger.calls}
    accepted = trust.taken = _accepted(ledger, odd)
    for call in ledger.calls:
        no = refusal(call)
        if no == "down":
            _add(trust, call.tool, _DOWN)
            doubts.append(Doubt(call, f"{call.tool} is down: {_short(call)}"))
        elif no:
            doubts += _refused(
                call, no, by_step, ledger, accepted, trust, tools.promises.get(call.tool) or Promise(call.tool)
            )
        for finding in odd[call.step]:
            _add(trust, call.tool, _HOLLOW * finding.gravity)
            doubts.append(Doubt(call, finding.why))
            if finding.kind == "empty":
                doubts += _suspects(call, by_step, ledger, accepted, trust, 0.25, "got an empty result in")
            else:
                _doubt_all(call, ledger, trust, finding)
    for fact in ledger.facts:
        for finding in doubts_of_fact(fact) if fact.step >= 0 else ():
            trust.facts[fact.step, fact.text] = trust.facts.get((fact.step, fact.text), 0.0) + _ODD * finding.gravity
            if finding.kind == "form" and fact.step not in tainted:
                # Who makes up one value of a result may have made up the others.
                tainted.add(fact.step)
                _add(trust, by_step[fact.step].tool, _TAINTED)
            doubts.append(Doubt(by_step[fact.step], finding.why, fact.text, " ".join(fact.phrase), by_step[fact.step]))
    return trust, doubts


def _odd(call: Call, ledger: Ledger, tools: Toolset) -> Iterator[Finding]:
    yield from doubts_of_call(call, tools.promises.get(call.tool) or Promise(call.tool), tools.lexicon, ledger.facts)


def _accepted(ledger: Ledger, odd: dict[int, list[Finding]]) -> dict[str, set[str]]:
    """Say which values were taken by which tools without complaint."""
    found: dict[str, set[str]] = {}
    for call in ledger.calls:
        if not refusal(call) and not odd[call.step]:
            for value in call.args.values():
                found.setdefault(as_text(value), set()).add(call.tool)
    return found


def _refused(
    call: Call,
    no: str,
    by_step: dict[int, Call],
    ledger: Ledger,
    accepted: dict[str, set[str]],
    trust: Trust,
    promise: Promise,
) -> list[Doubt]:
    """Blame a refusal: the source of the value first; where the value stands in the goal, the tool itself."""
    share = 1.0 if no == "refused" else 0.4
    found = _suspects(call, by_step, ledger, accepted, trust, share, "was refused by")
    if not found:
        for need in promise.needs if no == "refused" else ():
            if (
                need.name in call.args
                and call.sources.get(need.name, ())[:1] == (-1,)
                and as_text(call.args[need.name]) not in accepted
            ):
                for phrase in need.phrases:
                    mark = as_text(call.args[need.name]), phrase
                    trust.roles[mark] = trust.roles.get(mark, 0.0) + 3.0
        _add(trust, call.tool, 2.0 if no == "refused" else _DOWN)
        return [Doubt(call, f"{call.tool} failed although its values are sound: {_short(call)}")]
    _add(trust, call.tool, 0.4 if no == "refused" else 1.5)
    return found


def _suspects(
    call: Call,
    by_step: dict[int, Call],
    ledger: Ledger,
    accepted: dict[str, set[str]],
    trust: Trust,
    share: float,
    how: str,
) -> list[Doubt]:
    """Find the values of a call that came from earlier results and that nothing else vouches for."""
    found: list[Doubt] = []
    for name, value in call.args.items():
        origin = call.sources.get(name, ())
        source = by_step.get(origin[0]) if origin else None
        if source is None:
            continue
        again = [by_step[step] for step in origin[1:] if step >= 0]
        others = {c.tool for c in again if not any(same(value, arg) for arg in c.args.values())} - {source.tool}
        if others or accepted.get(as_text(value), set()) - {call.tool, source.tool}:
            continue
        mark = (source.step, as_text(value))
        before = trust.facts.get(mark, 0.0)
        trust.facts[mark] = before + _REFUSED if share == 1.0 else max(before, min(before + _REFUSED * share, _UNCLEAR))
        _add(trust, source.tool, 2.0 * share)
        found.append(Doubt(call, f"{how} {call.tool}", as_text(value), name, source))
    return found


def _doubt_all(call: Call, ledger: Ledger, trust: Trust, finding: Finding) -> None:
    for fact in ledger.facts:
        if fact.step == call.step:
            mark = (fact.step, fact.text)
            trust.facts[mark] = trust.facts.get(mark, 0.0) + _ODD * finding.gravity


def _add(trust: Trust, tool: str, cost: float) -> None:
    trust.tools[tool] = trust.tools.get(tool, 0.0) + cost


def _short(call: Call) -> str:
    text = " ".join(as_text(call.output).split())
    return text if len(text) <= 120 else text[:119] + "…"
