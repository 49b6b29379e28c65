// Every page that people of a center and of the platform reach by links. Needs an invented registry with its accounts.

import { join } from "node:path";
import { SCHEMES, accessible, expect, fits, still, watchShifts } from "./browser.mjs";
import { flow } from "./flow.mjs";
import { signIn } from "./people.mjs";

const WIDTHS = [390, 1280];
/// Everybody sees these; they are looked at without signing in.
const PUBLIC = /^\/(registry|dictionary|api|assets|sign-in)(\/|$)|^\/$|\.[a-z]+$/;
/// Pages that must be among those of a role, and how many kinds it has at least.
const WANTED = [
  { role: "data-manager", least: 30, has: ["/desk/:n", "/desk/:n/start", "/desk/:n/runs/:id/mode", "/desk/:n/quality"] },
  { role: "center-administrator", least: 30, has: ["/centers/:n", "/people/:n", "/account"] },
  { role: "data-quality-steward", least: 5, has: ["/desk"] },
  { role: "platform-administrator", least: 5, has: ["/platform/people", "/centers/pending"] },
];

/// Addresses of one kind differ in records and filters only.
function kindOf({ pathname, searchParams }) {
  const path = pathname.replace(/[0-9a-f]{8}-[-0-9a-f]{27}/g, ":id").replace(/\/\d{3,}(?=\/|$)/g, "/:n");
  const keys = [...new Set(searchParams.keys())].filter((key) => key !== "run").sort();
  return keys.length > 0 ? `${path}?${keys.join("&")}` : path;
}

/// Kinds that somebody has looked at in all themes and widths.
const looked = new Set();

/// Follows links from the desk and the account, one page of each kind.
async function walk(page, desk, role) {
  const seen = new Map();
  const queue = ["/desk", "/account", "/centers"];
  for (const path of queue) {
    const url = new URL(path, desk.base);
    if (seen.has(kindOf(url))) continue;
    const answer = await page.goto(url.href).catch((error) => error);
    const where = `${role} ${path}`;
    // a file is no page
    if (answer instanceof Error || !(answer.headers()["content-type"] ?? "").startsWith("text/html")) {
      expect(!(answer instanceof Error) || /download/i.test(answer.message), `${where}: ${answer.message}`);
      continue;
    }
    const kind = kindOf(new URL(page.url()));
    seen.set(kindOf(url), kind);
    if (kind !== kindOf(url) && [...seen.values()].filter((other) => other === kind).length > 1) continue;
    expect(answer.status() === 200, `${where}: status ${answer.status()}`);
    await look(page, desk, where, kind);
    // a link within a picture has an object as its `href`
    const hrefs = await page.$$eval("a[href]", (links) =>
      links.map((link) => new URL(link.getAttribute("href"), document.baseURI).href),
    );
    const own = hrefs.filter((href) => href.startsWith(desk.base)).map((href) => new URL(href));
    queue.push(...own.filter(({ pathname }) => !PUBLIC.test(pathname)).map(({ pathname, search }) => pathname + search));
  }
  return new Set(seen.values());
}

/// Whole, accessible, within the screen; in all themes and widths when nobody has seen its kind before.
async function look(page, desk, where, kind) {
  const first = !looked.has(kind);
  looked.add(kind);
  await still(page, where);
  // what the bar over a form hides at this moment can be scrolled to, which axe does not know
  await page.evaluate(() => document.querySelector(".sheet-bar")?.style.setProperty("position", "static"));
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await fits(page, `${where} at ${width}`);
    for (const colorScheme of first ? SCHEMES : width === WIDTHS[0] ? [] : [SCHEMES[0]]) {
      await page.emulateMedia({ colorScheme });
      await accessible(page, `${where} ${colorScheme} at ${width}`);
      if (first) {
        const name = `${kind.replaceAll(/[^a-z0-9]+/g, "-")}-${colorScheme}-${width}.png`;
        await page.screenshot({ path: join(desk.out, `desk${name}`), fullPage: true });
      }
    }
  }
}

async function signedIn(browser, desk) {
  for (const email of desk.accounts.keys()) {
    const role = email.split("@")[0];
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    await watchShifts(context);
    const page = await signIn(context, desk, role);
    const kinds = await walk(page, desk, role);
    const wanted = WANTED.find((one) => one.role === role) ?? { least: 2, has: [] };
    expect(kinds.size >= wanted.least, `${role}: only ${kinds.size} kinds of pages are linked`);
    for (const kind of wanted.has) expect(kinds.has(kind), `${role}: nothing leads to ${kind}`);
    await page.goto(`${desk.base}/account`);
    const kept = (await page.reload()).headers()["cache-control"] ?? "";
    expect(kept.includes("no-store"), `${role}: the account may be kept (${kept})`);
    await page.locator(".account-out").click();
    await page.waitForLoadState();
    await page.goto(`${desk.base}/desk`);
    expect(new URL(page.url()).pathname === "/sign-in", `${role}: signed out, and still at ${page.url()}`);
    await context.close();
    console.log(`${role}: ${kinds.size} kinds of pages`);
  }
}

/// A person of one center finds nothing of another.
async function apart(browser, desk) {
  const context = await browser.newContext();
  const page = await signIn(context, desk, "program-director");
  const own = new URL(page.url()).pathname.split("/").at(2);
  const centers = await (await context.request.get(`${desk.base}/centers.json`)).json();
  const list = centers.centers ?? centers;
  const other = list.map((center) => center.center_id).find((number) => number !== own);
  expect(other !== undefined, "apart: there is no other center");
  for (const path of [`/desk/${other}`, `/desk/${other}/queries`, `/desk/${other}/quality`]) {
    const answer = await context.request.get(desk.base + path);
    expect(answer.status() === 404, `apart: ${path} answers ${answer.status()}`);
  }
  await context.close();
}

export const people = [apart, ...flow];
/** Every kind of page, as everybody: takes a quarter of an hour. */
export const everybody = [signedIn];
