"""A project that goes across."""
