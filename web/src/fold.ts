// What one event changes in the state of its stream. Pure: the state given is never touched.
// The same words as actors/*_facts.cpp, so a view and the events that led to it say the same.
import type { Conference, Conversation, Event, Phase, Phone, Seat, User } from "./protocol.ts";

/// Where and when: the frame's sequence number and instant, and whose eyes look.
export interface At { sequence: number; at: number; me: string }

const text = (event: Event, field: string) => String(event[field] ?? "");
const flag = (event: Event, field: string) => event[field] === true;
const number = (event: Event, field: string) => Number(event[field] ?? 0);
const text_or_null = (event: Event, field: string) => (event[field] ? String(event[field]) : null);
const with_item = (list: string[], item: string) => (list.includes(item) ? list : [...list, item]);
const without = (list: string[], item: string) => list.filter((other) => other !== item);

export function fold_user(user: User, event: Event): User {
    switch (event.type) {
        case "user_created":
            return { ...user, name: text(event, "name"), display_name: text(event, "display_name"),
                     admin: flag(event, "admin"), may_dial_numbers: flag(event, "may_dial_numbers") };
        case "user_disabled_set": return { ...user, disabled: flag(event, "disabled") };
        case "may_dial_numbers_set": return { ...user, may_dial_numbers: flag(event, "allowed") };
        case "contact_added": return { ...user, contacts: with_item(user.contacts, text(event, "user")) };
        case "contact_removed": return { ...user, contacts: without(user.contacts, text(event, "user")) };
        case "conversation_entered":
            return { ...user, conversations: with_item(user.conversations, text(event, "conversation")) };
        case "conversation_left":
            return { ...user, conversations: without(user.conversations, text(event, "conversation")) };
        case "conference_entered":
            return { ...user, conferences: with_item(user.conferences, text(event, "conference")) };
        case "conference_left":
            return { ...user, conferences: without(user.conferences, text(event, "conference")) };
        case "number_assigned": return { ...user, numbers: with_item(user.numbers, text(event, "number")) };
        case "number_withdrawn": return { ...user, numbers: without(user.numbers, text(event, "number")) };
        case "phones_lost":
            return { ...user, phones: user.phones.map((phone) => ({ ...phone, registered: false, bindings: [] })) };
        case "phone_removed":
            return { ...user, phones: user.phones.filter((phone) => phone.label !== text(event, "label")) };
        default: return event.type.startsWith("phone_") ? fold_phone(user, event) : user;
    }
}

function fold_phone(user: User, event: Event): User {
    const label = text(event, "label");
    const known = user.phones.find((phone) => phone.label === label);
    if (event.type === "phone_added" && !known) {
        const fresh: Phone = { label, user: text(event, "user"), texts: false, registered: false, bindings: [] };
        return { ...user, phones: [...user.phones, fresh] };
    }
    if (!known) return user;
    const change = (changed: Partial<Phone>): User => ({
        ...user, phones: user.phones.map((phone) => (phone === known ? { ...phone, ...changed } : phone)),
    });
    const bindings = known.bindings ?? [];
    switch (event.type) {
        case "phone_texts_set": return change({ texts: flag(event, "texts") });
        case "phone_registered": {
            const binding = event["binding"] as Phone["bindings"] extends (infer B)[] | undefined ? B | null : never;
            if (!binding) return change({ registered: true });
            const others = bindings.filter((other) => other.contact !== binding.contact);
            return change({ registered: true, bindings: [...others, binding] });
        }
        case "phone_unregistered": {
            const left = bindings.filter((other) => other.contact !== text(event, "contact"));
            return change({ registered: left.length > 0, bindings: left });
        }
        default: return user;
    }
}

export function fold_conversation(talk: Conversation, event: Event, at: At): Conversation {
    const read = (user: string, sequence: number) =>
        talk.members.map((member) =>
            member.user === user && member.read_up_to < sequence ? { ...member, read_up_to: sequence } : member);
    switch (event.type) {
        case "member_added": {
            const user = text(event, "user");
            if (talk.members.some((member) => member.user === user)) return talk;
            return { ...talk, members: [...talk.members, { user, joined_at: at.at, read_up_to: at.sequence }] };
        }
        case "member_removed":
            return { ...talk, members: talk.members.filter((member) => member.user !== text(event, "user")) };
        case "conversation_renamed": return { ...talk, title: text(event, "title") };
        case "message_sent":
            return { ...talk, messages: number(event, "number"), last_message_at: at.at,
                     members: read(text(event, "from"), at.sequence) };
        case "read_marked": return { ...talk, members: read(text(event, "user"), number(event, "sequence")) };
        case "conference_linked": return { ...talk, conference: text(event, "conference") };
        case "conference_unlinked":
            return talk.conference === text(event, "conference") ? { ...talk, conference: null } : talk;
        default: return talk;
    }
}

export const is_live = (seat: Seat) =>
    seat.phase === "dialling" || seat.phase === "ringing" || seat.phase === "connected";

/// Muted by themselves, by a host, or with everybody: hosts are spared, and whom a host unmuted since.
export function is_muted(room: Conference, seat: Seat): boolean {
    return seat.muted || (room.all_muted && seat.role === "guest" && !seat.exempt);
}

