"""Maintenance firms that do not exist: technicians who work through their rounds, and some who only say so."""
