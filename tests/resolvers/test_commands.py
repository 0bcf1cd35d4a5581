"""Commands as they are listed and found, for whoever may see them."""

from dataclasses import replace

import pytest

from hub.commands.orders import CommandQuery, Order
from model.commands import Aim, Command, Instruction
from model.refs import Ref, command_ref, device_ref
from model.states import ChargerMode, CommandKind, CommandStatus
from resolvers import commands
from resolvers.filters import CommandFilter
from resolvers.paging import BadPage, PageArgs
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import device

A1, B1, ELSEWHERE = device_ref("a", "D1"), device_ref("b", "D1"), device_ref("elsewhere", "D1")


def keep(world: World, number: str, *devices: Ref) -> Command:
    """A command that was given to these devices."""
    order = Order(
        kind=CommandKind.SET_CHARGER_MODE,
        caller="operator",
        idempotency_key=number,
        request="",
        aims=tuple(Aim(device=one) for one in devices),
        instruction=Instruction(mode=ChargerMode.ECO),
    )
    command = replace(world.desk.command(order), ref=command_ref(number))
    world.desk.kept["operator", number] = ("", command)
    return command


async def test_a_page_asks_for_what_the_viewer_may_see() -> None:
    async with fleet_of(account("a"), account("b")) as world:
        first, second = keep(world, "0b", A1), keep(world, "0a", B1)
        where = CommandFilter(
            accounts=frozenset({"a"}),
            devices=frozenset({A1}),
            kinds=frozenset({CommandKind.SET_CHARGER_MODE}),
            statuses=frozenset({CommandStatus.SENT}),
        )
        found = await commands.page(world.scope(), PageArgs(first=2, after="0c"), where)
        assert [(edge.node, edge.cursor) for edge in found.edges] == [(first, "0b"), (second, "0a")]
        assert (found.has_next, found.has_previous) == (True, False)
        query = CommandQuery(
            accounts=where.accounts,
            devices=where.devices,
            kinds=where.kinds,
            statuses=where.statuses,
            visible=frozenset({"a", "b"}),
        )
        assert world.desk.queries == [(query, 2, {"after": "0c", "before": None, "backwards": False})]


@pytest.mark.parametrize(
    ("args", "rows", "between"),
    [
        (PageArgs(), 25, {"after": None, "before": None, "backwards": False}),
        (PageArgs(last=3, before="0a"), 3, {"after": None, "before": "0a", "backwards": True}),
        (PageArgs(first=0), 0, {"after": None, "before": None, "backwards": False}),
    ],
)
async def test_pages_go_both_ways(args: PageArgs, rows: int, between: dict[str, object]) -> None:
    async with fleet_of(account("a")) as world:
        await commands.of_device(world.scope(), device("D1"), args)
        query = CommandQuery(devices=frozenset({A1}), visible=frozenset({"a"}))
        assert world.desk.queries == [(query, rows, between)]


@pytest.mark.parametrize(
    "args",
    [
        PageArgs(first=1, last=1),
        PageArgs(first=101),
        PageArgs(after="not one"),
        PageArgs(before="WzFd"),
        PageArgs(after="f" * 33),
        PageArgs(after=""),
    ],
)
async def test_what_is_no_page_is_refused(args: PageArgs) -> None:
    async with fleet_of(account("a")) as world:
        with pytest.raises(BadPage):
            await commands.page(world.scope(), args, CommandFilter())
        assert world.desk.queries == []


async def test_a_command_that_touches_a_hidden_account_is_hidden() -> None:
    async with fleet_of(account("a"), account("b")) as world:
        seen = keep(world, "01", A1, B1)
        keep(world, "02", A1, ELSEWHERE)
        refs = [command_ref(number) for number in ("02", "01", "03")]
        assert await commands.by_refs(world.scope(), refs) == [None, seen, None]
