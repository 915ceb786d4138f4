"""What every program of Liftline agrees on: vocabulary, wire contract and the machinery beneath them."""
