"""Word from a vendor at the address of one call: found by its token, told apart from repeats, believed with limits."""

from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from hub.commands.calls import Call, HeldCallback, Phase
from hub.commands.evidence import moves_of
from hub.commands.journal import Journal
from hub.commands.moves import By, Moved
from hub.commands.orders import UnknownCallback, UnreadableCallback
from model.faults import Malformed
from vendors.acting import Heard, HearsCallbacks

_UNANSWERED = (Phase.WAITING, Phase.SENDING)

log = structlog.get_logger(__name__)


class Callbacks:
    """Takes callbacks for the calls of every process that shares the store."""

    def __init__(self, journal: Journal, procedure: Callable[[Call], object], listener: "Listener") -> None:
        """`procedure`: how a call is done; `listener` hears what moved and what should be looked at now."""
        self._journal = journal
        self._procedure = procedure
        self._listener = listener

    async def hear(self, account: str, token: str, body: bytes, media_type: str) -> Mapping[str, object]:
        """Take a callback; the JSON that its vendor expects. Raises UnknownCallback or UnreadableCallback.

        It is kept before it is believed, and the same one is believed once. What comes before the answer to its call
        waits for it.
        """
        call = await self._journal.call_of_token(account, token)
        how = None if call is None else self._procedure(call)
        if call is None or not isinstance(how, HearsCallbacks):
            raise UnknownCallback
        heard = _read(how, call, body, media_type)
        if await self._journal.heard(call, heard.key, media_type, body):
            await self._believe(call, heard)
            await self._believe_if_answered_meanwhile(call, body, media_type)
        return how.callback_answer

    async def _believe_if_answered_meanwhile(self, call: Call, body: bytes, media_type: str) -> None:
        """The answer may have been written down just before the callback was put aside to wait for it."""
        if call.phase in _UNANSWERED:
            newest = await self._journal.call(call.id)
            if newest is not None and newest.phase not in _UNANSWERED:
                await self.release(call.id, HeldCallback(media_type=media_type, body=body))

    async def release(self, call_id: str, early: HeldCallback) -> None:
        """Believe a callback that waited for the answer to its call."""
        call = await self._journal.call(call_id, open_only=False)
        how = None if call is None else self._procedure(call)
        if call is not None and isinstance(how, HearsCallbacks):
            try:
                await self._believe(call, _read(how, call, early.body, early.media_type))
            except (UnknownCallback, UnreadableCallback):
                log.warning("a callback that came before the answer speaks of another task", command=call.command.id)

    async def _believe(self, call: Call, heard: Heard) -> None:
        if call.phase in _UNANSWERED:
            return
        if heard.vendor_task_id is not None and call.task.vendor_task_id is None:
            await self._journal.adopt(call, heard.vendor_task_id)
        moved = await self._journal.moved(call, moves_of(call.account, heard.learnt), By.CALLBACK)
        await self._listener.heard(call, moved, look_now=heard.look_now)


class Listener(Protocol):
    """Who acts on what callbacks say."""

    async def heard(self, call: Call, moved: list[Moved], *, look_now: bool) -> None:
        """Targets moved; with `look_now` the vendor should be read before anything is concluded."""
        ...


def _read(how: HearsCallbacks, call: Call, body: bytes, media_type: str) -> Heard:
    try:
        heard = how.hear(call.task, body, media_type)
    except Malformed as fault:
        raise UnreadableCallback(fault.message) from fault
    known = call.task.vendor_task_id
    if known is not None and heard.vendor_task_id is not None and heard.vendor_task_id != known:
        raise UnknownCallback
    return heard
