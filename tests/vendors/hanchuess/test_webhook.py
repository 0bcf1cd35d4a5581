"""What every push becomes, what is refused, and that nothing else leaves whatever is sent."""

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vendors.hanchuess
from model.events import Happening
from model.faults import Malformed, Unauthorised
from model.records import Battery, StorageReading
from model.refs import battery_ref, device_ref
from model.states import BatteryFlow, Connectivity, EventType
from vendors.contract import StorageState
from vendors.hanchuess import MANIFEST
from vendors.hanchuess.personal_data import LARGEST_BYTES, without_personal_data
from vendors.hanchuess.settings import HanchuessSettings
from vendors.hanchuess.webhook import HanchuessReceiver
from vendors.kit.signing import hmac_sha256
from vendors.receiving import Push, Pushed, Said, Unreadable

SAMPLES = Path(vendors.hanchuess.__file__).parent / "samples"
PUSHES = sorted(SAMPLES.glob("push_*.json"))
RECEIVED = datetime(2026, 1, 1, 14, 0, tzinfo=UTC)
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
INVERTER = device_ref("acc", "H01EXAMPLE00G1H")
BATTERY = device_ref("acc", "H02EXAMPLE00D6C")
SECRET, OLD_SECRET = "the-secret-of-today", "the-secret-of-yesterday"


def receiver(**settings: Any) -> HanchuessReceiver:
    account = {"id": "acc", "vendor": "hanchuess", "oem": "H03PARTNER01", "token": "t", **settings}
    return HanchuessReceiver(HanchuessSettings.model_validate(account))


def push(body: object, **headers: str) -> Push:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Push(headers={"content-type": "application/json", **named}, body=raw, received_at=RECEIVED)


def sample(name: str) -> Any:
    return orjson.loads((SAMPLES / f"{name}.json").read_bytes())


def read(body: object, **settings: Any) -> list[Pushed | Unreadable]:
    return list(receiver(**settings).read(push(body)))


def only(item: object, **settings: Any) -> Pushed:
    (found,) = read({"timestamp": "2026-01-01T12:00:05Z", "data": [item]}, **settings)
    assert isinstance(found, Pushed)
    return found


def an_item(data: object = None, **changes: Any) -> dict[str, Any]:
    item = {"type": "inverter:data:telemetry", "timestamp": "2026-01-01T12:00:00Z", "assetId": "H01EXAMPLE00G1H"}
    return {**item, "data": {"isOnline": True} if data is None else data, **changes}


# The samples.


def test_telemetry() -> None:
    inverter, battery = read(sample("push_telemetry"))
    first, second = (item["data"] for item in sample("push_telemetry")["data"])

    assert isinstance(inverter, Pushed)
    assert isinstance(battery, Pushed)
    assert inverter.happening == Happening(
        type=EventType.TELEMETRY_RECEIVED,
        account="acc",
        occurred_at=NOON,
        device=INVERTER,
        raw=sample("push_telemetry")["data"][0],
    )
    storage = StorageReading(
        state_of_charge=0.29, solar_power_w=1800.0, load_power_w=1100.0, flow=BatteryFlow.CHARGING, raw=first
    )
    assert inverter.said == Said(
        device=INVERTER,
        connectivity=Connectivity.ONLINE,
        storage=StorageState(storage=storage, state_of_health=1.0, observed_at=NOON),
    )
    assert (inverter.at, inverter.proof, inverter.session, inverter.repeats_within) == (NOON, (), None, None)
    assert (battery.happening.device, battery.happening.battery) == (BATTERY, battery_ref("acc", BATTERY.native_id))
    assert battery.said == Said(
        device=BATTERY,
        connectivity=Connectivity.ONLINE,
        batteries=(
            Battery(
                ref=battery_ref("acc", BATTERY.native_id), state_of_charge=0.29, state_of_health=1.0, observed_at=NOON
            ),
        ),
        storage=StorageState(
            storage=StorageReading(state_of_charge=0.29, flow=BatteryFlow.CHARGING, raw=second),
            state_of_health=1.0,
            observed_at=NOON,
        ),
    )


def test_the_test_is_about_the_registration_and_about_no_device() -> None:
    (found,) = read(sample("push_subscription_test"))

    assert isinstance(found, Pushed)
    assert found.happening.type is EventType.VENDOR_SUBSCRIPTION_CHANGED
    assert (found.happening.device, found.said, found.at) == (None, None, datetime(2026, 1, 1, 11, 1, tzinfo=UTC))


