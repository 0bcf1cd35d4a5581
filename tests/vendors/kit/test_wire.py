"""Lenient types: whatever a vendor sends is a value or None, never an exception."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from model.faults import Malformed
from model.states import ChargerMode
from vendors.kit.wire import (
    Flag,
    Items,
    Number,
    Object,
    Text,
    Whole,
    Wire,
    each,
    fraction,
    fraction_of_percent,
    instant_of_millis,
    instant_of_text,
    items_of,
    kind_of,
    mapped,
    number,
    read_as,
)


class Sample(Wire):
    text: Text = None
    number: Number = None
    whole: Whole = None
    flag: Flag = None
    items: Items = Field(default_factory=list)
    mapping: Object = None


class Strict(Wire):
    inner: int


def value(name: str, sent: object) -> Any:
    return getattr(read_as(Sample, {name: sent}, "sample"), name)


@pytest.mark.parametrize(
    ("sent", "read"),
    [("x", "x"), (" x ", "x"), ("", None), ("  ", None), (7, "7"), (7.0, "7"), (7.5, "7.5"), (True, None), ([], None)],
)
def test_text(sent: object, read: str | None) -> None:
    assert value("text", sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (7, Decimal(7)),
        (0.1, Decimal("0.1")),
        (" 1.50 ", Decimal("1.50")),
        ("1e3", Decimal("1e3")),
        ("", None),
        ("about 7", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e400", None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ({}, None),
    ],
)
def test_number(sent: object, read: Decimal | None) -> None:
    assert value("number", sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [(7, 7), ("7", 7), (7.0, 7), ("7.0", 7), (7.5, None), ("x", None), (True, None), (1e30, None), (None, None)],
)
def test_whole(sent: object, read: int | None) -> None:
    assert value("whole", sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        (" TRUE ", True),
        ("false", False),
        (2, None),
        ("yes", None),
        (None, None),
        ([], None),
    ],
)
def test_flag(sent: object, read: bool | None) -> None:
    assert value("flag", sent) is read


def test_items_and_object() -> None:
    assert value("items", [1, None]) == [1, None]
    assert value("items", {"0": 1}) == []
    assert value("items", None) == []
    assert value("mapping", {"a": 1}) == {"a": 1}
    assert value("mapping", [1]) is None


def test_unknown_keys_are_ignored_and_missing_ones_none() -> None:
    read = read_as(Sample, {"another": 1}, "sample")

    assert read == Sample()
    assert (read.text, read.number, read.items, read.mapping) == (None, None, [], None)


@pytest.mark.parametrize(
    ("payload", "kind"), [(None, "null"), (True, "a boolean"), ("x", "a string"), ([], "a list"), (7, "a number")]
)
def test_what_is_no_object_is_malformed_and_not_repeated(payload: object, kind: str) -> None:
    with pytest.raises(Malformed) as raised:
        read_as(Sample, payload, "sample")

    assert raised.value.message == f"sample: expected an object, got {kind}"
    assert kind_of(payload) == kind


def test_a_field_that_cannot_be_read_is_named_without_its_value() -> None:
    with pytest.raises(Malformed) as raised:
        read_as(Strict, {"inner": "hush"}, "strict")

    assert raised.value.message == "strict: cannot read inner"
    assert raised.value.__cause__ is None


def test_items_of() -> None:
    assert items_of([1], "list") == [1]
    with pytest.raises(Malformed, match="list: expected a list, got an object"):
        items_of({}, "list")


def test_each_leaves_the_malformed_out_and_nothing_else() -> None:
    def translate(item: int) -> int:
        if item == 0:
            raise Malformed("zero")
        return 10 // (item - 5)

    assert list(each(translate, [6, 0, 7])) == [10, 5]
    with pytest.raises(ZeroDivisionError):
        list(each(translate, [5]))


def test_mapped() -> None:
    modes: Mapping[int, ChargerMode] = {0: ChargerMode.STOP}

    assert mapped(modes, 0, ChargerMode.UNKNOWN) is ChargerMode.STOP
    assert mapped(modes, 1, ChargerMode.UNKNOWN) is ChargerMode.UNKNOWN
    assert mapped(modes, None, ChargerMode.UNKNOWN) is ChargerMode.UNKNOWN


@pytest.mark.parametrize(
    ("millis", "instant"),
    [
        (1_767_225_600_500, datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        (None, None),
        (0, None),
        (-1, None),
        (10**20, None),
        (10**400, None),
    ],
)
def test_instant_of_millis(millis: int | None, instant: datetime | None) -> None:
    assert instant_of_millis(millis) == instant


CHINA = timedelta(hours=8)


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-01-01T12:00:00Z", CHINA, datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", CHINA, datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01 12:00:00", CHINA, datetime(2026, 1, 1, 4, tzinfo=UTC)),
        (" 2026-01-01 12:00:00 ", timezone(CHINA), datetime(2026, 1, 1, 4, tzinfo=UTC)),
        ("2026-01-01", UTC, datetime(2026, 1, 1, tzinfo=UTC)),
        ("0001-01-01 00:00:00", CHINA, None),
        ("2026-13-01 00:00:00", UTC, None),
        ("soon", UTC, None),
        ("", UTC, None),
        (None, UTC, None),
    ],
)
def test_instant_of_text(text: str | None, zone: Any, instant: datetime | None) -> None:
    read = instant_of_text(text, zone)

    assert read == instant
    assert read is None or read.tzinfo is UTC


@pytest.mark.parametrize(
    ("sent", "of_percent", "of_one"),
    [(Decimal(100), 1.0, None), (Decimal("0.5"), 0.005, 0.5), (0, 0.0, 0.0), (101, None, None), (-1, None, None)],
)
def test_fractions(sent: Decimal | float, of_percent: float | None, of_one: float | None) -> None:
    assert fraction_of_percent(sent) == of_percent
    assert fraction(sent) == of_one


def test_nothing_stays_nothing() -> None:
    assert (fraction_of_percent(None), fraction(None), number(None)) == (None, None, None)
    assert number(Decimal("1.5")) == 1.5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["1e999", "7", "٣", "0x1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(Sample.model_fields)), JSON) | JSON)
def test_whatever_comes_is_read_or_malformed(payload: object) -> None:
    try:
        read = read_as(Sample, payload, "sample")
    except Malformed:
        assert not isinstance(payload, dict)
        return
    assert read.text is None or read.text.strip() == read.text != ""
    assert read.number is None or read.number.is_finite()
    assert read.whole is None or isinstance(read.whole, int)


@given(st.text() | st.datetimes().map(str), st.integers())
def test_no_text_or_number_breaks_an_instant(text: str, millis: int) -> None:
    for instant in (instant_of_text(text, CHINA), instant_of_millis(millis)):
        assert instant is None or instant.utcoffset() == timedelta(0)
