"""Ids as clients write them, turned into refs, with an error that says what is wrong."""

from graph.errors import bad_input
from model.refs import Kind, Ref

MOST_SHOWN = 80


def parse(text: str) -> Ref:
    """The ref of any kind that an id names."""
    try:
        return Ref.parse(text)
    except ValueError:
        raise bad_input(f"not an id of this graph: {_shown(text)}") from None


def parse_as(text: str, kind: Kind) -> Ref:
    """The ref of one kind that an id names."""
    try:
        ref = Ref.parse(text)
    except ValueError:
        raise bad_input(f"expected {_named(kind)}, got {_shown(text)}") from None
    if ref.kind is not kind:
        raise bad_input(f"expected {_named(kind)}, got {_named(ref.kind)}: {_shown(text)}")
    return ref


def account_key(text: str) -> str:
    """The key of an account, from its id or from the bare key that the configuration gives it."""
    return parse_as(text, Kind.ACCOUNT).account if ":" in text else text


def _named(kind: Kind) -> str:
    return f"{'an' if kind.value[0] in 'AE' else 'a'} {kind.value} id"


def _shown(text: str) -> str:
    return repr(text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "...")
