// Signing in as people do: invitation, password, app, passkey, recovery code, sign-in service, devices.
//
//   import { signin } from "./signin.mjs";
//   await signin(browser, { program, out });
//
// Starts a registry of its own in a new folder and a sign-in service, and stops both. `program` is the path of openecls,
// `out` the folder of screenshots.

import { execFileSync, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SCHEMES, accessible, expect, faults, fits, listen } from "./browser.mjs";
import { house } from "./signin-house.mjs";

const WIDTHS = [390, 1280];
const ADMIN = "ada@heart.example";
const PASSWORD = "velvet anchor tuesday prism";
const STEP_MS = 30_000;

/// The code of an authenticator app (RFC 6238) that has not been used yet.
function app(key) {
  const bits = [...key.replaceAll(" ", "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  let used = 0;
  return async () => {
    while (Math.floor(Date.now() / STEP_MS) === used) await new Promise((wait) => setTimeout(wait, 500));
    used = Math.floor(Date.now() / STEP_MS);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(used));
    const mac = createHmac("sha1", secret).update(counter).digest();
    const at = mac.at(-1) & 15;
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/// A registry without a record that takes people from the house.
async function started(program) {
  const port = await freePort();
  const base = `http://localhost:${port}`;
  const secret = randomBytes(24).toString("base64url");
  const service = await house({ client: "registry", secret, back: `${base}/sign-in/with/heart/back` });
  const data = await mkdtemp(join(tmpdir(), "openecls-signin-"));
  await writeFile(join(data, "secret"), secret);
  const settings = [
    `[web]`,
    `public_url = "${base}"`,
    `[[sso]]`,
    `name = "heart"`,
    `label = "Heart Hospital"`,
    `issuer = "${service.issuer}"`,
    `client_id = "registry"`,
    `client_secret_file = "${join(data, "secret")}"`,
    `domains = ["heart.example"]`,
    `mfa = true`,
    `private_address = true`,
  ];
  await writeFile(join(data, "openecls.toml"), settings.join("\n"));
  const server = spawn(program, ["--data", data, "serve", "--listen", `127.0.0.1:${port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((open, fail) => {
    server.once("exit", () => fail(new Error("the program has ended")));
    createInterface({ input: server.stdout }).on("line", (line) => line.includes("is open at") && open());
  });
  const stop = async () => {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill();
    await ended;
    service.close();
    await rm(data, { recursive: true, force: true });
  };
  const invite = (email, name) => {
    const said = execFileSync(program, ["--data", data, "user", "create-admin", email, "--name", name]);
    return /http\S+\/invitation\/\w+/.exec(said)[0];
  };
  return { base, service, invite, stop };
}

/// A page as readers of both themes and widths see it.
async function look(page, name, out) {
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      const where = `${name} (${scheme}, ${width})`;
      await accessible(page, where);
      await fits(page, where);
      await page.screenshot({ path: join(out, `signin-${name}-${scheme}-${width}.png`), fullPage: true });
    }
  }
}

function at(page, base, path, where) {
  expect(page.url().startsWith(base + path), `${where}: leads to ${page.url()}`);
}

async function said(page) {
  return page.locator("[role=alert]:visible").innerText();
}

async function signOut(page, base) {
  await page.goto(`${base}/account`);
  await page.locator(".account-out").click();
  await page.waitForURL(`${base}/`);
}

async function withPassword(page, base, who = ADMIN) {
  await page.goto(`${base}/sign-in?next=/account`);
  await page.getByLabel("Mail address").fill(who);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/sign-in\/code/);
}

/// From the invitation's link to an account with password, app and recovery codes.
async function invited(page, registry, out) {
  const { base } = registry;
  await page.goto(registry.invite(ADMIN, "Ada Park"));
  await look(page, "invitation", out);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(/\/sign-in\/second-factor/);
  await look(page, "second-factor", out);
  const code = app(await page.locator(".ppl-secret").innerText());
  await page.goto(`${base}/desk`);
  at(page, base, "/sign-in", "a role that needs two factors, with one");
  await page.goto(`${base}/sign-in/second-factor?next=/account`);
  await page.getByLabel(/code that the app shows/).fill(await code());
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.locator(".ppl-codes").waitFor();
  await look(page, "recovery-codes", out);
  const codes = await page.locator(".ppl-codes code").allInnerTexts();
  expect(codes.length === 10, `${codes.length} recovery codes`);
  await page.getByRole("link", { name: /I have kept them/ }).click();
  at(page, base, "/account", "after the recovery codes");
  return { code, codes };
}

/// Password and app, from the page that somebody wanted, and every page on the way.
async function byApp(page, base, code, out) {
  await signOut(page, base);
  await page.goto(`${base}/account`);
  at(page, base, "/sign-in?next=/account", "the account of nobody");
  await look(page, "sign-in", out);
  await page.goto(`${base}/sign-in/forgotten`);
  await look(page, "forgotten", out);
  await withPassword(page, base);
  await look(page, "code", out);
  await page.getByRole("link", { name: /recovery code/ }).click();
  await look(page, "recovery", out);
  await page.goBack();
  await page.getByLabel(/authenticator app shows/).fill(await code());
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(`${base}/account`);
  await look(page, "account", out);
  await page.goto(`${base}/account/step-up?next=/account`);
  await look(page, "step-up", out);
  await page.getByLabel(/authenticator app shows/).fill(await code());
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.waitForURL(`${base}/account`);
}

/// Chromium's own test device, which makes passkeys and shows its owner by itself.
async function testDevice(page) {
  const device = await page.context().newCDPSession(page);
  await device.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", { options });
  const verifies = (isUserVerified) => device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  return { verifies };
}

/// A passkey: made, and used in three ways.
async function byPasskey(page, base, out) {
  const { verifies } = await testDevice(page);
  await page.goto(`${base}/account`);
  await page.getByLabel(/Name of the new passkey/).fill("Test device");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByRole("rowheader", { name: /Test device/ }).waitFor();
  await look(page, "account-passkey", out);
  await page.getByLabel(/Name of the new passkey/).fill("Once more");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("has a passkey of yours already").waitFor();

  await signOut(page, base);
  await page.goto(`${base}/sign-in?next=/account`);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.waitForURL(`${base}/account`);
  expect(!/never/.test(await page.getByRole("row", { name: /Test device/ }).innerText()), "passkey: not used");

  await signOut(page, base);
  await withPassword(page, base);
  await look(page, "code-passkey", out);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await page.waitForURL(`${base}/account`);

  const before = (await page.context().cookies()).find(({ name }) => name === "openecls");
  expect(before.httpOnly && before.sameSite === "Lax" && before.path === "/", `cookie: ${JSON.stringify(before)}`);
  await page.goto(`${base}/account/step-up?next=/account`);
  await look(page, "step-up-passkey", out);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await page.waitForURL(`${base}/account`);
  const after = (await page.context().cookies()).find(({ name }) => name === "openecls");
  expect(before.value !== after.value, "stepping up: the session keeps its secret");

  await verifies(false);
  await page.goto(`${base}/account/step-up?next=/account`);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await page.getByText("It was cancelled or took too long").waitFor();
  await verifies(true);
}

/// Somebody who has no app: the passkey is their second factor from the first day on.
async function passkeyOnly(browser, registry, out) {
  const { base, invite } = registry;
  const context = await browser.newContext();
  const page = await context.newPage();
  listen(page, base, "a passkey at first");
  await testDevice(page);
  await page.goto(invite("kim@heart.example", "Kim Lee"));
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(/\/sign-in\/second-factor/);
  await page.getByLabel(/Name of the passkey/).fill("Phone");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.locator(".ppl-codes").waitFor();
  expect((await page.locator(".ppl-codes code").count()) === 10, "a passkey at first: no recovery codes");
  await page.getByRole("link", { name: /I have kept them/ }).click();
  await signOut(page, base);
  await withPassword(page, base, "kim@heart.example");
  expect((await page.getByLabel(/authenticator app/).count()) === 0, "a passkey at first: asked for a code of an app");
  await look(page, "code-passkey-only", out);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await page.waitForURL(`${base}/account`);
  await context.close();
}

/// Another device without JavaScript signs in with a recovery code, and is sent away from the first one.
async function elsewhere(browser, page, base, codes) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const other = await context.newPage();
  listen(other, base, "without JavaScript");
  await withPassword(other, base);
  await other.getByRole("link", { name: /recovery code/ }).click();
  await other.getByLabel(/recovery codes/).fill(codes[0]);
  await other.getByRole("button", { name: "Go on" }).click();
  await other.waitForURL(`${base}/account`);
  // it is an element only where no script runs; the emulation does not draw it
  const word = other.locator("noscript p").getByText("Password and code work without it");
  expect((await word.count()) === 1, "no word about passkeys without JavaScript");

  await page.goto(`${base}/account`);
  const devices = page.getByRole("region", { name: "Where you are signed in" });
  expect((await devices.locator("tbody tr").count()) === 2, "devices: not two");
  await devices.getByRole("button", { name: "End all others" }).click();
  await page.waitForURL(`${base}/account`);
  expect((await devices.locator("tbody tr").count()) === 1, "devices: not one");
  await other.goto(`${base}/account`);
  at(other, base, "/sign-in", "a session that was ended");
  await context.close();
}

/// A passkey that was removed is offered no more and opens nothing, though the device still holds it.
async function removed(page, base, code, out) {
  await page.goto(`${base}/account`);
  await page.getByText(/^Change Test device$/).click();
  await look(page, "account-passkey-change", out);
  await page.getByRole("button", { name: "Remove Test device" }).click();
  await page.waitForURL(`${base}/account`);
  expect((await page.getByRole("rowheader", { name: /Test device/ }).count()) === 0, "the passkey: still there");
  await signOut(page, base);
  await page.goto(`${base}/sign-in?next=/account`);
  const before = faults.length;
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.locator("[role=alert]:visible").waitFor();
  // the browser notes that the answer is a refusal
  const noted = faults.splice(before);
  expect(noted.every((text) => text.includes("422")), `a passkey that was removed: ${noted.join("; ")}`);
  at(page, base, "/sign-in", "a passkey that was removed");
  await look(page, "passkey-refused", out);
  await withPassword(page, base);
  expect((await page.getByRole("button", { name: "Use your passkey" }).count()) === 0, "a removed passkey is offered");
  await page.getByLabel(/authenticator app shows/).fill(await code());
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForURL(`${base}/account`);
}

/// From the house: with an invitation, without one, with an address that it has not looked at.
async function fromHouse(browser, registry, out) {
  const { base, service, invite } = registry;
  invite("lan@heart.example", "Lan Ngo");
  const context = await browser.newContext();
  const page = await context.newPage();
  // the last answer of the house, as it came through the address bar
  let way = "";
  page.on("request", (request) => {
    if (request.url().startsWith(`${base}/sign-in/with/heart/back?`)) way = request.url();
  });
  const come = async (who) => {
    // whoever was signed in at the house before is not any more
    await context.clearCookies({ domain: "127.0.0.1" });
    Object.assign(service.who, { verified: true, amr: ["pwd", "mfa"] }, who);
    await page.goto(`${base}/sign-in?next=/account`);
    await page.getByRole("link", { name: "Sign in with Heart Hospital" }).click();
    await page.waitForURL((url) => url.origin === base && !url.pathname.endsWith("/sign-in"));
  };
  await come({ sub: "stranger", email: "eve@heart.example" });
  expect(/opened by invitation/.test(await said(page)), "the house: a stranger comes in");
  await look(page, "not-invited", out);
  await come({ sub: "lan", email: "lan@heart.example", verified: false });
  expect(/does not vouch/.test(await said(page)), "the house: an address that nobody looked at");
  await come({ sub: "lan", email: "lan@elsewhere.example" });
  expect(/does not vouch/.test(await said(page)), "the house: an address that is not its own");
  await come({ sub: "lan", email: "lan@heart.example" });
  at(page, base, "/account", "the house: somebody who was invited");
  const answer = await page.goto(way);
  expect(answer.status() >= 400, `the house: its answer opens a second time (${answer.status()})`);
  expect(/was done before/.test(await page.locator("main").innerText()), "the house: no word about an answer that is used up");
  await page.goto(`${base}/account`);
  await page.getByRole("rowheader", { name: service.issuer }).waitFor();
  await look(page, "account-service", out);
  await page.goto(`${base}/account/step-up?next=/account`);
  await page.getByRole("link", { name: /Heart Hospital once more/ }).click();
  await page.waitForURL(`${base}/account`);
  await signOut(page, base);
  await come({ sub: "lan", email: "lan@heart.example", amr: ["pwd"] });
  at(page, base, "/sign-in/second-factor", "the house: one factor where two are needed");
  await context.close();
}

/// All of it, in the order of a first day.
export async function signin(browser, { program, out }) {
  const registry = await started(program);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    listen(page, registry.base, "signing in");
    const { code, codes } = await invited(page, registry, out);
    await byApp(page, registry.base, code, out);
    await byPasskey(page, registry.base, out);
    await elsewhere(browser, page, registry.base, codes);
    await removed(page, registry.base, code, out);
    await passkeyOnly(browser, registry, out);
    await fromHouse(browser, registry, out);
  } finally {
    await context.close();
    await registry.stop();
  }
}
