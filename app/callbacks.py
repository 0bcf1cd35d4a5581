"""Whether vendors can call back: which commands they do it for, and whether the address they get leads here."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from app.serving import is_loopback
from hub.capabilities import offered
from hub.member import Member
from model.states import CommandKind
from vendors.acting import HearsCallbacks, PerformsCommands


def kinds_called_back(member: Member) -> list[CommandKind]:
    """The commands of which this account's vendor calls back."""
    performs = offered(member.adapter, PerformsCommands)
    if performs is None:
        return []
    return [kind for kind, procedure in performs.procedures().items() if isinstance(procedure, HearsCallbacks)]


def out_of_reach(members: Iterable[Member], public_url: str) -> Iterator[Member]:
    """Accounts whose vendor would call back from elsewhere to an address that only this machine reaches."""
    if public_url and not _is_on_this_machine(public_url):
        return
    for member in members:
        vendor_url = member.settings.base_url or member.manifest.default_base_url or ""
        if not _is_on_this_machine(vendor_url) and kinds_called_back(member):
            yield member


def _is_on_this_machine(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")
