// Choose who is rung, then see the number and the PINs, once.
import { useState } from "preact/hooks";

import { encode } from "../client.ts";
import type { Conversation, NewConference } from "../protocol.ts";
import { chat_link, go } from "../route.ts";
import { conversation_title, display_name } from "../store.ts";
import type { World } from "../store.ts";
import { dial_target } from "./dial.tsx";
import { Avatar, CopyButton, Dialog, ErrorText, Field, Secret, useAction, useClient } from "./parts.tsx";

export function StartConference({ world, talk, close }: { world: World; talk: Conversation; close: () => void }) {
    const client = useClient();
    const others = talk.members.map((member) => member.user).filter((user) => user !== world.session?.user);
    const [title, set_title] = useState(proposed_title(world, talk));
    const [people, set_people] = useState(others);
    const [numbers, set_numbers] = useState("");
    const [ring, set_ring] = useState(true);
    const [everyone, set_everyone] = useState(false);
    const [made, set_made] = useState<NewConference | null>(null);
    const [problems, set_problems] = useState<string[]>([]);
    const { busy, error, run } = useAction();
    const submit = (event: Event) => {
        event.preventDefault();
        void run(async () => {
            const fresh = await client.ask<NewConference>("POST", "/api/conferences", {
                title: title.trim(), conversation: talk.id, people, dial_policy: everyone ? "everyone" : "hosts" });
            set_made(fresh);
            set_problems(await ring_all(client, fresh.id, ring ? people : [], numbers));
        });
    };
    if (made) {
        return (
            <Dialog title="The conference is open" testid="conference-made" close={close}>
                <p>Dial <b>{made.number}</b> from any phone here and key a PIN and #. Hosts find the PINs again under the key.</p>
                <Secret name="Number" value={made.number} testid="conference-number" />
                <Secret name="Host PIN" value={made.host_pin} testid="host-pin" />
                <Secret name="Guest PIN" value={made.guest_pin} testid="guest-pin" />
                {problems.map((problem) => <ErrorText key={problem} text={problem} />)}
                <div class="buttons">
                    <CopyButton label="Copy the invitation" words="Copy invitation" testid="copy-invitation"
                                text={`Join "${title.trim()}": dial ${made.number}, PIN ${made.guest_pin}`} />
                    <button type="button" class="primary" data-testid="conference-made-done"
                            onClick={() => { close(); go(chat_link(talk.id, "conference")); }}>To the conference</button>
                </div>
            </Dialog>
        );
    }
    const toggle = (user: string) =>
        set_people(people.includes(user) ? people.filter((other) => other !== user) : [...people, user]);
    return (
        <Dialog title="Start a conference" testid="start-conference-dialog" close={close}>
            <form onSubmit={submit}>
                <Field label="Title">
                    <input data-testid="conference-title" required maxLength={100} value={title}
                           onInput={(event) => set_title(event.currentTarget.value)} />
                </Field>
                <fieldset>
                    <legend>People</legend>
                    <ul class="rows picker">
                        {others.map((user) => (
                            <li key={user}>
                                <label class="row">
                                    <input type="checkbox" data-testid="conference-person" data-user={user}
                                           checked={people.includes(user)} onChange={() => toggle(user)} />
                                    <Avatar name={display_name(world, user)} size="small" />
                                    <span class="grow">{display_name(world, user)}</span>
                                </label>
                            </li>
                        ))}
                    </ul>
                </fieldset>
                <label class="check">
                    <input type="checkbox" data-testid="conference-ring" checked={ring} onChange={() => set_ring(!ring)} />
                    Ring their phones now
                </label>
                <label class="check">
                    <input type="checkbox" checked={everyone} onChange={() => set_everyone(!everyone)} />
                    Everybody may bring in others, not only hosts
                </label>
                {world.me?.may_dial_numbers ? (
                    <Field label="Also dial" hint="telephone numbers, with commas between them">
                        <input data-testid="conference-numbers" inputMode="tel" value={numbers}
                               onInput={(event) => set_numbers(event.currentTarget.value)} />
                    </Field>) : null}
                <ErrorText text={error} id="start-conference-error" />
                <div class="buttons">
                    <button class="primary" type="submit" disabled={busy} data-testid="start-conference-submit">
                        {busy ? "Starting…" : "Start"}</button>
                </div>
            </form>
        </Dialog>
    );
}

function proposed_title(world: World, talk: Conversation): string {
    const title = conversation_title(world, talk);
    return (talk.direct ? `${world.session?.display_name} and ${title}` : title).slice(0, 80);
}

/// Rings each; a refusal of one does not stop the others. Returns what went wrong, as sentences.
async function ring_all(client: ReturnType<typeof useClient>, id: string, people: string[], numbers: string): Promise<string[]> {
    const targets = [...people.map((user) => ({ words: user, body: { user } })),
                     ...numbers.split(/[,;]/).filter((words) => words.trim()).map((words) => ({ words, body: dial_target(words) }))];
    const problems: string[] = [];
    for (const { words, body } of targets) {
        await client.ask("POST", `/api/conferences/${encode(id)}/dial`, body)
            .catch((why: Error) => problems.push(`${words.trim()}: ${why.message}`));
    }
    return problems;
}
