"""Delivery of outbox rows, one file for each channel."""
