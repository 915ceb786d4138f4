"""`liftline score`: simulated lives through the real decision in virtual time, judged by their truth (ADR 0014)."""
