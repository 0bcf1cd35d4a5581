"""What outlives the process: SQLAlchemy tables and their migrations, on SQLite or PostgreSQL."""
