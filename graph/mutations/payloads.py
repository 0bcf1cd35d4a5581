"""What mutations answer: what was done, and why it was not.

Their sources are what `resolvers` return: a command that was `Given` or a thing that was `Changed`; and `NothingDone`.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graph.context import Info
from graph.types.commands import Command
from graph.types.devices import Device
from graph.types.fields import edge, graph_type, plain
from graph.types.sessions import ChargingSession
from graph.types.sites import Site
from graph.types.tariffs import Tariff
from graph.types.vendor_subscriptions import VendorSubscription
from model.states import ProblemCode, Resolution
from resolvers import devices, sessions, sites, tariffs
from resolvers.complaints import Complaint
from resolvers.managing.change import Changed
from resolvers.ordering.desk import Given
from resolvers.scope import NOW


@dataclass(frozen=True, slots=True)
class NothingDone:
    """There is nothing to show but why."""

    complaints: tuple[Complaint, ...]
    command: None = None
    ref: None = None
    otherwise: None = None


Source: TypeAlias = Given | Changed | NothingDone


def _complaints(source: Source) -> Sequence[Complaint]:
    """A change that was made has nothing against it."""
    return () if isinstance(source, Changed) else source.complaints


async def _session(root: Given | NothingDone, info: Info) -> object:
    """Read anew: it is younger than any list of sessions."""
    targets = root.command.targets if root.command else ()
    ref = next((target.session for target in targets if target.session), None)
    return None if ref is None else await info.context.load(sessions.by_refs, ref, NOW)


def _thing(description: str, by_refs: Callable[..., Any], *arguments: Hashable) -> Any:  # noqa: ANN401 - a field
    """What was changed, read anew; as it was known before where it is gone or does not let itself be read."""

    async def resolve(root: Changed | NothingDone, info: Info) -> object:
        found = None if root.ref is None else await info.context.load(by_refs, root.ref, *arguments)
        return root.otherwise if found is None else found

    return edge(description, resolve)


def _command() -> Any:  # noqa: ANN401 - a field
    return plain("The command to follow; null when none was kept, and then nothing was sent.")


def _user_errors() -> Any:  # noqa: ANN401 - a field
    return plain("Why it was not done, each reason; empty when it was, or when nobody said no yet.", _complaints)


@graph_type()
class UserError:
    """Why a mutation did nothing."""

    code: ProblemCode = plain("What is wrong, for a program to act on.")
    message: str = plain("What is wrong, for a person.")
    field: list[str] | None = plain("Where in the input it is wrong; null when it is not about one field.")
    resolution: Resolution = plain("What helps.")


@graph_type()
class CommandPayload:
    """What became of an order to hardware, as far as is known when the vendor answered."""

    command: Command | None = _command()
    user_errors: list[UserError] = _user_errors()


@graph_type()
class RentBatteryPayload:
    """What became of an order to rent out a battery."""

    command: Command | None = _command()
    session: ChargingSession | None = edge("The rental; null until its vendor tells of it.", _session)
    user_errors: list[UserError] = _user_errors()


@graph_type()
class StartChargingPayload:
    """What became of an order to start charging."""

    command: Command | None = _command()
    session: ChargingSession | None = edge("The charge; null until its vendor tells of it.", _session)
    user_errors: list[UserError] = _user_errors()


@graph_type()
class SitePayload:
    """What became of a change to a site."""

    site: Site | None = _thing("The site as it is now; one that was deleted as it was.", sites.by_refs, None)
    user_errors: list[UserError] = _user_errors()


@graph_type()
class DevicePayload:
    """What became of a change to a device."""

    device: Device | None = _thing("The device as it is now.", devices.by_refs, None)
    user_errors: list[UserError] = _user_errors()


@graph_type()
class TariffPayload:
    """What became of a change to a tariff."""

    tariff: Tariff | None = _thing(
        "The tariff as it is now; one that was deleted, or that holds at the site no more, as it was.",
        tariffs.by_refs,
    )
    user_errors: list[UserError] = _user_errors()


@graph_type()
class VendorSubscriptionPayload:
    """What became of a change to a registration at a vendor."""

    vendor_subscription: VendorSubscription | None = plain("The registration as it is now.", "otherwise")
    user_errors: list[UserError] = _user_errors()
