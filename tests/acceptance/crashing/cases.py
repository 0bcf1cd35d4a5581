"""One crash after the other: a gateway gives a command and is killed, another goes on, and the hardware is asked."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from hub.commands.orders import Order
from tests.acceptance.crashing import clouds, gateway
from tests.acceptance.crashing.databases import OpenDatabase, postgresql, sqlite
from tests.acceptance.crashing.gateway import Job, Report
from tests.acceptance.crashing.points import Point
from tests.acceptance.crashing.processes import started
from tests.acceptance.crashing.scenes import SCENES, Scene, read
from tests.support.fast_clock import FastClock

SLOWER, SPEED, FASTER = 6.0, 30.0, 60.0
"""How time hurries while a gateway must still get its call out in time, which the desk gives it a minute and a half
for; once there is nothing to be sent any more; and where there is nothing to be found, to be sure of which takes long.
"""
SPEEDS = {Point.BEFORE_CLAIM: SLOWER, Point.BEFORE_FIRST_BYTE: FASTER}
AT_ONCE = 8
"""Cases whose gateways have something to do."""
READY_WITHIN_S = 60.0
DIES_WITHIN_S = 60.0
FOLLOWED_WITHIN_S = 120.0
ANSWER_WITHIN_S, LATE_ANSWER_S = 10.0, 11.0
"""How long a gateway waits for an answer, and what is longer than that."""

FAULTS: Mapping[str, Mapping[str, object]] = {
    "reply_lost": {},
    "reply_late": {"value": LATE_ANSWER_S},
    "acts_late": {"value": 90},
}
"""What can befall the one call that acts while its gateway dies too."""
MET_AT: Mapping[str, Sequence[Point]] = {
    "reply_lost": (Point.BEFORE_ANSWERED, Point.AFTER_ANSWERED),
    "reply_late": (Point.BEFORE_ANSWERED, Point.AFTER_ANSWERED),
    "acts_late": (Point.ON_THE_WIRE, Point.BEFORE_ANSWERED, Point.AFTER_ANSWERED),
}
"""A gateway that is killed before it reads an answer does not miss one."""


@dataclass(frozen=True)
class Case:
    """A command that is given while its gateway is killed."""

    name: str
    point: Point
    fault: str | None = None
    database: str = "sqlite"

    def __str__(self) -> str:
        return "-".join(part for part in (self.name, self.point, self.fault, self.database) if part)

    @property
    def scene(self) -> Scene:
        return SCENES[self.name]


@dataclass(frozen=True)
class Verdict:
    """How the first gateway ended, what the second says, and what the hardware did, by what and to what."""

    exit_code: int
    report: Report
    acts: Counter[tuple[str, str]]
    causes: frozenset[str]
    """Which calls made the hardware act, by the vendor's own record."""


class Stage:
    """The vendors' process, with which cases are played."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def played(self, case: Case, open_database: OpenDatabase) -> Verdict:
        """The first gateway lives in real time and dies; then time hurries, and the second one begins."""
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._turns)
            async with open_database() as database_url, self.cloud(case) as (account, order):
                with reserved_port() as port:
                    job = Job(order, account, database_url, port)
                    async with started(gateway.give, job, case.point, FastClock()) as first:
                        exit_code = await first.ended(DIES_WITHIN_S)
                    if case.point is Point.BEFORE_FIRST_BYTE:
                        await turn.aclose()  # from here on it mostly waits
                    clock = await self.hurry(case, SPEEDS.get(case.point, SPEED))
                    async with started(gateway.follow, job, clock) as second:
                        await second.said(READY_WITHIN_S)
                        report = await second.said(FOLLOWED_WITHIN_S)
                return await self.verdict(case, exit_code, report)

    @asynccontextmanager
    async def cloud(self, case: Case) -> AsyncIterator[tuple[Mapping[str, Any], Order]]:
        """The case's vendor: an account there, and the command to be given."""
        wanted = {"scene": case.name, "faults": _switches(case)}
        made = await self._asked("PUT", f"/cases/{case}", wanted)
        account = {**made["account"], "timeout_s": ANSWER_WITHIN_S}
        order = Order(
            kind=case.scene.kind,
            caller="an operator",
            idempotency_key=f"key of {case}",
            request="{}",
            aims=(read(made["aim"]),),
            instruction=case.scene.instruction,
        )
        try:
            yield account, order
        finally:
            await self._asked("DELETE", f"/cases/{case}")

    async def hurry(self, case: Case, speed: float) -> FastClock:
        """From now on the vendor's time is so much faster. The clock that goes with it."""
        since = (await self._asked("POST", f"/cases/{case}/hurry", {"speed": speed}))["since"]
        return FastClock(datetime.fromisoformat(since), speed)

    async def verdict(self, case: Case, exit_code: int, report: Report) -> Verdict:
        """What the gateways say, beside what the hardware did."""
        acts = (await self._asked("GET", f"/at/{case}/_control/acts"))["acts"]
        done = Counter((act["what"], act["subject"]) for act in acts)
        return Verdict(exit_code, report, done, frozenset(act["cause"] for act in acts))

    async def _asked(self, method: str, path: str, body: object = None) -> Any:
        answer = (await self._client.request(method, path, json=body)).raise_for_status()
        return answer.json() if answer.content else None


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """The vendors' process, running."""
    async with started(clouds.serve) as vendors:
        url = await vendors.said(READY_WITHIN_S)
        # No connection is kept: the server might close it in the moment when it is used again.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False) as client:
            yield Stage(client)


async def played(cases: Sequence[Case], folder: Path) -> dict[Case, Verdict | BaseException]:
    """All of them, some at once."""
    async with AsyncExitStack() as stack:
        databases = {"sqlite": await stack.enter_async_context(sqlite(folder))}
        if any(case.database == "postgresql" for case in cases):
            databases["postgresql"] = await stack.enter_async_context(postgresql())
        vendors = await stack.enter_async_context(stage())
        cases = sorted(cases, key=lambda case: case.point is not Point.BEFORE_FIRST_BYTE)  # what takes longest first
        playing = (vendors.played(case, databases[case.database]) for case in cases)
        verdicts = await asyncio.gather(*playing, return_exceptions=True)
    return dict(zip(cases, verdicts, strict=True))


def _switches(case: Case) -> dict[str, object]:
    """Only the call that acts is hit, and once."""
    path = re.search(r"/[\w/]*", case.scene.rule.call)
    assert path is not None
    return {case.fault: {**FAULTS[case.fault], "path": path[0], "times": 1}} if case.fault else {}


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that nobody else is given: it is held, and not listened on, so that one gateway after the other can."""
    with closing(socket.socket()) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
