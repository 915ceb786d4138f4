"""The rescue brain: decides that someone is trapped and carries the rescue to its end."""
