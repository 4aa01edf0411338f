// The words of docs/protocol.md as types. What the server may add later is ignored, not refused.

export type Stream = `user/${string}` | `conversation/${string}` | `conference/${string}`;

export interface Binding { contact: string; user_agent: string; expires_at: number | null }
export interface Phone { label: string; user: string; texts: boolean; registered: boolean; bindings?: Binding[] }
export interface Person {
    name: string; display_name: string; disabled: boolean;
    admin?: boolean; may_dial_numbers?: boolean; phones?: Phone[]; numbers?: string[];
}
export interface User {
    name: string; display_name: string; admin: boolean; disabled: boolean; may_dial_numbers: boolean;
    phones: Phone[]; sessions: { client: string; opened_at: number; expires_at: number }[];
    conversations: string[]; conferences: string[]; contacts: string[]; numbers: string[];
}

export interface Member { user: string; joined_at: number; read_up_to: number }
export interface Conversation {
    id: string; direct: boolean; title: string; members: Member[];
    messages: number; last_message_at: number | null; conference: string | null; created_by: string;
}
export interface Message {
    sequence: number; number: number; at: number; from: string; text: string; client_id: string; via: string;
}

export type Phase = "invited" | "dialling" | "ringing" | "connected" | "left";
export interface Seat {
    seat: number; user: string | null; name: string; address: string; role: "host" | "guest";
    phase: Phase; cause: string; sip_status: number;
    muted: boolean; muted_by_host: boolean; talking: boolean; silent: boolean; on_hold: boolean;
    hand_at: number | null; since: number | null; dialled_by: string | null;
    /// Unmuted by a host although everybody is muted.
    exempt: boolean;
    deaf: boolean; gain_in_db: number | null; gain_out_db: number | null; whispers_to: number | null;
}
export interface Conference {
    id: string; number: string; title: string; created_by: string; conversation: string | null;
    dial_policy: "hosts" | "everyone"; locked: boolean; ended: boolean; all_muted: boolean;
    recording: "off" | "on" | "paused";
    created_at: number | null; ended_at: number | null;
    me: { host: boolean; seat: number | null };
    seats: Seat[]; pin_failures: { at: number; caller: string }[];
}

/// An event of any stream. Folds read the fields of the types they know and leave the others alone.
export interface Event { type: string; [field: string]: unknown }

export interface ViewFrame { type: "view"; stream: Stream; cursor: string; state: User | Conversation | Conference }
export interface EventsFrame { type: "events"; stream: Stream; cursor: string; at: number; by: string; events: Event[] }
export interface ClosedFrame { type: "closed"; stream: Stream; code: string; sentence: string }
export interface PresenceFrame { type: "presence"; user: string; online: boolean }
export interface WelcomeFrame {
    type: "welcome"; user: string; display_name: string; admin: boolean; now: number;
    dropped: { code: string; sentence: string } | null;
}
export interface AnswerFrame { type: "answer"; id: number; status: number; body: unknown }
export interface ErrorFrame { type: "error"; id: number | null; code: string; sentence: string }
export type StreamFrame = ViewFrame | EventsFrame | ClosedFrame | PresenceFrame;
export type ServerFrame = StreamFrame | WelcomeFrame | AnswerFrame | ErrorFrame | { type: "pong"; id: number };

export interface SignedIn { token: string; user: string; display_name: string; admin: boolean }
export interface NewPhone { label: string; user: string; password: string; server: string; realm: string }
export interface NewConference { id: string; number: string; host_pin: string; guest_pin: string }

/// The number after the dash of a cursor; the part before it (the epoch) is the server's business.
export function sequence_of(cursor: string): number {
    return Number(cursor.slice(cursor.lastIndexOf("-") + 1));
}

/// What a person reads when something is refused. `code` "offline": nobody knows whether it happened.
export class Refusal extends Error {
    constructor(readonly code: string, sentence: string) { super(sentence); }
}
