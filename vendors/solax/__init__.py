"""SolaX X1 and X3 EV chargers, over the vendor's legacy charger API."""

from model.states import DeviceKind, SlotKind
from vendors.kit.quota import Budget
from vendors.manifest import Cadence, Endpoint, Manifest, Mark
from vendors.solax.adapter import SolaxAdapter
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
    endpoints=(Endpoint("GET", "/proxyApp/proxy/api/getPileInfo", "Device, Slot", Mark.SEED),),
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
    ),
)
