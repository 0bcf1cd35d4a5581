"""Amounts of money that a client gives, in major units of the account's currency."""

from collections.abc import Iterator
from decimal import Decimal

from resolvers.complaints import Complaint, invalid

MOST = 10**9
DECIMALS = 2


def flaws_of_amount(amount: Decimal | None, *field: str, decimals: int = DECIMALS) -> Iterator[Complaint]:
    """What is wrong with an amount; nothing when it is left out."""
    if amount is None:
        return
    if not 0 <= amount < MOST:
        yield invalid(f"{field[-1]} is an amount of 0 or more, below {MOST}", *field)
    elif amount != round(amount, decimals):
        yield invalid(f"{field[-1]} has at most {decimals} decimals", *field)
