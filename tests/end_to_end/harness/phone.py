"""A real telephone: baresip without sound card or screen, steered by its control port.

It plays a tone of its own from a WAV file and its sndfile module records both directions (dump-*-dec.wav is
what it heard). Registration and digest authentication are its own.
"""
import glob
import json
import os
import socket
import threading
import time

from . import ports, processes, sound

BARESIP = "/usr/bin/baresip"
MODULES = ("account.so", "menu.so", "g711.so", "g722.so", "l16.so", "opus.so", "srtp.so", "aufile.so", "sndfile.so",
           "ctrl_tcp.so")
APPLICATIONS = ("account.so", "menu.so", "ctrl_tcp.so")


def _module_path():
    for path in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"):
        if os.path.isdir(path):
            return path
    raise RuntimeError("baresip has no module folder: is the package baresip-core installed?")


class Phone:
    """with Phone(folder, server_port, "alice-desk", password, tone=440) as phone: ..."""

    def __init__(self, folder, server_port, user, password, tone=440, register=True, level_dbfs=-12.0, transport="udp",
                 seconds=90, codec="pcmu/8000/1", encryption="", home=""):
        self.folder, self.user = folder, user
        self.server_port = server_port
        self.port = ports.free_port(ports.PHONES, 2)   # it listens for TLS on the next one
        self.rtp_port = ports.free_port(ports.PHONES, 2)
        self.control_port = ports.free_port(ports.PHONES)
        self.events = []
        self._answers = {}
        self._changed = threading.Condition()
        self._token = 0
        os.makedirs(folder, exist_ok=True)
        wav = os.path.join(folder, "tone.wav")
        rate = int(codec.split("/")[1])   # baresip's aufile does not resample
        sound.write_wav(wav, (sound.tone(tone, 1, level_dbfs, rate) if tone else [0] * rate) * seconds, rate)
        with open(os.path.join(folder, "config"), "w") as file:
            file.write("\n".join(self._config(wav)) + "\n")
        with open(os.path.join(folder, "accounts"), "w") as file:
            file.write(f"<sip:{user}@{home or f'127.0.0.1:{server_port}'};transport={transport}>;auth_user={user};"
                       f"auth_pass={password};regint={120 if register else 0};answermode=manual;"
                       f"audio_codecs={codec}" + (f";mediaenc={encryption}" if encryption else "") + "\n")
        open(os.path.join(folder, "contacts"), "w").close()
        self.process = processes.start([BARESIP, "-f", folder], os.path.join(folder, "log"))
        self._socket = self._connect()
        threading.Thread(target=self._read, daemon=True).start()

    def _config(self, wav):
        return [f"sip_listen 127.0.0.1:{self.port}", f"module_path {_module_path()}",
                *(f"module_app {module}" if module in APPLICATIONS else f"module {module}" for module in MODULES),
                f"ctrl_tcp_listen 127.0.0.1:{self.control_port}", f"audio_source aufile,{wav}",
                f"audio_player aufile,{self.folder}/none", f"audio_alert aufile,{self.folder}/none",
                f"snd_path {self.folder}", f"rtp_ports {self.rtp_port}-{self.rtp_port + 1}",
                "statmode_default off", "opus_stereo no", "opus_sprop_stereo no", "audio_buffer 20-160",
                "call_local_timeout 120", "dns_server 127.0.0.1:9"]

    def _connect(self):
        end = time.monotonic() + 5
        while True:
            try:
                made = socket.create_connection(("127.0.0.1", self.control_port), 1)
                made.settimeout(None)
                return made
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(f"baresip did not come up:\n{self.log()}") from None
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Asks it to quit, so that its recordings are whole."""
        if self.process.poll() is None:
            try:
                self.command("quit", wait=False)
            except OSError:
                pass
            end = time.monotonic() + 3
            while self.process.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
        processes.kill(self.process)
        self._socket.close()

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as file:
            return file.read()[-4000:]

    # ---- control: JSON in netstrings

    def command(self, name, parameters="", wait=True):
        with self._changed:
            self._token += 1
            token = str(self._token)
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._socket.sendall(str(len(text)).encode() + b":" + text + b",")
        if not wait:
            return None
        with self._changed:
            self._changed.wait_for(lambda: token in self._answers, 5)
            return self._answers.get(token)

    def _read(self):
        data = b""
        while True:
            try:
                more = self._socket.recv(65536)
            except OSError:
                return
            if not more:
                return
            data += more
            while b":" in data:
                length, rest = data.split(b":", 1)
                if len(rest) < int(length) + 1:
                    break
                message = json.loads(rest[:int(length)])
                data = rest[int(length) + 1:]
                with self._changed:
                    if message.get("event"):
                        self.events.append((time.monotonic(), message))
                    else:
                        self._answers[message.get("token", "")] = message
                    self._changed.notify_all()

    def wait_event(self, kind, seconds=10.0, since=0.0):
        """The first event of this type that came after `since`."""
        def found():
            return next((event for at, event in self.events if at >= since and event.get("type") == kind), None)
        with self._changed:
            if not self._changed.wait_for(found, seconds):
                kinds = [event.get("type") for _, event in self.events]
                raise AssertionError(f"phone {self.user}: no {kind} within {seconds} s; events: {kinds}\n{self.log()}")
            return found()

    # ---- what people do with a phone

    def wait_registered(self):
        # Its first REGISTER may be through before anybody listens to its events: what it writes is asked as well.
        end = time.monotonic() + 10
        while "200 OK () [" not in self.log():
            if time.monotonic() > end:
                raise AssertionError(f"phone {self.user} is not registered within 10 s:\n{self.log()}")
            time.sleep(0.05)
        return self

    def dial(self, number):
        self.command("dial", f"sip:{number}@127.0.0.1:{self.server_port}")

    def wait_established(self, seconds=10.0):
        self.wait_event("CALL_ESTABLISHED", seconds)
        return self

    def accept(self, seconds=10.0):
        self.wait_event("CALL_INCOMING", seconds)
        self.command("accept")

    def key(self, digits):
        """RFC 4733, one key after the other."""
        for digit in digits:
            self.command("sndcode", digit)
            time.sleep(0.16)

    def hang_up(self):
        self.command("hangup")

    def text(self, to, message):
        self.command("message", f"sip:{to}@127.0.0.1:{self.server_port} {message}")

    # ---- what it heard

    def recordings(self, direction="dec"):
        return sorted(glob.glob(os.path.join(self.folder, f"dump-*-{direction}.wav")))

    def heard(self, direction="dec"):
        """Samples and rate of the newest recording; call it after stop()."""
        files = self.recordings(direction)
        if not files:
            raise AssertionError(f"phone {self.user} recorded nothing:\n{self.log()}")
        return sound.read_wav(files[-1])
