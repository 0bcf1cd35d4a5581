"""What resolvers of fields find in `info.context`."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar

import strawberry
from graphql.pyutils import Path

from graph.errors import bad_input
from graph.loaders import Fetch, Loaders
from resolvers.scope import Scope
from resolvers.streams.topics import Topic

P = ParamSpec("P")
T = TypeVar("T")


class Rights(NamedTuple):
    """What a viewer may see; who may see the same gets the same answers. `accounts`: their keys."""

    accounts: frozenset[str]
    personal_data: bool


@dataclass
class Turn:
    """One execution of a subscription: it shows one thing, or says what the stream is about when there is none."""

    shows: object | None = None
    topic: Topic | None = None


@dataclass
class GraphContext:
    """One operation's way into `resolvers`: every call goes through `ask` or `load`.

    Whoever serves requests makes one with the viewer's scope; the schema derives a fresh one for each operation, so
    that operations of one socket share neither loaders nor wishes.
    """

    scope: Scope
    turn: Turn | None = field(init=False, default=None)
    """Of a subscription only."""
    _max_ages: dict[str | int, int | None] = field(init=False, default_factory=dict)
    _loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self._loaders = Loaders(self.ask)

    def for_operation(self, wants: frozenset[str]) -> "GraphContext":
        """The context of one operation, which selects the schema coordinates `wants`."""
        context = replace(self, scope=replace(self.scope, wants=wants))
        context.turn = self.turn
        return context

    def for_turn(self, turn: Turn, wants: frozenset[str] = frozenset()) -> "GraphContext":
        """The context of one execution of a subscription: it begins now and shares nothing with the one before."""
        context = self.for_operation(wants)
        context.turn = turn
        return context

    @property
    def rights(self) -> Rights:
        """What the viewer may see now."""
        return Rights(self.scope.visible(), self.scope.may_see_personal_data)

    def ask(self, function: Callable[Concatenate[Scope, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of `resolvers` in this scope."""
        return function(self.scope, *args, **kwargs)

    def begin_anew(self) -> None:
        """Before and after each mutation of an operation: what was read before a change says nothing any more."""
        self.scope = replace(self.scope)

    def load(self, fetch: Fetch, key: object, *arguments: Hashable) -> Awaitable[Any]:
        """What a batch function answers for one key, asked together with its siblings."""
        return self._loaders.load(fetch, key, *arguments)

    def begin(self, path: Path, max_age: int | None) -> int | None:
        """At a root field: how old all that is below it may be."""
        if max_age is not None and max_age < 0:
            raise bad_input("maxAge is a number of seconds, 0 or more")
        self._max_ages[path.key] = max_age
        return max_age

    def max_age(self, path: Path) -> int | None:
        """Below a root field: the age that the root field was asked for."""
        while path.prev is not None:
            path = path.prev
        return self._max_ages.get(path.key)


Info: TypeAlias = strawberry.Info[GraphContext, None]
