// One row of the roster: who, on which phone, in which state, and what one may do about it.
import { encode } from "../client.ts";
import { is_live, is_muted } from "../fold.ts";
import type { Conference, Seat } from "../protocol.ts";
import { seat_name } from "../store.ts";
import type { World } from "../store.ts";
import { hands_in_order, seat_in_words, seat_tone } from "../words.ts";
import { Icon } from "./icon.tsx";
import { Avatar, ErrorText, IconButton, useAction, useClient } from "./parts.tsx";

export function SeatRow({ world, room, seat, live }: { world: World; room: Conference; seat: Seat; live: boolean }) {
    const name = seat_name(world, seat);
    const muted = is_muted(room, seat);
    const talking = live && seat.talking && seat.phase === "connected";
    const hand = hands_in_order(room).findIndex((one) => one.seat === seat.seat) + 1;
    const mine = seat.user !== null && seat.user === world.session?.user;
    return (
        <li class={`seat ${seat.phase} ${talking ? "talking" : ""}`} data-testid="roster-row" data-seat={seat.seat}
            data-name={name} data-user={seat.user ?? ""} data-phase={seat.phase} data-cause={seat.cause}
            data-talking={talking} data-muted={muted} data-hand={hand > 0} data-on-hold={seat.on_hold}
            data-silent={seat.silent}>
            {seat.user || /[a-z]/i.test(name) ? <Avatar name={name} talking={talking} />
                : <span class={`avatar room ${talking ? "talking" : ""}`} aria-hidden="true"><Icon name="phone" /></span>}
            <div class="grow">
                <p class="seat-name">
                    <b class="ellipsis">{name}</b>
                    {mine ? <span class="muted">you</span> : null}
                    {seat.role === "host" ? <span class="tag">host</span> : null}
                    {hand > 0 ? <span class="tag hand" data-testid="hand-mark" title={`Wishes to speak, number ${hand}`}>
                        <Icon name="hand" label="wishes to speak" />{hand}</span> : null}
                </p>
                <p class="seat-state">
                    <span class={`state ${seat_tone(seat)}`} data-testid="seat-state">{seat_in_words(seat)}</span>
                    {seat.address && seat.address !== name ? <span class="muted ellipsis digits" data-testid="seat-address">{seat.address}</span> : null}
                </p>
            </div>
            {talking ? <span class="bars" data-testid="talking" role="img" aria-label="talking"><i /><i /><i /></span> : null}
            <SeatControls room={room} seat={seat} name={name} mine={mine} muted={muted} me={world.session?.user ?? ""} />
        </li>
    );
}

function SeatControls({ room, seat, name, mine, muted, me }:
    { room: Conference; seat: Seat; name: string; mine: boolean; muted: boolean; me: string }) {
    const client = useClient();
    const { busy, error, run } = useAction();
    const ask = (what: string, body: object) =>
        void run(() => client.ask("POST", `/api/conferences/${encode(room.id)}/${what}`, body));
    const host = room.me.host;
    const may_dial = host || room.dial_policy === "everyone" || mine;
    const frozen = mine && !host && muted && (seat.muted_by_host || room.all_muted);
    const waits = seat.phase === "dialling" || seat.phase === "ringing";
    const again = seat.phase === "invited" || (seat.phase === "left" && seat.cause !== "removed");
    const target = seat.user ? { user: seat.user } : seat.address.startsWith("sip") ? { address: seat.address }
        : { number: seat.address, ...(seat.name ? { name: seat.name } : {}) };
    const shortened = seat.address.includes("***");
    if (room.ended) return null;
    return (
        <div class="seat-controls">
            {is_live(seat) && !waits ? (
                host || mine ? (
                    <IconButton icon={muted ? "mic_off" : "mic"} label={`Mute ${name}`} pressed={muted}
                                testid="mute" disabled={busy || frozen} title={frozen ? "Muted by a host" : muted ? `Unmute ${name}` : `Mute ${name}`}
                                onClick={() => ask("mute", { seat: seat.seat, muted: !muted })} />
                ) : muted ? <span class="icon-button still" title="Muted"><Icon name="mic_off" label="muted" /></span> : null
            ) : null}
            {waits && (host || mine || seat.dialled_by === me) ? (
                <IconButton icon="hang_up" label={`Stop ringing ${name}`} testid="cancel-dial" tone="danger" disabled={busy}
                            onClick={() => ask("cancel", { seat: seat.seat })} />) : null}
            {again && may_dial && (seat.user || (seat.address && !shortened)) ? (
                <IconButton icon="phone" label={seat.phase === "left" ? `Ring ${name} again` : `Ring ${name}`} testid="redial"
                            tone="accent" disabled={busy} onClick={() => ask("dial", target)} />) : null}
            {host && hand_up(seat) && !mine ? (
                <IconButton icon="hand" label={`Lower the hand of ${name}`} testid="lower-hand" disabled={busy}
                            onClick={() => ask("hand", { raised: false, seat: seat.seat })} />) : null}
            {host && !mine && seat.cause !== "removed" && seat.user !== room.created_by && !waits ? (
                <IconButton icon="close" label={`Remove ${name}`} testid="remove" disabled={busy}
                            onClick={() => ask("remove", { seat: seat.seat })} />) : null}
            <ErrorText text={error} id="seat-error" />
        </div>
    );
}

const hand_up = (seat: Seat) => seat.hand_at !== null && seat.phase !== "left";
