"""Acting on hardware and on what vendors keep: promised, and not in this version.

Every mutation is declared, checks the ids that it is given and then says that nothing was sent, through `_refuse`
alone; a real one replaces its line in `Mutation` with its own resolver.
"""

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Protocol

import strawberry
from graphql import GraphQLError
from strawberry.utils.str_converters import to_camel_case

from graph import ids, inputs
from graph.types.commands import Command
from graph.types.devices import Device
from graph.types.fields import NAMES, edge, graph_type, plain
from graph.types.sessions import ChargingSession
from graph.types.sites import Site
from graph.types.tariffs import Tariff
from graph.types.vendor_subscriptions import VendorSubscription
from model.refs import Kind
from model.states import ProblemCode, Resolution

INPUT = strawberry.argument(name="input", description="What to do, to what.")


@graph_type()
class UserError:
    """Why a mutation did nothing."""

    code: ProblemCode = plain("What is wrong, for a program to act on.")
    message: str = plain("What is wrong, for a person.")
    field: list[str] | None = plain("Where in the input it is wrong; null when it is not about one field.")
    resolution: Resolution = plain("What helps.")


@dataclasses.dataclass(frozen=True, slots=True)
class Complaint:
    """A user error before it is one."""

    code: ProblemCode
    message: str
    field: list[str] | None
    resolution: Resolution


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """The source of every payload: why nothing was done."""

    user_errors: list[Complaint]
    command: None = None
    session: None = None
    site: None = None
    device: None = None
    tariff: None = None
    vendor_subscription: None = None


def _user_errors() -> Any:  # noqa: ANN401 - a field
    return plain("Why it was not done; empty when it was.")


@graph_type()
class CommandPayload:
    """What became of an order to hardware."""

    command: Command | None = plain("The command to follow; null when none was made.")
    user_errors: list[UserError] = _user_errors()


@graph_type()
class RentBatteryPayload:
    """What became of an order to rent out a battery."""

    command: Command | None = plain("The command to follow; null when none was made.")
    session: ChargingSession | None = plain("The rental, as soon as it is known.")
    user_errors: list[UserError] = _user_errors()


@graph_type()
class StartChargingPayload:
    """What became of an order to start charging."""

    command: Command | None = plain("The command to follow; null when none was made.")
    session: ChargingSession | None = plain("The charge, as soon as it is known.")
    user_errors: list[UserError] = _user_errors()


@graph_type()
class SitePayload:
    """What became of a change to a site."""

    site: Site | None = plain("The site as it is now.")
    user_errors: list[UserError] = _user_errors()


@graph_type()
class DevicePayload:
    """What became of a change to a device."""

    device: Device | None = plain("The device as it is now.")
    user_errors: list[UserError] = _user_errors()


@graph_type()
class TariffPayload:
    """What became of a change to a tariff."""

    tariff: Tariff | None = plain("The tariff as it is now.")
    user_errors: list[UserError] = _user_errors()


@graph_type()
class VendorSubscriptionPayload:
    """What became of a change to a registration at a vendor."""

    vendor_subscription: VendorSubscription | None = plain("The registration as it is now.")
    user_errors: list[UserError] = _user_errors()


class _Input(Protocol):
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


def _refuse(given: _Input) -> Outcome:
    """Name the ids that are wrong; where all are right, say that it is not in this version."""
    wrong = list(_wrong_ids(given))
    message = "not available in this version; nothing was sent"
    return Outcome(wrong or [Complaint(ProblemCode.UNSUPPORTED, message, None, Resolution.NONE)])


def _wrong_ids(given: _Input) -> Iterator[Complaint]:
    for field in dataclasses.fields(given):
        value, kind = getattr(given, field.name), field.metadata.get(NAMES)
        if kind is None or not value:
            continue
        for text in value if isinstance(value, list) else [value]:
            try:
                _check(text, kind)
            except GraphQLError as error:
                path = ["input", to_camel_case(field.name)]
                yield Complaint(ProblemCode.INVALID_INPUT, error.message, path, Resolution.USER_ACTION)


def _check(text: str, kind: Kind) -> None:
    if kind is Kind.ACCOUNT:
        ids.account_key(text)
    else:
        ids.parse_as(text, kind)


def _promised(description: str, input_type: Any) -> Any:  # noqa: ANN401 - a type made of annotations; a field
    def resolve(given: Annotated[input_type, INPUT]) -> Outcome:
        return _refuse(given)

    return edge(f"{description} Not available in this version: answers with a user error and sends nothing.", resolve)


@graph_type()
class Mutation:
    """Acting. Not available in this version: every mutation checks its ids, answers UNSUPPORTED and sends nothing."""

    eject_battery: CommandPayload = _promised("Push one battery out of a named slot.", inputs.EjectBatteryInput)
    eject_all_batteries: CommandPayload = _promised("Empty a cabinet.", inputs.EjectAllBatteriesInput)
    rent_battery: RentBatteryPayload = _promised("Start a rental.", inputs.RentBatteryInput)
    complete_rental: CommandPayload = _promised("Close a rental.", inputs.CompleteRentalInput)
    operate_device: CommandPayload = _promised("A maintenance operation.", inputs.OperateDeviceInput)
    start_charging: StartChargingPayload = _promised("Start charging.", inputs.StartChargingInput)
    stop_charging: CommandPayload = _promised("Stop charging.", inputs.StopChargingInput)
    set_charger_mode: CommandPayload = _promised("Set how chargers choose their power.", inputs.SetChargerModeInput)
    create_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Make a vendor push events.",
        inputs.CreateVendorSubscriptionInput,
    )
    update_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Change a registration at a vendor.",
        inputs.UpdateVendorSubscriptionInput,
    )
    delete_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Make a vendor stop pushing events.",
        inputs.VendorSubscriptionIdInput,
    )
    test_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Ask a vendor to push a test event.",
        inputs.VendorSubscriptionIdInput,
    )
    create_site: SitePayload = _promised("Make a site.", inputs.CreateSiteInput)
    update_site: SitePayload = _promised("Change a site.", inputs.UpdateSiteInput)
    delete_site: SitePayload = _promised("Delete a site.", inputs.DeleteSiteInput)
    assign_device_to_site: DevicePayload = _promised("Say where a device stands.", inputs.AssignDeviceToSiteInput)
    save_tariff: TariffPayload = _promised("Make or change a tariff.", inputs.SaveTariffInput)
    delete_tariff: TariffPayload = _promised("Delete a tariff.", inputs.DeleteTariffInput)
    assign_tariff: TariffPayload = _promised("Give a site its tariff.", inputs.AssignTariffInput)
    unassign_tariff: TariffPayload = _promised("Take a site's tariff away.", inputs.UnassignTariffInput)
    publish_advertisement: CommandPayload = _promised(
        "Send advertisements to screens.",
        inputs.PublishAdvertisementInput,
    )
