"""Closed sets, each value with its meaning (the GraphQL description) and its projection on OCPI, OCPP or GBFS.

A vendor code that no table knows becomes UNKNOWN and keeps its raw code: nothing here is ever raised about.
"""

from enum import StrEnum
from typing import Self


class Described(StrEnum):
    """A closed set whose members carry their meaning."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """`NAME = "NAME", "what it means"`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class DeviceKind(Described):
    """What a device is for."""

    POWER_BANK_CABINET = "POWER_BANK_CABINET", "Rents out power banks from numbered slots. GBFS: a station with docks."
    EBIKE_SOCKET_STATION = "EBIKE_SOCKET_STATION", "Sockets for the chargers of e-bikes."
    EBIKE_CHARGING_CABINET = "EBIKE_CHARGING_CABINET", "Lockable compartments in which batteries are charged."
    EV_CHARGER = "EV_CHARGER", "Charges cars, AC or DC. OCPP: charging station."
    INVERTER = "INVERTER", "Solar or hybrid inverter."
    BATTERY_STORAGE = "BATTERY_STORAGE", "Stationary battery."
    ACCESS_CONTROL = "ACCESS_CONTROL", "Gate or door beside chargers."
    OTHER = "OTHER", "Known, and none of these."
    UNKNOWN = "UNKNOWN", "The vendor's type is not in our table; see rawStatus and raw."


class SlotKind(Described):
    """What a slot offers."""

    BATTERY_SLOT = "BATTERY_SLOT", "Holds one rentable battery. GBFS: dock."
    SOCKET = "SOCKET", "Outlet for the user's own charger. OCPI: connector of format SOCKET."
    CONNECTOR = "CONNECTOR", "EV outlet or cable. OCPI: connector."
    UNKNOWN = "UNKNOWN", "Not known."


class Connectivity(Described):
    """Whether the vendor reaches the device; our own link to the vendor is AccountStatus."""

    ONLINE = "ONLINE", "The vendor says that the device is connected, or the device answers."
    OFFLINE = "OFFLINE", "The vendor says that it is not. OCPI: EVSE status UNKNOWN."
    DEGRADED = "DEGRADED", "The connection comes and goes."
    UNKNOWN = "UNKNOWN", "Nobody says."


class DeviceLifecycle(Described):
    """Whether the device is meant to be used."""

    PLANNED = "PLANNED", "Registered, not yet in service. OCPI: PLANNED."
    IN_SERVICE = "IN_SERVICE", "Meant to be used. GBFS: is_installed."
    DISABLED = "DISABLED", "Switched off by the operator. OCPI: INOPERATIVE."
    OUT_OF_ORDER = "OUT_OF_ORDER", "Broken. OCPI: OUTOFORDER."
    REMOVED = "REMOVED", "Taken away; kept here, never deleted. OCPI: REMOVED."
    TEST = "TEST", "A test device."
    UNKNOWN = "UNKNOWN", "Not known."


class SlotStatus(Described):
    """OCPI's nine EVSE statuses. On a battery slot it tells only the health of the slot."""

    AVAILABLE = "AVAILABLE", "A new user can start; a battery slot works. OCPI: AVAILABLE. OCPP 1.6: Available."
    BLOCKED = "BLOCKED", "Something stands in the way. OCPI: BLOCKED."
    CHARGING = "CHARGING", "In use; energy need not flow. OCPI: CHARGING. OCPP 1.6: Preparing to Finishing."
    INOPERATIVE = "INOPERATIVE", "Not usable for now, not broken. OCPI: INOPERATIVE. OCPP 1.6: Unavailable."
    OUT_OF_ORDER = "OUT_OF_ORDER", "Broken. OCPI: OUTOFORDER. OCPP 1.6: Faulted."
    PLANNED = "PLANNED", "Will exist. OCPI: PLANNED."
    REMOVED = "REMOVED", "No longer exists. OCPI: REMOVED."
    RESERVED = "RESERVED", "Held for someone. OCPI: RESERVED. OCPP 1.6: Reserved."
    UNKNOWN = "UNKNOWN", "No status, or the device is offline. OCPI: UNKNOWN."


