"""What tests share: time they own, and adapters opened onto simulators."""
