"""The vendor's callbacks for one task, in the vendor's shape, and everything that can befall them on their way."""

import json
from collections.abc import Mapping, Sequence
from functools import partial

from vendors.kit.simulator import CallBack, Simulator

PILE_CMD = "/proxyApp/proxy/api/pileCmd"
"""Switches with a `path` hit what follows from a command by the path of the command."""
REPEATED_AFTER_S = 1.0
REVERSED_EVERY_S = 0.5
LISTS = frozenset({"failureList", "timeoutList"})
UNKNOWN_TASK = "f" * 32
FOREIGN_SERIAL = "C322FOREIGN001"


class Callbacks:
    """What one task tells its URL. `is_reversed`: everything is held until the last callback, then sent backwards."""

    def __init__(self, simulator: Simulator, task_id: str, url: str, *, is_reversed: bool) -> None:
        self._simulator = simulator
        self._task_id = task_id
        self._url = url
        self._is_reversed = is_reversed
        self._held: list[CallBack] = []

    def issued(self, told: Sequence[str], failures: Sequence[str]) -> None:
        """Which chargers could be told (rspType 1)."""
        code = 0 if not failures else 1 if told else 2
        ack = "issue successfully" if told else "issue failed"
        lists = {"failureList": list(failures)} if failures else {}
        self._tell(1, code, {"ack": ack, **lists}, success=code != 2)

    def answered(self, serial: str, code: int) -> None:
        """One charger answered (rspType 2)."""
        self._tell(2, code, {"ack": "failed" if code else "success", "sn": serial}, success=not code)

    def completed(self, timeouts: Sequence[str]) -> None:
        """Nothing more will be answered (rspType 3)."""
        lists = {"timeoutList": list(timeouts)} if timeouts else {}
        self._tell(3, 1 if timeouts else 0, {"ack": "all handled", **lists}, success=not timeouts)
        for number, call in enumerate(reversed(self._held)):
            self._simulator.later(number * REVERSED_EVERY_S, partial(self._send, call))

    def forged(self, serial: str) -> None:
        """What a stranger might send who has learnt the URL."""
        failure = {"ack": "failed", "sn": serial}
        success = {"ack": "success", "sn": FOREIGN_SERIAL}
        self._send(self._written(2, 2, failure, success=False, task_id=UNKNOWN_TASK))
        self._send(self._written(2, 0, success, success=True, task_id=self._task_id))

    def _tell(self, kind: int, code: int, result: Mapping[str, object], *, success: bool) -> None:
        if self._is_dropped(kind):
            return
        call = self._written(kind, code, result, success=success, task_id=self._task_id)
        if self._is_reversed:
            self._held.append(call)
        else:
            self._send(call)

    def _is_dropped(self, kind: int) -> bool:
        switch = self._simulator.switched("callback_drop")
        if switch is None:
            return False
        kinds = f"{switch.value:g}" if isinstance(switch.value, float) else switch.value or "123"
        return str(kind) in kinds and self._simulator.struck("callback_drop", PILE_CMD) is not None

    def _written(self, kind: int, code: int, result: Mapping[str, object], *, success: bool, task_id: str) -> CallBack:
        beside: Mapping[str, object] = {}
        if self._simulator.struck("list_at_root", PILE_CMD):
            beside = {key: value for key, value in result.items() if key in LISTS}
            result = {key: value for key, value in result.items() if key not in LISTS}
        document = {
            "success": success,
            "result": json.dumps(result) if self._simulator.struck("result_as_string", PILE_CMD) else result,
            **beside,
            "rspType": kind,
            "taskId": task_id,
            "code": code if self._simulator.struck("code_as_int", PILE_CMD) else str(code),
        }
        return CallBack(self._url, json.dumps(document).encode(), "application/json")

    def _send(self, call: CallBack) -> None:
        self._simulator.call_back(call)
        if self._simulator.struck("callback_duplicate", PILE_CMD):
            self._simulator.later(REPEATED_AFTER_S, partial(self._simulator.call_back, call))
