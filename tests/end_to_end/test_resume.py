#!/usr/bin/python3
"""A WebSocket client that loses its connection goes on from its last cursor and has every event once.

Two people write while the follower is cut off without a close frame at random moments, and once the server
itself is killed in between. The seed of the moments is printed.
"""
import os
import random
import threading
import time

from harness.client import ApiError, Live, WebSocket, cursor_pair
from harness.server import Server
from harness.testing import check, eventually, main, say

CUTS = 12
SEED = int(os.environ.get("PARTYLINE_SEED") or random.SystemRandom().getrandbits(32))


class Follower:
    """Keeps what every connection brought, in order of arrival; knows only its last cursors."""

    def __init__(self, api, streams):
        self.api, self.streams = api, streams
        self.cursors = {stream: None for stream in streams}
        self.seen = {stream: [] for stream in streams}      # (sequence, event)
        self.views = {stream: 0 for stream in streams}
        self.live = None

    def connect(self):
        self.live = Live(self.api)
        for stream in self.streams:
            self.live.follow(stream, self.cursors[stream])

    def take(self):
        """Moves what this connection brought to the books; call it after the connection was cut."""
        self.live.check()
        for _, frame in list(self.live.frames):
            if frame["type"] not in ("view", "events"):
                continue
            stream = frame["stream"]
            if frame["type"] == "view":
                self.views[stream] += 1
            else:
                self.seen[stream] += [(cursor_pair(frame["cursor"])[1], event) for event in frame["events"]]
            self.cursors[stream] = frame["cursor"]

    def cut(self):
        self.live.cut()
        self.live.wait(lambda: self.live.closed, 5, "end of the connection")
        self.take()


def write(person, group, stopped, sent):
    n = 0
    while not stopped.is_set():
        body = {"client_id": f"{person.name}-{n}", "text": f"{person.name} {n}"}
        try:
            person.api.post(f"/api/conversations/{group}/messages", body)
        except (OSError, ApiError):
            time.sleep(0.05)    # the server is away: the same client_id again is harmless
            continue
        sent.append(body["text"])
        n += 1
        time.sleep(0.01)


def story():
    say(f"  seed {SEED}   (PARTYLINE_SEED={SEED} repeats the moments)")
    dice = random.Random(SEED)
    with Server("resume") as server:
        people = {name: server.person(name, phone=False) for name in ("alice", "bob", "carol")}
        alice = people["alice"]
        group = alice.api.post("/api/conversations", {"title": "Resume", "members": ["bob", "carol"]})["id"]
        room = alice.api.post("/api/conferences", {"title": "Resume", "conversation": group})
        chat, conference = f"conversation/{group}", f"conference/{room['id']}"
        follower = Follower(people["carol"].api, [chat, conference])
        follower.connect()
        stopped, sent = threading.Event(), {"alice": [], "bob": []}
        writers = [threading.Thread(target=write, args=(people[name], group, stopped, sent[name])) for name in sent]
        for writer in writers:
            writer.start()
        locks = 0
        for n in range(CUTS):
            time.sleep(dice.uniform(0.02, 0.35))
            if n == CUTS // 2:
                server.kill()
                follower.live.wait(lambda: follower.live.closed, 5, "end of the connection")
                follower.take()
                server.start()
            else:
                follower.cut()
            if dice.random() < 0.5:   # while nobody listens
                locks += 1
                alice.api.post(f"/api/conferences/{room['id']}/lock", {"locked": locks % 2 == 1})
                time.sleep(dice.uniform(0, 0.1))
            follower.connect()
        stopped.set()
        for writer in writers:
            writer.join()
        last = alice.api.get(f"/api/conversations/{group}")["cursor"]
        eventually(lambda: follower.live.cursors.get(chat) == last, 5,
                   lambda: f"the follower stands at {follower.live.cursors.get(chat)}, the chat at {last}")
        end = alice.api.get(f"/api/conferences/{room['id']}")["cursor"]
        eventually(lambda: follower.live.cursors.get(conference) == end, 5, "the conference's last event did not come")
        follower.cut()

        total = sum(map(len, sent.values()))
        messages = [(sequence, event) for sequence, event in follower.seen[chat] if event["type"] == "message_sent"]
        numbers = [event["number"] for _, event in messages]
        say(f"  {CUTS} interruptions, {total} messages, views {list(follower.views.values())}, {locks} locks")
        check(total > 50, f"only {total} messages were written")
        check(numbers == list(range(1, total + 1)), f"numbers are not 1..{total} each once: {missing(numbers, total)}")
        for name, texts in sent.items():
            check([event["text"] for _, event in messages if event["from"] == name] == texts,
                  f"{name}'s messages came otherwise than they were acknowledged")
        check(all(count == 1 for count in follower.views.values()), f"a resumed stream began with a view: {follower.views}")
        locked = [event["locked"] for _, event in follower.seen[conference] if event["type"] == "lock_set"]
        check(locked == [n % 2 == 0 for n in range(locks)], f"lock events: {locked}, expected {locks}")
        from_the_future(people["carol"], chat, last)
        server.verify()


def missing(numbers, total):
    twice = sorted({n for n in numbers if numbers.count(n) > 1})
    return f"missing {sorted(set(range(1, total + 1)) - set(numbers))[:10]}, twice {twice[:10]}"


def from_the_future(carol, stream, last):
    """A cursor that does not hold brings a view; one that is no cursor brings an error."""
    epoch, sequence = cursor_pair(last)
    live = Live(carol.api)
    live.follow(stream, f"{epoch}-{sequence + 1000}")
    live.wait(lambda: stream in live.views, 3, "view after a cursor that does not hold")
    for wrong in ("", "1", "a-b", "-", 7, "1-2-3"):
        answer = live.ask({"type": "subscribe", "stream": stream, "from": wrong})
        check(answer["type"] == "error", f"cursor {wrong!r} was taken: {answer}")
    live.close()
    WebSocket(carol.api.port).wait_closed((1008,), "a socket that never says hello")   # within five seconds


if __name__ == "__main__":
    main(story)
