// A pretended server for looking at the page: `npm run mock -- PORT PAGE_FOLDER`. Speaks enough of
// docs/protocol.md, and under /mock/ lets a test cut every connection or make somebody talk. Not shipped.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

import type { Event, Stream } from "../src/protocol.ts";
import { MockWorld } from "./mock_world.ts";

const port = Number(process.argv[2] ?? 28100);
const folder = process.argv[3] ?? "dist";
const world = new MockWorld();
for (const [name, shown] of [["alice", "Alice Lindqvist"], ["bob", "Bob Okafor"], ["carol", "Carol Reyes"],
                             ["dora", "Dora Haddad"], ["emil", "Emil Novak"]] as const) {
    world.add_user(name, shown, "secret", name === "alice");
}
world.change("user/alice", "server", ...["bob", "carol", "emil"].map((user) => ({ type: "contact_added", user })),
    { type: "phone_added", label: "desk", user: "alice-desk" },
    { type: "phone_registered", label: "desk", binding: { contact: "sip:a@127.0.0.1", user_agent: "baresip 1.1", expires_at: 0 } });
world.add_conversation("direct:alice:bob", true, "", ["alice", "bob"]);
world.add_conversation("launch", false, "Launch week", ["alice", "bob", "carol", "dora"]);
world.add_conversation("direct:alice:emil", true, "", ["alice", "emil"]);
for (let i = 1; i <= 120; ++i) world.say("direct:alice:emil", i % 3 ? "emil" : "alice", `Line ${i} of a long talk`, `old-${i}`);
world.say("direct:alice:bob", "bob", "The trunk is up. Shall we try it with real phones?", "b1");
world.say("launch", "carol", "Morning! The press wants a short demo at eleven.", "c1");
world.say("launch", "alice", "We can ring them straight from here: one conference, five phones.", "a1");
world.say("launch", "dora", "I'm on the train, so I will dial in from my mobile.", "d1", "phone");
world.say("launch", "bob", "Desk phone is registered and sounds fine. Ready when you are.", "b2");

interface Peer { socket: WebSocket; user: string; streams: Set<Stream> }
const peers = new Set<Peer>();
const tell = (peer: Peer, frame: object) => peer.socket.send(JSON.stringify(frame));
world.published = (frame) => { for (const peer of peers) if (peer.streams.has(frame.stream)) tell(peer, frame); };

class Refused extends Error {
    constructor(readonly status: number, readonly code: string, sentence: string) { super(sentence); }
}
type Body = Record<string, any>;

function answer(user: string, method: string, url: string, body: Body): [number, object] {
    const [path, query] = url.split("?");
    const parts = (path ?? "").split("/").slice(2).map(decodeURIComponent);
    const [kind, id = "", what = "", extra = ""] = parts;
    const ask = new URLSearchParams(query);
    if (kind === "sign_out") return [200, {}];
    if (kind === "me") {
        const other = method === "DELETE" ? what : body["user"];
        return [200, { cursor: world.change(`user/${user}`, `user/${user}`,
            { type: method === "DELETE" ? "contact_removed" : "contact_added", user: other }) }];
    }
    if (kind === "users") return users(user, method, id, what, extra, body);
    if (kind === "conversations") return conversations(user, method, id, what, body, ask);
    if (kind === "conferences") return conferences(user, id, what, body);
    throw new Refused(404, "not_found", "There is no such path.");
}

