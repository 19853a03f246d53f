"""Bytes to calls and back: AWS's protocols, compiled from botocore's service models. No I/O, no state."""
