"""The vendor's documents about the simulated world, complete as its pages print them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from vendors.lvcchong.simulated_fleet import DC_PILE, Order, Socket, Station

PRICE: Final = {"id": 26, "name": "1元240分钟", "price": 100, "time": 240}
"""What a two-wheeler pays for time."""

_WHOLE_DAY: Final = {"startTime": -28_800_000, "endTime": 57_599_000}


def millis(moment: datetime) -> int:
    """Epoch milliseconds, what the pages call a Date."""
    return int(moment.timestamp() * 1000)


def device_document(station: Station) -> dict[str, Any]:
    """`data.device.data.device` of /deviceStatus."""
    estate = station.estate
    return {
        "address": f"江西省, 赣州市, {estate.county}",
        "chargePriceId": station.standard_id if station.family else PRICE["id"],
        "cityId": 270222,
        "cityName": "赣州市",
        "countyId": 0,
        "countyName": estate.county,
        "deviceType": station.device_type,
        "estateId": estate.id,
        "estateName": estate.name,
        "factory": 3,
        "hardwareId": 0,
        "id": station.id,
        "inTime": millis(station.made_at),
        "name": station.name,
        "online": int(station.is_online),
        "ownerId": 0,
        "payWay": 7,
        "place": estate.place,
        "portNumber": len(station.sockets),
        "provinceId": 262698,
        "provinceName": "江西省",
        "simId": station.sim_id,
        "simProvide": 1,
        "status": station.status,
        "updateTime": millis(station.updated_at),
    }


def nearby_document(station: Station) -> dict[str, Any]:
    """One element of /nearby."""
    estate = station.estate
    return {
        "address": f"江西省, 赣州市, {estate.county}",
        "cityId": 270222,
        "deviceFamily": station.family,
        "deviceType": station.device_type,
        "estateId": estate.id,
        "freePortCount": sum(socket.state == 0 for socket in station.sockets),
        "id": station.id,
        "inTime": millis(station.made_at),
        "lat": estate.latitude,
        "lng": estate.longitude,
        "name": station.name,
        "online": int(station.is_online),
        "portNumber": len(station.sockets),
        "provinceId": 262698,
        "simId": station.sim_id,
        "status": station.status,
    }


def ports_of(sockets: Sequence[Socket], now: datetime) -> list[int]:
    """The sockets' states after one value of padding; a blip shows as a fault for its while."""
    return [0, *(-1 if socket.blip_until and now < socket.blip_until else socket.state for socket in sockets)]


def device_status_document(station: Station, now: datetime) -> dict[str, Any]:
    """`data` of /deviceStatus."""
    price = {} if station.family else {"price": PRICE}
    return {
        **price,
        "priceDetail": STANDARDS[station.standard_id],
        "device": {
            "data": {"ports": ports_of(station.sockets, now), "device": device_document(station), "errorMsg": ""},
            "success": True,
        },
    }


def listed_order_document(order: Order) -> dict[str, Any]:
    """One element of /queryChargeOrder; what ended it appears when it has ended."""
    document: dict[str, Any] = {
        "userId": order.user_id,
        "orderNum": order.number,
        "deviceId": order.station.sim_id,
        "deviceFamily": order.station.family,
        "portNum": order.port,
        "status": order.status,
        "type": 3,
        "payType": order.pay_type,
        "estateId": order.station.estate.id,
        "inTime": millis(order.made_at),
        "updateTime": millis(order.updated_at),
        "startTime": millis(order.started_at) if order.started_at else None,
        "powerCount": round(order.energy_kwh, 3),
    }
    if order.is_over and order.ended_at:
        ended = {"endTime": millis(order.ended_at), "endType": order.end_type, "payPrice": order.price_yuan}
        return document | ended
    return document


def order_document(order: Order) -> dict[str, Any]:
    """`data` of /queryChargeOrderDetail."""
    return listed_order_document(order) | {
        "targetUserId": order.user_id,
        "payWay": order.pay_type,
        "cardId": order.card or None,
        "ownerId": 0,
    }


