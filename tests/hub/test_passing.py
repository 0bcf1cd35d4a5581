"""Of parts with endlessly many keys the newest answers are remembered, and no more than fit."""

from hypothesis import given
from hypothesis import strategies as st

from hub.parts import Key, Part
from hub.passing import Passing

A, B, C = (Key("a", Part.ENERGY, native) for native in "abc")


def test_the_oldest_are_forgotten_for_what_is_new() -> None:
    passing = Passing(most_records=10)
    assert [passing.note(A, 4), passing.note(B, 4), passing.note(C, 5)] == [[], [], [A]]


def test_an_answer_that_came_again_is_new_again_and_counted_once() -> None:
    passing = Passing(most_records=10)
    assert [passing.note(A, 4), passing.note(B, 4), passing.note(A, 6)] == [[], [], []]
    assert passing.note(C, 1) == [B]


def test_one_answer_that_is_too_large_alone_is_remembered_alone() -> None:
    passing = Passing(most_records=10)
    assert [passing.note(A, 1), passing.note(B, 11), passing.note(C, 1)] == [[], [A], [B]]


def test_empty_answers_count_too() -> None:
    passing = Passing(most_records=2)
    assert [passing.note(key, 0) for key in (A, B, C)] == [[], [], [A]]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12))), st.integers(1, 20))
def test_never_more_is_remembered_than_fits(answers: list[tuple[int, int]], most: int) -> None:
    passing = Passing(most)
    kept: dict[Key, int] = {}
    for native, size in answers:
        key = Key("a", Part.ENERGY, str(native))
        kept.pop(key, None)
        kept[key] = max(1, size)
        forgotten = passing.note(key, size)
        assert forgotten == list(kept)[: len(forgotten)]
        for gone in forgotten:
            del kept[gone]
        assert sum(kept.values()) <= most or list(kept) == [key]
