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
from harness.call import SipFailure
from harness.sipua import SipPhone
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

    WISHES = {"locked": ("lock", "locked"), "all_muted": ("mute_all", "muted"), "hand": ("hand", "raised"),
              "muted": ("mute", "muted")}

    def __init__(self, host, room, own_seat, callers_seat, dice):
        super().__init__(daemon=True)
        self.host, self.room, self.own_seat, self.callers_seat, self.dice = host, room, own_seat, callers_seat, dice
        self.sure = self.look()
        self.asked = dict(self.sure)
        self.trouble = []
        self.turned = {}
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            what = self.dice.choice(list(self.WISHES))
            path, field = self.WISHES[what]
            wish = not self.asked[what]
            body = {field: wish, **({"seat": self.callers_seat} if what == "muted" else {})}
            self.asked[what] = wish
            try:
                self.host.api.call("POST", f"/api/conferences/{self.room}/{path}", body, 3)
                self.sure[what] = wish
                self.turned[what] = self.turned.get(what, 0) + 1
            except ApiError as error:
                if error.status < 500:   # refused, so it did not happen: nobody can be muted who has not called
                    self.asked[what] = self.sure[what]
                if error.code not in ("busy", "stopping", "storage_failed", "not_connected"):
                    self.trouble.append(f"{what}: {error}")
            except (OSError, ValueError):
                time.sleep(0.05)    # the server is gone: whether it happened is not known
            time.sleep(0.01)

    def look(self):
        state = self.host.api.get(f"/api/conferences/{self.room}")["state"]
        seats = {seat["seat"]: seat for seat in state["seats"]}
        return {"locked": state["locked"], "all_muted": state["all_muted"],
                "hand": seats[self.own_seat]["hand_at"] is not None, "muted": seats[self.callers_seat]["muted"]}

    def compare(self):
        """After a restart: acknowledged is acknowledged; what was in flight may have happened or not."""
        for what, value in self.look().items():
            check(value in (self.sure[what], self.asked[what]),
                  f"after the restart '{what}' is {value}, acknowledged was {self.sure[what]}")


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
        call.patience = 0.8
        call.wait_answer(1)
        time.sleep(0.2)     # a key before the question does not count, and half a PIN is a wrong one
        call.key_by_info(self.pin + "#")
        end = time.monotonic() + 3
        while time.monotonic() < end and not self.stopped.is_set() and call.up:
            seat = self.server.roster(self.person, self.room["id"]).get(self.person.name)
            if seat and seat["phase"] == "connected":
                self.admitted += 1
                self.stopped.wait(1.0)
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
        seats = {name: seat["seat"] for name, seat in server.roster(alice, room["id"]).items()}
        writers = [Writer(people[name], group) for name in ("bob", "carol")]
        caller = Caller(server, people["dan"], room, room["host_pin"])
        for thread in (*writers, caller):
            thread.start()
        downs, turned = [], 0
        for n in range(KILLS):
            switches = Switches(alice, room["id"], seats["alice"], seats["dan"], dice)
            switches.start()
            time.sleep(dice.uniform(0.1, 2.4))
            # The switches stop before anybody looks: from here on nothing new is asked for.
            threading.Timer(dice.uniform(0.0, 0.02), switches.stopped.set).start()
            killed_at = time.time() * 1000
            snapshot, down = kill_once(server, n, writers)
            downs.append(down)
            switches.join(5)
            check(not switches.trouble, f"kill {n}: {switches.trouble[:1]}")
            switches.compare()
            dan = server.roster(alice, room["id"])["dan"]
            check(dan["phase"] not in ("connected", "ringing", "dialling") or dan["since"] >= killed_at,
                  f"kill {n}: the roster shows a call that died with the server: {dan}")
            turned += sum(switches.turned.values())
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
        lost = len(server.journaled(f"conference/{room['id']}", "PhonesLost"))
        say(f"  {KILLS} kills ({lost} with the phone in the room), {count} messages, {sum(writer.repeated for writer in writers)} recognised as sent again, "
            f"{turned} switches turned, {caller.admitted} calls admitted, ready again after {sum(downs) / len(downs):.2f} s, "
            f"at most {max(downs):.2f} s")
        check(count >= 50 * min(KILLS, 4), f"only {count} messages were written: this kills nothing in the middle")
        check(lost >= KILLS // 5, f"only {lost} of {KILLS} kills hit a call: this kills nothing in the middle")
        check(not server.journaled(f"conference/{room['id']}", "PinRefused"), "a right PIN was refused")


if __name__ == "__main__":
    main(story)
