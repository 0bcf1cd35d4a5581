"""Shops are made, changed and deleted at the vendor, and cabinets put into them."""

from secrets import token_hex

from model.faults import Fault, Malformed, Rejected, Uncertain
from model.refs import Ref, site_ref
from model.states import Resolution
from vendors.acting import SiteDraft
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.translate_drafts import changed_shop_body, shop_body
from vendors.bajie.wire import ShopRow
from vendors.kit.wire import each, read_as

SHOP_ID_BYTES = 5
"""Shop ids are ten hexadecimal digits."""


class ShopKeeping:
    """One account's shops. Every act is one call, never repeated."""

    def __init__(self, acts: BajieActs, client: BajieClient, account: str, currency: str | None) -> None:
        """`currency`: of new shops, ISO 4217; None leaves it to the vendor."""
        self._acts = acts
        self._client = client
        self._account = account
        self._currency = currency

    async def create(self, draft: SiteDraft) -> Ref:
        """Make a shop under a new id, and find it in the list. Raises Uncertain when it cannot be found there."""
        if not draft.name:
            raise Rejected("create shop: give it a name", resolution=Resolution.USER_ACTION)
        known = {row.new_id for row in await self._shops()}
        shop_id = token_hex(SHOP_ID_BYTES)
        answered = await self._acts.create_shop(shop_body(shop_id, draft, self._currency))
        shop_id = answered or shop_id
        try:
            new = [row for row in await self._shops() if row.new_id not in known]
        except Fault as fault:
            message = f"create shop: the vendor took it, but its shops could not be read afterwards: {fault.message}"
            raise Uncertain(message) from fault
        named = [row.new_id for row in new if row.shop_name == draft.name]
        found = [row.new_id for row in new if row.new_id == shop_id] or named
        if len(found) != 1 or found[0] is None:
            raise Uncertain("create shop: the vendor took it, but it is not among its shops; look for it by its name")
        return site_ref(self._account, found[0])

    async def update(self, site: Ref, draft: SiteDraft) -> None:
        """Write the shop whole, as it is read just before but for what the draft says."""
        row = read_as(ShopRow, await self._client.shop(site.native_id), "shop")
        if row.new_id != site.native_id:
            raise Malformed("shop: the answer is not about this shop, so that it cannot be written anew")
        await self._acts.update_shop(changed_shop_body(row, site.native_id, draft))

    async def delete(self, site: Ref) -> None:
        """Delete the shop."""
        await self._acts.delete_shop(site.native_id)

    async def place(self, device: Ref, site: Ref | None) -> None:
        """Bind the cabinet to the shop, or to none."""
        if site is None:
            await self._acts.unbind(device.native_id)
        else:
            await self._acts.bind(device.native_id, site.native_id)

    async def _shops(self) -> list[ShopRow]:
        return list(each(lambda item: read_as(ShopRow, item, "shop row"), await self._client.shops()))
