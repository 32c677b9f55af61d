"""The sets of traces: which scenes are in which."""

from importlib import import_module

from benchmarks.judgement.scenes import REGISTERED, SEEDS, make
from benchmarks.judgement.trace import Trace

__all__ = ["make_set"]

_KNOWN = ("held_out_patient", "held_out_stuck", "patient_asking", "patient_doing", "stuck_asking", "stuck_doing")
_PARTS = ("patient", "patient_doing", "stuck", "stuck_doing")


def make_set(name: str) -> list[Trace]:
    """Make the traces of a set, by family.

    Args:
        name: `known`: those of `traces.jsonl`, of which the modules whose names say so are the held-out half; `fresh`,
            `plain`, `sealed`: each by an author who had not seen the detector, and measured once before it was looked at.
    """
    modules = _KNOWN if name == "known" else tuple(f"{name}_{part}" for part in _PARTS)
    for module in modules:  # they register their scenes
        import_module(f"benchmarks.judgement.{module}")
    wanted = sorted((told for told in REGISTERED if told.module in modules), key=lambda told: (told.stuck, told.family))
    apart = "" if name == "known" else name
    return [make(told, seed, apart=apart) for told in wanted for seed in range(SEEDS)]