class SlotStatusDetail(Described):
    """What exactly goes on at the slot."""

    IDLE = "IDLE", "Nothing plugged in, nothing happening. OCPP: Available."
    PREPARING = "PREPARING", "Plugged in, not charging yet. OCPP: Preparing."
    CHARGING = "CHARGING", "Energy flows. OCPP: Charging."
    SUSPENDED_EV = "SUSPENDED_EV", "The vehicle takes nothing. OCPP: SuspendedEV."
    SUSPENDED_EVSE = "SUSPENDED_EVSE", "The charger gives nothing. OCPP: SuspendedEVSE."
    FINISHING = "FINISHING", "Ended, still plugged in. OCPP: Finishing."
    OCCUPIED = "OCCUPIED", "Taken, no session running. OCPP 2.0.1: Occupied."
    START_DELAY = "START_DELAY", "Waits for its start time. OCPP, nearest: SuspendedEVSE."
    PAUSED = "PAUSED", "Paused on purpose. OCPP, nearest: SuspendedEVSE."
    STOPPING = "STOPPING", "Ending now. OCPP, nearest: Finishing."
    UPDATING = "UPDATING", "Firmware update. OCPP: Unavailable."
    AWAITING_AUTHORIZATION = "AWAITING_AUTHORIZATION", "Waits for a card or an app. OCPP: Preparing."
    PHASE_SWITCHING = "PHASE_SWITCHING", "Changes between one and three phases. OCPP, nearest: SuspendedEVSE."
    FAULTED = "FAULTED", "Fault. OCPP: Faulted."
    UNAVAILABLE = "UNAVAILABLE", "Switched off. OCPP: Unavailable."
    UNKNOWN = "UNKNOWN", "Not known."


class SlotOccupancy(Described):
    """Whether something is in the slot."""

    OCCUPIED = "OCCUPIED", "A battery is inside. GBFS: a vehicle at a dock."
    EMPTY = "EMPTY", "Nothing inside. GBFS: dock available."
    UNKNOWN = "UNKNOWN", "Offline, or sources conflict."


class BatteryStatus(Described):
    """Whether a battery can be handed out."""

    CHARGING = "CHARGING", "In a slot, being charged, below the rental minimum."
    READY = "READY", "In a slot, can be rented. GBFS: available."
    LOW = "LOW", "In a slot, too empty, not known to charge. GBFS, nearest: is_disabled."
    RENTED = "RENTED", "Out with a user. GBFS: leaves the feed."
    FAULTED = "FAULTED", "Has a fault. GBFS: is_disabled."
    LOCKED_OUT = "LOCKED_OUT", "Not to be rented: recall, failed authentication, over-used. GBFS: is_disabled."
    MISSING = "MISSING", "Neither in a slot nor on a known rental."
    UNKNOWN = "UNKNOWN", "Not known."


class BatteryFlow(Described):
    """Which way energy moves through a storage battery."""

    CHARGING = "CHARGING", "Energy goes in."
    DISCHARGING = "DISCHARGING", "Energy comes out."
    IDLE = "IDLE", "No energy moves."
    UNKNOWN = "UNKNOWN", "Not known."


class ChargerMode(Described):
    """How an EV charger chooses its power."""

    STOP = "STOP", "No charging. evcc: off."
    FAST = "FAST", "Full power now. evcc: now."
    ECO = "ECO", "A set minimum, plus sun. evcc: minpv."
    GREEN = "GREEN", "Surplus sun only. evcc: pv."
    UNKNOWN = "UNKNOWN", "Not known."


class ChargingSessionKind(Described):
    """What is going on between start and end."""

    CHARGE = "CHARGE", "A vehicle charges. OCPI: session."
    RENTAL = "RENTAL", "A power bank is out. GBFS: trip."


class ChargingSessionStatus(Described):
    """OCPI's session statuses, and failures."""

    RESERVATION = "RESERVATION", "Held for later. OCPI: RESERVATION."
    PENDING = "PENDING", "Made, not yet running. OCPI: PENDING."
    ACTIVE = "ACTIVE", "Running: energy flows or could, or the battery is out. OCPI: ACTIVE."
    COMPLETED = "COMPLETED", "Ended. OCPI: COMPLETED."
    INVALID = "INVALID", "Declared invalid, not billed. OCPI: INVALID."
    FAILED = "FAILED", "Never became billable, or stopped being so, because of an error. OCPI: INVALID."
    UNKNOWN = "UNKNOWN", "The vendor's status is not in our table."


