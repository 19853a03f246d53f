"""Stacks: templates, change sets, durable deployments and a resource handler for each type."""
