// For administrators: who has an account, and what they may.
import { useEffect, useState } from "preact/hooks";

import { encode } from "../client.ts";
import type { Person } from "../protocol.ts";
import type { World } from "../store.ts";
import { Icon } from "./icon.tsx";
import { Avatar, ErrorText, Field, Secret, useAction, useClient } from "./parts.tsx";
import { Phones } from "./phones.tsx";

export function Admin({ world }: { world: World }) {
    const client = useClient();
    const [people, set_people] = useState<Person[]>([]);
    const [search, set_search] = useState("");
    const [open, set_open] = useState("");
    const { error, run } = useAction();
    const reload = () => run(async () => set_people(await client.load_people()));
    const live = world.link.phase === "live";
    useEffect(() => { if (live) void reload(); }, [live]);
    const words = search.trim().toLowerCase();
    const fitting = people.filter((person) => person.name.includes(words) || person.display_name.toLowerCase().includes(words));
    return (
        <section class="sheet" aria-label="Administration" data-testid="admin">
            <header class="pane-head">
                <a class="icon-button back" href="#/" aria-label="Back"><Icon name="back" /></a>
                <h1>People</h1>
            </header>
            <div class="sheet-body">
                <AddUser added={() => void reload()} />
                <div class="card">
                    <h2>Accounts</h2>
                    <input type="search" placeholder="Search" aria-label="Search accounts" value={search} data-testid="admin-search"
                           onInput={(event) => set_search(event.currentTarget.value)} />
                    <ErrorText text={error} />
                    <ul class="rows" data-testid="user-list">
                        {fitting.slice(0, 200).map((person) => (
                            <Account key={person.name} person={person} open={open === person.name} changed={() => void reload()}
                                     toggle={() => set_open(open === person.name ? "" : person.name)} />))}
                    </ul>
                    {fitting.length > 200 ? <p class="muted">{fitting.length - 200} more: type some letters.</p> : null}
                </div>
            </div>
        </section>
    );
}

function AddUser({ added }: { added: () => void }) {
    const client = useClient();
    const [user, set_user] = useState("");
    const [name, set_name] = useState("");
    const [password, set_password] = useState("");
    const [admin, set_admin] = useState(false);
    const [dials, set_dials] = useState(false);
    const [made, set_made] = useState<{ user: string; password?: string } | null>(null);
    const { busy, error, run } = useAction();
    const submit = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            const body = { user: user.trim().toLowerCase(), display_name: name.trim(), admin, may_dial_numbers: dials,
                           ...(password ? { password } : {}) };
            set_made(await client.ask("POST", "/api/users", body));
            set_user(""); set_name(""); set_password("");
            added();
        });
    };
    return (
        <form class="card" onSubmit={submit} data-testid="add-user-form">
            <h2>Add somebody</h2>
            <div class="two">
                <Field label="User name"><input required value={user} autocapitalize="none" data-testid="new-user-name"
                    onInput={(event) => set_user(event.currentTarget.value)} /></Field>
                <Field label="Name as shown"><input required value={name} data-testid="new-user-display"
                    onInput={(event) => set_name(event.currentTarget.value)} /></Field>
            </div>
            <Field label="Password" hint="left empty, one is made"><input type="password" autocomplete="new-password" value={password}
                data-testid="new-user-password" onInput={(event) => set_password(event.currentTarget.value)} /></Field>
            <label class="check"><input type="checkbox" checked={dials} onChange={() => set_dials(!dials)} /> may dial telephone numbers</label>
            <label class="check"><input type="checkbox" checked={admin} onChange={() => set_admin(!admin)} /> is an administrator</label>
            <ErrorText text={error} id="add-user-error" />
            {made ? (
                <div class="secret-box" role="status" data-testid="user-made">
                    <p><b>{made.user}</b> has an account.</p>
                    {made.password ? <Secret name="Password" value={made.password} testid="made-password" /> : null}
                </div>) : null}
            <button class="primary" type="submit" disabled={busy} data-testid="add-user">Add</button>
        </form>
    );
}

function Account({ person, open, toggle, changed }:
    { person: Person; open: boolean; toggle: () => void; changed: () => void }) {
    const registered = person.phones?.filter((phone) => phone.registered).length ?? 0;
    return (
        <li class={`account ${person.disabled ? "disabled" : ""}`} data-testid="account" data-user={person.name} data-disabled={person.disabled}>
            <button type="button" class="row" aria-expanded={open} onClick={toggle} data-testid="account-open">
                <Avatar name={person.display_name} size="small" />
                <span class="grow ellipsis">{person.display_name} <span class="muted">{person.name}</span></span>
                {person.admin ? <span class="tag">admin</span> : null}
                {person.disabled ? <span class="tag">disabled</span> : null}
                {registered > 0 ? <span class="tag live"><Icon name="phone" />{registered}</span> : null}
            </button>
            {open ? <AccountDetails person={person} changed={changed} /> : null}
        </li>
    );
}

function AccountDetails({ person, changed }: { person: Person; changed: () => void }) {
    const client = useClient();
    const [password, set_password] = useState("");
    const [number, set_number] = useState("");
    const { busy, error, run } = useAction();
    const path = `/api/users/${encode(person.name)}`;
    const change = (work: () => Promise<unknown>) => void run(async () => { await work(); changed(); });
    const set_new_password = (event: Event) => {
        event.preventDefault();
        change(async () => { await client.ask("POST", `${path}/password`, { password }); set_password(""); });
    };
    const add_number = (event: Event) => {
        event.preventDefault();
        change(async () => { await client.ask("POST", `${path}/numbers`, { number: number.trim() }); set_number(""); });
    };
    return (
        <div class="account-details">
            <h3>Phones</h3>
            <Phones user={person.name} phones={person.phones ?? []} changed={changed} />
            <h3>Numbers</h3>
            <p class="chips">{person.numbers?.map((one) => (
                <button key={one} type="button" class="small" aria-label={`Withdraw number ${one}`} disabled={busy}
                        onClick={() => change(() => client.ask("DELETE", `${path}/numbers/${one}`))}>{one} ×</button>))}</p>
            <form class="inline-form" onSubmit={add_number}>
                <input aria-label="New number" placeholder="2001" inputMode="tel" required value={number}
                       onInput={(event) => set_number(event.currentTarget.value)} />
                <button type="submit" disabled={busy}>Assign</button>
            </form>
            <h3>Account</h3>
            <form class="inline-form" onSubmit={set_new_password}>
                <input type="password" aria-label="New password" placeholder="New password" required autocomplete="new-password"
                       value={password} data-testid="set-password-input" onInput={(event) => set_password(event.currentTarget.value)} />
                <button type="submit" disabled={busy} data-testid="set-password">Set password</button>
            </form>
            <label class="check">
                <input type="checkbox" checked={person.may_dial_numbers ?? false} disabled={busy}
                       onChange={() => change(() => client.ask("POST", `${path}/may_dial_numbers`, { allowed: !person.may_dial_numbers }))} />
                may dial telephone numbers
            </label>
            <ErrorText text={error} id="account-error" />
            <button type="button" class={person.disabled ? "" : "danger"} disabled={busy} data-testid="toggle-disabled"
                    onClick={() => change(() => client.ask("POST", `${path}/disabled`, { disabled: !person.disabled }))}>
                {person.disabled ? "Enable account" : "Disable account"}</button>
        </div>
    );
}
