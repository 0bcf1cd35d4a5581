"""What live streams are about, and where they stand in the event log: everything live is read off it."""
