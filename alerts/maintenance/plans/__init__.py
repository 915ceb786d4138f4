"""What is done at a visit: the published sets of items, and how a firm adds to them."""
