// The page's own line icons, 24 by 24, drawn with the colour of the text around them.

const paths = {
    mic: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3Z M5 11a7 7 0 0 0 14 0 M12 18v3",
    mic_off: "M9 9v3a3 3 0 0 0 4.5 2.6 M15 11V6a3 3 0 0 0-5.8-1 M5 11a7 7 0 0 0 11 5.8 M19 11a7 7 0 0 1-.6 2.8 M12 18v3 M4 4l16 16",
    hand: "M8 13V6.5a1.5 1.5 0 0 1 3 0V11 M11 11V4.5a1.5 1.5 0 0 1 3 0V11 M14 11V6a1.5 1.5 0 0 1 3 0v8a7 7 0 0 1-7 7c-2.6 0-4-1.2-5.2-3.3L3.3 14a1.4 1.4 0 0 1 2.3-1.5L8 15",
    phone: "M5 4h4l2 5-2.5 1.8a12 12 0 0 0 4.7 4.7L15 13l5 2v4a1.5 1.5 0 0 1-1.6 1.5A16 16 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4Z",
    hang_up: "M3.5 15.5a1.4 1.4 0 0 1-.3-1.9C5 11 8.300 9.500 12 9.500s7 1.500 8.800 4.100a1.400 1.400 0 0 1-.3 1.900l-2 1.500a1.400 1.400 0 0 1-1.900-.2L15 14.500v-2a11 11 0 0 0-6 0v2l-1.600 2.300a1.400 1.400 0 0 1-1.900.2Z",
    lock: "M6 11h12v9H6Z M8.500 11V8a3.500 3.500 0 0 1 7 0v3",
    unlock: "M6 11h12v9H6Z M8.500 11V8a3.500 3.500 0 0 1 6.800-1",
    plus: "M12 5v14 M5 12h14",
    close: "M6 6l12 12 M18 6L6 18",
    send: "M4 12l16-8-5 16-3.500-6.500Z M11.500 13.500L20 4",
    settings: "M4 7h9 M17 7h3 M4 17h3 M11 17h9 M15 4.800v4.400 M9 14.800v4.400",
    people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Z M3 20c0-3.500 2.500-6 6-6s6 2.500 6 6 M16 4.300a3.500 3.500 0 0 1 0 6.400 M17.500 14.300c2.100.8 3.500 2.900 3.500 5.700",
    back: "M15 5l-7 7 7 7",
    copy: "M9 9h11v11H9Z M15 9V4H4v11h5",
    check: "M5 12.500l4.500 4.500L19 7",
    record: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12Z M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
    pause: "M9 5v14 M15 5v14",
    silent: "M4 10v4h4l5 4V6L8 10Z M17 10l4 4 M21 10l-4 4",
    refresh: "M19 12a7 7 0 1 1-2.200-5 M19 4v4h-4",
    sign_out: "M10 4H5v16h5 M14 8l4 4-4 4 M18 12H9",
    key: "M8 16a4 4 0 1 1 3.500-6H21v4h-3v3h-3v-3h-3.500A4 4 0 0 1 8 16Z",
    clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Z M12 8v4l3 2",
    warning: "M12 4l9 16H3Z M12 10v4 M12 17v.2",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, label }: { name: IconName; label?: string }) {
    return (
        <svg class="icon" viewBox="0 0 24 24" {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" })}>
            <path d={paths[name]} />
        </svg>
    );
}

export function Logo() {
    return (
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" />
            <path d="M6 21c4 0 4-10 8-10s4 10 8 10 3-4 4-6" />
            <circle class="one" cx="14" cy="11" r="3" /><circle class="two" cx="22" cy="21" r="3" />
        </svg>
    );
}
