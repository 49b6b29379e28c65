// The capacity map while it is open: a report of a center is seen, and a map that cannot be renewed says so and takes its
// lights back.

import { createServer } from "node:http";
import { accessible, expect, listen, open } from "./browser.mjs";
import { signIn } from "./people.mjs";

const SOON_MS = 2_000;
const MAP = { path: "/capacity?age=adult" };

/// The row of a center as a reader sees it.
const row = (page, number) => page.locator("tr", { has: page.locator(`a[href="/capacity/${number}"]`) }).innerText();

/// Presses the button that sends the form, and waits for what comes.
async function send(page) {
  await page.locator("button[value=send]").focus();
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
}

/// Sends a report by keyboard alone; gives the center's number and when it was sent.
async function report(page, desk, status) {
  await page.goto(`${desk.base}/capacity`);
  const own = page.locator(".capacity-own a").first();
  const address = await own.getAttribute("href");
  await own.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`${address}$`));
  await page.locator(`input[name="adult.declared_status"]`).first().focus();
  for (let turn = 0; turn < 4; turn += 1) {
    if (await page.locator(`input[name="adult.declared_status"][value=${status}]`).isChecked()) break;
    await page.keyboard.press("ArrowRight");
  }
  const free = page.locator(`[id="adult.available_now"]`);
  await free.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(status === "full" ? "0" : "3");
  if (status === "full") {
    await page.locator(`input[name="adult.withheld"]`).focus();
    if (!(await page.locator(`input[name="adult.withheld"]`).isChecked())) await page.keyboard.press("Space");
  }
  await send(page);
  const right = page.locator("input[name=acknowledge]");
  if ((await right.count()) > 0) {
    await right.focus();
    await page.keyboard.press("Space");
    await send(page);
  }
  const wrong = await page.locator("[role=alert], .search-wrong").allInnerTexts();
  expect(/sent=/.test(page.url()), `capacity: the report leads to ${page.url()}: ${wrong.join(" | ")}`);
  return { number: /capacity\/([^/]+)\/report/.exec(address)[1], sent: Date.now() };
}

async function seen(browser, desk) {
  const people = await browser.newContext({ viewport: { width: 390, height: 844 } });
  // a report that is asked about again answers 422
  const reporter = await signIn(people, desk, "capacity-reporter", 422);
  const first = await report(reporter, desk, "full");
  const reader = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await reader.newPage();
  listen(page, desk.base, "open map");
  const connected = page.waitForResponse((response) => response.url().endsWith("/api/v1/live"));
  await page.goto(`${desk.base}${MAP.path}&q=${first.number}`);
  await connected;
  const before = await row(page, first.number);
  expect(/Full/.test(before), `capacity: the map says ${before}`);

  const second = await report(reporter, desk, "available");
  const changed = page.waitForFunction(
    () => document.querySelector(".capacity-list tbody")?.textContent.includes("Can accept"),
    null,
    { timeout: 10_000 },
  );
  await changed.catch(() => {});
  const took = Date.now() - second.sent;
  const after = await row(page, second.number);
  expect(/Can accept/.test(after), `capacity: the map still says ${after}`);
  expect(took <= SOON_MS, `capacity: the map moved ${took} ms after the report`);
  const voice = await page.locator("[data-capacity-voice]").textContent();
  expect(/map was updated/.test(voice), `capacity: a screen reader hears "${voice}"`);
  await accessible(page, "open map after a report");
  console.log(`capacity: a report is seen on an open map after at most ${took} ms`);
  await people.close();
  await reader.close();
}

