"""What vendors push, kept as it came before anybody is told so, until all that it says was taken in."""
