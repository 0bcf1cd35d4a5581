"""The simulated world in the vendor's words: full documents, as its pages and captured answers show them.

Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from vendors.bajie.simulated_fleet import Fleet
from vendors.bajie.simulated_things import RENTAL_MINIMUM, Battery, Bay, Cabinet, Order, Price, Rental, Shop
from vendors.bajie.wire import CHINA

Document: TypeAlias = dict[str, Any]

CURRENCY = "EUR"


def device_info(fleet: Fleet, cabinet: Cabinet) -> Document:
    """`data` of device info (api-67396394)."""
    busy = list(cabinet.batteries())
    return {
        "priceStrategy": _cabinet_price(fleet, fleet.price_of(cabinet.shop)),
        "shop": _cabinet_shop(fleet, cabinet.shop) if cabinet.shop else None,
        "batteries": [
            {"slotNum": bay.number, "vol": int(battery.charge(fleet.now)), "batteryId": battery.id}
            for bay, battery in busy
        ],
        "cabinet": {
            "id": cabinet.id,
            "qrCode": cabinet.id,
            "shopId": cabinet.shop.id if cabinet.shop else "",
            "online": cabinet.is_online,
            "type": str(len(cabinet.bays)),
            "slots": len(cabinet.bays),
            "emptySlots": len(cabinet.bays) - len(busy),
            "busySlots": len(busy),
            "signal": str(60 + cabinet.number),
            "ip": f"192.0.2.{cabinet.number}",
            "remark": " ",
            "posDeviceId": f"POS{cabinet.number:06}" if cabinet.has_terminal else "",
            "posOnlineStatus": "online" if cabinet.is_terminal_online else "offline",
        },
    }


def device_row(cabinet: Cabinet, now: datetime) -> Document:
    """An item of the device lists (api-104222004)."""
    busy = list(cabinet.batteries())
    sound = [bay for bay in cabinet.bays if not bay.fault]
    return {
        "pId": cabinet.number,
        "pType": str(len(cabinet.bays)),
        "pCabinetid": cabinet.id,
        "pTotal": len(cabinet.bays),
        "pBorrow": sum(_is_rentable(bay, battery, now) for bay, battery in busy),
        "pAlso": sum(bay.battery is None for bay in sound),
        "pRegtime": local(cabinet.registered_at),
        "pStatus": "1" if cabinet.shop else "0",
        "pLognum": cabinet.handshakes,
        "pLogtime": local(cabinet.reported_at),
        "pJson": "",
        "pCard": f"{cabinet.number:020}",
        "pJingdu": _degrees(cabinet.shop.longitude) if cabinet.shop else "",
        "pWeidu": _degrees(cabinet.shop.latitude) if cabinet.shop else "",
        "pHash": "",
        "pShopName": cabinet.shop.name if cabinet.shop else None,
        "pInfostatus": info_status(cabinet),
    }


def battery_row(cabinet: Cabinet, bay: Bay, battery: Battery, now: datetime) -> Document:
    """An item of the battery list."""
    return {
        "pBatteryid": battery.id,
        "pKakou": bay.number,
        "pDianliang": int(battery.charge(now)),
        "pTemperature": battery.temperature_c(now),
        "pCapacity": 5000,
        "pIosStatus": 0,
        "pTypecStatus": 0,
        "pMicroStatus": 0,
        "pZujienum": battery.rentals,
        "pZjztime": "",
        "pTotalrevenue": float(battery.revenue),
        "pRegtime": local(cabinet.registered_at),
        "pCheckResult": "100",
        "pFaultType": battery.fault,
        "pState": 0,
        "pLogtime": local(cabinet.reported_at),
        "pBorrowtime": "",
        "pAuthfailTime": "",
    }


def slot_row(cabinet: Cabinet, bay: Bay, now: datetime) -> Document:
    """An item of the slot list; empty slots keep the id of their last battery."""
    battery = bay.battery
    return {
        "pKakou": bay.number,
        "pSubKakou": 0,
        "pBatteryid": battery.id if battery else "",
        "pLastBatteryid": bay.last_battery,
        "pDianliang": int(battery.charge(now)) if battery else 0,
        "pTemperature": battery.temperature_c(now) if battery else 0,
        "pErrId": 0,
        "pFaultType": bay.fault,
        "pFaultCause": "",
        "pInfostatus": info_status(cabinet),
    }


def device_detail(cabinet: Cabinet, now: datetime) -> Document:
    """`data` of device details (api-104222001), as far as it is known."""
    return {
        "cabinet": device_row(cabinet, now),
        "batcabs": [slot_row(cabinet, bay, now) for bay in cabinet.bays],
        "subDeviceStatusReport": "",
    }


def shop_row(fleet: Fleet, shop: Shop) -> Document:
    """An item of the shop list (api-104222039)."""
    price = fleet.price_of(shop)
    cabinets = [cabinet for cabinet in fleet.cabinets.values() if cabinet.shop is shop]
    return {
        "id": int(shop.id[-4:], 16),
        "newID": shop.id,
        "shopName": shop.name,
        "shopAddress": shop.address,
        "mobile": shop.mobile,
        "batteryNum": str(sum(1 for cabinet in cabinets for _ in cabinet.batteries())),
        "freeNum": str(sum(bay.battery is None for cabinet in cabinets for bay in cabinet.bays)),
        "cabinetNum": len(cabinets),
        "longitude": _degrees(shop.longitude),
        "latitude": _degrees(shop.latitude),
        "shopTime": shop.hours,
        "sceneType": str(shop.scene),
        "sceneTypeDesc": "",
        "pStoreType": shop.store_type,
        "pStoreCategory": "",
        "infoStatus": "Online",
        "pMian": price.terms["freeMinutes"],
        "pJifei": price.terms["price"],
        "pJifeiDanwei": _minutes(price),
        "pFengding": price.terms.get("dailyMaxPrice"),
        "pYajin": price.terms["depositAmount"],
        "pCurrency": CURRENCY,
        "currencyName": "Euro",
        "businessStatus": 1,
        "pContent": shop.content,
        "shopBanner": "",
        "shopIcon": "",
        "cabinetIds": ",".join(cabinet.id for cabinet in cabinets),
    }


def place(fleet: Fleet, shop: Shop, distance_m: float) -> Document:
    """An item of the places near a point (api-99966818); all but the numbers of id and distance are text."""
    row, price = shop_row(fleet, shop), fleet.price_of(shop)
    return {
        "price": {
            "priceId": price.id,
            "freeDuration": str(price.terms["freeMinutes"]),
            "price": f"{price.amount:.2f}",
            "chargeUnit": _minutes(price),
            "dailyCapAmount": str(price.terms.get("dailyMaxPrice", "")),
            "deposit": str(price.terms["depositAmount"]),
        },
        "cabinet": {key: row[key] for key in ("batteryNum", "freeNum", "infoStatus")},
        "shop": {
            "id": shop.id,
            "distance": f"{distance_m:.0f}m",
            "distanceNumber": round(distance_m),
            **{key: row[key] for key in ("shopName", "shopAddress", "mobile", "longitude", "latitude")},
            **{key: row[key] for key in ("shopBanner", "shopIcon", "sceneType")},
        },
    }


def price_row(fleet: Fleet, price: Price) -> Document:
    """A price strategy (api-255199667)."""
    return {"priceId": price.id, **price.terms, "shopId": _shop_with(fleet, price)}


def order_row(order: Order, now: datetime) -> Document:
    """An item of the order list (api-110374526)."""
    end = order.ended_at
    return {
        "pOrderid": order.id,
        "pBatteryid": order.battery.id,
        "pCabinetid": order.cabinet.id,
        "pShopName": order.cabinet.shop.name if order.cabinet.shop else "",
        "pBorrowtime": _with_offset(order.borrowed_at),
        "pGhtime": _with_offset(end) if end else None,
        "settledAmount": f"{order.amount:.2f}",
        "pZujie": 2 if end else 1,
        "pJiesuanid": 1 if end else 0,
        "pJiesuan": _amount(order.amount),
        "pUseMins": int(((end or now) - order.borrowed_at).total_seconds() // 60),
        "pCurrency": CURRENCY,
    }


def order_detail(fleet: Fleet, order: Order) -> Document:
    """`data` of order detail (api-67396392)."""
    price = fleet.price_of(order.cabinet.shop)
    return {
        "cabinetId": order.cabinet.id,
        "orderId": order.id,
        "batteryId": order.battery.id,
        "deviceType": str(len(order.cabinet.bays)),
        "borrowSlot": order.slot,
        "borrowTime": local(order.borrowed_at),
        "returnTime": local(order.ended_at) if order.ended_at else "",
        "borrowStatus": 2 if order.ended_at else 1,
        "orderAmount": _amount(order.amount),
        **_order_price(price),
    }


def order_without_battery(fleet: Fleet, rental: Rental) -> Document:
    """`data` of order detail while no battery has left, and when none will."""
    return {
        "cabinetId": rental.cabinet.id,
        "orderId": rental.id,
        "batteryId": "",
        "deviceType": str(len(rental.cabinet.bays)),
        "borrowSlot": 0,
        "borrowTime": "",
        "returnTime": "",
        "borrowStatus": 0,
        "orderAmount": 0,
        **_order_price(fleet.price_of(rental.cabinet.shop)),
    }


def cabinet_status(cabinet: Cabinet, now: datetime) -> Document:
    """`eventData` of the periodic report (api-136068784), without the cabinet's id; only slots with a battery."""
    row = device_row(cabinet, now)
    return {
        "infoStatus": info_status(cabinet),
        "totalCount": row["pTotal"],
        "rentableCount": row["pBorrow"],
        "returnableCount": row["pAlso"],
        "icCard": row["pCard"],
        "clientIp": f"192.0.2.{cabinet.number}",
        "clientPort": str(40_000 + cabinet.number),
        "geoHash": row["pHash"],
        "signal": str(60 + cabinet.number),
        "batteryList": [
            {
                "batteryFaultCause": "",
                "batteryFaultType": battery.fault,
                "batteryId": battery.id,
                "faultCause": "",
                "faultType": bay.fault,
                "slot": bay.number,
            }
            for bay, battery in cabinet.batteries()
        ],
    }


