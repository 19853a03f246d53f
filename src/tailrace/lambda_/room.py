"""What Lambda keeps in memory for a cloud: where code lies unpacked, the log lines on their way, the processes."""

from weakref import WeakKeyDictionary

from tailrace.lambda_.execution import Workers
from tailrace.lambda_.log_delivery import LogDelivery
from tailrace.lambda_.unpacked import Unpacked
from tailrace.service.cloud import Cloud


class Room:
    """The memory of one cloud. It goes with the cloud and nothing in it is missed after a restart."""

    def __init__(self) -> None:
        self.unpacked = Unpacked()
        self.logs = LogDelivery()


_ROOMS: WeakKeyDictionary[Cloud, Room] = WeakKeyDictionary()


def room_of(cloud: Cloud) -> Room:
    """Answer a cloud's room."""
    room = _ROOMS.get(cloud)
    if room is None:
        room = _ROOMS[cloud] = Room()
    return room


def workers_of(cloud: Cloud) -> Workers:
    """Answer who runs a cloud's functions."""
    workers: Workers = cloud.workers
    return workers
