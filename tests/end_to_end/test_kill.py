#!/usr/bin/python3
"""kill -9 in the middle of chat and conference, twenty times at random moments, with clients that count.

Two people write as fast as they are acknowledged, sending again what they are not sure of; a third mutes, locks
and raises hands; a phone dials in and out. After every restart each acknowledged message is there once, at the
place that was acknowledged, each acknowledged switch stands as it was acknowledged, nobody is shown on a phone,
and the journal passes `journal check` and `replay verify`. Seed and moments are printed: PARTYLINE_SEED repeats.

Mostly server and parent are killed together, as by a power cut; every fifth time the server alone, which its
parent then starts again.
"""
import os
import random
import threading
import time

from harness.client import ApiError, Closed, Live
from harness.server import Server
from harness.sipua import SipFailure, SipPhone
from harness.testing import check, eventually, main, say

KILLS = int(os.environ.get("PARTYLINE_KILLS") or 20)
SEED = int(os.environ.get("PARTYLINE_SEED") or random.SystemRandom().getrandbits(32))
IN_FLIGHT = 4    # messages a writer sends before it waits for answers
PACE_S = 0.1     # per such handful: a connection may ask fifty times a second


class Writer(threading.Thread):
    """Sends numbered texts over a WebSocket and keeps every acknowledgement; after a cut it sends again."""

    def __init__(self, person, group):
        super().__init__(daemon=True)
        self.person, self.path = person, f"/api/conversations/{group}/messages"
        self.acknowledged = {}      # client id -> sequence
        self.repeated = 0
        self.trouble = []
        self.stopped = threading.Event()
        self._next = 0

    def run(self):
        live, waiting = None, {}
        while not self.stopped.is_set():
            try:
                if live is None:
                    live = Live(self.person.api)
                    for client_id in sorted(waiting, key=lambda one: int(one[1:])):
                        self._settle(client_id, live.request("POST", self.path, self._body(client_id)))
                    waiting = {}
                waiting = {f"c{self._next + n}": None for n in range(IN_FLIGHT)}
                self._next += IN_FLIGHT
                self._send_together(live, waiting)
                waiting = {}
                time.sleep(PACE_S)
            except (Closed, OSError, AssertionError) as error:
                if isinstance(error, AssertionError) and live is not None and live.closed is None:
                    self.trouble.append(f"{self.person.name}: {error}")   # no answer, though the server is there
                live = None
                time.sleep(0.02)
            except ApiError as error:
                if error.code not in ("busy", "stopping", "storage_failed", "too_fast"):
                    self.trouble.append(f"{self.person.name}: {error}")
                live = None
                time.sleep(0.05)

    def _body(self, client_id):
        return {"client_id": client_id, "text": f"{self.person.name} says {client_id}"}

    def _send_together(self, live, waiting):
        threads = [threading.Thread(target=self._one, args=(live, client_id), daemon=True) for client_id in waiting]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if any(client_id not in self.acknowledged for client_id in waiting):
            raise live.closed or OSError("not all were acknowledged")

    def _one(self, live, client_id):
        try:
            self._settle(client_id, live.request("POST", self.path, self._body(client_id)))
        except (Closed, OSError, ApiError, AssertionError):
            pass    # run() sends it again

    def _settle(self, client_id, answer):
        known = self.acknowledged.get(client_id)
        if known is not None and known != answer["sequence"]:
            self.trouble.append(f"{client_id} was acknowledged as {known} and as {answer['sequence']}")
        self.repeated += answer["repeated"]
        self.acknowledged[client_id] = answer["sequence"]


class Switches(threading.Thread):
    """Turns the conference's switches; keeps what was acknowledged last and what was asked for since."""

    def __init__(self, host, room, seat, dice):
        super().__init__(daemon=True)
        self.host, self.room, self.seat, self.dice = host, room, seat, dice
        self.sure = {"locked": False, "all_muted": False, "hand": False}
        self.asked = dict(self.sure)
        self.trouble = []
        self.turned = 0
        self.stopped = threading.Event()

    def run(self):
        paths = {"locked": "lock", "all_muted": "mute_all", "hand": "hand"}
        fields = {"locked": "locked", "all_muted": "muted", "hand": "raised"}
        while not self.stopped.is_set():
            what = self.dice.choice(list(paths))
            wish = not self.asked[what]
            self.asked[what] = wish
            try:
                self.host.api.call("POST", f"/api/conferences/{self.room}/{paths[what]}", {fields[what]: wish}, 3)
                self.sure[what] = wish
                self.turned += 1
            except ApiError as error:
                if error.code not in ("busy", "stopping", "storage_failed"):
                    self.trouble.append(f"{what}: {error}")
            except (OSError, ValueError):
                time.sleep(0.05)
            time.sleep(0.01)

    def compare(self, state):
        """After a restart: acknowledged is acknowledged; what was in flight may have happened or not."""
        own = next(seat for seat in state["seats"] if seat["seat"] == self.seat)
        found = {"locked": state["locked"], "all_muted": state["all_muted"], "hand": own["hand_at"] is not None}
        for what, value in found.items():
            allowed = {self.sure[what], self.asked[what]}
            check(value in allowed, f"after the restart {what} is {value}, acknowledged was {self.sure[what]}")
        self.sure, self.asked = dict(found), dict(found)


