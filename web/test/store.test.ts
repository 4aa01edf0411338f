// The store: each event once, in order, and a view above all.
import assert from "node:assert/strict";
import { test } from "node:test";

import { display_name, merge_messages, unread_count, wanted_streams } from "../src/store.ts";
import type { Message } from "../src/protocol.ts";
import { events, room, room_stream, run, said, seat, signed_in, talk, talk_stream, user, view } from "./make.ts";

const message = (sequence: number, from = "bob"): Message =>
    ({ sequence, number: sequence, at: sequence, from, text: `text ${sequence}`, client_id: `c-${sequence}`, via: "web" });
const page = (messages: Message[], next_before: number | null, newest = true) =>
    ({ type: "history_page", conversation: "launch", messages, next_before, newest }) as const;
const texts = (world: ReturnType<typeof signed_in>) => world.histories["launch"]?.messages.map((one) => one.text);
const compose = { type: "compose",
    outgoing: { client_id: "mine", conversation: "launch", text: "hello", at: 5, error: null } } as const;

test("the next event is folded and moves the cursor", () => {
    const world = run([events(talk_stream, 4, said(1))], signed_in());
    assert.deepEqual(texts(world), ["text 1"]);
    assert.equal(world.streams[talk_stream]?.cursor, "1-4");
    assert.equal(world.conversations["launch"]?.messages, 1);
});

test("an event that comes twice is shown once", () => {
    const once = run([events(talk_stream, 4, said(1)), events(talk_stream, 5, said(2))], signed_in());
    const twice = run([events(talk_stream, 4, said(1)), events(talk_stream, 5, said(2))], once);
    assert.deepEqual(twice, once);
});

test("after a gap nothing is folded until a view comes", () => {
    const gap = run([events(talk_stream, 5, said(2))], signed_in());
    assert.equal(gap.streams[talk_stream]?.updating, true);
    assert.equal(gap.streams[talk_stream]?.cursor, "1-3", "what was missed is still missing");
    assert.equal(gap.conversations["launch"]?.messages, 0);
    assert.equal(run([events(talk_stream, 4, said(1))], gap), gap, "what comes meanwhile is in the view");

    const healed = run([view(talk_stream, "1-6", talk({ messages: 3 })), events(talk_stream, 7, said(4))], gap);
    assert.equal(healed.streams[talk_stream]?.updating, false);
    assert.equal(healed.conversations["launch"]?.messages, 4);
});

test("a view replaces the state even when it is older", () => {
    const ahead = run([events(room_stream, 4, { type: "lock_set", locked: true }),
                       events(room_stream, 5, { type: "seat_muted", seat: 1, muted: true, by_host: true })], signed_in());
    const back = run([view(room_stream, "2-4", room({ locked: true, seats: [seat(1, { name: "Bob" })] }))], ahead);
    assert.equal(back.conferences["471100"]?.seats[0]?.muted, false);
    const on = run([events(room_stream, 5, { type: "lock_set", locked: false })], back);
    assert.equal(on.conferences["471100"]?.locked, false, "the fifth change happened anew");
});

test("an event of a stream without a view changes nothing", () => {
    const world = signed_in();
    assert.equal(run([events("conversation/other", 1, said(1))], world), world);
});

test("a new epoch goes on where the old one stopped", () => {
    const action = events(talk_stream, 4, said(1));
    if (action.type === "frame" && action.frame.type === "events") action.frame.cursor = "2-4";
    const world = run([action], signed_in());
    assert.equal(world.streams[talk_stream]?.cursor, "2-4");
});

test("a history page joins what came live, each message once", () => {
    const world = run([events(talk_stream, 4, said(4)), page([message(2), message(3), message(4)], 2)], signed_in());
    assert.deepEqual(texts(world), ["text 2", "text 3", "text 4"]);
    const older = run([page([message(1)], null, false)], world);
    assert.deepEqual(texts(older), ["text 1", "text 2", "text 3", "text 4"]);
    assert.equal(older.histories["launch"]?.next_before, null);
});

test("after a view the newest page replaces messages that a power cut took back", () => {
    const seen = run([page([message(2)], null), events(talk_stream, 4, said(4)), events(talk_stream, 5, said(5))], signed_in());
    const world = run([view(talk_stream, "2-4", talk()), events(talk_stream, 5, said(6)), page([message(2), message(4)], null)], seen);
    assert.deepEqual(texts(world), ["text 2", "text 4", "text 6"]);
});

test("messages merge ascending, the fresh one wins", () => {
    const merged = merge_messages([message(3), message(1)], [{ ...message(3), text: "fresh" }, message(2)]);
    assert.deepEqual(merged.map((one) => one.text), ["text 1", "text 2", "fresh"]);
});

