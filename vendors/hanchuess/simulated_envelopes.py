"""What the simulated vendor wraps its replies in: `errno` is a number here, text there, and a switch may change it."""

from starlette.responses import JSONResponse, Response

from vendors.kit.simulator import Simulator


class Envelopes:
    """Replies with `errno`."""

    def __init__(self, world: Simulator) -> None:
        """Asks its switches."""
        self._world = world

    def refusal(self, path: str) -> Response | None:
        """A refusal in a good reply, where a switch asks for it; nothing is done then."""
        wrong = self._world.struck("errno", path)
        if wrong is None:
            return None
        return JSONResponse({**self.errno(wrong.value or 500, path), "msg": "refused by a switch"})

    def success(self, path: str, data: object = None, *, as_text: bool = False) -> Response:
        """A reply with its data, or without any."""
        envelope = {**self.errno(200, path, as_text=as_text), "msg": "success"}
        return JSONResponse(envelope if data is None else {**envelope, "data": data})

    def errno(self, number: str | float, path: str, *, as_text: bool = False) -> dict[str, object]:
        """The field in the form that this reply has."""
        switch = self._world.struck("errno_form", path)
        form = switch.value if switch else "string" if as_text else "int"
        if form == "absent":
            return {}
        return {"errno": str(number) if form == "string" else int(number)}
