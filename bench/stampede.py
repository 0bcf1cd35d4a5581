"""Two hundred clients ask the same when nothing is known: the vendors must see one of them."""

from asyncio import gather

import orjson

from bench.cold import accounts
from bench.gateways import gateways
from bench.queries import FLEET, Endpoint, new_client
from bench.report import Row, ms
from bench.simulators import Vendors
from bench.timing import taken
from vendors.registry import manifests

CLIENTS = 200


async def measure(vendors: Vendors) -> list[Row]:
    """The rows of this part."""
    tables = await accounts(vendors)
    answers: list[bytes] = []
    async with gateways({"one": tables, "many": tables}) as urls, new_client(CLIENTS) as client:
        one, many = Endpoint(client, urls["one"]), Endpoint(client, urls["many"])
        for gateway in (one, many):
            await gateway.post(FLEET, {"go": False})
        await vendors.reset(*manifests())
        alone_s = await taken(lambda: one.post(FLEET, {"go": True}))
        alone = await vendors.calls(*manifests())
        await gather(*(many.post(FLEET, {"go": False}) for _ in range(CLIENTS)))  # connections are not what is measured
        await vendors.reset(*manifests())

        async def ask() -> None:
            answers.append(await many.post(FLEET, {"go": True}))

        together_s = await taken(lambda: gather(*(ask() for _ in range(CLIENTS))))
        together = await vendors.calls(*manifests())
    whole = sum(not orjson.loads(answer)["data"]["devices"]["problems"] for answer in answers)
    calls, calls_alone = sum(together.values()), sum(alone.values())
    return [
        Row("one query, nothing known", f"{calls_alone} vendor calls, {ms(alone_s)}"),
        Row(f"{CLIENTS} at once, nothing known", f"{calls} vendor calls, {ms(together_s)}"),
        Row("  vendor calls / those of one query", ratio=calls / calls_alone, at_most=1),
        Row("  clients that got the whole answer", ratio=whole, at_least=CLIENTS),
    ]
