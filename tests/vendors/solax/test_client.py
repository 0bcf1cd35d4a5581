"""What the vendor's codes and statuses become, call counts, and recovery."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from model.faults import (
    Fault,
    Malformed,
    NotFound,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from model.states import Resolution
from tests.support.clock import FakeClock
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.solax.client import SolaxClient

TOKEN = "202601010000000000000001"
MINUTE_TEXT = "Request calls within the current minute > threshold"
FIVE_MINUTES_TEXT = "Request calls within 5 minutes exceed the maximum call threshold limit!"
UNTIL_MIDNIGHT_S = 14 * 3600
CALLBACK_URL = "https://charge.example.com/webhooks/chargers/one-task-only"
SAMPLES = Path(__file__).parents[3] / "vendors" / "solax" / "samples"


@asynccontextmanager
async def answering(answer: Any, status: int = 200) -> AsyncIterator[SolaxClient]:
    def answered(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(status, json=answer)

    transport = httpx.MockTransport(answered)
    async with httpx.AsyncClient(transport=transport, base_url="https://www.solaxcloud.com") as http:
        clock = FakeClock()
        yield SolaxClient(VendorHttp(http, OpenGate(), clock), clock, SecretStr(TOKEN))


async def fault_of(answer: Any, status: int = 200) -> Fault:
    async with answering(answer, status) as client:
        with pytest.raises(Fault) as raised:
            await client.get_pile_info("C322TEST000001")
    assert TOKEN not in str(raised.value)
    return raised.value


async def fault_of_command(answer: Any, status: int = 200) -> Fault:
    async with answering(answer, status) as client:
        with pytest.raises(Fault) as raised:
            await client.post_pile_cmd(["C322TEST000001"], "1", CALLBACK_URL)
    assert TOKEN not in str(raised.value)
    assert "one-task-only" not in str(raised.value)
    return raised.value


def refusal(code: object, text: str = "no") -> dict[str, object]:
    return {"success": False, "exception": text, "code": code, "result": None}


@pytest.mark.parametrize("as_written", [int, str])
@pytest.mark.parametrize(
    ("code", "kind", "resolution"),
    [
        (103, Unauthorised, Resolution.REAUTHENTICATE),
        (1001, Unauthorised, Resolution.REAUTHENTICATE),
        (10400, Unauthorised, Resolution.REAUTHENTICATE),
        (10401, Unauthorised, Resolution.REAUTHENTICATE),
        (10402, Unauthorised, Resolution.REAUTHENTICATE),
        (1003, Unauthorised, Resolution.USER_ACTION),
        (2001, Unauthorised, Resolution.USER_ACTION),
        (10403, Unauthorised, Resolution.USER_ACTION),
        (10500, Unauthorised, Resolution.USER_ACTION),
        (10505, Unauthorised, Resolution.USER_ACTION),
        (10506, Unauthorised, Resolution.USER_ACTION),
        (104, RateLimited, Resolution.RETRY_LATER),
        (3, RateLimited, Resolution.RETRY_LATER),
        (10406, RateLimited, Resolution.RETRY_LATER),
        (10405, RateLimited, Resolution.RETRY_LATER),
        (0, NotFound, Resolution.USER_ACTION),
        (10001, Rejected, Resolution.CONTACT_SUPPORT),
        (10200, Rejected, Resolution.CONTACT_SUPPORT),
        (777, Rejected, Resolution.CONTACT_SUPPORT),
        (11500, Unreachable, Resolution.RETRY_LATER),
    ],
)
async def test_every_code(code: int, kind: type[Fault], resolution: Resolution, as_written: type) -> None:
    fault = await fault_of(refusal(as_written(code)))

    assert type(fault) is kind
    assert (fault.raw_code, fault.resolution) == (str(code), resolution)


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (refusal(104, MINUTE_TEXT), 60),
        (refusal(3, MINUTE_TEXT), 60),
        (refusal(3, FIVE_MINUTES_TEXT), 300),
        (refusal(104, FIVE_MINUTES_TEXT), 300),
        (refusal(104, "Request calls within the current day > threshold"), UNTIL_MIDNIGHT_S),
        (refusal(10405), UNTIL_MIDNIGHT_S),
        (refusal(10406), 60),
        (refusal(104, ""), 60),
    ],
)
async def test_how_long_a_quota_holds(answer: Any, wait_s: float) -> None:
    assert (await fault_of(answer)).retry_after_s == wait_s


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Unauthorised), (403, Unauthorised), (404, NotFound), (500, Unreachable), (502, Unreachable)],
)
async def test_every_http_status(status: int, kind: type[Fault]) -> None:
    assert type(await fault_of({}, status)) is kind


async def test_http_429_waits_for_the_next_minute() -> None:
    fault = await fault_of({}, 429)

    assert type(fault) is RateLimited
    assert fault.retry_after_s == 60


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("no route"), Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable),
        (httpx.ReadTimeout("slow"), TimedOut),
        (httpx.ReadError("reset"), TimedOut),
    ],
)
async def test_every_transport_error(error: Exception, kind: type[Fault]) -> None:
    assert type(await fault_of(error)) is kind


async def test_a_refusal_without_a_code_keeps_the_vendors_text_but_not_the_token() -> None:
    fault = await fault_of({"success": False, "exception": f"bad {TOKEN} " + "x" * 500})

    assert type(fault) is Rejected
    assert fault.message.startswith("getPileInfo: bad *** xxx")
    assert len(fault.message) < 150


@pytest.mark.parametrize("answer", [[], "text", None, {}, {"success": None, "result": {}}, {"success": "about true"}])
async def test_an_answer_that_does_not_say_success_is_malformed(answer: Any) -> None:
    assert type(await fault_of(answer)) is Malformed


async def test_success_with_a_quota_code_is_a_refusal() -> None:
    assert type(await fault_of({"success": True, "code": 104, "result": {}})) is RateLimited


@pytest.mark.parametrize("code", [{}, {"code": 0}, {"code": "0"}, {"code": None}])
async def test_success_gives_the_result(code: dict[str, object]) -> None:
    async with answering(
        {"success": True, "exception": "Query success !", "result": {"chargerStatus": 0}, **code}
    ) as it:
        assert await it.get_pile_info("C322TEST000001") == {"chargerStatus": 0}


async def test_the_call_on_the_wire() -> None:
    sent: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"success": True, "result": {}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="https://eu.solaxcloud.com") as http:
        clock = FakeClock()
        client = SolaxClient(VendorHttp(http, OpenGate(), clock), clock, SecretStr(TOKEN))
        await client.get_pile_info("C322 TEST")

    assert [(request.method, str(request.url)) for request in sent] == [
        (
            "GET",
            f"https://eu.solaxcloud.com/proxyApp/proxy/api/getPileInfo?tokenId={TOKEN}&pileSn=C322+TEST",
        )
    ]


# The command.


async def test_the_command_on_the_wire() -> None:
    sent: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=(SAMPLES / "pileCmd.json").read_bytes())

    async with httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="https://eu.solaxcloud.com") as http:
        clock = FakeClock()
        client = SolaxClient(VendorHttp(http, OpenGate(), clock), clock, SecretStr(TOKEN))
        task_id = await client.post_pile_cmd(("C322TEST000001", "C322TEST000002"), "1", CALLBACK_URL)

    assert task_id == "4746ce28cf09464b85d5425606fc4f9c"
    assert [(request.method, str(request.url)) for request in sent] == [
        ("POST", "https://eu.solaxcloud.com/proxyApp/proxy/api/pileCmd")
    ]
    assert sent[0].headers["content-type"] == "application/json"
    assert orjson.loads(sent[0].content) == {
        "tokenId": TOKEN,
        "rwType": "2",
        "cmdType": "1",
        "cmdValue": "1",
        "sns": ["C322TEST000001", "C322TEST000002"],
        "callbackUrl": CALLBACK_URL,
    }


@pytest.mark.parametrize("as_written", [int, str])
@pytest.mark.parametrize(
    ("code", "kind", "resolution"),
    [
        (103, Unauthorised, Resolution.REAUTHENTICATE),
        (10402, Unauthorised, Resolution.REAUTHENTICATE),
        (1003, Unauthorised, Resolution.USER_ACTION),
        (104, RateLimited, Resolution.RETRY_LATER),
        (3, RateLimited, Resolution.RETRY_LATER),
        (10405, RateLimited, Resolution.RETRY_LATER),
        (0, NotFound, Resolution.USER_ACTION),
        (10404, Rejected, Resolution.USER_ACTION),
        (10001, Rejected, Resolution.CONTACT_SUPPORT),
        (777, Rejected, Resolution.CONTACT_SUPPORT),
        (11500, Rejected, Resolution.RETRY_LATER),
    ],
)
async def test_every_refusal_of_a_command(
    code: int, kind: type[Fault], resolution: Resolution, as_written: type
) -> None:
    fault = await fault_of_command(refusal(as_written(code)))

    assert type(fault) is kind
    assert (fault.raw_code, fault.resolution) == (str(code), resolution)


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (refusal(104, MINUTE_TEXT), 60),
        (refusal(3, FIVE_MINUTES_TEXT), 300),
        (refusal(104, "Request calls within the current day > threshold"), UNTIL_MIDNIGHT_S),
    ],
)
async def test_when_a_command_may_be_sent_again(answer: Any, wait_s: float) -> None:
    assert (await fault_of_command(answer)).retry_after_s == wait_s


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthorised),
        (403, Unauthorised),
        (404, NotFound),
        (429, RateLimited),
        (500, Uncertain),
        (502, Uncertain),
        (503, Uncertain),
    ],
)
async def test_every_http_status_of_a_command(status: int, kind: type[Fault]) -> None:
    fault = await fault_of_command({}, status)

    assert type(fault) is kind
    assert fault.retry_after_s == (60 if kind is RateLimited else None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("no route"), Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable),
        (httpx.ReadTimeout("slow"), Uncertain),
        (httpx.ReadError("reset"), Uncertain),
    ],
)
async def test_every_transport_error_of_a_command(error: Exception, kind: type[Fault]) -> None:
    assert type(await fault_of_command(error)) is kind


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "text",
        None,
        {},
        {"success": None, "code": 5},
        {"success": "about true", "result": {"taskId": "a" * 32}},
        {"success": True},
        {"success": True, "result": None},
        {"success": True, "result": []},
        {"success": True, "result": {}},
        {"success": True, "result": {"taskId": None}},
        {"success": True, "result": {"taskId": ""}},
        {"success": True, "result": {"taskId": 32}},
        {"success": True, "code": 104, "result": None},
    ],
)
async def test_an_answer_without_a_task_leaves_the_outcome_open(answer: Any) -> None:
    fault = await fault_of_command(answer)

    assert type(fault) is Uncertain
    assert fault.message.endswith("; it may have been done")


@pytest.mark.parametrize("result", [{"taskId": "a" * 32}, '{"taskId": "' + "a" * 32 + '"}'])
@pytest.mark.parametrize("code", [{}, {"code": 0}, {"code": "0"}])
async def test_success_gives_the_task(result: object, code: dict[str, object]) -> None:
    async with answering({"success": True, "exception": "accept success", "result": result, **code}) as client:
        assert await client.post_pile_cmd(["C322TEST000001"], "0", CALLBACK_URL) == "a" * 32


async def test_a_refused_command_keeps_the_vendors_text_but_no_secret() -> None:
    text = f"callbackUrl {CALLBACK_URL} of {TOKEN} unreachable"
    fault = await fault_of_command({"success": False, "exception": text})

    assert type(fault) is Rejected
    assert fault.message == "pileCmd: callbackUrl *** of *** unreachable"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["success", "code", "exception", "result"]), JSON) | JSON)
async def test_no_envelope_raises_anything_but_a_fault(answer: Any) -> None:
    async with answering(answer) as client:
        with suppress(Fault):
            await client.get_pile_info("C322TEST000001")


@given(st.dictionaries(st.sampled_from(["success", "code", "exception", "result"]), JSON) | JSON)
async def test_no_answer_to_a_command_raises_anything_but_a_fault(answer: Any) -> None:
    async with answering(answer) as client:
        with suppress(Fault):
            await client.post_pile_cmd(["C322TEST000001"], "1", CALLBACK_URL)
