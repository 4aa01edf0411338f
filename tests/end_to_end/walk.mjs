// What test_page.py has a person do on the page: node walk.mjs BASE USER PASSWORD CHAT FOLDER
// Says each station as one line "<word> <JSON>" and ends with 0; a wrong password ends at "refused".
import { openBrowser, openPage, signIn, signInError, openChat, sendMessage, message, messages, startConference,
         waitRow, roster, setMuted, screenshot, waitLive, linkPhase } from "./page/page.mjs";

const [base, user, password, chat, folder] = process.argv.slice(2);
const say = (word, value) => console.log(`${word} ${JSON.stringify(value)}`);
const told = () => new Promise((resolve) => process.stdin.once("data", resolve));

async function until(condition, what, patience_ms = 15000) {
  for (const end = Date.now() + patience_ms; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${patience_ms} ms: ${what}`);
}

async function beRefused(page) {
  await page.fill('[data-testid="sign-in-user"]', user);
  await page.fill('[data-testid="sign-in-password"]', password);
  await page.click('[data-testid="sign-in-submit"]');
  await until(async () => await page.locator('[data-testid="sign-in-error"]').isVisible(), "an error");
  say("refused", { sentence: await signInError(page) });
}

async function conference(page) {
  const made = await startConference(page, { title: "Seen from outside" });
  say("conference", made);
  await waitRow(page, "Bob", { phase: "connected", talking: true, muted: false });
  await screenshot(page, folder, "3-talking");
  say("talking", { roster: await roster(page) });
  await setMuted(page, "Bob", true);
  await waitRow(page, "Bob", { talking: false });
  await screenshot(page, folder, "4-muted");
  say("muted", { roster: await roster(page) });
  await told();
  await setMuted(page, "Bob", false);
  say("unmuted", {});
  await waitRow(page, "Bob", { phase: "left" });
  await screenshot(page, folder, "5-left");
  say("left", { roster: await roster(page) });
}

async function restart(page) {
  await until(async () => await linkPhase(page) !== "live", "the lost connection to be shown");
  say("offline", {});
  await waitLive(page);
  await openChat(page, chat);
  await sendMessage(page, "After the restart");
  say("online", { messages: await messages(page) });
}

const browser = await openBrowser();
try {
  const page = await openPage(browser, base);
  if (password.startsWith("wrong")) {
    await beRefused(page);
  } else {
    await screenshot(page, folder, "1-sign-in");
    await signIn(page, user, password);
    await openChat(page, chat);
    say("sent", { sequence: await sendMessage(page, "Hello from the page") });
    await message(page, "Hello, page").waitFor();
    await screenshot(page, folder, "2-chat");
    await conference(page);
    // While the server is down the browser notes each failed attempt to reach it: that is what the page is for.
    const problems = [...page.problems];
    await restart(page);
    say("done", { problems });
  }
} finally {
  await browser.close();
}
process.exit(0);
