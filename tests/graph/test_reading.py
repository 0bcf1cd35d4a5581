"""The happy path: what clients ask for is what the records say."""

from datetime import UTC, datetime

import pytest

from model.records import EnergyRecord
from model.refs import battery_ref
from model.states import CommandKind, CommandStatus, EventType
from resolvers import devices
from resolvers.filters import CommandFilter, EventFilter
from resolvers.paging import PageArgs
from tests.graph.world import COMMAND, DEVICES, EVENT, PROBLEM, SESSION, SITE, SUBSCRIPTION, TARIFF, answer, world
from tests.support.clock import START

EVERY_EDGE = """{
  sites { totalCount problems { code account { key } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id nativeId name timeZone location { latitude } tariff { id }
      devices { nodes { id kind vendor { slug } account { key }
        site { id } tariff { name } batteries { id } storage { stateOfCharge flow } capabilities
        rawStatus { code label } raw chargingSessions { nodes { id } } commands { nodes { id } }
        freshness { fetchedAt observedAt source isStale problem { message resolution } }
        slots { id index device { id } battery { id slot { id } device { name } } activeSession { id site { name } }
          freshness { isStale } } } } } } } }"""


async def test_one_query_down_every_edge() -> None:
    data = await answer(EVERY_EDGE)

    sites = data["sites"]
    assert sites["totalCount"] == 1
    assert sites["problems"] == [{"code": "VENDOR_TIMED_OUT", "account": {"key": "cabinets"}}]
    assert sites["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": "cursor-0",
        "endCursor": "cursor-0",
    }
    (edge,) = sites["edges"]
    assert edge["node"]["id"] == SITE.ref.id
    assert edge["node"]["nativeId"] == "S1"
    assert edge["node"]["timeZone"] == "Europe/Madrid"
    fresh, stale = edge["node"]["devices"]["nodes"]
    assert fresh["raw"] == {"sn": "D1"}
    assert fresh["storage"] == {"stateOfCharge": 0.25, "flow": "UNKNOWN"}
    assert fresh["commands"] == {"nodes": [{"id": COMMAND.ref.id}]}
    assert fresh["freshness"] == {
        "fetchedAt": "2026-06-01T09:59:30+00:00",
        "observedAt": None,
        "source": "POLL",
        "isStale": False,
        "problem": None,
    }
    assert stale["freshness"]["problem"] == {"message": PROBLEM.message, "resolution": "RETRY_LATER"}
    assert [slot["index"] for slot in fresh["slots"]] == [1, 2, 3]
    assert fresh["slots"][0]["device"] == {"id": DEVICES[0].ref.id}
    assert fresh["slots"][0]["battery"]["slot"] == {"id": fresh["slots"][0]["id"]}
    assert [slot["activeSession"] for slot in fresh["slots"]] == [
        {"id": SESSION.ref.id, "site": {"name": "Station"}},
        None,
        None,
    ]


async def test_accounts_with_their_vendor_health_and_quotas() -> None:
    source = """{ vendors { id deviceKinds capabilities } accounts { id deviceCount vendor { name }
      health { status lastSuccessAt problem { code } } quotas { name limit windowSeconds remaining resetsAt } } }"""
    assert await answer(source) == {
        "vendors": [
            {"id": "Vendor:bajie", "deviceKinds": ["POWER_BANK_CABINET"], "capabilities": ["LIST_DEVICES"]},
        ],
        "accounts": [
            {
                "id": "Account:cabinets",
                "deviceCount": 2,
                "vendor": {"name": "Bajie"},
                "health": {"status": "UP", "lastSuccessAt": "2026-06-01T09:59:30+00:00", "problem": None},
                "quotas": [{"name": "minute", "limit": 60, "windowSeconds": 60, "remaining": 59, "resetsAt": None}],
            },
        ],
    }


