"""One call for all parents of a level: loaders batch and never remember.

Remembering is the snapshot store's business: operations of one socket may share a context, and a loader with a cache
would answer the second event with the first one's state.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias

from strawberry.dataloader import DataLoader

Fetch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]
"""A batch function of `resolvers`: keys, then what is the same for all of them; answers in the order of the keys."""


class Loaders:
    """The loaders of one operation, a loader for each batch function and its arguments, made when first needed."""

    def __init__(self, call: Callable[..., Awaitable[Sequence[Any]]]) -> None:
        """`call`: how to reach a batch function; the context adds the scope."""
        self._call = call
        self._loaders: dict[tuple[Hashable, ...], DataLoader[Any, Any]] = {}

    def load(self, fetch: Fetch, key: object, *arguments: Hashable) -> Awaitable[Any]:
        """The answer for one key, asked together with the others of this moment."""
        loader = self._loaders.get((fetch, *arguments))
        if loader is None:

            def load_all(keys: list[Any]) -> Awaitable[Sequence[Any]]:
                return self._ask_each_once(fetch, keys, arguments)

            loader = self._loaders[fetch, *arguments] = DataLoader(load_fn=load_all, cache=False)
        return loader.load(key)

    async def _ask_each_once(self, fetch: Fetch, keys: list[Any], arguments: tuple[Hashable, ...]) -> Sequence[Any]:
        """Twenty slots may name one device: its ref is asked once. Records go by identity: some cannot be hashed."""
        names = [key if isinstance(key, tuple) else id(key) for key in keys]
        unique = dict(zip(names, keys, strict=True))
        answers = await self._call(fetch, list(unique.values()), *arguments)
        found = dict(zip(unique, answers, strict=True))
        return [found[name] for name in names]
