"""The console in a real browser, on the whole platform with real broker and database."""
