"""What is to be said of shops and prices, in the vendor's write dialects: pure functions.

A shop is written whole, in other words than it is read in. Amounts are numbers in major units.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping
from decimal import Decimal

from model.faults import Unsupported
from model.states import PriceUnit
from vendors.acting import SiteDraft, TariffDraft
from vendors.bajie.translate_rentals import PRICE_UNITS
from vendors.bajie.wire import ShopRow

UNIT_CODES: Mapping[PriceUnit, int] = {unit: int(code) for code, (unit, _) in PRICE_UNITS.items()}
"""`priceUnit`."""

NEW_PRICE: Mapping[str, object] = {
    "shopId": None,
    "type": 1,
    "customType": 0,
    "priority": 1,
    "isDeposit": False,
    "depositAmount": 0,
    "timeoutAmount": 0,
    "timeoutDay": 0,
    "freeMinutes": 0,
    "dayUseFreeCount": 0,
    "priceStrategyDetailList": [],
}
"""What a new price strategy says of things that nobody asked for: per unit of time, for everybody, nothing overdue."""


def shop_body(shop_id: str, draft: SiteDraft, currency: str | None = None) -> dict[str, object]:
    """A shop as the draft describes it (api-104222036); what it leaves out is left out."""
    place = draft.location
    said = {
        "pNewid": shop_id,
        "pName": draft.name,
        "pAddress": draft.address,
        "pJingdu": f"{place.longitude:.6f}" if place else None,
        "pWeidu": f"{place.latitude:.6f}" if place else None,
        "shopTime": draft.opening_hours,
        "pCurrency": currency,
    }
    return {key: value for key, value in said.items() if value is not None}


def changed_shop_body(row: ShopRow, shop_id: str, draft: SiteDraft) -> dict[str, object]:
    """A shop as it was read, with what the draft says instead."""
    as_it_is = {
        "id": row.row_id,
        "pName": row.shop_name,
        "pAddress": row.shop_address,
        "pJingdu": _written(row.longitude),
        "pWeidu": _written(row.latitude),
        "pSceneType": row.scene_type,
        "pStoreType": row.store_type,
        "pContent": row.content,
        "pCurrency": row.currency,
        "mobile": row.mobile,
        "shopTime": row.shop_time,
    }
    return {key: value for key, value in as_it_is.items() if value is not None} | shop_body(shop_id, draft)


def price_body(draft: TariffDraft, as_it_is: Mapping[str, object] = NEW_PRICE) -> dict[str, object]:
    """A price strategy (api-255199667) with the draft's terms. Raises Unsupported for units other than of time."""
    unit = UNIT_CODES.get(draft.unit)
    if unit is None:
        raise Unsupported(f"prices are for MINUTE, HOUR or DAY here, not for {draft.unit.value}")
    asked: dict[str, object] = {
        "name": draft.name,
        "price": _number(draft.unit_price),
        "priceUnit": unit,
        "priceTime": draft.unit_count,
    }
    if draft.free_minutes is not None:
        asked |= {"freeMinutes": draft.free_minutes, "dayUseFreeCount": as_it_is.get("dayUseFreeCount") or 1}
    if draft.daily_cap is not None:
        asked["dailyMaxPrice"] = _number(draft.daily_cap)
    if draft.deposit is not None:
        asked |= {"depositAmount": _number(draft.deposit), "isDeposit": draft.deposit > 0}
    return {**as_it_is, **asked}


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _written(degrees: Decimal | None) -> str | None:
    return None if degrees is None else str(degrees)
