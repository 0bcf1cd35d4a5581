"""Events as they are listed and found, for whoever may see them."""

import pytest

from model.events import Event, EventQuery
from model.refs import device_ref, event_ref
from model.states import EventType
from resolvers import events
from resolvers.filters import EventFilter
from resolvers.paging import BadPage, PageArgs
from tests.resolvers.scripted import account, fleet_of
from tests.support.clock import START


def event(number: int, account_key: str | None = "a") -> Event:
    return Event(
        ref=event_ref(str(number)),
        number=number,
        type=EventType.COMMAND_UPDATED,
        account=account_key,
        recorded_at=START,
    )


async def test_a_page_asks_for_what_the_viewer_may_see_and_continues_from_any_event() -> None:
    async with fleet_of(account("a")) as world:
        world.events.events = [event(8), event(9)]
        where = EventFilter(
            accounts=frozenset({"a"}),
            devices=frozenset({device_ref("a", "D1")}),
            types=frozenset({EventType.COMMAND_UPDATED}),
        )
        found = await events.page(world.scope(), PageArgs(first=2, after=event(7).cursor), where)
        assert [(edge.node.number, edge.cursor) for edge in found.edges] == [(8, "8"), (9, "9")]
        assert (found.has_next, found.has_previous) == (False, True)
        query = EventQuery(accounts=where.accounts, devices=where.devices, types=where.types, visible=frozenset({"a"}))
        assert world.events.queries == [(query, 2, {"after": 7, "before": None, "backwards": False})]


async def test_the_last_ones_come_before() -> None:
    async with fleet_of(account("a")) as world:
        await events.page(world.scope(), PageArgs(last=5, before="3"), EventFilter())
        query = EventQuery(visible=frozenset({"a"}))
        assert world.events.queries == [(query, 5, {"after": None, "before": 3, "backwards": True})]


@pytest.mark.parametrize("cursor", ["", "-1", "1.5", "9" * 19, "\u0663", "WzFd", "0x1"])
async def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    async with fleet_of(account("a")) as world:
        with pytest.raises(BadPage, match="`after` is not a cursor of this connection"):
            await events.page(world.scope(), PageArgs(after=cursor), EventFilter())


async def test_events_of_hidden_accounts_are_hidden_and_the_gateways_own_are_not() -> None:
    async with fleet_of(account("a")) as world:
        world.events.events = [event(1), event(2, "elsewhere"), event(3, None)]
        refs = [event_ref(number) for number in ("3", "2", "1", "4", "x", "9" * 30)]
        found = await events.by_refs(world.scope(), refs)
        assert [one and one.number for one in found] == [3, None, 1, None, None, None]
