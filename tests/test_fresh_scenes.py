from collections import Counter

from benchmarks.judgement.sets import make_set
from benchmarks.judgement.trace import Trace


def test_scenes_by_other_authors_are_apart_from_the_published_ones_and_no_two_scenes_are_the_same() -> None:
    apart, published = [*make_set("fresh"), *make_set("plain"), *make_set("sealed")], make_set("known")
    assert not {trace.name for trace in apart} & {trace.name for trace in published}
    assert max(Counter(trace.name for trace in apart).values()) == 1
    sealed = {str(trace.log) for trace in make_set("sealed")}
    assert len(sealed) >= 300  # two traces of one short scene may be alike
    assert max(Counter(str(trace.log) for trace in apart if str(trace.log) not in sealed).values()) == 1


def test_plain_scenes_are_short_half_of_them_patient_and_their_labels_fit_their_logs() -> None:
    plain = make_set("plain")
    assert Counter(trace.stuck for trace in plain) == {True: 194, False: 194}
    for trace in plain:
        assert 4 <= len(trace.steps) <= 30, trace.name
        assert trace.stuck == bool(trace.trouble) == (trace.due is not None), trace.name
        assert trace.held_out, trace.name
        assert trace.due is None or _goes_on_after_it_is_due(trace), trace.name


def test_sealed_scenes_are_half_patient_and_their_labels_fit_their_logs() -> None:
    sealed = make_set("sealed")
    assert Counter(trace.stuck for trace in sealed) == {True: 154, False: 154}
    for trace in sealed:
        assert 4 <= len(trace.steps) <= 31, trace.name
        assert trace.stuck == bool(trace.trouble) == (trace.due is not None), trace.name
        assert trace.held_out, trace.name
        assert trace.due is None or _goes_on_after_it_is_due(trace), trace.name


def test_fresh_scenes_are_as_long_as_real_work_and_their_labels_fit_their_logs() -> None:
    for trace in make_set("fresh"):
        assert 6 <= len(trace.steps) <= 40, trace.name
        assert trace.stuck == bool(trace.trouble) == (trace.due is not None), trace.name
        assert trace.held_out, trace.name
        assert trace.due is None or _goes_on_after_it_is_due(trace), trace.name


def _goes_on_after_it_is_due(trace: Trace) -> bool:
    return trace.trouble[1] < (trace.due or 0) < len(trace.log)