def test_notices() -> None:
    found = read(sample("push_notices"))

    assert [it.happening.type for it in found if isinstance(it, Pushed)] == [
        EventType.DEVICE_DISCOVERED,
        EventType.COMMAND_UPDATED,
        EventType.COMMAND_UPDATED,
        EventType.COMMAND_UPDATED,
        EventType.DEVICE_REMOVED,
        EventType.DEVICE_REMOVED,
    ]
    assert all(isinstance(it, Pushed) and it.happening.device == INVERTER and it.said is None for it in found)


def test_every_push_of_the_manifest_has_a_sample() -> None:
    sampled = {item["type"] for path in PUSHES for item in orjson.loads(path.read_bytes())["data"]}

    assert sampled == set(MANIFEST.pushes)


# What an item may look like.


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"type": "inverter:data:forecast"}, EventType.UNMAPPED),
        ({"type": "inverter:data:forecast", "assetId": None}, EventType.UNMAPPED),
        ({"type": "inverter:data:forecast", "assetId": "resident@example.com"}, EventType.UNMAPPED),
        ({"type": "INVERTER:Action:Command"}, EventType.COMMAND_UPDATED),
        ({"type": "hanchuess:subscription:test", "assetId": None}, EventType.VENDOR_SUBSCRIPTION_CHANGED),
    ],
)
def test_types(changes: dict[str, Any], kind: EventType) -> None:
    assert only(an_item(**changes)).happening.type is kind


def test_what_nobody_knows_is_kept_as_it_came() -> None:
    found = only(an_item({"hours": [1, {"kwh": 2.5}]}, type="inverter:data:forecast"))

    assert found.happening.device == INVERTER
    assert found.said is None
    assert found.happening.raw == {
        "type": "inverter:data:forecast",
        "timestamp": "2026-01-01T12:00:00Z",
        "assetId": "H01EXAMPLE00G1H",
        "data": {"hours": [1, {"kwh": 2.5}]},
    }


@pytest.mark.parametrize(
    "timestamp", ["2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", 1767268800000, "1767268800000"]
)
def test_an_instant_in_any_form_is_the_same_item(timestamp: object) -> None:
    found = only(an_item(timestamp=timestamp))

    assert found.at == found.happening.occurred_at == NOON
    assert found.key == only(an_item()).key


@pytest.mark.parametrize("timestamp", [None, "", "yesterday", {}, -1])
def test_an_item_without_a_time_is_the_same_only_word_for_word(timestamp: object) -> None:
    one, same, other = (
        only(an_item({"isOnline": is_online}, timestamp=timestamp)) for is_online in (True, True, False)
    )

    assert (one.at, one.happening.occurred_at) == (None, None)
    assert one.key == same.key != other.key


def test_a_time_ahead_of_ours_is_no_time_to_go_by() -> None:
    near, far = (RECEIVED + timedelta(seconds=seconds) for seconds in (299, 301))
    ahead = [only(an_item({"batteryState": {"soc": 0.5}}, timestamp=moment.isoformat())) for moment in (near, far)]

    assert [it.at for it in ahead] == [near, None]
    assert [it.said.storage.observed_at for it in ahead if it.said and it.said.storage] == [near, None]
    assert ahead[0].key != ahead[1].key


def test_keys() -> None:
    found = only(an_item())
    (later_batch,) = read({"timestamp": "2026-01-01T12:09:00Z", "data": [an_item({"isOnline": False})]})

    assert isinstance(later_batch, Pushed)
    assert later_batch.key == found.key
    for changes in ({"assetId": "H01OTHER"}, {"type": "battery:data:telemetry"}, {"timestamp": "2026-01-01T12:00:01Z"}):
        assert only(an_item(**changes)).key != found.key


# What telemetry may say.


def storage(data: dict[str, Any], **settings: Any) -> StorageState | None:
    said = only(an_item(data), **settings).said
    assert said is not None
    return said.storage


@pytest.mark.parametrize(
    ("said", "connectivity"),
    [
        (True, Connectivity.ONLINE),
        ("true", Connectivity.ONLINE),
        (1, Connectivity.ONLINE),
        (False, Connectivity.OFFLINE),
        ("FALSE", Connectivity.OFFLINE),
        (None, None),
        ("?", None),
    ],
)
def test_is_online(said: object, connectivity: Connectivity | None) -> None:
    found = only(an_item({"isOnline": said})).said

    assert found == Said(device=INVERTER, connectivity=connectivity)


