"""Reads a configuration file, and says of everything that is wrong with it where it stands and what helps."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ValidationError

from app.settings import (
    AuthSettings,
    CommandSettings,
    EventSettings,
    InboxSettings,
    LiveSettings,
    ServerSettings,
    Settings,
    StorageSettings,
)
from app.toml_lines import line_at, lines_of
from vendors.manifest import AccountSettings
from vendors.registry import manifests

Where: TypeAlias = tuple[str | int, ...]

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[^}]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "server": ServerSettings,
    "auth": AuthSettings,
    "storage": StorageSettings,
    "commands": CommandSettings,
    "inbox": InboxSettings,
    "events": EventSettings,
    "live": LiveSettings,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong: the line where known, the key, what it is, and what helps."""

    key: str
    message: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        place = ": ".join(part for part in (f"line {self.line}" if self.line else "", self.key) if part)
        return f"{place}: {self.message}. {self.remedy}"


class WrongSettings(Exception):
    """A configuration file that cannot be used, with every reason why."""

    def __init__(self, source: str, complaints: list[Complaint]) -> None:
        """`source` is the file's name, for the person who reads this."""
        super().__init__("\n".join(f"{source}: {complaint}" for complaint in complaints))
        self.source = source
        self.complaints = complaints


def load_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings in the file. Raises WrongSettings with everything that is wrong at once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        complaint = Complaint("", f"cannot be read: {reason}", "Check the path after --config.")
        raise WrongSettings(str(path), [complaint]) from None
    return parse_settings(text, environment, source=str(path))


def parse_settings(text: str, environment: Mapping[str, str], *, source: str = "configuration") -> Settings:
    """The settings in the text. Raises WrongSettings with everything that is wrong at once."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        complaint = Complaint("", f"not valid TOML: {error}", "Text needs quotes; see docs/configuration.md.", line)
        raise WrongSettings(source, [complaint]) from None
    reader = _Reader(text, environment)
    settings = reader.read(content)
    if reader.complaints or settings is None:
        raise WrongSettings(source, sorted(reader.complaints, key=lambda complaint: complaint.line or 0))
    return settings


class _Reader:
    """Reads one file, collecting complaints instead of stopping at the first."""

    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self._lines = lines_of(text)
        self._environment = environment
        self.complaints: list[Complaint] = []

    def read(self, content: dict[str, object]) -> Settings | None:
        filled = {key: self._filled(value, (key,)) for key, value in content.items()}
        if self.complaints:
            return None  # what a missing variable would have said cannot be judged
        tables = filled.pop("accounts", [])
        self._unknown(filled, (), (*_SECTIONS, "accounts"))
        parts = {name: self._part(model, filled.get(name, {}), (name,)) for name, model in _SECTIONS.items()}
        accounts = self._accounts(tables)
        return None if self.complaints else Settings.model_validate({**parts, "accounts": accounts})

    def _filled(self, value: object, where: Where) -> object:
        """The value with every `${NAME}` in its texts replaced from the environment."""
        match value:
            case str():
                return _REFERENCE.sub(lambda found: self._variable(found, where), value)
            case list():
                return [self._filled(item, (*where, index)) for index, item in enumerate(value)]
            case dict():
                return {key: self._filled(item, (*where, key)) for key, item in value.items()}
        return value

    def _variable(self, found: re.Match[str], where: Where) -> str:
        name = found["name"]
        if name is None:
            return "${"
        if not found[0].endswith("}") or not _NAME.fullmatch(name):
            self._complain(where, "${ without a variable's name and }", "Write ${NAME}, or $${ for the characters ${.")
        elif name not in self._environment:
            remedy = f"Set it before starting, for example: export {name}=..."
            self._complain(where, f"the environment variable {name} is not set", remedy)
        return self._environment.get(name, "")

    def _accounts(self, tables: object) -> list[AccountSettings]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._complain(("accounts",), "accounts are tables of their own", "Write [[accounts]] with two brackets.")
            return []
        accounts: list[AccountSettings] = []
        seen: dict[object, int | None] = {}
        for index, table in enumerate(tables):
            where: Where = ("accounts", index)
            account = self._account(table, where)
            identity = table.get("id")
            if identity is not None and identity in seen:
                first = f" on line {seen[identity]}" if seen[identity] else ""
                self._complain((*where, "id"), f"{identity!r} is taken{first}", "Give every account an id of its own.")
            seen.setdefault(identity, line_at(self._lines, (*where, "id")))
            if account is not None:
                accounts.append(account)
        return accounts

    def _account(self, table: dict[str, object], where: Where) -> AccountSettings | None:
        vendor, known = table.get("vendor"), manifests()
        if not isinstance(vendor, str) or vendor not in known:
            message = "missing" if vendor is None else f"no vendor is called {vendor!r}"
            guess = get_close_matches(str(vendor), known, n=1)
            hint = f"Did you mean {guess[0]}? " if guess else ""
            self._complain((*where, "vendor"), message, f"{hint}There are {', '.join(known)}.")
            return None
        account = self._part(known[vendor].settings, table, where)
        if not isinstance(account, AccountSettings):
            return None
        self._unknown(account.quotas, (*where, "quotas"), tuple(budget.name for budget in known[vendor].budgets))
        return account

    def _part(self, model: type[BaseModel], table: object, where: Where) -> BaseModel | None:
        """One table as its model, or None after complaining."""
        if not isinstance(table, dict):
            self._complain(where, "must be a table", f"Write [{where[0]}] on a line of its own and its keys below it.")
            return None
        try:
            return model.model_validate(table)
        except ValidationError as error:
            for detail in error.errors(include_input=False, include_context=False, include_url=False):
                place = (*where, *detail["loc"])
                if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
                    self._unknown({str(place[-1]): None}, where, tuple(model.model_fields))
                else:
                    self._complain(place, *_in_words(detail["type"], detail["msg"], model, detail["loc"]))
            return None

    def _unknown(self, keys: Mapping[str, object], where: Where, known: tuple[str, ...]) -> None:
        for key in keys:
            if key not in known:
                guess = get_close_matches(key, known, n=1)
                remedy = f"Did you mean {guess[0]}?" if guess else f"There are {', '.join(known)}."
                self._complain((*where, key), "there is no such key", remedy)

    def _complain(self, where: Where, message: str, remedy: str) -> None:
        self.complaints.append(Complaint("".join(_written(where)), message, remedy, line_at(self._lines, where)))


def _written(where: Where) -> Iterator[str]:
    """`accounts[0].devices[2]`, as people write it."""
    for index, part in enumerate(where):
        yield f"[{part}]" if isinstance(part, int) else f".{part}" if index else part


def _in_words(kind: str, message: str, model: type[BaseModel], loc: tuple[str | int, ...]) -> tuple[str, str]:
    """What pydantic says, as a message and what helps."""
    field = model.model_fields.get(str(loc[0])) if loc else None
    meaning = (field.description if field else None) or "See docs/configuration.md."
    if kind == "missing":
        return "missing", meaning
    if kind == "extra_forbidden":
        return "there is no such key", meaning
    said = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return (f"should be {said}" if message.startswith("Input should be ") else said), meaning