class ChargingSessionEndReason(Described):
    """Why a session ended; in brackets OCPP 2.0.1's stoppedReason."""

    COMPLETED_TIME = "COMPLETED_TIME", "The bought time is up (TimeLimitReached)."
    BATTERY_FULL = "BATTERY_FULL", "Full (SOCLimitReached)."
    STOPPED_BY_USER = "STOPPED_BY_USER", "The user or the operator stopped it (Local, Remote)."
    OVER_POWER = "OVER_POWER", "It drew too much (OvercurrentFault)."
    NO_LOAD = "NO_LOAD", "Nothing was drawn (StoppedByEV)."
    UNPLUGGED = "UNPLUGGED", "The plug was pulled (EVDisconnected)."
    NOT_PLUGGED = "NOT_PLUGGED", "No plug came (Timeout)."
    MAX_DURATION = "MAX_DURATION", "The safety limit on time (TimeLimitReached)."
    OVER_TEMPERATURE = "OVER_TEMPERATURE", "Too hot (Other)."
    METER_FAULT = "METER_FAULT", "The meter failed (Other)."
    OVER_VOLTAGE = "OVER_VOLTAGE", "The voltage was wrong (PowerQuality)."
    LEAKAGE = "LEAKAGE", "Leakage current (GroundFault)."
    DEVICE_FAULT = "DEVICE_FAULT", "The device failed (Other)."
    SLOT_FAULT_FIRE_SUPPRESSION = "SLOT_FAULT_FIRE_SUPPRESSION", "The slot failed or the extinguisher went off (Other)."
    SMOKE_ALARM = "SMOKE_ALARM", "Smoke (Other)."
    DOOR_OPEN = "DOOR_OPEN", "The cabinet's door opened (Other)."
    WATER_ALARM = "WATER_ALARM", "Water (Other)."
    EMERGENCY_STOP = "EMERGENCY_STOP", "The emergency button (EmergencyStop)."
    RETURNED = "RETURNED", "The battery came back."
    PAYMENT = "PAYMENT", "The payment failed (LocalOutOfCredit)."
    PROVIDER = "PROVIDER", "The operator behind the vendor failed (Other)."
    INTERNAL = "INTERNAL", "The vendor's platform failed (Other)."
    UNKNOWN = "UNKNOWN", "The vendor's reason is not in our table (Other)."


class EnergySource(Described):
    """Where an energy figure comes from."""

    METERED = "METERED", "From a meter."
    REPORTED = "REPORTED", "Reported by the vendor, who does not say how it was measured."
    INTEGRATED = "INTEGRATED", "Computed by us from power over time."


class BillingStatus(Described):
    """How far the payment is."""

    NONE = "NONE", "Nothing is to be paid."
    PENDING = "PENDING", "Not settled yet."
    SETTLED = "SETTLED", "Paid."
    FAILED = "FAILED", "The payment failed."
    UNKNOWN = "UNKNOWN", "Not known; a missing cost is not zero."


class PriceUnit(Described):
    """What a unit price is for."""

    KWH = "KWH", "A kilowatt-hour."
    MINUTE = "MINUTE", "A minute."
    HOUR = "HOUR", "An hour."
    DAY = "DAY", "A day."
    SESSION = "SESSION", "The whole session."
    FREE = "FREE", "Free of charge, said explicitly."


class Capability(Described):
    """What this gateway can do with an account or a device."""

    LIST_DEVICES = "LIST_DEVICES", "The vendor lists the devices; without it they come from the configuration."
    LIST_SITES = "LIST_SITES", "The vendor lists the sites."
    READ_SLOTS = "READ_SLOTS", "The state of each slot can be read."
    READ_BATTERIES = "READ_BATTERIES", "The batteries can be read."
    READ_SESSIONS = "READ_SESSIONS", "Charging sessions or rentals can be read."
    READ_STORAGE = "READ_STORAGE", "State of charge and power flows of storage can be read."
    EJECT_BATTERY = "EJECT_BATTERY", "One battery can be pushed out of a named slot."
    EJECT_ALL_BATTERIES = "EJECT_ALL_BATTERIES", "A whole cabinet can be emptied."
    RENT_BATTERY = "RENT_BATTERY", "A rental can be started."
    COMPLETE_RENTAL = "COMPLETE_RENTAL", "A rental can be closed."
    OPERATE_DEVICE = "OPERATE_DEVICE", "Maintenance operations of DeviceOperation."
    START_CHARGING = "START_CHARGING", "A charge can be started. OCPI: START_SESSION."
    STOP_CHARGING = "STOP_CHARGING", "A charge can be stopped. OCPI: STOP_SESSION."
    SET_CHARGER_MODE = "SET_CHARGER_MODE", "The ChargerMode can be set."
    MANAGE_SITES = "MANAGE_SITES", "Sites can be created, changed and deleted."
    MANAGE_TARIFFS = "MANAGE_TARIFFS", "Tariffs can be created, changed, deleted and assigned."
    MANAGE_SUBSCRIPTIONS = "MANAGE_SUBSCRIPTIONS", "Registrations for the vendor's pushes can be managed."
    PUBLISH_ADVERTISEMENT = "PUBLISH_ADVERTISEMENT", "Advertisements can be sent to screens."
    RECEIVE_PUSHES = "RECEIVE_PUSHES", "The vendor pushes events to this gateway."


