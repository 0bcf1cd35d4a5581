"""What is made of records is made once for the very same records, and not kept for ever."""

from hub.derived import Derived


def test_the_same_sources_are_used_once_and_other_ones_anew() -> None:
    derived = Derived(10)
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    one, other = object(), object()
    assert [derived.of("a", (one, other), make) for _ in range(3)] == [0, 0, 0]
    assert derived.of("a", (one, object()), make) == 1
    assert derived.of("a", (one,), make) == 2
    assert derived.of("b", (one,), make) == 3
    assert derived.of("a", (one,), make) == 2


def test_the_least_lately_asked_for_is_forgotten() -> None:
    derived, source = Derived(2), object()
    derived.of("a", (source,), lambda: 1)
    derived.of("b", (source,), lambda: 1)
    derived.of("a", (source,), lambda: 2)
    derived.of("c", (source,), lambda: 1)
    assert derived.of("a", (source,), lambda: 3) == 1
    assert derived.of("b", (source,), lambda: 3) == 3
