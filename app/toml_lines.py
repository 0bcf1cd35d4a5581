"""Where in a TOML text each key stands, since the standard library's parser does not tell.

The text is known to be valid TOML already, so that this needs to recognise only what can hold a key: headers,
`key = value` at the start of a statement, and whatever must be skipped to find the next statement.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_HEADER = re.compile(r"(\[\[?)(?P<key>(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\]\"'])+)\]\]?")
_KEY = re.compile(r"(?P<key>(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^=\"'])+)=")
_STRING = re.compile(r"\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'", re.DOTALL)
_PLAIN = re.compile(r"[^\[\]{}\"'#\n]+")


def lines_of(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every table and key by its path; the n-th table of an array has n, from 0, in its path."""
    found: dict[Path, int] = {}
    sizes: dict[Path, int] = {}
    table: Path = ()
    at = _after_blank(text, 0)
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        if header := _HEADER.match(text, at):
            table = _numbered(_parts(header["key"]), sizes, opens_item=header[1] == "[[")
            found.setdefault(table, line)
            at = header.end()
        elif key := _KEY.match(text, at):
            path = (*table, *_parts(key["key"]))
            for length in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:length], line)
            at = _after_value(text, key.end())
        else:
            break
        at = _after_blank(text, at)
    return found


def line_at(lines: Mapping[Path, int], path: Sequence[str | int]) -> int | None:
    """The line of the key, or of the nearest thing around it that has one."""
    for length in range(len(path), 0, -1):
        if line := lines.get(tuple(path[:length])):
            return line
    return None


def _after_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _parts(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, unquoted, by the parser itself."""
    nested: object = tomllib.loads(f"{dotted.strip()} = 0")
    parts: list[str] = []
    while isinstance(nested, dict):
        name, nested = next(iter(nested.items()))
        parts.append(name)
    return tuple(parts)


def _numbered(parts: tuple[str, ...], sizes: dict[Path, int], *, opens_item: bool) -> Path:
    """The header's path with the number of the item after each array of tables."""
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if opens_item and position == len(parts) - 1:
            sizes[path] = sizes.get(path, 0) + 1
        if path in sizes:
            path = (*path, sizes[path] - 1)
    return path


def _after_value(text: str, at: int) -> int:
    """Past the value, which ends at the first line end outside strings and brackets."""
    depth = 0
    while at < len(text):
        if piece := _STRING.match(text, at) or _PLAIN.match(text, at):
            at = piece.end()
            continue
        if text[at] == "\n" and depth == 0:
            return at
        if text[at] == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
            continue
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(text[at], 0)
        at += 1
    return at
