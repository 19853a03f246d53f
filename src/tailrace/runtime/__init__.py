"""The only room with sockets, threads, subprocesses and the real clock: it puts everything together."""
