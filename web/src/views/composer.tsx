// Where messages are written. Enter sends, Shift+Enter begins a new line; what is half written stays with
// its conversation.
import { useEffect, useRef, useState } from "preact/hooks";

import type { World } from "../store.ts";
import { Icon } from "./icon.tsx";
import { ErrorText, useClient } from "./parts.tsx";

const text_bytes_max = 4000;
const drafts = new Map<string, string>();

export function Composer({ world, id }: { world: World; id: string }) {
    const client = useClient();
    const [text, set_text] = useState(drafts.get(id) ?? "");
    const box = useRef<HTMLTextAreaElement>(null);
    useEffect(() => {
        drafts.set(id, text);
        const area = box.current;
        if (!area) return;
        area.style.height = "auto";
        area.style.height = `${Math.min(area.scrollHeight, 160)}px`;
    }, [id, text]);
    useEffect(() => { if (matchMedia("(min-width: 900px)").matches) box.current?.focus(); }, []);
    const bytes = new TextEncoder().encode(text.trim()).length;
    const send = () => {
        if (bytes === 0 || bytes > text_bytes_max) return;
        client.send_message(id, text.trim());
        set_text("");
        box.current?.focus();
    };
    return (
        <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
            {bytes > text_bytes_max ? <ErrorText text={`${bytes - text_bytes_max} bytes too long; a message has at most ${text_bytes_max}.`} /> : null}
            <div class="composer-line">
                <textarea ref={box} rows={1} value={text} data-testid="message-input" aria-label="Message"
                          placeholder={world.link.phase === "live" ? "Write a message" : "Write; it is sent when the connection is back"}
                          onInput={(event) => set_text(event.currentTarget.value)}
                          onKeyDown={(event) => {
                              if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
                              event.preventDefault();
                              send();
                          }} />
                <button type="submit" class="primary round" aria-label="Send" data-testid="send-message"
                        disabled={bytes === 0 || bytes > text_bytes_max}><Icon name="send" /></button>
            </div>
        </form>
    );
}
