"""LetMeCharge: a Spanish EV roaming aggregator; chargers of many operators and the charges that a contract orders."""

from model.states import CommandKind, DeviceKind, SlotKind
from vendors.kit.quota import Budget
from vendors.letmecharge.adapter import LetMeChargeAdapter
from vendors.letmecharge.settings import LetMeChargeSettings
from vendors.letmecharge.webhook import OrderReceiver
from vendors.manifest import Cadence, CommandRule, Endpoint, Manifest, Mark

MANIFEST = Manifest(
    slug="letmecharge",
    name="LetMeCharge",
    documentation_url="https://docs.letmecharge.net/docs/letmecharge",
    default_base_url=None,
    device_kinds=(DeviceKind.EV_CHARGER,),
    slot_kind=SlotKind.CONNECTOR,
    has_batteries=False,
    settings=LetMeChargeSettings,
    adapter=LetMeChargeAdapter,
    budgets=(Budget(name="minute", limit=60, window_s=60, reserve=6, is_assumed=True),),
    cadence=Cadence(devices=300, device=60, sites=300, sessions=60),
    endpoints=(
        Endpoint("POST", "/v3/chargers/filter", "sites, devices and slots of an area", Mark.DOC),
        Endpoint("GET", "/chargers/{charger}/updated", "one device and its slots now", Mark.DOC),
        Endpoint("GET", "/contracts/orders", "charging sessions, and what became of a start or stop", Mark.DOC),
        Endpoint("POST", "/v3/chargers/startcharge/{physicalPlug}", "startCharging", Mark.DOC),
        Endpoint("POST", "/v3/chargers/stopcharge/{orderId}", "stopCharging", Mark.DOC),
    ),
    commands=(
        CommandRule(
            kind=CommandKind.START_CHARGING,
            call="POST /v3/chargers/startcharge/{physicalPlug}",
            proof="its order is listed as IN_PROGRESS or FINISHED, or has energy",
            deadline_s=120,
            looks_s=(3, 8, 15, 30, 60, 120),
            patience_s=900,
        ),
        CommandRule(
            kind=CommandKind.STOP_CHARGING,
            call="POST /v3/chargers/stopcharge/{orderId}",
            proof="the order that it named is listed as ended",
            deadline_s=60,
            looks_s=(3, 8, 15, 30, 60, 120),
            patience_s=900,
        ),
    ),
    receiver=OrderReceiver,
    pushes=("order",),
    slot_status_from_sessions=True,
    facts=(
        "There is no list of all chargers: they are found by position and a distance of 10 to 10000 metres.",
        "The path of the filter starts with /v3; those of the charger and of the orders do not.",
        "There is no success envelope; an error has message, statusCode and error.",
        "A wrong credential may be answered with 401 or with 403.",
        "The status filter of orders knows only FINISHED and IN_PROGRESS, so orders are read without it.",
        (
            "Prices of plugs come without a currency: they are shown in the device's raw, never as money; "
            "what a charge costs is on its session."
        ),
        "Parent ids in the vendor's example match no parent, so what belongs to what is taken from the nesting.",
        "A plug's lastUpdate can be years old; it is shown as the time of observation.",
        "Orders hold e-mail addresses and number plates, which appear only under the session's customer.",
        (
            "A start takes an e-mail address and a number plate, both optional, and no duration, amount or price; the "
            "docs advise reading the charger before it."
        ),
        "A stop names an order, so it can never end the charge of whoever comes to the plug next.",
        "Starting has no idempotency key, so a start is never sent twice.",
        "There is no call to reserve or unlock a plug.",
        (
            "One webhook hears of every order when it starts, stops and goes on; there is no call to register it, so "
            "its URL is given to the vendor's staff."
        ),
        (
            "Pushes carry no signature, no number and no delivery id: whatever starts, ends or bills a charge is read "
            "back from the list of orders before it is believed, and only the readings of a running charge are not."
        ),
    ),
    assumptions=(
        (
            "The key is sent as Authorization: Bearer unless auth_header and auth_prefix say otherwise; "
            "in another header it is sent bare."
        ),
        (
            "No rate limit is documented; 60 calls a minute are allowed, 6 of them kept for commands, "
            "and orders count as fresh for a minute."
        ),
        "A charger is a site, each element of its chargerDetails a device, each physical plug a slot.",
        "The charger parameter of /chargers/{charger}/updated is the charger's _id.",
        "The site has the name, address and hours of the first of its chargerDetails that gives them.",
        "schedule, else the weekday texts, are the opening hours.",
        (
            "updatedAt of charger, chargerDetails and order is when that state was observed; a plug without lastUpdate "
            "takes that of its logic plug."
        ),
        (
            "A slot is CHARGING while an order of this contract runs on it, else UNKNOWN: the booleans of charger "
            "and plug have no documented meaning and are kept raw."
        ),
        "Whether a charger is online is not told, so connectivity is UNKNOWN.",
        "maxPower and power_kw are kilowatts, charged_kwh is kWh as the vendor reports it, battery_level is percent.",
        "Amounts are in major units of the order's currency; one without a three-letter currency is not shown.",
        "The readings of order statuses: ORDER_INIT_AND_WAITING is pending, IN_PROGRESS active, FINISHED completed.",
        "NOT_PLUGGED is pending while finished is empty, at most 15 minutes after the last update; then it has failed.",
        (
            "PAYMENT_ERROR and INTERNAL_ERROR after energy was given are completed charges, with billing failed or "
            "with the end reason INTERNAL as a warning; without energy, and for PROVIDER_ERROR always, the charge "
            "has failed."
        ),
        (
            "FINISHED does not say that the charge was paid, so its billing is UNKNOWN; a free charge of amount 0 owes "
            "nothing, and free without an amount means 0."
        ),
        "finished counts only where the status says that the charge has ended; it may be empty while it runs.",
        "user_email is the driver's address, and email stands in when it is empty.",
        "An order is known by its id, else orderId, else _id, and is found by any of them.",
        (
            "Orders come newest first and a page shorter than its limit is the last: reading stops at a page that goes "
            "back beyond what was asked for, and after 5000 orders."
        ),
        "HTTP 400 means rejected, 404 not found, 429 over quota, and 5xx that the vendor is down.",
        "The physicalPlug of a start is the plug's _id, not its physicalPlugId.",
        (
            "HTTP 403 to a start refuses this start, not the key, since reads with the same key have just worked; a "
            "5xx may have been done."
        ),
        (
            "ORDER_INIT_AND_WAITING acknowledges a start and IN_PROGRESS or FINISHED confirms it; PAYMENT_ERROR, "
            "INTERNAL_ERROR, PROVIDER_ERROR and NOT_PLUGGED with an end say that it failed, unless energy was given. "
            "NOT_PLUGGED without an end says nothing yet."
        ),
        "Any status that ends an order confirms its stop.",
        (
            "The order of a start is the one listed under either id of the reply; where there is none, it is the only "
            "order of that plug that was not there before and was made from 2 minutes before the call to 4 minutes "
            "after it. Where one start made several orders the outcome stays unknown and they are named: a plug in "
            "use takes no other order, so an order made at the plug before that of the start ended came from the "
            "start too."
        ),
        (
            "A charge without an end is in progress or was ordered in the last hour; only among those is one "
            "looked for that is to be stopped."
        ),
        "A push is a list of orders; a single order is taken too, and the answer is HTTP 200 with {}.",
        (
            "A push of the same order with the same status and the same updatedAt is the same push; without updatedAt "
            "it is the same when the whole order is, and is read back."
        ),
        "An order in progress with 0 kWh has just begun, and begins once, however often that is pushed.",
        "An order that waits for its cable has not begun: it is a pending session, and changes of it are updates.",
        "An order in progress that has an end too contradicts itself, and is read back.",
        "An updatedAt more than two minutes ahead of our clock is no time to go by: what came with it is read back.",
    ),
    unknowns=(
        "The vendor's address: base_url has no default and must be set.",
        (
            "What conectorType, chargeSpeedId, chargeMode and bookingType mean: connectors have no standard here, the "
            "codes are in the device's raw."
        ),
        "What the booleans status of charger and plug mean: no slot is ever shown as AVAILABLE.",
        "Whether amount includes tax_price and commision_price: the three are shown as they come, never added.",
        (
            "Whether power_kw is the power now or the nominal power of the plug, and whether battery_level 0 means "
            "empty or not told: both are shown as they come."
        ),
        "Whether two physical plugs of one logic plug can charge at once: they are shown as two slots.",
        "The units of co2_saved and of the booking times: neither is shown except in raw.",
        (
            "Whether the id of an order equals the orderId or the _id of the start that made it: if it equals "
            "neither, a start is still found by its plug, and a stop by the listed id may be refused with 404."
        ),
        "What the number status of a start reply means: it is not used.",
        "What the provider parameter is that the text about the start speaks of: none is sent.",
        "What a stop's reply may hold besides {}: any JSON is taken as a yes.",
        (
            "How the webhook is registered and whether pushes are tried again, how long and in which order: they may "
            "come twice, late, in any order or not at all, and orders are listed all the same."
        ),
    ),
)
