"""Queries being run: a durable job each, from its statement to its result in S3."""
