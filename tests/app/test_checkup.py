from dataclasses import replace

import pytest

from app.checkup import examine
from tests.support.fleets import world
from vendors.kit.simulator import Switch
from vendors.registry import manifests


@pytest.mark.parametrize("slug", manifests())
async def test_a_vendor_that_answers_is_well(slug: str) -> None:
    async with world(slug) as one:
        (member,) = one.fleet.members.values()
        findings = await examine(member)
    assert [finding.text for finding in findings if not finding.is_well] == []
    assert findings[0].text == "The address answers and the credentials are accepted"
    assert findings[1].text.startswith(("The vendor lists ", "Device "))
    assert any(finding.text.startswith("Quota minute: ") for finding in findings)
    assert findings[-1].text.startswith("Cannot, unlike other vendors: ")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("http_503", "The vendor is not reachable: check base_url and the network"),
        ("reset", "The vendor is not reachable: check base_url and the network"),
        ("http_401", "The vendor refused the credentials: check them in the configuration"),
        ("http_429", "The vendor refuses for quota: wait, or look for another user of it"),
        ("not_json", "Something answers, but not as this vendor does: check base_url"),
    ],
)
async def test_what_is_wrong_is_said_in_plain_words(fault: str, words: str) -> None:
    async with world("letmecharge") as one:
        one.simulators["letmecharge"].switches[fault] = Switch()
        (member,) = one.fleet.members.values()
        findings = await examine(member)
    (bad,) = [finding.text for finding in findings if not finding.is_well]
    assert bad.startswith(words)
    assert "://" not in bad


async def test_an_account_without_devices_at_a_vendor_without_a_list_has_nothing_to_read() -> None:
    async with world("solax") as one:
        (member,) = one.fleet.members.values()
        findings = await examine(replace(member, settings=member.settings.model_copy(update={"devices": ()})))
    assert [finding.text for finding in findings if not finding.is_well] == [
        "The vendor lists no devices and the account names none under devices: nothing to read"
    ]


async def test_a_configured_device_that_the_vendor_does_not_know_is_named() -> None:
    async with world("solax", devices=["C107SIM0000001", "XB0000NOBODY00"]) as one:
        (member,) = one.fleet.members.values()
        findings = await examine(member)
        assert one.calls() == {"solax": {"GET /proxyApp/proxy/api/getPileInfo": 2}}
    assert findings[1].text == "Device C107SIM0000001 of the configuration is read"
    assert findings[2].text.startswith("Device XB0000NOBODY00 of the configuration cannot be read (")
    assert [finding.is_well for finding in findings[:3]] == [True, True, False]


async def test_a_vendor_that_lists_nothing_is_still_asked() -> None:
    async with world("lvcchong", areas=(), devices=[f"86700000000000{number}" for number in range(1, 9)]) as one:
        (member,) = one.fleet.members.values()
        findings = await examine(member)
        assert one.calls() == {"lvcchong": {"POST /openapi/deviceStatus": 5}}
    assert findings[6].text == "3 more configured devices not tried, for quota"
