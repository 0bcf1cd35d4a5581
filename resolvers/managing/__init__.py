"""Changes of what a vendor keeps for an account: its sites, where devices stand, and its prices."""
