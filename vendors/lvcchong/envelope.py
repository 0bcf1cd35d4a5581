"""What wraps every answer: `{data, success: true}`, or `{code, error, success: false}` under HTTP 200 as well."""

import re
from collections.abc import Mapping
from typing import Final

from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, Unauthorised
from vendors.kit.wire import read_as
from vendors.lvcchong.wire import Envelope

TOKEN_EXPIRED: Final = "10001"  # noqa: S105 - a code, not a secret
WINDOW_S: Final = 60.0
"""The vendor names no pause when it throttles; its quota page counts in windows of this length."""


class NoData(NotFound):
    """`查询无数据`: an empty list where a list was asked for, else a thing that is not there."""


REFUSALS: Final[Mapping[str, type[Fault]]] = {
    "设备不存在": NotFound,
    "查询无数据": NoData,
    "用户名或密码错误": Unauthorised,
    "token": Unauthorised,
    "频繁": RateLimited,
}
"""What a refusal's text contains, and what that means; any other text is Rejected."""

_COULD_IDENTIFY = re.compile(r"[0-9A-Za-z_@.+\-]{5,}")
_LONGEST_TEXT: Final = 60


def data_of(operation: str, payload: object) -> object:
    """The answer's data. Raises the refusal's fault, or Malformed when there is neither data nor refusal."""
    envelope = read_as(Envelope, payload, operation)
    if envelope.success is not True:
        raise _refusal(operation, envelope)
    if envelope.data is None:
        raise Malformed(f"{operation}: the answer has no data")
    return envelope.data


def refused(operation: str, text: str | None, code: str | None = None) -> Fault:
    """The fault that a refusal's text stands for; keeps the text without what could be a name, number or token."""
    lowered = (text or "").lower()
    kind = next((fault for part, fault in REFUSALS.items() if part in lowered), Rejected)
    shown = _COULD_IDENTIFY.sub("…", text or "")[:_LONGEST_TEXT] or "no reason given"
    pause = WINDOW_S if kind is RateLimited else None
    return kind(f"{operation}: {shown}", raw_code=code, retry_after_s=pause)


def _refusal(operation: str, envelope: Envelope) -> Fault:
    if envelope.code == TOKEN_EXPIRED:
        return Unauthorised(f"{operation}: the token has expired", raw_code=TOKEN_EXPIRED)
    if envelope.success is None and envelope.error is None:
        return Malformed(f"{operation}: the answer does not say whether it succeeded")
    return refused(operation, envelope.error, envelope.code)