function users(user: string, method: string, id: string, what: string, extra: string, body: Body): [number, object] {
    if (id === "" && method === "GET") return [200, { users: world.people(), next_after: null }];
    if (id === "") {
        if (world.user(body["user"])) throw new Refused(409, "already_exists", "A user with this name exists.");
        world.add_user(body["user"], body["display_name"], body["password"] ?? "made-for-you");
        return [201, { user: body["user"], cursor: "1-1", ...(body["password"] ? {} : { password: "made-for-you" }) }];
    }
    if (!world.user(id)) throw new Refused(404, "no_such_user", "There is no such user.");
    if (what === "") return [200, { state: world.people().find((person) => person.name === id) }];
    const event: Event = what === "disabled" ? { type: "user_disabled_set", disabled: body["disabled"] }
        : what === "may_dial_numbers" ? { type: "may_dial_numbers_set", allowed: body["allowed"] }
        : what === "numbers" ? { type: method === "DELETE" ? "number_withdrawn" : "number_assigned", number: body["number"] ?? extra }
        : what === "phones" && method === "DELETE" ? { type: "phone_removed", label: extra }
        : what === "phones" && body["texts"] !== undefined ? { type: "phone_texts_set", label: extra, texts: body["texts"] }
        : what === "phones" ? { type: "phone_added", label: body["label"], user: `${id}-${body["label"]}` }
        : { type: "password_set" };
    const cursor = world.change(`user/${id}`, `user/${user}`, event);
    if (event.type !== "phone_added") return [200, { cursor }];
    return [201, { label: body["label"], user: `${id}-${body["label"]}`, password: "qfr7-k2ma-9xwe", server: "127.0.0.1:5060", realm: "partyline", cursor }];
}

function conversations(user: string, method: string, id: string, what: string, body: Body, ask: URLSearchParams): [number, object] {
    if (id === "") {
        const fresh = body["with"] ? `direct:${[user, body["with"]].sort().join(":")}` : `g${Date.now()}`;
        world.add_conversation(fresh, !!body["with"], body["title"] ?? "", [user, ...(body["with"] ? [body["with"]] : body["members"])]);
        return [201, { id: fresh, cursor: "1-1" }];
    }
    if (!world.talk(id)) throw new Refused(404, "no_such_conversation", "There is no such conversation.");
    if (what === "messages" && method === "GET") {
        const before = Number(ask.get("before") ?? 1e9), limit = Number(ask.get("limit") ?? 50);
        const older = (world.messages.get(id) ?? []).filter((message) => message.sequence < before);
        const page = older.slice(-limit);
        return [200, { messages: page, next_before: older.length > limit ? page[0]?.sequence : null }];
    }
    if (what === "messages") {
        if (body["text"] === "refuse me") throw new Refused(403, "not_a_member", "You are not a member of this conversation.");
        return [201, world.say(id, user, body["text"], body["client_id"])];
    }
    const event: Event = what === "read" ? { type: "read_marked", user, sequence: body["sequence"] }
        : what === "title" ? { type: "conversation_renamed", title: body["title"] }
        : { type: "member_added", user: body["user"] };
    return [200, { cursor: world.change(`conversation/${id}`, `user/${user}`, event) }];
}

function conferences(user: string, id: string, what: string, body: Body): [number, object] {
    if (id === "") return [201, world.add_conference(user, body["title"], body["conversation"] ?? null, body["people"] ?? [], body["dial_policy"])];
    if (what === "pins") return [200, world.pins.get(id) ?? {}];
    if (what === "dial") {
        if (body["user"] && !world.user(body["user"])) throw new Refused(404, "no_such_user", "There is no such user.");
        return [200, { cursor: world.dial(id, user, body, body["user"] !== "carol") }];
    }
    const seat = body["seat"] ?? world.room(id).seats.find((one) => one.user === user)?.seat;
    const event: Event = what === "mute" ? { type: "seat_muted", seat, muted: body["muted"], by_host: true }
        : what === "mute_all" ? { type: "all_muted", muted: body["muted"] }
        : what === "hand" ? { type: "hand_raised", seat, raised: body["raised"] }
        : what === "remove" ? { type: "seat_removed", seat, by: user }
        : what === "cancel" ? { type: "seat_left", seat, cause: "cancelled", sip_status: 487 }
        : what === "lock" ? { type: "lock_set", locked: body["locked"] } : { type: "conference_ended", by: user };
    const room = world.room(id);
    const cursor = world.change(`conference/${id}`, `user/${user}`, event);
    if (what === "end" && room.conversation) {
        world.change(`conversation/${room.conversation}`, "server", { type: "conference_unlinked", conference: id });
    }
    return [200, { cursor }];
}

function try_answer(user: string, method: string, url: string, body: Body): [number, object] {
    try {
        return answer(user, method, url, body);
    } catch (why) {
        if (!(why instanceof Refused)) throw why;
        return [why.status, { error: { code: why.code, sentence: why.message } }];
    }
}

