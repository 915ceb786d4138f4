"""Records of a lift as a page for paper: made of what is stored, nothing in it can run."""
