"""Fleets, passengers and crews that stand in for hardware and people."""
