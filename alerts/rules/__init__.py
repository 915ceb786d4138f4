"""One file for each rule of the decision; all of them pure."""
