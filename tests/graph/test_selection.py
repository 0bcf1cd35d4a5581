"""What an operation selects."""

from graphql import parse

from graph.operation import core_of
from graph.selection import wants
from tests.graph.world import schema


def selected(source: str, operation_name: str | None = None) -> set[str]:
    return set(wants(parse(source), core_of(schema()), operation_name))


def test_fields_by_their_type() -> None:
    assert selected("{ sites { nodes { id devices { totalCount } } } __typename }") == {
        "Query.sites",
        "SiteConnection.nodes",
        "Site.id",
        "Site.devices",
        "DeviceConnection.totalCount",
        "Query.__typename",
    }


def test_aliases_and_fragments() -> None:
    source = """query { d: device(id: "x") { ...One ... on Device { name } ... @include(if: false) { model } } }
      fragment One on Device { slots { ...Two } }
      fragment Two on Slot { status device { slots { ...Two } } }"""
    assert selected(source) == {
        "Query.device",
        "Device.name",
        "Device.model",
        "Device.slots",
        "Slot.status",
        "Slot.device",
    }


def test_a_node_is_whatever_is_asked_of_it() -> None:
    assert selected('{ node(id: "x") { id ... on Site { name } ... on Slot { status } } }') == {
        "Query.node",
        "Node.id",
        "Site.name",
        "Slot.status",
    }


def test_only_the_named_operation_counts() -> None:
    source = "query A { vendors { name } } query B { accounts { name } }"
    assert selected(source, "B") == {"Query.accounts", "Account.name"}
    assert selected(source, "C") == set()
