"""The scalars that GraphQL does not have: instants, exact decimals, and what a vendor sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

MOST_DIGITS = 30
"""On either side of the decimal point: an exponent of a million would be written out as a million zeros."""


def _write_instant(value: datetime) -> str:
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()


def _read_instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise GraphQLError("DateTime is an RFC 3339 instant with its offset, such as 2026-06-01T10:00:00Z")
    return instant.astimezone(UTC)


def _write_decimal(value: Decimal) -> str:
    return format(value, "f")


def _read_decimal(value: object) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise GraphQLError('Decimal is an exact number in a string, such as "12.50"')
    return number


def _write_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) and not isinstance(value, dict) else value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339 with offset; this gateway answers in UTC.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=_write_instant,
        parse_value=_read_instant,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as a string, for money.",
        serialize=_write_decimal,
        parse_value=_read_decimal,
    ),
    strawberry.scalars.JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as the vendor sent it.",
        serialize=_write_json,
        parse_value=lambda value: value,
    ),
}
"""For the schema's configuration: which Python type is which scalar."""
