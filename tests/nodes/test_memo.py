"""What is remembered of an object is only ever its own."""

from surefoot.nodes.memo import Memo


def test_the_same_object_is_made_once_and_an_equal_one_anew() -> None:
    made: list[list[int]] = []
    size = Memo[list[int], int](lambda items: made.append(items) or len(items))
    first, equal = [1, 2], [1, 2]
    assert [size(first), size(first), size(equal)] == [2, 2, 2]
    assert len(made) == 2 and made[0] is first and made[1] is equal


def test_an_object_that_has_gone_leaves_nothing_to_the_next_at_its_place() -> None:
    size = Memo[list[int], int](len)
    assert [size([0] * n) for n in range(50)] == [*range(50)]


def test_it_holds_on_to_no_more_than_it_may() -> None:
    size = Memo[list[int], int](len, most=3)
    kept = [[0] * n for n in range(10)]
    assert [size(items) for items in kept] == [*range(10)] and len(size._known) <= 3


def test_many_are_made_as_each_alone() -> None:
    made: list[list[int]] = []
    size = Memo[list[int], int](lambda items: made.append(items) or len(items), most=3)
    things = [[0] * n for n in range(3)]
    size(things[1])
    assert size.each(things) == [0, 1, 2] == size.each(things)
    assert [*map(len, made)] == [1, 0, 2]
    assert size.each([[0] * n for n in range(9)]) == [*range(9)]
