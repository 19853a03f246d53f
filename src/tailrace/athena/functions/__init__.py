"""Trino's functions: tables of signatures, each with the DuckDB SQL that has its meaning."""
