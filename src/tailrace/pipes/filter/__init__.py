"""Filter patterns: their grammar, their conditions and how they match events."""
