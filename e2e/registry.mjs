// The dashboard, its figures, the report and the methods: every page that the registry links to.

import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { SCHEMES, accessible, expect, fits, open, still, watchShifts, words } from "./browser.mjs";

const WIDTHS = [390, 1280];
const NARROWEST = 320;
const DASHBOARD = "/registry";
/// Nobody has runs from before there was ECLS.
const REFUSED = "/registry?where=started:1900..1901";
const PAGES = [
  { name: "registry", path: DASHBOARD, large: true },
  { name: "registry-adults", path: "/registry?where=age_group:adult", large: true },
  { name: "registry-refused", path: REFUSED },
  { name: "figure", path: "/registry/figures/runs-by-year" },
  { name: "embed", path: "/registry/embed/hours" },
];
/// Pages that are looked at when the registry links to them; a dead link to them is a fault of `links`.
const LINKED = [
  { name: "conditions", path: "/registry/conditions" },
  { name: "condition", path: "/registry/conditions/covid-19" },
  { name: "summary", path: "/registry/summary" },
  { name: "methods", path: "/registry/methods" },
  { name: "releases", path: "/registry/releases" },
];
/// Of each kind of download, so many are fetched; the figures share their code.
const DOWNLOADS = 3;

let pages = PAGES;

/// Follows every link from the home page on: none is dead, and every fragment exists.
async function links(browser, { base }) {
  const context = await browser.newContext();
  const { origin } = new URL(base);
  const seen = new Map([["/", "the start"]]);
  const paths = new Set();
  const downloads = new Map();
  const page = await context.newPage();
  for (const [address, from] of seen) {
    const url = new URL(address, base);
    // the same page with other filters differs in figures only
    if (paths.has(url.pathname)) continue;
    const kind = /\.[a-z]+$|^\/api\//.exec(url.pathname)?.[0];
    if (kind !== undefined) {
      const before = downloads.get(kind) ?? 0;
      downloads.set(kind, before + 1);
      if (before >= DOWNLOADS) continue;
    }
    paths.add(url.pathname);
    const answer = await context.request.get(url.href);
    expect(answer.ok(), `links: ${address} on ${from} answers ${answer.status()}`);
    if (!answer.ok() || !answer.headers()["content-type"].startsWith("text/html")) continue;
    const found = await read(page, await answer.text(), url);
    expect(found.broken.length === 0, `links: ${address} has no ${found.broken.join(", ")}`);
    for (const href of found.hrefs) {
      if (href.startsWith("data:")) continue;
      const next = new URL(href, url);
      // the methods cite their sources, data name their license
      const cited = /^https:\/\/(doi\.org|creativecommons\.org\/licenses)\//.test(next.href);
      expect(next.origin === origin || cited, `links: ${href} on ${address} leaves the site`);
      const key = next.pathname + next.search;
      if (next.origin === origin && !seen.has(key)) seen.set(key, address);
    }
  }
  await context.close();
  expect(paths.has(DASHBOARD), `links: nothing leads to ${DASHBOARD}`);
  const linked = LINKED.filter(({ path }) => paths.has(path));
  for (const { path } of LINKED.filter((wanted) => !linked.includes(wanted))) console.log(`not linked: ${path}`);
  pages = [...PAGES, ...linked];
  console.log(`followed ${seen.size} addresses, ${paths.size} of them opened`);
}

/// The links of a page, and its links to places that it does not have; parsed, not run.
async function read(page, html, url) {
  return page.evaluate(
    ([text, path]) => {
      const parsed = new DOMParser().parseFromString(text, "text/html");
      const hrefs = [...parsed.querySelectorAll("a[href], link[href], script[src]")].map(
        (each) => each.getAttribute("href") ?? each.getAttribute("src"),
      );
      const here = hrefs.filter((href) => href.startsWith("#"));
      const broken = here.filter((href) => parsed.getElementById(decodeURIComponent(href.slice(1))) === null);
      const doubled = [...parsed.querySelectorAll("[id]")].map((each) => each.id);
      const twice = doubled.filter((id, place) => doubled.indexOf(id) !== place).map((id) => `single ${id}`);
      return { hrefs: hrefs.filter((href) => !href.startsWith("#")), broken: [...broken, ...twice], path };
    },
    [html, url.pathname],
  );
}

