"""What queries read: Glue's tables and views, their partitions, and the objects in S3 behind them."""
