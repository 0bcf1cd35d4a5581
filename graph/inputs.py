"""What mutations take."""

from decimal import Decimal

import strawberry

from graph.types.fields import input_type, option, required
from model.commands import Media
from model.records import GeoPoint
from model.refs import Kind
from model.states import ChargerMode, DeviceOperation, PriceUnit

KEY = (
    "Yours, 1 to 255 characters, a new one for each intent: a repeat with the same key returns the first command "
    "instead of acting twice."
)
REASON = "Why, for the record; some vendors are told it too."


@input_type
class GeoPointInput:
    """A point on earth, WGS 84."""

    latitude: float = required("In degrees, north positive.")
    longitude: float = required("In degrees, east positive.")

    def chosen(self) -> GeoPoint:
        """The same for `resolvers`."""
        return GeoPoint(self.latitude, self.longitude)


@input_type
class EjectBatteryInput:
    """The key makes a repeat return the first command instead of acting twice."""

    slot_id: strawberry.ID = required("The slot whose battery is to come out.", Kind.SLOT)
    idempotency_key: str = required(KEY)
    reason: str | None = option(REASON)


@input_type
class EjectAllBatteriesInput:
    """To empty a cabinet, its own id must be typed again."""

    device_id: strawberry.ID = required("The cabinet.", Kind.DEVICE)
    idempotency_key: str = required(KEY)
    confirm_device_native_id: str = required("The cabinet's nativeId, so that nobody empties the wrong one.")
    reason: str | None = option(REASON)


@input_type
class RentBatteryInput:
    """A rental; without a slot the vendor chooses the battery."""

    device_id: strawberry.ID = required("The cabinet.", Kind.DEVICE)
    idempotency_key: str = required(KEY)
    slot_id: strawberry.ID | None = option("The slot to rent from, where the vendor lets one choose.", Kind.SLOT)
    external_id: str | None = option("Your own id of the rental.")


@input_type
class CompleteRentalInput:
    """A rental to close."""

    session_id: strawberry.ID = required("The rental.", Kind.SESSION)
    idempotency_key: str = required(KEY)


@input_type
class OperateDeviceInput:
    """A maintenance operation."""

    device_id: strawberry.ID = required("The device.", Kind.DEVICE)
    operation: DeviceOperation = required("What to do.")
    slot_id: strawberry.ID | None = option(
        "The slot, of LOCK_SLOT, UNLOCK_SLOT, LOCK_STOP_CHARGE and POP_SLOT; no other operation takes one.",
        Kind.SLOT,
    )
    idempotency_key: str = required(KEY)
    reason: str | None = option(REASON)


@input_type
class StartChargingInput:
    """A charge to start."""

    slot_id: strawberry.ID = required("Where.", Kind.SLOT)
    idempotency_key: str = required(KEY)
    minutes: int | None = option("For how long, where time is sold: 1 to 1440.")
    prepaid: Decimal | None = option("How much was paid for it, in the account's currency: at most 2 decimals.")
    tariff_id: strawberry.ID | None = option("At which price.", Kind.TARIFF)
    customer_email: str | None = option("Who charges, where the vendor demands it.")
    license_plate: str | None = option("Their vehicle, where the vendor demands it.")


@input_type
class StopChargingInput:
    """A charge to stop, named by its slot or by itself. expectedSessionId refuses to stop anybody else's session."""

    slot_id: strawberry.ID | None = option("Where it runs: this, sessionId, or both when they agree.", Kind.SLOT)
    session_id: strawberry.ID | None = option("The session.", Kind.SESSION)
    expected_session_id: strawberry.ID | None = option(
        "The session that must be running there, else nothing is stopped.", Kind.SESSION
    )
    idempotency_key: str = required(KEY)


@input_type
class SetChargerModeInput:
    """A mode for chargers."""

    device_ids: list[strawberry.ID] = required("The chargers: 1 to 1000, each once, of any accounts.", Kind.DEVICE)
    mode: ChargerMode = required("How they are to choose their power; not UNKNOWN.")
    idempotency_key: str = required(KEY)


