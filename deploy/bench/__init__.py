"""`liftline bench`: how much the intake takes, how fast an alarm is on disk, and what both cost (docs/benchmark.md)."""