def power_document(order: Order) -> dict[str, Any]:
    """`data` of /chargingWatt."""
    return {
        "deviceId": order.station.sim_id,
        "inTime": millis(order.updated_at),
        "orderNum": order.number,
        "portNum": order.port,
        "signal": 24,
        "userId": order.user_id,
        "watt": round(order.watt),
    }


def record_document(order: Order, now: datetime) -> dict[str, Any]:
    """`data` of /getChargeOrderRealtimeRecord."""
    is_dc = order.station.device_type == DC_PILE
    volts = 370.9 if is_dc else 220.0
    amperes = round(order.watt / volts, 2)
    energy = round(order.energy_kwh, 2)
    return {
        "actualElectricQuantity": energy,
        "actualTime": int((now - (order.started_at or now)).total_seconds() // 60),
        "bMSChargingModel": 2,
        "bMSCurrent": amperes if is_dc else 0,
        "bMSVoltage": volts if is_dc else 0,
        "chargingBeforeMetter": 1000.0,
        "chargingCurrent": amperes,
        "chargingStatus": 2,
        "chargingVoltage": volts,
        "currentMetter": 1000.0 + energy,
        "cvf": 0,
        "electricityPrice": 1.2,
        "floorLockStatus": 0,
        "maxBatteryTemp": 33,
        "maxSignalBatteryVoltage": 3.9,
        "maxSignalBatteryVoltageNum": 12,
        "minSignalBatteryVoltage": 3.85,
        "minSignalBatteryVoltageNum": 40,
        "maxTempCheckpoint": 3,
        "orderNum": order.number,
        "parkingStatus": 1,
        "portNum": order.port,
        "portStatus": 2,
    }


def _option(option_id: int, yuan: int, blackout: int, unit: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_WHOLE_DAY,
        "fullBlackoutForButton": blackout,
        "id": option_id,
        "isAdvanceReceive": 1,
        "originalMoney": yuan,
        "param": yuan * 100,
        "paramUnitName": "元",
        "paramUnit": "yuan",
        "paramView": yuan,
        "price": yuan * 100,
        "pricePay": yuan,
        "priceUnit": "yuan",
        "priceView": yuan,
        **unit,
    }


def _standard(standard_id: int, name: str, standard_type: int, unit: Mapping[str, Any], fen_per_kwh: int = 0) -> Any:  # noqa: ANN401 - JSON
    small, large = (20, 50) if fen_per_kwh else (1, 3)
    return {
        "chargeType": 1,
        "coinParam": 100,
        "createUserId": 1001,
        "deviceType": "[7,1]",
        "electricPrice": fen_per_kwh * 3 // 4,
        "electricServiceFee": float(fen_per_kwh - fen_per_kwh * 3 // 4),
        "fullBlackout": 2,
        "fullPrice": 300,
        "fullPriceYuan": 3,
        "id": standard_id,
        "limitMoney": 123,
        "limitMoneyYuan": 1.23,
        "maxTime": 800,
        "name": name,
        "noticeList": [name],
        "ownerId": 0,
        "priceStandardCustomizeList": [],
        "priceStandardUniteList": [
            _option(standard_id * 10, small, 0, unit),
            _option(standard_id * 10 + 1, large, 2, unit),
        ],
        "realTimeCharge": 1,
        "refundName": "原路退回",
        "refundType": 1,
        "remark": "",
        "totalElectricFee": fen_per_kwh,
        "totalElectricFeeYuan": fen_per_kwh / 100,
        "type": standard_type,
        "viewType": 2,
        "windowNotice": "",
    }


STANDARDS: Final[Mapping[int, dict[str, Any]]] = {
    26: _standard(26, "1元240分钟", 0, {"priceUnitName": "分钟"}),
    285: _standard(285, "功率-金额", 1, {"priceUnitName": "按功率计费"}),
    310: _standard(310, "汽车-交流", 2, {"priceUnitName": "度", "paramUnit": "kWh"}, 120),
    311: _standard(311, "汽车-直流", 2, {"priceUnitName": "度", "paramUnit": "kWh"}, 150),
}
"""The operator's price standards: 26 by time, 285 by power, 310 and 311 by kWh for cars."""
