"""The top layer: the liftline command and what starts the whole."""