async def test_recorded_energy_of_storage() -> None:
    context = world({devices.energy_records: _recorded})
    data = await answer(
        """{ device(id: "Device:cabinets:D1") { storageRecords(start: "2026-06-01T02:00:00+02:00",
             end: "2026-06-02T00:00:00Z") { measuredAt chargedKwh dischargedKwh battery { stateOfCharge } } } }""",
        context=context,
    )
    assert data["device"]["storageRecords"] == [
        {
            "measuredAt": "2026-06-01T10:00:00+00:00",
            "chargedKwh": 1.5,
            "dischargedKwh": None,
            "battery": {"stateOfCharge": 0.5},
        },
    ]
    assert context.arguments("devices.energy_records") == [
        (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC), None),
    ]


async def _recorded(*_: object) -> list[EnergyRecord]:
    return [EnergyRecord(battery=battery_ref("cabinets", "D1-B1"), measured_at=START, charged_kwh=1.5)]


async def test_money_is_exact_and_plain() -> None:
    source = """{ chargingSessions { nodes { billing { amount { amount currency } } } }
      tariffs { nodes { unitPrice { amount } raw } } }"""
    data = await answer(source)
    assert data["chargingSessions"]["nodes"] == [{"billing": {"amount": {"amount": "100", "currency": "EUR"}}}]
    assert data["tariffs"]["nodes"] == [{"unitPrice": {"amount": "1.50"}, "raw": {"price": 150}}]


async def test_a_session_without_the_vendors_word_was_updated_when_it_was_read() -> None:
    data = await answer("query Q($id: ID!) { chargingSession(id: $id) { updatedAt } }", {"id": SESSION.ref.id})
    assert data == {"chargingSession": {"updatedAt": "2026-06-01T09:59:30+00:00"}}


@pytest.mark.parametrize(
    ("permitted", "customer"),
    [(False, None), (True, {"email": "ada@example.com", "licensePlate": None})],
)
async def test_personal_data_is_for_those_who_may_see_it(permitted: bool, customer: object) -> None:
    context = world(may_see_personal_data=permitted)
    data = await answer("{ chargingSessions { nodes { customer { email licensePlate } } } }", context=context)
    assert data["chargingSessions"]["nodes"] == [{"customer": customer}]


async def test_a_registration_names_the_devices_that_are_known() -> None:
    data = await answer("{ vendorSubscriptions { nodes { id status problem { code } devices { id } } } }")
    assert data["vendorSubscriptions"]["nodes"] == [
        {
            "id": SUBSCRIPTION.ref.id,
            "status": "ACTIVE",
            "problem": {"code": "VENDOR_TIMED_OUT"},
            "devices": [{"id": DEVICES[0].ref.id}],
        },
    ]


async def test_a_command_with_all_that_is_known_of_it() -> None:
    data = await answer(
        """{ command(id: "Command:01") { kind status idempotencyKey externalId reason operation mode minutes prepaid
             createdAt sentAt deadline completedAt isSafeToRetry problem { code }
             targets { device { id } slot { id } battery { id } session { id } status problem { message }
               raw { code label } vendorTaskId updatedAt } } gone: command(id: "Command:02") { id } }"""
    )
    now = "2026-06-01T10:00:00+00:00"
    assert data == {
        "command": {
            "kind": "RENT_BATTERY",
            "status": "REJECTED",
            "idempotencyKey": "k",
            "externalId": "mine-1",
            "reason": "because",
            "operation": None,
            "mode": None,
            "minutes": None,
            "prepaid": None,
            "createdAt": now,
            "sentAt": now,
            "deadline": "2026-06-01T10:01:00+00:00",
            "completedAt": now,
            "isSafeToRetry": True,
            "problem": {"code": "VENDOR_TIMED_OUT"},
            "targets": [
                {
                    "device": {"id": "Device:cabinets:D1"},
                    "slot": {"id": "Slot:cabinets:D1:1"},
                    "battery": {"id": "Battery:cabinets:D1-B1"},
                    "session": {"id": "ChargingSession:cabinets:R1"},
                    "status": "REJECTED",
                    "problem": {"message": PROBLEM.message},
                    "raw": {"code": "2004", "label": "offline"},
                    "vendorTaskId": "task-1",
                    "updatedAt": now,
                },
            ],
        },
        "gone": None,
    }