test("what I write waits until it is acknowledged and is shown once, whichever comes first", () => {
    const waiting = run([compose], signed_in());
    assert.equal(waiting.outbox.length, 1);
    const sent = { type: "sent", client_id: "mine", sequence: 4, at: 9 } as const;
    const event = events(talk_stream, 4, { ...said(1, "alice", "mine"), text: "hello" });
    for (const order of [[sent, event], [event, sent]]) {
        const world = run(order, waiting);
        assert.equal(world.outbox.length, 0);
        assert.deepEqual(texts(world), ["hello"]);
    }
});

test("a message that history already has leaves the outbox", () => {
    const world = run([compose, page([{ ...message(4, "alice"), client_id: "mine" }], null)], signed_in());
    assert.equal(world.outbox.length, 0);
});

test("another's message with the same client id is not mine", () => {
    const world = run([compose, events(talk_stream, 4, said(1, "bob", "mine"))], signed_in());
    assert.equal(world.outbox.length, 1);
});

test("a refused message keeps the server's sentence until it is sent again or discarded", () => {
    const refused = run([compose, { type: "send_refused", client_id: "mine", sentence: "No." }], signed_in());
    assert.equal(refused.outbox[0]?.error, "No.");
    assert.equal(run([{ type: "send_again", client_id: "mine" }], refused).outbox[0]?.error, null);
    assert.deepEqual(run([{ type: "discard", client_id: "mine" }], refused).outbox, []);
});

test("unread are others' messages after my mark", () => {
    const world = run([page([], null), events(talk_stream, 4, said(1)), events(talk_stream, 5, said(2))], signed_in());
    assert.equal(unread_count(world, "launch"), 2);
    assert.equal(unread_count(run([events(talk_stream, 6, { type: "read_marked", user: "alice", sequence: 4 })], world), "launch"), 1);
    assert.equal(unread_count(run([events(talk_stream, 6, said(3, "alice"))], world), "launch"), 0, "who answers has read");
});

test("presence is forgotten with the connection", () => {
    const online = run([{ type: "link", link: { phase: "live", since: 1, note: "" } },
                        { type: "frame", frame: { type: "presence", user: "bob", online: true } }], signed_in());
    assert.equal(online.presence["bob"], true);
    assert.deepEqual(run([{ type: "link", link: { phase: "offline", since: 2, note: "" } }], online).presence, {});
});

test("the account says which streams to follow", () => {
    const world = run([events("user/alice", 4, { type: "conversation_entered", conversation: "new" },
                              { type: "conference_left", conference: "471100" })], signed_in());
    assert.deepEqual(wanted_streams(world), ["user/alice", "conversation/launch", "conversation/new"]);
    const many = run([view("user/alice", "1-9", user({ conversations: Array.from({ length: 400 }, (_, i) => `g${i}`) }))], world);
    assert.equal(wanted_streams(many).length, 195, "the server allows 200");
});

test("who becomes a host asks for a fresh view, because it may show whole numbers", () => {
    const world = run([events(room_stream, 4, { type: "seat_entered", seat: 2, user: "alice", name: "Alice", address: "",
                                                role: "host", muted: false })], signed_in());
    assert.equal(world.conferences["471100"]?.me.host, true);
    assert.equal(world.streams[room_stream]?.updating, true);
});

test("a closed stream keeps the reason until a view comes", () => {
    const closed = run([{ type: "frame", frame: { type: "closed", stream: talk_stream, code: "not_a_member", sentence: "Gone." } }], signed_in());
    assert.equal(closed.streams[talk_stream]?.closed?.sentence, "Gone.");
    assert.equal(run([view(talk_stream, "1-9", talk())], closed).streams[talk_stream]?.closed, null);
});

test("every welcome says anew who I am", () => {
    const world = run([{ type: "identity", display_name: "Alice L.", admin: true }], signed_in());
    assert.deepEqual(world.session, { token: "t", user: "alice", display_name: "Alice L.", admin: true });
});

test("signing out forgets everything but the reason", () => {
    const world = run([{ type: "signed_out", notice: "Over." }], signed_in());
    assert.deepEqual([world.session, world.me, world.notice], [null, null, "Over."]);
});

test("people are called by the name they show, and by their user name until it is known", () => {
    const world = signed_in();
    assert.equal(display_name(world, "bob"), "bob");
    assert.equal(display_name(run([{ type: "people", people: [{ name: "bob", display_name: "Bob O.", disabled: false }] }], world), "bob"), "Bob O.");
});
