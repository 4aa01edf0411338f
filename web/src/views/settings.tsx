// One's own phones, password and sessions.
import { useState } from "preact/hooks";

import type { World } from "../store.ts";
import { Icon } from "./icon.tsx";
import { ErrorText, Field, useAction, useClient } from "./parts.tsx";
import { Phones } from "./phones.tsx";

export function Settings({ world }: { world: World }) {
    const me = world.me;
    return (
        <section class="sheet" aria-label="Settings" data-testid="settings">
            <header class="pane-head">
                <a class="icon-button back" href="#/" aria-label="Back"><Icon name="back" /></a>
                <h1>Phones and settings</h1>
            </header>
            <div class="sheet-body">
                <div class="card">
                    <h2>My phones</h2>
                    <p class="muted">A SIP phone that signs in here rings when you are called into a conference.</p>
                    {me ? <Phones user={me.name} phones={me.phones} /> : <p class="muted">Loading…</p>}
                    {me && me.numbers.length > 0 ? <p>Your numbers: <b class="digits">{me.numbers.join(", ")}</b></p> : null}
                </div>
                <PasswordCard user={world.session?.user ?? ""} />
                <div class="card">
                    <h2>Signed in</h2>
                    <ul class="rows">
                        {me?.sessions.map((session, index) => (
                            <li key={index} class="row still">{session.client || "A program"}
                                <span class="muted">since {new Date(session.opened_at).toLocaleString()}</span></li>))}
                    </ul>
                </div>
            </div>
        </section>
    );
}

function PasswordCard({ user }: { user: string }) {
    const client = useClient();
    const [old_password, set_old] = useState("");
    const [password, set_password] = useState("");
    const { busy, error, run } = useAction();
    const submit = (event: Event) => {
        event.preventDefault();
        void run(() => client.ask("POST", `/api/users/${user}/password`, { password, old_password }));
    };
    return (
        <form class="card" onSubmit={submit} data-testid="password-form">
            <h2>Change password</h2>
            <p class="muted">You sign in again afterwards, everywhere.</p>
            <Field label="Present password"><input type="password" required autocomplete="current-password" value={old_password}
                onInput={(event) => set_old(event.currentTarget.value)} /></Field>
            <Field label="New password"><input type="password" required autocomplete="new-password" value={password}
                onInput={(event) => set_password(event.currentTarget.value)} /></Field>
            <ErrorText text={error} />
            <button type="submit" disabled={busy}>Change</button>
        </form>
    );
}
