"""The account, and the vendor, that an object comes from."""

from graph.context import Info
from graph.types.accounts import Account, Vendor
from graph.types.fields import edge
from model import records
from resolvers import accounts


def account_of(root: records.Record, info: Info) -> records.Account | None:
    """The account of any record; every record that a resolver returns has one."""
    return info.context.ask(accounts.by_keys, [root.ref.account])[0]


def _vendor_of(root: records.Record, info: Info) -> records.Vendor | None:
    owner = account_of(root, info)
    return owner.vendor if owner else None


def account() -> Account:
    """The field of every object that belongs to an account."""
    field: Account = edge("The account that it belongs to.", account_of)
    return field


def vendor() -> Vendor:
    """The vendor of an object."""
    field: Vendor = edge("The vendor that it comes from.", _vendor_of)
    return field
