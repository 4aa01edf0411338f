// The frame around everything: signing in, or the three columns.
import { useEffect, useState } from "preact/hooks";

import type { Client } from "../client.ts";
import { go, parse_route } from "../route.ts";
import type { Route } from "../route.ts";
import { conversation_title, unread_count } from "../store.ts";
import type { World } from "../store.ts";
import { Admin } from "./admin.tsx";
import { Chat } from "./chat.tsx";
import { ConferencePanel, conference_of } from "./conference.tsx";
import { Icon, Logo } from "./icon.tsx";
import { NewChat } from "./new_chat.tsx";
import { ClientContext } from "./parts.tsx";
import { Settings } from "./settings.tsx";
import { LinkState, Sidebar } from "./sidebar.tsx";
import { SignIn } from "./sign_in.tsx";

export function App({ client }: { client: Client }) {
    const [, redraw] = useState(0);
    const [route, set_route] = useState<Route>(parse_route(location.hash));
    useEffect(() => client.watch(() => redraw((count) => count + 1)), [client]);
    useEffect(() => {
        const moved = () => set_route(parse_route(location.hash));
        addEventListener("hashchange", moved);
        return () => removeEventListener("hashchange", moved);
    }, []);
    const { world } = client;
    useEffect(() => { document.title = page_title(world, route); });
    return (
        <ClientContext.Provider value={client}>
            {world.session ? <Shell world={world} route={route} /> : <SignIn notice={world.notice} />}
            <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcements">{client.said}</div>
        </ClientContext.Provider>
    );
}

function page_title(world: World, route: Route): string {
    const unread = Object.keys(world.conversations).reduce((sum, id) => sum + unread_count(world, id), 0);
    const talk = route.page === "chat" ? world.conversations[route.id] : undefined;
    const where = talk ? `${conversation_title(world, talk)} · Partyline` : "Partyline";
    return unread > 0 ? `(${unread}) ${where}` : where;
}

function Shell({ world, route }: { world: World; route: Route }) {
    const pane = route.page === "chat" ? route.pane : route.page === "home" ? "list" : "main";
    const room = route.page === "chat" ? conference_of(world, route.id) : null;
    return (
        <div class={`shell pane-${pane} ${room ? "with-conference" : ""}`}>
            <Sidebar world={world} route={route} />
            <div class="link-strip"><LinkState world={world} /></div>
            <main class="main"><Main world={world} route={route} /></main>
            {room && route.page === "chat" ? (
                <aside class="aside" aria-label="Conference">
                    <ConferencePanel key={room} world={world} id={room} back={route.id} />
                </aside>
            ) : null}
        </div>
    );
}

function Main({ world, route }: { world: World; route: Route }) {
    switch (route.page) {
        case "settings": return <Settings world={world} />;
        case "admin": return <Admin world={world} />;
        case "chat": return <Chat key={route.id} world={world} id={route.id} />;
        case "conference": return <ConferencePanel key={route.id} world={world} id={route.id} back={null} />;
        case "home": return <Home world={world} />;
    }
}

/// What a newcomer can do next.
function Home({ world }: { world: World }) {
    const [writing, set_writing] = useState(false);
    return (
        <div class="welcome">
            <Logo />
            <h1>Hello, {world.session?.display_name}</h1>
            <p>Choose a conversation, or write to somebody new.<br />Every conversation can ring its people into a conference.</p>
            <div class="buttons wrap">
                <button type="button" class="primary" onClick={() => set_writing(true)}><Icon name="plus" />Write to somebody</button>
                {world.session?.admin ? <button type="button" onClick={() => go("#/admin")}><Icon name="people" />Add people</button> : null}
                <button type="button" onClick={() => go("#/settings")}><Icon name="phone" />Set up a phone</button>
            </div>
            {writing ? <NewChat world={world} purpose="chat" close={() => set_writing(false)} /> : null}
        </div>
    );
}
