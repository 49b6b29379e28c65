// Signing in, and what people of a center and of the platform see then. Needs an invented registry with its accounts.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { SCHEMES, accessible, expect, fits, listen, watchShifts, still } from "./browser.mjs";

const WIDTHS = [390, 1280];
/// Of each list of a desk, so many links are looked at.
const RUNS = 1;

/// The present code of an account of the demo; each code counts once.
async function code({ program, data }, email, used) {
  for (;;) {
    const said = execFileSync(program, ["user", "code", "--demo", email, "--data", data], { encoding: "utf8" });
    const found = /\b\d{6}\b/.exec(said)[0];
    if (found !== used.get(email)) {
      used.set(email, found);
      return found;
    }
    await new Promise((wait) => setTimeout(wait, 1000));
  }
}

const used = new Map();

/// Signs in with the keyboard alone, as a reader does who has opened the desk.
async function signIn(context, desk, role) {
  const email = `${role}@demo.example`;
  const page = await context.newPage();
  listen(page, desk.base, `sign-in as ${role}`);
  await page.goto(`${desk.base}/desk`);
  expect(new URL(page.url()).pathname === "/sign-in", `sign-in: the desk leads to ${page.url()}`);
  await page.locator("input[name=email]").focus();
  await page.keyboard.type(email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(desk.accounts.get(email));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/sign-in\/code/);
  await page.locator("input[name=code]").focus();
  await page.keyboard.type(await code(desk, email, used));
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  return page;
}

/// The addresses that a person finds on a page.
async function found(page, base) {
  const hrefs = await page.$$eval("a[href]", (links) => links.map((link) => link.href));
  const own = hrefs.filter((href) => href.startsWith(base)).map((href) => new URL(href));
  return [...new Set(own.map((url) => url.pathname + url.search))];
}

function of(paths, pattern, most) {
  return paths.filter((path) => pattern.test(path)).slice(0, most);
}

/// The pages of a data manager: the desk, and one run with all its forms.
async function managed(page, base) {
  await page.goto(`${base}/desk`);
  const desk = new URL(page.url()).pathname;
  const sections = of(await found(page, base), new RegExp(`^${desk}/[a-z]+$`), 10);
  await page.goto(`${base}${desk}?list=locked`);
  const runs = of(await found(page, base), /\/runs\/[-0-9a-f]+$/, RUNS);
  const paths = [desk, `${desk}?view=grid`, ...sections, ...runs];
  for (const run of runs) {
    await page.goto(base + run);
    paths.push(...of(await found(page, base), /\/(runs|stays|patients)\/[-0-9a-f]+\/[a-z0-9_]+(\?.*)?$/, 40));
  }
  expect(runs.length > 0, "desk: no run is listed");
  expect(paths.length > 20, `desk: only ${paths.length} pages are linked`);
  return [...new Set(paths)];
}

const PEOPLE = [
  { role: "data-manager", pages: managed },
  { role: "center-administrator", pages: async () => ["/account", "/people"] },
  { role: "data-quality-steward", pages: async () => ["/desk"] },
  { role: "platform-administrator", pages: async () => ["/platform/people", "/centers/pending"] },
];

/// Every page, in both themes and widths: whole, accessible, within the screen.
async function signedIn(browser, desk) {
  for (const { role, pages } of PEOPLE) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await watchShifts(context);
    const page = await signIn(context, desk, role);
    const paths = await pages(page, desk.base);
    for (const path of paths) {
      const where = `${role} ${path}`;
      const response = await page.goto(desk.base + path);
      expect(response.status() === 200, `${where}: status ${response.status()}`);
      const kept = response.headers()["cache-control"] ?? "";
      expect(kept.includes("no-store"), `${where}: may be kept (${kept})`);
      await still(page, where);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await fits(page, `${where} at ${width}`);
      }
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await accessible(page, `${where} ${colorScheme}`);
      }
    }
    await page.screenshot({ path: join(desk.out, `${role}.png`), fullPage: true });
    await page.locator(".account-out").click();
    await page.waitForLoadState();
    await page.goto(`${desk.base}/desk`);
    expect(new URL(page.url()).pathname === "/sign-in", `${role}: signed out, and still at ${page.url()}`);
    await context.close();
    console.log(`${role}: ${paths.length} pages`);
  }
}

/// Without JavaScript: sign in, open a case, and type into a form.
async function plain(browser, desk) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await signIn(context, desk, "data-manager");
  const home = new URL(page.url()).pathname;
  await page.goto(`${desk.base}${home}/start`);
  await page.locator("form button[type=submit], main form button").last().click();
  await page.waitForLoadState();
  expect((await page.locator("[aria-invalid=true]").count()) > 0, "plain: an empty start card has no field marked");
  expect(new URL(page.url()).pathname.endsWith("/start"), `plain: an empty start card leads to ${page.url()}`);
  await context.close();
}

/// A person of one center finds nothing of another.
async function apart(browser, desk) {
  const context = await browser.newContext();
  const page = await signIn(context, desk, "program-director");
  const own = new URL(page.url()).pathname.split("/").at(2);
  const centers = await (await context.request.get(`${desk.base}/centers.json`)).json();
  const list = centers.centers ?? centers;
  const other = list.map(({ number }) => number).find((number) => number !== own);
  expect(other !== undefined, "apart: there is no other center");
  for (const path of [`/desk/${other}`, `/desk/${other}/queries`, `/desk/${other}/quality`]) {
    const answer = await context.request.get(desk.base + path);
    expect(answer.status() === 404, `apart: ${path} answers ${answer.status()}`);
  }
  await context.close();
}

export const people = [signedIn, plain, apart];
