"""Lives of lifts in virtual time, with the truth about each: who was trapped, and what only looked like it."""
