"""LetMeCharge's words, as its pages spell them (`conectorType`, `commision_price`), as far as they are used here.

The documented types contradict the vendor's own example (`plusCode`, `logicPlugId`, `loc`), so everything is lenient.
Only the nesting says what belongs to what: in the example no parent id matches its parent.
"""

from pydantic import Field

from vendors.kit.wire import Flag, Items, Number, Object, Text, Wire


class PhysicalPlug(Wire):
    """What a car is plugged into. What `status`, `conectorType` and `chargeMode` mean is not documented."""

    id: Text = Field(None, alias="_id")
    status: Flag = None
    last_update: Text = Field(None, alias="lastUpdate")
    max_power: Number = Field(None, alias="maxPower")


class LogicPlug(Wire):
    """A group of physical plugs."""

    last_update: Text = Field(None, alias="lastUpdate")
    physical_plugs: Items = Field([], alias="physicalPlugs")


class ChargerDetails(Wire):
    """A station of a charger, with its address and plugs."""

    id: Text = Field(None, alias="_id")
    name: Text = None
    model: Text = None
    address: Text = None
    town: Text = None
    schedule: Text = None
    plugs: Items = Field([])
    updated_at: Text = Field(None, alias="updatedAt")
    monday: Text = None
    tuesday: Text = None
    wednesday: Text = None
    thursday: Text = None
    friday: Text = None
    saturday: Text = None
    sunday: Text = None


class Charger(Wire):
    """A charging location. Its own `plugs` is a count, unlike that of its details."""

    id: Text = Field(None, alias="_id")
    lat: Number = None
    lon: Number = None
    status: Flag = None
    charger_details: Items = Field([], alias="chargerDetails")
    updated_at: Text = Field(None, alias="updatedAt")


class Order(Wire):
    """A charge that the contract ordered. `id`, `_id` and `orderId`: three names, any of which may be its id."""

    id: Text = None
    record_id: Text = Field(None, alias="_id")
    order_id: Text = Field(None, alias="orderId")
    status: Text = None
    amount: Number = None
    commission_price: Number = Field(None, alias="commision_price")
    tax_price: Number = None
    charger: Object = None
    physical_plug: Object = Field(None, alias="physicalPlugs")
    started: Text = None
    finished: Text = None
    email: Text = None
    plug_price: Number = None
    price_unit: Text = None
    currency: Text = None
    charged_kwh: Number = None
    battery_level: Number = None
    user_email: Text = None
    plate: Text = None
    external_id: Text = None
    created_at: Text = Field(None, alias="createdAt")
    updated_at: Text = Field(None, alias="updatedAt")
    power_kw: Number = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that the order may be known by, the one it is filed under first."""
        return tuple(value for value in (self.id, self.order_id, self.record_id) if value)
