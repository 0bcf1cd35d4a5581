"""Acting: on hardware, and on what vendors keep. `root` puts the families together."""
