"""CloudWatch metrics: put, metered by the services, kept for 15 days by the minute, and read as statistics."""
