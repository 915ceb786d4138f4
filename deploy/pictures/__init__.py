"""Pictures of the documentation that need no running platform: the strip chart of every rule."""
