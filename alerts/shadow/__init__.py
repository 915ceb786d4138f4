"""A policy that is tried: it hears what the live one hears, behind the database, and opens nothing (ADR 0015)."""
