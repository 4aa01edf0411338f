// Folding: what each event changes, and that the state given stays as it was.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fold_conference, fold_conversation, fold_user, is_muted } from "../src/fold.ts";
import type { Conference, Event, Seat } from "../src/protocol.ts";
import { room, seat, talk, user } from "./make.ts";

const at = { sequence: 7, at: 7000, me: "alice" };
const after = (state: Conference, ...list: Event[]) => list.reduce((one, event) => fold_conference(one, event, at), state);
const first = (state: Conference): Seat => { const one = state.seats[0]; assert.ok(one); return one; };

test("a person is invited, dialled, rings, answers and hangs up", () => {
    const invited = after(room(), { type: "person_invited", seat: 1, user: "bob", name: "Bob", role: "guest", by: "alice" });
    assert.deepEqual([first(invited).phase, first(invited).since], ["invited", 7000]);
    const dialled = after(invited, { type: "seat_dialled", seat: 1, user: "bob", name: "Robert", address: "sip:b@x", kind: "user", by: "alice" });
    assert.deepEqual([first(dialled).phase, first(dialled).name, first(dialled).address, first(dialled).dialled_by],
                     ["dialling", "Bob", "", "alice"]);
    const connected = after(dialled, { type: "seat_ringing", seat: 1 }, { type: "seat_connected", seat: 1, muted: false });
    assert.equal(first(connected).phase, "connected");
    const left = after(connected, { type: "seat_talking", seat: 1, on: true }, { type: "seat_left", seat: 1, cause: "busy", sip_status: 486 });
    assert.deepEqual([first(left).phase, first(left).cause, first(left).sip_status, first(left).talking], ["left", "busy", 486, false]);
    assert.equal(connected.seats[0]?.phase, "connected", "the state before is untouched");
});

test("every switch of a seat shows", () => {
    const on = after(room({ seats: [seat(1)] }), { type: "seat_silent", seat: 1, on: true }, { type: "seat_talking", seat: 1, on: true },
                     { type: "hand_raised", seat: 1, raised: true });
    assert.deepEqual([first(on).silent, first(on).talking, first(on).hand_at], [true, true, 7000]);
    const held = after(on, { type: "seat_held", seat: 1, on: true }, { type: "hand_raised", seat: 1, raised: false });
    assert.deepEqual([first(held).on_hold, first(held).talking, first(held).hand_at], [true, false, null]);
});

test("muting all spares hosts and whom a host unmutes, and keeps who muted themselves", () => {
    const start = room({ seats: [seat(1, { role: "host" }), seat(2, { talking: true }), seat(3), seat(4)] });
    const muted = (state: Conference) => state.seats.filter((one) => is_muted(state, one)).map((one) => one.seat);
    const own = after(start, { type: "seat_muted", seat: 4, muted: true, by_host: false });
    const all = after(own, { type: "all_muted", muted: true });
    assert.deepEqual(muted(all), [2, 3, 4]);
    assert.equal(all.seats[1]?.talking, false);
    const spared = after(all, { type: "seat_muted", seat: 2, muted: false, by_host: true });
    assert.deepEqual(muted(spared), [3, 4]);
    assert.deepEqual(muted(after(spared, { type: "all_muted", muted: false })), [4]);
});

test("a recording shows until it is stopped or the conference ends", () => {
    const on = after(room(), { type: "recording_set", recording: "on", by: "user/alice" });
    assert.equal(on.recording, "on");
    assert.equal(after(on, { type: "recording_set", recording: "paused", by: "user/alice" }).recording, "paused");
    assert.equal(after(on, { type: "conference_ended", by: "user/alice" }).recording, "off");
});

test("gains, deafness and coaches are kept on their seats", () => {
    const state = after(room({ seats: [seat(1), seat(2)] }), { type: "seat_gain_set", seat: 1, in_db: 6, out_db: -3 },
                        { type: "seat_deaf_set", seat: 1, deaf: true }, { type: "whisper_set", seat: 1, to: 2 });
    assert.deepEqual([first(state).gain_in_db, first(state).gain_out_db, first(state).deaf, first(state).whispers_to], [6, -3, true, 2]);
    assert.equal(first(after(state, { type: "whisper_set", seat: 1, to: null })).whispers_to, null);
});

test("a host's mute is told from one's own", () => {
    const state = after(room({ seats: [seat(1)] }), { type: "seat_muted", seat: 1, muted: true, by_host: true });
    assert.deepEqual([first(state).muted, first(state).muted_by_host], [true, true]);
});

test("my own seat is found, and whether it makes me a host", () => {
    const enter = (who: string, role: string): Event =>
        ({ type: "seat_entered", seat: 1, user: who, name: who, address: "", role, muted: false });
    for (const given of [{ who: "alice", role: "host", me: { host: true, seat: 1 } },
                         { who: "alice", role: "guest", me: { host: false, seat: 1 } },
                         { who: "bob", role: "host", me: { host: false, seat: null } }]) {
        assert.deepEqual(after(room(), enter(given.who, given.role)).me, given.me, JSON.stringify(given));
    }
});

