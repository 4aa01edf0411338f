#!/usr/bin/python3
"""Calls that come to nothing, each with its cause in the roster and in the journal.

The cases run side by side on one server, each with people and a conference of its own, so the one that has to
ring for 45 seconds costs no more than that.
"""
import time

from harness import ports
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, run

WRONG_PIN = "8365027419"   # long enough not to stand in a hash by chance
TRUNK_IP = "127.0.0.2"    # an address of its own, so that nobody else counts as the trunk


def room_of(server, name, **more):
    """A host and their conference; each case has its own name."""
    host = server.person(name, dials=True)
    return host, server.conference(host, name.capitalize(), **more)


def legs_of(lines, caller):
    return {line["stream"] for line in lines for event in line["events"]
            if event["type"] == "CallOffered" and event["fields"]["caller"] == caller}


def leg_ends(server, caller):
    """Causes of all calls of this caller that ended, from the journal."""
    lines = server.cat()
    legs = legs_of(lines, caller)
    return [event["fields"]["cause"] for line in lines if line["stream"] in legs
            for event in line["events"] if event["type"] == "LegEnded"]


def wait_left(server, host, room, name, cause, seconds=5.0):
    def left():
        seat = server.roster(host, room["id"]).get(name)
        return seat if seat and seat["phase"] == "left" and seat["cause"] != "none" else None
    seat = eventually(left, seconds, lambda: f"{name} has not left: {server.roster(host, room['id']).get(name)}")
    check(seat["cause"] == cause, f"{name} left with cause {seat['cause']}, expected {cause}")
    return seat


def wrong_pin_three_times(server):
    """Three wrong PINs end the call and are recorded; three more block the caller."""
    host, room = room_of(server, "walter")
    phone = server.phone(host)
    for attempt in range(2):
        call = phone.call(room["number"]).wait_answer()
        for _ in range(3):
            check(call.up, "the call ended before the third wrong PIN")
            time.sleep(0.4)
            call.key(WRONG_PIN + "#")
        check(call.wait_end(8) == "them", "the server did not hang up after three wrong PINs")
    failures = host.api.get(f"/api/conferences/{room['id']}")["state"]["pin_failures"]
    check(len(failures) == 6, f"the conference shows {len(failures)} PIN failures, expected 6: {failures}")
    refused = server.journaled(f"conference/{room['id']}", "PinRefused")
    check(len(refused) == 6 and not any(one["blocked"] for one in refused), f"journaled refusals: {refused}")
    check(leg_ends(server, phone.user) == ["wrong_pin"] * 2, f"causes: {leg_ends(server, phone.user)}")
    check(WRONG_PIN not in str(server.cat()),
          "a guessed PIN stands in the journal in clear")
    status = phone.call(room["number"]).wait_final()
    check(status == 403, f"after six wrong PINs the caller got {status}, expected 403")
    check(not any(seat["phase"] == "connected" for seat in server.roster(host, room["id"]).values()),
          "somebody got in without a PIN")


def right_pin_after_a_wrong_one(server):
    """A wrong PIN, then keys by INFO, then the right one: admitted."""
    host, room = room_of(server, "rita")
    call = server.phone(host).call(room["number"]).wait_answer()
    time.sleep(0.4)
    call.key(WRONG_PIN + "#")
    time.sleep(0.6)
    call.key_by_info(room["guest_pin"] + "#")
    eventually(lambda: server.roster(host, room["id"])["rita"]["phase"] == "connected", 5, "the right PIN did not open")
    call.hang_up()
    wait_left(server, host, room, "rita", "hung_up")


def unknown_number(server):
    """A number that nobody owns is refused with 404 and recorded."""
    host, _ = room_of(server, "ulla")
    phone = server.phone(host)
    for number in ("99999999", "nosuch", "+4930123456"):
        status = phone.call(number).wait_final()
        check(status == 404, f"calling {number} got {status}, expected 404")
    eventually(lambda: leg_ends(server, phone.user) == ["unknown_number"] * 3, 3,
               lambda: f"causes: {leg_ends(server, phone.user)}")


