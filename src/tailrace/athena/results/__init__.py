"""Results: their columns as Athena describes them, and their rows out of the stored objects."""
