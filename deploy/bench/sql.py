"""The benchmark's named queries."""

from elevator import sql

QUERIES = sql.load("deploy.bench")
