"""From what a client wants hardware to do to an order for the command desk.

A wish is checked by itself, then against what is known of the fleet; only a wish with nothing against it is given.
"""
