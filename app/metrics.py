"""What /metrics tells: how queries go, what becomes of commands, and how each account's link to its vendor stands."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from graph.streaming.streams import Streams
from hub.fleet import Fleet
from hub.member import Member
from model.states import AccountStatus

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """One gateway's metrics, in a registry of their own: two gateways in one process do not add up."""

    def __init__(self) -> None:
        """Nothing counted yet."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.query_seconds = Histogram(
            "chargegraph_query_seconds",
            "How long GraphQL operations took.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.queries = Counter(
            "chargegraph_queries",
            "GraphQL operations by outcome: ok, errors (some field failed), refused (nothing ran).",
            ("outcome",),
            registry=self._registry,
        )
        for outcome in ("ok", "errors", "refused"):
            self.queries.labels(outcome)
        self.webhook_requests = Counter(
            "chargegraph_webhook_requests",
            "Callbacks and pushes by outcome: taken, unknown (nobody waits at that path), unreadable, too_large, "
            "unsigned, unkept (the store did not answer).",
            ("outcome",),
            registry=self._registry,
        )
        for outcome in ("taken", "unknown", "unreadable", "too_large", "unsigned", "unkept"):
            self.webhook_requests.labels(outcome)

    def watch(self, fleet: Fleet) -> None:
        """Tell of this fleet's accounts and commands."""
        self._registry.register(_Accounts(fleet))
        self._registry.register(_Commands(fleet))

    def watch_streams(self, streams: Streams) -> None:
        """Tell of these streams."""
        self._registry.register(_Streams(streams))

    def exposition(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Accounts(Collector):
    """The state of every account at the moment of the scrape."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def collect(self) -> Iterator[Metric]:
        yield self._calls()
        yield self._family(
            "chargegraph_account_status",
            "1 for the status that the account's link to its vendor has now, 0 for the others.",
            ("status",),
            lambda member: [((status.value,), float(member.state().status is status)) for status in AccountStatus],
        )
        yield self._family(
            "chargegraph_account_last_success_timestamp_seconds",
            "When the vendor last answered, in seconds since the epoch.",
            (),
            lambda member: [((), at.timestamp()) for at in [member.state().last_success_at] if at],
        )
        yield self._family(
            "chargegraph_account_quota_remaining",
            "Vendor calls that the budget still allows in its window.",
            ("budget",),
            lambda member: [((quota.name,), float(quota.remaining)) for quota in member.quotas()],
        )
        yield self._family(
            "chargegraph_account_quota_limit",
            "Vendor calls that the budget allows in a window.",
            ("budget",),
            lambda member: [((quota.name,), float(quota.limit)) for quota in member.quotas()],
        )

    def _calls(self) -> CounterMetricFamily:
        family = CounterMetricFamily(
            "chargegraph_vendor_calls",
            "Calls sent to vendors by operation and outcome: OK, or the code of the problem.",
            labels=("account", "vendor", "operation", "outcome"),
        )
        for member in self._fleet.members.values():
            for (operation, outcome), count in sorted(member.calls.items()):
                family.add_metric((member.key, member.manifest.slug, operation, outcome), count)
        return family

    def _family(
        self,
        name: str,
        help_text: str,
        labels: tuple[str, ...],
        samples: Callable[[Member], list[tuple[tuple[str, ...], float]]],
    ) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, help_text, labels=("account", "vendor", *labels))
        for member in self._fleet.members.values():
            for values, number in samples(member):
                family.add_metric((member.key, member.manifest.slug, *values), number)
        return family


class _Commands(Collector):
    """What became of commands, as far as this process saw it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def collect(self) -> Iterator[Metric]:
        changes = CounterMetricFamily(
            "chargegraph_commands",
            "How often a target of a command reached a status, by the kind of command.",
            labels=("kind", "status"),
        )
        for (kind, status), count in sorted(self._fleet.desk.counts().items()):
            changes.add_metric((kind.value, status.value), count)
        yield changes
        yield GaugeMetricFamily(
            "chargegraph_commands_open",
            "Calls to vendors that this process sends, or whose outcome it looks after.",
            value=self._fleet.desk.open_calls(),
        )


class _Streams(Collector):
    """Live streams to clients."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "chargegraph_streams_open", "Live streams that clients have open.", value=self._streams.count
        )
        yield CounterMetricFamily(
            "chargegraph_stream_executions",
            "Answers of streams that were executed, each for everybody who asked the same.",
            value=self._streams.executions,
        )
