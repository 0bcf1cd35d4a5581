"""Every command of every vendor meets every fault of its simulator, and says in the end what the hardware did."""

import asyncio

import pytest

from tests.acceptance.commands.matrix import Case, When, cases
from tests.acceptance.commands.playing import Played, played
from tests.acceptance.commands.scenes import SCENES
from tests.acceptance.commands.truth import ACTS_ELSE, is_as_asked_anyway, is_named, true_ends, true_meanwhile
from vendors.kit.simulator import TRANSPORT_FAULTS
from vendors.registry import manifests, simulator_class

COMMANDED = {slug: manifest for slug, manifest in manifests().items() if manifest.commands}


@pytest.fixture(scope="module")
def play(request: pytest.FixtureRequest) -> Played:
    """Of every case that is going to be tested, played at the same time."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    params = [item.callspec.params.get("case") for item in tests if hasattr(item, "callspec")]
    return asyncio.run(played([case for case in params if isinstance(case, Case)]))


def test_every_command_that_a_vendor_has_is_given() -> None:
    ruled = {
        (slug, rule.kind, operation)
        for slug, manifest in COMMANDED.items()
        for rule in manifest.commands
        for operation in rule.operations or (None,)
    }
    assert {(scene.vendor, scene.kind, scene.instruction.operation) for scene in SCENES.values()} == ruled


@pytest.mark.parametrize("vendor", COMMANDED)
def test_no_fault_is_forgotten(vendor: str) -> None:
    met = [case for case in cases() if case.scene.vendor == vendor]
    kinds = {rule.kind for rule in COMMANDED[vendor].commands}
    proven = {rule.kind for rule in COMMANDED[vendor].commands if rule.proof}
    own = {(kind, fault) for kind in proven for fault in simulator_class(vendor).faults}
    of_the_call = {(kind, fault) for kind in kinds for fault in TRANSPORT_FAULTS}

    assert {(case.scene.kind, case.fault) for case in met if case.when is When.ALWAYS} == own
    assert {(case.scene.kind, case.fault) for case in met if case.when is When.ONCE} >= of_the_call


@pytest.mark.parametrize("case", cases(), ids=str)
def test_what_is_said_is_what_happened(case: Case, play: Played) -> None:
    outcome = play.outcomes[case]
    assert outcome.calls <= 1
    assert not outcome.surplus or case.fault in ACTS_ELSE
    if case.when is When.ONCE:
        assert (outcome.was_struck, outcome.calls) == (True, 1)
    if case.when is When.NEVER:
        assert (outcome.calls, {deed.is_done for deed in outcome.deeds}) == (1, {True})

    for deed in outcome.deeds:
        assert deed.during.status in true_meanwhile(case, deed, outcome)
        assert deed.end.status in true_ends(case, deed, outcome)
        if not is_as_asked_anyway(case):
            assert all(is_named(act, deed.end) for act in outcome.surplus)


def test_the_gateway_itself_has_nothing_to_complain_of(play: Played) -> None:
    assert play.log == []
