"""What each kind of callback says, in every shape, order and number in which it may come."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.commands import FINAL
from model.faults import Malformed, Rejected, TimedOut
from model.records import RawCode
from model.states import CommandStatus, Resolution
from tests.vendors.solax.callbacks import SERIALS, TASK_ID, callback, heard, only, statuses, task, told
from vendors.acting import Evidence
from vendors.solax.webhook import hear_callback

SAMPLES = Path(__file__).parents[3] / "vendors" / "solax" / "samples"
ACKNOWLEDGED, FAILED, REJECTED = CommandStatus.ACKNOWLEDGED, CommandStatus.FAILED, CommandStatus.REJECTED
TIMED_OUT, SENT = CommandStatus.TIMED_OUT, CommandStatus.SENT


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


# The vendor's own examples.


def test_issued_to_all_but_one() -> None:
    issued = heard(sample("callback_issued"))

    assert (issued.key, issued.vendor_task_id, issued.look_now) == (f"{TASK_ID}|1|", TASK_ID, False)
    evidence = only(issued)
    assert (evidence.position, evidence.status) == (1, REJECTED)
    assert evidence.raw == RawCode("1", "send partly successfully")
    assert type(evidence.fault) is Rejected
    assert evidence.fault.resolution is Resolution.USER_ACTION
    assert "check its serial number and that it is online" in evidence.fault.message


def test_a_charger_says_yes() -> None:
    answered = heard(sample("callback_answered"))

    assert (answered.key, answered.vendor_task_id, answered.look_now) == (f"{TASK_ID}|2|{SERIALS[0]}", TASK_ID, True)
    assert only(answered) == Evidence(position=0, status=ACKNOWLEDGED, raw=RawCode("0", "task sent success"))


def test_complete_with_one_silent() -> None:
    completed = heard(sample("callback_completed"))

    assert (completed.key, completed.look_now) == (f"{TASK_ID}|3|", True)
    assert statuses(completed) == {0: ACKNOWLEDGED, 1: ACKNOWLEDGED, 2: TIMED_OUT}
    fault = completed.learnt[2].fault
    assert type(fault) is TimedOut
    assert fault.message == "The charger did not answer SolaX in time; it may still do it"


# The table of codes.


@pytest.mark.parametrize("as_written", [int, str])
@pytest.mark.parametrize(
    ("kind", "code", "success", "result", "found"),
    [
        (1, 0, True, {}, {}),
        (1, 1, True, {"failureList": [SERIALS[0], SERIALS[2]]}, {0: REJECTED, 2: REJECTED}),
        (1, 1, False, {"failureList": [SERIALS[0]]}, {0: REJECTED}),
        (1, 1, True, {"failureList": []}, {}),
        (1, 1, True, {}, {0: REJECTED, 1: REJECTED, 2: REJECTED}),
        (1, 2, False, {"failureList": [SERIALS[0]]}, {0: REJECTED, 1: REJECTED, 2: REJECTED}),
        (1, 2, False, {}, {0: REJECTED, 1: REJECTED, 2: REJECTED}),
        (2, 0, True, {"sn": SERIALS[1]}, {1: ACKNOWLEDGED}),
        (2, 0, None, {"sn": SERIALS[1]}, {1: ACKNOWLEDGED}),
        (2, 1, False, {"sn": SERIALS[1]}, {1: FAILED}),
        (2, 2, False, {"sn": SERIALS[2]}, {2: FAILED}),
        (2, 2, True, {"sn": SERIALS[2]}, {2: FAILED}),
        (2, 0, True, {"sn": "C322FOREIGN001"}, {}),
        (3, 0, True, {}, {0: ACKNOWLEDGED, 1: ACKNOWLEDGED, 2: ACKNOWLEDGED}),
        (3, 1, False, {"timeoutList": [SERIALS[1]]}, {0: ACKNOWLEDGED, 1: TIMED_OUT, 2: ACKNOWLEDGED}),
        (3, 1, False, {"timeoutList": list(SERIALS)}, {0: TIMED_OUT, 1: TIMED_OUT, 2: TIMED_OUT}),
        (3, 1, False, {"timeoutList": ["C322FOREIGN001", None, [], 7]}, dict.fromkeys(range(3), ACKNOWLEDGED)),
        (3, 1, False, {"timeoutList": "C322TEST000001"}, {}),
        (3, 1, False, {}, {}),
    ],
)
def test_every_code(
    as_written: type, kind: int, code: int, success: object, result: dict[str, Any], found: dict[int, CommandStatus]
) -> None:
    assert statuses(heard(callback(as_written(kind), as_written(code), success=success, **result))) == found


@pytest.mark.parametrize(
    ("code", "words", "message", "resolution"),
    [
        ("1", "device receive task failed", "did not receive", Resolution.RETRY_LATER),
        ("2", "device task execute failed", "could not do it", Resolution.USER_ACTION),
    ],
)
def test_why_a_charger_failed(code: str, words: str, message: str, resolution: Resolution) -> None:
    evidence = only(heard(callback(2, code, success=False, sn=SERIALS[0])))

    assert evidence.raw == RawCode(code, words)
    assert type(evidence.fault) is Rejected
    assert message in evidence.fault.message
    assert (evidence.fault.raw_code, evidence.fault.resolution) == (code, resolution)


@pytest.mark.parametrize(
    ("kind", "code", "name", "found"),
    [(1, "1", "failureList", {0: REJECTED}), (3, "1", "timeoutList", {0: TIMED_OUT, 1: ACKNOWLEDGED, 2: ACKNOWLEDGED})],
)
@pytest.mark.parametrize("place", ["in the result", "at the root", "a null in the result", "a result of JSON text"])
def test_where_a_list_may_stand(kind: int, code: str, name: str, found: dict[int, CommandStatus], place: str) -> None:
    named = [SERIALS[0]]
    document: dict[str, Any] = {"success": True, "rspType": kind, "taskId": TASK_ID, "code": code, "result": {}}
    if place == "in the result":
        document["result"] = {name: named}
    elif place == "at the root":
        document |= {name: named, "result": None}
    elif place == "a null in the result":
        document |= {name: named, "result": {name: None}}
    else:
        document["result"] = orjson.dumps({name: named}).decode()

    assert statuses(heard(orjson.dumps(document))) == found


def test_a_list_in_two_halves() -> None:
    body = callback(1, "1", failureList=[SERIALS[0]], beside={"failureList": [SERIALS[2]]})

    assert statuses(heard(body)) == {0: REJECTED, 2: REJECTED}


def test_targets_whose_outcome_is_known_are_left_alone() -> None:
    sent = task()
    targets = (replace(sent.targets[0], status=FAILED), replace(sent.targets[1], status=TIMED_OUT), sent.targets[2])

    assert statuses(heard(callback(3, "0"), replace(sent, targets=targets))) == {1: ACKNOWLEDGED, 2: ACKNOWLEDGED}
    assert statuses(heard(callback(1, "2", success=False), replace(sent, targets=targets))) == {
        1: REJECTED,
        2: REJECTED,
    }


# What makes the hub read.


@pytest.mark.parametrize(
    ("chargers", "body", "looks"),
    [
        (5, callback(2, "0", sn="SN0"), True),
        (6, callback(2, "0", sn="SN0"), False),
        (1, callback(2, "1", success=False, sn="SN0"), False),
        (1, callback(2, "2", success=False, sn="SN0"), False),
        (1, callback(1, "0"), False),
        (1, callback(1, "2", success=False), False),
        (100, callback(3, "0"), True),
        (100, callback(3, "1", success=False, timeoutList=["SN0"]), True),
    ],
)
def test_what_is_worth_a_read_at_once(chargers: int, body: bytes, looks: bool) -> None:
    assert heard(body, task(tuple(f"SN{number}" for number in range(chargers)))).look_now is looks


# What is no callback of this task.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        callback(4, "0"),
        callback(0, "0"),
        callback(None, "0"),
        callback(1, "3"),
        callback(2, "3", sn=SERIALS[0]),
        callback(2, "", sn=SERIALS[0]),
        callback(2, None, sn=SERIALS[0]),
        callback(3, "2"),
        callback(2, "0"),
        callback(2, "0", sn=7),
        callback(2, "0", sn="x" * 65),
        callback(2, "0", sn="a\x00b"),
        callback(1, "0", success=False),
        callback(2, "0", success=False, sn=SERIALS[0]),
        callback(3, "0", success=False),
        callback(1, "0").replace(TASK_ID.encode(), b""),
        callback(1, "0").replace(TASK_ID.encode(), b"x" * 65),
        callback(1, "0").replace(f'"{TASK_ID}"'.encode(), b"7"),
    ],
)
def test_what_is_none_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(body)


@pytest.mark.parametrize("known", [TASK_ID, "00000000000000000000000000000a02", None])
def test_the_callback_tells_which_task_it_speaks_of(known: str | None) -> None:
    assert heard(callback(3, "0"), replace(task(), vendor_task_id=known)).vendor_task_id == TASK_ID


# Any order, any number.

KNOWN = (
    [callback(1, code, failureList=[serial]) for code in ("0", 1, "2") for serial in (*SERIALS, "C322FOREIGN001")]
    + [callback(2, code, sn=serial) for code in (0, "1", "2") for serial in (*SERIALS, "C322FOREIGN001")]
    + [callback(3, "0")]
    + [callback(3, "1", success=False, beside={"timeoutList": [serial]}) for serial in SERIALS]
)
MAY_SAY = {1: {REJECTED}, 2: {ACKNOWLEDGED, FAILED}, 3: {ACKNOWLEDGED, TIMED_OUT}}


@given(st.lists(st.sampled_from(KNOWN), max_size=12))
def test_in_any_order_and_repeated(bodies: list[bytes]) -> None:
    known = task()
    for body in bodies:
        word, kind = hear_callback(known, body), orjson.loads(body)["rspType"]
        assert {evidence.status for evidence in word.learnt} <= MAY_SAY[kind]
        assert not {known.targets[evidence.position].status for evidence in word.learnt} & FINAL
        assert all((evidence.fault is None) == (evidence.status is ACKNOWLEDGED) for evidence in word.learnt)
        after = told(known, word.learnt)
        assert told(after, hear_callback(after, body).learnt) == after
        known = after


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN))
def test_the_key_tells_callbacks_apart_by_task_kind_and_charger(one: bytes, other: bytes) -> None:
    same = [
        (document["rspType"], document["result"].get("sn")) for document in (orjson.loads(one), orjson.loads(other))
    ]

    assert (heard(one).key == heard(other).key) == (same[0] == same[1])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sn", "failureList", "x"]), inner),
    max_leaves=6,
)
FIELDS = ("success", "result", "rspType", "taskId", "code", "failureList", "timeoutList", "sn")
DOCUMENTS = st.dictionaries(
    st.sampled_from(FIELDS), JSON | st.integers(0, 4) | st.just(TASK_ID) | st.just(list(SERIALS))
)


@given(st.binary(max_size=40) | (JSON | DOCUMENTS).map(orjson.dumps))
def test_nothing_raises_anything_but_malformed(body: bytes) -> None:
    try:
        word = heard(body)
    except Malformed:
        return
    assert word.vendor_task_id
    assert {evidence.position for evidence in word.learnt} <= {0, 1, 2}
