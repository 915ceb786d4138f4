"""The servers that `up`, `demo`, tests and the benchmark start: one import for all of them."""

from deploy.broker import Mosquitto, find_clients, find_mosquitto
from deploy.child import scratch_folder
from deploy.mosquitto import Profile
from deploy.ports import free_port, holder, is_free
from deploy.postgres import Postgres, PostgresBinaries, find_postgres, server_version, wheel_postgres

__all__ = [
    "Mosquitto",
    "Postgres",
    "PostgresBinaries",
    "Profile",
    "find_clients",
    "find_mosquitto",
    "find_postgres",
    "free_port",
    "holder",
    "is_free",
    "scratch_folder",
    "server_version",
    "wheel_postgres",
]
