"""A method for each endpoint that acts; each call is made once, whatever comes of it.

Calls to hardware take their parameters in the query and have no body. They have no idempotency key: each is a new
command. Every method raises Uncertain when it may have been done, and any other Fault when it was not.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from model.commands import Media
from vendors.bajie.door import Door
from vendors.bajie.slot_number import SlotNumber
from vendors.bajie.wire import OrderMade, ShopMade
from vendors.kit.http import segment
from vendors.kit.wire import read_as

UNIVERSAL = 0
"""`customType` of prices that hold for every way to rent."""

WHOLE_CABINET = 0
"""A `slotNum` that no method takes from its caller."""


class SlotOperation(StrEnum):
    """`operationType` of what is done to one slot."""

    POP = "pop"
    LOCK = "lock"
    UNLOCK = "unlock"
    LOCK_STOP_CHARGE = "lockStopCharge"


class CabinetOperation(StrEnum):
    """`operationType` of what is done to a whole cabinet; `pop` is none of them."""

    RESTART = "restart"
    REPORT = "report"
    HEARTBEAT = "heartbeat"
    POP_ALL_FOR_AUTH = "popallForAuth"
    POP_ALL_FOR_NO_AUTH = "popallForNoAuth"


class BajieActs:
    """One account's acts."""

    def __init__(self, door: Door) -> None:
        """Everything goes through the account's door."""
        self._door = door

    # Cabinets.

    async def operate_slot(self, device_id: str, slot: int, operation: SlotOperation, reason: str = "") -> None:
        """Do something to one slot. Raises ValueError for slot 0, before anything is sent. Source: api-104222009."""
        await self._operate(device_id, SlotNumber(slot), SlotOperation(operation), reason)

    async def operate_cabinet(self, device_id: str, operation: CabinetOperation, reason: str = "") -> None:
        """Do something to a whole cabinet. Source: api-104222009; that its slot number is 0 is assumed."""
        await self._operate(device_id, WHOLE_CABINET, CabinetOperation(operation), reason)

    async def eject_all(self, device_id: str) -> None:
        """Empty a cabinet: the vendor ejects everything for slot 0. Source: api-104222003."""
        query: dict[str, str | int | float] = {"cabinetid": device_id, "slotNum": WHOLE_CABINET}
        await self._door.tell("eject all", "POST", "/cabinet/ejectByRepair", query=query)

    async def publish_advertisement(self, device_ids: Sequence[str], media: Sequence[Media], *, restart: bool) -> None:
        """Send pictures and films to screens."""
        configs = [{"code": each.code, "mediaType": each.media_type, "mediaPath": each.url} for each in media]
        body = {"cabinetIdList": list(device_ids), "restart": restart, "adConfigList": configs}
        await self._door.tell("publish advertisement", "POST", "/cabinet/publishAd", json=body)

    async def bind(self, device_id: str, shop_id: str) -> None:
        """Put a cabinet into a shop."""
        path = f"/cabinet/bind2shop/{segment(device_id)}/{segment(shop_id)}"
        await self._door.tell("bind to shop", "POST", path)

    async def unbind(self, device_id: str) -> None:
        """Take a cabinet out of its shop."""
        await self._door.tell("unbind from shop", "POST", "/cabinet/unbindShop", json=[device_id])

    # Orders.

    async def create_order(self, device_id: str, callback_url: str | None) -> str | None:
        """Rent a battery that the vendor chooses; it ejects by itself. The trade number. Source: api-67396395."""
        query: dict[str, str | int | float] = {"deviceId": device_id}
        if callback_url is not None:
            query["callbackURL"] = callback_url
        envelope = await self._door.tell("create order", "POST", "/rent/order/create", query=query)
        data = envelope.get("data")
        made = read_as(OrderMade, data if isinstance(data, Mapping) else {}, "create order")
        return made.trade_no or made.order_id

    async def close_order(self, trade_no: str) -> None:
        """Mark an order completed."""
        await self._door.tell("close order", "POST", "/rent/order/close", query={"tradeNo": trade_no})

    # Shops and prices.

    async def create_shop(self, body: Mapping[str, object]) -> str | None:
        """Make a shop; its id, should the answer name one. Source: api-104222036."""
        envelope = await self._door.tell("create shop", "POST", "/shop/create", json=body)
        data = envelope.get("data")
        made = read_as(ShopMade, data if isinstance(data, Mapping) else {}, "create shop")
        return made.new_id or made.written_id

    async def update_shop(self, body: Mapping[str, object]) -> None:
        """Change a shop."""
        await self._door.tell("update shop", "PUT", "/shop/update", json=body)

    async def delete_shop(self, shop_id: str) -> None:
        """Delete a shop."""
        await self._door.tell("delete shop", "DELETE", f"/shop/delete/{segment(shop_id)}")

    async def save_price(self, body: Mapping[str, object]) -> None:
        """Make a price strategy, or with `priceId` change one. Source: api-255199667."""
        await self._door.tell("save price strategy", "POST", "/shop/priceStrategy/saveOrUpdate", json=body)

    async def delete_price(self, price_id: int) -> None:
        """Delete a price strategy."""
        await self._door.tell("delete price strategy", "POST", "/shop/priceStrategy/delete", json=[price_id])

    async def bind_price(self, price_id: int, shop_id: str) -> None:
        """Let a price strategy hold at a shop."""
        body = {"shopId": shop_id, "priceId": price_id, "customType": UNIVERSAL}
        await self._door.tell("bind price strategy", "POST", "/shop/priceStrategy/bindShop", json=body)

    async def unbind_price(self, shop_id: str) -> None:
        """Let no price strategy of its own hold at a shop."""
        body = {"shopId": shop_id, "customType": UNIVERSAL}
        await self._door.tell("unbind price strategy", "POST", "/shop/priceStrategy/unbindShop", json=body)

    # Pushes.

    async def set_push_config(self, body: Mapping[str, object]) -> None:
        """Write the account's one event-push configuration. Source: api-136039440."""
        await self._door.tell("set event push", "POST", "/cabinet/eventPush/config", json=body)

    async def _operate(self, device_id: str, slot: int, operation: StrEnum, reason: str) -> None:
        query: dict[str, str | int | float] = {
            "cabinetid": device_id,
            "slotNum": slot,
            "operationType": operation.value,
            "reason": reason,
        }
        await self._door.tell(f"operation {operation.value}", "POST", "/cabinet/operation", query=query)
