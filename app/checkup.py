"""Examines one account: is its vendor reachable, are the credentials accepted, what can be read, what is left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.callbacks import kinds_called_back, out_of_reach
from hub.capabilities import capabilities_of
from hub.member import Member
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from model.refs import device_ref
from model.states import Capability
from vendors.contract import ListsDevices, ReadsDevices
from vendors.registry import manifests

PATIENCE_S = 30.0
"""Somebody waits at a terminal: longer than a vendor's time-out, shorter than a quota's window may be."""
MOST_DEVICES = 5
"""Configured devices that are tried: enough to see a pattern, few enough for the smallest quota."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the examination."""

    text: str
    is_well: bool = True
    is_advice: bool = False
    """Nothing is broken, and something could be better."""


async def examine(member: Member) -> list[Finding]:
    """Ask the vendor as little as tells what is wrong. Never raises a fault."""
    findings: list[Finding] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            read = await _read(member)
    except TimeoutError:
        findings.append(Finding(f"The vendor did not answer within {PATIENCE_S:.0f} seconds", is_well=False))
    except Fault as fault:
        findings.extend(_of_fault(fault))
    else:
        findings.append(Finding("The address answers and the credentials are accepted"))
        findings.extend(read)
    findings.extend(
        Finding(f"Quota {quota.name}: {quota.remaining} of {quota.limit} calls left in {_span(quota.window_s)}")
        for quota in member.quotas()
    )
    if missing := _of_others() - member.capabilities:
        names = ", ".join(capability.value for capability in Capability if capability in missing)
        findings.append(Finding(f"Cannot, unlike other vendors: {names}"))
    return findings


def advise_on_callbacks(member: Member, public_url: str) -> list[Finding]:
    """Whether this account's vendor can call back to a gateway of that public URL. Asks nobody."""
    if not list(out_of_reach([member], public_url)):
        return []
    state = "leads to this machine only" if public_url else "is empty"
    kinds = ", ".join(kind.value for kind in kinds_called_back(member))
    text = (
        f"The vendor cannot call back, since server.public_url {state}: set it to what the vendor reaches this gateway "
        f"by. Until then what became of {kinds} is known later, from reading alone"
    )
    return [Finding(text, is_advice=True)]


def _of_others() -> frozenset[Capability]:
    """What some vendor can do: what none can in this version says nothing about this one."""
    return frozenset(capability for manifest in manifests().values() for capability in capabilities_of(manifest))


async def _read(member: Member) -> list[Finding]:
    """What can be read: the listing where there is one, and some of the devices that the configuration names."""
    adapter, findings = member.adapter, []
    listed: set[str] = set()
    if isinstance(adapter, ListsDevices):
        listed = {reading.device.ref.native_id for reading in await adapter.list_devices()}
        if listed:
            findings.append(Finding(f"The vendor lists {_counted(len(listed), 'device')}"))
    named = [native for native in member.settings.devices if native not in listed]
    if not named and not listed:
        nothing = "The vendor lists no devices and the account names none under devices: nothing to read"
        return [Finding(nothing, is_well=False)]
    if isinstance(adapter, ReadsDevices):
        findings.extend([await _of_device(member, adapter, native) for native in named[:MOST_DEVICES]])
    if len(named) > MOST_DEVICES:
        findings.append(
            Finding(f"{_counted(len(named) - MOST_DEVICES, 'more configured device')} not tried, for quota")
        )
    return findings


async def _of_device(member: Member, adapter: ReadsDevices, native: str) -> Finding:
    """How one device that the configuration names is read. Raises what says something of the whole account."""
    try:
        await adapter.read_device(device_ref(member.key, native), None)
    except (NotFound, Rejected) as fault:
        return Finding(f"Device {native} of the configuration cannot be read ({fault.message})", is_well=False)
    return Finding(f"Device {native} of the configuration is read")


def _of_fault(fault: Fault) -> Sequence[Finding]:
    reason = f"({fault.message})"
    match fault:
        case Unreachable() | TimedOut():
            return [Finding(f"The vendor is not reachable: check base_url and the network {reason}", is_well=False)]
        case Unauthorised():
            return [
                Finding("The address answers"),
                Finding(f"The vendor refused the credentials: check them in the configuration {reason}", is_well=False),
            ]
        case RateLimited():
            return [
                Finding("The address answers"),
                Finding(f"The vendor refuses for quota: wait, or look for another user of it {reason}", is_well=False),
            ]
        case Malformed():
            return [Finding(f"Something answers, but not as this vendor does: check base_url {reason}", is_well=False)]
    return [
        Finding("The address answers and the credentials are accepted"),
        Finding(f"The vendor said no to reading devices {reason}", is_well=False),
    ]


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _span(seconds: int) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"a {name}" if count == 1 and name != "hour" else "an hour" if count == 1 else f"{count} {name}s"
    return f"{seconds} seconds"
