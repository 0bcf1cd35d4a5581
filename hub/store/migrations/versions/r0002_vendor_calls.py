"""vendor calls"""  # noqa: D400, D415 - Alembic shows it as the revision's name

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of calls that quotas may still count."""
    op.create_table(
        "vendor_calls",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("budget", sa.String(255), nullable=False, comment="who shares the budget: hub.fleet names it"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        comment="Calls that vendors' quotas may still count, for a restart within their window",
    )
    op.create_index("vendor_calls_by_budget", "vendor_calls", ["budget", "answered_at"])
