// Browser checks of a running OpenECLS.
//
//   node check.mjs http://127.0.0.1:8088 [folder for screenshots]
//
// Needs Debian's chromium, or the browser that CHROMIUM names. Ends with 1 and a list if anything is
// wrong: accessibility rules (axe), sideways scrolling, messages on the console, requests to other
// servers, dead links, keyboard, reduced motion, printing, and the same content without JavaScript.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const base = process.argv[2];
const out = process.argv[3] ?? join(tmpdir(), "openecls-shots");
if (!base) {
  console.error("usage: node check.mjs BASE-URL [FOLDER]");
  process.exit(2);
}
const origin = new URL(base).origin;
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const SCHEMES = ["light", "dark"];
const WIDTHS = [390, 768, 1280, 1920];
const NARROWEST = 320; // 1280 px at 400 percent zoom, WCAG 1.4.10
const PAGES = [
  { name: "home", path: "/", status: 200 },
  { name: "dictionary", path: "/dictionary", status: 200 },
  { name: "manual", path: "/dictionary/manual", status: 200 },
  { name: "chapter", path: "/dictionary/manual/groups", status: 200 },
  { name: "missing", path: "/no-such-page", status: 404 },
];
const AXE = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations", "incomplete"],
};

const faults = [];
let checks = 0;

function expect(holds, text) {
  checks += 1;
  if (!holds) faults.push(text);
}

/// Opens a page and reports what the console says and where requests go.
async function open(context, { path, status }, where) {
  const page = await context.newPage();
  page.on("console", (message) => {
    // the browser itself notes an answer of 404; that one is wanted
    const wanted = status >= 400 && message.text().includes(String(status));
    if (["error", "warning"].includes(message.type()) && !wanted) {
      faults.push(`${where}: console says ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => faults.push(`${where}: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(`${where}: loads ${url}`);
  });
  const response = await page.goto(base.replace(/\/$/, "") + path, { waitUntil: "load" });
  expect(response.status() === status, `${where}: status ${response.status()}, wanted ${status}`);
  return page;
}

async function accessible(page, where) {
  await page.evaluate(axeSource);
  const result = await page.evaluate((options) => globalThis.axe.run(document, options), AXE);
  for (const { id, help, nodes } of result.violations) {
    for (const node of nodes) faults.push(`${where}: ${id} (${help}) at ${node.target.join(" ")}`);
  }
  checks += 1;
  return result.incomplete.map(({ id, nodes }) => `${id} x ${nodes.length}`);
}

async function fits(page, where) {
  const over = await page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollWidth - root.clientWidth;
  });
  expect(over <= 0, `${where}: scrolls sideways by ${over} px`);
}

