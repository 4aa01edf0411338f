"""One RTP endpoint: sends a tone every 20 ms by an absolute clock, keeps what it hears with arrival times.

Thread: one of its own per endpoint. What it heard may be read at any time: the list only grows.
"""
import random
import select
import socket
import struct
import threading
import time

from . import ports, road, sound

EVENTS = "0123456789*#ABCD"
EVENT_FRAMES = 5          # 100 ms a key
KEY_PAUSE_FRAMES = 4


class Rtp:
    def __init__(self, payload_type=0, event_type=101, ip="127.0.0.1"):
        self.port = ports.free_port(ports.PHONES, 2)
        self.ip = ip
        self.payload_type = payload_type
        self.event_type = event_type
        self.heard = []                  # (arrival by time.monotonic, payload type, payload)
        self.sending = True              # False: no packet at all leaves
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ip, self.port))
        self._socket.setblocking(False)
        self._remote = None
        self._sound = None               # one second of encoded tone, or silence
        self._playing = (None, -12.0)
        self._keys = []                  # frames of events and pauses that come before the tone
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = None
        self._source = random.getrandbits(32)
        self._sequence = random.getrandbits(16)
        self._stamp = random.getrandbits(32)
        self.sent = 0
        self._frame = 0                  # of the second that is played
        self._script = []                # payloads that come before the tone, one a frame
        self.road = None                 # a bad network (road.py) towards the other side

    def play(self, frequency, level_dbfs=-12.0):
        """From now on this tone; None is silence."""
        self._playing = (frequency, level_dbfs)
        self._sound = sound.encoded_tone(frequency, self.payload_type, level_dbfs) if frequency else None

    def say(self, payloads, road=None):
        """Queues coded frames, which travel on `road`; what is played goes on behind them."""
        with self._lock:
            self._script = list(payloads)
            self.road = road

    def speak(self, payload_type):
        """From now on this codec, with the same tone if we can code it."""
        self.payload_type = payload_type
        if payload_type in sound.TONE_KINDS:
            self.play(*self._playing)

    def talk_to(self, ip, port):
        self._remote = (ip, port)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def press(self, keys):
        """Queues keys as RFC 4733 events; they are sent one after the other."""
        with self._lock:
            for key in keys:
                code = EVENTS.index(key)
                self._keys += [("event", code, n + 1, n == 0) for n in range(EVENT_FRAMES)]
                self._keys += [("end", code, EVENT_FRAMES, False)]
                self._keys += [("pause",)] * KEY_PAUSE_FRAMES

    def keys_pending(self):
        return bool(self._keys)

    def wait_keys(self, seconds=10):
        end = time.monotonic() + seconds
        while self._keys and time.monotonic() < end:
            time.sleep(0.02)

    def stop(self):
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(2)
        self._socket.close()

    # ---- what was heard

    def packets_since(self, when):
        return [packet for packet in list(self.heard) if packet[0] >= when]

    def samples(self, since, until):
        """What arrived in this time in the codec that is spoken now, one after the other, decoded."""
        out = []
        for at, kind, payload in list(self.heard):
            if since <= at < until and kind == self.payload_type:
                out += sound.decoded(payload, kind)
        return out

    def level(self, frequency, since, until):
        return sound.level(self.samples(since, until), frequency, sound.RATES[self.payload_type])

    # ---- the clock

    def _run(self):
        due = time.monotonic()
        event_stamp = self._stamp
        while not self._stopped.is_set():
            self._receive_until(due)
            with self._lock:
                frame = self._keys.pop(0) if self._keys else None
                if self.sending:
                    if frame is not None and frame[0] == "event" and frame[3]:
                        event_stamp = self._stamp
                    self._send_frame(frame, event_stamp)
            self._stamp = (self._stamp + sound.FRAMES[self.payload_type]) & 0xFFFFFFFF
            self._frame = (self._frame + 1) % 50
            due += 0.020
            if time.monotonic() - due > 0.5:   # the machine stood still; a phone would start anew as well
                due = time.monotonic()

    def _send_frame(self, frame, event_stamp):
        if frame is None or frame[0] == "pause":
            self._packet(self.payload_type, self._next_sound(), self._stamp, False)
        elif frame[0] == "event":
            self._packet(self.event_type, struct.pack("!BBH", frame[1], 10, frame[2] * sound.FRAME), event_stamp,
                         frame[3])
        else:  # the end is said three times (RFC 4733, 2.5.1.4)
            for _ in range(3):
                self._packet(self.event_type, struct.pack("!BBH", frame[1], 0x80 | 10, frame[2] * sound.FRAME),
                             event_stamp, False)

    def _next_sound(self):
        if self._script:
            return self._script.pop(0)
        kind, encoded = self.payload_type, self._sound   # another thread may change the codec just now
        if encoded is None or len(encoded) != sound.RATES[kind] * sound.BYTES[kind]:
            return sound.SILENCE[kind]
        size = sound.FRAMES[kind] * sound.BYTES[kind]
        return encoded[self._frame * size:(self._frame + 1) * size]

    def _packet(self, payload_type, payload, stamp, marker):
        self._sequence = (self._sequence + 1) & 0xFFFF
        header = struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), self._sequence,
                             stamp & 0xFFFFFFFF, self._source)
        if self.road is None:
            return self._deliver(header + payload)
        late_s = self.road.delay()
        if late_s is not None:
            road.post.send(time.monotonic() + late_s, lambda: self._deliver(header + payload))

    def _deliver(self, packet):
        try:
            self._socket.sendto(packet, self._remote)
            self.sent += 1
        except OSError:
            pass  # the other side closed its port: ICMP says so here

    def _receive_until(self, due):
        while True:
            left = due - time.monotonic()
            ready, _, _ = select.select([self._socket], [], [], max(left, 0))
            if not ready:
                return
            try:
                packet = self._socket.recv(2048)
            except OSError:
                continue
            if len(packet) > 12 and packet[0] >> 6 == 2:
                self.heard.append((time.monotonic(), packet[1] & 0x7F, packet[12:]))
            if left <= 0:
                return
