"""A crawl: walk the objects, look at them, group them into tables and partitions, compare with the catalog, write."""