function enter_phase(seat: Seat, phase: Phase, at: number): Seat {
    return { ...seat, phase, since: at,
             ...(phase === "left" ? {} : { cause: "none", sip_status: 0 }),
             ...(phase === "connected" ? {} : { talking: false, silent: false, on_hold: false }) };
}
const leave = (seat: Seat, cause: string, sip_status: number, at: number): Seat =>
    ({ ...enter_phase(seat, "left", at), cause, sip_status });

const fresh_seat = (seat: number): Seat => ({
    seat, user: null, name: "", address: "", role: "guest", phase: "invited", cause: "none", sip_status: 0,
    muted: false, muted_by_host: false, exempt: false, talking: false, silent: false, on_hold: false,
    hand_at: null, since: null, dialled_by: null, deaf: false, gain_in_db: null, gain_out_db: null, whispers_to: null,
});

function change_seat(room: Conference, id: number, change: (seat: Seat) => Seat): Conference {
    return { ...room, seats: room.seats.map((seat) => (seat.seat === id ? change(seat) : seat)) };
}

/// Changes a seat that may be new, and sees whether it is mine and makes me a host.
function take_seat(room: Conference, me: string, id: number, change: (seat: Seat) => Seat): Conference {
    const known = room.seats.find((seat) => seat.seat === id);
    const taken = change(known ?? fresh_seat(id));
    const seats = known ? room.seats.map((seat) => (seat === known ? taken : seat)) : [...room.seats, taken];
    if (taken.user !== me) return { ...room, seats };
    return { ...room, seats, me: { host: room.me.host || taken.role === "host", seat: id } };
}

export function fold_conference(room: Conference, event: Event, at: At): Conference {
    const id = number(event, "seat");
    const change = (changed: Partial<Seat>) => change_seat(room, id, (seat) => ({ ...seat, ...changed }));
    switch (event.type) {
        case "person_invited":
            return take_seat(room, at.me, id, (seat) => enter_phase(
                { ...seat, user: text_or_null(event, "user"), name: text(event, "name"),
                  role: event["role"] === "host" ? "host" : "guest" }, "invited", at.at));
        case "seat_dialled":
            return take_seat(room, at.me, id, (seat) => enter_phase(
                { ...seat, user: text_or_null(event, "user"),
                  name: seat.name === "" || !event["user"] ? text(event, "name") : seat.name,
                  address: event["user"] ? "" : text(event, "address"),
                  dialled_by: text_or_null(event, "by") }, "dialling", at.at));
        case "seat_entered":
            return take_seat(room, at.me, id, (seat) => enter_phase(
                { ...seat, user: text_or_null(event, "user"), name: text(event, "name"),
                  address: text(event, "address"), role: event["role"] === "host" ? "host" : "guest",
                  dialled_by: null }, "connected", at.at));
        case "seat_ringing": return change_seat(room, id, (seat) => enter_phase(seat, "ringing", at.at));
        case "seat_connected": return change_seat(room, id, (seat) => enter_phase(seat, "connected", at.at));
        case "seat_left":
            return change_seat(room, id,
                (seat) => leave(seat, text(event, "cause"), number(event, "sip_status"), at.at));
        case "seat_removed":
            return change_seat(room, id, (seat) => ({ ...leave(seat, "removed", 0, at.at), hand_at: null }));
        case "seat_held": return change(flag(event, "on") ? { on_hold: true, talking: false } : { on_hold: false });
        case "seat_talking": return change({ talking: flag(event, "on") });
        case "seat_silent": return change({ silent: flag(event, "on") });
        case "seat_muted": {
            const muted = flag(event, "muted"), by_host = flag(event, "by_host");
            return change({ muted, muted_by_host: muted && by_host,
                            exempt: !muted && by_host && room.all_muted, ...(muted ? { talking: false } : {}) });
        }
        case "seat_gain_set": return change({ gain_in_db: number(event, "in_db"), gain_out_db: number(event, "out_db") });
        case "seat_deaf_set": return change({ deaf: flag(event, "deaf") });
        case "whisper_set": return change({ whispers_to: event["to"] ? number(event, "to") : null });
        case "hand_raised": return change({ hand_at: flag(event, "raised") ? at.at : null });
        default: return fold_room(room, event, at);
    }
}

function fold_room(room: Conference, event: Event, at: At): Conference {
    switch (event.type) {
        case "pin_refused": {
            if (flag(event, "blocked") || (event["cause"] ?? "none") !== "none") return room;
            return { ...room, pin_failures: [...room.pin_failures, { at: at.at, caller: text(event, "caller") }] };
        }
        case "all_muted": {
            const all_muted = flag(event, "muted");
            const seats = room.seats.map((seat) => {
                const same = { ...seat, exempt: false };
                return is_muted({ ...room, all_muted }, same) ? { ...same, talking: false } : same;
            });
            return { ...room, all_muted, seats };
        }
        case "recording_set": {
            const recording = event["recording"];
            return { ...room, recording: recording === "on" || recording === "paused" ? recording : "off" };
        }
        case "lock_set": return { ...room, locked: flag(event, "locked") };
        case "conference_ended":
            return { ...room, recording: "off", ended: true, ended_at: at.at, seats: room.seats.map((seat) => ({
                ...(is_live(seat) ? leave(seat, "conference_ended", 0, at.at) : seat), hand_at: null })) };
        case "phones_lost":
            return { ...room, seats: room.seats.map((seat) => (is_live(seat) ? leave(seat, "lost", 0, at.at) : seat)) };
        default: return room;
    }
}
