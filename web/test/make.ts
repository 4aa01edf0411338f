// Worlds and frames for tests, as short as the sentence that they stand in.
import type { Conference, Conversation, Event, EventsFrame, Seat, Stream, User } from "../src/protocol.ts";
import { empty_world, reduce } from "../src/store.ts";
import type { Action, World } from "../src/store.ts";

export const talk_stream: Stream = "conversation/launch";
export const room_stream: Stream = "conference/471100";

export const user = (change: Partial<User> = {}): User => ({
    name: "alice", display_name: "Alice", admin: false, disabled: false, may_dial_numbers: true, phones: [], sessions: [],
    conversations: ["launch"], conferences: ["471100"], contacts: [], numbers: [], ...change });

export const talk = (change: Partial<Conversation> = {}): Conversation => ({
    id: "launch", direct: false, title: "Launch", members: [
        { user: "alice", joined_at: 1, read_up_to: 0 }, { user: "bob", joined_at: 1, read_up_to: 0 }],
    messages: 0, last_message_at: null, conference: null, created_by: "alice", ...change });

export const seat = (id: number, change: Partial<Seat> = {}): Seat => ({
    seat: id, user: null, name: `Guest ${id}`, address: "", role: "guest", phase: "connected", cause: "none", sip_status: 0,
    muted: false, muted_by_host: false, exempt: false, talking: false, silent: false, on_hold: false, hand_at: null, since: 1,
    dialled_by: null, deaf: false, gain_in_db: null, gain_out_db: null, whispers_to: null, ...change });

export const room = (change: Partial<Conference> = {}): Conference => ({
    id: "471100", number: "471100", title: "Launch", created_by: "bob", conversation: null, dial_policy: "hosts", locked: false,
    ended: false, all_muted: false, recording: "off", created_at: 1, ended_at: null, me: { host: false, seat: null }, seats: [], pin_failures: [],
    ...change });

export const view = (stream: Stream, cursor: string, state: User | Conversation | Conference): Action =>
    ({ type: "frame", frame: { type: "view", stream, cursor, state } });

export const events = (stream: Stream, sequence: number, ...list: Event[]): Action =>
    ({ type: "frame", frame: frame(stream, sequence, ...list) });

export const frame = (stream: Stream, sequence: number, ...list: Event[]): EventsFrame =>
    ({ type: "events", stream, cursor: `1-${sequence}`, at: 1000 + sequence, by: "server", events: list });

export const said = (number: number, from = "bob", client_id = `c-${number}`): Event =>
    ({ type: "message_sent", from, text: `text ${number}`, client_id, via: "web", number });

export const run = (actions: Action[], from: World = empty_world()): World => actions.reduce(reduce, from);

/// Alice is signed in and has seen her account, one conversation and one conference, each at sequence 3.
export const signed_in = (): World => run([
    { type: "signed_in", session: { token: "t", user: "alice", display_name: "Alice", admin: false }, outbox: [] },
    view("user/alice", "1-3", user()), view(talk_stream, "1-3", talk()),
    view(room_stream, "1-3", room({ seats: [seat(1, { user: "bob", name: "Bob", role: "host" })] }))]);
