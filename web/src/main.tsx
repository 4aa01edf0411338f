// Starts the page.
import { render } from "preact";

import { Client } from "./client.ts";
import "./style.css";
import { App } from "./views/app.tsx";

const client = new Client();
const place = document.getElementById("page");
if (place) {
    place.replaceChildren();
    render(<App client={client} />, place);
    client.start();
}
