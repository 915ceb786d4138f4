"""Storage that keeps itself (ADR 0009): chunks made ahead, roll-ups, retention, compression where the edition has it.

What belongs here is what programs must agree on about stored time series: who writes roll-ups, who reads them, and
which sample goes where.
"""
