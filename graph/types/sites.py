"""Places with devices."""

from typing import Annotated

import strawberry

from graph.context import Info
from graph.types.accounts import Account
from graph.types.arguments import After, Before, First, Last, page_args
from graph.types.connections import Counted
from graph.types.fields import batched, edge, graph_type, node_type, plain
from graph.types.filters import DeviceFilter
from graph.types.freshness import Freshness, freshness
from graph.types.links import DeviceLink, TariffLink
from graph.types.node import Node
from graph.types.owners import account
from model import records
from resolvers import devices, tariffs
from resolvers.paging import Page


@graph_type()
class GeoPoint:
    """A point on earth, WGS 84."""

    latitude: float = plain("In degrees, north positive.")
    longitude: float = plain("In degrees, east positive.")


async def _devices(
    root: records.Site,
    info: Info,
    *,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    where: Annotated[
        DeviceFilter | None,
        strawberry.argument(name="filter", description="Which of them."),
    ] = strawberry.UNSET,
) -> Page[records.Device]:
    page: Page[records.Device] = await info.context.load(
        devices.pages_of_sites,
        root,
        page_args(first, after, last, before),
        (where or DeviceFilter()).chosen(),
        info.context.max_age(info.path),
    )
    return page


@node_type(records.Site)
class Site(Node):
    """A place with devices: a shop, a residential compound, a charging location, a home."""

    native_id: str = plain("The vendor's own id.", "ref.native_id")
    account: Account = account()
    name: str = plain("What people call it.")
    address: str | None = plain("Street and number, as the vendor has it.")
    city: str | None = plain("Town, where the vendor says it apart.")
    location: GeoPoint | None = plain("Where it is.")
    opening_hours: str | None = plain("As the vendor writes them.")
    time_zone: str | None = plain("Its IANA time zone, where the vendor says it.")
    devices: Counted[DeviceLink] = edge("What stands there.", _devices)
    tariff: TariffLink | None = batched("The price there.", tariffs.of_sites, ages=False)
    freshness: Freshness = freshness()
