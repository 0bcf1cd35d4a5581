"""commands and events"""  # noqa: D400, D415 - Alembic shows it as the revision's name

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

REF = 1024


def upgrade() -> None:
    """Make the tables of commands, of the calls they need and the things they act on, and of events."""
    op.create_table(
        "commands",
        sa.Column("id", sa.String(32), primary_key=True, comment="hexadecimal, rising with time"),
        sa.Column("caller", sa.String(255), nullable=False, comment="whose idempotency key it is"),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False, comment="SHA-256 of id and request"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False, comment="of the whole"),
        sa.Column("instruction", sa.LargeBinary, nullable=False, comment="JSON, without personal data"),
        sa.Column("is_absolute", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.UniqueConstraint("caller", "idempotency_key", name="commands_by_key"),
        comment="Acts on hardware that somebody asked for",
    )
    op.create_index("commands_by_age", "commands", ["created_at"])
    op.create_table(
        "command_calls",
        sa.Column("id", sa.String(40), primary_key=True, comment="the command's id and the number of the call"),
        sa.Column("command", sa.String(32), sa.ForeignKey("commands.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account", sa.String(63), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False, comment="waiting, sending, answered or over"),
        sa.Column(
            "token_hash", sa.String(64), nullable=False, unique=True, comment="SHA-256 of the callback path's token"
        ),
        sa.Column("vendor_task_id", sa.String(255), nullable=True),
        sa.Column("before", sa.LargeBinary, nullable=False, comment="JSON, what was known before the call"),
        sa.Column("answer", sa.LargeBinary, nullable=False, comment="JSON, what the vendor answered"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="UTC, before the first byte"),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True, comment="UTC"),
        sa.Column("wants_look", sa.Boolean, nullable=False, comment="somebody asks its owner to look at once"),
        sa.Column("owner", sa.String(32), nullable=False, comment="the process that sends and follows it"),
        sa.Column(
            "owned_until", sa.DateTime(timezone=True), nullable=False, comment="UTC; then another process takes over"
        ),
        comment="Calls to vendors that commands need, each sent at most once",
    )
    op.create_index("command_calls_by_command", "command_calls", ["command"])
    op.create_index("command_calls_by_owner", "command_calls", ["phase", "owner", "owned_until"])
    op.create_table(
        "command_targets",
        sa.Column("command", sa.String(32), sa.ForeignKey("commands.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("call", sa.String(40), sa.ForeignKey("command_calls.id", ondelete="CASCADE"), nullable=False),
        sa.Column("account", sa.String(63), nullable=False),
        sa.Column("device", sa.String(REF), nullable=False),
        sa.Column("slot", sa.String(REF), nullable=True),
        sa.Column("battery", sa.String(REF), nullable=True),
        sa.Column("session", sa.String(REF), nullable=True),
        sa.Column(
            "hold", sa.String(REF), nullable=False, comment="what no second command may touch while this one is open"
        ),
        sa.Column("is_open", sa.Boolean, nullable=False, comment="its outcome is still looked after"),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("problem", sa.LargeBinary, nullable=True, comment="JSON"),
        sa.Column("raw_code", sa.String(255), nullable=True),
        sa.Column("raw_label", sa.Text, nullable=True),
        sa.Column("was_sent", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        comment="What commands act on, each with a status of its own",
    )
    op.create_index("command_targets_by_call", "command_targets", ["call"])
    op.create_index("command_targets_by_device", "command_targets", ["device", "is_open"])
    op.create_index("command_targets_by_session", "command_targets", ["session"])
    op.create_table(
        "command_locks",
        sa.Column("device", sa.String(REF), primary_key=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        comment="A row a device, locked while a command on it is being written down",
    )
    op.create_table(
        "command_callbacks",
        sa.Column("call", sa.String(40), sa.ForeignKey("command_calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True, comment="the same for a callback that is the same"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("is_held", sa.Boolean, nullable=False, comment="it came before the answer to the call"),
        sa.Column("media_type", sa.String(255), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        comment="What vendors said of single calls",
    )
    op.create_table(
        "events",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("account", sa.String(63), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True, comment="UTC, by the vendor's word"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("device", sa.String(REF), nullable=True),
        sa.Column("slot", sa.String(REF), nullable=True),
        sa.Column("battery", sa.String(REF), nullable=True),
        sa.Column("charging_session", sa.String(REF), nullable=True),
        sa.Column("command", sa.String(64), nullable=True),
        sa.Column("vendor_subscription", sa.String(REF), nullable=True),
        sa.Column("raw", sa.LargeBinary, nullable=True, comment="JSON, without personal data"),
        comment="What happened, in the order in which it became visible",
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_command", "events", ["command"])
