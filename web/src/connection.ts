// One WebSocket that is always there: it says hello, follows streams, asks requests, and when it breaks it
// comes back by itself and goes on from each stream's last cursor.
// Knows nothing of what the frames mean; the socket, the clock and chance are arguments, so tests own them.
import { Refusal } from "./protocol.ts";
import type { ServerFrame, Stream, StreamFrame, WelcomeFrame } from "./protocol.ts";

export interface Socket {
    send(text: string): void;
    close(): void;
    onopen: (() => void) | null;
    onmessage: ((event: { data: string }) => void) | null;
    onclose: ((event: { code: number; reason: string }) => void) | null;
}

export interface Wiring {
    token: string;
    open: () => Socket;
    /// Where to go on in this stream; nothing: from the present state.
    cursor_of: (stream: Stream) => string | undefined;
    on_frame: (frame: StreamFrame) => void;
    on_stream_refused: (stream: Stream, code: string, sentence: string) => void;
    on_live: (welcome: WelcomeFrame) => void;
    on_offline: (note: string) => void;
    /// The session is over; this connection will not come back.
    on_over: (code: string) => void;
    later?: (run: () => void, ms: number) => unknown;
    chance?: () => number;
}

type Waiting =
    | { kind: "request"; resolve: (body: unknown) => void; reject: (why: Refusal) => void }
    | { kind: "subscribe"; stream: Stream };

const waits_ms = [300, 1000, 2000, 4000, 8000, 15000];
const silence_ms_max = 15000;        // then we ask; the server pings browsers where scripts cannot see it
const answer_ms_max = 8000;          // and this is how long the answer to that may take
const requests_per_second = 40;      // the server allows 50
const burst = 80;                    // and bursts of 100

export class Connection {
    private socket_: Socket | null = null;
    private live_ = false;
    private over_ = false;
    private tries_ = 0;
    private next_id_ = 1;
    private generation_ = 0;
    private heard_ = 0;
    private allowance_ = burst;
    private refilling_ = false;
    private readonly followed_ = new Set<Stream>();
    private readonly waiting_ = new Map<number, Waiting>();
    private queue_: string[] = [];

    constructor(private readonly wiring_: Wiring) {}

    start(): void { this.connect(); }

    /// For good.
    stop(): void {
        this.over_ = true;
        this.drop("");
    }

    /// Now rather than after the wait: the network came back, or somebody looks at the page again.
    hurry(): void {
        if (this.over_ || this.live_) return;
        if (this.socket_) return;
        this.tries_ = 0;
        this.connect();
    }

    follow(stream: Stream): void {
        if (this.followed_.has(stream)) return;
        this.followed_.add(stream);
        if (this.live_) this.subscribe(stream, this.wiring_.cursor_of(stream));
    }

    /// A fresh view of a stream that is followed.
    refresh(stream: Stream): void {
        if (this.followed_.has(stream) && this.live_) this.subscribe(stream, undefined);
    }

    unfollow(stream: Stream): void {
        if (!this.followed_.delete(stream) || !this.live_) return;
        this.push({ type: "unsubscribe", id: this.next_id_++, stream });
    }

    followed(): Stream[] { return [...this.followed_]; }

    /// Refused with the server's sentence, or with "offline": then nobody knows whether it happened.
    request(method: string, path: string, body?: object): Promise<unknown> {
        if (!this.live_) return Promise.reject(new Refusal("offline", "No connection to the server right now."));
        return new Promise((resolve, reject) => {
            const id = this.next_id_++;
            this.waiting_.set(id, { kind: "request", resolve, reject });
            this.push({ type: "request", id, method, path, ...(body ? { body } : {}) });
        });
    }

    private subscribe(stream: Stream, from: string | undefined): void {
        const id = this.next_id_++;
        this.waiting_.set(id, { kind: "subscribe", stream });
        this.push({ type: "subscribe", id, stream, ...(from ? { from } : {}) });
    }

    private connect(): void {
        const generation = ++this.generation_;
        const socket = this.wiring_.open();
        this.socket_ = socket;
        const mine = () => generation === this.generation_;
        socket.onopen = () => { if (mine()) socket.send(JSON.stringify({ type: "hello", token: this.wiring_.token })); };
        socket.onmessage = (event) => { if (mine()) this.on_text(event.data); };
        socket.onclose = (event) => { if (mine()) this.on_close(event.code, event.reason); };
        this.watch(generation);
    }

