"""From what vendors pushed to what is known: each thing once, the newest wins, proof where nobody signed."""
