"""`liftline score-visits`: simulated firms, honest and ghost, against the plausibility that the service computes."""
