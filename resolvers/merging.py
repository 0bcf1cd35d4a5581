"""Several readings of one thing as one record: nothing that any of them says is lost."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TypeVar

from model.records import Device, Reading, Site

R = TypeVar("R", Device, Site)

_NEVER = datetime.min.replace(tzinfo=UTC)
_NOT_SAID = frozenset({"ref", "reading", "observed_at"})
_FIELDS = {kind: tuple(field.name for field in fields(kind) if field.name not in _NOT_SAID) for kind in (Device, Site)}


def newest(older: R, newer: R) -> R:
    """Where both say something the newer one is right; `fetched_at` decides which that is, not the order given."""
    if fetched_at(older.reading) > fetched_at(newer.reading):
        older, newer = newer, older
    return completed(newer, older)


def completed(record: R, other: R) -> R:
    """The record, with what only the other one says."""
    added = {
        name: value
        for name in _FIELDS[type(record)]
        if _says_nothing(getattr(record, name)) and not _says_nothing(value := getattr(other, name))
    }
    return replace(record, **added) if added else record


def fetched_at(reading: Reading) -> datetime:
    """When this was fetched; the beginning of time for what never was."""
    return reading.fetched_at or _NEVER


def _says_nothing(value: object) -> bool:
    return value is None or value in ("UNKNOWN", ())