async function body_of(request: IncomingMessage): Promise<Body> {
    let text = "";
    for await (const chunk of request) text += chunk;
    return text ? (JSON.parse(text) as Body) : {};
}

/// POST /mock/change {"stream", "events"}; POST /mock/cut; POST /mock/say {"id", "from", "text"}; POST /mock/dial
function mock(path: string, body: Body): object {
    if (path === "/mock/cut") for (const peer of peers) peer.socket.terminate();
    if (path === "/mock/change") return { cursor: world.change(body["stream"], "server", ...body["events"]) };
    if (path === "/mock/say") return world.say(body["id"], body["from"], body["text"], String(Math.random()));
    if (path === "/mock/dial") return { cursor: world.dial(body["id"], body["by"], body["target"], body["answers"]) };
    return {};
}

const server = createServer((request, response) => {
    void (async () => {
        const path = (request.url ?? "/").split("?")[0] ?? "/";
        const send = (status: number, body: object) => {
            response.writeHead(status, { "Content-Type": "application/json" });
            response.end(JSON.stringify(body));
        };
        if (path.startsWith("/mock/")) return send(200, mock(path, await body_of(request)));
        if (path === "/api/sign_in") {
            const { user, password } = await body_of(request);
            const known = world.user(user);
            if (!known || world.passwords.get(user) !== password) {
                return send(401, { error: { code: "wrong_credentials", sentence: "wrong user name or password" } });
            }
            return send(200, { token: `${user}.token`, user, display_name: known.display_name, admin: known.admin, expires_at: 0 });
        }
        const file = await readFile(join(folder, path === "/" ? "index.html" : path)).catch(() => null);
        if (!file) return send(404, {});
        const types: Record<string, string> = { js: "text/javascript", css: "text/css", svg: "image/svg+xml", html: "text/html" };
        response.writeHead(200, { "Content-Type": types[path.split(".").pop() ?? ""] ?? "text/html",
            "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'" });
        response.end(file);
    })();
});

new WebSocketServer({ server, path: "/api/ws" }).on("connection", (socket) => {
    const peer: Peer = { socket, user: "", streams: new Set() };
    socket.on("message", (data) => on_frame(peer, JSON.parse(String(data)) as Body));
    socket.on("close", () => {
        peers.delete(peer);
        for (const other of peers) tell(other, { type: "presence", user: peer.user, online: false });
    });
});

function on_frame(peer: Peer, frame: Body): void {
    const { type, id } = frame;
    if (type === "hello") {
        peer.user = String(frame["token"]).split(".")[0] ?? "";
        if (!world.user(peer.user)) return peer.socket.close(1008, "not_signed_in");
        peers.add(peer);
        const { display_name, admin } = world.user(peer.user);
        tell(peer, { type: "welcome", user: peer.user, display_name, admin, now: Date.now(), dropped: null });
        for (const user of ["bob", "dora"]) tell(peer, { type: "presence", user, online: true });
    } else if (type === "subscribe") {
        const stream = frame["stream"] as Stream, log = world.streams.get(stream);
        if (!log) return tell(peer, { type: "error", id, code: "not_allowed", sentence: "You may not see this." });
        peer.streams.add(stream);
        tell(peer, { type: "answer", id, status: 200, body: {} });
        const from = Number(String(frame["from"] ?? "").split("-")[1] ?? NaN);
        if (Number.isNaN(from)) return tell(peer, { type: "view", stream, cursor: `1-${log.sequence}`, state: world.view(stream, peer.user) });
        for (const one of log.frames) if (Number(one.cursor.slice(2)) > from) tell(peer, one);
    } else if (type === "unsubscribe") {
        peer.streams.delete(frame["stream"]);
    } else if (type === "request") {
        const [status, body] = try_answer(peer.user, frame["method"], frame["path"], frame["body"] ?? {});
        tell(peer, { type: "answer", id, status, body });
    } else if (type === "ping") {
        tell(peer, { type: "pong", id, now: Date.now() });
    }
}

server.listen(port, "127.0.0.1", () => console.log(`the mock listens on http://127.0.0.1:${port}`));
