"""Home storage: what it does now and what it did."""

from datetime import datetime
from operator import attrgetter

import strawberry

from graph.types.fields import batched, graph_type, plain
from graph.types.links import BatteryLink
from model.states import BatteryFlow
from resolvers import batteries


@graph_type()
class StorageReading:
    """A home battery now. Signs: battery + charging, grid + importing, solar + generating, load + consuming."""

    state_of_charge: float | None = plain("0 to 1.")
    battery_power_w: float | None = plain("Into the battery, in W; negative out of it.")
    grid_power_w: float | None = plain("From the grid, in W; negative into it.")
    solar_power_w: float | None = plain("From the sun, in W.")
    load_power_w: float | None = plain("What the house takes, in W.")
    flow: BatteryFlow = plain("Which way energy moves through the battery.")
    raw: strawberry.scalars.JSON | None = plain(
        "Every reading as the vendor sent it, also those whose meaning nobody knows."
    )


@graph_type()
class EnergyRecord:
    """Energy into and out of a storage battery over one interval."""

    battery: BatteryLink | None = batched("Of which battery.", batteries.by_refs, attrgetter("battery"))
    measured_at: datetime = plain("The end of the interval.")
    charged_kwh: float | None = plain("Into the battery, in kWh.")
    discharged_kwh: float | None = plain("Out of the battery, in kWh.")
