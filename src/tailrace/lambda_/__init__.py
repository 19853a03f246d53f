"""AWS Lambda: functions, versions and aliases, invocations, event source mappings. Python handlers only."""
