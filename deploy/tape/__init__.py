"""Recordings of what lifts said: written from a broker, played into one, or heard by the detector in virtual time."""
