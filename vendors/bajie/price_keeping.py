"""Price strategies are made, changed and deleted at the vendor, and given to shops."""

from collections.abc import Mapping

from model.faults import Fault, Malformed, Uncertain, Unsupported
from model.refs import Ref, tariff_ref
from vendors.acting import TariffDraft
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.translate_drafts import price_body
from vendors.bajie.wire import PriceStrategy
from vendors.kit.paging import every
from vendors.kit.wire import each, read_as


class PriceKeeping:
    """One account's price strategies. Every act is one call, never repeated."""

    def __init__(self, acts: BajieActs, client: BajieClient, account: str) -> None:
        """Holds nothing else."""
        self._acts = acts
        self._client = client
        self._account = account

    async def save(self, tariff: Ref | None, draft: TariffDraft) -> Ref:
        """Make one, or change one. Raises Unsupported for units that the vendor does not have."""
        return await (self._make(draft) if tariff is None else self._change(tariff, draft))

    async def delete(self, tariff: Ref) -> None:
        """Delete it."""
        await self._acts.delete_price(_price_id(tariff))

    async def assign(self, tariff: Ref, site: Ref) -> None:
        """Let it hold at a shop."""
        await self._acts.bind_price(_price_id(tariff), site.native_id)

    async def unassign(self, site: Ref) -> None:
        """Let none of its own hold at a shop."""
        await self._acts.unbind_price(site.native_id)

    async def _make(self, draft: TariffDraft) -> Ref:
        """The answer does not name it: it is the newest of that name that was not there before."""
        body = price_body(draft)
        known = await self._named(draft.name)
        await self._acts.save_price(body)
        try:
            new = await self._named(draft.name) - known
        except Fault as fault:
            message = f"save price strategy: taken, but the strategies could not be read afterwards: {fault.message}"
            raise Uncertain(message) from fault
        if not new:
            raise Uncertain("save price strategy: taken, but it is not among the strategies; look for it by its name")
        return tariff_ref(self._account, str(max(new)))

    async def _change(self, tariff: Ref, draft: TariffDraft) -> Ref:
        """Everything that the draft does not say is written as it is read just before."""
        price_id = _price_id(tariff)
        price_body(draft)
        as_it_is = await self._client.price_strategy(str(price_id))
        row = read_as(PriceStrategy, as_it_is, "price strategy")
        if row.price_id != str(price_id) or not isinstance(as_it_is, Mapping):
            raise Malformed("price strategy: the answer is not about this one, so that it cannot be written anew")
        await self._acts.save_price({**price_body(draft, as_it_is), "priceId": price_id})
        return tariff

    async def _named(self, name: str) -> set[int]:
        """The ids of all strategies of this name."""
        pages = every(1, lambda page: self._client.price_strategy_page(page, name), "price strategies")
        items = [item async for item in pages]
        rows = each(lambda item: read_as(PriceStrategy, item, "price strategy"), items)
        return {int(row.price_id) for row in rows if row.name == name and row.price_id and row.price_id.isdecimal()}


def _price_id(tariff: Ref) -> int:
    """Of a price that has an id of its own. Raises Unsupported for what is only shown at a cabinet."""
    if not (tariff.native_id.isascii() and tariff.native_id.isdecimal()):
        raise Unsupported("the vendor shows this price without an id, so that it cannot be changed from here")
    return int(tariff.native_id)
