"""Acts on hardware and what became of them."""

from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from graph.types.fields import batched, graph_type, node_type, plain
from graph.types.freshness import Problem, RawCode
from graph.types.links import BatteryLink, DeviceLink, SessionLink, SlotLink
from graph.types.node import Node
from model import commands
from model.states import ChargerMode, CommandKind, CommandStatus, DeviceOperation
from resolvers import batteries, lookup, sessions, slots


@graph_type()
class CommandTarget:
    """One thing that a command is about; a command to many devices has a status for each."""

    device: DeviceLink | None = batched(
        "The device as it was last known.",
        lookup.known_by_refs,
        attrgetter("device"),
        ages=False,
    )
    slot: SlotLink | None = batched("The slot as it is now.", slots.by_refs, attrgetter("slot"))
    battery: BatteryLink | None = batched("The battery as it is now.", batteries.by_refs, attrgetter("battery"))
    session: SessionLink | None = batched("The session as it is now.", sessions.by_refs, attrgetter("session"))
    status: CommandStatus = plain("How far it is here.")
    problem: Problem | None = plain("Why it did not happen here, or why that is not known.")
    raw: RawCode | None = plain("The vendor's own answer.")
    vendor_task_id: str | None = plain("The vendor's own id of the task.")
    updated_at: datetime = plain("When it last moved.")


@node_type(commands.Command)
class Command(Node):
    """An act on hardware, and what is known of its outcome."""

    kind: CommandKind = plain("What was asked for.")
    status: CommandStatus = plain("Of the whole: the least settled of its targets.")
    targets: list[CommandTarget] = plain("What it is about, in the order in which it was given.")
    operation: DeviceOperation | None = plain(
        "Which maintenance operation, of OPERATE_DEVICE.", "instruction.operation"
    )
    mode: ChargerMode | None = plain("Which mode, of SET_CHARGER_MODE.", "instruction.mode")
    minutes: int | None = plain("For how long, of START_CHARGING.", "instruction.minutes")
    prepaid: Decimal | None = plain(
        "How much was paid for it, of START_CHARGING, in the account's currency.",
        "instruction.prepaid",
    )
    external_id: str | None = plain("The id that whoever rented gave to the rental.", "instruction.external_id")
    reason: str | None = plain("Why, in the words of whoever gave it.", "instruction.reason")
    idempotency_key: str | None = plain("The key that makes a repeat return this command instead of acting twice.")
    created_at: datetime = plain("When it was asked for.")
    sent_at: datetime | None = plain("When it went to the vendor.")
    deadline: datetime | None = plain("When waiting for evidence ends.")
    completed_at: datetime | None = plain("When its outcome was known.")
    is_safe_to_retry: bool = plain("True only when sending it again cannot act twice.")
    problem: Problem | None = plain("Why it did not happen, or why that is not known.")
