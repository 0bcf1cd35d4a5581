"""Amounts of money."""

from decimal import Decimal

from graph.types.fields import graph_type, plain


@graph_type()
class Money:
    """An exact amount with its currency."""

    amount: Decimal = plain("In major units: euros, not cents.")
    currency: str = plain("ISO 4217, such as EUR.")
