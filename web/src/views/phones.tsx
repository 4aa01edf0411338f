// SIP accounts of one person: what a phone needs to sign in is shown once, when the account is made.
import { useState } from "preact/hooks";

import { encode } from "../client.ts";
import type { NewPhone, Phone } from "../protocol.ts";
import { Icon } from "./icon.tsx";
import { ErrorText, IconButton, Secret, useAction, useClient } from "./parts.tsx";

export function Phones({ user, phones, changed }: { user: string; phones: Phone[]; changed?: () => void }) {
    const client = useClient();
    const [label, set_label] = useState("");
    const [made, set_made] = useState<NewPhone | null>(null);
    const { busy, error, run } = useAction();
    const path = `/api/users/${encode(user)}/phones`;
    const add = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            set_made(await client.ask<NewPhone>("POST", path, { label: label.trim().toLowerCase() }));
            set_label("");
            changed?.();
        });
    };
    const change = (work: () => Promise<unknown>) => void run(async () => { await work(); changed?.(); });
    return (
        <div class="phones" data-testid="phones" data-user={user}>
            <ul class="rows">
                {phones.map((phone) => (
                    <li key={phone.label} class="phone" data-testid="phone" data-label={phone.label} data-registered={phone.registered}>
                        <span class={`avatar small room ${phone.registered ? "on" : ""}`} aria-hidden="true"><Icon name="phone" /></span>
                        <span class="grow"><b>{phone.label}</b> <span class="muted">{phone.user}</span><br />
                            <span class={`state ${phone.registered ? "good" : "off"}`}>{phone.registered ? "registered" : "not registered"}</span>
                            {phone.bindings?.length ? <span class="muted"> {phone.bindings.map((binding) => binding.user_agent).filter(Boolean).join(", ")}</span> : null}
                        </span>
                        <label class="check" title="Chat messages also go to this phone">
                            <input type="checkbox" checked={phone.texts} disabled={busy}
                                   onChange={() => change(() => client.ask("POST", `${path}/${phone.label}/texts`, { texts: !phone.texts }))} /> texts
                        </label>
                        <IconButton icon="close" label={`Remove phone ${phone.label}`} disabled={busy}
                                    onClick={() => change(() => client.ask("DELETE", `${path}/${phone.label}`))} />
                    </li>
                ))}
            </ul>
            {made ? (
                <div class="secret-box" data-testid="new-phone">
                    <p><b>Enter this into the phone.</b> The password is kept by nobody and shown only now.</p>
                    <Secret name="User name" value={made.user} testid="phone-user" />
                    <Secret name="Password" value={made.password} testid="phone-password" />
                    <Secret name="Server" value={made.server} testid="phone-server" />
                    <button type="button" class="small" onClick={() => set_made(null)}>I have written it down</button>
                </div>) : null}
            <form class="inline-form" onSubmit={add}>
                <input aria-label="Label of the new phone" placeholder="desk" pattern="[A-Za-z0-9_]{1,16}" required
                       title="1 to 16 letters, digits or _" data-testid="phone-label" value={label}
                       onInput={(event) => set_label(event.currentTarget.value)} />
                <button type="submit" disabled={busy} data-testid="add-phone"><Icon name="plus" />Add phone</button>
            </form>
            <ErrorText text={error} id="phone-error" />
        </div>
    );
}