@pytest.mark.parametrize(
    ("status", "flow"),
    [
        ("CHARGING", BatteryFlow.CHARGING),
        ("charging", BatteryFlow.CHARGING),
        ("DISCHARGING", BatteryFlow.DISCHARGING),
        ("IDLE", BatteryFlow.IDLE),
        ("CHARGIN", BatteryFlow.UNKNOWN),
        (3, BatteryFlow.UNKNOWN),
        (None, BatteryFlow.UNKNOWN),
    ],
)
def test_charge_status(status: object, flow: BatteryFlow) -> None:
    found = storage({"batteryState": {"chargeStatus": status, "soc": "0.5", "power": 600}})

    assert found is not None
    assert (found.storage.flow, found.storage.state_of_charge) == (flow, 0.5)


@pytest.mark.parametrize(
    ("status", "power", "flow"),
    [
        (None, 600, BatteryFlow.CHARGING),
        (None, -600, BatteryFlow.DISCHARGING),
        (None, 0, BatteryFlow.IDLE),
        ("STANDBY", 600, BatteryFlow.UNKNOWN),
        ("IDLE", 600, BatteryFlow.IDLE),
    ],
)
def test_powers_once_their_signs_are_known(status: str | None, power: int, flow: BatteryFlow) -> None:
    found = storage(
        {"batteryState": {"chargeStatus": status, "power": power}, "pMeter": -100},
        power_signs="battery_charging_grid_import",
    )

    assert found is not None
    assert (found.storage.battery_power_w, found.storage.grid_power_w) == (power, -100.0)
    assert found.storage.flow is flow


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"batteryState": None},
        {"batteryState": []},
        {"batteryState": {"soc": 29, "soh": -1, "chargeStatus": ""}, "pPv": -5, "pLoad": None},
        {"batteryState": {"power": 600}, "pMeter": 5},
    ],
)
def test_nothing_that_can_be_shown_of_storage(data: dict[str, Any]) -> None:
    found = only(an_item(data, type="battery:data:telemetry")).said

    assert found is not None
    assert (found.storage, found.batteries) == (None, ())


# A batch.


def test_one_bad_item_does_not_sink_the_others() -> None:
    bad: list[Any] = [None, 7, "junk", [], {}, {"type": "inverter:data:telemetry"}, an_item(assetId="a/b")]
    found = read({"data": [*bad, an_item(assetId="x" * 65), an_item("not an object"), an_item()]})

    assert [type(it) for it in found] == [Unreadable] * 8 + [Pushed] * 2
    assert {it.reason for it in found if isinstance(it, Unreadable)} == {
        "item: expected an object, got null",
        "item: expected an object, got a number",
        "item: expected an object, got a string",
        "item: expected an object, got a list",
        "item: no type",
        "item: no assetId that can be one",
    }


def test_a_hundred_items_in_their_order() -> None:
    found = read({"data": [an_item(assetId=f"H{number}") for number in range(100)]})

    assert [it.happening.device for it in found if isinstance(it, Pushed)] == [
        device_ref("acc", f"H{number}") for number in range(100)
    ]
    assert len({it.key for it in found if isinstance(it, Pushed)}) == 100


def test_an_empty_batch_says_nothing() -> None:
    assert read({"timestamp": "2026-01-01T12:00:05Z", "data": []}) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"a=1", [], [an_item()], 7, None, {}, {"data": None}, {"data": {}}, {"data": [7]}, an_item()],
)
def test_what_is_no_batch(body: object) -> None:
    with pytest.raises(Malformed):
        read(body)


# Signatures.

SIGNED = {"webhook_signature": "hmac-sha256", "webhook_signing_secret": SECRET}
BODY = orjson.dumps({"data": [an_item()]})


def test_without_a_signature_configured_none_is_looked_at() -> None:
    receiver().verify(push(BODY))
    receiver(webhook_signing_secret=SECRET).verify(push(BODY, x_signature="forged"))


@pytest.mark.parametrize("signature", [hmac_sha256(SECRET, BODY), hmac_sha256(SECRET, BODY).upper()])
def test_the_right_signature(signature: str) -> None:
    receiver(**SIGNED).verify(push(BODY, x_signature=signature))


def test_the_secret_before_the_last_change_still_counts_while_it_is_named() -> None:
    old = push(BODY, x_signature=hmac_sha256(OLD_SECRET, BODY))

    receiver(**SIGNED, webhook_previous_signing_secret=OLD_SECRET).verify(old)
    with pytest.raises(Unauthorised):
        receiver(**SIGNED).verify(old)


