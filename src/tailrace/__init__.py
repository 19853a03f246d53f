"""Tailrace: every change of a DynamoDB table becomes rows that SQL can query, on one machine, by AWS's protocols."""

__version__ = "0.1.0"
