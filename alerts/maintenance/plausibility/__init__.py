"""Did it happen? A visit held against what its lift told, and against other visits; evidence, never a verdict."""
