"""What can be wished of many devices at once."""

from typing import Any

import pytest

from hub.parts import Key, Part
from model.commands import Media
from model.refs import device_ref
from model.states import ChargerMode, CommandKind
from resolvers.ordering.many import PublishAdvertisement, SetChargerMode
from tests.resolvers.ordering.wishing import D1, D2, acting, aimed, complaints, device, given
from tests.resolvers.scripted import World, fleet_of

SCREENS = acting("a", CommandKind.PUBLISH_ADVERTISEMENT)
PICTURE = Media("summer", "image/png", "https://media.example.com/summer.png?size=1")


async def stocked(world: World) -> World:
    for key in world.fleet.members:
        await world.recall(Key(key, Part.DEVICES), (device("D1", key), device("D2", key)))
    return world


def modes(*devices: Any, mode: ChargerMode = ChargerMode.GREEN) -> SetChargerMode:
    return SetChargerMode(devices=devices, mode=mode)


async def fields(world: World, wish: Any) -> list[tuple[str, str]]:
    return [(one.code.value, ".".join(one.field or ())) for one in await complaints(world, wish)]


async def test_chargers_of_several_accounts_are_one_order() -> None:
    kind = CommandKind.SET_CHARGER_MODE
    async with fleet_of(acting("a", kind), acting("b", kind)) as world:
        elsewhere = device_ref("b", "D1")
        await given(await stocked(world), modes(D1, elsewhere, D2))
        assert aimed(world) == [(D1, None, None), (elsewhere, None, None), (D2, None, None)]
        assert world.desk.orders[0].instruction.mode is ChargerMode.GREEN


async def test_a_mode_that_is_only_ever_read_cannot_be_set() -> None:
    async with fleet_of(acting("a", CommandKind.SET_CHARGER_MODE)) as world:
        assert await fields(await stocked(world), modes(D1, mode=ChargerMode.UNKNOWN)) == [
            ("INVALID_INPUT", "input.mode")
        ]


async def test_none_and_too_many_are_refused() -> None:
    async with fleet_of(acting("a", CommandKind.SET_CHARGER_MODE)) as world:
        many = [device_ref("a", str(number)) for number in range(1001)]
        assert await fields(world, modes()) == [("INVALID_INPUT", "input.deviceIds")]
        assert await fields(world, modes(*many)) == [("INVALID_INPUT", "input.deviceIds")]


async def test_each_is_named_once() -> None:
    async with fleet_of(acting("a", CommandKind.SET_CHARGER_MODE)) as world:
        assert await fields(await stocked(world), modes(D1, D2, D1, D1)) == [
            ("INVALID_INPUT", "input.deviceIds.2"),
            ("INVALID_INPUT", "input.deviceIds.3"),
        ]


async def test_screens_are_told_what_to_show() -> None:
    async with fleet_of(SCREENS) as world:
        await given(await stocked(world), PublishAdvertisement(devices=(D1, D2), media=(PICTURE,), restart=True))
        assert aimed(world) == [(D1, None, None), (D2, None, None)]
        said = world.desk.orders[0].instruction
        assert (said.media, said.restart) == ((PICTURE,), True)


@pytest.mark.parametrize("count", [0, 21])
async def test_screens_take_so_many(count: int) -> None:
    async with fleet_of(SCREENS) as world:
        wish = PublishAdvertisement(devices=(D1,), media=(PICTURE,) * count)
        assert await fields(await stocked(world), wish) == [("INVALID_INPUT", "input.media")]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://media.example.com/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//media.example.com/a.png",
        "media.example.com/a.png",
        "https://",
        "https:///a.png",
        "https://[::1/a.png",
        "https://media.example.com/a b.png",
        "https://ada:secret@media.example.com/a.png",
    ],
)
async def test_screens_fetch_by_http_and_without_signing_in(url: str) -> None:
    async with fleet_of(SCREENS) as world:
        wish = PublishAdvertisement(devices=(D1,), media=(PICTURE, Media("a", "image/png", url)))
        assert await fields(await stocked(world), wish) == [("INVALID_INPUT", "input.media.1.url")]


async def test_every_text_of_a_picture_is_checked() -> None:
    async with fleet_of(SCREENS) as world:
        wish = PublishAdvertisement(devices=(D1,), media=(Media("", "", "https://media.example.com/" + "a" * 2048),))
        assert await fields(await stocked(world), wish) == [
            ("INVALID_INPUT", "input.media.0.code"),
            ("INVALID_INPUT", "input.media.0.mediaType"),
            ("INVALID_INPUT", "input.media.0.url"),
        ]
