"""Compares the gateway with what one would write without it: `python -m bench`. See README.md."""
