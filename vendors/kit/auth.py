"""Keeping a vendor's token: one sign-in for everybody who waits, renewed before it runs out, dropped when refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from model.clock import Clock
from model.faults import Retryable, Terminal, Unauthorised

T = TypeVar("T")

RENEWED_AT = 0.8
"""The share of its life after which a token is renewed, so that none runs out on the way."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a sign-in gives. `refresh`: what a new one can be had for without the credentials."""

    access: str = field(repr=False)
    lifetime_s: float
    refresh: str | None = field(default=None, repr=False)


class Tokens(Protocol):
    """Where a client's calls get their token from."""

    async def using(self, call: Callable[[str], Awaitable[T]]) -> T:
        """What `call` returns, given an access token."""
        ...

    async def aclose(self) -> None:
        """Let go of whatever still runs."""
        ...


class FixedToken:
    """A token from the configuration: nothing can renew it, so a refusal is final."""

    def __init__(self, access: str) -> None:
        """`access` as it was configured."""
        self._access = access

    async def using(self, call: Callable[[str], Awaitable[T]]) -> T:
        """What `call` returns, given the token."""
        return await call(self._access)

    async def aclose(self) -> None:
        """Nothing runs."""


class TokenKeeper:
    """Signs in when the first call comes, and again only when it has to.

    Callers who need a token at the same time wait for one sign-in and share its fault. It runs as a task of its own:
    a caller whose deadline passes does not take the sign-in away from the others.
    """

    def __init__(
        self,
        clock: Clock,
        sign_in: Callable[[], Awaitable[Token]],
        renew: Callable[[str], Awaitable[Token]],
    ) -> None:
        """`sign_in` uses the credentials; `renew` a refresh token, and raises a Terminal fault when it is refused."""
        self._clock = clock
        self._sign_in = sign_in
        self._renew = renew
        self._held: Token | None = None
        self._held_since = 0.0
        self._refresh: str | None = None
        self._flight: asyncio.Task[Token] | None = None

    async def using(self, call: Callable[[str], Awaitable[T]]) -> T:
        """What `call` returns; tried exactly once more with a new token when the vendor refuses the one it had.

        Raises whatever `call` or the sign-in raises.
        """
        token = await self._current()
        try:
            return await call(token.access)
        except Unauthorised as refusal:
            if refusal.raw_code == "403":  # about rights, and a new token would have the same
                raise
        if self._held is token:
            self._held = None
        token = await self._current()
        return await call(token.access)

    async def aclose(self) -> None:
        """Stop a sign-in that still runs."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.wait([self._flight])

    async def _current(self) -> Token:
        held = self._held
        if held is not None and self._age() < held.lifetime_s * RENEWED_AT:
            return held
        if self._flight is None:
            self._flight = asyncio.create_task(self._fetched())
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def _age(self) -> float:
        return self._clock.monotonic() - self._held_since

    def _landed(self, flight: asyncio.Task[Token]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # everybody who waited may be gone: nobody else would look at it

    async def _fetched(self) -> Token:
        try:
            token = await self._renewed() or await self._sign_in()
        except Retryable:
            held = self._held
            if held is not None and self._age() < held.lifetime_s:
                return held
            raise
        self._held, self._held_since, self._refresh = token, self._clock.monotonic(), token.refresh
        return token

    async def _renewed(self) -> Token | None:
        """A token for the refresh token; None when there is none or it is refused."""
        refresh = self._refresh
        if refresh is None:
            return None
        try:
            token = await self._renew(refresh)
        except Terminal:
            self._refresh = None
            return None
        return token if token.refresh else replace(token, refresh=refresh)
