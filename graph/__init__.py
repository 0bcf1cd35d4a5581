"""What the graph is: the only home of Strawberry types.

A graph type is a declaration; its values are the model records that `resolvers` return, read attribute by attribute.
"""