def strangers_get_nothing(server):
    """Without a password nobody gets through or makes the server dial; a wrong password is refused."""
    host, room = room_of(server, "sam")
    for user in ("+4930999", host.phone_user, "nobody-phone"):
        with SipPhone(server.sip_port, user, ip="127.0.0.3") as stranger:
            for target in (room["number"], "1000", "+4930123456"):
                status = stranger.call(target).wait_final()
                check(status in (401, 403), f"a stranger as {user} calling {target} got {status}")
    with SipPhone(server.sip_port, host.phone_user, "wrong password", ip="127.0.0.3") as thief:
        thief.register(wanted=(401, 403))
        status = thief.call(room["number"]).wait_final()
        check(status in (401, 403), f"a wrong password got {status}")
        final = thief.request("MESSAGE", f"sip:sam@127.0.0.1:{server.sip_port}", to=f"<sip:sam@127.0.0.1>",
                              body="let me in", content_type="text/plain")
        check(final.status in (401, 403), f"a MESSAGE with a wrong password got {final.status}")
    offered = [line for line in server.cat() if line["stream"].startswith("call_leg/")
               and any(event["type"] == "CallOffered" and event["fields"]["source"] == "127.0.0.3"
                       for event in line["events"])]
    check(not offered, f"a stranger's call became a leg: {offered[:1]}")


def ring(host, room, user):
    host.api.post(f"/api/conferences/{room['id']}/dial", {"user": user})


def refusals_of_called_phones(server):
    """Busy, no answer, declined, broken: the roster and the SIP status say which."""
    host, room = room_of(server, "bertha")
    for status, cause in ((486, "busy"), (600, "busy"), (480, "no_answer"), (603, "refused"), (403, "refused"),
                          (500, "failed"), (404, "unknown_number"), (488, "codec_mismatch")):
        guest = server.person(f"b{status}")
        phone = server.phone(guest)
        phone.on_call = str(status)
        ring(host, room, guest.name)
        seat = wait_left(server, host, room, guest.name, cause)
        check(seat["sip_status"] == status, f"{guest.name}: the roster says {seat['sip_status']}, expected {status}")
    nobody = server.person("bnophone")
    ring(host, room, nobody.name)
    wait_left(server, host, room, nobody.name, "not_registered")


def no_answer_in_45_seconds(server):
    """A phone that only rings is given up after 45 s and stops ringing."""
    host, room = room_of(server, "nora")
    guest = server.person("norbert")
    phone = server.phone(guest)
    phone.on_call = "ring"
    started = time.monotonic()
    ring(host, room, guest.name)
    call = phone.calls.get(timeout=5)
    eventually(lambda: server.roster(host, room["id"])["norbert"]["phase"] == "ringing", 3, "never shown as ringing")
    check(call.wait_end(52) == "cancelled", "the phone was not told to stop ringing")
    took = time.monotonic() - started
    check(43 <= took <= 49, f"it stopped ringing after {took:.1f} s, expected 45")
    wait_left(server, host, room, "norbert", "no_answer")


def cancelled_while_ringing(server):
    """Cancelling stops the ringing; the roster goes dialling, ringing, left(cancelled)."""
    host, room = room_of(server, "cora")
    guest = server.person("carl")
    phone = server.phone(guest)
    phone.on_call = "ring"
    ring(host, room, guest.name)
    call = phone.calls.get(timeout=5)
    seat = eventually(lambda: (one := server.roster(host, room["id"])["carl"])["phase"] == "ringing" and one, 3,
                      "never shown as ringing")
    host.api.post(f"/api/conferences/{room['id']}/cancel", {"seat": seat["seat"]})
    check(call.wait_end(3) == "cancelled", "no CANCEL came")
    wait_left(server, host, room, "carl", "cancelled")
    kinds = [event["type"] for line in server.cat(f"conference/{room['id']}") for event in line["events"]]
    tail = [kind for kind in kinds if kind in ("SeatDialled", "SeatRinging", "DialCancelled", "SeatLeft")]
    check(tail == ["SeatDialled", "SeatRinging", "DialCancelled", "SeatLeft"], f"journaled: {tail}")


