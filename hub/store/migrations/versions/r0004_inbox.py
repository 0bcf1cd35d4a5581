"""inbox"""  # noqa: D400, D415 - Alembic shows it as the revision's name

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of what vendors push: secrets of addresses, letters, turns and the keys of what was taken in."""
    op.create_table(
        "webhook_secrets",
        sa.Column("account", sa.String(63), primary_key=True),
        sa.Column("secret", sa.String(255), nullable=False, comment="readable, since vendors are told it again"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        comment="Path secrets of webhooks that the configuration leaves to this gateway",
    )
    op.create_table(
        "inbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(63), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("state", sa.String(16), nullable=False, comment="waiting, done or dead"),
        sa.Column("reason", sa.Text, nullable=True, comment="of what is dead; no data of the letter"),
        sa.Column("attempts", sa.Integer, nullable=False, comment="how often its vendor could not confirm it"),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=True, comment="UTC, not before then"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="UTC, when it was done or dead"),
        sa.Column("size", sa.Integer, nullable=False, comment="of the body, in bytes"),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of the body"),
        sa.Column("headers", sa.LargeBinary, nullable=True, comment="JSON; gone when done"),
        sa.Column("body", sa.LargeBinary, nullable=True, comment="as it came; gone when done: it holds personal data"),
        comment="What vendors pushed, as it came",
        sqlite_autoincrement=True,
    )
    op.create_index("inbox_by_account", "inbox", ["account", "state", "number"])
    op.create_index("inbox_by_end", "inbox", ["state", "settled_at"])
    op.create_table(
        "inbox_turns",
        sa.Column("account", sa.String(63), primary_key=True),
        sa.Column("owner", sa.String(32), nullable=False, comment="the process that takes in its letters"),
        sa.Column("owned_until", sa.DateTime(timezone=True), nullable=False, comment="UTC; then another one may"),
        comment="Which process takes in the letters of which account",
    )
    op.create_table(
        "pushed_keys",
        sa.Column("account", sa.String(63), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True, comment="SHA-256 of what identifies it"),
        sa.Column(
            "letter",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
            comment="the letter that said it",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        comment="What pushes said that was taken in, so that it is taken in once",
    )
    op.create_index("pushed_keys_by_age", "pushed_keys", ["received_at"])
