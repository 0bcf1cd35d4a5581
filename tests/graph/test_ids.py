"""Ids of clients: what they name, and what is wrong with those that name nothing."""

import pytest
from graphql import GraphQLError

from graph import ids
from model.refs import Kind, device_ref, site_ref
from tests.graph.world import SITE, answer, complaint, world


def test_an_id_names_what_wrote_it() -> None:
    ref = device_ref("cabinets", "a:b/c d")
    assert ids.parse(ref.id) == ref
    assert ids.parse_as(ref.id, Kind.DEVICE) == ref


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Site:cabinets:S1", "expected a Device id, got a Site id: 'Site:cabinets:S1'"),
        ("Account:cabinets", "expected a Device id, got an Account id: 'Account:cabinets'"),
        ("D1", "expected a Device id, got 'D1'"),
        ("", "expected a Device id, got ''"),
        ("Device:cabinets", "expected a Device id, got 'Device:cabinets'"),
        ("x" * 200, f"expected a Device id, got '{'x' * 80}...'"),
    ],
)
def test_a_wrong_id_is_told_why(text: str, message: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        ids.parse_as(text, Kind.DEVICE)
    assert caught.value.message == message
    assert caught.value.extensions == {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}


def test_an_account_is_named_by_id_or_by_key() -> None:
    assert ids.account_key("Account:cabinets") == "cabinets"
    assert ids.account_key("cabinets") == "cabinets"
    with pytest.raises(GraphQLError, match="expected an Account id, got a Site id"):
        ids.account_key(site_ref("cabinets", "S1").id)


async def test_unknown_things_are_null_and_malformed_ids_are_errors() -> None:
    source = (
        '{ node(id: "Site:cabinets:gone") { id } device(id: "Device:nobody:1") { id } account(id: "nobody") { id } }'
    )
    assert await answer(source) == {"node": None, "device": None, "account": None}

    error = await complaint('{ node(id: "nonsense") { id } }')
    assert error["message"] == "not an id of this graph: 'nonsense'"
    assert error["path"] == ["node"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}


async def test_ids_in_filters_are_checked_too() -> None:
    error = await complaint("query Q($id: ID!) { devices(filter: {siteIds: [$id]}) { totalCount } }", {"id": "S1"})
    assert error["message"] == "expected a Site id, got 'S1'"

    error = await complaint('{ events(filter: {deviceIds: ["Site:cabinets:S1"]}) { nodes { id } } }')
    assert error["message"] == "expected a Device id, got a Site id: 'Site:cabinets:S1'"


async def test_filters_arrive_in_the_words_of_resolvers() -> None:
    context = world()
    source = """query Q($site: ID!) { devices(filter: {accountIds: ["Account:cabinets", "roaming"], kinds: [EV_CHARGER],
      connectivity: [], siteIds: [$site], near: {latitude: 1, longitude: 2, radiusM: 3}}) { totalCount } }"""
    await answer(source, {"site": SITE.ref.id}, context)
    ((where, max_age),) = context.arguments("devices.page")
    assert where.accounts == {"cabinets", "roaming"}
    assert where.kinds == {"EV_CHARGER"}
    assert where.connectivity is None
    assert where.sites == {SITE.ref}
    assert (where.near.latitude, where.near.longitude, where.near.radius_m) == (1, 2, 3)
    assert where.search is None
    assert max_age is None


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{ sites(filter: {near: {latitude: 91, longitude: 0, radiusM: 1}}) { totalCount } }", "latitude is -90 to 90"),
        ("{ sites(filter: {near: {latitude: 0, longitude: 0, radiusM: -1}}) { totalCount } }", "radiusM is 0 or more"),
        ("{ batteries(filter: {minStateOfCharge: 80}) { totalCount } }", "minStateOfCharge is 0 to 1"),
        ("{ sites(maxAge: -1) { totalCount } }", "maxAge is a number of seconds, 0 or more"),
        ("{ sites(first: 1000) { totalCount } }", "`first` is 1000; it must be between 0 and 100"),
        ("{ sites(first: 1, last: 1) { totalCount } }", "give `first` or `last`, not both"),
        ('{ devices(after: "zzz") { totalCount } }', "`after` is not a cursor of this connection"),
        ("{ commands(last: -1) { nodes { id } } }", "`last` is -1; it must be between 0 and 100"),
    ],
)
async def test_wrong_arguments_are_told_why(source: str, message: str) -> None:
    error = await complaint(source)
    assert error["message"].startswith(message)
    assert error["extensions"] == {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}
