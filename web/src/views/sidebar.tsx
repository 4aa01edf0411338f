// The left column: who I am, how the line is, conversations, running conferences, contacts.
import { useState } from "preact/hooks";

import { chat_link, conference_link, go } from "../route.ts";
import type { Route } from "../route.ts";
import { conversation_title, display_name, unread_count } from "../store.ts";
import type { World } from "../store.ts";
import type { Conversation } from "../protocol.ts";
import { clock_time, short_time } from "../words.ts";
import { Icon, Logo } from "./icon.tsx";
import { NewChat } from "./new_chat.tsx";
import { Avatar, ErrorText, IconButton, useAction, useClient, useNow } from "./parts.tsx";

export function Sidebar({ world, route }: { world: World; route: Route }) {
    const client = useClient();
    const [dialog, set_dialog] = useState<"chat" | "contact" | null>(null);
    const here = route.page === "chat" || route.page === "conference" ? route.id : "";
    return (
        <nav class="sidebar" aria-label="Conversations and contacts">
            <header class="sidebar-head">
                <a href="#/" class="brand" aria-label="Partyline, start"><Logo /><span>Partyline</span></a>
                <IconButton icon="plus" label="New conversation" testid="new-chat" onClick={() => set_dialog("chat")} />
            </header>
            <LinkState world={world} testid="link-state" />
            <div class="sidebar-lists">
                <Conferences world={world} here={here} />
                <Conversations world={world} here={here} />
                <Contacts world={world} add={() => set_dialog("contact")} />
            </div>
            <footer class="sidebar-foot">
                <Avatar name={display_name(world, world.session?.user ?? "")} size="small" />
                <span class="grow ellipsis" data-testid="signed-in-user">{world.session?.display_name}</span>
                {world.session?.admin ? (
                    <a class="icon-button" href="#/admin" aria-label="Administration" title="Administration" data-testid="open-admin">
                        <Icon name="people" /></a>) : null}
                <a class="icon-button" href="#/settings" aria-label="Phones and settings" title="Phones and settings"
                   data-testid="open-settings"><Icon name="settings" /></a>
                <IconButton icon="sign_out" label="Sign out" testid="sign-out" onClick={() => void client.sign_out()} />
            </footer>
            {dialog ? <NewChat world={world} purpose={dialog} close={() => set_dialog(null)} /> : null}
        </nav>
    );
}

/// Always visible: connecting, live, or offline since when.
/// On small screens, where the sidebar hides, it is a strip above everything.
export function LinkState({ world, testid }: { world: World; testid?: string }) {
    const now = useNow(1000);
    const { phase, since, note } = world.link;
    const fresh = phase === "offline" && now - since < 1200;  // a blink is not worth alarm
    const words = phase === "live" ? "Live" : phase === "connecting" || fresh ? "Connecting…"
        : `Offline since ${clock_time(since)}, trying again`;
    return (
        <div class={`link-state ${fresh ? "connecting" : phase}`} role="status" data-testid={testid} data-phase={phase}>
            <i class="pulse" aria-hidden="true" />{words}{note ? <small>{note}</small> : null}
        </div>
    );
}

function Conversations({ world, here }: { world: World; here: string }) {
    const now = useNow(60_000);
    const mine = (world.me?.conversations ?? []).flatMap((id) => world.conversations[id] ?? []);
    mine.sort((one, other) => (other.last_message_at ?? 0) - (one.last_message_at ?? 0));
    return (
        <section aria-labelledby="conversations-title">
            <h2 id="conversations-title">Conversations</h2>
            {mine.length === 0 ? <p class="muted empty">None yet. Press + to write to somebody.</p> : null}
            <ul class="rows" data-testid="conversation-list">
                {mine.map((talk) => <ConversationRow key={talk.id} world={world} talk={talk} here={here} now={now} />)}
            </ul>
        </section>
    );
}

