// The connection against a socket that the test holds: hello, resume, refusals, coming back.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../src/connection.ts";
import type { Socket } from "../src/connection.ts";
import type { Refusal, Stream, StreamFrame } from "../src/protocol.ts";

class FakeSocket implements Socket {
    sent: Record<string, unknown>[] = [];
    closed = false;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;
    send(text: string): void { this.sent.push(JSON.parse(text) as Record<string, unknown>); }
    close(): void { this.closed = true; }
    hear(frame: object): void { this.onmessage?.({ data: JSON.stringify(frame) }); }
    of(type: string) { return this.sent.filter((frame) => frame["type"] === type); }
}

class Bench {
    sockets: FakeSocket[] = [];
    cursors = new Map<Stream, string>();
    frames: StreamFrame[] = [];
    log: string[] = [];
    timers: { at: number; run: () => void }[] = [];
    now = 0;
    connection = new Connection({
        token: "alice.t",
        open: () => { const socket = new FakeSocket(); this.sockets.push(socket); return socket; },
        cursor_of: (stream) => this.cursors.get(stream),
        on_frame: (frame) => this.frames.push(frame),
        on_stream_refused: (stream, code) => this.log.push(`refused ${stream} ${code}`),
        on_live: () => this.log.push("live"),
        on_offline: (note) => this.log.push(`offline ${note}`.trim()),
        on_over: (code) => this.log.push(`over ${code}`),
        later: (run, ms) => this.timers.push({ at: this.now + ms, run }),
        chance: () => 0.5,
    });
    get socket(): FakeSocket { const last = this.sockets.at(-1); assert.ok(last); return last; }
    pass(ms: number): void {
        const until = this.now + ms;
        for (;;) {
            this.timers.sort((one, other) => one.at - other.at);
            const next = this.timers[0];
            if (!next || next.at > until) break;
            this.timers.shift();
            this.now = next.at;
            next.run();
        }
        this.now = until;
    }
    live(): this {
        this.connection.start();
        return this.welcome();
    }
    welcome(): this {
        this.socket.onopen?.();
        this.socket.hear({ type: "welcome", user: "alice", display_name: "Alice", admin: false, now: 0, dropped: null });
        return this;
    }
}
const break_off = (bench: Bench, code = 1006) => bench.socket.onclose?.({ code, reason: "" });
const stream: Stream = "conversation/launch";

test("hello comes first and subscriptions after the welcome", () => {
    const bench = new Bench();
    bench.connection.follow(stream);
    bench.connection.start();
    bench.socket.onopen?.();
    assert.deepEqual(bench.socket.sent, [{ type: "hello", token: "alice.t" }]);
    bench.welcome();
    assert.deepEqual(bench.socket.of("subscribe").map((frame) => frame["stream"]), [stream]);
});

test("after a broken connection each stream goes on from its last cursor", () => {
    const bench = new Bench().live();
    bench.connection.follow(stream);
    bench.connection.follow("user/alice");
    assert.equal("from" in (bench.socket.of("subscribe")[0] ?? {}), false);
    bench.cursors.set(stream, "3-17").set("user/alice", "3-4");
    break_off(bench);
    bench.pass(1000);
    assert.equal(bench.sockets.length, 2);
    bench.welcome();
    assert.deepEqual(bench.socket.of("subscribe").map((frame) => frame["from"]), ["3-17", "3-4"]);
    assert.deepEqual(bench.log, ["live", "offline", "live"]);
});

test("a request gets its own answer", async () => {
    const bench = new Bench().live();
    const one = bench.connection.request("POST", "/api/a", { a: 1 });
    const two = bench.connection.request("GET", "/api/b");
    const [first, second] = bench.socket.of("request");
    assert.deepEqual(first?.["body"], { a: 1 });
    bench.socket.hear({ type: "answer", id: second?.["id"], status: 200, body: { b: 2 } });
    bench.socket.hear({ type: "answer", id: first?.["id"], status: 409, body: { error: { code: "ended", sentence: "It has ended." } } });
    assert.deepEqual(await two, { b: 2 });
    await assert.rejects(one, (why: Refusal) => why.code === "ended" && why.message === "It has ended.");
});

