"""The tables. A change here needs a migration; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

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

REF = 1024
"""Longer than any id that a vendor is known to give; ids with non-ASCII characters are written three times as long."""

commands = Table(
    "commands",
    metadata,
    Column("id", String(32), primary_key=True, comment="hexadecimal, rising with time"),
    Column("caller", String(255), nullable=False, comment="whose idempotency key it is"),
    Column("idempotency_key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False, comment="SHA-256 of id and request"),
    Column("kind", String(32), nullable=False),
    Column("status", String(32), nullable=False, comment="of the whole"),
    Column("instruction", LargeBinary, nullable=False, comment="JSON, without personal data"),
    Column("is_absolute", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    UniqueConstraint("caller", "idempotency_key", name="commands_by_key"),
    Index("commands_by_age", "created_at"),
    comment="Acts on hardware that somebody asked for",
)

command_calls = Table(
    "command_calls",
    metadata,
    Column("id", String(40), primary_key=True, comment="the command's id and the number of the call"),
    Column("command", String(32), ForeignKey("commands.id", ondelete="CASCADE"), nullable=False),
    Column("account", String(63), nullable=False),
    Column("phase", String(16), nullable=False, comment="waiting, sending, answered or over"),
    Column("token_hash", String(64), nullable=False, unique=True, comment="SHA-256 of the callback path's token"),
    Column("vendor_task_id", String(255), nullable=True),
    Column("before", LargeBinary, nullable=False, comment="JSON, what was known before the call"),
    Column("answer", LargeBinary, nullable=False, comment="JSON, what the vendor answered"),
    Column("sent_at", DateTime(timezone=True), nullable=True, comment="UTC, before the first byte"),
    Column("deadline", DateTime(timezone=True), nullable=True, comment="UTC"),
    Column("wants_look", Boolean, nullable=False, comment="somebody asks its owner to look at once"),
    Column("owner", String(32), nullable=False, comment="the process that sends and follows it"),
    Column("owned_until", DateTime(timezone=True), nullable=False, comment="UTC; then another process takes over"),
    Index("command_calls_by_command", "command"),
    Index("command_calls_by_owner", "phase", "owner", "owned_until"),
    comment="Calls to vendors that commands need, each sent at most once",
)

command_targets = Table(
    "command_targets",
    metadata,
    Column("command", String(32), ForeignKey("commands.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("call", String(40), ForeignKey("command_calls.id", ondelete="CASCADE"), nullable=False),
    Column("account", String(63), nullable=False),
    Column("device", String(REF), nullable=False),
    Column("slot", String(REF), nullable=True),
    Column("battery", String(REF), nullable=True),
    Column("session", String(REF), nullable=True),
    Column("hold", String(REF), nullable=False, comment="what no second command may touch while this one is open"),
    Column("is_open", Boolean, nullable=False, comment="its outcome is still looked after"),
    Column("status", String(32), nullable=False),
    Column("problem", LargeBinary, nullable=True, comment="JSON"),
    Column("raw_code", String(255), nullable=True),
    Column("raw_label", Text, nullable=True),
    Column("was_sent", Boolean, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Index("command_targets_by_call", "call"),
    Index("command_targets_by_device", "device", "is_open"),
    Index("command_targets_by_session", "session"),
    comment="What commands act on, each with a status of its own",
)

command_locks = Table(
    "command_locks",
    metadata,
    Column("device", String(REF), primary_key=True),
    Column("taken_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    comment="A row a device, locked while a command on it is being written down",
)

command_callbacks = Table(
    "command_callbacks",
    metadata,
    Column("call", String(40), ForeignKey("command_calls.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(255), primary_key=True, comment="the same for a callback that is the same"),
    Column("received_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("is_held", Boolean, nullable=False, comment="it came before the answer to the call"),
    Column("media_type", String(255), nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="What vendors said of single calls",
)

events = Table(
    "events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("type", String(40), nullable=False),
    Column("account", String(63), nullable=True),
    Column("occurred_at", DateTime(timezone=True), nullable=True, comment="UTC, by the vendor's word"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("device", String(REF), nullable=True),
    Column("slot", String(REF), nullable=True),
    Column("battery", String(REF), nullable=True),
    Column("charging_session", String(REF), nullable=True),
    Column("command", String(64), nullable=True),
    Column("vendor_subscription", String(REF), nullable=True),
    Column("raw", LargeBinary, nullable=True, comment="JSON, without personal data"),
    Index("events_by_command", "command"),
    comment="What happened, in the order in which it became visible",
    sqlite_autoincrement=True,
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("secret", String(255), nullable=False, comment="readable, since vendors are told it again"),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    comment="Path secrets of webhooks that the configuration leaves to this gateway",
)

inbox = Table(
    "inbox",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", String(63), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("state", String(16), nullable=False, comment="waiting, done or dead"),
    Column("reason", Text, nullable=True, comment="of what is dead; no data of the letter"),
    Column("attempts", Integer, nullable=False, comment="how often its vendor could not confirm it"),
    Column("try_at", DateTime(timezone=True), nullable=True, comment="UTC, not before then"),
    Column("settled_at", DateTime(timezone=True), nullable=True, comment="UTC, when it was done or dead"),
    Column("size", Integer, nullable=False, comment="of the body, in bytes"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the body"),
    Column("headers", LargeBinary, nullable=True, comment="JSON; gone when done"),
    Column("body", LargeBinary, nullable=True, comment="as it came; gone when done: it holds personal data"),
    Index("inbox_by_account", "account", "state", "number"),
    Index("inbox_by_end", "state", "settled_at"),
    comment="What vendors pushed, as it came",
    sqlite_autoincrement=True,
)

inbox_turns = Table(
    "inbox_turns",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("owner", String(32), nullable=False, comment="the process that takes in its letters"),
    Column("owned_until", DateTime(timezone=True), nullable=False, comment="UTC; then another one may"),
    comment="Which process takes in the letters of which account",
)

pushed_keys = Table(
    "pushed_keys",
    metadata,
    Column("account", String(63), primary_key=True),
    Column("key", String(64), primary_key=True, comment="SHA-256 of what identifies it"),
    Column(
        "letter",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
        comment="the letter that said it",
    ),
    Column("received_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Index("pushed_keys_by_age", "received_at"),
    comment="What pushes said that was taken in, so that it is taken in once",
)
