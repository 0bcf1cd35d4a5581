"""The tables. A change here needs a migration; a test compares the two."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

last_known = Table(
    "last_known",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("part", String(32), primary_key=True),
    Column("native", String(255), primary_key=True, comment="the vendor's id, empty where the part is kept once"),
    Column("fetched_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("value", LargeBinary, nullable=False, comment="JSON, as hub.parts.encode writes it"),
    comment="The newest answer to every kind of read, for a restart while vendors are down",
)

vendor_calls = Table(
    "vendor_calls",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("budget", String(255), nullable=False, comment="who shares the budget: hub.fleet names it"),
    Column("answered_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Index("vendor_calls_by_budget", "budget", "answered_at"),
    comment="Calls that vendors' quotas may still count, for a restart within their window",
)