/// T30: older than five minutes, a bar and the clock on every light; older than thirty, no light at all.
async function trusted(browser, desk) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${desk.base}${MAP.path}`);
  const lights = (name) => page.locator(`[data-capacity] use[href="#light-${name}"]`).count();
  const bar = page.locator("[data-capacity-bar]");
  expect((await lights("available")) > 0, "capacity: the demo has no green light");
  expect(await bar.isHidden(), "capacity: a fresh map has a bar");
  await context.setOffline(true);
  await page.clock.runFor("04:30");
  expect(await bar.isHidden(), "capacity: a bar before five minutes");
  await page.clock.runFor("01:00");
  expect(/could not be renewed/.test(await bar.innerText()), `capacity: the bar says ${await bar.innerText()}`);
  // the legend keeps its words; every light has the clock
  expect((await lights("available")) === 0 && (await lights("available-stale")) > 0, "capacity: lights without a clock");
  await accessible(page, "map that is late");
  await page.clock.runFor("26:00");
  for (const name of ["available", "available-stale", "limited", "full", "limited-stale", "full-stale"]) {
    expect((await lights(name)) === 0, `capacity: ${name} is still shown after half an hour without data`);
  }
  const words = await page.locator("[data-capacity] .light-words b").allInnerTexts();
  expect(words.every((word) => word === "Not known – call"), `capacity: words say ${words.slice(0, 3)}`);
  // the browser tells the page; the clock of the test stands still, or it would cut the answer off
  await context.setOffline(false);
  await page.waitForFunction(() => document.querySelector("[data-capacity-bar]").hidden, null, { timeout: 10_000 });
  expect((await lights("available")) > 0, "capacity: the lights do not come back");
  await context.close();
}

/// What other sites show: no script, no form, everybody's view.
async function shared(browser, desk) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  for (const path of ["/capacity/embed?age=adult", "/capacity/embed?age=adult&view=map"]) {
    const page = await open(context, desk.base, { path }, path);
    await accessible(page, path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide <= 0, `${path}: ${wide} px too wide`);
    await page.close();
  }
  // the element on another site: a frame with its filters, which follows its attributes
  const element = `<!doctype html><html lang="en"><title>Elsewhere</title><script src="${desk.base}/capacity/embed.js"></script>
    <openecls-capacity age="adult" view="map" label="Beds"></openecls-capacity>`;
  const elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(element));
  await new Promise((ready) => elsewhere.listen(0, "127.0.0.1", ready));
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
  const frame = page.frameLocator("openecls-capacity iframe[title=Beds]");
  await frame.locator("svg[role=group]:visible").first().waitFor();
  await page.evaluate(() => document.querySelector("openecls-capacity").setAttribute("view", "list"));
  await frame.locator("table").first().waitFor();
  elsewhere.close();
  await context.close();
}

/// A report that is made without a connection waits on the device, is not lost with the page, and is sent with its own
/// time when there is a connection again.
async function waiting(browser, desk) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  await (await signIn(context, desk, "capacity-reporter", 422)).close();
  // a page of its own: what the browser says of the lost connection is no fault
  const page = await context.newPage();
  await page.goto(`${desk.base}/capacity`);
  await page.locator(".capacity-own a").first().click();
  await page.waitForURL(/\/report$/);
  const bar = page.locator("[data-report-bar]");
  expect(await bar.isHidden(), "capacity: a bar although nothing waits");
  await page.locator(`input[name="adult.declared_status"][value=limited]`).check();
  await page.locator(`[id="adult.available_now"]`).fill("1");
  if (!(await page.locator(`input[name="adult.withheld"]`).isChecked())) await page.locator(`input[name="adult.withheld"]`).check();
  await context.setOffline(true);
  await page.locator("button[value=send]").click();
  await bar.waitFor({ state: "visible" });
  const told = await bar.innerText();
  expect(/Not sent: your report of .* is kept on this device/.test(told), `capacity: the bar says ${told}`);
  await accessible(page, "report that waits");
  // the clock of the device goes on, and the page is opened again
  await page.evaluate(() => {
    const key = `openecls${location.pathname}`;
    const all = JSON.parse(localStorage.getItem(key));
    all[0].at -= 600_000;
    localStorage.setItem(key, JSON.stringify(all));
  });
  await context.setOffline(false);
  // it is sent by itself, or asked about when it differs much from the last one
  const look = page.getByRole("button", { name: "Look at it" });
  await Promise.race([page.waitForURL(/sent=/, { timeout: 30_000 }), look.waitFor({ timeout: 30_000 })]);
  if (!/sent=/.test(page.url())) {
    await Promise.all([page.waitForEvent("load"), look.click()]);
    await page.locator("input[name=acknowledge]").check();
    await Promise.all([page.waitForURL(/sent=/), page.locator("button[value=send]").click()]);
  }
  const receipt = await page.locator("#receipt").innerText();
  expect(/It was made before, and counts from/.test(receipt), `capacity: the receipt says ${receipt}`);
  const left = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("openecls/")));
  expect(left.length === 0, `capacity: ${left} is still kept`);
  // it does not count before what was said since
  const [stored, said] = [...receipt.matchAll(/, (\d\d):(\d\d)/g)].map((it) => Number(it[1]) * 60 + Number(it[2]));
  expect([10, 11].includes((stored - said + 1440) % 1440), `capacity: the report counts from another time: ${receipt}`);
  await context.close();
}

export const capacity = [seen, trusted, shared, waiting];
