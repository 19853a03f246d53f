"""EventBridge Pipes: filter patterns, input templates, source batching, targets."""
