"""The legacy charger API in the vendor's own words (SolaX "EV charger API User Guide", section 3.2)."""

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
