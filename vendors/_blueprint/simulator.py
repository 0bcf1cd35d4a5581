"""The vendor's server: its documented behaviour under its own paths, over a world that moves by itself.

Motion happens in `step` only, luck comes from `self.random`, time from `self.now`: the same seed is the same world.
Faults that only this vendor has are listed in `faults`; those of any HTTP server come with the kit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.kit.simulator import Simulator

API_KEY = "blueprint-key-0000000001"
TURNS_AN_HOUR = 4.0


class BlueprintSimulator(Simulator):
    """Three chargers, in use or not."""

    slug = "_blueprint"
    default_port = 9199
    faults: ClassVar[Mapping[str, str]] = {
        "slow_down": "Every call is refused with the error slow_down.",
        "unknown_state": "Chargers are in a state that nobody has listed.",
        "without_id": "Chargers come without their ids.",
    }

    def build(self) -> None:
        """Three chargers, one of them offline."""
        self.chargers: dict[str, dict[str, Any]] = {
            f"W{number}": {"id": f"W{number}", "title": f"Wall {number}", "online": number < 3, "state": "free"}
            for number in (1, 2, 3)
        }

    def routes(self) -> Sequence[Route]:
        """Two reads."""
        return [
            Route("/v1/chargers", self._list, methods=["GET"]),
            Route("/v1/chargers/{id}", self._show_one, methods=["GET"]),
        ]

    def account(self) -> Mapping[str, object]:
        """The account that sees all three."""
        return {"id": "walls", "vendor": self.slug, "name": "Blueprint walls", "api_key": API_KEY}

    def step(self, seconds: float) -> None:
        """Each charger is taken or freed a few times an hour."""
        for charger in self.chargers.values():
            if self.random.random() < TURNS_AN_HOUR * seconds / 3600:
                charger["state"] = "free" if charger["state"] == "charging" else "charging"

    def state(self) -> Mapping[str, object]:
        """Each charger's state."""
        return {charger["id"]: charger["state"] for charger in self.chargers.values()}

    async def _list(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        return JSONResponse({"chargers": list(map(self._document, self.chargers.values())), "next": None})

    async def _show_one(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        charger = self.chargers.get(request.path_params["id"])
        return JSONResponse({"error": "no_such_charger"} if charger is None else self._document(charger))

    def _document(self, charger: Mapping[str, Any]) -> dict[str, Any]:
        document = {**charger, "power": 7.2 if charger["state"] == "charging" else 0.0}
        if self.struck("unknown_state"):
            document["state"] = "dreaming"
        if self.struck("without_id"):
            del document["id"]
        return document

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("x-api-key") != API_KEY:
            return JSONResponse({"error": "bad_key"})
        return JSONResponse({"error": "slow_down"}) if self.struck("slow_down", request.url.path) else None


SIMULATOR = BlueprintSimulator
