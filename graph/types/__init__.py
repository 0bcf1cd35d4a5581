"""The types of the graph, one module a family."""
