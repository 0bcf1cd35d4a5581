"""The composition root: the only place that knows everything, and the only one that reads the environment."""
