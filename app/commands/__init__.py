"""The commands, a module each. They print for people and end with the exit codes of `app.commands.ending`."""
