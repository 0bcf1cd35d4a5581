"""Shortcuts give what the long way gives."""

from dataclasses import replace
from typing import cast

import pytest
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from structlog.testing import capture_logs

from graph import shortcuts
from graph.operation import core_of
from resolvers import slots
from tests.graph.test_reading import EVERY_EDGE
from tests.graph.world import DEVICES, SLOTS, answer, complaint, schema, world


def test_every_plain_value_has_one() -> None:
    fields = core_of(schema()).type_map["Slot"].fields  # type: ignore[attr-defined]
    short = {name for name, field in fields.items() if shortcuts.WRITE in field.extensions}
    assert short == {
        "id",
        "index",
        "kind",
        "status",
        "statusDetail",
        "occupancy",
        "canDispense",
        "canAccept",
    }


async def test_the_long_way_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    short = await answer(EVERY_EDGE)
    long_way = StrawberryGraphQLCoreExecutionContext.execute_field
    monkeypatch.setattr(shortcuts.ShortcutExecutor, "execute_field", long_way)
    assert await answer(EVERY_EDGE) == short


async def test_a_value_that_must_not_be_missing_is_an_error_in_its_place() -> None:
    async def incomplete(_: object, devices: list[object], __: object) -> list[object]:
        first = SLOTS[DEVICES[0].ref][0]
        return [[replace(first, index=cast("int", None))]] * len(devices)

    with capture_logs() as logs:
        error = await complaint(
            '{ device(id: "Device:cabinets:D1") { slots { index } } }',
            context=world({slots.of_devices: incomplete}),
        )
    assert error["path"] == ["device", "slots", 0, "index"]
    assert [entry["error"] for entry in logs] == ["TypeError"]
