"""CloudWatch Logs: groups, streams and events, with retention; what the functions and hops of the pipeline write to."""
