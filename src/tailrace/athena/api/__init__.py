"""Athena's operations, a file a noun."""