function ConversationRow({ world, talk, here, now }: { world: World; talk: Conversation; here: string; now: number }) {
    const title = conversation_title(world, talk);
    const unread = unread_count(world, talk.id);
    const last = world.histories[talk.id]?.messages.at(-1);
    const other = talk.direct ? talk.members.find((member) => member.user !== world.session?.user)?.user : undefined;
    const online = other && world.link.phase === "live" ? world.presence[other] ?? false : undefined;
    const author = last && last.from === world.session?.user ? "You: " : last && !talk.direct ? `${display_name(world, last.from)}: ` : "";
    return (
        <li>
            <a href={chat_link(talk.id)} class={here === talk.id ? "row here" : "row"} data-testid="conversation"
               data-id={talk.id} data-title={title} {...(here === talk.id ? { "aria-current": "page" } : {})}>
                <Avatar name={title} online={online} />
                <span class="grow">
                    <span class="row-top">
                        <b class="ellipsis">{title}</b>
                        {talk.last_message_at ? <time>{short_time(talk.last_message_at, now)}</time> : null}
                    </span>
                    <span class="row-bottom">
                        <span class="ellipsis preview">{last ? author + last.text : "No messages yet"}</span>
                        {talk.conference ? <span class="tag live" title="A conference is running"><Icon name="phone" /></span> : null}
                        {unread > 0 ? <span class="badge" data-testid="unread" aria-label={`${unread} unread`}>{unread > 49 ? "50+" : unread}</span> : null}
                    </span>
                </span>
            </a>
        </li>
    );
}

/// Running conferences that belong to no conversation of mine; the others are found in their chat.
function Conferences({ world, here }: { world: World; here: string }) {
    const rooms = (world.me?.conferences ?? []).flatMap((id) => world.conferences[id] ?? [])
        .filter((room) => !room.ended && !(room.conversation && world.conversations[room.conversation]));
    if (rooms.length === 0) return null;
    return (
        <section aria-labelledby="conferences-title">
            <h2 id="conferences-title">Running conferences</h2>
            <ul class="rows">
                {rooms.map((room) => (
                    <li key={room.id}>
                        <a href={conference_link(room.id)} class={here === room.id ? "row here" : "row"} data-testid="conference-link" data-id={room.id}>
                            <span class="avatar room" aria-hidden="true"><Icon name="phone" /></span>
                            <span class="grow">
                                <b class="ellipsis">{room.title || `Conference ${room.number}`}</b>
                                <span class="preview">{room.seats.filter((seat) => seat.phase === "connected").length} connected</span>
                            </span>
                        </a>
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Contacts({ world, add }: { world: World; add: () => void }) {
    const client = useClient();
    const { error, run } = useAction();
    const live = world.link.phase === "live";
    const open = (user: string) => void run(async () => {
        const { id } = await client.ask<{ id: string }>("POST", "/api/conversations", { with: user });
        go(chat_link(id));
    });
    const contacts = [...(world.me?.contacts ?? [])].sort((one, other) =>
        Number(world.presence[other] ?? false) - Number(world.presence[one] ?? false) ||
        display_name(world, one).localeCompare(display_name(world, other)));
    return (
        <section aria-labelledby="contacts-title">
            <h2 id="contacts-title">Contacts
                <button type="button" class="link" data-testid="add-contact" onClick={add}>Add</button></h2>
            <ErrorText text={error} />
            <ul class="rows" data-testid="contact-list">
                {contacts.map((user) => {
                    const online = live ? world.presence[user] ?? false : undefined;
                    const words = online === undefined ? "unknown" : online ? "online" : "offline";
                    return (
                        <li key={user} class="contact">
                            <button type="button" class="row" data-testid="contact" data-user={user} data-presence={words}
                                    onClick={() => open(user)} aria-label={`Write to ${display_name(world, user)}, ${words}`}>
                                <Avatar name={display_name(world, user)} online={online} size="small" />
                                <span class="grow ellipsis">{display_name(world, user)}</span>
                                <span class="preview">{online === undefined ? "unknown" : online ? "online" : ""}</span>
                            </button>
                            <IconButton icon="close" label={`Remove ${display_name(world, user)} from contacts`}
                                        onClick={() => void run(() => client.ask("DELETE", `/api/me/contacts/${user}`))} />
                        </li>
                    );
                })}
            </ul>
        </section>
    );
}
