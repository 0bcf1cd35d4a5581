"""Shops and price strategies at the simulated vendor: made, changed, deleted, and put together with cabinets."""

from collections.abc import Mapping
from typing import Any

from vendors.bajie.simulated_documents import Document
from vendors.bajie.simulated_things import Price, Shop
from vendors.bajie.simulated_world import EXISTS, INCOMPLETE, NOT_KNOWN, Asked, Entry, Refusal, World

TERMS = frozenset(
    {"name", "type", "customType", "priority", "depositAmount", "timeoutAmount", "timeoutDay", "freeMinutes"}
    | {"dayUseFreeCount", "price", "priceTime", "priceUnit", "priceStrategyDetailList"}
)
"""What a price strategy cannot be saved without; a strategy without `dailyMaxPrice` has no cap."""


class Console:
    """Each call does at once what it says; what a shop is saved without is empty afterwards."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> tuple[Entry, ...]:
        """The endpoints."""
        return (
            ("POST", "/cabinet/bind2shop/{cabinet}/{shop}", self._bind_cabinet),
            ("POST", "/cabinet/unbindShop", self._unbind_cabinets),
            ("POST", "/shop/create", self._create_shop),
            ("PUT", "/shop/update", self._update_shop),
            ("DELETE", "/shop/delete/{shop}", self._delete_shop),
            ("POST", "/shop/priceStrategy/saveOrUpdate", self._save_price),
            ("POST", "/shop/priceStrategy/delete", self._delete_prices),
            ("POST", "/shop/priceStrategy/bindShop", self._bind_price),
            ("POST", "/shop/priceStrategy/unbindShop", self._unbind_price),
        )

    def _bind_cabinet(self, asked: Asked) -> Document:
        cabinet, shop = self._world.cabinet(asked.path["cabinet"]), self._world.shop(asked.path["shop"])
        cabinet.shop = shop
        self._world.act("cabinet bound", cabinet.id, shop.id)
        return {}

    def _unbind_cabinets(self, asked: Asked) -> Document:
        for cabinet in [self._world.cabinet(each) for each in asked.items]:
            cabinet.shop = None
            self._world.act("cabinet unbound", cabinet.id)
        return {}

    def _create_shop(self, asked: Asked) -> Document:
        shop_id = str(asked.fields.get("pNewid") or f"5ee{len(self._world.fleet.shops) + 1:07x}")
        if shop_id in self._world.fleet.shops:
            raise Refusal(EXISTS)
        self._world.fleet.shops[shop_id] = _written(shop_id, "", asked.fields)
        self._world.act("shop made", shop_id)
        return {}

    def _update_shop(self, asked: Asked) -> Document:
        old = self._world.shop(asked.fields.get("pNewid"))
        new = _written(old.id, old.city, asked.fields)
        for name in ("name", "address", "latitude", "longitude", "hours", "mobile", "content", "scene", "store_type"):
            setattr(old, name, getattr(new, name))
        self._world.act("shop changed", old.id)
        return {}

    def _delete_shop(self, asked: Asked) -> Document:
        """Its cabinets are bound to no shop then."""
        shop = self._world.shop(asked.path["shop"])
        del self._world.fleet.shops[shop.id]
        for cabinet in self._world.fleet.cabinets.values():
            if cabinet.shop is shop:
                cabinet.shop = None
        self._world.act("shop deleted", shop.id)
        return {}

    def _save_price(self, asked: Asked) -> Document:
        """Without `priceId` a new one, which the answer does not name."""
        if not asked.fields.keys() >= TERMS:
            raise Refusal(INCOMPLETE)
        terms = {key: value for key, value in asked.fields.items() if key not in {"priceId", "shopId"}}
        prices, price_id = self._world.fleet.prices, asked.fields.get("priceId")
        if price_id is None:
            price_id = max(prices, default=100) + 1
            prices[price_id] = Price(price_id, terms)
        else:
            self._price(price_id).terms = terms
        self._world.act("price saved", str(price_id))
        return {}

    def _delete_prices(self, asked: Asked) -> Document:
        """The last one stays: something must hold."""
        for price in [self._price(each) for each in asked.items]:
            if len(self._world.fleet.prices) == 1:
                raise Refusal(INCOMPLETE)
            del self._world.fleet.prices[price.id]
            self._world.act("price deleted", str(price.id))
        return {}

    def _bind_price(self, asked: Asked) -> Document:
        shop, price = self._world.shop(asked.fields.get("shopId")), self._price(asked.fields.get("priceId"))
        shop.price_id = price.id
        self._world.act("price bound", shop.id, str(price.id))
        return {}

    def _unbind_price(self, asked: Asked) -> Document:
        shop = self._world.shop(asked.fields.get("shopId"))
        shop.price_id = None
        self._world.act("price unbound", shop.id)
        return {}

    def _price(self, price_id: object) -> Price:
        price = self._world.fleet.prices.get(price_id) if isinstance(price_id, int) else None
        if price is None:
            raise Refusal(NOT_KNOWN)
        return price


def _written(shop_id: str, city: str, fields: Mapping[str, Any]) -> Shop:
    """A shop as the write body describes it. Raises Refusal without a name."""
    if not fields.get("pName"):
        raise Refusal(INCOMPLETE)
    return Shop(
        id=shop_id,
        name=fields["pName"],
        address=fields.get("pAddress") or "",
        city=city,
        latitude=_degrees(fields.get("pWeidu")),
        longitude=_degrees(fields.get("pJingdu")),
        hours=fields.get("shopTime") or "",
        mobile=fields.get("mobile") or "",
        content=fields.get("pContent") or "",
        scene=int(fields.get("pSceneType") or 0),
        store_type=int(fields.get("pStoreType") or 0),
    )


def _degrees(text: object) -> float | None:
    return float(text) if isinstance(text, str) and text else None
