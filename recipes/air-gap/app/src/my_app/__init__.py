"""Your project: put it in place of this folder."""
