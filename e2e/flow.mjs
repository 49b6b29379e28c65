// What people do at the desk: a whole entry by keyboard, the same without JavaScript, two people on one form, and what
// becomes of text that is not saved yet.

import { expect } from "./browser.mjs";
import { FORMS, card, enter, sign } from "./entry.mjs";
import { code, signIn } from "./people.mjs";

/// A typical run takes fewer keys than this; a plain form with the same inputs takes more (bench/README.md).
const KEYS = 560;
const VIEWPORT = { width: 1280, height: 900 };
/// The form that several people open.
const FORM = "pre_ecls_assessment";
const FIELD = "pre_pco2_mmhg";
const SAVED = /^\s*Saved/;

/// The run that was entered last, for the others.
let entered = null;

async function keyboard(browser, desk) {
  const context = await browser.newContext({ viewport: VIEWPORT, reducedMotion: "reduce" });
  const entry = await enter(context, desk, "KEYBOARD-01", "1971-04-13");
  const { keys, loads } = entry.clerk;
  expect(keys < KEYS, `keyboard: ${keys} keys for a typical run`);
  await sign(entry, desk);
  const { pathname } = new URL(entry.page.url());
  expect(pathname === `${entry.run}/receipt`, `keyboard: the signature leads to ${pathname}`);
  console.log(`a typical run by keyboard: ${keys} keys, ${loads} page loads before the signature`);
  await context.close();
}

/// Answers one question of a page that runs no script.
async function answer(page, path, value) {
  const group = path.replace(/\.\d+\.[^.]+$/, "");
  if ((await page.locator(`[name="${path}"]`).count()) === 0) {
    await page.locator(`button[value="add:${group}"]`).click();
    await page.waitForLoadState();
  }
  const input = page.locator(`[name="${path}"]`).first();
  const [kind, type] = await input.evaluate((element) => [element.localName, element.type]);
  if (type === "radio") {
    const named = page.locator("label", { has: page.locator(`[name="${path}"]`) });
    await named.filter({ hasText: new RegExp(`^\\s*${value.replace(/[()]/g, "\\$&")}`) }).first().click();
  } else if (kind === "select") {
    const labels = await input.locator("option").allTextContents();
    await input.selectOption({ index: labels.findIndex((label) => label.startsWith(value)) });
  } else {
    await input.fill(value);
  }
}

async function withoutScript(browser, desk) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: VIEWPORT });
  const page = await signIn(context, desk, "data-manager", 422);
  const home = new URL(page.url()).pathname;
  await page.goto(`${desk.base}${home}/start`);
  await page.locator("[data-card] button[type=submit]").click();
  await page.waitForLoadState();
  expect((await page.locator("[aria-invalid=true]").count()) > 0, "no script: an empty start card has no field marked");
  for (const [name, value] of card("NO-SCRIPT-01", "1969-12-02")) await answer(page, name, value);
  await page.locator("[data-card] button[type=submit]").click();
  await page.waitForURL(/\/runs\//);
  const run = page.url();
  await page.locator(".form-list a[data-next]").first().click();
  for (const [form, answers] of FORMS) {
    for (let skipped = 0; !new URL(page.url()).pathname.endsWith(`/${form}`) && skipped < 4; skipped += 1) {
      await page.locator(".sheet-next").click();
      await page.waitForLoadState();
    }
    expect(new URL(page.url()).pathname.endsWith(`/${form}`), `no script: ${page.url()} instead of ${form}`);
    for (const [path, value] of answers) await answer(page, path, value);
    await page.locator(".sheet-do button[value=save]").click();
    await page.waitForURL(/saved=1/);
    const left = await page.locator("[data-state=refused], [data-state=needed]").count();
    expect(left === 0, `no script: ${form} still misses ${left} answers`);
  }
  entered = run;
  await page.locator("[data-sign]").click();
  if (page.url().includes("/step-up")) {
    await page.locator("#code").fill(await code(desk, "data-manager@demo.example"));
    await page.locator("main form button").click();
  }
  await page.waitForURL(/\/submit$/);
  const right = page.locator("input[name=right]");
  if ((await right.count()) > 0) await right.check();
  await page.locator("main form button[type=submit]").click();
  await page.waitForURL(/\/receipt$/);
  const hash = await page.locator(".hash").textContent();
  expect(/^[0-9a-f]{64}$/.test(hash.trim()), `no script: the receipt has the hash ${hash}`);
  await context.close();
}

const state = (page, text) => page.locator("[data-state-of-save]", { hasText: text }).waitFor({ timeout: 15_000 });

/// Opens the form of the run that was entered before; a signed run can be corrected until it is locked.
async function opened(browser, desk, role, wantedStatus) {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await signIn(context, desk, role, wantedStatus);
  await page.goto(`${entered}/${FORM}`);
  return { context, page, input: page.locator(`[name="${FIELD}"]`) };
}

/// One account in two browsers: for the form they are two, as two people are.
async function together(browser, desk) {
  const first = await opened(browser, desk, "data-manager");
  const second = await opened(browser, desk, "data-manager", 409);
  await first.input.fill("61");
  await first.input.press("Tab");
  await state(first.page, SAVED);
  await second.input.fill("77");
  await second.input.press("Tab");
  await state(second.page, "Demo data manager saved this form");
  await second.page.locator("[data-state-of-save] button").click();
  await second.page.locator(".conflict").waitFor();
  const row = await second.page.locator(".choose tbody tr").first().innerText();
  expect(row.includes("77") && row.includes("61"), `together: the second sees "${row}"`);
  await second.page.locator(`[name="choose:${FIELD}"][value=mine]`).check();
  await second.page.locator("button[value=merge]").click();
  await second.page.waitForURL(/saved=1/);
  await first.page.reload();
  const kept = await first.input.inputValue();
  expect(kept === "77", `together: after the choice the value is ${kept}`);
  await first.context.close();
  await second.context.close();
}

async function unsaved(browser, desk) {
  const { context, page, input } = await opened(browser, desk, "data-manager");
  page.removeAllListeners("console"); // a page without a network says so
  await input.fill("58");
  await input.press("Tab");
  await state(page, "Not saved yet");
  await state(page, SAVED);
  await page.reload();
  expect((await input.inputValue()) === "58", "unsaved: what was said to be saved is gone");
  await context.setOffline(true);
  await input.fill("59");
  await input.press("Tab");
  await state(page, "Not saved: offline");
  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type() === "beforeunload", `unsaved: leaving asks with ${dialog.type()}`);
  await dialog.dismiss();
  await context.setOffline(false);
  await state(page, SAVED);
  await input.fill("60");
  // a link waits for what is not saved yet
  await page.locator(".crumbs a").last().click();
  await page.waitForURL(/\/runs\/[-0-9a-f]+$/);
  await page.goto(`${entered}/${FORM}`);
  expect((await input.inputValue()) === "60", "unsaved: a link did not wait");
  await context.close();
}

export const flow = [keyboard, withoutScript, together, unsaved];
