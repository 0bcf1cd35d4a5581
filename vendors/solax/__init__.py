"""SolaX X1 and X3 EV chargers, over the vendor's legacy charger API."""

from model.states import CommandKind, DeviceKind, SlotKind
from vendors.kit.quota import Budget
from vendors.manifest import Cadence, CommandRule, Endpoint, Manifest, Mark
from vendors.solax.adapter import SolaxAdapter
from vendors.solax.client import MOST_SERIALS
from vendors.solax.settings import SolaxSettings

MANIFEST = Manifest(
    slug="solax",
    name="SolaX",
    documentation_url=None,
    default_base_url="https://www.solaxcloud.com",
    device_kinds=(DeviceKind.EV_CHARGER,),
    slot_kind=SlotKind.CONNECTOR,
    has_batteries=False,
    has_sites=False,
    settings=SolaxSettings,
    adapter=SolaxAdapter,
    budgets=(
        Budget(name="minute", limit=9, window_s=60, reserve=2),
        Budget(name="day", limit=9999, window_s=86_400, reserve=200),
    ),
    cadence=Cadence(device=60, seconds_per_device=8.7),
    endpoints=(
        Endpoint("GET", "/proxyApp/proxy/api/getPileInfo", "Device, Slot, Command", Mark.SEED),
        Endpoint("POST", "/proxyApp/proxy/api/pileCmd", "Command", Mark.SEED),
    ),
    commands=(
        CommandRule(
            kind=CommandKind.SET_CHARGER_MODE,
            call="POST /proxyApp/proxy/api/pileCmd",
            proof=(
                "getPileInfo shows the mode that was asked for; a charger's yes by callback makes it ACKNOWLEDGED "
                "only, and does not say that charging began"
            ),
            deadline_s=120,
            looks_s=(120, 180, 240, 330),
            patience_s=900,
            is_absolute=True,
            most_targets=MOST_SERIALS,
        ),
    ),
    facts=(
        (
            "This gateway speaks the legacy charger API with a tokenId; the newer developer OpenAPI, with its client "
            "id and secret, is not used."
        ),
        "The tokenId is on the API page of the SolaX cloud website, and each user account has one.",
        "The API does not list chargers: their serial numbers stand in the configuration.",
        "A charger must be online to be read.",
        "The vendor allows fewer than 10 calls a minute and fewer than 10,000 calls a day.",
        (
            "One call reads one charger, so with many chargers each is read less often: about every 8.7 seconds times "
            "their number."
        ),
        "The tokenId travels in the query of every read: keep the URLs of this vendor out of the logs of proxies.",
        "An answer carries no time stamp, so the age of what the vendor's cloud tells cannot be seen.",
        (
            "One command sets the mode of up to 100 chargers, STOP, FAST, ECO or GREEN; the vendor takes it first and "
            "tells by callback what each charger did, so server.public_url must be an address that the vendor reaches."
        ),
        (
            "There is no call to start or to stop charging: the mode FAST, ECO or GREEN lets a car charge, and STOP "
            "does not."
        ),
        (
            "A command for many chargers is proven by reading them one by one within the quota, about 8 a minute, "
            "those that said yes first: for a hundred that takes about a quarter of an hour."
        ),
    ),
    assumptions=(
        "The vendor's example of a read uses http; https is used for every call.",
        "A tokenId belongs to one regional host and is refused by the others.",
        "The quota is counted for each tokenId, and commands count as well as reads.",
        (
            "Errors come as HTTP 200 with success false and the codes of the vendor's inverter API: 103 and 1001 for a "
            "refused token, 1003 and 2001 for missing rights, 104 and 3 for the quota."
        ),
        "Codes of the developer OpenAPI (10001 to 11500) mean the same if this API ever sends them.",
        (
            "After a quota refusal the next call waits 60 seconds, 300 seconds where the text speaks of 5 minutes, and "
            "until the next midnight UTC where it speaks of the day."
        ),
        "Code 0 together with success false means that the serial number is not known.",
        (
            "For an offline charger success is true and every reading is null; the charger then has connectivity "
            "UNKNOWN and its connector status UNKNOWN."
        ),
        "A charger that gives readings is ONLINE; there is no other sign of connectivity.",
        "Every charger has exactly one connector.",
        (
            "chargerStatus has the codes of the developer OpenAPI and of the Modbus registers, 0 to 13 and 17; the "
            "vendor's page for this API does not list them."
        ),
        "chargingMode has the numbers of the command that sets it: 0 STOP, 1 FAST, 2 ECO, 3 GREEN.",
        'chargingPower is in watts unless the account says power_unit = "kW".',
        "chargeEnergy is in kilowatt-hours and counts the present session.",
        (
            "Model, phases and rated power are read off the first four characters of the serial number as public "
            "clients do it (C107, C311, C322, 5020, 5030, 5070); other serial numbers give none of them."
        ),
        (
            "The result may be an object or the same object as JSON text, and the power may be spelled chargingPower "
            "or ChargingPower, because the vendor's page shows both."
        ),
        "A command is a POST of JSON with the tokenId in its body, as in the vendor's example.",
        (
            "A command that is refused with success false did not reach any charger, whatever its code, and 11500 "
            "means to ask again later; an answer that cannot be read or has no taskId leaves the outcome open."
        ),
        (
            "Callbacks are POSTs of JSON, not signed, in any order, perhaps repeated or missing: each command has a "
            "callback URL of its own that nobody can guess, and any 2xx satisfies the vendor."
        ),
        (
            "The code of a callback may be text or a number, and failureList and timeoutList may stand in its result "
            "or beside it."
        ),
        (
            "A charger in failureList was not told and will not obey; when code 2 says that all failed, or when code 1 "
            "comes without a list, that holds for every charger of the command."
        ),
        (
            "A charger that answers with code 1 or 2 does not obey later; one in timeoutList may, and is still read "
            "for a quarter of an hour."
        ),
        "When the task is complete, chargers that no list names have obeyed, until a read says otherwise.",
        (
            "A reading that shows the mode asked for proves the command although it may be some minutes old: a charger "
            "that had this mode shortly before counts as obeying."
        ),
        "A mode is absolute: setting it twice is the same as setting it once, and a newer command replaces the older.",
        "Setting the mode STOP ends charging.",
    ),
    unknowns=(
        "The official list of chargerStatus codes: a code outside the known ones shows as UNKNOWN with the raw code.",
        "Whether chargeEnergy counts the session or the charger's life; it is shown as the device's energy.",
        (
            "How old the cloud's data are: the vendor's inverters report about every 5 minutes, so an answer that was "
            "just fetched may describe the past."
        ),
        "Whether the quota is for each token or for each device; the stricter reading is used.",
        (
            "Charging sessions: the API has no such object, and deriving them needs a history of readings, so this "
            "vendor shows no sessions yet."
        ),
        (
            "How pileCmd refuses: a refusal without a known code is shown as REJECTED with the vendor's own words, "
            "without the token and without URLs."
        ),
        "Whether a callback is repeated: a repeated one is ignored, and reading makes up for a missing one.",
        "Whether the mode STOP ends a charging session or pauses it.",
    ),
)
