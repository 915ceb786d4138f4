"""Maintenance: what is done at a lift and when it is due, visits, work orders. It never decides about rescues."""
