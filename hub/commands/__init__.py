"""Commands: written down before anything is sent, sent at most once, and followed until their outcome is known."""
