"""What happens, as it happens: everything live is read off the event log, in its order."""