async function looks(browser, desk) {
  const sizes = SCHEMES.flatMap((colorScheme) => WIDTHS.map((width) => ({ colorScheme, width })));
  // two at a time: one waits for the server while the other is judged
  for (const half of [sizes.slice(0, 2), sizes.slice(2)]) {
    await Promise.all(half.map((size) => look(browser, desk, size)));
  }
}

async function look(browser, { base, out }, { colorScheme, width }) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  await watchShifts(context);
  for (const wanted of pages) {
    const where = `${wanted.name} ${colorScheme} ${width}`;
    const page = await open(context, base, wanted, where);
    await page.evaluate(() => document.fonts.ready.then(() => true));
    await still(page, where);
    // axe walks over ten thousand parts of charts for seconds but cannot judge text in them: once is enough
    const charts = wanted.large && !(colorScheme === "light" && width === 1280);
    const unsure = await accessible(page, where, charts ? [".chart"] : []);
    await fits(page, where);
    // the tall pages are painted in one scheme for each width
    if (!wanted.large || (colorScheme === "light") === (width === 1280)) {
      await page.screenshot({ path: join(out, `${wanted.name}-${colorScheme}-${width}.png`), fullPage: true });
    }
    console.log(`seen ${where}${unsure.length ? `; axe cannot tell: ${unsure.join(", ")}` : ""}`);
    await page.close();
  }
  await context.close();
}

async function narrow(browser, { base }) {
  const context = await browser.newContext({ viewport: { width: NARROWEST, height: 640 } });
  for (const wanted of pages) {
    const where = `${wanted.name} ${NARROWEST}`;
    const page = await open(context, base, wanted, where);
    await fits(page, where);
    await page.close();
  }
  await context.close();
}

async function withoutJavaScript(browser, { base }) {
  const viewport = { width: 1280, height: 900 };
  const on = await browser.newContext({ viewport });
  const off = await browser.newContext({ viewport, javaScriptEnabled: false });
  for (const wanted of pages) {
    const where = `${wanted.name} without JavaScript`;
    const [rich, plain] = [await open(on, base, wanted, where), await open(off, base, wanted, where)];
    const text = await words(plain);
    expect(text.length > 100, `${where}: shows only ${text.length} characters`);
    expect(text === (await words(rich)), `${where}: shows other text than with it`);
    await Promise.all([rich.close(), plain.close()]);
  }
  await on.close();
  const page = await open(off, base, PAGES[0], "form without JavaScript");
  await page.getByRole("checkbox", { name: /^Adult/ }).check();
  await page.locator("select[name=from]").selectOption("2015");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/where=/);
  const { pathname, search } = new URL(page.url());
  const address = pathname + search;
  const canonical = "/registry?where=age_group:adult&where=started:2015..";
  expect(address === canonical, `form without JavaScript: leads to ${address}, not ${canonical}`);
  const adult = page.getByRole("checkbox", { name: /^Adult/ });
  expect(await adult.isChecked(), "form without JavaScript: the box is not checked afterwards");
  const population = await page.locator(".chosen").innerText();
  expect(/adults/i.test(population), `form without JavaScript: the population reads "${population}"`);
  await off.close();
}

/// What has the focus, and whether that can be seen.
function focused() {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: (element.closest("label, summary, a, button, h1, h2, h3") ?? element).textContent.trim().slice(0, 40),
    field: `${element.getAttribute("name")}=${element.getAttribute("value")}`,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight,
  };
}

