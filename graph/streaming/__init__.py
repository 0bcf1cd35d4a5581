"""Runs subscriptions: each answer is executed once for all who ask the same with the same rights, and encoded once."""
