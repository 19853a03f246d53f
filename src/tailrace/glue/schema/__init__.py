"""What lies in a file: formats told apart, schemas inferred. Pure: bytes in, shapes out; made for a worker process."""
