// The capacity map in a hand: rings and steps lead closer without leaving the page, a mark opens its card, a drag and the
// wheel move the picture; without a script the same are links.

import { accessible, expect, fits, listen } from "./browser.mjs";

const PATH = "/capacity?age=adult";
const MARKS = "svg.capacity-map:visible a:not(.capacity-ring)";
const RINGS = "svg.capacity-map:visible a.capacity-ring";

/// Waits until the picture is another one.
const placed = (page) =>
  page.evaluate(() => new Promise((done) => document.addEventListener("capacity:placed", () => done(), { once: true })));
const view = (page) => page.locator("[data-view]").getAttribute("data-view").then((it) => it.split(",").map(Number));
const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim());

/// Does something and waits for the new picture.
async function moves(page, deed) {
  const before = await view(page);
  const done = placed(page);
  await deed();
  await done;
  const after = await view(page);
  expect(before.some((it, at) => it !== after[at]), `map: it stays at ${before}`);
  return { before, after };
}

async function inHand(browser, desk, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  listen(page, desk.base, `map ${width}`);
  await page.goto(desk.base + PATH);
  const [, , whole] = await view(page);
  await page.locator(RINGS).first().scrollIntoViewIfNeeded();
  const ring = await moves(page, () => page.locator(RINGS).first().click());
  expect(ring.after[2] < whole, `map: a ring leads to ${ring.after}`);
  expect(/[?&]at=/.test(page.url()), `map: the view does not stand in ${page.url()}`);
  expect(/reported|never|last|say|since/.test(await focused(page)), `map: the reader stands at ${await focused(page)}`);

  // by keyboard: farther, closer, to the side
  const nearer = page.locator("[data-step='+']");
  await nearer.focus();
  const farther = await moves(page, () => page.keyboard.press("-"));
  expect(farther.after[2] > farther.before[2], `map: farther is ${farther.after}`);
  expect((await focused(page)).includes("Closer"), `map: the focus went to ${await focused(page)}`);
  await moves(page, () => page.keyboard.press("Enter"));
  await moves(page, () => page.keyboard.press("ArrowLeft"));
  await moves(page, () => page.goBack());

  // a mark opens its card, and the card gives the focus back
  const box = await page.locator("svg.capacity-map:visible").boundingBox();
  let mark = null;
  for (const it of await page.locator(MARKS).all()) {
    const at = await it.boundingBox();
    if (at.x > box.x && at.x + at.width < box.x + box.width && at.y > box.y && at.y + at.height < box.y + box.height) mark ??= it;
  }
  const address = await mark.getAttribute("href");
  await mark.focus();
  await page.keyboard.press("Enter");
  const card = page.locator("[data-capacity-card]");
  await card.waitFor({ state: "visible" });
  const told = await card.innerText();
  expect(/ago|just now|never reported|not reported|since/.test(told) && /As of/.test(told), `map: the card says ${told}`);
  await accessible(page, `card ${width}`);
  await fits(page, `card ${width}`);
  await page.keyboard.press("Escape");
  expect(await card.isHidden(), "map: the card stays open");
  const back = await page.evaluate(() => document.activeElement.getAttribute("href"));
  expect(back === address, `map: the focus went to ${back}, not to ${address}`);

  // distances around a center, off again by a link
  await page.locator(MARKS).first().dispatchEvent("click");
  await card.waitFor({ state: "visible" });
  const circles = placed(page);
  await page.locator("[data-around]").click();
  await circles;
  expect((await page.locator("svg.capacity-map:visible .map-distance").count()) === 3, "map: no distances are drawn");
  expect(await card.isHidden(), "map: the card lies on the distances");
  await accessible(page, `distances ${width}`);
  const gone = placed(page);
  await page.locator(".capacity-plain").click();
  await gone;
  expect((await page.locator(".map-distance").count()) === 0, "map: the distances stay");

  // in a hand
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.locator("svg.capacity-map:visible").scrollIntoViewIfNeeded();
  await page.mouse.move(middle.x, middle.y);
  await page.keyboard.down("Control");
  const wheel = await moves(page, () => page.mouse.wheel(0, 200));
  await page.keyboard.up("Control");
  expect(wheel.after[2] > wheel.before[2], `map: the wheel leads to ${wheel.after}`);
  const dragged = await moves(page, async () => {
    await page.mouse.down();
    await page.mouse.move(middle.x + 60, middle.y, { steps: 4 });
    await page.mouse.up();
  });
  expect(dragged.after[0] < dragged.before[0] && dragged.after[2] === dragged.before[2], `map: a drag leads to ${dragged.after}`);
  await context.close();
}

/// Without a script the steps and rings are links to the same pictures, and a mark to the page of its center.
async function without(browser, desk) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(desk.base + PATH);
  await page.locator("svg.chart-wide a.capacity-ring").first().click();
  await page.waitForURL(/[?&]at=/);
  expect(/of \d+ centers lie in this part/.test(await page.locator(".capacity-figure").innerText()), "map: no count of what it shows");
  await page.locator("[data-step='-']").click();
  await page.waitForURL(/[?&]at=/);
  await context.close();
}

export async function map(browser, desk) {
  await inHand(browser, desk, 1280, "light");
  await inHand(browser, desk, 390, "dark");
  await without(browser, desk);
}
