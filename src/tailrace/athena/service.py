"""The registry of Athena's operations, with every file that registers some."""

from tailrace.athena import data_catalogs, named_queries, prepared_statements, tags, workgroups
from tailrace.athena.registry import SERVICE

__all__ = ["SERVICE", "data_catalogs", "named_queries", "prepared_statements", "tags", "workgroups"]