@input_type
class CreateSiteInput:
    """A new site."""

    account_id: strawberry.ID = required("The account in which to make it: its id or key.", Kind.ACCOUNT)
    name: str = required("What people call it.")
    address: str | None = option("Street and number.")
    location: GeoPointInput | None = option("Where it is.")
    opening_hours: str | None = option("As people read them.")


@input_type
class UpdateSiteInput:
    """What is to change on a site; what is left out stays."""

    site_id: strawberry.ID = required("The site.", Kind.SITE)
    name: str | None = option("What people call it.")
    address: str | None = option("Street and number.")
    location: GeoPointInput | None = option("Where it is.")
    opening_hours: str | None = option("As people read them.")


@input_type
class DeleteSiteInput:
    """A site to delete."""

    site_id: strawberry.ID = required("The site.", Kind.SITE)


@input_type
class AssignDeviceToSiteInput:
    """A device and its site."""

    device_id: strawberry.ID = required("The device.", Kind.DEVICE)
    site_id: strawberry.ID | None = option("The site; without one the device is taken off its site.", Kind.SITE)


@input_type
class SaveTariffInput:
    """A new price, or with tariffId a change of one."""

    account_id: strawberry.ID = required("The account in which it is: its id or key.", Kind.ACCOUNT)
    tariff_id: strawberry.ID | None = option("The tariff to change.", Kind.TARIFF)
    name: str = required("What people call it.")
    unit_price: Decimal = required("For one unit, in the account's currency.")
    unit: PriceUnit = required("What the unit price is for.")
    unit_count: int | None = option("How many units the unit price buys; 1 when left out.")
    free_minutes: int | None = option("Minutes at the start that cost nothing.")
    daily_cap: Decimal | None = option("The most that a day costs.")
    deposit: Decimal | None = option("Held until the return.")


@input_type
class DeleteTariffInput:
    """A tariff to delete."""

    tariff_id: strawberry.ID = required("The tariff.", Kind.TARIFF)


@input_type
class AssignTariffInput:
    """A tariff and the site where it is to hold."""

    tariff_id: strawberry.ID = required("The tariff.", Kind.TARIFF)
    site_id: strawberry.ID = required("The site.", Kind.SITE)


@input_type
class UnassignTariffInput:
    """A site that is to have no tariff."""

    site_id: strawberry.ID = required("The site.", Kind.SITE)


@input_type
class AdvertisementMediaInput:
    """One picture or film."""

    code: str = required("Your own code of it.")
    media_type: str = required("Its media type, such as image/png.")
    url: str = required("Where the screens fetch it, by http or https.")

    def chosen(self) -> Media:
        """The same for `resolvers`."""
        return Media(self.code, self.media_type, self.url)


@input_type
class PublishAdvertisementInput:
    """Advertisements for screens."""

    device_ids: list[strawberry.ID] = required("The devices with the screens: 1 to 1000.", Kind.DEVICE)
    idempotency_key: str = required(KEY)
    restart: bool | None = option("Restart the screens at once.")
    media: list[AdvertisementMediaInput] = required("What to show, in this order: 1 to 20.")


@input_type
class CreateVendorSubscriptionInput:
    """A registration at a vendor for its pushes."""

    account_id: strawberry.ID = required("The account: its id or key.", Kind.ACCOUNT)
    webhook_url: str | None = option("Default: this gateway's own receiving URL for the account.")
    event_types: list[str] | None = option("The vendor's own event names; default: all that it has.")
    device_ids: list[strawberry.ID] | None = option("Of these devices only.", Kind.DEVICE)
    secret: str | None = option("Default: a generated one.")
    version: str | None = option("The version of the payloads.")


@input_type
class UpdateVendorSubscriptionInput:
    """What is to change on a registration; what is left out stays."""

    vendor_subscription_id: strawberry.ID = required("The registration.", Kind.SUBSCRIPTION)
    webhook_url: str | None = option("Where the vendor is to send events.")
    event_types: list[str] | None = option("The vendor's own event names.")
    device_ids: list[strawberry.ID] | None = option("Of these devices only.", Kind.DEVICE)
    secret: str | None = option("A new secret.")
    version: str | None = option("The version of the payloads.")


@input_type
class VendorSubscriptionIdInput:
    """A registration at a vendor."""

    vendor_subscription_id: strawberry.ID = required("The registration.", Kind.SUBSCRIPTION)
