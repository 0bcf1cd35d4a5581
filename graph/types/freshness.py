"""How fresh an object is, what is wrong where something is missing, and the vendor's own words."""

from datetime import datetime

from graph.context import Info
from graph.types.fields import edge, graph_type, plain
from graph.types.links import AccountLink
from model import records
from model.states import FreshnessSource, ProblemCode, Resolution
from resolvers import accounts


def _account(root: records.Problem, info: Info) -> records.Account | None:
    return None if root.account is None else info.context.ask(accounts.by_keys, [root.account])[0]


@graph_type()
class Problem:
    """Why something is missing, stale or refused, and what helps."""

    account: AccountLink | None = edge("Whose part is concerned, where it is one account's.", _account)
    code: ProblemCode = plain("What is wrong, for a program to act on.")
    message: str = plain("What is wrong, for a person.")
    resolution: Resolution = plain("What helps.")
    retry_at: datetime | None = plain("Asking again before then is of no use.")


@graph_type()
class Freshness:
    """How this gateway came to know an object, and how old that knowledge is."""

    observed_at: datetime | None = plain("When the device recorded it, where the vendor says so.")
    fetched_at: datetime | None = plain(
        "When this gateway received it; null when it was never reached yet.",
        "reading.fetched_at",
    )
    source: FreshnessSource = plain("Where it came from.", "reading.source")
    is_stale: bool = plain("True when it is older than what was asked for, or was never read.", "reading.is_stale")
    problem: Problem | None = plain("Why it is stale.", "reading.problem")


def freshness() -> Freshness:
    """The field of every object that is read from a vendor: the object is its own source of it."""
    field: Freshness = plain("How fresh this is.", _itself)
    return field


def _itself(source: object) -> object:
    return source


@graph_type()
class RawCode:
    """The vendor's own code beside the normalised one."""

    code: str = plain("As the vendor sent it.")
    label: str | None = plain("What the vendor calls it, where that is known.")
