"""`python -m benchmarks judgement [--quick | --write]`: how well stuck detection tells grinding from patient work."""

import itertools
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.judgement import ladder
from benchmarks.judgement.ablation import ABILITIES, without
from benchmarks.judgement.detectors import Detector, counting, replanned, told
from benchmarks.judgement.peer_openhands import Unavailable, openhands
from benchmarks.judgement.score import Alarm, Score, early, score
from benchmarks.judgement.sets import make_set
from benchmarks.judgement.trace import Trace, load, save

TRACES = Path(__file__).with_name("traces.jsonl")
OWN = "surefoot, told"
DETECTORS: dict[str, Detector] = {
    OWN: told,
    "surefoot, replan": replanned,
    "3 identical calls": counting(3),
    "5 identical calls": counting(5),
    "5 identical calls and results": counting(5, results=True),
}
HEAD = "| precision | recall | false alarms | evidence right | wasted, median | late |"


def main(options: Sequence[str]) -> None:
    """Run the benchmark and print its tables.

    Options:
        --quick: without OpenHands' detector and without leaving anything out.
        --write: make the traces anew from the scenes.
    """
    if unknown := set(options) - {"--quick", "--write"}:
        sys.exit(f"judgement does not know {', '.join(sorted(unknown))}; there are --quick and --write.")
    if "--write" in options:
        save(make_set("known"), TRACES)
    quick = "--quick" in options
    known = load(TRACES)
    others = {"Fresh half": make_set("fresh"), "Plain half": make_set("plain"), "Sealed half": make_set("sealed")}
    traces = [*known, *(trace for made in others.values() for trace in made)]
    alarms = {name: [detect(trace) for trace in traces] for name, detect in DETECTORS.items()}
    if not quick:
        alarms |= _rivals(traces)
    parts = ["Held-out half" if trace.held_out else "Development half" for trace in known]
    parts += [title for title, made in others.items() for _ in made]
    for title in ("Development half", "Held-out half", *others):
        _print_part(title, traces, alarms, [part == title for part in parts])
    _print_families(traces, alarms)
    if not quick:
        _print_ablations(traces)
    ladder.main(quick=quick)


def _rivals(traces: Sequence[Trace]) -> dict[str, list[Alarm]]:
    try:
        return {f"OpenHands, {way}": alarms for way, alarms in openhands(traces).items()}
    except Unavailable as error:
        print(f"OpenHands' detector could not be run: {error}\n")
        return {}


def _print_part(title: str, traces: Sequence[Trace], alarms: dict[str, list[Alarm]], here: Sequence[bool]) -> None:
    print(f"\n### {title}\n\n| detector {HEAD}\n|{'---|' * 7}")
    for name, found in alarms.items():
        print(_row(name, score(_only(traces, here), _only(found, here))))


def _row(name: str, s: Score) -> str:
    wasted = "" if s.wasted is None else f"{s.wasted:g}"
    return (
        f"| {name} | {s.precision:.3f} | {s.recall:.3f} | {s.false} of {s.patient} | {s.grounded} of {s.found}"
        f" | {wasted} | {s.late} |"
    )


def _print_families(traces: Sequence[Trace], alarms: dict[str, list[Alarm]]) -> None:
    names = list(alarms)
    print(
        f"\n### By family: found of stuck, or false alarms on patient work\n\n| family | traces | {' | '.join(names)} |"
    )
    print(f"|{'---|' * (len(names) + 2)}")
    order = sorted(range(len(traces)), key=lambda n: (traces[n].stuck, traces[n].family))
    for (stuck, family), group in itertools.groupby(order, key=lambda n: (traces[n].stuck, traces[n].family)):
        places = list(group)
        counts = [sum(_counts(traces[n], found[n], stuck=stuck) for n in places) for found in alarms.values()]
        print(f"| {'stuck' if stuck else 'patient'}: {family} | {len(places)} | {' | '.join(map(str, counts))} |")


def _counts(trace: Trace, alarm: Alarm, *, stuck: bool) -> bool:
    return alarm is not None and not (stuck and early(trace, alarm))


def _print_ablations(traces: Sequence[Trace]) -> None:
    print(f"\n### What each ability is worth (all traces, told)\n\n| without {HEAD}\n|{'---|' * 7}")
    print(_row("(nothing left out)", score(traces, [told(trace) for trace in traces])))
    for ability in ABILITIES:
        with without(ability):
            print(_row(ability, score(traces, [told(trace) for trace in traces])))


def _only(values: Iterable[Any], here: Iterable[bool]) -> list[Any]:
    return list(itertools.compress(values, here))