class Caller(threading.Thread):
    """Dials in, is muted and unmuted, hangs up, dials in; a dead server only makes it try again."""

    def __init__(self, server, person, room, pin):
        super().__init__(daemon=True)
        self.server, self.person, self.room, self.pin = server, person, room, pin
        self.admitted = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            phone = SipPhone(self.server.sip_port, self.person.phone_user, self.person.phone_password)
            try:
                self._one_round(phone)
            except (SipFailure, OSError, ApiError, KeyError):
                time.sleep(0.1)
            finally:
                phone.close()

    def _one_round(self, phone):
        call = phone.call(self.room["number"], tone=500)
        call.wait_answer(2)
        time.sleep(0.15)
        call.rtp.press(self.pin + "#")
        end = time.monotonic() + 3
        while time.monotonic() < end and not self.stopped.is_set() and call.up:
            seat = self.server.roster(self.person, self.room["id"]).get(self.person.name)
            if seat and seat["phase"] == "connected":
                self.admitted += 1
                time.sleep(0.3)
                break
            time.sleep(0.05)
        call.hang_up()


def history(api, group):
    out, before = [], None
    while True:
        page = api.get(f"/api/conversations/{group}/messages?limit=200" + (f"&before={before}" if before else ""))
        out = page["messages"] + out
        before = page["next_before"]
        if before is None:
            return out


def compare_chat(reader, group, writers, snapshot):
    """Every message that was acknowledged before the kill is there once, at its place."""
    found = {}
    for message in history(reader.api, group):
        key = (message["from"], message["client_id"])
        check(key not in found, f"{key} is there twice: {found.get(key)} and {message}")
        found[key] = message
    for writer in writers:
        for client_id, sequence in snapshot[writer.person.name].items():
            key = (writer.person.name, client_id)
            check(key in found, f"{key} was acknowledged as {sequence} and is gone")
            check(found[key]["sequence"] == sequence, f"{key} moved from {sequence} to {found[key]['sequence']}")
            check(found[key]["text"] == f"{writer.person.name} says {client_id}", f"{key} reads {found[key]['text']!r}")
    return len(found)


def kill_once(server, n, writers):
    """Kills, starts again, and compares. The writers go on meanwhile, as clients do."""
    snapshot = {writer.person.name: dict(writer.acknowledged) for writer in writers}
    started = time.monotonic()
    if n % 5 == 4:
        child = server.pid_of_child()
        os.kill(child, 9)
        eventually(lambda: pid_or_none(server) not in (child, None), 10, "the parent did not start the server again")
        server.wait_ready()
    else:
        server.kill()
        server.start()
    return snapshot, time.monotonic() - started


def pid_or_none(server):
    try:
        return server.pid_of_child()
    except (OSError, ValueError):
        return None


def story():
    say(f"  seed {SEED}")
    dice = random.Random(SEED)
    with Server("kill") as server:
        people = {name: server.person(name) for name in ("alice", "bob", "carol", "dan")}
        alice = people["alice"]
        group = alice.api.post("/api/conversations", {"title": "Kill", "members": ["bob", "carol", "dan"]})["id"]
        room = alice.api.post("/api/conferences", {"title": "Kill", "people": ["dan"]})
        own_seat = server.roster(alice, room["id"])["alice"]["seat"]
        writers = [Writer(people[name], group) for name in ("bob", "carol")]
        caller = Caller(server, people["dan"], room, room["host_pin"])
        for thread in (*writers, caller):
            thread.start()
        downs = []
        for n in range(KILLS):
            switches = Switches(alice, room["id"], own_seat, dice)
            state = alice.api.get(f"/api/conferences/{room['id']}")["state"]
            own = next(seat for seat in state["seats"] if seat["seat"] == own_seat)
            switches.sure = {"locked": state["locked"], "all_muted": state["all_muted"], "hand": own["hand_at"] is not None}
            switches.asked = dict(switches.sure)
            switches.start()
            time.sleep(dice.uniform(0.1, 1.6))
            # The switches stop before anybody looks: from here on nothing new is asked for.
            killer = threading.Timer(dice.uniform(0.0, 0.02), switches.stopped.set)
            killer.start()
            snapshot, down = kill_once(server, n, writers)
            downs.append(down)
            switches.join(5)
            state = alice.api.get(f"/api/conferences/{room['id']}")["state"]
            switches.compare(state)
            check(not switches.trouble, f"kill {n}: {switches.trouble[:1]}")
            compare_chat(alice, group, writers, snapshot)
            if n % 5 == 0 or n == KILLS - 1:
                server.verify()
        for thread in (*writers, caller):
            thread.stopped.set()
        for thread in (*writers, caller):
            thread.join(15)
        for writer in writers:
            check(not writer.trouble, f"{writer.trouble[:2]}")
        count = compare_chat(alice, group, writers, {writer.person.name: writer.acknowledged for writer in writers})
        server.stop()
        server.verify()
        say(f"  {KILLS} kills, {count} messages, {sum(writer.repeated for writer in writers)} recognised as sent again, "
            f"{caller.admitted} calls admitted, ready again after {sum(downs) / len(downs):.2f} s, "
            f"at most {max(downs):.2f} s")
        check(count >= 50 * min(KILLS, 4), f"only {count} messages were written: this kills nothing in the middle")
        check(caller.admitted >= 1, "no call was ever admitted")


if __name__ == "__main__":
    main(story)
