"""What the endpoint takes from a client: sizes, times and numbers, in one table."""

MEBIBYTE = 1 << 20

LINE_BYTES_MAX = 16 * 1024  # the request line, and all headers together, each
HEAD_BYTES_MAX = 64 * 1024  # what may arrive before a head is complete
BODY_BYTES_MAX = 16 * MEBIBYTE
FUNCTIONS = "/2015-03-31/functions"
LAMBDA_BODY_BYTES_MAX = 70_167_211  # CreateFunction's: a zip of 50 MiB in Base64, and some
OBJECT_BYTES_MAX = 5 * 1024 * MEBIBYTE  # of one PutObject or UploadPart
BODIES_BYTES_MAX = 256 * MEBIBYTE  # all bodies in memory together
DISCARDED_BYTES_MAX = 64 * MEBIBYTE  # of a body that was refused, before the connection is closed instead

CONNECTIONS_MAX = 4096
PIPELINED_MAX = 16  # requests waiting on one connection before it isn't read any more
PIPELINED_HARD_MAX = 1024  # what may still have been in one piece with them
WRITE_BUFFER_BYTES = 512 * 1024
FILE_CHUNK_BYTES = 512 * 1024

HEAD_S = 20.0
IDLE_S = 120.0
BODY_GRACE_S = 30.0
BODY_BYTES_PER_S_MIN = 1024
WRITE_S = 60.0
LINGER_S = 2.0
SWEEP_S = 1.0
STOP_S = 5.0
