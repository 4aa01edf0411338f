// The first thing people see.
import { useState } from "preact/hooks";

import { Logo } from "./icon.tsx";
import { ErrorText, Field, useAction, useClient } from "./parts.tsx";

export function SignIn({ notice }: { notice: string }) {
    const client = useClient();
    const [user, set_user] = useState("");
    const [password, set_password] = useState("");
    const { busy, error, run } = useAction();
    const submit = (event: Event) => {
        event.preventDefault();
        void run(() => client.sign_in(user.trim(), password));
    };
    return (
        <main class="sign-in">
            <form class="card" onSubmit={submit} data-testid="sign-in-form">
                <div class="brand"><Logo /><h1>Partyline</h1></div>
                <p class="muted">Chat and telephone, on one line.</p>
                {notice ? <p class="notice" role="status" data-testid="notice">{notice}</p> : null}
                <Field label="User name">
                    <input name="user" autocomplete="username" autocapitalize="none" spellcheck={false} required autofocus
                           data-testid="sign-in-user" value={user} onInput={(event) => set_user(event.currentTarget.value)} />
                </Field>
                <Field label="Password">
                    <input name="password" type="password" autocomplete="current-password" required
                           data-testid="sign-in-password" value={password}
                           onInput={(event) => set_password(event.currentTarget.value)} />
                </Field>
                <ErrorText text={error} id="sign-in-error" />
                <button class="primary wide" type="submit" disabled={busy} data-testid="sign-in-submit">
                    {busy ? "Signing in…" : "Sign in"}
                </button>
            </form>
        </main>
    );
}
