"""Setting the mode of chargers: one call for up to a hundred, word of each by callback, proof by reading it back."""

from collections.abc import AsyncIterator, Mapping
from typing import ClassVar

from model.commands import CommandTarget
from model.faults import Malformed, NotFound, Rejected, Unauthorised, Unsupported
from model.records import RawCode
from model.states import ChargerMode, CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Heard, Prepared, Task
from vendors.contract import DeviceReading
from vendors.solax.client import SolaxClient
from vendors.solax.settings import PowerUnit
from vendors.solax.translate import COMMAND_VALUES, translate_pile_info
from vendors.solax.webhook import hear_callback

READING_ORDER: Mapping[CommandStatus, int] = {
    CommandStatus.ACKNOWLEDGED: 0,
    CommandStatus.TIMED_OUT: 1,
    CommandStatus.OUTCOME_UNKNOWN: 1,
}
"""Every read costs one of nine calls a minute: who most likely obeyed is read first, the silent ones last."""
READ_LAST = 2


class SetChargerMode:
    """SET_CHARGER_MODE by pileCmd, at one account."""

    callback_answer: ClassVar[Mapping[str, object]] = {}
    """The vendor's guide asks for no particular answer."""

    def __init__(self, client: SolaxClient, power_unit: PowerUnit) -> None:
        self._client = client
        self._power_unit = power_unit

    async def prepare(self, task: Task) -> Prepared:
        """Reads nothing, since a read of each charger would cost more quota than the command."""
        _cmd_value(task)
        _callback_url(task)
        return Prepared()

    async def send(self, task: Task) -> Accepted:
        """One pileCmd for all targets. Raises Uncertain when it may have been accepted."""
        serials = [target.device.native_id for target in task.targets]
        task_id = await self._client.post_pile_cmd(serials, _cmd_value(task), _callback_url(task))
        return Accepted(answer={"taskId": task_id}, vendor_task_id=task_id)

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """One getPileInfo a target: CONFIRMED where it shows the mode; any other mode may still be an old reading.

        Every reading is handed on. What stands against one charger passes it over. What stands against the account
        (quota, token, connection) is raised, for a later look at the rest.
        """
        for target in sorted(task.targets, key=lambda target: READING_ORDER.get(target.status, READ_LAST)):
            reading = await self._read(target)
            if reading is None:
                continue
            is_done = reading.device.charger_mode is task.instruction.mode
            yield Evidence(
                position=target.position,
                status=CommandStatus.CONFIRMED if is_done else None,
                raw=RawCode(_cmd_value(task), str(task.instruction.mode)) if is_done else None,
                seen=reading,
            )

    async def _read(self, target: CommandTarget) -> DeviceReading | None:
        """The charger now; None when something stands against it alone."""
        try:
            result = await self._client.get_pile_info(target.device.native_id)
            return translate_pile_info(target.device, result, self._power_unit)
        except (NotFound, Rejected, Malformed):
            return None
        except Unauthorised as fault:
            # The token is good but has no right to this charger: the others can still be read.
            if fault.resolution is Resolution.USER_ACTION:
                return None
            raise

    def hear(self, task: Task, body: bytes, media_type: str) -> Heard:  # noqa: ARG002 - only JSON is known
        """One of the three kinds of callback. Raises Malformed for whatever else."""
        return hear_callback(task, body)


def _cmd_value(task: Task) -> str:
    value = COMMAND_VALUES.get(task.instruction.mode or ChargerMode.UNKNOWN)
    if value is None:
        raise Unsupported("SolaX chargers can be set to STOP, FAST, ECO or GREEN only: ask for one of these")
    return value


def _callback_url(task: Task) -> str:
    if task.callback_url is None:
        message = (
            "SolaX takes no command without a URL to call back: set server.public_url in the configuration to the "
            "address at which the vendor can reach this gateway"
        )
        raise Rejected(message, resolution=Resolution.USER_ACTION)
    return task.callback_url
