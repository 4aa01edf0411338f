// A pretended server's memory for looking at the page without the real one: streams with numbered changes,
// people, conversations, conferences. No rules, no rights, no disk.
import { fold_conference, fold_conversation, fold_user } from "../src/fold.ts";
import type { Conference, Conversation, Event, EventsFrame, Message, Person, Stream, User } from "../src/protocol.ts";

interface Log { state: unknown; frames: EventsFrame[]; sequence: number }

export class MockWorld {
    readonly streams = new Map<Stream, Log>();
    readonly passwords = new Map<string, string>();
    readonly pins = new Map<string, { host_pin: string; guest_pin: string }>();
    readonly messages = new Map<string, Message[]>();
    published: (frame: EventsFrame) => void = () => {};
    private next_number_ = 471100;

    view(stream: Stream, me: string): unknown {
        const state = this.streams.get(stream)?.state;
        if (!stream.startsWith("conference/")) return state;
        const room = state as Conference;
        const mine = room.seats.find((seat) => seat.user === me);
        return { ...room, me: { host: room.created_by === me || mine?.role === "host", seat: mine?.seat ?? null } };
    }

    change(stream: Stream, by: string, ...events: Event[]): string {
        const log = this.streams.get(stream);
        if (!log) throw new Error(`no stream ${stream}`);
        const at = { sequence: ++log.sequence, at: Date.now(), me: "" };
        for (const event of events) {
            if (stream.startsWith("user/")) log.state = fold_user(log.state as User, event);
            if (stream.startsWith("conversation/")) log.state = fold_conversation(log.state as Conversation, event, at);
            if (stream.startsWith("conference/")) log.state = fold_conference(log.state as Conference, event, at);
            if (event.type === "message_sent") {
                const id = (log.state as Conversation).id;
                this.messages.set(id, [...(this.messages.get(id) ?? []), { ...event, sequence: at.sequence, at: at.at } as unknown as Message]);
            }
        }
        const frame: EventsFrame = { type: "events", stream, cursor: `1-${at.sequence}`, at: at.at, by, events };
        log.frames.push(frame);
        this.published(frame);
        return frame.cursor;
    }

    user(name: string): User { return this.streams.get(`user/${name}`)?.state as User; }
    talk(id: string): Conversation | undefined { return this.streams.get(`conversation/${id}`)?.state as Conversation | undefined; }
    room(id: string): Conference { return this.streams.get(`conference/${id}`)?.state as Conference; }

    add_user(name: string, display_name: string, password: string, admin = false): void {
        const state: User = { name, display_name, admin, disabled: false, may_dial_numbers: admin, phones: [], sessions: [],
                              conversations: [], conferences: [], contacts: [], numbers: [] };
        this.streams.set(`user/${name}`, { state, frames: [], sequence: 1 });
        this.passwords.set(name, password);
    }

    people(): Person[] {
        return [...this.streams].filter(([stream]) => stream.startsWith("user/")).map(([, log]) => {
            const { name, display_name, disabled, admin, may_dial_numbers, phones, numbers } = log.state as User;
            return { name, display_name, disabled, admin, may_dial_numbers, phones, numbers };
        });
    }

    add_conversation(id: string, direct: boolean, title: string, members: string[]): string {
        if (this.talk(id)) return id;
        const state: Conversation = { id, direct, title, members: members.map((user) => ({ user, joined_at: Date.now(), read_up_to: 0 })),
                                      messages: 0, last_message_at: null, conference: null, created_by: members[0] ?? "" };
        this.streams.set(`conversation/${id}`, { state, frames: [], sequence: 1 });
        for (const user of members) this.change(`user/${user}`, "server", { type: "conversation_entered", conversation: id });
        return id;
    }

    say(id: string, from: string, text: string, client_id: string, via = "web"): { sequence: number; cursor: string; repeated: boolean } {
        const known = this.messages.get(id)?.find((message) => message.from === from && message.client_id === client_id);
        if (known) return { sequence: known.sequence, cursor: `1-${known.sequence}`, repeated: true };
        const number = (this.messages.get(id)?.length ?? 0) + 1;
        const cursor = this.change(`conversation/${id}`, `user/${from}`, { type: "message_sent", from, text, client_id, via, number });
        return { sequence: Number(cursor.slice(2)), cursor, repeated: false };
    }

    add_conference(by: string, title: string, conversation: string | null, people: string[], dial_policy: string) {
        const id = String(this.next_number_++);
        const state: Conference = { id, number: id, title, created_by: by, conversation, dial_policy: dial_policy as "hosts",
            locked: false, ended: false, all_muted: false, recording: "off", created_at: Date.now(), ended_at: null,
            me: { host: false, seat: null }, seats: [], pin_failures: [] };
        this.streams.set(`conference/${id}`, { state, frames: [], sequence: 1 });
        const pins = { host_pin: "739104", guest_pin: "58213" };
        this.pins.set(id, pins);
        for (const user of [by, ...people]) {
            this.change(`conference/${id}`, `user/${by}`, { type: "person_invited", seat: this.room(id).seats.length + 1, user,
                name: this.user(user).display_name, role: user === by ? "host" : "guest", by });
            this.change(`user/${user}`, "server", { type: "conference_entered", conference: id });
        }
        if (conversation) this.change(`conversation/${conversation}`, "server", { type: "conference_linked", conference: id });
        return { id, number: id, ...pins };
    }

    /// A pretended telephone: rings, is answered or not, talks now and then.
    dial(id: string, by: string, target: { user?: string; number?: string; address?: string; name?: string }, answers = true): string {
        const stream: Stream = `conference/${id}`;
        const address = target.number ?? target.address ?? "";
        const known = this.room(id).seats.find((seat) => target.user ? seat.user === target.user : seat.address === address);
        const seat = known?.seat ?? this.room(id).seats.length + 1;
        const name = target.user ? this.user(target.user).display_name : target.name ?? address;
        const cursor = this.change(stream, `user/${by}`, { type: "seat_dialled", seat, user: target.user ?? null, name, address,
            kind: target.user ? "user" : "number", by });
        const still = (phase: string) => this.room(id).seats.find((one) => one.seat === seat)?.phase === phase;
        setTimeout(() => { if (still("dialling")) this.change(stream, `conference/${id}`, { type: "seat_ringing", seat }); }, 300);
        setTimeout(() => {
            if (!still("ringing")) return;
            if (!answers || address.endsWith("9")) {
                this.change(stream, `conference/${id}`, { type: "seat_left", seat, cause: "busy", sip_status: 486 });
            } else this.change(stream, `conference/${id}`, { type: "seat_connected", seat, muted: false });
        }, 900);
        return cursor;
    }
}
