"""Many parents of many accounts: each account's in one batch, all accounts at once, answers in the parents' order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from hub.member import Member
from model.refs import Ref
from resolvers.scope import Scope

T = TypeVar("T")


class Named(Protocol):
    """Something with a ref."""

    @property
    def ref(self) -> Ref:
        """Its name."""
        ...


P = TypeVar("P", bound=Named)


async def by_account(
    scope: Scope, parents: Sequence[P], answer: Callable[[Member, Sequence[P]], Awaitable[Sequence[T]]], otherwise: T
) -> list[T]:
    """Ask `answer` once for each account; `otherwise` for parents of accounts that the viewer may not see."""
    accounts: dict[str, list[int]] = {}
    for position, parent in enumerate(parents):
        accounts.setdefault(parent.ref.account, []).append(position)
    answers = [otherwise] * len(parents)

    async def fill(member: Member, positions: Sequence[int]) -> None:
        found = await answer(member, [parents[position] for position in positions])
        for position, one in zip(positions, found, strict=True):
            answers[position] = one

    seen = ((scope.member(account), positions) for account, positions in accounts.items())
    await asyncio.gather(*(fill(member, positions) for member, positions in seen if member is not None))
    return answers


async def refs_by_account(
    scope: Scope, refs: Sequence[Ref], answer: Callable[[Member, Sequence[Ref]], Awaitable[Sequence[T]]], otherwise: T
) -> list[T]:
    """As `by_account`, for bare refs."""

    async def of_refs(member: Member, holders: Sequence[_Holder]) -> Sequence[T]:
        return await answer(member, [holder.ref for holder in holders])

    return await by_account(scope, [_Holder(ref) for ref in refs], of_refs, otherwise)


class _Holder:
    __slots__ = ("ref",)

    def __init__(self, ref: Ref) -> None:
        self.ref = ref
