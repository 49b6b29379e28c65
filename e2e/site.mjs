// The home page, the dictionary and its manual.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SCHEMES, accessible, expect, fits, open, words } from "./browser.mjs";

const WIDTHS = [390, 768, 1280, 1920];
const JUDGED = [390, 1280]; // axe sees no further difference at the others
const NARROWEST = 320; // 1280 px at 400 percent zoom, WCAG 1.4.10
const PAGES = [
  { name: "home", path: "/", status: 200 },
  { name: "dictionary", path: "/dictionary", status: 200 },
  { name: "manual", path: "/dictionary/manual", status: 200 },
  { name: "chapter", path: "/dictionary/manual/groups", status: 200 },
  { name: "missing", path: "/no-such-page", status: 404 },
];

async function looks(browser, { base, out }) {
  for (const colorScheme of SCHEMES) {
    // the widths between differ in layout only, which has no scheme
    for (const width of colorScheme === "light" ? WIDTHS : JUDGED) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      for (const wanted of PAGES) {
        const where = `${wanted.name} ${colorScheme} ${width}`;
        const page = await open(context, base, wanted, where);
        await page.evaluate(() => document.fonts.ready.then(() => true));
        const unsure = JUDGED.includes(width) ? await accessible(page, where) : [];
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

async function narrow(browser, { base }) {
  const context = await browser.newContext({ viewport: { width: NARROWEST, height: 640 } });
  for (const wanted of PAGES) {
    const where = `${wanted.name} ${NARROWEST}`;
    await fits(await open(context, base, wanted, where), where);
  }
  await context.close();
}

async function withoutJavaScript(browser, { base }) {
  const viewport = { width: 1280, height: 900 };
  const on = await browser.newContext({ viewport });
  const off = await browser.newContext({ viewport, javaScriptEnabled: false });
  for (const wanted of PAGES.filter(({ status }) => status === 200)) {
    const where = `${wanted.name} without JavaScript`;
    const [rich, plain] = [await open(on, base, wanted, where), await open(off, base, wanted, where)];
    const text = await words(plain);
    expect(text.length > 500, `${where}: shows only ${text.length} characters`);
    expect(text === (await words(rich)), `${where}: shows other text than with it`);
    await plain.locator("header nav a[href='/registry']").first().click();
    expect(new URL(plain.url()).pathname === "/registry", `${where}: navigation does not work`);
  }
  await on.close();
  await off.close();
}

/// Every link leads somewhere, and every fragment exists on its page.
async function links(browser, { base }) {
  const context = await browser.newContext();
  const page = await open(context, base, PAGES[0], "links");
  const { origin } = new URL(base);
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

async function keyboard(browser, { base, out }) {
  // without smooth scrolling, which would still be under way when the place is measured
  const viewport = { width: 1280, height: 900 };
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  const page = await open(context, base, PAGES[0], "keyboard");
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent.trim());
  expect(first === "Skip to content", `keyboard: the first stop is "${first}"`);
  await page.screenshot({ path: join(out, "home-skip-link.png") });
  await page.keyboard.press("Enter");
  const main = await page.evaluate(() => document.activeElement.id);
  expect(main === "main", `keyboard: the skip link leads to "${main}"`);
  await page.close();
  const again = await open(context, base, PAGES[0], "keyboard");
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

async function calm(browser, { base }) {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await open(context, base, PAGES[0], "reduced motion");
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

async function paper(browser, { base, out }) {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 720, height: 1000 } });
    const page = await open(context, base, PAGES[0], `print ${colorScheme}`);
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

export const site = [looks, narrow, withoutJavaScript, links, keyboard, calm, paper];
