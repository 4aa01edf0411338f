// What was said, oldest above. Stays at the end while one is there; scrolling up brings older pages;
// what has been looked at is marked as read.
import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import type { Conversation, Message } from "../protocol.ts";
import { display_name } from "../store.ts";
import type { Outgoing, World } from "../store.ts";
import { clock_time, day_name } from "../words.ts";
import { Icon } from "./icon.tsx";
import { Avatar, useClient } from "./parts.tsx";

const near_end_px = 80;
const near_top_px = 200;
const together_ms = 5 * 60_000;  // lines of one person within this time share a head

export function MessageList({ world, talk }: { world: World; talk: Conversation }) {
    const client = useClient();
    const list = useRef<HTMLDivElement>(null);
    const at_end = useRef(true);
    const height_before = useRef(0);
    const history = world.histories[talk.id];
    const messages = history?.messages ?? [];
    const outgoing = world.outbox.filter((one) => one.conversation === talk.id);
    const first = messages[0]?.sequence ?? 0, last = messages.at(-1)?.sequence ?? 0;

    const older = () => { if (list.current && list.current.scrollTop < near_top_px) void client.load_older(talk.id); };
    const read = () => mark_read(client, world, talk, messages, at_end.current);

    useLayoutEffect(() => {  // at the end: stay there; older ones came above: keep what is looked at in place
        const box = list.current;
        if (!box) return;
        if (at_end.current) box.scrollTop = box.scrollHeight;
        else if (height_before.current > 0) box.scrollTop += box.scrollHeight - height_before.current;
        height_before.current = 0;
    }, [first, last, outgoing.length]);
    useEffect(() => { read(); older(); });
    useEffect(() => {
        const looked = () => read();
        const resized = () => { if (at_end.current && list.current) list.current.scrollTop = list.current.scrollHeight; };
        document.addEventListener("visibilitychange", looked);
        addEventListener("resize", resized);
        return () => { document.removeEventListener("visibilitychange", looked); removeEventListener("resize", resized); };
    });

    const scrolled = () => {
        const box = list.current;
        if (!box) return;
        at_end.current = box.scrollHeight - box.scrollTop - box.clientHeight < near_end_px;
        height_before.current = box.scrollTop < near_top_px ? box.scrollHeight : 0;
        older();
        read();
    };
    return (
        <div class="messages" ref={list} onScroll={scrolled} tabIndex={0} role="log" aria-live="off"
             aria-label="Messages" data-testid="messages">
            <p class="muted begin">{history?.next_before === null ? "The beginning of this conversation" : "Loading…"}</p>
            {messages.map((message, index) => (
                <Fragment key={`${message.from}/${message.client_id || message.sequence}`}>
                    <DayMark message={message} before={messages[index - 1]} />
                    <Line world={world} talk={talk} message={message} before={messages[index - 1]} next={messages[index + 1]} />
                </Fragment>
            ))}
            {outgoing.map((one) => <OutgoingLine key={`${world.session?.user}/${one.client_id}`} one={one} />)}
        </div>
    );
}

const marked = new Map<string, number>();

function mark_read(client: ReturnType<typeof useClient>, world: World, talk: Conversation, messages: Message[], at_end: boolean) {
    const me = world.session?.user;
    const newest = messages.filter((message) => message.from !== me).at(-1)?.sequence ?? 0;
    const read = talk.members.find((member) => member.user === me)?.read_up_to ?? 0;
    if (!at_end || document.hidden || world.link.phase !== "live" || newest <= read) return;
    const key = `${talk.id} ${world.link.since}`;
    if ((marked.get(key) ?? 0) >= newest) return;  // asked already, the event is on its way
    marked.set(key, newest);
    client.mark_read(talk.id, newest);
}

function DayMark({ message, before }: { message: Message; before: Message | undefined }) {
    const now = Date.now();
    const day = day_name(message.at, now);
    if (before && day_name(before.at, now) === day) return null;
    return <p class="day"><span>{day}</span></p>;
}

function Line({ world, talk, message, before, next }:
    { world: World; talk: Conversation; message: Message; before: Message | undefined; next: Message | undefined }) {
    const mine = message.from === world.session?.user;
    const continues = before?.from === message.from && message.at - before.at < together_ms;
    const name = display_name(world, message.from);
    // The mark of each other person stands at the last message that they have seen.
    const seen_by = talk.members.filter((member) =>
        member.user !== world.session?.user && member.user !== message.from &&
        member.read_up_to >= message.sequence && !(next && member.read_up_to >= next.sequence));
    return (
        <article class={`line ${mine ? "mine" : ""} ${continues ? "continues" : ""}`} data-testid="message"
                 data-sequence={message.sequence} data-from={message.from} data-state="sent">
            {mine ? null : continues ? <span class="avatar-gap" /> : <Avatar name={name} size="small" />}
            <div class="bubble-box">
                {continues || mine ? null : <b class="author">{name}</b>}
                <div class="bubble">
                    <span class="text" data-testid="message-text">{message.text}</span>
                    <span class="meta">
                        {message.via === "phone" ? <span title="From a phone"><Icon name="phone" label="from a phone" /></span> : null}
                        <time>{clock_time(message.at)}</time>
                        {mine ? <Icon name="check" label="sent" /> : null}
                    </span>
                </div>
                {seen_by.length > 0 ? <SeenBy names={seen_by.map((member) => display_name(world, member.user))} /> : null}
            </div>
        </article>
    );
}

function SeenBy({ names }: { names: string[] }) {
    const sentence = `Seen by ${names.join(", ")}`;
    return (
        <span class="seen" title={sentence} data-testid="seen-by" data-names={names.join(",")}>
            <span class="visually-hidden">{sentence}</span>
            {names.slice(0, 5).map((name) => <Avatar key={name} name={name} size="small" />)}
            {names.length > 5 ? <small>+{names.length - 5}</small> : null}
        </span>
    );
}

function OutgoingLine({ one }: { one: Outgoing }) {
    const client = useClient();
    return (
        <article class={`line mine ${one.error ? "failed" : "sending"}`} data-testid="message"
                 data-state={one.error ? "failed" : "sending"}>
            <div class="bubble-box">
                <div class="bubble">
                    <span class="text" data-testid="message-text">{one.text}</span>
                    <span class="meta">{one.error ? null : <><Icon name="clock" /> sending…</>}</span>
                </div>
                {one.error ? (
                    <p class="error" role="alert">{one.error}{" "}
                        <button type="button" class="link" onClick={() => client.send_again(one.client_id)}>Try again</button>{" "}
                        <button type="button" class="link" onClick={() => client.discard(one.client_id)}>Discard</button>
                    </p>) : null}
            </div>
        </article>
    );
}
