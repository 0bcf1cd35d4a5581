"""Fifty people press the button at the same moment: one battery leaves."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from tests.acceptance.crashing.in_process import SPEED, Together, together
from tests.acceptance.crashing.scenes import SCENES

PEOPLE = 50

EJECT = """mutation ($slot: ID!, $key: String!) {
  ejectBattery(input: { slotId: $slot, idempotencyKey: $key }) {
    command { id status }
    userErrors { code message field }
  }
}"""


async def pressed(world: Together, slot: str, keys: list[str]) -> list[dict[str, Any]]:
    """The payloads of as many mutations at once, by turns at every replica."""

    async def press(number: int, key: str) -> dict[str, Any]:
        replica = world.replicas[number % len(world.replicas)]
        payload: dict[str, Any] = (await replica.ask(EJECT, slot=slot, key=key))["ejectBattery"]
        return payload

    return await asyncio.gather(*(press(number, key) for number, key in enumerate(keys)))


async def test_fifty_keys_on_one_slot_are_one_ejection_and_the_others_hear_of_it(tmp_path: Path) -> None:
    scene = SCENES["bajie-eject"]
    async with together(scene.simulator, f"sqlite+aiosqlite:///{tmp_path}/store.db") as world:
        slot = scene.arranged(world.simulator).slot
        assert slot is not None
        payloads = await pressed(world, slot.id, [f"key {number}" for number in range(PEOPLE)])
        (command,) = [payload["command"] for payload in payloads if payload["command"]]
        refusals = [error for payload in payloads for error in payload["userErrors"]]
        assert command["status"] == "SENT"
        assert Counter(error["code"] for error in refusals) == {"CONFLICT": PEOPLE - 1}
        assert all(command["id"] in error["message"] for error in refusals)

        world.clock.hurry(SPEED)
        await world.replicas[0].reached(command["id"], "CONFIRMED")
        assert [what for what, _ in world.acts()] == ["battery out"]


async def test_one_key_given_fifty_times_is_one_command(tmp_path: Path) -> None:
    scene = SCENES["bajie-eject"]
    async with together(scene.simulator, f"sqlite+aiosqlite:///{tmp_path}/store.db") as world:
        slot = scene.arranged(world.simulator).slot
        assert slot is not None
        payloads = await pressed(world, slot.id, ["the key"] * PEOPLE)
        assert [payload["userErrors"] for payload in payloads] == [[]] * PEOPLE
        (command,) = {payload["command"]["id"] for payload in payloads}
        assert {payload["command"]["status"] for payload in payloads} == {"SENT"}

        world.clock.hurry(SPEED)
        await world.replicas[0].reached(command, "CONFIRMED")
        assert [what for what, _ in world.acts()] == ["battery out"]
