"""One spelling for each meaning of a request: a repeat of an idempotency key must bring the same request."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from model.refs import Ref
from resolvers.ordering.wish import Wish

PERSONAL = "personal"
"""Key of a field's metadata: what it holds is told apart by its digest, so that it is written nowhere."""


def request_text(wish: Wish) -> str:
    """The wish as sorted JSON: what is left out, null or spelt another way makes no difference; all else does."""
    return json.dumps({"kind": wish.kind.value, **_said(wish)}, sort_keys=True, separators=(",", ":"))


def _said(record: Any) -> Mapping[str, object]:  # noqa: ANN401 - any dataclass
    return {
        field.name: _digest(value) if field.metadata.get(PERSONAL) else _plain(value)
        for field in fields(record)
        if (value := getattr(record, field.name)) is not None
    }


def _plain(value: object) -> object:
    match value:
        case Ref():
            return value.id
        case Decimal():
            return _written(value)
        case tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return _said(value)
        case _:
            return value


def _written(number: Decimal) -> str:
    """Digits without an exponent and without idle zeros. Not by `normalize`, which rounds to 28 digits."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
