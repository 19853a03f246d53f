"""The text of a statement: tokens, the tree, the grammars of Trino (queries) and of Hive (DDL)."""
