// One conversation: its head, what was said, and the line to write on.
import { useState } from "preact/hooks";

import { chat_link } from "../route.ts";
import { conversation_title, display_name } from "../store.ts";
import type { World } from "../store.ts";
import type { Conversation } from "../protocol.ts";
import { conference_of } from "./conference.tsx";
import { Composer } from "./composer.tsx";
import { Icon } from "./icon.tsx";
import { MembersDialog } from "./members.tsx";
import { MessageList } from "./message_list.tsx";
import { Avatar, IconButton } from "./parts.tsx";
import { StartConference } from "./start_conference.tsx";

export function Chat({ world, id }: { world: World; id: string }) {
    const [dialog, set_dialog] = useState<"conference" | "members" | null>(null);
    const talk = world.conversations[id];
    const closed = world.streams[`conversation/${id}`]?.closed;
    if (closed) return <p class="welcome" role="alert" data-testid="stream-closed">{closed.sentence}</p>;
    if (!talk) return <p class="welcome muted">{world.link.phase === "live" ? "Loading…" : "Waiting for the connection…"}</p>;
    return (
        <section class="chat" aria-label={`Conversation with ${conversation_title(world, talk)}`} data-testid="chat" data-id={id}>
            <ChatHead world={world} talk={talk} open={set_dialog} />
            <ConferenceBanner world={world} talk={talk} />
            <MessageList world={world} talk={talk} />
            <Composer world={world} id={id} />
            {dialog === "conference" ? <StartConference world={world} talk={talk} close={() => set_dialog(null)} /> : null}
            {dialog === "members" ? <MembersDialog world={world} talk={talk} close={() => set_dialog(null)} /> : null}
        </section>
    );
}

function ChatHead({ world, talk, open }:
    { world: World; talk: Conversation; open: (dialog: "conference" | "members") => void }) {
    const title = conversation_title(world, talk);
    const others = talk.members.filter((member) => member.user !== world.session?.user);
    const live = world.link.phase === "live";
    const online = others.filter((member) => world.presence[member.user]).length;
    const about = !live ? "presence unknown" : talk.direct ? (online > 0 ? "online" : "offline")
        : `${talk.members.length} people, ${online} of the others online`;
    const running = conference_of(world, talk.id) !== null && talk.conference !== null;
    return (
        <header class="pane-head">
            <a class="icon-button back" href="#/" aria-label="Back to conversations"><Icon name="back" /></a>
            <Avatar name={title} online={talk.direct && live ? online > 0 : undefined} />
            <div class="grow">
                <h1 class="ellipsis" data-testid="chat-title">{title}</h1>
                <p class="muted ellipsis" title={talk.members.map((member) => display_name(world, member.user)).join(", ")}>{about}</p>
            </div>
            {talk.direct ? null : <IconButton icon="people" label="People of this group" testid="open-members" onClick={() => open("members")} />}
            {running ? null : (
                <button type="button" class="primary" data-testid="start-conference" onClick={() => open("conference")}
                        aria-label="Start a conference">
                    <Icon name="phone" /><span class="wide-only">Start a conference</span>
                </button>)}
        </header>
    );
}

/// On a small screen the conference waits behind this line; on a wide one it is beside the chat.
function ConferenceBanner({ world, talk }: { world: World; talk: Conversation }) {
    const id = conference_of(world, talk.id);
    const room = id ? world.conferences[id] : undefined;
    if (!id) return null;
    const connected = room?.seats.filter((seat) => seat.phase === "connected").length ?? 0;
    return (
        <a class="banner narrow-only" href={chat_link(talk.id, "conference")} data-testid="conference-banner">
            <Icon name="phone" />
            <span class="grow">{room?.ended ? "The conference has ended" : `${room?.number ?? id} · ${connected} connected`}</span>
            <b>Open</b>
        </a>
    );
}
