// Joins the connection and the store: follows what the world wants followed, loads pages, sends what people
// write until the server has it. The one place with side effects besides the views.
import { announcement } from "./announce.ts";
import { Connection, refusal_of } from "./connection.ts";
import type { Socket } from "./connection.ts";
import { Refusal } from "./protocol.ts";
import type { EventsFrame, Message, Person, SignedIn, Stream } from "./protocol.ts";
import { empty_world, reduce, wanted_streams } from "./store.ts";
import type { Action, Outgoing, Session, World } from "./store.ts";

const session_key = "partyline.session";
const outbox_key = (user: string) => `partyline.outbox.${user}`;
const page_size = 50;

export class Client {
    world: World = empty_world();
    /// The last thing worth saying aloud, for screen readers.
    said = "";
    private connection_: Connection | null = null;
    private readonly listeners_ = new Set<() => void>();
    private readonly asked_people_ = new Set<string>();
    private readonly loading_ = new Set<string>();
    private readonly sending_ = new Set<string>();

    /// Calls back after every change; returns how to stop that.
    watch(listener: () => void): () => void {
        this.listeners_.add(listener);
        return () => this.listeners_.delete(listener);
    }

    start(): void {
        const kept = localStorage.getItem(session_key);
        if (kept) this.open(JSON.parse(kept) as Session);
        window.addEventListener("online", () => this.connection_?.hurry());
        document.addEventListener("visibilitychange", () => { if (!document.hidden) this.connection_?.hurry(); });
    }

