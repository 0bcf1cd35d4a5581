"""The HTTP routes, a module each."""
