"""What callers of the simulated vendor send, and how they are refused."""

from collections.abc import Mapping
from typing import TypeAlias

Form: TypeAlias = Mapping[str, str]


class Refusal(Exception):
    """What the vendor answers with success false."""

    def __init__(self, error: str, code: str = "-1") -> None:
        super().__init__(error)
        self.document = {"code": code, "error": error, "success": False}


def number(form: Form, key: str) -> float:
    """A field that must be a number."""
    try:
        return float(form[key])
    except (KeyError, ValueError):
        raise Refusal("参数错误") from None
