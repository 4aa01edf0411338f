"""Servers that can be put under load: each is started in a throw-away folder, filled with rooms, loaded by
`partyline load` in its own process, and stopped. bench/legs and bench/against_janus use them."""
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PARTYLINE_BUILD") or os.path.join(ROOT, "build")
PORTS = range(*map(int, os.environ.get("PARTYLINE_BENCH_PORTS", "20000-59999").split("-")))
LEGS_PER_PORT = 64          # as sim/load/doors.hpp: so many local addresses share a port


class Failed(Exception):
    """Something that the reader can do something about."""


class Room:
    """How many legs there are, how many of them in a room, how many talk in each; in which codec."""

    def __init__(self, name, legs, size, talking, codec):
        self.name, self.legs, self.size, self.talking, self.codec = name, legs, size or legs, talking, codec

    @property
    def rooms(self):
        return (self.legs + self.size - 1) // self.size


def free_ports(count, kind=socket.SOCK_DGRAM):
    """The first of `count` neighbouring ports that nobody has; even."""
    start = free_ports.next
    while start + count < PORTS.stop:
        try:
            with contextlib.ExitStack() as stack:
                for port in range(start, start + count, max(1, count // 16)):
                    for family in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                        probe = stack.enter_context(socket.socket(socket.AF_INET, family))
                        probe.bind(("0.0.0.0", port))
            free_ports.next = start + count + count % 2
            return start
        except OSError:
            start += 2
    free_ports.next = PORTS.start
    raise Failed(f"no {count} free ports in {PORTS.start}-{PORTS.stop}: PARTYLINE_BENCH_PORTS says where to look")


free_ports.next = PORTS.start


def ask(port, method, path, body=None, headers=None, line=None):
    """One JSON request to 127.0.0.1; (status, body, parsed if it is JSON). `line`: a connection to use again."""
    own = line or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    own.request(method, path, json.dumps(body) if body is not None else None,
                {"Content-Type": "application/json", **(headers or {})})
    answer = own.getresponse()
    text = answer.read()
    if line is None:
        own.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text.decode(errors="replace")


class Server:
    """A process in a folder of its own that goes away with it."""
    name = ""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix=f"bench-{self.name}-")
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def launch(self, arguments, **more):
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **more)

    def wait(self, ready, seconds=20):
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                if ready():
                    return
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log.name, errors="replace") as log:
                    raise Failed(f"{self.name} does not come up:\n{log.read()[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, room, seconds, more):
        """Runs `partyline load` against this server; its report."""
        arguments = [os.path.join(BUILD, "partyline"), "load", "--json", "--codec", room.codec, "--talking",
                     str(room.talking), "--seconds", str(seconds), "--pid", str(self.process.pid), *more]
        done = subprocess.run(arguments, capture_output=True, text=True)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise Failed(f"{' '.join(arguments)}\nended with {done.returncode}: {done.stderr}") from None

    def endpoints(self, room, remotes, payload_type, locals_=None):
        path = os.path.join(self.folder, "endpoints.json")
        listed = [{"remote": remote, "payload_type": payload_type} for remote in remotes]
        for endpoint, local in zip(listed, locals_ or ()):
            endpoint["local"] = local
        with open(path, "w") as file:
            json.dump(listed, file)
        return ["--endpoints", path, "--room-size", str(room.size), "--rate", "500"]


class Raw(Server):
    """Receives and returns packets and does nothing else: the limit of this machine."""
    name = "raw"

    def start(self):
        self.port = free_ports(2)
        self.launch([os.path.join(BUILD, "bench", "raw_echo"), str(self.port)])
        time.sleep(0.2)

    def run(self, room, seconds):
        more = self.endpoints(room, [f"127.0.0.1:{self.port}"] * room.legs, 0)
        doors = free_ports(2 * (room.legs // LEGS_PER_PORT + 2))
        return self.load(room, seconds, [*more, "--echo", "--port", str(doors), "--warm-up", "1"])


class Partyline(Server):
    """This server, with limits raised so that one address may be many telephones."""
    name = "partyline"
    rate = 100    # calls per second

    def __init__(self, legs, extra=""):
        super().__init__()
        self.legs, self.extra = legs, extra

    def start(self):
        self.http, self.sip = free_ports(2), free_ports(2)
        rtp = free_ports(2 * self.legs + 16)
        config = os.path.join(self.folder, "partyline.toml")
        with open(config, "w") as file:
            file.write(f'data = "{self.folder}/data"\nsupervise = false\nlog_level = "warn"\n'
                       f'[http]\nlisten = "127.0.0.1:{self.http}"\n'
                       f'[sip]\nlisten = "127.0.0.1:{self.sip}"\ncalls_max = {self.legs + 10}\n'
                       f'allow_guests = true\ncalls_per_source = {self.legs + 10}\n'
                       f'[rtp]\nports = "{rtp}-{rtp + 2 * self.legs + 15}"\n{self.extra}\n')
        self.launch([os.path.join(BUILD, "partyline"), "serve", "--config", config])
        self.wait(lambda: ask(self.http, "GET", "/readyz")[0] == 200)

    def make_rooms(self, count):
        with open(os.path.join(self.folder, "data", "cli.token")) as file:
            headers = {"Authorization": f"Bearer {file.read().strip()}"}
        rooms = []
        line = http.client.HTTPConnection("127.0.0.1", self.http, timeout=20)
        for number in range(count):
            if number % 40 == 39:
                time.sleep(1)  # the server takes 50 requests a second from one connection
            status, made = ask(self.http, "POST", "/api/conferences",
                               {"title": f"Load {number}", "guest_pin": "4321"}, headers, line)
            if status >= 300:
                raise Failed(f"no conference: {status} {made}")
            rooms.append({"conference": made["number"], "pin": "4321"})
        path = os.path.join(self.folder, "rooms.json")
        with open(path, "w") as file:
            json.dump(rooms, file)
        return path

    def run(self, room, seconds):
        path = self.make_rooms(room.rooms)
        doors = free_ports(2 * (room.legs // LEGS_PER_PORT + 2))
        return self.load(room, seconds, ["--sip", f"127.0.0.1:{self.sip}", "--rooms", path, "--legs", str(room.legs),
                                         "--rate", str(self.rate), "--port", str(doors), "--metrics",
                                         f"http://127.0.0.1:{self.http}/metrics"])


def measure(room, make, seconds):
    """A fresh server for each measurement: none inherits another's memory or backlog."""
    free_ports.next = PORTS.start
    with make(room) as server:
        return server.run(room, seconds)


def find_limit(make, room_of, first, seconds, say):
    """The greatest number of legs that keeps up, within 6 %: (legs, its report)."""
    best, report, over, legs = 0, None, None, first
    while over is None or over > best * 1.06 + 8:
        room = room_of(legs)
        found = measure(room, make, seconds)
        say(f"  {room.name}, {room.codec}, {room.legs} legs: {'keeps up' if found['keeps_up'] else 'does not keep up'}")
        if found["keeps_up"]:
            best, report = room.legs, found
        else:
            over = room.legs
        if over is not None and over <= 16:
            break
        legs = int(best * 1.5) if over is None else (best + over) // 2
    return best, report
