"""last known state"""  # noqa: D400, D415 - Alembic shows it as the revision's name

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of the newest answers."""
    op.create_table(
        "last_known",
        sa.Column("account", sa.String(63), primary_key=True),
        sa.Column("part", sa.String(32), primary_key=True),
        sa.Column(
            "native", sa.String(255), primary_key=True, comment="the vendor's id, empty where the part is kept once"
        ),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("value", sa.LargeBinary, nullable=False, comment="JSON, as hub.parts.encode writes it"),
        comment="The newest answer to every kind of read, for a restart while vendors are down",
    )
