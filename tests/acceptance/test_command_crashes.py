"""A gateway is killed while it gives a command. Whatever step it was at, another one tells what became of it."""

import asyncio
import os
import signal
from collections.abc import Mapping
from typing import Any, cast

import pytest

from model.states import CommandStatus
from tests.acceptance.crashing.cases import FAULTS, MET_AT, Case, Verdict, played
from tests.acceptance.crashing.points import Point
from tests.acceptance.crashing.scenes import SCENES
from vendors.registry import manifests

REPRESENTATIVE = ("bajie-eject", "bajie-rent", "letmecharge-start", "lvcchong-start", "solax-mode")
"""Of each vendor the command that is given most, and one of which the vendor calls back."""

CRASHES = [Case(name, point) for name in SCENES for point in Point]
ON_POSTGRESQL = [Case(name, point, database="postgresql") for name in REPRESENTATIVE for point in Point]
WITH_FAULTS = [Case(name, point, fault) for name in SCENES for fault in FAULTS for point in MET_AT[fault]]
EVERYTHING = "CHARGEGRAPH_TEST_ALL_CRASHES"
"""Set in the environment: every command meets every point and every fault, which takes two minutes more."""

READING_DECIDES_AT = (Point.ON_THE_WIRE, Point.BEFORE_ANSWERED)
"""Where the outcome depends on what the vendor's own reads can tell; at the other points all commands are alike."""

NOBODY_CAN_TELL = {CommandStatus.SENT, CommandStatus.TIMED_OUT, CommandStatus.OUTCOME_UNKNOWN}
"""What may be said of a command that was sent to a vendor who offers no proof."""

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[Case, Verdict | BaseException]:
    """Of every case that is going to be tested, played at the same time."""
    wanted: list[Case] = [
        cast("Case", item.callspec.params["case"])
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec") and not item.get_closest_marker("skip")
    ]
    return asyncio.run(played(wanted, tmp_path_factory.mktemp("crashes")))


def marked(case: Case) -> Any:
    marks = []
    if case.database == "postgresql":
        marks.append(pytest.mark.postgres)
    is_plain = not case.fault and case.point in READING_DECIDES_AT
    if case.name not in REPRESENTATIVE and not is_plain and not os.environ.get(EVERYTHING):
        marks.append(pytest.mark.skip(reason=f"{EVERYTHING} is not set"))
    return pytest.param(case, id=str(case), marks=marks)


@pytest.mark.parametrize("case", [marked(case) for case in (*CRASHES, *ON_POSTGRESQL, *WITH_FAULTS)])
def test_what_is_said_is_what_happened(case: Case, verdicts: Mapping[Case, Verdict | BaseException]) -> None:
    verdict = verdicts[case]
    if isinstance(verdict, BaseException):
        raise verdict
    assert verdict.exit_code == -signal.SIGKILL
    assert verdict.report.log == []
    assert set(verdict.acts.values()) <= {1}
    assert len(verdict.causes) <= 1

    (command,) = verdict.report.all
    assert command == verdict.report.again
    if case.point is Point.BEFORE_CLAIM:
        assert verdict.report.found == []
    else:
        assert verdict.report.found == [command]

    assert bool(verdict.acts) is (case.point.is_sent or case.point is Point.BEFORE_CLAIM)
    assert command.status in expected(case, verdict)


def test_every_command_of_every_vendor_has_a_scene() -> None:
    theirs = {(slug, rule.kind) for slug, manifest in manifests().items() for rule in manifest.commands}
    assert {(scene.vendor, scene.kind) for scene in SCENES.values()} == theirs


def expected(case: Case, verdict: Verdict) -> set[CommandStatus]:
    """What is true of the command, by what the hardware did."""
    if case.point in (Point.AFTER_CLAIM, Point.BEFORE_SENDING):
        return {CommandStatus.CANCELLED}
    if not case.scene.rule.proof:
        return NOBODY_CAN_TELL
    return {CommandStatus.CONFIRMED} if verdict.acts else {CommandStatus.TIMED_OUT, CommandStatus.FAILED}
