#!/usr/bin/python3
"""A phone's MESSAGE appears in the chat and the answer on the phone; chat goes on while calls come and go."""
import queue
import threading
import time

from harness.client import Live
from harness.server import Server
from harness.testing import check, eventually, main

LONG = "äöü € 😀 " * 40   # more than one UDP packet of 1300 bytes would be too much for some phones; 600 is fine


def next_text(phone, seconds=5.0):
    try:
        return phone.texts.get(timeout=seconds)
    except queue.Empty:
        raise AssertionError(f"no MESSAGE came to {phone.user} within {seconds} s") from None


def texts_both_ways(server, alice, bob):
    live = Live(alice.api)
    phone = server.phone(bob)
    phone.text("alice", "I am late")
    stream = "conversation/direct:alice:bob"
    eventually(lambda: any(one["state"]["id"] == "direct:alice:bob"
                           for one in alice.api.get("/api/conversations")["conversations"]), 3,
               "the phone's text made no conversation")
    live.follow(stream)
    history = alice.api.get("/api/conversations/direct:alice:bob/messages")["messages"]
    check([(one["from"], one["text"], one["via"]) for one in history] == [("bob", "I am late", "phone")],
          f"the chat shows {history}")
    live.request("POST", "/api/conversations/direct:alice:bob/messages", {"client_id": "a1", "text": "No problem"})
    sender, text = next_text(phone)
    check((sender, text) == ("alice", "No problem"), f"the phone shows {text!r} from {sender!r}")
    phone.text(sender, LONG.strip())   # an answer goes to where the text came from
    live.wait_event("message_sent", 3, text=LONG.strip(), via="phone")
    live.request("POST", "/api/conversations/direct:alice:bob/messages", {"client_id": "a2", "text": LONG.strip()})
    check(next_text(phone)[1] == LONG.strip(), "the text arrived on the phone otherwise than it was sent")
    final = phone.text("nobody", "hello?", wanted=404)
    check(final.status == 404, "a text to nobody was taken")
    check(phone.texts.empty(), "the phone got a text too many")
    live.check()
    live.close()
    phone.close()


def group_texts(server, people):
    alice = people["alice"]
    group = alice.api.post("/api/conversations", {"title": "Crew", "members": ["bob", "carol"]})["id"]
    phone = server.phone(people["carol"])
    carol = people["carol"].api
    carol.post(f"/api/users/carol/phones/{people['carol'].phone_user.partition('-')[2]}/texts", {"texts": True})
    alice.api.post(f"/api/conversations/{group}/messages", {"client_id": "g1", "text": "all aboard"})
    sender, text = next_text(phone)
    check(text == "all aboard", f"carol's phone shows {text!r}")
    phone.text(sender, "aye")
    eventually(lambda: [one["text"] for one in alice.api.get(f"/api/conversations/{group}/messages")["messages"]] ==
               ["all aboard", "aye"], 3, "an answer to a group's text did not reach the group")
    phone.close()


def chat_while_calls_come_and_go(server, people):
    """200 messages of two people, in order and each once, while two phones enter and leave over and over."""
    alice, bob = people["alice"], people["bob"]
    group = alice.api.post("/api/conversations", {"title": "Busy", "members": ["bob", "carol"]})["id"]
    room = alice.api.post("/api/conferences", {"title": "Busy", "conversation": group})
    live = Live(people["carol"].api).follow(f"conversation/{group}")
    stopped = threading.Event()
    rounds, trouble = [0], []

    def come_and_go(person, pin):
        phone = server.phone(person)
        try:
            while not stopped.is_set():
                call = phone.call(room["number"], tone=600).wait_answer()
                time.sleep(0.3)
                call.key(pin + "#")
                time.sleep(0.4)
                call.hang_up()
                rounds[0] += 1
        except Exception as error:
            trouble.append(error)
        finally:
            phone.close()

    threads = [threading.Thread(target=come_and_go, args=(person, pin)) for person, pin in
               ((alice, room["host_pin"]), (bob, room["guest_pin"]))]
    for thread in threads:
        thread.start()
    for n in range(100):
        for person in (alice, bob):
            person.api.post(f"/api/conversations/{group}/messages", {"client_id": f"n{n}", "text": f"{person.name} {n}"})
        time.sleep(0.03)
    stopped.set()
    for thread in threads:
        thread.join()
    check(not trouble, f"a call failed: {trouble[:1]}")
    check(rounds[0] >= 4, f"only {rounds[0]} calls came and went")
    expected = [f"{name} {n}" for n in range(100) for name in ("alice", "bob")]
    live.wait(lambda: len(live.events(kind="message_sent")) >= 200, 5, "200th message")
    shown = [event["text"] for _, _, event in live.events(kind="message_sent")]
    check(shown == expected, f"the follower saw {len(shown)} messages, not the 200 in order")
    live.check()


def story():
    with Server("texts") as server:
        people = {name: server.person(name) for name in ("alice", "bob", "carol")}
        texts_both_ways(server, people["alice"], people["bob"])
        group_texts(server, people)
        chat_while_calls_come_and_go(server, people)
        server.verify()


if __name__ == "__main__":
    main(story)
