// A conference while it runs: its number, who is on which phone, who talks, who wishes to, and the controls
// that one's role allows. The server judges every one of them again.
import { useState } from "preact/hooks";

import { encode } from "../client.ts";
import { is_muted } from "../fold.ts";
import type { Conference } from "../protocol.ts";
import { chat_link, go } from "../route.ts";
import { seat_name } from "../store.ts";
import type { World } from "../store.ts";
import { duration, hands_in_order, roster_order } from "../words.ts";
import { DialForm } from "./dial.tsx";
import { Icon } from "./icon.tsx";
import { CopyButton, Dialog, ErrorText, IconButton, Secret, useAction, useClient, useNow } from "./parts.tsx";
import { SeatRow } from "./seat_row.tsx";

const shown_after_end_ms = 5 * 60_000;

/// The conference that belongs to this conversation: the running one, or the one that ended while we looked.
export function conference_of(world: World, conversation: string): string | null {
    const running = world.conversations[conversation]?.conference;
    if (running) return running;
    const last = Object.values(world.conferences).filter((room) => room.conversation === conversation)
        .sort((one, other) => (other.created_at ?? 0) - (one.created_at ?? 0))[0];
    return last && Date.now() - (last.ended_at ?? Date.now()) < shown_after_end_ms ? last.id : null;
}

export function ConferencePanel({ world, id, back }: { world: World; id: string; back: string | null }) {
    const room = world.conferences[id];
    const mark = world.streams[`conference/${id}`];
    const link = back ? chat_link(back) : "#/";
    if (!room || mark?.closed) {
        return (
            <section class="conference" data-testid="conference" data-id={id}>
                <header class="pane-head">
                    <a class="icon-button back" href={link} aria-label="Back"><Icon name="back" /></a>
                    <h1 class="grow">Conference {id}</h1>
                </header>
                <p class="welcome muted" role="status" data-testid="stream-closed">
                    {mark?.closed?.sentence ?? "Waiting to be let in: you have no seat in this conference yet."}</p>
            </section>
        );
    }
    const live = world.link.phase === "live" && !mark?.updating;
    return (
        <section class={`conference ${live ? "" : "waiting"}`} aria-label={`Conference ${room.title || room.number}`}
                 data-testid="conference" data-id={id} data-ended={room.ended} data-locked={room.locked}
                 data-all-muted={room.all_muted}>
            <ConferenceHead room={room} link={link} />
            {live ? null : <p class="notice" role="status">{mark?.updating ? "Updating…" : "No connection: this is how it was."}</p>}
            <Hands world={world} room={room} />
            <ul class="roster" data-testid="roster" aria-label="People in this conference">
                {roster_order(room.seats).map((seat) => <SeatRow key={seat.seat} world={world} room={room} seat={seat} live={live} />)}
            </ul>
            {room.seats.length === 0 ? <p class="muted empty">Nobody yet. Dial {room.number} or ring somebody.</p> : null}
            {room.ended ? null : <Controls world={world} room={room} />}
        </section>
    );
}

function ConferenceHead({ room, link }: { room: Conference; link: string }) {
    const client = useClient();
    const now = useNow(1000);
    const connected = room.seats.filter((seat) => seat.phase === "connected").length;
    const length = room.created_at ? duration((room.ended_at ?? now) - room.created_at) : "";
    return (
        <header class="conference-head">
            <div class="pane-head">
                <a class="icon-button back" href={link} aria-label="Back to the chat"><Icon name="back" /></a>
                <div class="grow">
                    <h1 class="ellipsis" data-testid="conference-name">{room.title || "Conference"}</h1>
                    <p class="muted">
                        {room.ended ? <b>Ended</b> : <span data-testid="connected-count">{connected} connected</span>} · <span class="digits">{length}</span>
                        {room.recording === "off" ? null : (
                            <span class={`tag ${room.recording === "on" ? "recording" : ""}`} data-testid="recording-mark" data-recording={room.recording}>
                                <Icon name={room.recording === "on" ? "record" : "pause"} />{room.recording === "on" ? "recorded" : "recording paused"}</span>)}
                        {room.locked ? <span class="tag"><Icon name="lock" />locked</span> : null}
                        {room.all_muted ? <span class="tag"><Icon name="mic_off" />guests muted</span> : null}
                    </p>
                </div>
                {room.ended ? <IconButton icon="close" label="Close" testid="forget-conference"
                                          onClick={() => { go(link); client.forget_conference(room.id); }} /> : null}
            </div>
            {room.ended ? null : (
                <div class="number-card">
                    <span>Dial</span><b class="digits" data-testid="room-number">{room.number}</b>
                    <CopyButton text={room.number} label="Copy the number" testid="copy-number" />
                    {room.me.host ? <PinsButton room={room} /> : null}
                </div>)}
        </header>
    );
}

