"""Lenient wire types: vendors lie about types, so a field that cannot be read is None, never an exception.

`Text | None` and friends accept what vendors really send (numbers as strings, strings as numbers, blanks, nulls).
What a record cannot live without is checked in translate, which then raises Malformed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from model.faults import Malformed

M = TypeVar("M", bound="Wire")
S = TypeVar("S")
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class Wire(BaseModel):
    """A vendor's object in the vendor's words: every field optional, unknown keys ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True)


def read_as(model: type[M], payload: object, what: str) -> M:
    """The payload as this wire model. Raises Malformed when it is not even an object of that kind."""
    if not isinstance(payload, Mapping):
        raise Malformed(f"{what}: expected an object, got {kind_of(payload)}")
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors(include_input=False)}))
        raise Malformed(f"{what}: cannot read {fields}") from None


def items_of(payload: object, what: str) -> list[object]:
    """The payload as a list. Raises Malformed when it is none."""
    if not isinstance(payload, list):
        raise Malformed(f"{what}: expected a list, got {kind_of(payload)}")
    return payload


def each(translate: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Translate item by item: a malformed one is left out instead of sinking the others."""
    for item in items:
        try:
            yield translate(item)
        except Malformed:
            continue


def kind_of(value: object) -> str:
    """A JSON type's name, for messages that must not repeat the value."""
    names: dict[type, str] = {type(None): "null", bool: "a boolean", str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def mapped(table: Mapping[K, V], code: K | None, unknown: V) -> V:
    """The table's word for a vendor code; `unknown` for codes that it does not have."""
    return unknown if code is None else table.get(code, unknown)


def instant_of_millis(millis: int | None) -> datetime | None:
    """Epoch milliseconds as an instant; None when missing, zero or beyond the calendar."""
    if not millis or millis < 0:
        return None
    try:
        return datetime.fromtimestamp(millis / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def instant_of_text(text: str | None, zone: timezone | timedelta = UTC) -> datetime | None:
    """ISO 8601, or `yyyy-MM-dd HH:mm:ss`, as a UTC instant; `zone` where the text has none. None when unreadable."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone if isinstance(zone, timezone) else timezone(zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def fraction_of_percent(percent: Decimal | float | None) -> float | None:
    """0 to 100 as 0 to 1; None outside that range."""
    return float(percent) / 100 if percent is not None and 0 <= percent <= 100 else None


def fraction(value: Decimal | float | None) -> float | None:
    """A fraction that really is one; None outside 0 to 1."""
    return float(value) if value is not None and 0 <= value <= 1 else None


def number(value: Decimal | None) -> float | None:
    """A measured value as a float."""
    return None if value is None else float(value)


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever a vendor sent
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value) if isinstance(value, int) or not float(value).is_integer() else str(int(value))


def _decimal(value: Any) -> Decimal | None:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip())
        return amount if amount.is_finite() and isfinite(float(amount)) else None
    except (InvalidOperation, OverflowError, ValueError):
        return None


def _whole(value: Any) -> int | None:  # noqa: ANN401
    amount = _decimal(value)
    if amount is None or abs(amount) > 2**63 or amount != amount.to_integral_value():
        return None
    return int(amount)


def _flag(value: Any) -> bool | None:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    return {"1": True, "0": False, "true": True, "false": False}.get(str(value).strip().lower())


def _list(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any] | None:  # noqa: ANN401
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else None


Text = Annotated[str | None, BeforeValidator(_text)]
"""Text, blanks stripped; numbers become text; empty is None."""
Number = Annotated[Decimal | None, BeforeValidator(_decimal)]
"""An exact number, also from text; NaN and infinity are None."""
Whole = Annotated[int | None, BeforeValidator(_whole)]
"""An integer, also from text."""
Flag = Annotated[bool | None, BeforeValidator(_flag)]
"""A truth value: true, false, 1, 0, and these as text."""
Items = Annotated[list[Any], BeforeValidator(_list)]
"""A list of anything; whatever else is an empty one."""
Object = Annotated[dict[str, Any] | None, BeforeValidator(_object)]
"""An object of anything; whatever else is None."""