test("whoever leaves keeps mute and hand, whoever is removed has no hand, a cancelled call ends by itself", () => {
    const left = after(room({ seats: [seat(1, { hand_at: 5, muted: true })] }), { type: "seat_left", seat: 1, cause: "hung_up", sip_status: 0 });
    assert.deepEqual([first(left).hand_at, first(left).muted], [5, true]);
    const removed = after(room({ seats: [seat(1, { hand_at: 5 })] }), { type: "seat_removed", seat: 1, by: "bob" });
    assert.deepEqual([first(removed).cause, first(removed).hand_at], ["removed", null]);
    const ringing = room({ seats: [seat(1, { phase: "ringing" })] });
    const cancelled = after(ringing, { type: "dial_cancelled", seat: 1, by: "bob" });
    assert.equal(first(cancelled).phase, "ringing", "the phone's end is told by itself");
    assert.equal(first(after(cancelled, { type: "seat_left", seat: 1, cause: "cancelled", sip_status: 487 })).cause, "cancelled");
});

test("the end and a restart of the server hang up everybody who had a telephone", () => {
    const start = room({ seats: [seat(1), seat(2, { phase: "invited" }), seat(3, { phase: "left", cause: "busy" })] });
    const ended = after(start, { type: "conference_ended", by: "bob" });
    assert.deepEqual([ended.ended, ended.ended_at], [true, 7000]);
    assert.deepEqual(ended.seats.map((one) => one.cause), ["conference_ended", "none", "busy"]);
    assert.deepEqual(after(start, { type: "phones_lost", epoch: 2 }).seats.map((one) => one.cause), ["lost", "none", "busy"]);
});

test("wrong PINs, the lock, and an event of tomorrow", () => {
    const state = after(room(), { type: "pin_refused", caller: "+49", blocked: false }, { type: "pin_refused", caller: "+49", blocked: true },
                        { type: "pin_refused", caller: "+50", blocked: false, cause: "locked" },
                        { type: "lock_set", locked: true });
    assert.deepEqual([state.pin_failures, state.locked], [[{ at: 7000, caller: "+49" }], true]);
    assert.equal(after(state, { type: "never_heard_of" }), state);
});

test("a conversation follows its members, title, marks and conference", () => {
    const list: Event[] = [{ type: "member_added", user: "carol" }, { type: "member_removed", user: "bob" },
        { type: "conversation_renamed", title: "New" }, { type: "read_marked", user: "alice", sequence: 5 },
        { type: "read_marked", user: "alice", sequence: 4 }, { type: "conference_linked", conference: "471100" }];
    const state = list.reduce((one, event) => fold_conversation(one, event, at), talk());
    assert.deepEqual(state.members.map((member) => [member.user, member.read_up_to]), [["alice", 5], ["carol", 7]]);
    assert.deepEqual([state.title, state.conference], ["New", "471100"]);
    assert.equal(fold_conversation(state, { type: "conference_unlinked", conference: "other" }, at).conference, "471100");
    assert.equal(fold_conversation(state, { type: "conference_unlinked", conference: "471100" }, at).conference, null);
});

test("an account follows contacts, numbers and conferences, each once", () => {
    const list: Event[] = [{ type: "contact_added", user: "bob" }, { type: "contact_added", user: "bob" },
        { type: "number_assigned", number: "2001" }, { type: "conference_entered", conference: "471100" },
        { type: "may_dial_numbers_set", allowed: false }];
    const state = list.reduce(fold_user, user());
    assert.deepEqual([state.contacts, state.numbers, state.conferences, state.may_dial_numbers], [["bob"], ["2001"], ["471100"], false]);
});

test("a phone is registered while it has a contact left", () => {
    const binding = (contact: string) => ({ contact, user_agent: "Snom", expires_at: 1 });
    const list: Event[] = [{ type: "phone_added", label: "desk", user: "alice-desk" },
        { type: "phone_registered", label: "desk", binding: binding("sip:a") }, { type: "phone_registered", label: "desk", binding: binding("sip:b") },
        { type: "phone_registered", label: "desk", binding: binding("sip:a") }, { type: "phone_unregistered", label: "desk", contact: "sip:b", expired: true }];
    const one_left = list.reduce(fold_user, user());
    assert.deepEqual([one_left.phones[0]?.registered, one_left.phones[0]?.bindings?.length], [true, 1]);
    const none_left = fold_user(one_left, { type: "phone_unregistered", label: "desk", contact: "sip:a", expired: false });
    assert.equal(none_left.phones[0]?.registered, false);
    assert.equal(fold_user(one_left, { type: "phones_lost", epoch: 2 }).phones[0]?.registered, false);
    assert.deepEqual(fold_user(one_left, { type: "phone_removed", label: "desk" }).phones, []);
});
