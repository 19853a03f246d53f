"""One verb, one file. Tools are clients: they speak boto3 and the `/_tailrace/` paths."""