async def test_an_event_names_what_it_is_about() -> None:
    data = await answer(
        """{ events(first: 1, after: "6", filter: {types: [COMMAND_UPDATED]}) { pageInfo { hasNextPage endCursor }
             nodes { id cursor type account { key } device { id } slot { id } battery { id } chargingSession { id }
               command { id } vendorSubscription { id } occurredAt recordedAt raw } } }"""
    )
    (event,) = data["events"]["nodes"]
    assert event == {
        "id": "Event:7",
        "cursor": "7",
        "type": "COMMAND_UPDATED",
        "account": {"key": "cabinets"},
        "device": {"id": "Device:cabinets:D1"},
        "slot": {"id": "Slot:cabinets:D1:1"},
        "battery": {"id": "Battery:cabinets:D1-B1"},
        "chargingSession": {"id": "ChargingSession:cabinets:R1"},
        "command": {"id": "Command:01"},
        "vendorSubscription": {"id": "VendorSubscription:cabinets:W1"},
        "occurredAt": None,
        "recordedAt": "2026-06-01T10:00:00+00:00",
        "raw": {"to": "REJECTED"},
    }
    assert data["events"]["pageInfo"] == {"hasNextPage": True, "endCursor": "cursor-0"}


async def test_what_was_recorded_is_listed_by_what_it_is_about() -> None:
    context = world()
    await answer(
        """{ commands(last: 3, before: "0a", filter: {accountIds: ["cabinets"], deviceIds: ["Device:cabinets:D1"],
               kinds: [EJECT_BATTERY], statuses: [SENT]}) { nodes { id } }
             events(filter: {accountIds: ["Account:cabinets"], deviceIds: ["Device:cabinets:D1"], types: [GAP]}) {
               nodes { id } } }""",
        context=context,
    )
    accounts, devices_ = frozenset({"cabinets"}), frozenset({DEVICES[0].ref})
    (asked,) = [one for one in context.asked if one.of == "commands.page"]
    assert asked.keys == PageArgs(last=3, before="0a")
    assert asked.arguments == (
        CommandFilter(
            accounts=accounts,
            devices=devices_,
            kinds=frozenset({CommandKind.EJECT_BATTERY}),
            statuses=frozenset({CommandStatus.SENT}),
        ),
    )
    assert context.arguments("events.page") == [
        (EventFilter(accounts=accounts, devices=devices_, types=frozenset({EventType.GAP})),),
    ]


async def test_the_devices_of_commands_and_events_are_shown_as_known() -> None:
    context = world()
    await answer(
        "{ commands { nodes { targets { device { name } } } } events { nodes { device { name } } } }", context=context
    )
    assert context.count()["lookup.by_refs"] == 0


async def test_a_rental_bears_the_id_that_was_given_with_it() -> None:
    context = world()
    source = "{ chargingSessions { nodes { id %s } } }"
    data = await answer(source % "externalId", context=context)
    assert data["chargingSessions"]["nodes"] == [{"id": SESSION.ref.id, "externalId": "mine-1"}]
    await answer(source % "", context=context)
    assert context.count()["sessions.known_as"] == 1


async def test_any_record_is_found_by_its_id() -> None:
    found = [SITE.ref, DEVICES[1].ref, SESSION.ref, TARIFF.ref, SUBSCRIPTION.ref, COMMAND.ref, EVENT.ref]
    ids = [*(ref.id for ref in found), "Vendor:bajie", "Account:cabinets", "Device:cabinets:gone", "Event:8"]
    data = await answer(
        "query Q($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Device { name } } }",
        {"ids": ids},
    )
    assert data["nodes"] == [
        {"__typename": "Site", "id": SITE.ref.id},
        {"__typename": "Device", "id": DEVICES[1].ref.id, "name": "Cabinet D2"},
        {"__typename": "ChargingSession", "id": SESSION.ref.id},
        {"__typename": "Tariff", "id": TARIFF.ref.id},
        {"__typename": "VendorSubscription", "id": SUBSCRIPTION.ref.id},
        {"__typename": "Command", "id": "Command:01"},
        {"__typename": "Event", "id": "Event:7"},
        {"__typename": "Vendor", "id": "Vendor:bajie"},
        {"__typename": "Account", "id": "Account:cabinets"},
        None,
        None,
    ]
