"""HTTP and the live console."""