    async sign_in(user: string, password: string): Promise<void> {
        const answer = await fetch("/api/sign_in", {
            method: "POST", headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ user, password, client: browser_name(navigator.userAgent) }),
        }).catch(() => { throw new Refusal("offline", "The server cannot be reached."); });
        const body: unknown = await answer.json().catch(() => null);
        if (!answer.ok) throw refusal_of(body);
        const { token, user: name, display_name, admin } = body as SignedIn;
        const session: Session = { token, user: name, display_name, admin };
        localStorage.setItem(session_key, JSON.stringify(session));
        this.open(session);
    }

    async sign_out(): Promise<void> {
        await this.ask("POST", "/api/sign_out", {}).catch(() => {});  // without a connection it just forgets
        this.close("");
    }

    /// One request; refused with the server's sentence.
    ask<T = unknown>(method: string, path: string, body?: object): Promise<T> {
        if (!this.connection_) return Promise.reject(new Refusal("offline", "You are not signed in."));
        return this.connection_.request(method, path, body) as Promise<T>;
    }

    send_message(conversation: string, text: string): void {
        const outgoing: Outgoing = { client_id: unique_id(), conversation, text, at: Date.now(), error: null };
        this.act({ type: "compose", outgoing });
        void this.deliver(outgoing);
    }

    send_again(client_id: string): void {
        this.act({ type: "send_again", client_id });
        const outgoing = this.world.outbox.find((one) => one.client_id === client_id);
        if (outgoing) void this.deliver(outgoing);
    }

    discard(client_id: string): void { this.act({ type: "discard", client_id }); }

    mark_read(conversation: string, sequence: number): void {
        void this.ask("POST", `/api/conversations/${encode(conversation)}/read`, { sequence }).catch(() => {});
    }

    /// The page before the oldest message we hold.
    async load_older(conversation: string): Promise<void> {
        const before = this.world.histories[conversation]?.next_before;
        if (typeof before === "number") await this.load_page(conversation, before);
    }

    /// Everybody with an account, page by page, into `people`.
    async load_people(): Promise<Person[]> {
        const all: Person[] = [];
        let after: string | null = "";
        do {
            const query: string = `limit=200${after ? `&after=${encode(after)}` : ""}`;
            const page: { users: Person[]; next_after: string | null } = await this.ask("GET", `/api/users?${query}`);
            all.push(...page.users);
            after = page.next_after;
        } while (after !== null && all.length < 5000);
        this.act({ type: "people", people: all });
        return all;
    }

    /// One that has ended and was looked at long enough.
    forget_conference(id: string): void { this.act({ type: "forget_conference", id }); }

    private open(session: Session): void {
        const kept = localStorage.getItem(outbox_key(session.user));
        this.connection_ = new Connection({
            token: session.token,
            open: open_socket,
            cursor_of: (stream) => this.cursor_of(stream),
            on_frame: (frame) => {
                if (frame.type === "events") this.announce(frame);
                this.act({ type: "frame", frame });
            },
            on_stream_refused: (stream, code, sentence) => this.act({ type: "stream_refused", stream, code, sentence }),
            on_live: (welcome) => {
                const note = welcome.dropped?.sentence ?? "";
                this.act({ type: "identity", display_name: welcome.display_name, admin: welcome.admin });
                this.act({ type: "link", link: { phase: "live", since: Date.now(), note } });
                this.deliver_all();
            },
            on_offline: (note) => {
                const since = this.world.link.phase === "offline" ? this.world.link.since : Date.now();
                this.loading_.clear();
                this.act({ type: "link", link: { phase: "offline", since, note } });
            },
            on_over: () => this.close("Your session has ended. Please sign in again."),
        });
        this.act({ type: "signed_in", session, outbox: kept ? (JSON.parse(kept) as Outgoing[]) : [] });
        this.act({ type: "link", link: { phase: "connecting", since: Date.now(), note: "" } });
        this.connection_.start();
    }

    private close(notice: string): void {
        this.connection_?.stop();
        this.connection_ = null;
        this.asked_people_.clear();
        this.loading_.clear();
        localStorage.removeItem(session_key);
        this.act({ type: "signed_out", notice });
    }

    private cursor_of(stream: Stream): string | undefined {
        const mark = this.world.streams[stream];
        return mark && !mark.closed && !mark.updating && mark.cursor !== "" ? mark.cursor : undefined;
    }

    private act(action: Action): void {
        const before = this.world;
        this.world = reduce(before, action);
        if (this.world === before) return;
        this.keep_outbox(before);
        this.follow_wanted(before);
        this.fetch_missing();
        this.tell();
    }

    private tell(): void { for (const listener of this.listeners_) listener(); }

    private keep_outbox(before: World): void {
        const { session, outbox } = this.world;
        if (!session || outbox === before.outbox) return;
        if (outbox.length > 0) localStorage.setItem(outbox_key(session.user), JSON.stringify(outbox));
        else localStorage.removeItem(outbox_key(session.user));
    }

    private follow_wanted(before: World): void {
        if (!this.connection_ || (this.world.me === before.me && this.world.streams === before.streams &&
                                  this.world.session === before.session)) return;
        if (this.world.me !== before.me || this.world.session !== before.session) {
            const wanted = new Set(wanted_streams(this.world));
            for (const stream of this.connection_.followed()) {
                if (!wanted.has(stream)) this.connection_.unfollow(stream);
            }
            for (const stream of wanted) this.connection_.follow(stream);
        }
        for (const [stream, mark] of Object.entries(this.world.streams)) {
            if (mark.updating && !before.streams[stream]?.updating) this.connection_.refresh(stream as Stream);
        }
    }

    /// Names of people we have met and the newest page of conversations whose view has come.
    private fetch_missing(): void {
        if (this.world.link.phase !== "live") return;
        for (const [id, history] of Object.entries(this.world.histories)) {
            if (history.next_before === undefined || history.stale_to !== null) void this.load_page(id, null);
        }
        const met = new Set<string>(this.world.me?.contacts ?? []);
        for (const talk of Object.values(this.world.conversations)) {
            for (const member of talk.members) met.add(member.user);
        }
        for (const room of Object.values(this.world.conferences)) {
            for (const seat of room.seats) if (seat.user) met.add(seat.user);
        }
        for (const user of met) {
            if (this.asked_people_.has(user) || this.world.people[user]) continue;
            this.asked_people_.add(user);
            this.ask<{ state: Person }>("GET", `/api/users/${encode(user)}`)
                .then((answer) => this.act({ type: "people", people: [answer.state] }))
                .catch((why: Refusal) => { if (why.code === "offline") this.asked_people_.delete(user); });
        }
    }

    private async load_page(conversation: string, before: number | null): Promise<void> {
        if (this.loading_.has(conversation) || this.world.streams[`conversation/${conversation}`]?.closed) return;
        this.loading_.add(conversation);
        const query = `limit=${page_size}${before === null ? "" : `&before=${before}`}`;
        const path = `/api/conversations/${encode(conversation)}/messages?${query}`;
        try {
            const page = await this.ask<{ messages: Message[]; next_before: number | null }>("GET", path);
            this.loading_.delete(conversation);
            this.act({ type: "history_page", conversation, ...page, newest: before === null });
        } catch {
            // Offline: the next welcome brings it. Otherwise a little later, so that a busy server can breathe.
            setTimeout(() => { this.loading_.delete(conversation); this.fetch_missing(); }, 2000);
        }
    }

    private deliver_all(): void {
        for (const outgoing of this.world.outbox) if (outgoing.error === null) void this.deliver(outgoing);
    }

    /// Until the server has it: the same client_id makes every repetition harmless.
    private async deliver(outgoing: Outgoing): Promise<void> {
        const { client_id, conversation, text } = outgoing;
        if (this.sending_.has(client_id)) return;
        this.sending_.add(client_id);
        try {
            const path = `/api/conversations/${encode(conversation)}/messages`;
            const answer = await this.ask<{ sequence: number }>("POST", path, { client_id, text });
            this.act({ type: "sent", client_id, sequence: answer.sequence, at: Date.now() });
        } catch (why) {
            const { code, message } = why as Refusal;
            if (["storage_failed", "storage_full", "busy", "too_fast", "stopping"].includes(code)) {
                setTimeout(() => this.deliver_all(), 2000);
            } else if (code !== "offline") {  // offline: the next welcome sends it again
                this.act({ type: "send_refused", client_id, sentence: message });
            }
        } finally {
            this.sending_.delete(client_id);
        }
    }

    private announce(frame: EventsFrame): void {
        const sentence = announcement(this.world, frame);
        if (sentence !== "") this.said = sentence;
    }
}

/// One segment of a path. A colon may stand in a path as it is, and reads better in the server's log.
export const encode = (name: string) => encodeURIComponent(name).replace(/%3A/g, ":");

function open_socket(): Socket {
    const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/ws`;
    return new WebSocket(url) as unknown as Socket;
}

/// Also where crypto.randomUUID is missing: on plain http other than localhost.
function unique_id(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return `c-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export function browser_name(agent: string): string {
    const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox"
        : /Chrom(e|ium)\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "A browser";
    const system = /Android/.test(agent) ? "Android" : /iPhone|iPad/.test(agent) ? "iOS" : /Windows/.test(agent) ? "Windows"
        : /Mac OS/.test(agent) ? "macOS" : /Linux/.test(agent) ? "Linux" : "something";
    return `${browser} on ${system}`;
}