function PinsButton({ room }: { room: Conference }) {
    const client = useClient();
    const [pins, set_pins] = useState<{ host_pin: string; guest_pin: string } | null>(null);
    const { error, run } = useAction();
    const show = () => void run(async () => set_pins(await client.ask("GET", `/api/conferences/${encode(room.id)}/pins`)));
    return (
        <>
            <IconButton icon="key" label="Show the PINs" testid="show-pins" onClick={show} />
            <ErrorText text={error} />
            {pins ? (
                <Dialog title="PINs" testid="pins-dialog" close={() => set_pins(null)}>
                    <Secret name="Host PIN" value={pins.host_pin} testid="host-pin" />
                    <Secret name="Guest PIN" value={pins.guest_pin} testid="guest-pin" />
                </Dialog>) : null}
        </>
    );
}

function Hands({ world, room }: { world: World; room: Conference }) {
    const hands = hands_in_order(room);
    if (hands.length === 0) return null;
    return (
        <div class="hands" data-testid="hands">
            <Icon name="hand" /><b>Wish to speak</b>
            <ol>{hands.map((seat) => <li key={seat.seat}>{seat_name(world, seat)}</li>)}</ol>
        </div>
    );
}

/// Record; while it runs: pause or go on, and stop.
function RecordingButtons({ room, busy, ask }: { room: Conference; busy: boolean; ask: (what: string, body: object) => void }) {
    const on = room.recording === "on";
    const set = (recording: Conference["recording"]) => () => ask("recording", { recording });
    return (
        <>
            <button type="button" class={on ? "on" : ""} disabled={busy} data-testid="record" onClick={set(on ? "paused" : "on")}>
                <Icon name={on ? "pause" : "record"} />{on ? "Pause recording" : room.recording === "paused" ? "Go on recording" : "Record"}</button>
            {room.recording === "off" ? null : (
                <button type="button" disabled={busy} data-testid="stop-recording" onClick={set("off")}>
                    <Icon name="close" />Stop recording</button>)}
        </>
    );
}

function Controls({ world, room }: { world: World; room: Conference }) {
    const client = useClient();
    const { busy, error, run } = useAction();
    const [ending, set_ending] = useState(false);
    const path = `/api/conferences/${encode(room.id)}`;
    const ask = (what: string, body: object) => void run(() => client.ask("POST", `${path}/${what}`, body));
    const mine = room.seats.find((seat) => seat.seat === room.me.seat);
    const on_phone = mine && ["dialling", "ringing", "connected"].includes(mine.phase);
    const may_dial = room.me.host || room.dial_policy === "everyone";
    const muted = mine ? is_muted(room, mine) : false;
    return (
        <footer class="controls">
            {may_dial ? <DialForm world={world} room={room} /> : null}
            {room.pin_failures.length > 0 ? (
                <p class="muted small-print" data-testid="pin-failures"><Icon name="warning" /> {room.pin_failures.length} wrong
                    {room.pin_failures.length === 1 ? " PIN" : " PINs"}, last from {room.pin_failures.at(-1)?.caller || "an unknown caller"}</p>) : null}
            <ErrorText text={error} id="conference-error" />
            <div class="buttons wrap">
                {on_phone ? null : (
                    <button type="button" class="primary" disabled={busy} data-testid="call-me"
                            onClick={() => ask("dial", { user: world.session?.user })}><Icon name="phone" />Call me</button>)}
                {mine?.phase === "connected" ? (
                    <button type="button" class={muted ? "on" : ""} disabled={busy} data-testid="mute-me"
                            onClick={() => ask("mute", { seat: mine.seat, muted: !muted })}>
                        <Icon name={muted ? "mic_off" : "mic"} />{muted ? "Unmute me" : "Mute me"}</button>) : null}
                {mine && mine.phase !== "left" ? (
                    <button type="button" class={mine.hand_at === null ? "" : "on"} disabled={busy} data-testid="raise-hand"
                            onClick={() => ask("hand", { raised: mine.hand_at === null })}>
                        <Icon name="hand" />{mine.hand_at === null ? "Raise hand" : "Lower hand"}</button>) : null}
                {room.me.host ? (
                    <>
                        <button type="button" class={room.all_muted ? "on" : ""} disabled={busy} data-testid="mute-all"
                                onClick={() => ask("mute_all", { muted: !room.all_muted })}>
                            <Icon name={room.all_muted ? "mic" : "mic_off"} />{room.all_muted ? "Unmute all" : "Mute all"}</button>
                        <button type="button" class={room.locked ? "on" : ""} disabled={busy} data-testid="lock"
                                onClick={() => ask("lock", { locked: !room.locked })}>
                            <Icon name={room.locked ? "unlock" : "lock"} />{room.locked ? "Unlock" : "Lock"}</button>
                        <RecordingButtons room={room} busy={busy} ask={ask} />
                        <button type="button" class="danger" disabled={busy} data-testid="end-conference"
                                onClick={() => set_ending(true)}><Icon name="hang_up" />End</button>
                    </>) : null}
            </div>
            {ending ? (
                <Dialog title="End the conference for everybody?" testid="end-dialog" close={() => set_ending(false)}>
                    <p>All phones in it are hung up.</p>
                    <div class="buttons">
                        <button type="button" onClick={() => set_ending(false)}>Keep it</button>
                        <button type="button" class="danger" data-testid="end-confirm"
                                onClick={() => { set_ending(false); ask("end", {}); }}>End it</button>
                    </div>
                </Dialog>) : null}
        </footer>
    );
}