async function looks(browser) {
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      for (const wanted of PAGES) {
        const where = `${wanted.name} ${colorScheme} ${width}`;
        const page = await open(context, wanted, where);
        await page.evaluate(() => document.fonts.ready.then(() => true));
        const unsure = await accessible(page, where);
        await fits(page, where);
        const path = join(out, `${wanted.name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
        console.log(`seen ${where}${unsure.length ? `; axe cannot tell: ${unsure.join(", ")}` : ""}`);
        await page.close();
      }
      await context.close();
    }
  }
}

async function narrow(browser) {
  const context = await browser.newContext({ viewport: { width: NARROWEST, height: 640 } });
  for (const wanted of PAGES) {
    const where = `${wanted.name} ${NARROWEST}`;
    await fits(await open(context, wanted, where), where);
  }
  await context.close();
}

/// What a reader sees; the minute may pass between two readings.
async function words(page) {
  const text = await page.locator("main").innerText();
  return text.replaceAll(/\d\d:\d\d UTC/g, "hh:mm UTC");
}

async function withoutJavaScript(browser) {
  const viewport = { width: 1280, height: 900 };
  const on = await browser.newContext({ viewport });
  const off = await browser.newContext({ viewport, javaScriptEnabled: false });
  for (const wanted of PAGES.filter(({ status }) => status === 200)) {
    const where = `${wanted.name} without JavaScript`;
    const [rich, plain] = [await open(on, wanted, where), await open(off, wanted, where)];
    const text = await words(plain);
    expect(text.length > 500, `${where}: shows only ${text.length} characters`);
    expect(text === (await words(rich)), `${where}: shows other text than with it`);
    await plain.locator("a[href='/#outcomes']").first().click();
    expect(plain.url().endsWith("#outcomes"), `${where}: navigation does not work`);
  }
  await on.close();
  await off.close();
}

/// Every link leads somewhere, and every fragment exists on its page.
async function links(browser) {
  const context = await browser.newContext();
  const page = await open(context, PAGES[0], "links");
  const hrefs = await page.evaluate(() => [...document.links].map((link) => link.href));
  expect(hrefs.length > 5, `links: only ${hrefs.length} on the home page`);
  for (const href of new Set(hrefs)) {
    const url = new URL(href);
    expect(url.origin === origin, `links: ${href} leaves the site`);
    const answer = await context.request.get(url.href.split("#")[0]);
    expect(answer.ok(), `links: ${href} answers ${answer.status()}`);
    if (url.hash && url.pathname === "/") {
      const found = await page.locator(`[id="${url.hash.slice(1)}"]`).count();
      expect(found === 1, `links: ${href} has ${found} targets`);
    }
  }
  await context.close();
}

async function keyboard(browser) {
  // without smooth scrolling, which would still be under way when the place is measured
  const viewport = { width: 1280, height: 900 };
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  const page = await open(context, PAGES[0], "keyboard");
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent.trim());
  expect(first === "Skip to content", `keyboard: the first stop is "${first}"`);
  await page.screenshot({ path: join(out, "home-skip-link.png") });
  await page.keyboard.press("Enter");
  const main = await page.evaluate(() => document.activeElement.id);
  expect(main === "main", `keyboard: the skip link leads to "${main}"`);
  await page.close();
  const again = await open(context, PAGES[0], "keyboard");
  const stops = await again.locator("a[href], [tabindex='0']").count();
  for (let stop = 0; stop < stops; stop += 1) {
    await again.keyboard.press("Tab");
    const seen = await again.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const inside = box.bottom > 0 && box.top < innerHeight;
      const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return { name: element.textContent.trim().slice(0, 30), ring, inside };
    });
    expect(seen.ring, `keyboard: no focus ring on "${seen.name}"`);
    expect(seen.inside, `keyboard: "${seen.name}" is focused out of sight`);
  }
  await context.close();
}

async function calm(browser) {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await open(context, PAGES[0], "reduced motion");
  const motion = await page.evaluate(() => {
    const moving = [...document.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return transitionDuration.split(",").some((time) => parseFloat(time) > 0) || animationName !== "none";
    });
    return { moving: moving.length, scroll: getComputedStyle(document.documentElement).scrollBehavior };
  });
  expect(motion.moving === 0 && motion.scroll === "auto", `reduced motion: ${JSON.stringify(motion)}`);
  await context.close();
}

async function paper(browser) {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 720, height: 1000 } });
    const page = await open(context, PAGES[0], `print ${colorScheme}`);
    const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true, printBackground: false });
    await writeFile(join(out, `home-print-${colorScheme}.pdf`), pdf);
    await page.emulateMedia({ media: "print" });
    const seen = await page.evaluate(() => ({
      nav: getComputedStyle(document.querySelector("nav")).display,
      ground: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.body).color,
    }));
    const wanted = { nav: "none", ground: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)" };
    expect(JSON.stringify(seen) === JSON.stringify(wanted), `print ${colorScheme}: ${JSON.stringify(seen)}`);
    await context.close();
  }
}

await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  for (const part of [looks, narrow, withoutJavaScript, links, keyboard, calm, paper]) await part(browser);
} finally {
  await browser.close();
}
for (const fault of faults) console.error(`FAULT ${fault}`);
console.log(`${checks} checks, ${faults.length} faults; screenshots in ${out}`);
process.exit(faults.length ? 1 : 0);
