"""Packets by the ten thousand from a process of its own: python3 -m harness.flood IP PORT PER_SECOND SECONDS.

RTP of PCMU with a loud tone's worth of noise, of random sources and numbers, from a socket of its own. Paced by the
clock: 20 packets, then what is left of the millisecond. Prints how many it sent.
"""
import os
import random
import socket
import struct
import subprocess
import sys
import time

BURST = 20


def start(ip, port, per_second, seconds):
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return subprocess.Popen([sys.executable, "-m", "harness.flood", ip, str(port), str(per_second), str(seconds)],
                            cwd=folder, stdout=subprocess.PIPE, text=True)


def main(ip, port, per_second, seconds):
    chance = random.Random(1)
    packets = [struct.pack("!BBHII", 0x80, 0, chance.getrandbits(16), chance.getrandbits(32), chance.getrandbits(32)) +
               chance.randbytes(160) for _ in range(256)]
    sent, began = 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.connect((ip, port))
        while (now := time.monotonic()) < began + seconds:
            due = int((now - began) * per_second) - sent
            for n in range(min(due, 20 * BURST)):   # who stood still does not make up for all of it
                try:
                    door.send(packets[(sent + n) % 256])
                except OSError:
                    pass
            sent += max(due, 0)
            time.sleep(BURST / per_second)
    print(sent)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
