// Browser checks of a running OpenECLS.
//
//   node check.mjs http://127.0.0.1:8088 [--shots FOLDER] [--program OPENECLS --data FOLDER [--accounts EMAIL=PASSWORD,… [--crawl]]]
//
// Needs Debian's chromium, or the browser that CHROMIUM names. Ends with 1 and a list if anything is
// wrong: accessibility rules (axe), sideways scrolling, messages on the console, requests to other
// servers, dead links, keyboard, reduced motion, printing, and the same content without JavaScript.
// With the program and its data folder, records are changed while a page is open. With the accounts of an invented
// registry, only what needs signing in is looked at, and the ways to sign in, at a registry and a sign-in service of
// their own; with --crawl instead every kind of page as everybody.

import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { counted, faults } from "./browser.mjs";
import { capacity } from "./capacity.mjs";
import { everybody, people } from "./desk.mjs";
import { live } from "./live.mjs";
import { map } from "./map.mjs";
import { registry } from "./registry.mjs";
import { signin } from "./signin.mjs";
import { site } from "./site.mjs";

const text = { type: "string" };
const OPTIONS = { shots: text, program: text, data: text, accounts: text, crawl: { type: "boolean" } };
const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
if (positionals.length !== 1 || (values.program === undefined) !== (values.data === undefined)) {
  console.error("usage: node check.mjs BASE-URL [--shots FOLDER] [--program OPENECLS --data FOLDER]");
  process.exit(2);
}
const out = values.shots ?? join(tmpdir(), "openecls-shots");
const desk = { base: positionals[0].replace(/\/$/, ""), out, program: values.program, data: values.data };
desk.accounts = new Map((values.accounts ?? "").split(",").map((pair) => pair.split("=")));

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
// records change in the last part, so what is compared before it stays as it is
const open = [...site, ...registry, ...(desk.program === undefined ? [] : live)];
const signed = values.crawl ? everybody : [...people, ...capacity, map, signin];
const parts = values.accounts === undefined ? open : signed;
try {
  for (const part of parts) {
    const began = Date.now();
    await part(browser, desk);
    console.log(`done ${part.name} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.error(`FAULT ${fault}`);
if (desk.program === undefined) console.log("without --program and --data: nothing was changed under an open page");
console.log(`${counted()} checks, ${faults.length} faults; screenshots in ${out}`);
process.exit(faults.length ? 1 : 0);
