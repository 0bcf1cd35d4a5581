"""Pictures and films are sent to the screens of cabinets; nothing tells what a screen shows."""

from collections.abc import AsyncIterator

from model.faults import Rejected
from model.states import Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.bajie.client_acts import BajieActs


class PublishAdvertisement:
    """One call for all cabinets."""

    def __init__(self, acts: BajieActs) -> None:
        """Holds nothing else."""
        self._acts = acts

    async def prepare(self, task: Task) -> Prepared:
        """Refuses to publish nothing."""
        if not task.instruction.media:
            raise Rejected("name at least one picture or film", resolution=Resolution.USER_ACTION)
        return Prepared()

    async def send(self, task: Task) -> Accepted:
        """Publish."""
        devices = [target.device.native_id for target in task.targets]
        instruction = task.instruction
        await self._acts.publish_advertisement(devices, instruction.media, restart=instruction.restart)
        return Accepted()

    async def look(self, task: Task) -> AsyncIterator[Evidence]:  # noqa: ARG002 - there is nothing to read
        """The vendor offers no proof."""
        nothing: tuple[Evidence, ...] = ()
        for evidence in nothing:
            yield evidence
