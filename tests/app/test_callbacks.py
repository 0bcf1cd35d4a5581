"""Who is told, and when, that a vendor cannot call back."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest
from structlog.testing import capture_logs

from app.assembly import build_app
from app.callbacks import kinds_called_back, out_of_reach
from app.checkup import advise_on_callbacks
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings, StorageSettings
from hub.member import Member
from model.states import CommandKind
from tests.app.scripted_desk import ScriptedDesk, put_in_place

VENDOR = "https://vendor.example"


class CalledBack:
    """A procedure whose vendor calls back."""

    callback_answer: ClassVar[Mapping[str, object]] = {}

    def hear(self, task: object, body: bytes, media_type: str) -> None: ...


class Acting:
    """An adapter whose vendor calls back of modes, and of nothing else."""

    def procedures(self) -> Mapping[CommandKind, object]:
        return {CommandKind.SET_CHARGER_MODE: CalledBack(), CommandKind.STOP_CHARGING: object()}


def member(adapter: object, *, base_url: str = "", default: str | None = VENDOR) -> Member:
    settings, manifest = SimpleNamespace(base_url=base_url), SimpleNamespace(default_base_url=default)
    return cast("Member", SimpleNamespace(key="chargers", adapter=adapter, settings=settings, manifest=manifest))


def test_the_procedures_themselves_tell_which_commands_are_called_back_of() -> None:
    assert kinds_called_back(member(Acting())) == [CommandKind.SET_CHARGER_MODE]
    assert kinds_called_back(member(object())) == []


@pytest.mark.parametrize(
    ("public_url", "vendor_url", "is_out_of_reach"),
    [
        ("", "", True),
        ("http://127.0.0.1:8000", "", True),
        ("http://localhost:8000", VENDOR, True),
        ("http://[::1]:8000", VENDOR, True),
        ("https://charge.example.com", "", False),
        ("http://192.0.2.7:8000", VENDOR, False),
        ("", "http://127.0.0.1:9105", False),
        ("http://127.0.0.1:8000", "http://localhost:9105", False),
    ],
)
def test_a_vendor_elsewhere_reaches_no_loopback_address(
    public_url: str, vendor_url: str, is_out_of_reach: bool
) -> None:
    acting, silent = member(Acting(), base_url=vendor_url), member(object(), base_url=vendor_url)
    assert list(out_of_reach([acting, silent], public_url)) == ([acting] if is_out_of_reach else [])


@pytest.mark.parametrize(
    ("public_url", "words"), [("", "is empty"), ("http://127.0.0.1:8000", "leads to this machine only")]
)
def test_doctor_advises_without_calling_it_broken(public_url: str, words: str) -> None:
    (advice,) = advise_on_callbacks(member(Acting()), public_url)
    assert (advice.is_well, advice.is_advice) == (True, True)
    assert advice.text == (
        f"The vendor cannot call back, since server.public_url {words}: set it to what the vendor reaches this gateway "
        "by. Until then what became of SET_CHARGER_MODE is known later, from reading alone"
    )
    assert advise_on_callbacks(member(Acting()), "https://charge.example.com") == []


def settings(public_url: str = "") -> Settings:
    return Settings(
        server=ServerSettings(public_url=public_url),
        auth=AuthSettings(mode=AuthMode.NONE),
        storage=StorageSettings.model_validate({"database_url": "sqlite+aiosqlite:///:memory:"}),
    )


async def opened(monkeypatch: pytest.MonkeyPatch, given: Settings, address: str) -> tuple[Any, Iterable[Any]]:
    """With what the fleet was opened, and what was logged meanwhile."""
    openings = put_in_place(ScriptedDesk(), monkeypatch, {"chargers": member(Acting())})
    with capture_logs() as logged:
        app = build_app(given, address=address)
        async with app.router.lifespan_context(app):
            pass
    return openings[0], [line for line in logged if line["event"] == "callbacks cannot arrive"]


async def test_vendors_call_back_where_the_gateway_listens_unless_it_has_a_public_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opening, warnings = await opened(monkeypatch, settings(), "http://127.0.0.1:8001")
    assert opening["public_url"] == "http://127.0.0.1:8001"
    assert [(each["log_level"], each["account"]) for each in warnings] == [("warning", "chargers")]

    opening, warnings = await opened(monkeypatch, settings("https://charge.example.com/"), "http://127.0.0.1:8001")
    assert opening["public_url"] == "https://charge.example.com"
    assert warnings == []


async def test_commands_are_kept_as_long_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    given = settings().model_copy(update={"commands": settings().commands.model_copy(update={"keep_days": 90})})
    opening, _ = await opened(monkeypatch, given, "")
    assert opening["keep_commands"].days == 90
