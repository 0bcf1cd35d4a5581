"""One call a level, whatever the number of parents; and one age for all that is below a root field."""

from graph.engine import execute
from model.faults import TimedOut
from resolvers import sites
from tests.graph.world import DEVICES, answer, schema, world


async def test_each_edge_is_asked_once_a_level() -> None:
    context = world()
    await answer(
        """{ devices { nodes { site { id } tariff { id } slots { device { id } battery { slot { id } device { id } }
             activeSession { id } } chargingSessions(first: 5) { nodes { site { id } } } } } }""",
        context=context,
    )
    count = context.count()
    assert {name: calls for name, calls in count.items() if name != "accounts.by_keys"} == {
        "devices.page": 1,
        "sites.of_devices": 1,
        "tariffs.of_devices": 1,
        "slots.of_devices": 1,
        "lookup.by_refs": 2,  # the device of slots, then the device of batteries
        "batteries.of_slots": 1,
        "slots.by_refs": 1,
        "sessions.active_of_slots": 1,
        "sessions.pages_of_devices": 1,
        "sites.by_refs": 1,
    }


async def test_a_thing_that_many_name_is_asked_for_once() -> None:
    context = world()
    await answer("{ devices { nodes { slots { device { id } } } } }", context=context)
    (asked,) = [asked for asked in context.asked if asked.of == "lookup.by_refs"]
    assert asked.keys == [device.ref for device in DEVICES]


async def test_pages_with_the_same_arguments_are_asked_together() -> None:
    context = world()
    await answer(
        """{ devices { nodes { a: chargingSessions(first: 1) { nodes { id } }
             b: chargingSessions(first: 1) { nodes { id } } c: chargingSessions(first: 2) { nodes { id } } } } }""",
        context=context,
    )
    first, second = context.arguments("sessions.pages_of_devices")
    assert (first[0].first, second[0].first) == (1, 2)


async def test_edges_inherit_the_max_age_of_their_root_field() -> None:
    context = world()
    await answer(
        """{ now: sites(maxAge: 0) { nodes { devices { nodes { slots { battery { id } } } } } }
             old: sites(maxAge: 600) { nodes { devices { nodes { slots { battery { id } } } } } }
             usual: sites { nodes { devices { nodes { slots { battery { id } } } } } } }""",
        context=context,
    )
    assert context.arguments("slots.of_devices") == [(0,), (600,), (None,)]
    assert context.arguments("batteries.of_slots") == [(0,), (600,), (None,)]
    assert [arguments[-1] for arguments in context.arguments("devices.pages_of_sites")] == [0, 600, None]


async def test_a_fault_for_one_parent_spoils_no_other() -> None:
    async def some(_: object, asked: list[object], __: object) -> list[object]:
        return [TimedOut("no answer in time"), *[None] * (len(asked) - 1)]

    source = "{ devices { nodes { site { id } } } }"
    result = await execute(schema(), source, None, None, world({sites.of_devices: some}))
    assert result.data == {"devices": {"nodes": [{"site": None}, {"site": None}]}}
    (error,) = result.errors or []
    assert error.path == ["devices", "nodes", 0, "site"]
    assert error.extensions == {"code": "VENDOR_TIMED_OUT", "resolution": "RETRY_LATER"}


async def test_operations_on_one_context_share_nothing() -> None:
    context = world()
    await answer("{ sites(maxAge: 5) { nodes { tariff { id } } } }", context=context)
    await answer("{ sites { nodes { tariff { id } devices { nodes { slots { id } } } } } }", context=context)
    assert context.arguments("slots.of_devices") == [(None,)]
    assert context.count()["tariffs.of_sites"] == 2
    assert context.scope.wants == frozenset()
    assert "Site.tariff" in context.wanted[0]
    assert "Device.slots" not in context.wanted[0]
    assert "Device.slots" in context.wanted[-1]
