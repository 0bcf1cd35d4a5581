"""What wraps every answer: `{data, success: true}`, or `{code, error, success: false}` under HTTP 200 as well."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.faults import DeviceOffline, Fault, Malformed, NotFound, RateLimited, Rejected, Unauthorised
from model.states import Resolution
from vendors.kit.wire import read_as
from vendors.lvcchong.wire import Envelope

TOKEN_EXPIRED: Final = "10001"  # noqa: S105 - a code, not a secret
WINDOW_S: Final = 60.0
"""The vendor names no pause when it throttles; its quota page counts in windows of this length."""


class NoData(NotFound):
    """`查询无数据`: an empty list where a list was asked for, else a thing that is not there."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal means: its fault, what people are told before the vendor's own words, and what helps."""

    fault: type[Fault]
    says: str = ""
    resolution: Resolution | None = None


REFUSALS: Final[Mapping[str, Meaning]] = {
    "设备不存在": Meaning(NotFound),
    "查询无数据": Meaning(NoData),
    "用户名或密码错误": Meaning(Unauthorised),
    "token": Meaning(Unauthorised),
    "频繁": Meaning(RateLimited),
    "离线": Meaning(DeviceOffline, "the device is offline; try again when it is connected"),
    "余额不足": Meaning(Rejected, "payment: the balance is too low; top it up", Resolution.USER_ACTION),
    "端口占用": Meaning(Rejected, "the socket is in use; choose another", Resolution.USER_ACTION),
}
"""By what a refusal's text contains; any other text is Rejected."""

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
    meaning = next((meaning for part, meaning in REFUSALS.items() if part in lowered), Meaning(Rejected))
    shown = _COULD_IDENTIFY.sub("…", text or "")[:_LONGEST_TEXT] or "no reason given"
    return meaning.fault(
        f"{operation}: {meaning.says} ({shown})" if meaning.says else f"{operation}: {shown}",
        raw_code=code,
        resolution=meaning.resolution,
        retry_after_s=WINDOW_S if meaning.fault is RateLimited else None,
    )


def _refusal(operation: str, envelope: Envelope) -> Fault:
    if envelope.code == TOKEN_EXPIRED:
        return Unauthorised(f"{operation}: the token has expired", raw_code=TOKEN_EXPIRED)
    if envelope.success is None and envelope.error is None:
        return Malformed(f"{operation}: the answer does not say whether it succeeded")
    return refused(operation, envelope.error, envelope.code)
