"""Shows how far stated confidences can be believed: the body of `surefoot calibration`."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from surefoot.graph.cli import loading
from surefoot.graph.cli.job import Job
from surefoot.graph.parts import calibration_pairs
from surefoot.nodes.calibration import Pair, Reliability, reliability, threshold_for

KINDS = ("plan", "action")


def calibration(workspace: Path | None, precision: float | None, as_json: bool) -> int:
    """Print a reliability table of plans and of actions; returns the exit code."""
    job = Job(None, as_json)
    with job.reported():
        settings = loading.read_settings({"workspace": workspace})
        found: list[Pair] = []
        if loading.has_runs(settings):
            with closing(loading.look_at_runs(settings)) as store:
                found = calibration_pairs(store)
        tables = {kind: reliability([p for p in found if p.kind == kind]) for kind in KINDS}
        threshold = None if precision is None else threshold_for(found, precision)
        if as_json:
            told = {kind: table.model_dump(mode="json") for kind, table in tables.items()}
            job.output.tell({"type": "calibration", **told, "precision": precision, "threshold": threshold})
        else:
            job.output.say("\n".join([*_tables(tables), *_advice(found, precision, threshold)]))
    return job.code


def _tables(tables: dict[str, Reliability]) -> Iterator[str]:
    for kind, table in tables.items():
        if table.brier is None or table.ece is None:
            yield f"{kind}s: none was stated with a confidence yet."
            continue
        yield f"{kind}s: {table.count} stated, Brier {table.brier:.3f}, calibration error (ECE) {table.ece:.3f}"
        yield "    stated       count  mean  went well"
        for row in table.bins:
            yield f"    {row.low:.1f} to {row.high:.1f} {row.count:8}  {row.stated:.2f}  {row.went_well:9.2f}"


def _advice(found: Sequence[Pair], precision: float | None, threshold: float | None) -> Iterator[str]:
    if precision is None:
        return
    if threshold is None:
        yield f"No threshold gives {precision:.0%} for certain: {len(found)} were stated so far."
    else:
        yield f"From {threshold:g} on, {precision:.0%} went well for certain: SUREFOOT_CONFIDENCE_THRESHOLD={threshold:g}"
