"""How each thing is found: batch first, returning model records and never graph types.

Every edge is a function from many parents to as many answers in the same order.
"""
