"""Tailrace: every change of a DynamoDB table becomes rows that SQL can query, on one machine, behind AWS's own protocols."""

__version__ = "0.1.0"
