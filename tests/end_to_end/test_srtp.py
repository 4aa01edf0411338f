#!/usr/bin/python3
"""Encrypted and plain phones in one room where the rule is `offer`; and the keys are nowhere to be found afterwards.

Two baresips insist on SRTP or offer it, one knows nothing of it: all hear one another. A scripted phone that brings
keys of its own calls a server that logs everything, enters the room and leaves: neither its key nor the server's is
in the log, the journal or any file, as text, as hexadecimal digits or as bytes. (`require` is in test_codec_change.py.)
"""
import base64
import os
import re
import threading
import time

from harness import sound
from harness.phone import Phone
from harness.server import Server
from harness.sip_message import sdp
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, run, say

SENT, WITHIN_DB, OWN_AT_MOST = -12.0, 1.0, -45.0
#         codec, what baresip's account says of encryption, tone
PHONES = {"ann": ("pcmu/8000/1", "srtp-mand", 440), "ben": ("opus/48000/1", "srtp", 640),
          "cat": ("pcma/8000/1", "", 850)}
SUITE = "AES_CM_128_HMAC_SHA1_80"


def connected(server, host, room, count):
    def all_in():
        seats = host.api.get(f"/api/conferences/{room['id']}")["state"]["seats"]
        return sum(seat["phase"] == "connected" for seat in seats) == count
    eventually(all_in, 10, lambda: f"not {count} are connected: {server.roster(host, room['id'])}")


def encrypted_and_plain_phones_hear_each_other():
    """Under `offer` phones that insist on SRTP, that offer it and that do not know it are in one room."""
    with Server("srtp_offer", ("--allow-guests", "true", "--srtp", "offer")) as server:
        host = server.person("host", phone=False)
        room = server.conference(host, "Half secret")
        phones = {name: Phone(os.path.join(server.folder, name), server.sip_port, name, "none", tone, register=False,
                              home="elsewhere.example", codec=codec, encryption=encryption, seconds=40)
                  for name, (codec, encryption, tone) in PHONES.items()}

        def enter(name, phone):
            phone.dial(room["number"])
            phone.wait_established()
            time.sleep(0.3)
            phone.key(room["host_pin" if name == "ann" else "guest_pin"] + "#")
        entering = [threading.Thread(target=enter, args=item) for item in phones.items()]
        for thread in entering:
            thread.start()
        for thread in entering:
            thread.join()
        connected(server, host, room, len(phones))
        time.sleep(1.7 * len(phones) + 3.4)    # announcements, then what is measured
        legs = host.api.get(f"/api/conferences/{room['id']}/sound")["legs"]
        check(all(leg["packets_forged"] == 0 and leg["packets_received"] > 200 for leg in legs), f"{legs}")
        for phone in phones.values():
            phone.hang_up()
        time.sleep(0.3)
        for phone in phones.values():
            phone.stop()
        wrong = []
        for name, phone in phones.items():
            secure = "SRTP is Enabled" in phone.log()
            if secure != bool(PHONES[name][1]):
                wrong.append(f"{name} is {'' if secure else 'not '}encrypted")
            samples, rate = phone.heard()
            part = samples[-int(3.2 * rate):-int(1.2 * rate)]
            levels = {who: sound.usual_level(part, tone, rate) for who, (_, _, tone) in PHONES.items()}
            say(f"  {name} hears " + ", ".join(f"{who} {level:.1f}" for who, level in levels.items()))
            wrong += [f"{name} hears {who} at {level:.1f} dBFS" for who, level in levels.items()
                      if (level > OWN_AT_MOST if who == name else abs(level - SENT) > WITHIN_DB)]
        check(not wrong, "\n".join(wrong))
        server.verify()


def forms_of(key):
    """How a key may be written down, by name."""
    text = base64.b64encode(key)
    return {"base64": text, "hexadecimal": key.hex().encode(), "HEXADECIMAL": key.hex().upper().encode(), "bytes": key,
            "the cipher's half": key[:16], "the cipher's half in hexadecimal": key[:16].hex().encode()}


def files_below(folder):
    return [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]


def keys_are_not_written_down():
    """Neither side's key is in the log, even at its most talkative, in the journal, or in any file of the server."""
    with Server("srtp_keys", ("--allow-guests", "true", "--srtp", "require", "--log-level", "debug")) as server:
        host = server.person("host", phone=False)
        room = server.conference(host, "Secret")
        phone, ours = SipPhone(server.sip_port, "dan"), os.urandom(30)
        plain = phone.call(room["number"])
        check(plain.wait_final() == 488, f"a plain call got {plain.final.first}")
        offer = sdp(phone.ip, plain.rtp.port, (0, 101)).replace("RTP/AVP", "RTP/SAVP")
        offer += f"a=crypto:1 {SUITE} inline:{base64.b64encode(ours).decode()}\r\n"
        call = phone.call(room["number"], body=offer).wait_answer()
        answered = re.search(rf"^a=crypto:1 {SUITE} inline:([A-Za-z0-9+/=]+)", call.final.body, re.M)
        check(answered, f"no key in the answer:\n{call.final.body}")
        theirs = base64.b64decode(answered.group(1))
        check(len(theirs) == 30 and theirs != ours, "the server's key is no key")
        call.key_by_info(room["host_pin"] + "#")
        connected(server, host, room, 1)
        call.hang_up()
        phone.close()
        eventually(lambda: server.journaled(f"conference/{room['id']}", "SeatLeft"), 5, "the call does not end")
        cat = server.run("journal", "cat", server.data).stdout.encode()
        server.verify()
        server.stop()
        found, looked = [], [("journal cat", cat)]     # then the log, then the data folder
        for path in [server.log_path, *files_below(server.data)]:
            with open(path, "rb") as file:
                looked.append((path, file.read()))
        for where, data in looked:
            found += [f"the {who} key is in {where}, as {form}"
                      for who, key in (("phone's", ours), ("server's", theirs))
                      for form, text in forms_of(key).items() if text in data]
        say(f"  {len(looked)} files, {sum(len(data) for _, data in looked)} bytes, {len(found)} keys")
        check(not found, "\n".join(found))
        check(any(b"Secret" in data for where, data in looked[2:]), "not even the title is in the data folder")
        server.start()      # for the orderly end


if __name__ == "__main__":
    main(lambda: run(encrypted_and_plain_phones_hear_each_other, keys_are_not_written_down))