def push_config(url: str, events: Mapping[str, bool]) -> Document:
    """The event-push configuration (api-136071391)."""
    switches = [{"event": event, "pushUrl": "", "enable": is_on} for event, is_on in events.items()]
    return {"pushUrl": url, "eventSubscriptions": switches}


def info_status(cabinet: Cabinet) -> str:
    """The online state as the vendor writes it."""
    return "Online" if cabinet.is_online else "Offline"


def local(moment: datetime) -> str:
    """China time, without saying so."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _with_offset(moment: datetime) -> str:
    return moment.astimezone(CHINA).isoformat(timespec="milliseconds")


def _order_price(price: Price) -> Document:
    return {
        "price": price.terms["price"],
        "priceMinute": _minutes(price),
        "freeMinutes": price.terms["freeMinutes"],
        "dailyMaxPrice": price.terms.get("dailyMaxPrice"),
        "deposit": price.terms["depositAmount"],
        "currency": CURRENCY,
    }


def _cabinet_price(fleet: Fleet, price: Price) -> Document:
    copied = ("depositAmount", "timeoutAmount", "timeoutDay", "freeMinutes", "price", "name")
    return {
        **{key: price.terms[key] for key in copied},
        "dailyMaxPrice": price.terms.get("dailyMaxPrice"),
        "priceMinute": int(_minutes(price)),
        "autoRefund": 0,
        "currencySymbol": "€",
        "currency": CURRENCY,
        "shopId": _shop_with(fleet, price) or "",
        "priceId": price.id,
    }


def _cabinet_shop(fleet: Fleet, shop: Shop) -> Document:
    """The key of an address that is not set is absent; other unset texts are empty."""
    price = fleet.price_of(shop)
    return {
        "id": shop.id,
        "name": shop.name,
        **({"address": shop.address} if shop.address else {}),
        "city": shop.city,
        "province": "",
        "region": "",
        "latitude": _degrees(shop.latitude),
        "longitude": _degrees(shop.longitude),
        "openingTime": shop.hours,
        "icon": "",
        "logo": "",
        "content": "",
        "price": price.terms["price"],
        "priceMinute": _minutes(price),
        "dailyMaxPrice": price.terms.get("dailyMaxPrice"),
        "freeMinutes": price.terms["freeMinutes"],
        "deposit": price.terms["depositAmount"],
    }


def _is_rentable(bay: Bay, battery: Battery, now: datetime) -> bool:
    return not bay.fault and not battery.fault and battery.charge(now) >= RENTAL_MINIMUM


def _amount(amount: Decimal) -> float | int:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _minutes(price: Price) -> str:
    return f"{price.period.total_seconds() / 60:.0f}"


def _shop_with(fleet: Fleet, price: Price) -> str | None:
    """The first shop where this price holds by itself."""
    return next((shop.id for shop in fleet.shops.values() if shop.price_id == price.id), None)


def _degrees(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
