"""One running Partyline: the real binary on ports and a data folder of its own.

    with Server("mute") as server:
        alice = server.person("alice")          # .api signed in, .phone_user, .phone_password
        room = server.conference(people=["alice"])

The server's output goes to <folder>/server.log, which a failing test prints the end of.
"""
import json
import os
import shutil
import subprocess
import threading
import time
import urllib.request

from . import ports, processes
from .client import Api

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BINARY = os.path.abspath(os.environ.get("PARTYLINE") or os.path.join(ROOT, "build", "partyline"))
OUT = os.environ.get("PARTYLINE_E2E_OUT") or os.path.join(os.path.dirname(BINARY), "e2e")
RTP_PORTS = 200


class ServerDown(AssertionError):
    pass


class Person:
    def __init__(self, name, password):
        self.name, self.password = name, password
        self.api = None
        self.phone_user = self.phone_password = ""


class Server:
    def __init__(self, name, arguments=(), data=None, binary=None, supervise=True, environment=None):
        self.name = name
        self.binary = binary or BINARY
        self.folder = os.path.join(OUT, name)
        if data is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder, exist_ok=True)
        self.data = data or os.path.join(self.folder, "data")
        self.http_port = ports.free_port(ports.HTTP)
        self.sip_port = ports.free_port(ports.SIP)
        self.rtp_first = ports.free_port(ports.RTP, RTP_PORTS)
        self.arguments = list(arguments) + ([] if supervise else ["--no-supervise"])
        self.environment = {**os.environ, **(environment or {})}
        self.log_path = os.path.join(self.folder, "server.log")
        self.process = None
        self._one_by_one = threading.Lock()   # making people costs the server a password hash each

    def command_line(self):
        return [self.binary, "serve", "--data", self.data, "--http", f"127.0.0.1:{self.http_port}",
                "--sip", f"127.0.0.1:{self.sip_port}",
                "--rtp-ports", f"{self.rtp_first}-{self.rtp_first + RTP_PORTS - 1}", *self.arguments]

    def launch(self):
        self.process = processes.start(self.command_line(), self.log_path, env=self.environment)
        return self

    def start(self, patience_s=15.0):
        self.launch()
        self.wait_ready(patience_s)
        return self

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/readyz", timeout=1) as response:
                return response.status == 200
        except OSError:
            return False

    def wait_ready(self, patience_s=15.0):
        end = time.monotonic() + patience_s
        while not self.ready():
            if self.process.poll() is not None:
                raise ServerDown(f"the server ended with {self.process.returncode} instead of coming up\n{self.log()}")
            if time.monotonic() > end:
                raise ServerDown(f"the server is not ready after {patience_s} s\n{self.log()}")
            time.sleep(0.02)

    def stop(self, patience_s=10.0):
        """SIGTERM; anything but exit code 0 in time is a failure."""
        if self.process is None:
            return
        process, self.process = self.process, None
        code = processes.stop(process, patience_s)
        if code is None:
            raise ServerDown(f"the server did not end within {patience_s} s of SIGTERM\n{self.log()}")
        if code != 0:
            raise ServerDown(f"the server ended with {code} after SIGTERM, expected 0\n{self.log()}")

    def kill(self):
        """kill -9 of the server and its parent, as a power cut would end them."""
        if self.process is not None:
            processes.kill(self.process)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, _value, _trace):
        if kind is None:
            self.stop()
        else:
            self.kill()
            print(f"---- end of {self.log_path}\n{self.log()}\n----", flush=True)

    def log(self, count=6000):
        try:
            with open(self.log_path, errors="replace") as file:
                return file.read()[-count:]
        except OSError:
            return "(no log)"

    def pid_of_child(self):
        with open(os.path.join(self.data, "run.json")) as file:
            return json.load(file)["pid"]

    # ---- the command line beside it

    def run(self, *arguments, stdin=None, patience_s=60.0):
        """Runs a subcommand; the finished process with its texts."""
        return subprocess.run([self.binary, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=patience_s, env=self.environment)

    def cli(self, *arguments, stdin=None):
        """A subcommand that must succeed; its JSON."""
        done = self.run(*arguments, "--json", "--data", self.data, stdin=stdin)
        if done.returncode != 0:
            raise AssertionError(f"partyline {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
                                 f"\n{self.log()}")
        return json.loads(done.stdout)

    def cat(self, stream=None):
        """What the journal holds, as a list of transitions."""
        done = self.run("journal", "cat", self.data, *(["--stream", stream] if stream else []))
        if done.returncode != 0:
            raise AssertionError(f"journal cat ended with {done.returncode}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def journaled(self, stream, kind):
        """Fields of every event of this type in the stream, oldest first."""
        return [event["fields"] for line in self.cat(stream) for event in line["events"] if event["type"] == kind]

    def verify(self):
        """journal check and replay verify; both must be content."""
        for arguments in (("journal", "check"), ("replay", "verify")):
            done = self.run(*arguments, self.data)
            if done.returncode != 0:
                raise AssertionError(f"partyline {' '.join(arguments)} ended with {done.returncode}:\n"
                                     f"{done.stdout}{done.stderr}")

    # ---- people and rooms

    def person(self, name, phone=True, admin=False, dials=False, sign_in=True):
        """A user with a phone account, signed in to the page."""
        password = f"{name}-pass-1234"
        flags = (["--admin"] if admin else []) + (["--may-dial-numbers"] if dials else [])
        person = Person(name, password)
        with self._one_by_one:
            self.cli("user", "add", name, "--display-name", name.capitalize(), "--password-stdin", *flags,
                     stdin=password + "\n")
            if phone:
                made = self.cli("user", "phone", name)
                person.phone_user, person.phone_password = made["user"], made["password"]
            if sign_in:
                person.api = Api(self.http_port).sign_in(name, password)
        return person

    def conference(self, owner=None, title="Test", people=(), **more):
        """A conference of `owner` (a Person), or of the command line when there is none."""
        if owner is None:
            flags = [flag for name in people for flag in ("--person", name)]
            return self.cli("conference", "create", "--title", title, *flags)
        return owner.api.post("/api/conferences", {"title": title, "people": list(people), **more})

    def phone(self, person, **more):
        """A scripted phone of theirs, registered."""
        from .sipua import SipPhone
        phone = SipPhone(self.sip_port, person.phone_user, person.phone_password, **more)
        phone.register()
        return phone

    def roster(self, person, conference):
        """The conference as this person sees it: {name: seat}."""
        seats = person.api.get(f"/api/conferences/{conference}")["state"]["seats"]
        return {seat["user"] or seat["name"]: seat for seat in seats}
