"""The account's cabinets as the vendor lists them, from whichever of its two lists the server has."""

from model.faults import Unsupported
from model.refs import Ref
from vendors.bajie.client import BajieClient
from vendors.bajie.wire import DeviceRow
from vendors.kit.paging import every
from vendors.kit.wire import each, read_as


async def device_rows(client: BajieClient) -> list[object]:
    """Every row: a call for each 100 cabinets, or the older list of all where paging is not offered."""
    try:
        return [item async for item in every(1, client.device_page, "devices by page")]
    except Unsupported:
        return await client.all_devices()


async def device_row(client: BajieClient, device: Ref) -> DeviceRow | None:
    """The row of one cabinet; None when it is not listed."""
    rows = each(lambda item: read_as(DeviceRow, item, "device row"), await device_rows(client))
    return next((row for row in rows if row.cabinet_id == device.native_id), None)
