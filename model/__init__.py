"""The words of ChargeGraph: what vendors are translated into and what the graph is made of.

Standard library only, no I/O. Anybody may import `model`; `model` imports nobody.
"""