def test_another_header() -> None:
    signed = push(BODY, x_hanchu_sign=hmac_sha256(SECRET, BODY))

    receiver(**SIGNED, webhook_signature_header="X-Hanchu-Sign").verify(signed)
    with pytest.raises(Unauthorised):
        receiver(**SIGNED).verify(signed)


@pytest.mark.parametrize(
    "signature",
    ["", "é\ud800", "0" * 64, hmac_sha256("", BODY), hmac_sha256(SECRET, BODY + b" "), hmac_sha256(SECRET, BODY)[:-1]],
)
def test_whatever_else_is_refused(signature: str) -> None:
    with pytest.raises(Unauthorised) as raised:
        receiver(**SIGNED).verify(push(BODY, x_signature=signature))
    assert SECRET not in str(raised.value)


def test_no_signature_is_refused() -> None:
    with pytest.raises(Unauthorised):
        receiver(**SIGNED).verify(push(BODY))


# What must not be kept.


def test_nothing_about_people_is_kept() -> None:
    sent = {
        "userEmail": "resident@example.com",
        "User_Name": "Example Resident",
        "phone-number": "+49 30 1234567",
        "tel": 491701234567,
        "licensePlate": "B-XX 1",
        "note": "call resident@example.com",
        "link": "https://example.com/?token=1",
        "people": [{"name": "A", "watts": 5}, "x@example.com", "ok"],
        "capacity": 9.4,
        "templateId": 3,
        "telemetry": {"soc": 0.5, "deep": {"deeper": {"deepest": {"too": "deep"}}}},
        "long": "x" * 201,
    }
    kept = {
        "people": [{"watts": 5}, "ok"],
        "capacity": 9.4,
        "telemetry": {"soc": 0.5, "deep": {"deeper": {"deepest": {}}}},
    }
    found = only(an_item(sent, type="inverter:action:command"))

    assert found.happening.raw is not None
    assert without_personal_data({"telemetry": sent["telemetry"]}) == {
        "telemetry": {"soc": 0.5, "deep": {"deeper": {"deepest": {"too": "deep"}}}}
    }
    assert {**found.happening.raw["data"], "telemetry": kept["telemetry"]} == kept


def test_what_is_too_large_is_not_kept() -> None:
    fields = {f"field{number}": "x" * 100 for number in range(LARGEST_BYTES // 100)}

    assert without_personal_data(fields) == {}
    assert only(an_item(fields)).happening.raw == {**an_item(), "data": {}}


# Anything at all.

NAMES = ["type", "timestamp", "assetId", "data", "isOnline", "batteryState", "soc", "chargeStatus", "pPv", "email"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*MANIFEST.pushes, "2026-01-01T12:00:00Z", "H01EXAMPLE00G1H", "CHARGING", "x@example.com"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)


def only_malformed_leaves(body: bytes) -> None:
    try:
        found = receiver().read(push(body))
    except Malformed:
        return
    for item in found:
        assert isinstance(item, Pushed | Unreadable)
        if isinstance(item, Pushed):
            assert b"x@example.com" not in orjson.dumps(item.happening.raw)
            assert item.happening.account == "acc"


@given(body=st.binary(max_size=64))
def test_any_bytes(body: bytes) -> None:
    only_malformed_leaves(body)


@given(payload=JSON)
def test_any_json(payload: object) -> None:
    only_malformed_leaves(orjson.dumps(payload))


@given(items=st.lists(st.fixed_dictionaries({"type": st.sampled_from(MANIFEST.pushes), "data": JSON}), max_size=4))
def test_any_items(items: list[dict[str, object]]) -> None:
    only_malformed_leaves(orjson.dumps({"data": [{"assetId": "H01", **item} for item in items]}))


@given(path=st.sampled_from(PUSHES), where=st.sampled_from(NAMES), value=JSON, number=st.integers(0, 5))
def test_mutated_samples(path: Path, where: str, value: object, number: int) -> None:
    body = orjson.loads(path.read_bytes())
    item = copy.deepcopy(body["data"][number % len(body["data"])])
    for target in (item, item["data"], item["data"].get("batteryState", {})):
        if where in target:
            target[where] = value
    only_malformed_leaves(orjson.dumps({**body, "data": [item, *body["data"]]}))


@pytest.mark.parametrize("depth", [10, 300, 1000, 100_000])
def test_what_is_very_deep(depth: int) -> None:
    deep = b'{"data":[{"type":"x","data":{"a":' + b"[" * depth + b"]" * depth + b"}}]}"

    only_malformed_leaves(deep)
