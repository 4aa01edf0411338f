// Which part of the page is looked at lives in the address after the '#', so that back, forward and
// bookmarks work. `pane` matters on small screens, where a chat and its conference take turns.

export type Route =
    | { page: "home" } | { page: "settings" } | { page: "admin" }
    | { page: "chat"; id: string; pane: "chat" | "conference" }
    | { page: "conference"; id: string };

export function parse_route(hash: string): Route {
    const [page, id, pane] = hash.replace(/^#\/?/, "").split("/").map(decode);
    if (page === "settings" || page === "admin") return { page };
    if (page === "chat" && id) return { page, id, pane: pane === "conference" ? "conference" : "chat" };
    if (page === "conference" && id) return { page, id };
    return { page: "home" };
}

function decode(part: string): string {
    try { return decodeURIComponent(part); } catch { return ""; }  // somebody typed half a %
}

export const chat_link = (id: string, pane: "chat" | "conference" = "chat") =>
    `#/chat/${encodeURIComponent(id)}${pane === "conference" ? "/conference" : ""}`;
export const conference_link = (id: string) => `#/conference/${encodeURIComponent(id)}`;

export const go = (link: string) => { location.hash = link.slice(1); };
