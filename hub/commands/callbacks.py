"""Word from a vendor at the address of one call: found by its token, told apart from repeats, believed with limits."""

from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from hub.commands.calls import Call
from hub.commands.evidence import moves_of
from hub.commands.journal import Journal
from hub.commands.moves import Moved
from hub.commands.orders import UnknownCallback, UnreadableCallback
from model.clock import Clock
from model.faults import Malformed
from vendors.acting import Heard, HearsCallbacks

log = structlog.get_logger(__name__)


class Callbacks:
    """Takes callbacks for the calls of every process that shares the store."""

    def __init__(
        self, journal: Journal, clock: Clock, procedure: Callable[[Call], object], listener: "Listener"
    ) -> None:
        """`procedure`: how a call is done; `listener` hears what moved and what should be looked at now."""
        self._journal = journal
        self._clock = clock
        self._procedure = procedure
        self._listener = listener

    async def hear(self, account: str, token: str, body: bytes, media_type: str) -> Mapping[str, object]:
        """Take a callback; the JSON that its vendor expects. Raises UnknownCallback or UnreadableCallback.

        The same one is believed once. What comes before the answer to its call is kept until that is written down.
        """
        call = await self._journal.call_of_token(account, token)
        how = None if call is None else self._procedure(call)
        if call is None or not isinstance(how, HearsCallbacks):
            raise UnknownCallback
        heard = _read(how, call, body, media_type)
        moves = moves_of(call.account, heard.learnt, self._clock.now())
        moved = await self._journal.heard(call, heard, moves, media_type, body)
        if moved is not None:
            await self._listener.heard(call, moved, look_now=heard.look_now)
        return how.callback_answer

    async def release(self, call_id: str) -> None:
        """Believe what came before the answer to a call that has its answer now, or will have none."""
        for early in await self._journal.held(call_id):
            call = await self._journal.call(call_id, open_only=False)
            how = None if call is None else self._procedure(call)
            if call is None or not isinstance(how, HearsCallbacks):
                return
            try:
                heard = _read(how, call, early.body, early.media_type)
                moves = moves_of(call.account, heard.learnt, self._clock.now())
                moved = await self._journal.released(call, heard, moves)
            except (UnknownCallback, UnreadableCallback):
                log.warning("a callback that came before the answer speaks of another task", command=call.command.id)
            else:
                await self._listener.heard(call, moved, look_now=heard.look_now)


class Listener(Protocol):
    """Who acts on what callbacks say."""

    async def heard(self, call: Call, moved: list[Moved], *, look_now: bool) -> None:
        """Targets moved; with `look_now` the vendor should be read before anything is concluded."""
        ...


def _read(how: HearsCallbacks, call: Call, body: bytes, media_type: str) -> Heard:
    try:
        return how.hear(call.task, body, media_type)
    except Malformed as fault:
        raise UnreadableCallback(fault.message) from fault
