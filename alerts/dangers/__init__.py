"""Dangers derived from samples alone, one file each; `catalogue` follows them from sample to sample."""
