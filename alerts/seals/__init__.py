"""Records nobody can alter: every entry is sealed with the hash of the one before (ADR 0017)."""
