// Bring somebody in: a person by name, a telephone number or a SIP address, typed into one line.
import { useState } from "preact/hooks";

import { encode } from "../client.ts";
import type { Conference } from "../protocol.ts";
import type { World } from "../store.ts";
import { display_name } from "../store.ts";
import { Icon } from "./icon.tsx";
import { ErrorText, useAction, useClient } from "./parts.tsx";

export type DialTarget = { user: string } | { number: string } | { address: string };

/// "+49 (30) 123" is a number, "x@example.org" an address, everything else somebody's user name.
export function dial_target(typed: string): DialTarget {
    const words = typed.trim();
    if (/^\+?[\d\s()/.-]+$/.test(words)) return { number: words.replace(/[^\d+]/g, "") };
    if (words.includes("@") || /^sips?:/i.test(words)) return { address: /^sips?:/i.test(words) ? words : `sip:${words}` };
    return { user: words.toLowerCase() };
}

export function DialForm({ world, room }: { world: World; room: Conference }) {
    const client = useClient();
    const [words, set_words] = useState("");
    const { busy, error, run } = useAction();
    const seated = new Set(room.seats.filter((seat) => seat.phase !== "left").map((seat) => seat.user));
    const known = new Set([...(world.me?.contacts ?? []),
                           ...(world.conversations[room.conversation ?? ""]?.members.map((member) => member.user) ?? [])]);
    const submit = (event: Event) => {
        event.preventDefault();
        const named = Object.values(world.people).find((person) => person.display_name.toLowerCase() === words.trim().toLowerCase());
        const target = named ? { user: named.name } : dial_target(words);
        void run(() => client.ask("POST", `/api/conferences/${encode(room.id)}/dial`, target)).then((done) => {
            if (done) set_words("");
        });
    };
    return (
        <form class="dial" onSubmit={submit} data-testid="dial-form">
            <div class="dial-line">
                <input list={`people-of-${room.id}`} placeholder="Name, number or SIP address" aria-label="Whom to ring"
                       autocapitalize="none" autocomplete="off" data-testid="dial-input" required value={words}
                       onInput={(event) => set_words(event.currentTarget.value)} />
                <datalist id={`people-of-${room.id}`}>
                    {[...known].filter((user) => !seated.has(user)).map((user) => <option key={user} value={user}>{display_name(world, user)}</option>)}
                </datalist>
                <button type="submit" disabled={busy || words.trim() === ""} data-testid="dial-submit"><Icon name="phone" />Ring</button>
            </div>
            <ErrorText text={error} id="dial-error" />
        </form>
    );
}
