// Everything the page knows, as one value, and how it changes: reduce(world, action) -> world.
// Pure: no socket, no clock, no DOM. connection.ts and client.ts feed it; views only read it.
import { fold_conference, fold_conversation, fold_user } from "./fold.ts";
import type { At } from "./fold.ts";
import { sequence_of } from "./protocol.ts";
import type {
    ClosedFrame, Conference, Conversation, EventsFrame, Message, Person, Seat, Stream, StreamFrame, User, ViewFrame,
} from "./protocol.ts";

export interface Session { token: string; user: string; display_name: string; admin: boolean }

/// `since`: when this phase began. `note`: why, when the server said why.
export interface Link { phase: "connecting" | "live" | "offline"; since: number; note: string }

/// `updating`: an event is missing, a fresh view is on its way.
export interface StreamMark { cursor: string; updating: boolean; closed: { code: string; sentence: string } | null }

/// `messages` ascending by sequence, each once. `next_before` undefined: no page has come yet; null: no
/// older ones. `stale_to`: a view came; what we hold up to that sequence waits for a fresh page.
export interface History { messages: Message[]; next_before: number | null | undefined; stale_to: number | null }

/// A message on its way. It stays until the server has it; `error` when the server refused it.
export interface Outgoing { client_id: string; conversation: string; text: string; at: number; error: string | null }

export interface World {
    session: Session | null;
    notice: string;
    link: Link;
    me: User | null;
    streams: Record<string, StreamMark>;
    conversations: Record<string, Conversation>;
    histories: Record<string, History>;
    conferences: Record<string, Conference>;
    /// Only while the link is live: nobody is shown as online on hearsay.
    presence: Record<string, boolean>;
    people: Record<string, Person>;
    outbox: Outgoing[];
}

export type Action =
    | { type: "signed_in"; session: Session; outbox: Outgoing[] }
    | { type: "identity"; display_name: string; admin: boolean }
    | { type: "signed_out"; notice: string }
    | { type: "link"; link: Link }
    | { type: "frame"; frame: StreamFrame }
    | { type: "stream_refused"; stream: Stream; code: string; sentence: string }
    | { type: "history_page"; conversation: string; messages: Message[]; next_before: number | null; newest: boolean }
    | { type: "forget_conference"; id: string }
    | { type: "people"; people: Person[] }
    | { type: "compose"; outgoing: Outgoing }
    | { type: "sent"; client_id: string; sequence: number; at: number }
    | { type: "send_refused"; client_id: string; sentence: string }
    | { type: "send_again"; client_id: string }
    | { type: "discard"; client_id: string };

export function empty_world(): World {
    return { session: null, notice: "", link: { phase: "connecting", since: 0, note: "" }, me: null, streams: {},
             conversations: {}, histories: {}, conferences: {}, presence: {}, people: {}, outbox: [] };
}

export function reduce(world: World, action: Action): World {
    switch (action.type) {
        case "signed_in": return { ...empty_world(), link: world.link, session: action.session, outbox: action.outbox };
        case "identity": {
            const { type: _type, ...identity } = action;
            return world.session ? { ...world, session: { ...world.session, ...identity } } : world;
        }
        case "signed_out": return { ...empty_world(), notice: action.notice };
        case "link": {
            const presence = action.link.phase === "live" ? world.presence : {};
            return { ...world, link: action.link, presence };
        }
        case "frame": return on_frame(world, action.frame);
        case "stream_refused":
            return mark(world, action.stream, { closed: { code: action.code, sentence: action.sentence }, updating: false });
        case "history_page": return on_page(world, action);
        case "forget_conference": {
            const { [action.id]: _forgotten, ...conferences } = world.conferences;
            return { ...world, conferences };
        }
        case "people": {
            const people = { ...world.people };
            for (const person of action.people) people[person.name] = person;
            return { ...world, people };
        }
        case "compose": return { ...world, outbox: [...world.outbox, action.outgoing] };
        case "sent": return on_sent(world, action);
        case "send_refused": return change_outgoing(world, action.client_id, action.sentence);
        case "send_again": return change_outgoing(world, action.client_id, null);
        case "discard": return { ...world, outbox: world.outbox.filter((one) => one.client_id !== action.client_id) };
    }
}

