// Words: what people read, and where the address bar leads.
import assert from "node:assert/strict";
import { test } from "node:test";

import { announcement } from "../src/announce.ts";
import { chat_link, parse_route } from "../src/route.ts";
import { dial_target } from "../src/views/dial.tsx";
import { cause_in_words, duration, hands_in_order, initials, roster_order, seat_in_words } from "../src/words.ts";
import { frame, room, room_stream, said, seat, signed_in, talk_stream } from "./make.ts";

test("every phase and cause has words", () => {
    for (const [given, words] of [
        [seat(1, { phase: "invited" }), "invited"], [seat(1, { phase: "dialling" }), "dialling…"],
        [seat(1, { phase: "ringing" }), "ringing…"], [seat(1), "connected"], [seat(1, { on_hold: true }), "on hold"],
        [seat(1, { silent: true }), "no sound"], [seat(1, { phase: "left", cause: "busy", sip_status: 486 }), "busy"],
        [seat(1, { phase: "left", cause: "no_answer" }), "no answer"],
        [seat(1, { phase: "left", cause: "failed", sip_status: 503 }), "call failed (503)"],
    ] as const) assert.equal(seat_in_words(given), words);
    assert.equal(cause_in_words("something_new", 0), "something new");
});

test("hands stand in the order of asking, and only of those who are there", () => {
    const state = room({ seats: [seat(1, { hand_at: 30 }), seat(2, { hand_at: 10 }), seat(3, { hand_at: 20, phase: "left" }), seat(4)] });
    assert.deepEqual(hands_in_order(state).map((one) => one.seat), [2, 1]);
});

test("who is in stands above who rings, is invited or left", () => {
    const order = roster_order([seat(1, { phase: "left" }), seat(2, { phase: "invited" }), seat(3), seat(4, { phase: "ringing" }), seat(5, { phase: "dialling" })]);
    assert.deepEqual(order.map((one) => one.seat), [3, 4, 5, 2, 1]);
});

test("what is typed to ring somebody is a number, an address or a name", () => {
    for (const [typed, target] of [
        ["+49 (30) 123-45", { number: "+493012345" }], ["2001", { number: "2001" }], ["bob@example.org", { address: "sip:bob@example.org" }],
        ["sip:x@y", { address: "sip:x@y" }], [" Bob ", { user: "bob" }], ["carol.r_2", { user: "carol.r_2" }],
    ] as const) assert.deepEqual(dial_target(typed), target);
});

test("times and initials are short", () => {
    assert.deepEqual([0, 65_000, 3_909_000, -5].map(duration), ["0:00", "1:05", "1:05:09", "0:00"]);
    assert.deepEqual(["Alice Lindqvist", "bob", "", "Ångström, Eva Maria"].map(initials), ["AL", "B", "?", "ÅM"]);
});

test("a link to a chat leads back to it, whatever its id", () => {
    for (const id of ["direct:alice:bob", "g5f/%?#"]) {
        assert.deepEqual(parse_route(chat_link(id, "conference")), { page: "chat", id, pane: "conference" });
    }
    for (const hash of ["", "#/", "#/chat", "#/nonsense/1", "#/chat/%E0%A4%A"]) assert.deepEqual(parse_route(hash), { page: "home" });
});

test("others' messages and comings are said aloud, my own are not", () => {
    const world = signed_in();
    assert.equal(announcement(world, frame(talk_stream, 4, said(1))), "bob: text 1");
    assert.equal(announcement(world, frame(talk_stream, 4, said(1, "alice"))), "");
    assert.equal(announcement(world, frame(room_stream, 4, { type: "seat_connected", seat: 1, muted: false })), "Bob is connected.");
    assert.equal(announcement(world, frame(room_stream, 4, { type: "seat_talking", seat: 1, on: true })), "");
});
