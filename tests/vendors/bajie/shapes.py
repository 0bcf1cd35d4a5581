"""JSON of any shape, and documents like a vendor's but for what is missing, added or of another kind."""

from typing import Any

from hypothesis import strategies as st

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8)
anything = st.recursive(
    scalars | st.sampled_from(["0", "1", "8", "Online", "2026-01-01 12:00:00", "EUR", "9999-12-31 23:59:59", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def shaped(document: Any) -> st.SearchStrategy[Any]:
    """Documents like this one: keys missing, added or in other case, values of any kind or as they were."""
    if isinstance(document, dict):
        keys = st.sampled_from([str.lower, str.upper, str])
        optional = {key: st.just(value) | shaped(value) | anything for key, value in document.items()}
        return st.builds(
            lambda known, extra, spell: {**{spell(key): value for key, value in known.items()}, **extra},
            st.fixed_dictionaries({}, optional=optional),
            st.dictionaries(st.text(max_size=8), anything, max_size=2),
            keys,
        )
    if isinstance(document, list):
        return st.lists(st.one_of([shaped(item) for item in document] or [anything]), max_size=4)
    return st.just(document) | anything