def answered_then_hung_up(server):
    """A dialled phone that answers is connected, and left with hung_up when it hangs up."""
    host, room = room_of(server, "anna")
    guest = server.person("arno")
    phone = server.phone(guest)
    phone.tone = 700
    ring(host, room, guest.name)
    call = phone.calls.get(timeout=5).wait_confirmed()
    eventually(lambda: (one := server.roster(host, room["id"])["arno"])["phase"] == "connected" and one["talking"], 4,
               lambda: f"not connected and talking: {server.roster(host, room['id'])['arno']}")
    call.hang_up()
    wait_left(server, host, room, "arno", "hung_up")
    ring(host, room, guest.name)   # and once more into the same seat
    call = phone.calls.get(timeout=5).wait_confirmed()
    seat = server.roster(host, room["id"])["arno"]
    host.api.post(f"/api/conferences/{room['id']}/remove", {"seat": seat["seat"]})
    check(call.wait_end(8) == "them", "a removed person's phone was not hung up")


def cancelled_by_the_caller(server):
    """A caller who gives up at once, before or after our answer, leaves no leg behind."""
    host, room = room_of(server, "gina")
    phone = server.phone(host)
    for wait in (0.0, 0.01, 0.05):
        call = phone.call(room["number"])
        eventually(lambda c=call: c.statuses or c.final, 3, "no response at all")
        time.sleep(wait)
        if call.final is None:
            call.cancel()
            check(call.wait_final(5) in (200, 487), f"a cancelled INVITE ended with {call.final}")
        if call.final.status == 200:
            call.hang_up()
    # A CANCEL may come before the called number is looked up: then no leg ever was. None may be left behind.
    time.sleep(0.5)
    legs = legs_of(server.cat(), phone.user)
    check(len(legs) >= 1, "not one of three calls became a leg")
    eventually(lambda: len(leg_ends(server, phone.user)) == len(legs), 3,
               lambda: f"{len(legs)} legs, ended: {leg_ends(server, phone.user)}")


def hangs_up_during_the_prompt(server):
    """A caller who hangs up while the prompt plays is recorded and takes no seat."""
    host, room = room_of(server, "holger")
    phone = server.phone(host)
    call = phone.call(room["number"]).wait_answer()
    time.sleep(0.7)
    check(len(call.rtp.heard) > 20, f"only {len(call.rtp.heard)} packets of the prompt came in 0.7 s")
    call.hang_up(wanted=200)
    eventually(lambda: leg_ends(server, phone.user) == ["hung_up"], 3, lambda: f"causes: {leg_ends(server, phone.user)}")
    stopped = time.monotonic() + 0.1
    time.sleep(0.5)
    check(not call.rtp.packets_since(stopped), "sound still comes after BYE")
    check(server.roster(host, room["id"])["holger"]["phase"] == "invited", "the caller without a PIN has a seat")


def keys_nothing(server):
    """A caller who keys nothing is sent away after a while."""
    host, room = room_of(server, "karl")
    phone = server.phone(host)
    started = time.monotonic()
    call = phone.call(room["number"]).wait_answer()
    check(call.wait_end(40) == "them", "the server kept waiting for a PIN")
    check(time.monotonic() - started > 10, "the caller had less than ten seconds to key a PIN")
    eventually(lambda: leg_ends(server, phone.user) == ["gave_up"], 3, lambda: f"causes: {leg_ends(server, phone.user)}")


def no_common_codec(server):
    """An offer without G.711 or without plain RTP gets 488 and is recorded."""
    host, room = room_of(server, "otto")
    phone = server.phone(host)
    status = phone.call(room["number"], payload_types=(18, 101)).wait_final()
    check(status == 488, f"G.729 alone got {status}, expected 488")
    head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    status = phone.call(room["number"], body=head + "m=audio 4000 RTP/SAVP 0\r\n").wait_final()
    check(status == 488, f"RTP/SAVP alone got {status}, expected 488")
    status = phone.call(room["number"], body=head + "m=video 4000 RTP/AVP 96\r\n").wait_final()
    check(status == 488, f"video alone got {status}, expected 488")
    eventually(lambda: leg_ends(server, phone.user) == ["codec_mismatch"] * 3, 3,
               lambda: f"causes: {leg_ends(server, phone.user)}")
    call = phone.call(room["number"], payload_types=(8, 101)).wait_answer()   # A-law is fine
    call.hang_up()


