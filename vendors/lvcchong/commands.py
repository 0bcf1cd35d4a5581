"""What can be told to the sockets: how each kind of command is done, how long it may take, and what proves it."""

from collections.abc import Mapping
from typing import Final

from model.clock import Clock
from model.states import CommandKind, DeviceKind
from vendors.acting import Procedure
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.orders import Orders
from vendors.lvcchong.results import Results
from vendors.lvcchong.starting import StartCharging
from vendors.lvcchong.stopping import StopCharging
from vendors.manifest import CommandRule, Mark

_EVERY_S: Final = 2.5
_LOOKS_S: Final = (*(_EVERY_S * count for count in range(1, 19)), 50.0, 60.0)
"""The vendor asks to be polled every two or three seconds while it keeps the result, which is for 45 seconds."""

RULES: Final = (
    CommandRule(
        kind=CommandKind.START_CHARGING,
        call="POST /charge, or /newPriceStandardCharge",
        proof="power-up result 1, or the order charges, or it has ended with energy",
        deadline_s=45,
        looks_s=_LOOKS_S,
        patience_s=600,
        not_for=(DeviceKind.ACCESS_CONTROL,),
        mark=Mark.DOC,
    ),
    CommandRule(
        kind=CommandKind.STOP_CHARGING,
        call="POST /stopCharge",
        proof="the order has ended, and no later one at the socket was ended by hand",
        deadline_s=45,
        looks_s=_LOOKS_S,
        patience_s=600,
        not_for=(DeviceKind.ACCESS_CONTROL,),
    ),
)


def procedures_of(client: LvccClient, orders: Orders, clock: Clock) -> Mapping[CommandKind, Procedure]:
    """How one account's commands are done."""
    results = Results(client, clock)
    return {
        CommandKind.START_CHARGING: StartCharging(client, orders, results, clock),
        CommandKind.STOP_CHARGING: StopCharging(client, orders, results, clock),
    }
