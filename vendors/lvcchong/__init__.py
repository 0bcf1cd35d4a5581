"""LVCC (驴充充): sockets and cabinets for e-bikes, car piles, and the gates beside them.

Open platform: https://easydoc.net/doc/69760840/Laz72gTI; OEM platform: https://easydoc.net/doc/53739457/kXcZeJQF.
"""

from model.states import DeviceKind, SlotKind
from vendors.kit.quota import Budget, Scope
from vendors.lvcchong.adapter import LvccAdapter
from vendors.lvcchong.commands import RULES
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.webhook import CallbackReceiver
from vendors.manifest import Cadence, Endpoint, Manifest, Mark

MANIFEST = Manifest(
    slug="lvcchong",
    name="LVCC",
    documentation_url="https://easydoc.net/doc/69760840/Laz72gTI/EFzEQ9MW",
    default_base_url=None,
    device_kinds=(
        DeviceKind.EBIKE_SOCKET_STATION,
        DeviceKind.EBIKE_CHARGING_CABINET,
        DeviceKind.EV_CHARGER,
        DeviceKind.ACCESS_CONTROL,
    ),
    slot_kind=SlotKind.SOCKET,
    has_batteries=False,
    settings=LvccSettings,
    adapter=LvccAdapter,
    budgets=(Budget(name="minute", limit=60, window_s=60, reserve=10, scope=Scope.ADDRESS),),
    cadence=Cadence(devices=60, device=60, sites=600, sessions=60, tariffs=600, seconds_per_device=1.2),
    endpoints=(
        Endpoint("POST", "/deviceStatus", "Device, Slot, Site and Tariff of one device", Mark.SEED),
        Endpoint("POST", "/getDeviceInfoBySimId", "Device, when the device part of /deviceStatus failed", Mark.DOC),
        Endpoint("POST", "/nearby", "Device and Site around the configured areas", Mark.DOC),
        Endpoint("POST", "/queryChargeOrder", "ChargingSession", Mark.DOC),
        Endpoint("POST", "/queryChargeOrderDetail", "one ChargingSession", Mark.DOC),
        Endpoint("POST", "/chargingWatt", "power of a running ChargingSession at a socket", Mark.DOC),
        Endpoint(
            "POST", "/getChargeOrderRealtimeRecord", "energy and power of a running ChargingSession of a car", Mark.DOC
        ),
        Endpoint("POST", "/listPriceStandard", "Tariff", Mark.DOC),
        Endpoint("POST", "/getPriceStandard", "Tariff of one device; on the OEM platform every Tariff", Mark.DOC),
        Endpoint("POST", "/getPriceStandardDetailInfo", "one Tariff with its segments", Mark.DOC),
        Endpoint("POST", "/charge", "startCharging by time, at two-wheelers' sockets", Mark.DOC),
        Endpoint("POST", "/newPriceStandardCharge", "startCharging by a price standard, at car piles too", Mark.DOC),
        Endpoint("POST", "/queryChargeResult", "what became of startCharging and stopCharging", Mark.ASSUMED),
        Endpoint("POST", "/stopCharge", "stopCharging", Mark.DOC),
    ),
    commands=RULES,
    receiver=CallbackReceiver,
    pushes=("end of charging", "swipe order", "cabinet port status"),
    facts=(
        "The vendor allows 60 calls in 60 seconds for each client address on /deviceStatus, whatever the token.",
        "Every call is a form POST, and only `success` in the answer tells whether it succeeded.",
        "The answer for a device carries a second `success` for its device part.",
        "The vendor publishes no address and no sign-in call of its open platform; its staff give address and token.",
        "On the OEM platform the token travels in a header, lives 24 hours, and code 10001 says that it has expired.",
        "The first number of a device's `ports` is padding; a device of ten sockets gives eleven numbers.",
        "Prices are in fen (1/100 yuan) unless the field's name says yuan; the pages' \"USD\" is a mistranslation.",
        "Car piles report energy in kWh.",
        "The order list holds at most 100 orders a page and can be walked forward only.",
        "A start is accepted first and powered later; the vendor tells what became of it for 45 seconds.",
        (
            "A stop names a socket and no order: it is refused here unless the charge that is to be stopped is the "
            "only one that runs there, and a next charge that was ended by hand at the same time makes the outcome "
            "unknown."
        ),
        "A start by time is for two-wheelers only; car piles are started by their price standard, with money prepaid.",
        "Gates have no charge to start or stop.",
        "The OEM platform documents device status, price standards and orders only: no nearby devices and no power.",
        (
            "Ends of charging, swiped cards and the ports of cabinets are called back, by form, to a URL that the "
            "vendor's staff write down; there is no call for it."
        ),
        "Callbacks are not signed: an order that one is about is read back before anything of it is believed.",
        "A callback about ports tells cabinets only; other devices' sockets are known by reading them.",
    ),
    assumptions=(
        "Every call counts against the 60 calls a minute that are documented for /deviceStatus.",
        "Ten of the 60 calls a minute are kept free for commands.",
        "Refusals come as HTTP 200; the statuses 401, 403, 429 and 5xx mean what they mean elsewhere.",
        "After a refusal for frequency a minute is waited, because the quota is counted in windows of a minute.",
        "A refusal that contains 频繁 is about frequency, and one that contains the word token is about the token.",
        "A call that needs one thing and is answered with 查询无数据 means that the thing is not known.",
        "A device's id is its simId, which is its IMEI.",
        "deviceType 96 is a twenty-way socket station.",
        (
            "When `ports` has exactly as many values as sockets there is no padding; of any other length the first "
            "value is padding, values too many are dropped, and sockets without a value are UNKNOWN."
        ),
        "An offline device may still show old socket states: its slots are UNKNOWN and keep the raw state.",
        "A non-empty errorMsg beside success is a hint (such as maintenance), not a failure; it is kept in `raw`.",
        "/nearby without a family lists devices of both, and /getDeviceInfoBySimId holds what /deviceStatus holds.",
        "A socket of a disabled device is INOPERATIVE, whatever `ports` says.",
        "A device without a readable `portNumber` has one socket less than `ports` has values.",
        "An estate is a site; the address and place of its devices are its own.",
        "A device's `updateTime` is when its record was observed.",
        "The id in a device's `chargePriceId` is the id of a price standard, and `price.id` is one too.",
        "`totalElectricFee` is in fen; without it the price of a kWh is energy price plus service fee.",
        "The price standards list holds objects like `priceDetail`; on the OEM platform it is paged like orders.",
        (
            "Price standards by time and power are asked for two-wheelers and those by kWh for cars; the standards of "
            "other combinations are known from the devices that use them."
        ),
        (
            "Orders name their device, estate, family, times, energy, payment and end as the callbacks and the device "
            "do (deviceId, estateId, deviceFamily, startTime, endTime, updateTime, powerCount, payPrice, endType)."
        ),
        "The token of the next page of orders is in `page.deepPageToken`.",
        "No charge runs longer than a day without its order being updated.",
        "Only orders of type 3, or that tell no type, are charges.",
        "An abnormal end without energy, or without a word about energy, is a failure.",
        "Without a start time an order began when it was made.",
        "Volt times ampere of a car pile's record is its power, as on DC and single-phase piles.",
        "The power-up result is asked for at /queryChargeResult with the key alone; result_path changes the path.",
        "A power-up result of 0 means nothing yet, and any other than 0 and 1 that the device could not.",
        "After a stop the same call tells in the same way what became of it, which only the end of the order proves.",
        "A start by a price standard needs no fields beyond those on its page, and is answered like one by time.",
        (
            "The option that is bought is the one of the device's own price standard whose pricePay is what is "
            "prepaid, the first one when nothing is; whatever time of day it is for."
        ),
        "At a two-wheeler's socket that is started with nothing prepaid the operator bills, not the platform.",
        "A device of an unknown kind is started like a car pile: only by its price standard, with money prepaid.",
        (
            "When the reply to a start was lost, the one order that was made since at its socket, and was not there "
            "before, is taken for the order that it made."
        ),
        "Two orders that hold one socket at the same time were made by one start that was carried out twice.",
        (
            "A socket that is idle twice, three seconds apart, when 45 seconds have passed and its order does not "
            "charge will not be powered any more."
        ),
        (
            "An order that ended with energy was powered, and so was one that ended normally with no word of energy; "
            "one that ended without energy was not if it tells no start time, and otherwise it is left open."
        ),
        "The vendor's clock is at most five minutes from ours.",
        "A running order is updated at least once a day, so that a stop finds it.",
        "A refusal that contains 离线 says that the device is offline.",
        "The OEM platform takes start, stop and power-up result like the open one, with its token in the header.",
        "The sign-in call of the OEM platform takes username and password as form fields and answers data.token.",
        (
            "One URL serves all callbacks: endType with an orderNum tells the end of charging, workTime or status with "
            "an orderNum a swiped card, ports a cabinet's ports. JSON is taken where a form is documented."
        ),
        (
            "A cabinet has an even number of ports, so an odd number of values in its callback begins with padding, "
            "which is 0, and an even one does not; where neither fits the cabinet is read."
        ),
        (
            "A cabinet that calls back is online and in service; a port that is 1 there is shown as charging, and "
            "whether it is only still taken after its order has ended is told by the order."
        ),
        "The same ports of the same cabinet within three seconds are the same callback twice.",
        (
            "An end of charging says no status: an end with energy, or by time, full or by hand, is one of a charge "
            "that is COMPLETED, any other of one that has FAILED, until the order has been read."
        ),
        "The same order with the same end type and end time has ended once, and with the same status was swiped once.",
        "A callback that is on no page changes nothing; of fields that are on no page only the names are recorded.",
    ),
    unknowns=(
        "The unit of energy at two-wheeler sockets is not known: energy is shown for car piles only.",
        (
            "A socket reported faulty for a minute or two may be a false alarm; one reading cannot tell, so a fault is "
            "shown at once instead of after three minutes."
        ),
        (
            "The kind of deviceType 0 is not known, and 21 only where the device's family is told: such devices are "
            "shown with kind UNKNOWN."
        ),
        "The reply beyond the quota is not documented, nor are the limits of other calls.",
        "The reply to an expired token on the open platform is not documented.",
        "Whether an order tells its device's family is not documented; one that does not is read as a two-wheeler's.",
        "How far /nearby looks is not documented: several areas may be needed to find a whole fleet.",
        "The phases of AC piles and the power that a pile can give are not told.",
        "What a superposed end (order status 5) means in detail is not known; it is shown as COMPLETED.",
        (
            "The path of the power-up result and its values other than 1 are not documented: where the call cannot be "
            "read, the order alone tells."
        ),
        "Whether the OEM platform takes commands is not documented: a call that it does not have does nothing.",
        "What a stop answers where nobody charges is not documented; such a stop is not sent.",
        "Who an order belongs to when it is started here is not documented.",
        "The path of the OEM platform's sign-in call is not documented; token_path sets it.",
        (
            "Whether callbacks are tried again, how long and in which order, is not documented; those about ports "
            "carry no time, so that a late one is shown until the cabinet is read again."
        ),
    ),
)
