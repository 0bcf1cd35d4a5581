"""SolaX's cloud as a server: reads chargers for a tokenId, within its quota."""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.kit.simulator import Simulator
from vendors.solax.simulated_fleet import Charger, Fleet, Mode, Shown, Status

TOKEN_ID = "202601010000000000000001"  # noqa: S105 - a made-up one, of the documented length
CALLS_A_MINUTE = 9
CALLS_A_DAY = 9999
MINUTE_TEXT = "Request calls within the current minute > threshold"
FIVE_MINUTES_TEXT = "Request calls within 5 minutes exceed the maximum call threshold limit!"
DAY_TEXT = "Request calls within the current day > threshold"
SUCCESS_TEXTS = ("query success", "Query success!", "Query success !")
UNHEARD_CODES = (14, 15, 18, 99)


class SolaxSimulator(Simulator):
    """One user account with twelve chargers."""

    slug = "solax"
    default_port = 9105
    faults: ClassVar[Mapping[str, str]] = {
        "quota_104": "Every call is refused with code 104 and the text about the current minute.",
        "quota_3": "Every call is refused with code 3 and the text about 5 minutes.",
        "quota_daily": "Every call is refused with code 104 and a text about the current day.",
        "token_invalid": "The token is refused with code 103.",
        "no_rights": "The token lacks the right to the data: code 1003.",
        "busy": "The vendor's system is busy: code 11500.",
        "failed": "The call fails with success false, a text, and no code.",
        "offline": "The charger is offline: success with all readings null; `value` names one serial number.",
        "result_null": "Success with a null result.",
        "result_as_string": "The result is JSON text instead of an object.",
        "power_capital": "The power is spelled ChargingPower, as in the vendor's table.",
        "power_kw": 'The power is in kilowatts; the account then needs power_unit = "kW".',
        "code_as_text": 'The answer has its code as text, "0" on success.',
        "text_variants": "The success text varies as on the vendor's other endpoints.",
        "lag": "Readings are five minutes old.",
        "unknown_status": "chargerStatus is a code that nobody has listed (14, 15, 18 or 99), or `value`.",
        "unknown_mode": "chargingMode is a code that nobody has listed (14, 15, 18 or 99), or `value`.",
        "local_override": "Before each read, somebody changes the mode at the charger.",
    }

    def build(self) -> None:
        """Twelve chargers as they might be found at this hour, and an untouched quota."""
        self.fleet = Fleet(self.random, self.now)
        self._recent: deque[datetime] = deque()
        self._today = (self.now.date(), 0)

    def routes(self) -> Sequence[Route]:
        """The read half of the legacy charger API."""
        return [Route("/proxyApp/proxy/api/getPileInfo", self._get_pile_info, methods=["GET"])]

    def account(self) -> Mapping[str, object]:
        """The account that reads all twelve."""
        return {
            "id": "chargers",
            "vendor": self.slug,
            "name": "SolaX chargers",
            "token_id": TOKEN_ID,
            "devices": list(self.fleet.chargers),
        }

    def step(self, seconds: float) -> None:
        """Move cars, clouds and energy."""
        self.fleet.step(self.now, seconds)

    def state(self) -> Mapping[str, object]:
        """Each charger in a few words."""
        return {
            charger.serial: {
                "place": charger.place,
                "online": charger.is_online,
                "status": charger.status.name,
                "mode": charger.mode.name,
                "power_w": round(charger.power_w),
                "energy_kwh": round(charger.energy_kwh, 2),
            }
            for charger in self.fleet.chargers.values()
        }

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        """What a hand could do at a charger; each takes its `serial`."""
        return {
            "plug_in": self._plug_in,
            "unplug": lambda given: self.fleet.unplug(self._charger(given)),
            "set_mode": lambda given: self.fleet.set_mode(self._charger(given), Mode[str(given["mode"])], self.now),
            "set_status": self._set_status,
            "set_online": self._set_online,
        }

    # The endpoint.

    async def _get_pile_info(self, request: Request) -> Response:
        path, query = request.url.path, request.query_params
        if refusal := self._refusal(path, query.get("tokenId")):
            return self._refused(path, *refusal)
        charger = self.fleet.chargers.get(query.get("pileSn", ""))
        if charger is None:
            return self._refused(path, 0, "The device does not exist")
        if self.struck("local_override", path):
            others = [mode for mode in Mode if mode is not charger.mode]
            self.fleet.set_mode(charger, self.random.choice(others), self.now)
        text = self.random.choice(SUCCESS_TEXTS) if self.struck("text_variants", path) else SUCCESS_TEXTS[0]
        answer = {"success": True, "exception": text, "result": self._result(charger, path)}
        return JSONResponse(answer | {"code": "0"} if self.struck("code_as_text", path) else answer)

    def _result(self, charger: Charger, path: str) -> object:
        shown = charger.shown_late(self.now) if self.struck("lag", path) else charger.shown(self.now)
        if (switch := self.struck("offline", path)) and switch.value in (None, charger.serial):
            shown = Shown(self.now, None, None, None, None)
        result: dict[str, object] = {
            "chargerStatus": shown.status,
            "chargingMode": shown.mode,
            "chargeEnergy": shown.energy_kwh,
            "chargingPower": shown.power_w,
        }
        for switch_name, key in (("unknown_status", "chargerStatus"), ("unknown_mode", "chargingMode")):
            if switch := self.struck(switch_name, path):
                result[key] = self.random.choice(UNHEARD_CODES) if switch.value is None else switch.value
        if shown.power_w is not None and self.struck("power_kw", path):
            result["chargingPower"] = shown.power_w / 1000
        if self.struck("power_capital", path):
            result["ChargingPower"] = result.pop("chargingPower")
        if self.struck("result_null", path):
            return None
        return json.dumps(result) if self.struck("result_as_string", path) else result

    def _refusal(self, path: str, token: str | None) -> tuple[int | None, str] | None:
        """Code and text of a refusal: first the token, then the quota of that token, then whatever is switched on."""
        if token != TOKEN_ID or self.struck("token_invalid", path):
            return 103, "token invalid!"
        if over := self._over_quota():
            return 104, over
        switched: Mapping[str, tuple[int | None, str]] = {
            "quota_104": (104, MINUTE_TEXT),
            "quota_3": (3, FIVE_MINUTES_TEXT),
            "quota_daily": (104, DAY_TEXT),
            "no_rights": (1003, "no auth!"),
            "busy": (11500, "System busy"),
            "failed": (None, "query failed"),
        }
        return next((refusal for name, refusal in switched.items() if self.struck(name, path)), None)

    def _over_quota(self) -> str | None:
        """Counts the call. The tenth in 60 seconds and the 10,000th of a day are refused; refusals do not count."""
        while self._recent and self.now - self._recent[0] >= timedelta(seconds=60):
            self._recent.popleft()
        day, count = self._today if self._today[0] == self.now.date() else (self.now.date(), 0)
        if count >= CALLS_A_DAY:
            return DAY_TEXT
        if len(self._recent) >= CALLS_A_MINUTE:
            return MINUTE_TEXT
        self._recent.append(self.now)
        self._today = (day, count + 1)
        return None

    def _refused(self, path: str, code: int | None, text: str) -> Response:
        answer: dict[str, object] = {"success": False, "exception": text, "result": None}
        if code is not None:
            answer["code"] = str(code) if self.struck("code_as_text", path) else code
        return JSONResponse(answer)

    # The hands.

    def _charger(self, given: Mapping[str, Any]) -> Charger:
        return self.fleet.chargers[str(given["serial"])]

    def _plug_in(self, given: Mapping[str, Any]) -> None:
        wanted_kwh, hours = float(given.get("wanted_kwh", 20)), float(given.get("hours", 8))
        self.fleet.plug_in(self._charger(given), self.now, wanted_kwh, hours)

    def _set_status(self, given: Mapping[str, Any]) -> None:
        self._charger(given).status = Status[str(given["status"])]

    def _set_online(self, given: Mapping[str, Any]) -> None:
        self._charger(given).is_online = bool(given["online"])


SIMULATOR = SolaxSimulator
