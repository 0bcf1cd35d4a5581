"""The callback of a rental: JSON or a form, unsigned, repeated, and possibly earlier than the answer to its order.

Its URL is the order's own and cannot be guessed. Its word is a hint: that a battery left or could not leave is read
back. Nothing else is received here yet. Source: pages 67396395 and following of
https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from model.faults import Malformed
from vendors.bajie.wire import RentalCallback
from vendors.kit.wire import read_as

ANSWER: Mapping[str, object] = {"code": 0, "msg": "success"}


@dataclass(frozen=True, slots=True)
class RentalWord:
    """What one callback says. `status` 0 failed, 1 released, 2 returned; `trade_no` may be another's on a return."""

    status: str
    trade_no: str | None
    battery: str | None

    @property
    def key(self) -> str:
        """The same for a callback that is the same: a repeated one may carry another message id."""
        return f"{self.trade_no}|{self.status}|{self.battery}"


def rental_word(body: bytes, media_type: str) -> RentalWord:
    """A callback's body. Raises Malformed for what is none."""
    said = read_as(RentalCallback, _fields(body, media_type), "rental callback")
    if said.status is None:
        raise Malformed("rental callback: no status")
    return RentalWord(said.status, said.trade_no or said.order_id, said.battery_id)


def _fields(body: bytes, media_type: str) -> object:
    """The content type is not documented and not believed: JSON is whatever begins like an object."""
    text = body.decode(errors="replace").strip()
    if "json" in media_type.lower() or text.startswith("{"):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Malformed("rental callback: not JSON") from error
    return dict(parse_qsl(text))
