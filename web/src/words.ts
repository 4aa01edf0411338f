// What people read: phases, causes, times. Pure.
import type { Conference, Seat } from "./protocol.ts";

const causes: Record<string, string> = {
    none: "left", hung_up: "hung up", busy: "busy", no_answer: "no answer", cancelled: "call cancelled",
    refused: "refused the call", failed: "call failed", wrong_pin: "wrong PIN", unknown_number: "unknown number",
    codec_mismatch: "phone has no codec we speak", not_encrypted: "phone does not encrypt", removed: "removed", conference_ended: "conference ended",
    lost: "connection lost", locked: "conference is locked", barred: "barred", full: "conference is full",
    not_registered: "no phone is registered", gave_up: "gave up", media_timeout: "no sound came, dropped",
};

/// "left: busy" in words, as the row of the roster says it.
export function cause_in_words(cause: string, sip_status: number): string {
    const words = causes[cause] ?? cause.replace(/_/g, " ");
    const detailed = cause === "failed" || cause === "refused";
    return detailed && sip_status > 0 ? `${words} (${sip_status})` : words;
}

export function seat_in_words(seat: Seat): string {
    switch (seat.phase) {
        case "invited": return "invited";
        case "dialling": return "dialling…";
        case "ringing": return "ringing…";
        case "left": return cause_in_words(seat.cause, seat.sip_status);
        case "connected":
            if (seat.on_hold) return "on hold";
            return seat.silent ? "no sound" : "connected";
    }
}

/// One of the tones the style sheet knows.
export function seat_tone(seat: Seat): "good" | "busy" | "warn" | "off" {
    if (seat.phase === "connected") return seat.on_hold || seat.silent ? "warn" : "good";
    if (seat.phase === "left") return seat.cause === "none" || seat.cause === "hung_up" ? "off" : "warn";
    return seat.phase === "invited" ? "off" : "busy";
}

/// Seats whose hand is up, who asked first comes first.
export function hands_in_order(room: Conference): Seat[] {
    return room.seats
        .filter((seat) => seat.hand_at !== null && seat.phase !== "left")
        .sort((one, other) => (one.hand_at ?? 0) - (other.hand_at ?? 0) || one.seat - other.seat);
}

const rank = { connected: 0, ringing: 1, dialling: 1, invited: 2, left: 3 } as const;

/// Who is in comes first; within a group nobody jumps around.
export function roster_order(seats: Seat[]): Seat[] {
    return [...seats].sort((one, other) => rank[one.phase] - rank[other.phase] || one.seat - other.seat);
}

export function clock_time(at: number): string {
    return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function day_name(at: number, now: number): string {
    const day = new Date(at), today = new Date(now), yesterday = new Date(now - 86_400_000);
    if (day.toDateString() === today.toDateString()) return "Today";
    if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
    return day.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

/// "14:05" today, otherwise the day.
export function short_time(at: number, now: number): string {
    const day = new Date(at);
    if (day.toDateString() === new Date(now).toDateString()) return clock_time(at);
    return day.toLocaleDateString([], { day: "numeric", month: "short" });
}

/// "1:05:09", from the beginning of the conference.
export function duration(ms: number): string {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const two = (value: number) => String(value).padStart(2, "0");
    const minutes = Math.floor(seconds / 60) % 60, hours = Math.floor(seconds / 3600);
    return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export function initials(name: string): string {
    const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0] ?? "?"];
    return letters.map((word) => [...(word ?? "?")][0]).join("").toUpperCase();
}

/// Always the same for a name, and far apart for names that are alike.
export function hue_of(name: string): number {
    let sum = 2166136261;
    for (const letter of name) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 16777619) >>> 0;
    return ((sum >>> 8) % 24) * 15;
}