class VendorSubscriptionStatus(Described):
    """How a registration at a vendor stands."""

    PENDING_VERIFICATION = "PENDING_VERIFICATION", "Made, not proven."
    ACTIVE = "ACTIVE", "Deliveries are expected."
    DISABLED = "DISABLED", "Switched off by us."
    FAILING = "FAILING", "Deliveries fail or have gone silent."
    INACTIVE = "INACTIVE", "The vendor gave up."
    DELETED = "DELETED", "Removed."
    UNKNOWN = "UNKNOWN", "The vendor cannot be asked."


class AccountStatus(Described):
    """Our link to the vendor."""

    UP = "UP", "Calls succeed."
    DEGRADED = "DEGRADED", "Some calls fail or are slow."
    DOWN = "DOWN", "All calls fail; they are held back until a trial call succeeds."
    RATE_LIMITED = "RATE_LIMITED", "The vendor refused for quota; waiting as it asked."
    AUTH_FAILED = "AUTH_FAILED", "The vendor refused the credentials."
    UNKNOWN = "UNKNOWN", "Not tried yet."


class ProblemCode(Described):
    """What is wrong, for a program to act on."""

    VENDOR_UNREACHABLE = "VENDOR_UNREACHABLE", "The vendor is down, or nothing could be sent."
    VENDOR_TIMED_OUT = "VENDOR_TIMED_OUT", "The vendor did not answer in time."
    QUOTA_EXHAUSTED = "QUOTA_EXHAUSTED", "The vendor's quota forbids asking now."
    UNAUTHORIZED = "UNAUTHORIZED", "The vendor refused the account's credentials or rights."
    NOT_FOUND = "NOT_FOUND", "The thing is not known."
    REJECTED = "REJECTED", "The vendor understood and said no."
    UNSUPPORTED = "UNSUPPORTED", "The vendor or the device cannot do it."
    MALFORMED_RESPONSE = "MALFORMED_RESPONSE", "The vendor's answer could not be read."
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN", "A command may or may not have happened."
    DEVICE_OFFLINE = "DEVICE_OFFLINE", "The device is not connected to its vendor."
    CONFLICT = "CONFLICT", "It contradicts something that exists."
    INVALID_INPUT = "INVALID_INPUT", "The request is wrong; the message says how to mend it."
    FORBIDDEN = "FORBIDDEN", "The viewer may not do this."
    INTERNAL = "INTERNAL", "A fault of this gateway; the message has a number to report."


class Resolution(Described):
    """What helps."""

    RETRY_LATER = "RETRY_LATER", "Ask again, not before retryAt where it is given."
    REAUTHENTICATE = "REAUTHENTICATE", "Give the account new credentials."
    USER_ACTION = "USER_ACTION", "Somebody has to do what the message says."
    CONTACT_SUPPORT = "CONTACT_SUPPORT", "Ask the vendor or the operator of this gateway."
    NONE = "NONE", "Nothing helps."


class FreshnessSource(Described):
    """Where a state came from."""

    POLL = "POLL", "This gateway asked the vendor."
    PUSH = "PUSH", "The vendor sent it."
    STORED = "STORED", "Read from this gateway's own store after a restart."
    CONFIGURED = "CONFIGURED", "Known from the configuration only, never read yet."


class DeviceOperation(Described):
    """Maintenance operations of a cabinet."""

    RESTART = "RESTART", "Restart the device."
    LOCK_SLOT = "LOCK_SLOT", "Take a slot out of use."
    UNLOCK_SLOT = "UNLOCK_SLOT", "Take a slot back into use."
    LOCK_STOP_CHARGE = "LOCK_STOP_CHARGE", "Lock a slot and stop charging what is in it."
    REPORT = "REPORT", "Ask the device to report its state."
    HEARTBEAT = "HEARTBEAT", "Ask the device for a sign of life."
    POP_SLOT = "POP_SLOT", "Push out what is in one slot."
    POP_ALL_AUTHORIZED = "POP_ALL_AUTHORIZED", "Push out every battery that passed authentication."
    POP_ALL_UNAUTHORIZED = "POP_ALL_UNAUTHORIZED", "Push out every battery that failed authentication."


