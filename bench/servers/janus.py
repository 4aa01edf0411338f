"""Debian's Janus with its AudioBridge: plain-RTP participants, joined over its HTTP API.

Settings as a user would find them, but for what a comparison needs: two event loops, no session time-out, the room's
rate that of the codec, Opus at 32 kbit/s and complexity 4 (its default), prebuffer as it is (6 packets).
"""
import http.client
import os
import shutil
import time

from . import LEGS_PER_PORT, Failed, Server, ask, free_ports

PROGRAM = "/usr/bin/janus"
PLUGINS = "/usr/lib/x86_64-linux-gnu/janus"
JOINS_PER_SECOND = 40    # faster, and the mixer of a big room falls behind while they join
PAYLOAD_TYPES = {"pcmu": 0, "pcma": 8, "opus": 111, "opus-voice": 111}


def missing():
    """What to do before Janus can be measured; nothing when it is there."""
    if os.path.exists(PROGRAM) and os.path.isdir(f"{PLUGINS}/plugins"):
        return None
    return "Janus is not installed: apt-get install janus"


class Janus(Server):
    name = "janus"

    def start(self):
        self.http = free_ports(2)
        self.rtp = free_ports(2 * 2000)
        plugins = os.path.join(self.folder, "plugins")
        transports = os.path.join(self.folder, "transports")
        for folder, kind, name in ((plugins, "plugins", "libjanus_audiobridge.so"),
                                   (transports, "transports", "libjanus_http.so")):
            os.makedirs(folder)
            os.symlink(f"{PLUGINS}/{kind}/{name}", os.path.join(folder, name))
        nothing = os.path.join(self.folder, "nothing")
        os.makedirs(nothing)
        self.write("janus.jcfg", f'general: {{ configs_folder = "{self.folder}" plugins_folder = "{plugins}" '
                   f'transports_folder = "{transports}" events_folder = "{nothing}" loggers_folder = "{nothing}" '
                   'debug_level = 2 interface = "127.0.0.1" session_timeout = 0 event_loops = 2 }\n'
                   'nat: { ice_lite = false }\n')
        self.write("janus.transport.http.jcfg", f'general: {{ json = "plain" base_path = "/janus" http = true '
                   f'port = {self.http} ip = "127.0.0.1" https = false }}\nadmin: {{ admin_http = false }}\n')
        self.write("janus.plugin.audiobridge.jcfg",
                   f'general: {{ rtp_port_range = "{self.rtp}-{self.rtp + 3999}" local_ip = "127.0.0.1" '
                   'events = false }\n')
        self.launch([PROGRAM, "-F", self.folder])
        self.wait(lambda: ask(self.http, "GET", "/janus/info")[0] == 200)
        self.line = http.client.HTTPConnection("127.0.0.1", self.http, timeout=20)
        self.session = self.request("/janus", {"janus": "create"})["data"]["id"]

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def request(self, path, body):
        status, said = ask(self.http, "POST", path, {"transaction": "load", **body}, line=self.line)
        if status != 200 or said["janus"] == "error":
            raise Failed(f"janus: {path} {body}: {status} {said}")
        return said

    def attach(self):
        return self.request(f"/janus/{self.session}", {"janus": "attach", "plugin": "janus.plugin.audiobridge"}
                            )["data"]["id"]

    def make_rooms(self, room):
        handle = self.attach()
        opus = room.codec.startswith("opus")
        for number in range(room.rooms):
            said = self.request(f"/janus/{self.session}/{handle}", {"janus": "message", "body": {
                "request": "create", "room": number + 1, "sampling_rate": 48000 if opus else 8000, "allow_rtp_participants": True,
                "audiolevel_ext": False, "is_private": True, "record": False}})
            if said.get("plugindata", {}).get("data", {}).get("audiobridge") != "created":
                raise Failed(f"janus: no room: {said}")

    def join(self, room, leg, local):
        """The address that Janus expects this leg's sound on."""
        handle = self.attach()
        ip, port = local.split(":")
        codec = room.codec.split("-")[0]
        body = {"request": "join", "room": leg // room.size + 1, "codec": codec, "muted": False,
                "display": str(leg), "rtp": {"ip": ip, "port": int(port), "payload_type": PAYLOAD_TYPES[room.codec]}}
        if codec == "opus":
            body.update(quality=4, bitrate=32000)
        self.request(f"/janus/{self.session}/{handle}", {"janus": "message", "body": body})
        end = time.monotonic() + 20
        while time.monotonic() < end:   # events of all handles come one after the other
            _, events = ask(self.http, "GET", f"/janus/{self.session}?maxev=20", line=self.line)
            for event in events if isinstance(events, list) else [events]:
                data = event.get("plugindata", {}).get("data", {})
                if event.get("sender") == handle and "rtp" in data:
                    return f"{data['rtp']['ip']}:{data['rtp']['port']}"
                if "error" in data:
                    raise Failed(f"janus: leg {leg}: {data['error']}")
        raise Failed(f"janus: leg {leg} did not get in")

    def run(self, room, seconds):
        self.make_rooms(room)
        doors = free_ports(2 * (room.legs // LEGS_PER_PORT + 2))
        locals_ = [f"127.1.0.{1 + leg % LEGS_PER_PORT}:{doors + leg // LEGS_PER_PORT * 2}" for leg in range(room.legs)]
        remotes, begin = [], time.monotonic()
        for leg, local in enumerate(locals_):
            time.sleep(max(0.0, begin + leg / JOINS_PER_SECOND - time.monotonic()))
            remotes.append(self.join(room, leg, local))
        more = self.endpoints(room, remotes, PAYLOAD_TYPES[room.codec], locals_)
        return self.load(room, seconds, [*more, "--warm-up", "6"])

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)
