"""How a mutation comes to be a field: its input read, the act done once, the payload's source found.

GraphQL runs the mutations of one operation one after the other, each with all that its payload asks for.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry

from graph.context import Info
from graph.mutations.payloads import NothingDone, Source
from graph.mutations.reading import values_of
from graph.types.fields import edge
from resolvers.complaints import Refused
from resolvers.managing.change import Changed
from resolvers.ordering.desk import give
from resolvers.ordering.wish import Wish

INPUT = strawberry.argument(name="input", description="What to do, to what.")


def ordering(description: str, input_type: Any, wish: type[Wish]) -> Any:  # noqa: ANN401 - made of annotations; a field
    """An order to hardware: the input says the wish, and the key under which it is given."""

    async def resolve(info: Info, given: Annotated[input_type, INPUT]) -> Source:
        async def order() -> Source:
            values = dict(values_of(given))
            key = values.pop("idempotency_key")
            return await info.context.ask(give, wish(**values), key)

        return await _done(info, order)

    return edge(description, resolve)


def managing(description: str, input_type: Any, change: Callable[..., Awaitable[Changed]]) -> Any:  # noqa: ANN401 - made of annotations; a field
    """A change of what a vendor keeps: the input says the arguments of the function that makes it."""

    async def resolve(info: Info, given: Annotated[input_type, INPUT]) -> Source:
        async def make() -> Source:
            return await info.context.ask(change, **values_of(given))

        return await _done(info, make)

    return edge(description, resolve)


async def _done(info: Info, act: Callable[[], Awaitable[Source]]) -> Source:
    info.context.begin_anew()
    try:
        return await act()
    except Refused as refused:
        return NothingDone(refused.complaints)
    finally:
        info.context.begin_anew()
