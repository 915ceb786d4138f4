"""What the API answers, as OpenAPI documents it; `api.objects` makes these from rows (a test compares the two)."""
