// Records change through the program's commands while a page is open.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, open, still, watchShifts } from "./browser.mjs";

const run = promisify(execFile);
const SOON_MS = 2_000;
const SAMPLE = fileURLToPath(new URL("../sample/center-9001.xml", import.meta.url));

/// Takes the newest import back, or in an empty registry adds a center with its records; gives how to undo it.
async function change({ program, data }) {
  const call = async (...args) => (await run(program, ["--data", data, ...args])).stdout;
  const [id] = (await call("import", "list")).split(/\s/);
  if (/^[0-9a-f-]{36}$/.test(id)) return () => call("import", "undo", id);
  await call("center", "add", "9001", "Center of the check");
  return () => call("import", "--apply", "-q", SAMPLE);
}

/// The counters of open pages follow within two seconds, nothing else on the page moves, and a reader is told.
async function counters(browser, desk) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await watchShifts(context);
  const page = await open(context, desk.base, { path: "/registry" }, "live");
  const total = (page) => page.locator("dd[data-live=total]").first().innerText();
  const connected = page.waitForResponse((response) => response.url().endsWith("/api/v1/live"));
  await page.reload({ waitUntil: "load" });
  await connected;
  const act = await change(desk);
  const before = await total(page);
  await act();
  const done = Date.now();
  const moved = page.waitForFunction(
    (old) => document.querySelector("dd[data-live=total]").textContent !== old,
    before,
    { timeout: 10_000 },
  );
  await moved.catch(() => {});
  const after = await total(page);
  const took = Date.now() - done;
  expect(after !== before, `live: the counter still says ${before}`);
  expect(took <= SOON_MS, `live: the counter moved ${took} ms after the records were saved`);
  const note = await page.locator("[data-live=note]").innerText();
  expect(/load it again/.test(note), `live: the note says "${note}"`);
  const voice = await page.locator("[data-live=voice]").textContent();
  expect(voice.includes(after), `live: a screen reader hears "${voice}"`);
  await still(page, "live");
  console.log(`live: ${before} became ${after}, seen ${took} ms after the command ended`);
  await page.reload({ waitUntil: "load" });
  expect((await total(page)) === after, `live: loaded again, the page says ${await total(page)}, not ${after}`);
  await context.close();
}

export const live = [counters];