class CommandKind(Described):
    """What a command asks for."""

    EJECT_BATTERY = "EJECT_BATTERY", "Push one battery out of a named slot."
    EJECT_ALL_BATTERIES = "EJECT_ALL_BATTERIES", "Empty a cabinet."
    RENT_BATTERY = "RENT_BATTERY", "Start a rental; the vendor may choose the battery."
    COMPLETE_RENTAL = "COMPLETE_RENTAL", "Close a rental."
    OPERATE_DEVICE = "OPERATE_DEVICE", "A maintenance operation."
    START_CHARGING = "START_CHARGING", "Start charging. OCPI: START_SESSION."
    STOP_CHARGING = "STOP_CHARGING", "Stop charging. OCPI: STOP_SESSION."
    SET_CHARGER_MODE = "SET_CHARGER_MODE", "Set the charger's mode. OCPP, nearest: SetChargingProfile."
    PUBLISH_ADVERTISEMENT = "PUBLISH_ADVERTISEMENT", "Send advertisements to screens."


class CommandStatus(Described):
    """The life of a command."""

    PENDING = "PENDING", "Ours, not sent. Enode: PENDING."
    SENT = "SENT", "The vendor took it. OCPI CommandResponse: ACCEPTED."
    ACKNOWLEDGED = "ACKNOWLEDGED", "The device said yes. OCPI CommandResult: ACCEPTED."
    CONFIRMED = "CONFIRMED", "Seen in the device's own state. Final. Enode: CONFIRMED."
    REJECTED = "REJECTED", "Vendor or precondition said no; nothing happened. Final. OCPI: REJECTED."
    FAILED = "FAILED", "The device tried and could not. Final. OCPI: FAILED."
    TIMED_OUT = "TIMED_OUT", "The deadline passed without an answer; late evidence may correct it. OCPI: TIMEOUT."
    CANCELLED = "CANCELLED", "Withdrawn, or superseded by a newer command. Final. Enode: CANCELLED."
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN", "We lost track; it is reconciled by reading, never sent again."


class EventType(Described):
    """What happened, in the past tense."""

    DEVICE_DISCOVERED = "DEVICE_DISCOVERED", "A new device. OCPP: BootNotification."
    DEVICE_UPDATED = "DEVICE_UPDATED", "Its properties or its state changed. OCPI: PATCH location."
    DEVICE_REMOVED = "DEVICE_REMOVED", "Gone, or access revoked. OCPI: EVSE REMOVED."
    DEVICE_CONNECTED = "DEVICE_CONNECTED", "It came online."
    DEVICE_DISCONNECTED = "DEVICE_DISCONNECTED", "It went offline."
    SLOT_STATUS_CHANGED = "SLOT_STATUS_CHANGED", "Status, detail or occupancy of a slot. OCPP: StatusNotification."
    BATTERY_RETURNED = "BATTERY_RETURNED", "A battery came back."
    BATTERY_RENTED = "BATTERY_RENTED", "A battery left on a rental."
    BATTERY_EJECTED = "BATTERY_EJECTED", "A battery left without a rental."
    BATTERY_ABNORMAL = "BATTERY_ABNORMAL", "A battery has a fault."
    SESSION_STARTED = "SESSION_STARTED", "A session began. OCPP: TransactionEvent Started."
    SESSION_UPDATED = "SESSION_UPDATED", "A session moved on. OCPP: TransactionEvent Updated."
    SESSION_COMPLETED = "SESSION_COMPLETED", "A session ended. OCPP: TransactionEvent Ended."
    SESSION_FAILED = "SESSION_FAILED", "A session failed."
    TELEMETRY_RECEIVED = "TELEMETRY_RECEIVED", "Readings arrived. OCPP: MeterValues."
    COMMAND_UPDATED = "COMMAND_UPDATED", "A command moved. OCPI: CommandResult."
    VENDOR_SUBSCRIPTION_CHANGED = (
        "VENDOR_SUBSCRIPTION_CHANGED",
        "A registration at a vendor was proven, lost or changed.",
    )
    CREDENTIALS_INVALIDATED = "CREDENTIALS_INVALIDATED", "The vendor refused our credentials."
    ACCOUNT_DEGRADED = "ACCOUNT_DEGRADED", "Our link to the vendor got worse."
    ACCOUNT_RECOVERED = "ACCOUNT_RECOVERED", "Our link to the vendor is well again."
    PAYMENT_TERMINAL_CHANGED = "PAYMENT_TERMINAL_CHANGED", "A card reader went on or off line."
    GAP = "GAP", "Events may be missing here."
    UNMAPPED = "UNMAPPED", "Something the vendor said that no table knows; kept raw."
