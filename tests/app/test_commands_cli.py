"""`chargegraph commands` in this process, over a desk that says what the test tells it to."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from app.command_words import MEANINGS, next_steps
from app.commands.ending import Exit
from hub.member import Member
from model.commands import Instruction
from model.records import Problem, RawCode
from model.refs import session_ref
from model.states import ChargerMode, CommandKind, CommandStatus, ProblemCode, Resolution
from tests.app.scripted_desk import TIMED_OUT, ScriptedDesk, command, moved, put_in_place, target
from tests.app.test_cli import run
from vendors.manifest import CommandRule

FIRST = "Slot:cabinets-eu:XYZ00001:1"
DONE = command("a" * 32, target(0, CommandStatus.CONFIRMED))
LOST = command(
    "b" * 32,
    target(0, CommandStatus.TIMED_OUT, problem=TIMED_OUT, vendor_task_id="task-7", raw=RawCode("0", "success")),
)
MANY = command(
    "c" * 32,
    *(target(position, CommandStatus.CONFIRMED) for position in range(3)),
    target(3, CommandStatus.SENT),
    kind=CommandKind.SET_CHARGER_MODE,
    instruction=Instruction(mode=ChargerMode.ECO, reason="sunny"),
    is_absolute=True,
)


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "chargegraph.toml"
    database = f'database_url = "sqlite+aiosqlite:///{tmp_path / "a.db"}"'
    path.write_text(f'[auth]\nmode = "none"\n[storage]\n{database}\n[commands]\nkeep_days = 9\n')
    return str(path)


def member(*, proof: str = "the slot is empty", problem: Problem | None = None) -> Member:
    """An account of a vendor that offers this proof; `problem` of its link."""
    rule = CommandRule(
        kind=CommandKind.EJECT_BATTERY, call="POST /eject", proof=proof, deadline_s=60, looks_s=(), patience_s=60
    )
    manifest = SimpleNamespace(rule=lambda _: rule)
    return cast("Member", SimpleNamespace(manifest=manifest, state=lambda: SimpleNamespace(problem=problem)))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> ScriptedDesk:
    desk = ScriptedDesk([MANY, LOST, DONE])
    put_in_place(desk, monkeypatch, {"cabinets-eu": member()})
    return desk


def test_the_desk_is_opened_beside_the_gateway_and_forgets_no_sooner(
    config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings = put_in_place(ScriptedDesk(), monkeypatch)
    assert run("commands", "list", "-c", config).exit_code == Exit.OK
    (opening,) = openings
    assert (opening["follows"], opening["keep_commands"]) == (False, timedelta(days=9))


# ---- list


@pytest.mark.usefixtures("desk")
def test_commands_are_listed_newest_first_with_what_stands_against_them(config: str) -> None:
    result = run("commands", "list", "-c", config)
    assert result.exit_code == Exit.OK
    assert result.output.splitlines() == [
        f"{'c' * 32}  2026-06-01 10:00:00Z  SENT             SET_CHARGER_MODE       {FIRST} and 3 more",
        f"{'b' * 32}  2026-06-01 10:00:00Z  TIMED_OUT        EJECT_BATTERY          {FIRST}",
        "    VENDOR_TIMED_OUT: no evidence came before the deadline",
        f"{'a' * 32}  2026-06-01 10:00:00Z  CONFIRMED        EJECT_BATTERY          {FIRST}",
    ]


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--open"], "cb"),
        (["--status", "confirmed"], "a"),
        (["--status", "CONFIRMED", "--status", "TIMED_OUT"], "ba"),
        (["--kind", "SET_CHARGER_MODE"], "c"),
        (["--account", "cabinets-eu"], "cba"),
        (["--device", "Device:cabinets-eu:XYZ00001", "--limit", "1"], "c"),
        (["--device", "cabinets-eu:XYZ00001", "--kind", "EJECT_BATTERY"], "ba"),
        (["--device", "cabinets-eu:XYZ00002"], ""),
    ],
)
def test_what_is_listed_can_be_narrowed(config: str, options: list[str], expected: str) -> None:
    listed = json.loads(run("commands", "list", "-c", config, "--json", *options).output)
    assert [each["id"] for each in listed] == [f"Command:{letter * 32}" for letter in expected]


def test_more_than_a_page_is_listed_and_what_is_left_out_is_said(config: str, desk: ScriptedDesk) -> None:
    desk.commands = [command(f"{number:032}", target(0, CommandStatus.CONFIRMED)) for number in range(130)]
    everything = json.loads(run("commands", "list", "-c", config, "--json", "--limit", "500").output)
    assert [each["id"] for each in everything] == [one.ref.id for one in desk.commands]
    some = run("commands", "list", "-c", config)
    assert some.stdout.count("EJECT_BATTERY") == 20
    assert "These are the newest 20; --limit shows more." in some.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "No commands yet. Mutations such as ejectBattery make them; see docs/commands.md."),
        (["--open"], "Nothing is open: every outcome is known."),
        (["--kind", "RENT_BATTERY"], "No command is like that."),
        (["--open", "--kind", "RENT_BATTERY"], "No command is like that."),
        (["--account", "other"], "No command found, and the configuration has no account called other."),
    ],
)
def test_an_empty_list_says_why(config: str, desk: ScriptedDesk, options: list[str], words: str) -> None:
    desk.commands = []
    result = run("commands", "list", "-c", config, *options)
    assert (result.exit_code, result.output) == (Exit.OK, f"{words}\n")
    assert run("commands", "list", "-c", config, "--json", *options).output == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--open", "--status", "SENT"], "Give either --open or --status."),
        (["list", "--status", "LOST"], "'LOST' is not one of"),
        (["list", "--device", "Slot:a:b:1"], "Slot:a:b:1 is no Device id."),
        (["show", "Device:a:b"], "Device:a:b is no Command id."),
        (["reconcile", ""], " is no Command id."),
    ],
)
@pytest.mark.usefixtures("desk")
def test_a_wrong_command_line_says_so(config: str, arguments: list[str], words: str) -> None:
    result = run("commands", *arguments, "-c", config)
    assert result.exit_code == Exit.USAGE
    assert words in result.output


def test_a_database_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    config = tmp_path / "chargegraph.toml"
    config.write_text(f'[storage]\ndatabase_url = "sqlite+aiosqlite:///{tmp_path}/none/a.db"\n')
    for arguments in (["list"], ["show", "a"], ["reconcile"]):
        result = run("commands", *arguments, "-c", str(config))
        assert result.exit_code == Exit.USAGE
        assert "unable to open database file" in result.output


# ---- show


@pytest.mark.parametrize("prefix", ["", "Command:"])
def test_a_command_is_shown_with_all_that_is_known_of_it(config: str, desk: ScriptedDesk, prefix: str) -> None:
    desk.timeline = [
        moved(0, LOST, None, "PENDING", "caller"),
        moved(2, LOST, "PENDING", "SENT", "answer"),
        moved(62, LOST, "SENT", "TIMED_OUT", "deadline", "no evidence came before the deadline"),
    ]
    result = run("commands", "show", f"{prefix}{'b' * 32}", "-c", config)
    assert result.exit_code == Exit.OK
    *lines, advice = result.output.splitlines()
    assert lines == [
        f"Command:{'b' * 32}  EJECT_BATTERY  TIMED_OUT",
        f"  asked for       2026-06-01 10:00:00Z by operator, with the key key-{'b' * 32}",
        "  sent            2026-06-01 10:00:01Z",
        "  deadline        2026-06-01 10:01:01Z",
        "  outcome known   not for good",
        "  safe to repeat  no: it could act twice",
        "",
        "Targets",
        "  #0  TIMED_OUT        since 2026-06-01 10:01:01Z  Slot:cabinets-eu:XYZ00001:1",
        "      vendor's task   task-7",
        "      vendor's code   0 success",
        "      problem         VENDOR_TIMED_OUT: no evidence came before the deadline",
        "",
        "Timeline",
        "  2026-06-01 10:00:00Z  #0  PENDING  by caller",
        "  2026-06-01 10:00:02Z  #0  PENDING → SENT  by answer",
        "  2026-06-01 10:01:02Z  #0  SENT → TIMED_OUT  by deadline: no evidence came before the deadline",
        "",
        "What it means",
        "  what happened   The deadline passed without proof. It may have happened, and it may still happen.",
        "  the gateway     Keeps looking, less and less often; late evidence corrects the status.",
    ]
    assert advice.startswith(
        "  you             Look at the device, or have chargegraph commands reconcile ask the vendor."
    )


@pytest.mark.usefixtures("desk")
def test_a_command_on_many_things_is_summed_up(config: str) -> None:
    output = run("commands", "show", "c" * 32, "-c", config).output
    assert "  how             mode ECO, reason sunny\n" in output
    assert "  in sum          1 SENT, 3 CONFIRMED\n" in output
    assert "  safe to repeat  yes\n" in output
    assert "no proof will come: look at the device. Ordering it again does no harm: it sets a state." in output


def test_a_command_as_json_has_the_names_of_the_schema(config: str, desk: ScriptedDesk) -> None:
    session = session_ref("cabinets-eu", "T1")
    desk.commands = [replace(LOST, targets=(replace(LOST.targets[0], session=session),))]
    desk.timeline = [moved(2, LOST, "PENDING", "SENT", "answer")]
    shown = json.loads(run("commands", "show", "b" * 32, "-c", config, "--json").output)
    assert shown == {
        "id": f"Command:{'b' * 32}",
        "kind": "EJECT_BATTERY",
        "status": "TIMED_OUT",
        "caller": "operator",
        "idempotencyKey": f"key-{'b' * 32}",
        **dict.fromkeys(["operation", "mode", "minutes", "prepaid", "tariff", "externalId", "reason"]),
        "createdAt": "2026-06-01T10:00:00+00:00",
        "sentAt": "2026-06-01T10:00:01+00:00",
        "deadline": "2026-06-01T10:01:01+00:00",
        "completedAt": None,
        "isSafeToRetry": False,
        "problem": {
            "code": "VENDOR_TIMED_OUT",
            "message": "no evidence came before the deadline",
            "resolution": "USER_ACTION",
            "retryAt": None,
        },
        "targets": [
            {
                "position": 0,
                "device": "Device:cabinets-eu:XYZ00001",
                "slot": "Slot:cabinets-eu:XYZ00001:1",
                "battery": None,
                "session": session.id,
                "status": "TIMED_OUT",
                "updatedAt": "2026-06-01T10:01:01+00:00",
                "wasSent": True,
                "vendorTaskId": "task-7",
                "raw": {"code": "0", "label": "success"},
                "problem": shown["problem"],
            }
        ],
        "timeline": [
            {
                "at": "2026-06-01T10:00:02+00:00",
                "position": 0,
                "from": "PENDING",
                "to": "SENT",
                "by": "answer",
                "message": None,
            }
        ],
        "next": next_steps(LOST),
    }


@pytest.mark.parametrize("verb", ["show", "reconcile"])
@pytest.mark.usefixtures("desk")
def test_a_command_that_is_not_there_is_said(config: str, verb: str) -> None:
    result = run("commands", verb, "d" * 32, "-c", config)
    assert result.exit_code == Exit.FAILED
    assert f"There is no Command:{'d' * 32}." in result.output


def test_every_status_has_its_meaning_in_plain_words() -> None:
    assert list(MEANINGS) == list(CommandStatus)
    for meaning in MEANINGS.values():
        assert all(sentence.endswith(".") for sentence in meaning)


# ---- reconcile


def test_every_open_command_is_looked_at_and_what_changed_is_shown(config: str, desk: ScriptedDesk) -> None:
    desk.looks = {
        LOST.ref: replace(LOST, targets=(target(0, CommandStatus.CONFIRMED),)),
        MANY.ref: replace(MANY, targets=(*MANY.targets[:3], target(3, CommandStatus.CONFIRMED))),
    }
    result = run("commands", "reconcile", "-c", config)
    assert result.exit_code == Exit.OK
    assert desk.looked_at == [MANY.ref, LOST.ref]
    assert result.stdout.splitlines() == [
        f"✓ 1/2 {MANY.ref} SET_CHARGER_MODE SENT → CONFIRMED (1 of 4 targets moved)",
        f"✓ 2/2 {LOST.ref} EJECT_BATTERY TIMED_OUT → CONFIRMED",
    ]


def test_what_stays_open_ends_with_a_code_of_its_own(config: str, desk: ScriptedDesk) -> None:
    desk.looks = {LOST.ref: LOST}  # and of the other one nothing is known any more
    result = run("commands", "reconcile", "-c", config)
    assert result.exit_code == Exit.OPEN
    assert result.stdout.splitlines() == [
        f"… 1/2 {MANY.ref} SET_CHARGER_MODE SENT (0 of 4 targets moved)",
        f"… 2/2 {LOST.ref} EJECT_BATTERY TIMED_OUT (nothing new)",
    ]
    assert result.stderr.splitlines() == [
        "Asking the vendors…",
        "✗ 2 commands stay open: nothing proves the outcome yet.",
        "  docs/commands.md says what to do meanwhile.",
    ]


def test_one_command_can_be_looked_at(config: str, desk: ScriptedDesk) -> None:
    desk.looks = {LOST.ref: replace(LOST, targets=(target(0, CommandStatus.FAILED),))}
    result = run("commands", "reconcile", LOST.ref.id, "-c", config)
    assert (result.exit_code, desk.looked_at) == (Exit.OK, [LOST.ref])
    assert result.stdout == f"✓ 1/1 {LOST.ref} EJECT_BATTERY TIMED_OUT → FAILED\n"


def test_a_settled_command_is_not_looked_at(config: str, desk: ScriptedDesk) -> None:
    result = run("commands", "reconcile", "a" * 32, "-c", config)
    assert (result.exit_code, desk.looked_at) == (Exit.OK, [])
    assert result.output == f"{DONE.ref} is CONFIRMED. {MEANINGS[CommandStatus.CONFIRMED].happened}\n"


def test_nothing_open_is_said(config: str, desk: ScriptedDesk) -> None:
    desk.commands = [DONE]
    result = run("commands", "reconcile", "-c", config)
    assert (result.exit_code, result.output) == (Exit.OK, "Nothing is open that a vendor could tell of.\n")


def test_what_nothing_can_prove_is_not_waited_for(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = ScriptedDesk([LOST])
    put_in_place(desk, monkeypatch, {"cabinets-eu": member(proof="")})
    assert run("commands", "reconcile", "-c", config).exit_code == Exit.OK
    assert desk.looked_at == []


def test_a_vendor_that_could_not_be_asked_is_named(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    down = Problem(ProblemCode.VENDOR_UNREACHABLE, "slotByCabinetId: cannot connect", Resolution.RETRY_LATER)
    put_in_place(ScriptedDesk([LOST]), monkeypatch, {"cabinets-eu": member(problem=down)})
    assert "\ncabinets-eu: slotByCabinetId: cannot connect\n" in run("commands", "reconcile", "-c", config).stderr


def test_an_account_that_is_gone_from_the_configuration_is_named(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_place(ScriptedDesk([LOST]), monkeypatch)
    result = run("commands", "reconcile", "-c", config)
    assert result.exit_code == Exit.OPEN
    assert "The configuration has no account called cabinets-eu any more" in result.stderr


def test_no_more_than_a_few_are_looked_at_side_by_side(config: str, desk: ScriptedDesk) -> None:
    desk.commands = [command(f"{number:032}", target(0, CommandStatus.SENT)) for number in range(30)]
    desk.looks = {one.ref: one for one in desk.commands}
    result = run("commands", "reconcile", "-c", config)
    assert (result.exit_code, len(desk.looked_at)) == (Exit.OPEN, 30)
    assert desk.busiest == 8
