"""The simulated HanChuESS's documents, as the reference's samples show them: https://docs.hanchuess.com/home/api-reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from vendors.hanchuess.simulated_fleet import EnergyOfHalfHour, Inverter, Station
from vendors.hanchuess.simulated_subscriptions import Subscription
from vendors.kit.simulator import Simulator

Document: TypeAlias = dict[str, Any]

SMALLEST_PAGE = 10


@dataclass(frozen=True, slots=True)
class Stamps:
    """How instants are written. `form`: iso or ms for all of them; None: each field as the reference shows it."""

    form: str | None = None
    ahead: timedelta = timedelta()
    """How far the clock of what measures is ahead."""

    def ms(self, moment: datetime) -> int | str:
        """A field that is milliseconds in the reference."""
        return _iso(moment) if self.form == "iso" else _ms(moment)

    def iso(self, moment: datetime) -> int | str:
        """A field that is ISO 8601 in the reference."""
        return _ms(moment) if self.form == "ms" else _iso(moment)


def stamps_of(world: Simulator) -> Stamps:
    """How this world writes instants just now."""
    form, skew = world.switched("time_form"), world.switched("clock_skew")
    ahead_s = float(skew.value if skew.value is not None else 900) if skew else 0.0
    return Stamps(str(form.value or "iso") if form else None, timedelta(seconds=ahead_s))


def instant(written: object) -> datetime | None:
    """An instant of a request, in milliseconds or ISO 8601; None when none is given. Raises ValueError."""
    if written is None:
        return None
    if isinstance(written, int):
        return datetime.fromtimestamp(written / 1000, UTC)
    return datetime.fromisoformat(str(written)).astimezone(UTC)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def station(home: Station, capacity_kwh: float, stamps: Stamps) -> Document:
    """Of `/v1/station/list` and `/v1/station/detail`."""
    return {
        "stationId": home.id,
        "stationName": home.name,
        "timezone": home.place.time_zone,
        "country": home.place.country,
        "city": home.place.city,
        "address": home.address,
        "zipcode": home.zip_code,
        "capacity": round(capacity_kwh, 1),
        "createAt": stamps.ms(home.created_at),
        "installer": {"name": "Example Installer", "email": "installer@example.com"},
        "user": {"name": "Example Resident", "email": f"{home.external_user_id}@example.com"},
    }


def listed_device(inverter: Inverter) -> Document:
    """Of `/v1/device/list`."""
    return {"sn": inverter.sn, "model": inverter.model, "status": "ONLINE" if inverter.online else "OFFLINE"}


def device(inverter: Inverter, stamps: Stamps) -> Document:
    """Of `/v1/device/detail`."""
    uploaded_at = inverter.uploaded.at if inverter.uploaded else inverter.created_at
    return {
        **listed_device(inverter),
        "phase": 1,
        "ratedPower": inverter.rated_w,
        "regulatoryVer": "1.0",
        "softwareVer": "1.2.3",
        "lastUploadAt": stamps.ms(uploaded_at + stamps.ahead),
        "createAt": stamps.ms(inverter.created_at),
        "batteries": [
            {"sn": sn, "model": "SIM-BAT", "softwareVer": "2.0", "capacity": inverter.module_kwh}
            for sn in inverter.modules
        ],
    }


def realtime(inverter: Inverter, stamps: Stamps) -> Document:
    """Of `/v1/device/inverter/realtime`: what was uploaded last. Raises ValueError when nothing ever was."""
    measured = inverter.uploaded
    if measured is None:
        message = "nothing uploaded yet"
        raise ValueError(message)
    today = measured.total.since(measured.at_midnight)
    return {
        "uploadAt": stamps.ms(measured.at + stamps.ahead),
        "runTime": int(measured.run_s),
        "workMode": 3,
        "runStatus": 1,
        "pActive": measured.solar_w - measured.battery_w,
        "pReactive": 0,
        "pf": 1,
        "pPv": measured.solar_w,
        "ePvTodayGen": round(today.solar, 1),
        "ePvGen": round(measured.total.solar, 1),
        "pEpsActive": 0,
        "pEpsReactive": 0,
        "eEpsToday": 0,
        "eEps": 0,
        "batComStatus": 1,
        "batStatus": 1,
        "pBat": measured.battery_w,
        "tBat": round(21 + abs(measured.battery_w) / 500, 1),
        "soc": round(measured.soc, 2),
        "soh": 1,
        "eBatTodayChg": round(today.charged, 1),
        "eBatTodayDschg": round(today.discharged, 1),
        "pLoad": measured.load_w,
        "pMeter": measured.grid_w,
        "pL1Grid": measured.grid_w,
        "pL2Grid": 0,
        "pL3Grid": 0,
        "eGridBuy": round(measured.total.bought, 1),
        "eGridSell": round(measured.total.sold, 1),
    }


def energy(record: EnergyOfHalfHour, stamps: Stamps) -> Document:
    """Of `/v1/device/battery/charge-discharge-records`."""
    return {
        "sn": record.sn,
        "eChg": round(record.charged_kwh, 3),
        "eDschg": round(record.discharged_kwh, 3),
        "timestamp": stamps.iso(record.ended_at),
    }


def asset(inverter: Inverter) -> Document:
    """Of `/{orgId}/v1/devices`."""
    battery = {
        "make": "HanChu",
        "model": "SIM-BAT",
        "usableCapacity": round(inverter.module_kwh * 1000),
        "cycleLimit": 6000,
        "maximumChargePower": inverter.rated_w,
        "maximumDischargePower": inverter.rated_w,
        "gridImportRestricted": False,
        "gridExportRestricted": False,
    }
    panels = {"maximumPower": inverter.panels_w, "orientation": 180, "tilt": 30, "independentlyControlled": False}
    return {
        "assetId": inverter.sn,
        "make": "HanChu",
        "model": inverter.model,
        "maximumImportPower": inverter.rated_w,
        "maximumExportPower": inverter.rated_w,
        "batteries": [battery for _ in inverter.modules],
        "solarArrays": [panels],
    }


def subscription(registration: Subscription, stamps: Stamps) -> Document:
    """Of the calls about registrations: no secret, and no last message of one that never got any through."""
    last = registration.last_success_at
    return {
        "oem": registration.oem,
        "subscriptionId": registration.id,
        "webhookUrl": registration.webhook_url,
        "events": list(registration.events),
        **({} if registration.version is None else {"version": registration.version}),
        "status": "active" if registration.is_active else "inactive",
        **({} if last is None else {"lastSuccessfulMessage": stamps.iso(last)}),
        "createAt": stamps.iso(registration.created_at),
        "devices": list(registration.devices),
    }


def page(records: Sequence[Document], current: int, size: int) -> Document:
    """One page; `current` counts from 1."""
    return {
        "records": list(records[(current - 1) * size : current * size]),
        "current": current,
        "size": size,
        "total": len(records),
        "pages": -(-len(records) // size),
    }
