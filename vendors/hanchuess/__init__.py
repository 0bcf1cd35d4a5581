"""HanChuESS: inverters and battery storage, by the vendor's partner API (https://docs.hanchuess.com/home/)."""

from model.states import DeviceKind
from vendors.hanchuess.adapter import HanchuessAdapter
from vendors.hanchuess.events import EVENTS
from vendors.hanchuess.settings import HanchuessSettings
from vendors.hanchuess.webhook import HanchuessReceiver
from vendors.kit.quota import Budget
from vendors.manifest import Cadence, Endpoint, Manifest, Mark

MANIFEST = Manifest(
    slug="hanchuess",
    name="HanChuESS",
    documentation_url="https://docs.hanchuess.com/home/",
    default_base_url="https://idaas.hanchuess.com",
    device_kinds=(DeviceKind.INVERTER,),
    slot_kind=None,
    has_batteries=True,
    listing_names_sites=True,
    settings=HanchuessSettings,
    adapter=HanchuessAdapter,
    budgets=(Budget(name="minute", limit=30, window_s=60, reserve=4, is_assumed=True),),
    cadence=Cadence(devices=300, device=300, storage=60, sites=600, subscriptions=60),
    endpoints=(
        Endpoint("POST", "/portal/oauth/token", "sign-in: an access token for an hour, a refresh token", Mark.DOC),
        Endpoint("POST", "/api/v1/station/list", "the sites of one linked user", Mark.DOC),
        Endpoint("POST", "/api/v1/station/detail", "one site", Mark.DOC),
        Endpoint("POST", "/api/v1/device/list", "the devices of a site", Mark.DOC),
        Endpoint("POST", "/api/v1/device/detail", "one device and its batteries", Mark.DOC),
        Endpoint("POST", "/api/v1/device/inverter/realtime", "the storage of a device", Mark.DOC),
        Endpoint(
            "POST",
            "/api/v1/device/battery/charge-discharge-records",
            "energy into and out of the batteries of a device",
            Mark.DOC,
        ),
        Endpoint("GET", "/api/{orgId}/v1/devices", "ratings of onboarded assets; not shown in the graph yet", Mark.DOC),
        Endpoint("POST", "/portal/v1/oem/subscriptions", "the partner's subscriptions", Mark.SEED),
        Endpoint("POST", "/portal/v1/oem/subscribe", "creates a subscription", Mark.SEED),
        Endpoint("POST", "/portal/v1/oem/resubscribe", "changes a subscription", Mark.SEED),
        Endpoint("DELETE", "/portal/v1/oem/{oem}/unsubscribe/{subscriptionId}", "deletes a subscription", Mark.SEED),
        Endpoint("POST", "/portal/v1/oem/subscriptions/test", "tests a subscription and activates it", Mark.SEED),
    ),
    largest_push_bytes=10 * 1024 * 1024,
    receiver=HanchuessReceiver,
    pushes=tuple(EVENTS),
    facts=(
        "An access token lives an hour and a refresh token 30 days; the refresh grant is named `refresh`.",
        "Every request carries X-Timestamp, X-Nonce and X-Signature beside the bearer token.",
        (
            "Stations are listed for one linked user at a time, by the partner's own id of that user; the partner API "
            "lists no devices without a station."
        ),
        (
            "Inverters have no slots. Charge and powers are told for an inverter as a whole; of its batteries the "
            "detail tells serial, model, software and capacity, and the inverter's charge, health and temperature are "
            "shown on each of them."
        ),
        "Charge is a fraction from 0 to 1; what lies outside is not shown.",
        "Recorded energy comes in half hours and for at most 90 days at once.",
        (
            "A subscription is inactive until it was tested, and the vendor switches it off without a word when "
            "deliveries fail: then it is to be tested again."
        ),
        (
            "A subscription names its devices, since none for all of them is offered: change it when the fleet does. "
            "The devices of `devices` are taken when none are named."
        ),
        (
            "A test pushes to the webhook before it is answered, so the webhook must be reachable from outside when a "
            "subscription is tested."
        ),
        "Telemetry comes every one to five minutes, in batches of up to 100 items and 10 MB.",
        "The person and the installer that a station names are never stored nor shown.",
        "Of a push nothing is kept in a field whose name could be a person's, and no text that looks like an address.",
    ),
    assumptions=(
        (
            "Sign-in and subscriptions are under /portal, everything else under /api; the vendor's pages contradict "
            "each other, so `portal_prefix` and `api_prefix` change it."
        ),
        (
            "A signature is the hexadecimal HMAC-SHA256, keyed with the client secret, of method, path, timestamp, "
            "nonce and body, a line each; the sign-in is signed in the same way. With a `token` and neither "
            "`client_secret` nor `signing_secret` the token itself is the key, since the header is required."
        ),
        (
            "A reply succeeds when its HTTP status is 2xx and `errno` is absent or 200, as a number or as text; other "
            "numbers are read like HTTP statuses, and those that are none count as rejected."
        ),
        "The 30 calls a minute for a partner are our choice: 60 is the vendor's example, not a promise.",
        "Parameters of POST calls go in a JSON body, those of the sign-in in a form.",
        "A station of the list has the fields of the station's detail, and the detail needs the station's id only.",
        "Pages hold up to 100 records; the page says how many pages there are.",
        "Every device that a station lists is an inverter.",
        "A device's status OFFLINE is the opposite of the documented ONLINE; other values are unknown.",
        "Powers are watts and energies kilowatt-hours.",
        "`pPv` and `pLoad` at or above zero are generation and consumption; below zero they are not shown.",
        (
            "With `power_signs` set to battery_charging_grid_import, `pBat` above zero is charging and `pMeter` above "
            "zero is importing, as in the vendor's consumer API."
        ),
        "Energy records are asked for by the inverter's serial, in ISO 8601, and an interval ends at its timestamp.",
        (
            "A subscription with status `active` is active; an `inactive` one that never got a message through has not "
            "been verified, and one that did was given up by the vendor."
        ),
        (
            "A push is signed, if at all, with the hexadecimal HMAC-SHA256 of its raw body, keyed with the "
            "subscription's secret, in the header X-Signature; nothing is looked at unless `webhook_signature` is set."
        ),
        (
            "Of telemetry only `isOnline` and the beginning of `batteryState` are documented: that `soc` and `soh` "
            "within it are fractions, `power` is that of the battery in W, and that `pPv`, `pLoad` and `pMeter` stand "
            "beside it as in the inverter's readings, is assumed."
        ),
        "An item's time that is more than five minutes ahead of this gateway's clock is wrong, and is not shown.",
        "A `chargeStatus` is CHARGING, DISCHARGING or IDLE; others are unknown.",
        "`battery:data:telemetry` is about a battery that is a device of its own, with its serial as `assetId`.",
        (
            "The vendor sends a push once: none is repeated later and none that was missed is made up for. Items that "
            "come twice all the same are known by asset, type and time."
        ),
        (
            "A change of a subscription leaves a field as it is that is not sent: the secret, which the list does not "
            "tell, is sent only when a new one is given or `webhook_signing_secret` is set."
        ),
        "A subscription without a new secret is registered with `webhook_signing_secret`, else with a random one.",
        "The device identifiers of a subscription are the serials of devices.",
    ),
    unknowns=(
        (
            "What is signed and with what: when the vendor refuses every call with 400 or 401, ask it for the string "
            "to sign and for the key, and set `signing_secret`."
        ),
        (
            "The signs of the `p*` values: battery power, grid power and direction of flow stay empty unless "
            "`power_signs` is set."
        ),
        "The codes of workMode, runStatus, batStatus and batComStatus: they are not shown.",
        "The charge and health of a single battery where an inverter has several: only the inverter's are told.",
        "The real quota: `quotas = {minute = ...}` changes ours.",
        "The table of errno numbers, and whether a 404 means an unknown device or a wrong prefix.",
        "Device status values besides ONLINE, and subscription status values besides `inactive`.",
        "The shape of the subscription list: a plain list, a list under `data` and the sample's wrapping are all read.",
        (
            "How the vendor uses a subscription's secret: until it says so, the webhook's secret URL is all that tells "
            "its pushes from a stranger's."
        ),
        "The fields of notices: they are events with what was sent, and change nothing else.",
        "The share of failed deliveries at which a subscription is switched off.",
        "Whether a changed subscription has to be tested again: look at its status after a change.",
        "The lifecycle of a device: nothing tells whether it is in service.",
    ),
)
