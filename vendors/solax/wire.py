"""The legacy charger API in the vendor's own words (SolaX "EV charger API User Guide", sections 3.1 and 3.2)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from pydantic import AliasChoices, BeforeValidator, Field

from vendors.kit.wire import Flag, Number, Text, Whole, Wire


def _unwrapped(value: Any) -> Any:  # noqa: ANN401 - whatever a vendor sent
    """The vendor's table calls `result` a string, its example shows an object: JSON text is taken as what it says."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value) if value.strip() else None
    except orjson.JSONDecodeError:
        return value


def _parts(value: Any) -> Any:  # noqa: ANN401
    found = _unwrapped(value)
    return found if isinstance(found, Mapping) else {}


def _listed(value: Any) -> list[Any] | None:  # noqa: ANN401
    return value if isinstance(value, list) else None


def _id(value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) and re.fullmatch(r"[!-~]{1,64}", value) else None


Id = Annotated[str | None, BeforeValidator(_id)]
"""The id of a task or a charger: up to 64 printable characters; whatever else is None."""
Serials = Annotated[list[Any] | None, BeforeValidator(_listed)]
"""A list of serial numbers, and of whatever else a vendor puts there; None when there is no list."""


class Envelope(Wire):
    """What every answer is wrapped in. `code` is missing on most successes."""

    success: Flag = None
    code: Whole = None
    exception: Text = None
    result: Annotated[Any, BeforeValidator(_unwrapped)] = None


class PileInfo(Wire):
    """One charger now. All fields are null for a charger that is offline."""

    status: Whole = Field(default=None, alias="chargerStatus")
    mode: Whole = Field(default=None, alias="chargingMode")
    power: Number = Field(default=None, validation_alias=AliasChoices("chargingPower", "ChargingPower"))
    energy: Number = Field(default=None, alias="chargeEnergy")

    @property
    def is_silent(self) -> bool:
        """Whether nothing could be read."""
        return self.status is None and self.mode is None and self.power is None and self.energy is None


class StartedTask(Wire):
    """The result of a command that was accepted."""

    task_id: Id = Field(default=None, alias="taskId")


class CallbackLists(Wire):
    """Lists that a callback has in its `result` or beside it: the guide's sample is printed in two halves."""

    failures: Serials = Field(default=None, alias="failureList")
    timeouts: Serials = Field(default=None, alias="timeoutList")


class CallbackResult(CallbackLists):
    """What a callback says of its task or of one charger."""

    serial: Id = Field(default=None, alias="sn")


class Callback(CallbackLists):
    """What the vendor sends to the callbackUrl of a command. `code` is text there."""

    success: Flag = None
    kind: Whole = Field(default=None, alias="rspType")
    task_id: Id = Field(default=None, alias="taskId")
    code: Whole = None
    result: Annotated[CallbackResult, BeforeValidator(_parts)] = CallbackResult()

    @property
    def failed(self) -> list[Any] | None:
        """Who could not be told, from both places; None when there is no such list."""
        return _together(self.result.failures, self.failures)

    @property
    def timed_out(self) -> list[Any] | None:
        """Who did not answer in time, likewise."""
        return _together(self.result.timeouts, self.timeouts)


def _together(one: list[Any] | None, other: list[Any] | None) -> list[Any] | None:
    return one if other is None else [*(one or ()), *other]