    /// Two silences in a row are a dead line, whatever the operating system still believes.
    private watch(generation: number): void {
        const heard = ++this.heard_;
        this.after(silence_ms_max, () => {
            if (generation !== this.generation_ || this.over_) return;
            if (this.heard_ !== heard) return this.watch(generation);
            if (this.live_) this.push({ type: "ping", id: this.next_id_++ });
            this.after(answer_ms_max, () => {
                if (generation !== this.generation_ || this.over_) return;
                if (this.heard_ !== heard) return this.watch(generation);
                this.drop("The server does not answer.");
                this.retry();
            });
        });
    }

    private on_text(text: string): void {
        this.heard_++;
        const frame = JSON.parse(text) as ServerFrame;
        switch (frame.type) {
            case "welcome": return this.on_welcome(frame);
            case "answer": return this.settle(frame.id, frame.status < 400 ? null : refusal_of(frame.body), frame.body);
            case "error":
                if (frame.id !== null) this.settle(frame.id, new Refusal(frame.code, frame.sentence), null);
                return;
            case "pong": return;
            case "view": case "events": case "closed":
                // A frame of a stream that we have just left may still be on its way.
                if (!this.followed_.has(frame.stream)) return;
                if (frame.type === "closed") this.followed_.delete(frame.stream);
                return this.wiring_.on_frame(frame);
            case "presence": return this.wiring_.on_frame(frame);
        }
    }

    private on_welcome(frame: WelcomeFrame): void {
        this.live_ = true;
        this.tries_ = 0;
        this.allowance_ = burst;
        this.wiring_.on_live(frame);
        for (const stream of this.followed_) this.subscribe(stream, this.wiring_.cursor_of(stream));
    }

    private settle(id: number, refused: Refusal | null, body: unknown): void {
        const waiting = this.waiting_.get(id);
        if (!waiting) return;
        this.waiting_.delete(id);
        if (waiting.kind === "request") {
            if (refused) waiting.reject(refused); else waiting.resolve(body);
        } else if (refused?.code === "too_fast" || refused?.code === "busy") {
            this.after(1000, () => { if (this.live_ && this.followed_.has(waiting.stream)) {
                this.subscribe(waiting.stream, this.wiring_.cursor_of(waiting.stream)); } });
        } else if (refused) {
            this.followed_.delete(waiting.stream);
            this.wiring_.on_stream_refused(waiting.stream, refused.code, refused.message);
        }
    }

    private on_close(code: number, reason: string): void {
        if (code === 1008) {
            this.over_ = true;
            this.drop("");
            return this.wiring_.on_over(reason);
        }
        this.drop(code === 1001 ? "The server is restarting." : "");
        this.retry();
    }

    private drop(note: string): void {
        const socket = this.socket_;
        this.generation_++;
        this.socket_ = null;
        this.live_ = false;
        this.queue_ = [];
        const unanswered = [...this.waiting_.values()];
        this.waiting_.clear();
        if (socket) {
            socket.onopen = socket.onmessage = socket.onclose = null;
            socket.close();
        }
        if (!this.over_) this.wiring_.on_offline(note);
        for (const one of unanswered) {
            if (one.kind === "request") one.reject(new Refusal("offline", "The connection broke before the answer came."));
        }
    }

    private retry(): void {
        if (this.over_) return;
        const wait = waits_ms[Math.min(this.tries_++, waits_ms.length - 1)] ?? 15000;
        const spread = 0.7 + 0.6 * (this.wiring_.chance ?? Math.random)();  // a restarted server meets not all at once
        const generation = this.generation_;
        this.after(wait * spread, () => { if (generation === this.generation_ && !this.over_) this.connect(); });
    }

    /// In order and not faster than the server allows; what waits when the connection breaks is dropped:
    /// requests were refused with "offline", subscriptions are made again.
    private push(frame: object): void {
        this.queue_.push(JSON.stringify(frame));
        this.flush();
    }

    private flush(): void {
        while (this.allowance_ > 0 && this.socket_ && this.live_) {
            const text = this.queue_.shift();
            if (text === undefined) break;
            this.allowance_--;
            this.socket_.send(text);
        }
        if (this.refilling_ || this.allowance_ >= burst) return;
        this.refilling_ = true;
        this.after(250, () => {
            this.refilling_ = false;
            this.allowance_ = Math.min(burst, this.allowance_ + requests_per_second / 4);
            this.flush();
        });
    }

    private after(ms: number, run: () => void): void {
        (this.wiring_.later ?? setTimeout)(run, ms);
    }
}

/// {"error": {"code", "sentence"}}
export function refusal_of(body: unknown): Refusal {
    const error = (body as { error?: { code?: string; sentence?: string } } | null)?.error;
    return new Refusal(error?.code ?? "failed", error?.sentence ?? "The server could not do this.");
}