function on_frame(world: World, frame: StreamFrame): World {
    switch (frame.type) {
        case "view": return on_view(world, frame);
        case "events": return on_events(world, frame);
        case "closed": return on_closed(world, frame);
        case "presence": return { ...world, presence: { ...world.presence, [frame.user]: frame.online } };
    }
}

function mark(world: World, stream: Stream, change: Partial<StreamMark>): World {
    const old = world.streams[stream] ?? { cursor: "", updating: false, closed: null };
    return { ...world, streams: { ...world.streams, [stream]: { ...old, ...change } } };
}

/// "conversation/direct:a:b" -> ["conversation", "direct:a:b"]
export function split_stream(stream: Stream): [string, string] {
    const slash = stream.indexOf("/");
    return [stream.slice(0, slash), stream.slice(slash + 1)];
}

function put(world: World, stream: Stream, state: User | Conversation | Conference): World {
    const [kind, name] = split_stream(stream);
    if (kind === "user") return { ...world, me: state as User };
    if (kind === "conversation") {
        return { ...world, conversations: { ...world.conversations, [name]: state as Conversation } };
    }
    return { ...world, conferences: { ...world.conferences, [name]: state as Conference } };
}

/// A view replaces what we had, also when it is older: the server may have lost its last breath.
function on_view(world: World, frame: ViewFrame): World {
    const [kind, name] = split_stream(frame.stream);
    let next = mark(world, frame.stream, { cursor: frame.cursor, updating: false, closed: null });
    next = put(next, frame.stream, frame.state);
    if (kind !== "conversation") return next;
    const history = next.histories[name] ?? { messages: [], next_before: undefined, stale_to: null };
    return with_history(next, name, { ...history, stale_to: sequence_of(frame.cursor) });
}

function on_events(world: World, frame: EventsFrame): World {
    const known = world.streams[frame.stream];
    if (!known || known.cursor === "" || known.updating) return world;  // nothing to fold onto; a view will come
    const sequence = sequence_of(frame.cursor), last = sequence_of(known.cursor);
    if (sequence <= last) return world;  // seen before
    if (sequence > last + 1) return mark(world, frame.stream, { updating: true });
    const at: At = { sequence, at: frame.at, me: world.session?.user ?? "" };
    return fold_events(mark(world, frame.stream, { cursor: frame.cursor }), frame, at);
}

function fold_events(world: World, frame: EventsFrame, at: At): World {
    const [kind, name] = split_stream(frame.stream);
    let next = world;
    for (const event of frame.events) {
        if (kind === "user" && next.me) next = { ...next, me: fold_user(next.me, event) };
        const talk = next.conversations[name];
        if (kind === "conversation" && talk) {
            next = put(next, frame.stream, fold_conversation(talk, event, at));
            if (event.type === "message_sent") {
                next = with_message(next, name, { ...event, sequence: at.sequence, at: at.at } as unknown as Message);
            }
        }
        const room = next.conferences[name];
        if (kind === "conference" && room) {
            const folded = fold_conference(room, event, at);
            next = put(next, frame.stream, folded);
            // A new host may see whole numbers from now on: only a view has them.
            if (folded.me.host && !room.me.host) next = mark(next, frame.stream, { updating: true });
        }
    }
    return next;
}

function on_closed(world: World, frame: ClosedFrame): World {
    return mark(world, frame.stream, { closed: { code: frame.code, sentence: frame.sentence }, updating: false });
}

function with_history(world: World, conversation: string, history: History): World {
    return { ...world, histories: { ...world.histories, [conversation]: history } };
}

