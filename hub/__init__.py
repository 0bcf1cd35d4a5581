"""What lives while no query runs: accounts and their adapters, snapshots, quotas, health and the store."""
