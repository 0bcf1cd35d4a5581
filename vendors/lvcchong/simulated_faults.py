"""What can be switched on to go wrong in the vendor's answers, beyond transport."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import httpx
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from vendors.kit.simulator import Simulator
from vendors.lvcchong.simulated_fleet import Station

SWITCHES: Final[Mapping[str, str]] = {
    "outer_true_inner_false": "/deviceStatus succeeds, but its device part says success false.",
    "no_padding": "`ports` has no padding: as many numbers as sockets.",
    "short_ports": "`ports` lacks its last three numbers.",
    "long_ports": "`ports` has three numbers too many.",
    "ports_missing": "`ports` is missing.",
    "offline_stale": "`online` is 0 and `ports` still shows the old states.",
    "blip": "A socket of the device that is asked for reads -1 for one to two minutes.",
    "maintenance": "`errorMsg` is 设备维护中 beside success and good data.",
    "token_expired": "The token is refused: code 10001 on the OEM platform, token无效 on the open one.",
    "throttle": "/deviceStatus, starts and stops are refused for frequency; with `value` 429 by that HTTP status.",
    "null_numbers": "Every number is null.",
    "text_numbers": "Every number is text.",
    "invalid_json": 'The comma before `"device"` is missing, as in the vendor\'s own example.',
    "unknown_device_type": "`deviceType` is 990.",
    "unknown_status": "Every `status` is 77, of devices and of orders.",
    "unknown_end_type": "Every `endType` is 99.",
    "code_minus_one": '`code` is "-1" beside success true.',
    "small_pages": "No page holds more than `value` records (default 5), however many were asked for.",
    "empty_shape": "An empty order list is success false with 查询无数据.",
    "balance": "A start is refused with 余额不足.",
    "port_busy": "A start is refused with 端口占用, although the socket reads as idle.",
    "device_offline": "A start or stop is refused with 设备离线, although the device reads as online.",
    "result_never": (
        "The result of a start or stop never comes, though the socket does as told; `value` on or off: what the socket "
        "is then."
    ),
    "result_fail": "The result of a start or stop is 2, and the socket does nothing.",
    "acts_late": "A socket starts or stops `value` seconds after it was told (default 90).",
    "start_lost_reply": "A start is carried out, and the connection is cut instead of an answer.",
    "start_double": "A start makes two orders at the socket and powers it twice.",
    "stop_race": "When a stop arrives the charge has just ended, and the next customer's is stopped.",
    "stop_code_minus1": '/stopCharge answers code "-1" beside success true.',
    "callback_duplicate": "Every callback is sent again a second later.",
    "callback_reorder": "A callback is held back until the next one about the same device has gone.",
    "callback_drop": "Callbacks are not sent.",
    "callback_forged": (
        "With every callback somebody else calls back that a charge has ended, dearly, which goes on in truth."
    ),
    "callback_no_padding": "`ports` of a cabinet's callback has no padding: as many numbers as sockets.",
}

_PORT_SHAPES: Final[Mapping[str, Callable[[list[int]], list[int]]]] = {
    "no_padding": lambda ports: ports[1:],
    "short_ports": lambda ports: ports[:-3],
    "long_ports": lambda ports: [*ports, 1, 1, 1],
}

_CODES: Final[Mapping[str, tuple[str, int]]] = {
    "unknown_device_type": ("deviceType", 990),
    "unknown_status": ("status", 77),
    "unknown_end_type": ("endType", 99),
}


class CutOff(Response):
    """A connection that breaks before the answer is whole: a reset over a socket, a ReadError in process."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - of every response
        """Promise a body and send its first byte."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise httpx.ReadError("cut by the simulator")


def reshaped(simulator: Simulator, data: dict[str, Any]) -> dict[str, Any]:
    """The data of /deviceStatus after its switches."""
    path, answer = "/deviceStatus", data["device"]
    if simulator.struck("outer_true_inner_false", path):
        return {**data, "device": {"success": False, "error": "设备通讯超时"}}
    state = answer["data"]
    for name, change in _PORT_SHAPES.items():
        if simulator.struck(name, path):
            state["ports"] = change(state["ports"])
    if simulator.struck("ports_missing", path):
        del state["ports"]
    if simulator.struck("offline_stale", path):
        state["device"]["online"] = 0
    if simulator.struck("maintenance", path):
        state["errorMsg"] = "设备维护中"
    return data


def blip(station: Station, random: Random, now: datetime) -> None:
    """One socket reads as faulty for a while, unless one does already."""
    if station.sockets and not any(socket.blip_until and socket.blip_until > now for socket in station.sockets):
        random.choice(station.sockets).blip_until = now + timedelta(seconds=random.uniform(60, 120))


def spoilt(simulator: Simulator, path: str, document: dict[str, Any]) -> Response:
    """The answer after the switches that hit any document."""
    document = recoded(simulator, path, document)
    if document.get("success") is True and (
        simulator.struck("code_minus_one", path)
        or (path.endswith("/stopCharge") and simulator.struck("stop_code_minus1", path))
    ):
        document = {"code": "-1", **document}
    if simulator.struck("invalid_json", path):
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return Response(text.replace(',"', '"', 1), media_type="application/json")
    return JSONResponse(document)


def recoded(simulator: Simulator, path: str, document: dict[str, Any]) -> dict[str, Any]:
    """An answer or a callback after the switches that change its values."""
    for name, (key, code) in _CODES.items():
        if simulator.struck(name, path):
            document = _replaced(document, _recoding(key, code))
    if simulator.struck("null_numbers", path):
        document = _replaced(document, lambda _, old: None if _is_number(old) else old)
    if simulator.struck("text_numbers", path):
        document = _replaced(document, lambda _, old: str(old) if _is_number(old) else old)
    return document


def _replaced(value: Any, change: Callable[[str, Any], Any], at: str = "") -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _replaced(item, change, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, change, at) for item in value]
    return change(at, value)


def _recoding(key: str, code: int) -> Callable[[str, Any], Any]:
    return lambda at, old: code if at == key else old


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
