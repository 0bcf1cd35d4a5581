"""SolaX's cloud as a server: reads chargers and sets their mode for a tokenId, within its quota."""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.kit.simulator import Simulator
from vendors.solax.simulated_callbacks import PILE_CMD
from vendors.solax.simulated_faults import FAULTS
from vendors.solax.simulated_fleet import Charger, Fleet, Mode, Shown, Status
from vendors.solax.simulated_tasks import Tasks

TOKEN_ID = "202601010000000000000001"  # noqa: S105 - a made-up one, of the documented length
CALLS_A_MINUTE = 9
CALLS_A_DAY = 9999
MOST_SERIALS = 100
MINUTE_TEXT = "Request calls within the current minute > threshold"
FIVE_MINUTES_TEXT = "Request calls within 5 minutes exceed the maximum call threshold limit!"
DAY_TEXT = "Request calls within the current day > threshold"
UNHEARD_CODES = (14, 15, 18, 99)


class SolaxSimulator(Simulator):
    """One user account with twelve chargers."""

    slug = "solax"
    default_port = 9105
    faults: ClassVar[Mapping[str, str]] = FAULTS

    def build(self) -> None:
        """Twelve chargers as they might be found at this hour, and an untouched quota."""
        self.fleet = Fleet(self.random, self.now)
        self.tasks = Tasks(self, self.fleet)
        self._recent: deque[datetime] = deque()
        self._today = (self.now.date(), 0)

    def routes(self) -> Sequence[Route]:
        """The legacy charger API."""
        return [
            Route("/proxyApp/proxy/api/getPileInfo", self._get_pile_info, methods=["GET"]),
            Route(PILE_CMD, self._pile_cmd, methods=["POST"]),
        ]

    def account(self) -> Mapping[str, object]:
        """The account that has all chargers."""
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
        """What a hand could do at a charger, which each takes as `serial`; or more chargers, as many as `count`."""
        return {
            "add_chargers": lambda given: self.fleet.add(int(given["count"]), self.now),
            "plug_in": self._plug_in,
            "unplug": lambda given: self.fleet.unplug(self._charger(given)),
            "set_mode": lambda given: self.fleet.set_mode(self._charger(given), Mode[str(given["mode"])], self.now),
            "set_status": self._set_status,
            "set_online": self._set_online,
        }

    # The endpoints.

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
        return self._succeeded(path, "query success", self._readings(charger, path))

    async def _pile_cmd(self, request: Request) -> Response:
        path, body = request.url.path, await _object(request)
        if refusal := self._refusal(path, body.get("tokenId")):
            return self._refused(path, *refusal)
        if wrong := _wrong_parameter(body):
            return self._refused(path, None, f"parameter error: {wrong}")
        hasty = self.struck("callback_before_reply", path)
        serials, mode = list(dict.fromkeys(body["sns"])), Mode(int(body["cmdValue"]))
        task_id = self.tasks.start(serials, mode, body["callbackUrl"], is_hasty=hasty is not None)
        if hasty is not None:
            await self.clock.sleep(float(hasty.value or 1))
        return self._succeeded(path, "accept success", {"taskId": task_id})

    def _readings(self, charger: Charger, path: str) -> dict[str, object]:
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
        return result

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

    def _succeeded(self, path: str, text: str, result: Mapping[str, object]) -> Response:
        if self.struck("text_variants", path):
            text = self.random.choice((text, f"{text.capitalize()}!", f"{text.capitalize()} !"))
        answer: dict[str, object] = {"success": True, "exception": text, "result": result}
        if self.struck("result_null", path):
            answer["result"] = None
        elif self.struck("result_as_string", path):
            answer["result"] = json.dumps(result)
        return JSONResponse(answer | {"code": "0"} if self.struck("code_as_text", path) else answer)

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


async def _object(request: Request) -> dict[str, Any]:
    """The body as an object; an empty one for whatever else was sent."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _wrong_parameter(body: Mapping[str, Any]) -> str | None:
    """The first parameter of a pileCmd that the vendor's guide would not have; all are text but the list."""
    allowed = {"rwType": {"2"}, "cmdType": {"1"}, "cmdValue": {str(int(mode)) for mode in Mode}}
    for name, values in allowed.items():
        if not isinstance(body.get(name), str) or body[name] not in values:
            return name
    serials, url = body.get("sns"), body.get("callbackUrl")
    if not isinstance(serials, list) or not 1 <= len(serials) <= MOST_SERIALS:
        return "sns"
    if not all(isinstance(serial, str) for serial in serials):
        return "sns"
    return None if isinstance(url, str) and url.startswith(("http://", "https://")) else "callbackUrl"


SIMULATOR = SolaxSimulator
