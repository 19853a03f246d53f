"""S3: buckets, objects, multipart, listing."""
