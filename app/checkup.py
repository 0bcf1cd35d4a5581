"""Examines one account: is its vendor reachable, are the credentials accepted, what can be read, what is left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hub.capabilities import capabilities_of
from hub.fleet import Member
from model.faults import Fault, Malformed, RateLimited, TimedOut, Unauthorised, Unreachable
from model.refs import device_ref
from model.states import Capability
from vendors.contract import ListsDevices, ReadsDevices
from vendors.registry import manifests

PATIENCE_S = 30.0
"""Somebody waits at a terminal: longer than a vendor's time-out, shorter than a quota's window may be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of the examination, and whether it is bad news."""

    text: str
    is_well: bool = True


async def examine(member: Member) -> list[Finding]:
    """Ask the vendor as little as tells everything: one listing, or one device. Never raises a fault."""
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
        findings.append(read)
    findings.extend(
        Finding(f"Quota {quota.name}: {quota.remaining} of {quota.limit} calls left in {_span(quota.window_s)}")
        for quota in member.quotas()
    )
    if missing := _of_others() - member.capabilities:
        names = ", ".join(capability.value for capability in Capability if capability in missing)
        findings.append(Finding(f"Cannot, unlike other vendors: {names}"))
    return findings


def _of_others() -> frozenset[Capability]:
    """What some vendor can do: what none can in this version says nothing about this one."""
    return frozenset(capability for manifest in manifests().values() for capability in capabilities_of(manifest))


async def _read(member: Member) -> Finding:
    adapter, configured = member.adapter, member.settings.devices
    if isinstance(adapter, ListsDevices):
        count = len(await adapter.list_devices())
        return Finding(f"Read {_counted(count, 'device')}")
    if not configured:
        return Finding(
            "This vendor lists no devices and the account names none under devices: nothing to read", is_well=False
        )
    if isinstance(adapter, ReadsDevices):
        await adapter.read_device(device_ref(member.key, configured[0]), None)
        return Finding(f"Read the first of {_counted(len(configured), 'configured device')}")
    return Finding(f"{_counted(len(configured), 'device')} configured; this vendor cannot be read")


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
