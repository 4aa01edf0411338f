// What a screen reader should say when a frame comes: messages of others, who comes and goes. Pure.
import type { Event, EventsFrame } from "./protocol.ts";
import { display_name, seat_name, split_stream } from "./store.ts";
import type { World } from "./store.ts";
import { cause_in_words } from "./words.ts";

/// Empty when there is nothing to say.
export function announcement(world: World, frame: EventsFrame): string {
    const [kind, name] = split_stream(frame.stream);
    const sentences = frame.events.map((event) => sentence(world, kind, name, event));
    return sentences.filter((one) => one !== "").join(" ");
}

function sentence(world: World, kind: string, name: string, event: Event): string {
    if (kind === "conversation") {
        if (event.type !== "message_sent" || event["from"] === world.session?.user) return "";
        return `${display_name(world, String(event["from"]))}: ${String(event["text"])}`;
    }
    if (kind !== "conference") return "";
    const seat = world.conferences[name]?.seats.find((one) => one.seat === event["seat"]);
    const who = seat ? seat_name(world, seat) : String(event["name"] ?? "") || "Somebody";
    switch (event.type) {
        case "seat_entered": case "seat_connected": return `${who} is connected.`;
        case "seat_ringing": return `${who} is ringing.`;
        case "seat_left": return `${who}: ${cause_in_words(String(event["cause"]), Number(event["sip_status"]))}.`;
        case "seat_removed": return `${who} was removed.`;
        case "hand_raised": return event["raised"] ? `${who} raised a hand.` : "";
        case "all_muted": return event["muted"] ? "Everybody is muted." : "Nobody is muted any more.";
        case "lock_set": return event["locked"] ? "The conference is locked." : "The conference is open again.";
        case "conference_ended": return "The conference has ended.";
        default: return "";
    }
}