test("what waits when the connection breaks is refused as offline, nothing is asked twice by itself", async () => {
    const bench = new Bench().live();
    const asked = bench.connection.request("POST", "/api/a", {});
    break_off(bench);
    await assert.rejects(asked, (why: Refusal) => why.code === "offline");
    await assert.rejects(bench.connection.request("POST", "/api/a", {}), (why: Refusal) => why.code === "offline");
    bench.pass(1000);
    assert.deepEqual(bench.welcome().socket.of("request"), []);
});

test("waits grow while the server stays away and start anew after a welcome", () => {
    const bench = new Bench();
    bench.connection.start();
    for (const wait of [300, 1000, 2000, 4000, 8000, 15000, 15000]) {
        const before = bench.sockets.length;
        break_off(bench);
        bench.pass(wait - 1);
        assert.equal(bench.sockets.length, before, `not before ${wait} ms`);
        bench.pass(1);
        assert.equal(bench.sockets.length, before + 1, `after ${wait} ms`);
    }
    bench.welcome();
    break_off(bench);
    const before = bench.sockets.length;
    bench.pass(300);
    assert.equal(bench.sockets.length, before + 1);
});

test("a line that is silent is asked, and left when it does not answer", () => {
    const bench = new Bench().live();
    const dead = bench.socket;
    bench.pass(15000);
    assert.equal(dead.of("ping").length, 0, "the welcome was heard in this time");
    bench.pass(15000);
    assert.equal(dead.of("ping").length, 1);
    dead.hear({ type: "pong", id: 1 });
    bench.pass(8000);
    assert.equal(dead.closed, false, "it answered");
    bench.pass(40000);
    assert.equal(dead.closed, true);
    assert.ok(bench.sockets.length > 1);
});

test("an ended session is over and nothing comes back", () => {
    const bench = new Bench().live();
    bench.socket.onclose?.({ code: 1008, reason: "not_signed_in" });
    bench.pass(60000);
    assert.deepEqual(bench.log, ["live", "over not_signed_in"]);
    assert.equal(bench.sockets.length, 1);
});

test("a refused subscription is told and not tried again", () => {
    const bench = new Bench().live();
    bench.connection.follow(stream);
    bench.socket.hear({ type: "error", id: bench.socket.of("subscribe")[0]?.["id"], code: "not_a_member", sentence: "No." });
    assert.deepEqual(bench.log, ["live", `refused ${stream} not_a_member`]);
    break_off(bench);
    bench.pass(1000);
    assert.deepEqual(bench.welcome().socket.of("subscribe"), []);
});

test("frames of a stream that was left are not told", () => {
    const bench = new Bench().live();
    bench.connection.follow(stream);
    bench.connection.unfollow(stream);
    bench.socket.hear({ type: "events", stream, cursor: "1-1", at: 1, by: "server", events: [] });
    assert.deepEqual(bench.frames, []);
    assert.equal(bench.socket.of("unsubscribe").length, 1);
});

test("no more requests a second than the server allows", () => {
    const bench = new Bench().live();
    for (let i = 0; i < 200; ++i) bench.connection.follow(`conversation/g${i}`);
    assert.equal(bench.socket.of("subscribe").length, 80);
    bench.pass(1000);
    assert.equal(bench.socket.of("subscribe").length, 120);
    bench.pass(3000);
    assert.equal(bench.socket.of("subscribe").length, 200);
});

test("whatever an old socket still says is not heard", () => {
    const bench = new Bench().live();
    const old = bench.socket;
    const hear = old.onmessage;
    break_off(bench);
    hear?.({ data: JSON.stringify({ type: "presence", user: "bob", online: true }) });
    assert.deepEqual(bench.frames, []);
});