async function keyboard(browser, { base }) {
  const viewport = { width: 1280, height: 900 };
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  const page = await open(context, base, PAGES[0], "keyboard");
  const stops = await page.locator("a[href], [tabindex='0'], summary, input:visible, select, button").count();
  let reached = false;
  for (let stop = 0; stop < stops && !reached; stop += 1) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(focused);
    expect(seen.ring && seen.inside, `keyboard: the focus on "${seen.name}" cannot be seen`);
    reached = seen.field === "age_group=adult";
  }
  expect(reached, "keyboard: the box for adults is not reached");
  const shown = page.waitForURL(/where=age_group:adult/, { timeout: 10_000 });
  await page.keyboard.press("Space");
  await shown;
  await page.waitForLoadState("load");
  const after = await page.evaluate(focused);
  expect(after.field === "age_group=adult", `keyboard: after the change the focus is on "${after.name}"`);
  expect(after.ring && after.inside, "keyboard: after the change the focus cannot be seen");
  const detail = page.locator(".card details summary").first();
  await detail.focus();
  await page.keyboard.press("Enter");
  expect(await detail.evaluate((each) => each.parentElement.open), "keyboard: Enter does not open a card's text");
  await page.goBack({ waitUntil: "load" });
  const box = page.getByRole("checkbox", { name: /^Adult/ });
  expect(!(await box.isChecked()), "keyboard: going back leaves the box checked");
  await context.close();
}

/// What folds open fits and keeps to the rules as well.
async function unfolded(browser, { base, out }) {
  for (const width of WIDTHS) {
    const context = await browser.newContext({ viewport: { width, height: 900 } });
    const where = `registry unfolded ${width}`;
    const page = await open(context, base, PAGES[0], where);
    await page.evaluate(() => {
      for (const each of document.querySelectorAll("main details")) each.open = true;
    });
    await accessible(page, where, [".chart", "tbody"]);
    await fits(page, where);
    await page.screenshot({ path: join(out, `registry-unfolded-${width}.png`), fullPage: true });
    await context.close();
  }
}

async function calm(browser, { base }) {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await open(context, base, PAGES[0], "registry, reduced motion");
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll("*")].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return transitionDuration.split(",").some((time) => parseFloat(time) > 0) || animationName !== "none";
      }).length,
  );
  expect(moving === 0, `registry, reduced motion: ${moving} elements move`);
  await context.close();
}

/// Another site may show a figure in a frame, and nothing else.
async function framed(browser, { base }) {
  const frames = ["/registry/embed/hours", DASHBOARD].map((path) => `<iframe src="${base}${path}"></iframe>`);
  const elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(frames.join("")));
  await new Promise((ready) => elsewhere.listen(0, "127.0.0.1", ready));
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`, { waitUntil: "load" });
  const [figure, dashboard] = page.frames().slice(1);
  const shown = await figure.locator("h1").count();
  expect(shown === 1, `framed: the figure has ${shown} headings`);
  const refused = await dashboard.locator("form[data-filters]").count();
  expect(refused === 0, "framed: the whole dashboard can be put in another site's frame");
  await context.close();
  elsewhere.close();
}

async function paper(browser, { base, out }) {
  const viewport = { width: 720, height: 1000 };
  const context = await browser.newContext({ colorScheme: "dark", viewport });
  for (const wanted of pages.filter(({ name }) => ["registry", "figure", "summary"].includes(name))) {
    const where = `print ${wanted.name}`;
    const page = await open(context, base, wanted, where);
    const screen = await page.locator("main svg").count();
    await page.emulateMedia({ media: "print" });
    const seen = await page.evaluate(() => {
      const visible = (each) => each.getClientRects().length > 0;
      const hidden = "nav.nav, .filters, .card-tools, .contents, button";
      return {
        ground: getComputedStyle(document.body).backgroundColor,
        ink: getComputedStyle(document.body).color,
        controls: [...document.querySelectorAll(hidden)].filter(visible).length,
        pictures: [...document.querySelectorAll("main .card-picture")].filter((each) => each.offsetHeight < 20).length,
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      };
    });
    const good = { ground: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)", controls: 0, pictures: 0, wide: 0 };
    expect(JSON.stringify(seen) === JSON.stringify(good), `${where}: ${JSON.stringify(seen)}, of ${screen} pictures`);
    if (!wanted.large) {
      const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true, printBackground: false });
      await writeFile(join(out, `${wanted.name}-print.pdf`), pdf);
    }
    await page.close();
  }
  await context.close();
}

export const registry = [links, looks, narrow, withoutJavaScript, keyboard, unfolded, calm, framed, paper];