def hold_and_resume(server):
    """Hold by re-INVITE shows in the roster and stops the sound; resume brings it back."""
    host, room = room_of(server, "helga")
    phone = server.phone(host)
    call = phone.call(room["number"], tone=500).wait_answer()
    call.key(room["host_pin"] + "#")
    eventually(lambda: server.roster(host, room["id"])["helga"]["phase"] == "connected", 5, "not admitted")
    call.reinvite("sendonly")
    eventually(lambda: server.roster(host, room["id"])["helga"]["on_hold"], 3, "hold is not shown")
    call.reinvite("sendrecv")
    eventually(lambda: not server.roster(host, room["id"])["helga"]["on_hold"], 3, "resume is not shown")
    check(phone.options().status == 200, "OPTIONS is not answered with 200")
    call.hang_up()


def calls_in_by_the_trunk(server):
    """A caller from the trunk keys the PIN; guests see their number shortened."""
    host, room = room_of(server, "tina")
    guest = server.person("timo")
    call = server.carrier.call(room["number"], display="Caller").wait_answer()
    time.sleep(0.4)
    call.key(room["guest_pin"] + "#")

    def outsider():
        return next((one for one in server.roster(host, room["id"]).values()
                     if one["user"] is None and one["phase"] == "connected"), None)
    seat = eventually(outsider, 5, "the caller has no seat")
    check(seat["address"] == server.carrier.user, f"the host sees {seat['address']}")
    inside = server.phone(guest).call(room["number"]).wait_answer()
    time.sleep(0.4)
    inside.key(room["guest_pin"] + "#")
    eventually(lambda: server.roster(host, room["id"]).get("timo", {}).get("phase") == "connected", 5, "timo is not in")
    seen = [one for one in server.roster(guest, room["id"]).values() if one["seat"] == seat["seat"]][0]
    check("1234567" not in str(seen) and "***" in seen["address"], f"a guest sees the whole number: {seen}")
    refusal = guest.api.refused("POST", f"/api/conferences/{room['id']}/dial", {"number": "+4930111"})
    check(refusal.status == 403, f"a guest without the right to dial got {refusal}")
    call.hang_up()
    inside.hang_up()


def dials_by_the_trunk(server):
    """A number with an allowed prefix rings at the trunk; another one is barred and nothing leaves the house."""
    host, room = room_of(server, "dora")
    carrier = server.carrier
    carrier.on_call = "answer"
    host.api.post(f"/api/conferences/{room['id']}/dial", {"number": "+49 30 55 66 77"})
    call = carrier.calls.get(timeout=5).wait_confirmed()
    check(call.incoming.uri.startswith("sip:+4930556677@"), f"the trunk was asked for {call.incoming.uri}")
    eventually(lambda: any(one["phase"] == "connected" for one in server.roster(host, room["id"]).values()), 5,
               "the answered number is not connected")
    call.hang_up()
    host.api.post(f"/api/conferences/{room['id']}/dial", {"number": "+1 900 1234"})
    barred = eventually(lambda: [one for one in server.roster(host, room["id"]).values() if one["cause"] == "barred"], 5,
                        "a number outside of the trunk's prefixes was not barred")
    check(len(barred) == 1 and carrier.calls.empty(), "the barred number reached the trunk")


def story():
    carrier_port = ports.free_port(ports.PHONES)
    trunk = f"name=carrier,host={TRUNK_IP},port={carrier_port},prefixes=+49"
    with Server("refusals", ["--trunk", trunk]) as server:
        server.carrier = SipPhone(server.sip_port, "+49301234567", ip=TRUNK_IP, port=carrier_port)
        try:
            run(wrong_pin_three_times, right_pin_after_a_wrong_one, unknown_number, strangers_get_nothing,
                refusals_of_called_phones, no_answer_in_45_seconds, cancelled_while_ringing, answered_then_hung_up,
                cancelled_by_the_caller, hangs_up_during_the_prompt, keys_nothing, no_common_codec, hold_and_resume,
                calls_in_by_the_trunk, dials_by_the_trunk, arguments=(server,), together=True)
        finally:
            server.carrier.close()
        server.verify()


if __name__ == "__main__":
    main(story)
