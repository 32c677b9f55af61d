"""A run is let rest at its next step, and not before it has taken what it was given."""

from surefoot.graph.cli.pausing import Pausing


def test_a_run_that_has_not_moved_rests_after_its_first_step() -> None:
    pausing = Pausing(lambda: None)
    pausing.rest()
    assert not pausing.control.drain_requested
    pausing.moves()
    assert pausing.control.drain_reason == "answer"


def test_a_run_that_moves_rests_at_once_and_goes_on_afresh() -> None:
    pausing = Pausing(lambda: None)
    pausing.moves()
    pausing.rest()
    assert pausing.control.drain_requested
    assert not pausing.again().drain_requested
    pausing.moves()
    assert not pausing.control.drain_requested