/// The union of both, ascending; `fresh` wins.
export function merge_messages(held: Message[], fresh: Message[]): Message[] {
    const by_sequence = new Map(held.map((message) => [message.sequence, message]));
    for (const message of fresh) by_sequence.set(message.sequence, message);
    return [...by_sequence.values()].sort((one, other) => one.sequence - other.sequence);
}

function with_message(world: World, conversation: string, message: Message): World {
    const history = world.histories[conversation] ?? { messages: [], next_before: undefined, stale_to: null };
    const messages = merge_messages(history.messages, [message]);
    const outbox = world.outbox.filter(
        (one) => !(one.client_id === message.client_id && message.from === world.session?.user));
    return { ...with_history(world, conversation, { ...history, messages }), outbox };
}

function on_page(world: World, action: Extract<Action, { type: "history_page" }>): World {
    const history = world.histories[action.conversation] ?? { messages: [], next_before: undefined, stale_to: null };
    const stale_to = history.stale_to ?? -1;
    // The newest page after a view: only what came since that view is surely still true.
    const held = action.newest ? history.messages.filter((message) => message.sequence > stale_to) : history.messages;
    const messages = merge_messages(held, action.messages);
    const mine = new Set(action.messages.filter((one) => one.from === world.session?.user).map((one) => one.client_id));
    return {
        ...with_history(world, action.conversation,
            { messages, next_before: action.next_before, stale_to: action.newest ? null : history.stale_to }),
        outbox: world.outbox.filter((one) => !mine.has(one.client_id)),
    };
}

/// Acknowledged: it is on disk under `sequence`. The event, before or after this, says the same.
function on_sent(world: World, action: Extract<Action, { type: "sent" }>): World {
    const outgoing = world.outbox.find((one) => one.client_id === action.client_id);
    if (!outgoing) return world;
    return with_message(world, outgoing.conversation, {
        sequence: action.sequence, number: 0, at: action.at, from: world.session?.user ?? "",
        text: outgoing.text, client_id: outgoing.client_id, via: "web",
    });
}

function change_outgoing(world: World, client_id: string, error: string | null): World {
    return { ...world, outbox: world.outbox.map((one) => (one.client_id === client_id ? { ...one, error } : one)) };
}

/// The streams to follow: myself, my conversations, my conferences. 200 are allowed on one socket.
export function wanted_streams(world: World): Stream[] {
    if (!world.session) return [];
    const wanted: Stream[] = [`user/${world.session.user}`];
    for (const id of world.me?.conferences ?? []) wanted.push(`conference/${id}`);
    for (const id of world.me?.conversations ?? []) wanted.push(`conversation/${id}`);
    return wanted.slice(0, 195);
}

/// Messages of others after my read mark, as far as loaded; a whole page full means "this many or more".
export function unread_count(world: World, conversation: string): number {
    const me = world.session?.user;
    const read = world.conversations[conversation]?.members.find((member) => member.user === me)?.read_up_to ?? 0;
    const messages = world.histories[conversation]?.messages ?? [];
    return messages.filter((message) => message.from !== me && message.sequence > read).length;
}

export function display_name(world: World, user: string): string {
    if (user === world.session?.user) return world.session.display_name;
    return world.people[user]?.display_name ?? user;
}

export function conversation_title(world: World, talk: Conversation): string {
    if (talk.title !== "" && !talk.direct) return talk.title;
    const others = talk.members.map((member) => member.user).filter((user) => user !== world.session?.user);
    return others.map((user) => display_name(world, user)).join(", ") || "Only you";
}

/// As the roster calls them: people invited when a conference was made have their user name as name.
export function seat_name(world: World, seat: Seat): string {
    if (seat.user && (seat.name === "" || seat.name === seat.user)) return display_name(world, seat.user);
    return seat.name || seat.address || `Guest ${seat.seat}`;
}
