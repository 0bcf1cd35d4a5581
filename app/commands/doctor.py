"""`chargegraph doctor`: asks each account's vendor, and says in plain words how it went."""

import asyncio
from collections.abc import Sequence

from rich.markup import escape

from app.checkup import Finding, advise_on_callbacks, examine
from app.commands.configuration import ConfigFile, settings_from
from app.commands.ending import fail, out
from app.commands.serve import refusal_to_serve
from app.database import problem_of_database
from app.settings import Settings
from app.telemetry import configure_logging
from hub.fleet import Fleet
from hub.member import Member
from hub.store.database import Store
from model.clock import SystemClock

NOWHERE = "sqlite+aiosqlite:///:memory:"
"""What the examination reads must not mix with what a gateway knows, which may serve at the same time."""


def doctor(config: ConfigFile) -> None:
    """Check the database and each account, in plain words: address, credentials, quota, what can be read.

    Asks each vendor once. A line with ! says what could be better. Ends with 0 when all is well, 1 when something is
    wrong, 2 when the configuration is.
    """
    settings = settings_from(config)
    configure_logging("error")
    if not asyncio.run(_examined(settings)):
        fail("Something is wrong; the lines with ✗ say what.")
    out.print("\n[bold green]All is well.[/]")


async def _examined(settings: Settings) -> bool:
    findings = [await _of_database(settings.storage.database_url.get_secret_value())]
    if refusal := refusal_to_serve(settings, settings.server.host):
        findings.append(Finding(" ".join(refusal), is_well=False))
    if not settings.accounts:
        findings.append(Finding("There are no [[accounts]]: nothing to show in the graph", is_well=False))
    _show("gateway", findings)
    is_well = all(finding.is_well for finding in findings)
    store = await Store.open(NOWHERE)
    try:
        async with Fleet.open(settings.accounts, store=store, clock=SystemClock(), follows=False) as fleet:
            members = list(fleet.members.values())
            for member, found in zip(members, await asyncio.gather(*map(examine, members)), strict=True):
                _show(_title(member), [*found, *advise_on_callbacks(member, settings.server.public_url)])
                is_well = is_well and all(finding.is_well for finding in found)
    finally:
        await store.aclose()
    return is_well


async def _of_database(url: str) -> Finding:
    problem = await problem_of_database(url)
    return Finding(problem or "The database answers and its schema is up to date", is_well=problem is None)


def _title(member: Member) -> str:
    return f"{member.key} · {member.manifest.name}"


def _show(title: str, findings: Sequence[Finding]) -> None:
    out.print(f"\n[bold]{escape(title)}[/]", highlight=False)
    for finding in findings:
        mark = "[yellow]![/]" if finding.is_advice else "[green]✓[/]" if finding.is_well else "[bold red]✗[/]"
        out.print(f"  {mark} {escape(finding.text)}", highlight=False, soft_wrap=True)
