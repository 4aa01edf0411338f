// Choose people: for a conversation of two, a group with a title, or the contact list.
import { useEffect, useState } from "preact/hooks";

import type { Person } from "../protocol.ts";
import { chat_link, go } from "../route.ts";
import type { World } from "../store.ts";
import { Avatar, Dialog, ErrorText, Field, useAction, useClient } from "./parts.tsx";

const shown_max = 100;

export function NewChat({ world, purpose, close }: { world: World; purpose: "chat" | "contact"; close: () => void }) {
    const client = useClient();
    const [chosen, set_chosen] = useState<string[]>([]);
    const [title, set_title] = useState("");
    const { busy, error, run } = useAction();
    const group = chosen.length > 1;
    const submit = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            if (purpose === "contact") {
                for (const user of chosen) await client.ask("POST", "/api/me/contacts", { user });
            } else {
                const body = group ? { title: title.trim(), members: chosen } : { with: chosen[0] };
                const { id } = await client.ask<{ id: string }>("POST", "/api/conversations", body);
                go(chat_link(id));
            }
            close();
        });
    };
    return (
        <Dialog title={purpose === "chat" ? "New conversation" : "Add contacts"} testid="new-chat-dialog" close={close}>
            <form onSubmit={submit}>
                <PeoplePicker world={world} chosen={chosen} choose={set_chosen}
                              hidden={purpose === "contact" ? world.me?.contacts ?? [] : []} />
                {purpose === "chat" && group ? (
                    <Field label="Title of the group">
                        <input data-testid="group-title" required maxLength={100} value={title}
                               onInput={(event) => set_title(event.currentTarget.value)} />
                    </Field>) : null}
                <ErrorText text={error} />
                <div class="buttons">
                    <button class="primary" type="submit" disabled={busy || chosen.length === 0} data-testid="new-chat-submit">
                        {purpose === "contact" ? "Add" : group ? "Create group" : "Write"}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}

export function PeoplePicker({ world, chosen, choose, hidden }:
    { world: World; chosen: string[]; choose: (users: string[]) => void; hidden: string[] }) {
    const client = useClient();
    const [everybody, set_everybody] = useState<Person[]>([]);
    const [search, set_search] = useState("");
    const { error, run } = useAction();
    useEffect(() => { void run(async () => set_everybody(await client.load_people())); }, []);
    const words = search.trim().toLowerCase();
    const fitting = everybody.filter((person) =>
        !person.disabled && person.name !== world.session?.user && !hidden.includes(person.name) &&
        (person.name.includes(words) || person.display_name.toLowerCase().includes(words)));
    const toggle = (user: string) =>
        choose(chosen.includes(user) ? chosen.filter((other) => other !== user) : [...chosen, user]);
    return (
        <>
            <input type="search" placeholder="Search people" aria-label="Search people" data-testid="people-search"
                   value={search} onInput={(event) => set_search(event.currentTarget.value)} />
            <ErrorText text={error} />
            <ul class="rows picker" aria-label="People">
                {fitting.slice(0, shown_max).map((person) => (
                    <li key={person.name}>
                        <label class="row">
                            <input type="checkbox" data-testid="person" data-user={person.name}
                                   checked={chosen.includes(person.name)} onChange={() => toggle(person.name)} />
                            <Avatar name={person.display_name} size="small" />
                            <span class="grow ellipsis">{person.display_name} <span class="muted">{person.name}</span></span>
                        </label>
                    </li>
                ))}
            </ul>
            {fitting.length > shown_max ? <p class="muted">{fitting.length - shown_max} more: type some letters.</p> : null}
            {fitting.length === 0 && everybody.length > 0 ? <p class="muted empty">Nobody fits.</p> : null}
        </>
    );
}
