"""Prices."""

import strawberry

from graph.types.accounts import Account
from graph.types.fields import node_type, plain
from graph.types.money import Money
from graph.types.node import Node
from graph.types.owners import account
from model import records
from model.states import PriceUnit


@node_type(records.Tariff)
class Tariff(Node):
    """A price: `unitPrice` for one `unit`, or for `unitMinutes` minutes where the unit is a time."""

    native_id: str = plain("The vendor's own id.", "ref.native_id")
    account: Account = account()
    name: str = plain("What the vendor calls it.")
    unit_price: Money | None = plain("For one unit; null when the vendor does not say, which is not free.")
    unit: PriceUnit | None = plain("What the unit price is for.")
    unit_minutes: int | None = plain("Minutes that the unit price buys, where the unit is a time.")
    free_minutes: int | None = plain("Minutes at the start that cost nothing.")
    daily_cap: Money | None = plain("The most that a day costs.")
    deposit: Money | None = plain("Held until the return.")
    raw: strawberry.scalars.JSON | None = plain("As the vendor sent it.")
