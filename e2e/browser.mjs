// What every browser check needs: opening pages while listening to them, and judging what is open.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AXE = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations", "incomplete"],
};

export const SCHEMES = ["light", "dark"];

export const faults = [];
let checks = 0;

export function expect(holds, text) {
  checks += 1;
  if (!holds) faults.push(text);
}

export function counted() {
  return checks;
}

/// Reports what the console says (broken rules of the content security policy too) and where requests go.
export function listen(page, base, where, wantedStatus = 200) {
  const { origin } = new URL(base);
  page.on("console", (message) => {
    // the browser itself notes an answer of 404; that one is wanted
    const wanted = wantedStatus >= 400 && message.text().includes(String(wantedStatus));
    if (["error", "warning"].includes(message.type()) && !wanted) {
      faults.push(`${where}: console says ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => faults.push(`${where}: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(`${where}: loads ${url}`);
  });
}

/// Opens a page that answers as it should.
export async function open(context, base, { path, status = 200 }, where) {
  const page = await context.newPage();
  listen(page, base, where, status);
  const response = await page.goto(base + path, { waitUntil: "load" });
  expect(response.status() === status, `${where}: status ${response.status()}, wanted ${status}`);
  return page;
}

/// No rule of axe is broken outside of what is left out; gives what axe leaves to people.
export async function accessible(page, where, leftOut = []) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(
    ([exclude, options]) => globalThis.axe.run({ exclude: exclude.map((part) => [part]) }, options),
    [leftOut, AXE],
  );
  for (const { id, help, nodes } of result.violations) {
    for (const node of nodes) faults.push(`${where}: ${id} (${help}) at ${node.target.join(" ")}`);
  }
  expect(result.violations.length === 0, `${where}: axe finds ${result.violations.length} broken rules`);
  return result.incomplete.map(({ id, nodes }) => `${id} x ${nodes.length}`);
}

/// Nothing but boxes that scroll by themselves is wider than the page.
export async function fits(page, where) {
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollWidth - root.clientWidth;
  });
  expect(over <= 0, `${where}: scrolls sideways by ${over} px`);
}

/// What a reader sees; the minute may pass between two readings.
export async function words(page) {
  const text = await page.locator("main").innerText();
  return text.replaceAll(/\d\d:\d\d UTC/g, "hh:mm UTC");
}

/// Watches how far things move on their own, from the first paint on.
export async function watchShifts(context) {
  await context.addInitScript(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        // a fifth of what Web Vitals calls good: a font that comes late on a busy machine moves lines by less
        if (value < 0.02) continue;
        const what = sources.map(({ node }) => node?.nodeName + (node?.className ? `.${node.className}` : ""));
        globalThis.shifts.push(`${value.toFixed(4)} at ${what.join(", ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/// Two frames later the browser has told everything that moved.
export async function still(page, where) {
  const shifts = await page.evaluate(
    () =>
      new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(globalThis.shifts), 50)));
      }),
  );
  expect(shifts.length === 0, `${where}: moves while nobody touches it: ${shifts.join("; ")}`);
}
