// The people of a group: who they are, adding, removing, leaving, the title.
import { useState } from "preact/hooks";

import { encode } from "../client.ts";
import type { Conversation } from "../protocol.ts";
import { go } from "../route.ts";
import { display_name } from "../store.ts";
import type { World } from "../store.ts";
import { PeoplePicker } from "./new_chat.tsx";
import { Avatar, Dialog, ErrorText, Field, IconButton, useAction, useClient } from "./parts.tsx";

export function MembersDialog({ world, talk, close }: { world: World; talk: Conversation; close: () => void }) {
    const client = useClient();
    const [title, set_title] = useState(talk.title);
    const [chosen, set_chosen] = useState<string[]>([]);
    const { busy, error, run } = useAction();
    const path = `/api/conversations/${encode(talk.id)}`;
    const me = world.session?.user ?? "";
    const live = world.link.phase === "live";
    const rename = (event: Event) => {
        event.preventDefault();
        void run(() => client.ask("POST", `${path}/title`, { title: title.trim() }));
    };
    const add = () => void run(async () => {
        for (const user of chosen) await client.ask("POST", `${path}/members`, { user });
        set_chosen([]);
    });
    const leave = () => void run(async () => {
        await client.ask("DELETE", `${path}/members/${me}`);
        close();
        go("#/");
    });
    return (
        <Dialog title="People of this group" testid="members-dialog" close={close}>
            <form onSubmit={rename} class="inline-form">
                <Field label="Title"><input value={title} required onInput={(event) => set_title(event.currentTarget.value)} /></Field>
                <button type="submit" disabled={busy || title.trim() === talk.title}>Rename</button>
            </form>
            <ErrorText text={error} />
            <ul class="rows" data-testid="member-list">
                {talk.members.map((member) => (
                    <li key={member.user} class="contact">
                        <span class="row">
                            <Avatar name={display_name(world, member.user)} size="small"
                                    online={live && member.user !== me ? world.presence[member.user] ?? false : undefined} />
                            <span class="grow ellipsis">{display_name(world, member.user)}{member.user === me ? " (you)" : ""}</span>
                        </span>
                        {member.user === me ? null : (
                            <IconButton icon="close" label={`Remove ${display_name(world, member.user)}`}
                                        onClick={() => void run(() => client.ask("DELETE", `${path}/members/${member.user}`))} />)}
                    </li>
                ))}
            </ul>
            <h3>Add people</h3>
            <PeoplePicker world={world} chosen={chosen} choose={set_chosen} hidden={talk.members.map((member) => member.user)} />
            <div class="buttons">
                <button type="button" class="danger ghost" disabled={busy} onClick={leave}>Leave group</button>
                <button type="button" class="primary" disabled={busy || chosen.length === 0} onClick={add}>Add</button>
            </div>
        </Dialog>
    );
}
