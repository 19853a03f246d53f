"""Log and consumer: durable state, positions, ledger, jobs and time. Knows nothing of AWS; opens no sockets."""
