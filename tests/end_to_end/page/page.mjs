// Drives Partyline's page as a person would, in headless Chromium. A library for the end-to-end suite, and a
// program: node page.mjs BASE_URL USER PASSWORD FOLDER walks from signing in to a running conference.
// Every function waits until the page shows what it asked for and fails with playwright's sentence if it
// does not within `patience_ms`.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const patience_ms = Number(process.env.PARTYLINE_PAGE_PATIENCE_MS ?? 10000);

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.PARTYLINE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync"],
  });
}

/// A page of its own: own session, own storage. `problems` collects what the browser's console complains of.
export async function openPage(browser, base, { width = 1440, height = 900, dark = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  page.setDefaultTimeout(patience_ms);
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") page.problems.push(message.text()); });
  await page.goto(base);
  return page;
}

const id = (name) => `[data-testid="${name}"]`;
const quoted = (text) => JSON.stringify(text);

export async function signIn(page, user, password) {
  await page.fill(id("sign-in-user"), user);
  await page.fill(id("sign-in-password"), password);
  await page.click(id("sign-in-submit"));
  await waitLive(page);
}

export async function signInError(page) {
  return page.locator(id("sign-in-error")).innerText();
}

export async function waitLive(page) {
  await page.waitForSelector(`${id("link-state")}[data-phase="live"]`, { state: "attached" });
}

export async function linkPhase(page) {
  return page.locator(id("link-state")).getAttribute("data-phase");
}

/// By its title: the group's, or the other person's display name.
export async function openChat(page, title) {
  await page.click(`${id("conversation")}[data-title=${quoted(title)}]`);
  await page.waitForSelector(id("message-input"));
}

/// A conversation of two, or a group when several are named. Returns the conversation's id.
export async function newChat(page, users, title = "Group") {
  await page.click(id("new-chat"));
  for (const user of users) {
    await page.fill(id("people-search"), user);
    await page.check(`${id("person")}[data-user=${quoted(user)}]`);
  }
  if (users.length > 1) await page.fill(id("group-title"), title);
  await page.click(id("new-chat-submit"));
  await page.waitForSelector(id("chat"));
  await page.waitForSelector(id("new-chat-dialog"), { state: "detached" });
  return page.locator(id("chat")).getAttribute("data-id");
}

/// Returns when the server has acknowledged it, with the sequence number that it got.
export async function sendMessage(page, text) {
  await writeMessage(page, text);
  return acknowledged(page, text);
}

/// Only writes and presses Enter: for tests that cut the connection meanwhile.
export async function writeMessage(page, text) {
  await page.fill(id("message-input"), text);
  await page.press(id("message-input"), "Enter");
}

export async function acknowledged(page, text) {
  const line = message(page, text).and(page.locator('[data-state="sent"]')).last();
  await line.waitFor();
  return Number(await line.getAttribute("data-sequence"));
}

/// The lines whose text is exactly this: "line 1" is not "line 10".
export function message(page, text) {
  const exactly = new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
  return page.locator(id("message")).filter({ has: page.locator(id("message-text"), { hasText: exactly }) });
}

/// A running conference that belongs to no conversation, from the list on the left.
export async function openConference(page, number) {
  await page.click(`${id("conference-link")}[data-id=${quoted(number)}]`);
  await page.waitForSelector(`${id("conference")}[data-id=${quoted(number)}]`);
}

/// All texts that the open chat shows, oldest first.
export async function messages(page) {
  return page.locator(id("message-text")).allInnerTexts();
}

/// Of the open chat. `ring`: also dial the people's phones. Returns {number, host_pin, guest_pin}.
export async function startConference(page, { title, people, ring = false } = {}) {
  await page.click(id("start-conference"));
  if (title) await page.fill(id("conference-title"), title);
  if (people) {
    for (const box of await page.locator(id("conference-person")).all()) {
      await box.setChecked(people.includes(await box.getAttribute("data-user")));
    }
  }
  await page.setChecked(id("conference-ring"), ring);
  await page.click(id("start-conference-submit"));
  await page.waitForSelector(id("conference-made"));
  const shown = async (name) => page.locator(`${id("conference-made")} ${id(name)}`).innerText();
  const made = { number: await shown("conference-number"), host_pin: await shown("host-pin"), guest_pin: await shown("guest-pin") };
  await page.click(id("conference-made-done"));
  await page.waitForSelector(id("roster"));
  return made;
}

/// The row of a person by the name that the roster shows.
export function rosterRow(page, name) {
  return page.locator(`${id("roster-row")}[data-name=${quoted(name)}]`);
}

/// Waits until the row has these marks, for example {phase: "connected", talking: true, muted: false}.
export async function waitRow(page, name, marks) {
  const wanted = Object.entries(marks).map(([mark, value]) => `[data-${mark.replace("_", "-")}=${quoted(String(value))}]`);
  await page.waitForSelector(`${id("roster-row")}[data-name=${quoted(name)}]${wanted.join("")}`);
}

/// [{name, user, phase, cause, words, talking, muted, hand, on_hold, silent}] as shown, from above.
export async function roster(page) {
  return page.locator(id("roster-row")).evaluateAll((rows) => rows.map((row) => ({
    name: row.dataset.name, user: row.dataset.user, phase: row.dataset.phase, cause: row.dataset.cause,
    words: row.querySelector('[data-testid="seat-state"]').textContent,
    talking: row.dataset.talking === "true", muted: row.dataset.muted === "true", hand: row.dataset.hand === "true",
    on_hold: row.dataset.onHold === "true", silent: row.dataset.silent === "true",
  })));
}

/// what: "mute", "remove", "cancel-dial", "redial" or "lower-hand".
export async function pressInRow(page, name, what) {
  await rosterRow(page, name).locator(id(what)).click();
}

export async function setMuted(page, name, muted) {
  await pressInRow(page, name, "mute");
  await waitRow(page, name, { muted });
}

/// A user name, a telephone number or a SIP address.
export async function dial(page, whom) {
  await page.fill(id("dial-input"), whom);
  await page.click(id("dial-submit"));
}

/// "call-me", "mute-me", "raise-hand", "mute-all" or "lock".
export async function pressInConference(page, what) {
  await page.click(`${id("conference")} ${id(what)}`);
}

export async function endConference(page) {
  await page.click(id("end-conference"));
  await page.click(id("end-confirm"));
  await page.waitForSelector(`${id("conference")}[data-ended="true"]`);
}

/// As an administrator. Returns the password that was made when none was given.
export async function addUser(page, user, display_name, password = "") {
  await page.click(id("open-admin"));
  await page.fill(id("new-user-name"), user);
  await page.fill(id("new-user-display"), display_name);
  await page.fill(id("new-user-password"), password);
  await page.click(id("add-user"));
  await page.locator(id("user-made")).filter({ hasText: user }).waitFor();
  await page.waitForSelector(`${id("account")}[data-user=${quoted(user)}]`);
  return password || page.locator(id("made-password")).innerText();
}

/// As an administrator. Returns {user, password, server} for the phone.
export async function addPhone(page, user, label) {
  await page.click(id("open-admin"));
  const account = page.locator(`${id("account")}[data-user=${quoted(user)}]`);
  await account.waitFor();
  if (await account.locator(id("phones")).count() === 0) await account.locator(id("account-open")).click();
  await account.locator(id("phone-label")).fill(label);
  await account.locator(id("add-phone")).click();
  const shown = async (name) => account.locator(id(name)).innerText();
  return { user: await shown("phone-user"), password: await shown("phone-password"), server: await shown("phone-server") };
}

export async function screenshot(page, folder, name) {
  await mkdir(folder, { recursive: true });
  await page.waitForTimeout(250);  // let a colour finish fading: only for the eye, nothing is checked by it
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}

/// The whole walk. `hooks.in_conference(page, made)` may let phones dial in before the last picture.
export async function walk(base, user, password, folder, { chat, hooks = {} } = {}) {
  const browser = await openBrowser();
  try {
    const page = await openPage(browser, base);
    await screenshot(page, folder, "1-sign-in");
    await signIn(page, user, password);
    if (chat) await openChat(page, chat);
    else await page.locator(id("conversation")).first().click();
    const sequence = await sendMessage(page, `Hello from the page at ${new Date().toISOString()}`);
    await screenshot(page, folder, "2-chat");
    const made = await startConference(page);
    await hooks.in_conference?.(page, made);
    await screenshot(page, folder, "3-conference");
    return { sequence, number: made.number, roster: await roster(page), problems: page.problems };
  } finally {
    await browser.close();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [base, user, password, folder = "screenshots"] = process.argv.slice(2);
  if (!password) {
    console.error("usage: node page.mjs BASE_URL USER PASSWORD [FOLDER]     (CHAT=<title> chooses the chat)");
    process.exit(2);
  }
  const seen = await walk(base, user, password, folder, { chat: process.env.CHAT });
  console.log(JSON.stringify(seen, null, 2));
  process.exit(seen.problems.length > 0 ? 1 : 0);
}
