"""How a graph type declares its fields.

The source of a type is a model record. Most fields read an attribute of it (`plain`, nearly free); an edge to another
record goes through a loader (`batched`), or through a resolver of its own (`edge`).
"""

import inspect
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar, overload

import strawberry

from graph.context import Info
from model.commands import Command
from model.events import Event
from model.records import Account, Record, Vendor
from model.refs import Kind
from resolvers.scope import Scope

C = TypeVar("C", bound=type)

READ = "read"
"""Key of a plain field's metadata: the dotted path, or the function, that reads it off the source."""

NAMES = "names"
"""Key of an input field's metadata: the kind of thing that the ids in it name."""

Read = str | Callable[[Any], object]

Aged: TypeAlias = Callable[[Scope, Sequence[Any], int | None], Awaitable[Sequence[object]]]
Ageless: TypeAlias = Callable[[Scope, Sequence[Any]], Awaitable[Sequence[object]]]
"""Batch functions of `resolvers`: with and without a max age."""


def graph_type(*, name: str | None = None) -> Callable[[C], C]:
    """A type of the graph, described by its docstring."""

    def decorate(cls: C) -> C:
        return strawberry.type(cls, name=name, description=inspect.getdoc(cls))

    return decorate


def node_type(record: type[Record | Account | Vendor | Command | Event]) -> Callable[[C], C]:
    """A type of the graph that has an id; its values are these records."""

    def is_type_of(source: object, _info: object) -> bool:
        return type(source) is record

    def decorate(cls: C) -> C:
        cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]
        return graph_type()(cls)

    return decorate


def input_type(cls: C) -> C:
    """An input object, described by its docstring."""
    return strawberry.input(cls, description=inspect.getdoc(cls))


def required(description: str, names: Kind | None = None) -> Any:  # noqa: ANN401 - stands for a value of any type
    """A field of an input object that must be given. `names`: it holds ids of this kind."""
    return strawberry.field(description=description, metadata={NAMES: names})


def option(description: str, names: Kind | None = None) -> Any:  # noqa: ANN401 - stands for a value of any type
    """A field of an input object that may be left out; it is UNSET then. `names`: it holds ids of this kind."""
    return strawberry.field(description=description, metadata={NAMES: names}, default=strawberry.UNSET)


def plain(description: str, read: Read | None = None) -> Any:  # noqa: ANN401 - stands for a value of any type
    """A value on the source itself: the attribute of the field's own name, a dotted path, or a cheap function."""
    return strawberry.field(description=description, metadata={READ: read})


def edge(description: str, resolver: Callable[..., object]) -> Any:  # noqa: ANN401 - stands for a value of any type
    """A value that a resolver finds. The field's type is what the class says, the resolver returns its record."""
    return strawberry.field(description=description, resolver=resolver)


@overload
def batched(description: str, fetch: Aged, key: Callable[[Any], object] | None = None) -> Any: ...  # noqa: ANN401


@overload
def batched(
    description: str,
    fetch: Ageless,
    key: Callable[[Any], object] | None = None,
    *,
    ages: Literal[False],
) -> Any: ...  # noqa: ANN401


def batched(
    description: str,
    fetch: Aged | Ageless,
    key: Callable[[Any], object] | None = None,
    *,
    ages: bool = True,
) -> Any:
    """What a batch function finds for the source, or for what `key` reads off it; no key, no answer.

    `ages`: the function takes the max age that the root field was asked for.
    """

    def resolve(root: Any, info: Info) -> Awaitable[object] | None:  # noqa: ANN401 - any record
        asked = root if key is None else key(root)
        if asked is None:
            return None
        arguments: tuple[Hashable, ...] = (info.context.max_age(info.path),) if ages else ()
        return info.context.load(fetch, asked, *arguments)

    return edge(description, resolve)
