// Small things that every view uses: the client, avatars, buttons that wait for the server, dialogs, copying.
import { createContext } from "preact";
import type { ComponentChildren, JSX } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

import type { Client } from "../client.ts";
import { hue_of, initials } from "../words.ts";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icon.tsx";

export const ClientContext = createContext<Client | null>(null);

export function useClient(): Client {
    const client = useContext(ClientContext);
    if (!client) throw new Error("a view outside of <App>");
    return client;
}

export function useNow(every_ms: number): number {
    const [now, set_now] = useState(Date.now());
    useEffect(() => {
        const timer = setInterval(() => set_now(Date.now()), every_ms);
        return () => clearInterval(timer);
    }, [every_ms]);
    return now;
}

/// Something asked of the server: busy while it runs, and its refusal as a sentence.
export function useAction() {
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState("");
    const run = async (work: () => Promise<unknown>): Promise<boolean> => {
        set_busy(true);
        set_error("");
        try {
            await work();
            return true;
        } catch (why) {
            set_error((why as Error).message);
            return false;
        } finally {
            set_busy(false);
        }
    };
    return { busy, error, run, set_error };
}

export function ErrorText({ text, id }: { text: string; id?: string }) {
    return text === "" ? null : <p class="error" role="alert" data-testid={id ?? "error"}>{text}</p>;
}

export function Avatar({ name, online, size, talking }:
    { name: string; online?: boolean | undefined; size?: "small" | "large"; talking?: boolean }) {
    return (
        <span class={`avatar ${size ?? ""} ${talking ? "talking" : ""}`} style={{ "--hue": String(hue_of(name)) }}
              aria-hidden="true">
            {initials(name)}
            {online === undefined ? null : <i class={online ? "dot online" : "dot"} />}
        </span>
    );
}

type IconButtonProps = {
    icon: IconName; label: string; testid?: string; pressed?: boolean; tone?: "danger" | "accent";
} & Pick<JSX.HTMLAttributes<HTMLButtonElement>, "onClick"> & { disabled?: boolean; title?: string };

export function IconButton({ icon, label, testid, pressed, tone, disabled, title, onClick }: IconButtonProps) {
    return (
        <button type="button" class={`icon-button ${tone ?? ""}`} aria-label={label} title={title ?? label}
                data-testid={testid} disabled={disabled} onClick={onClick}
                {...(pressed === undefined ? {} : { "aria-pressed": pressed })}>
            <Icon name={icon} />
        </button>
    );
}

export function CopyButton({ text, label, words, testid }: { text: string; label: string; words?: string; testid?: string }) {
    const [copied, set_copied] = useState(false);
    const copy = async () => {
        await write_clipboard(text);
        set_copied(true);
        setTimeout(() => set_copied(false), 1500);
    };
    return (
        <button type="button" class="small ghost" data-testid={testid} onClick={copy} aria-label={label}>
            <Icon name={copied ? "check" : "copy"} /> {copied ? "Copied" : words ?? "Copy"}
        </button>
    );
}

/// navigator.clipboard is missing on plain http other than localhost; the old way still works there.
async function write_clipboard(text: string): Promise<void> {
    if (navigator.clipboard) return navigator.clipboard.writeText(text).catch(() => {});
    const area = document.createElement("textarea");
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
}

export function Dialog({ title, testid, close, children }:
    { title: string; testid: string; close: () => void; children: ComponentChildren }) {
    const box = useRef<HTMLDialogElement>(null);
    useEffect(() => { box.current?.showModal(); }, []);
    return (
        <dialog ref={box} aria-label={title} data-testid={testid} onClose={close}
                onClick={(event) => { if (event.target === box.current) close(); }}>
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2>{title}</h2>
                    <IconButton icon="close" label="Close" testid="dialog-close" onClick={close} />
                </header>
                {children}
            </div>
        </dialog>
    );
}

/// What is shown once: a name and a value that can be copied.
export function Secret({ name, value, testid }: { name: string; value: string; testid: string }) {
    return (
        <div class="secret">
            <span class="secret-name">{name}</span>
            <code data-testid={testid}>{value}</code>
            <CopyButton text={value} label={`Copy ${name}`} />
        </div>
    );
}

export function Field({ label, children, hint }: { label: string; children: ComponentChildren; hint?: string }) {
    return (
        <label class="field">
            <span>{label}</span>
            {children}
            {hint ? <small>{hint}</small> : null}
        </label>
    );
}
