"""Free ports on the loopback, one block of numbers a purpose.

A port that was handed out is claimed by an abstract Unix socket until this process ends, so tests that run
side by side do not take each other's, and the claim cannot outlive a killed test.
"""
import random
import socket
import threading

HTTP = range(28200, 28300)
SIP = range(25200, 25300)
RTP = range(30000, 32700)      # of servers; below the range that Linux gives to clients
PHONES = range(26000, 27000)   # SIP and RTP of phones, control ports

_claims = []
_one_by_one = threading.Lock()


def _claim(port):
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0partyline-e2e-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _bindable(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT is free enough
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def free_port(block, count=1):
    """The first of `count` neighbouring ports, even-numbered when there is more than one."""
    with _one_by_one:
        return _find(block, count)


def _find(block, count):
    steps = list(range(block.start, block.stop - count + 1, count))
    turn = random.randrange(len(steps))
    for first in steps[turn:] + steps[:turn]:
        wanted = range(first, first + count)
        # Of a large block the ends say enough: the server copes with a port that is taken. Claimed before it is
        # probed, for a probe takes the port for a moment.
        probes = wanted if count <= 4 else (first, first + 1, first + count - 1)
        if not _claim(first):
            continue
        if all(_bindable(port) for port in probes):
            return first
        _claims.pop().close()
    raise RuntimeError(f"no free port in {block.start}..{block.stop - 1}")
