"""The vendor's objects in the vendor's words. Every field may be missing, null or of another type."""

from pydantic import Field

from vendors.kit.wire import Flag, Items, Number, Text, Wire


class ChargerPage(Wire):
    """The answer to a list: one page, and where the next one starts."""

    chargers: Items = Field(default_factory=list)
    following: Text = Field(default=None, alias="next")


class WireCharger(Wire):
    """One charger. `power` is in kilowatts."""

    id: Text = None
    title: Text = None
    is_online: Flag = Field(default=None, alias="online")
    state: Text = None
    power: Number = None
