"""Acts on hardware and what became of them. Declared for clients to build on: this version sends no commands."""

from datetime import datetime

from graph.types.fields import graph_type, plain
from graph.types.freshness import Problem, RawCode
from graph.types.links import BatteryLink, DeviceLink, SlotLink
from graph.types.node import Node
from model.states import CommandKind, CommandStatus


@graph_type()
class CommandTarget:
    """One thing that a command is about; a command to many devices has a status for each."""

    device: DeviceLink | None = plain("The device.")
    slot: SlotLink | None = plain("The slot.")
    battery: BatteryLink | None = plain("The battery.")
    status: CommandStatus = plain("How far it is here.")
    problem: Problem | None = plain("Why it did not happen here.")
    raw: RawCode | None = plain("The vendor's own answer.")
    vendor_task_id: str | None = plain("The vendor's own id of the task.")
    updated_at: datetime = plain("When it last moved.")


@graph_type()
class Command(Node):
    """An act on hardware, and what is known of its outcome."""

    kind: CommandKind = plain("What was asked for.")
    status: CommandStatus = plain("Of the whole: the least settled of its targets.")
    targets: list[CommandTarget] = plain("What it is about.")
    idempotency_key: str | None = plain("The key that makes a repeat return this command instead of acting twice.")
    created_at: datetime = plain("When it was asked for.")
    sent_at: datetime | None = plain("When it went to the vendor.")
    deadline: datetime | None = plain("When waiting for evidence ends.")
    completed_at: datetime | None = plain("When its outcome was known.")
    is_safe_to_retry: bool = plain("True only when sending it again cannot act twice.")
    problem: Problem | None = plain("Why it did not happen.")
