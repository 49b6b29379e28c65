// Processor time of the server for each page of the desk, by the ticks of its process. Called by bench/desk/run.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { signIn } from "../../e2e/people.mjs";
import { chromium } from "../../e2e/node_modules/playwright-core/index.mjs";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  options: { program: text, data: text, accounts: text, pid: text, requests: text },
  allowPositionals: true,
});
const base = positionals[0].replace(/\/$/, "");
const accounts = new Map(values.accounts.split(",").map((pair) => pair.split("=")));
const desk = { base, program: values.program, data: values.data, accounts };
const requests = Number(values.requests);
/// A tick of /proc is 10 ms: so many requests are needed for two digits.
const TICK = 10;
const ROUNDS = 3;
/// What a list page with 50 rows may take (performance anchors, 1), in microseconds.
const ANCHOR = 250;

const ticks = () => {
  const fields = readFileSync(`/proc/${values.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return Number(fields[11]) + Number(fields[12]);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
const context = await browser.newContext();
const page = await signIn(context, desk, "data-manager");
const home = new URL(page.url()).pathname;
await page.goto(`${base}${home}?list=locked`);
const count = await page.locator("a[href$='list=locked'] .lists-count").textContent();
const run = new URL(await page.locator("[data-row] a[data-open]").first().evaluate((link) => link.href)).pathname;
await page.goto(base + run);
const forms = await page.$$eval(".form-list a", (links) => links.map((link) => new URL(link.href)).map(({ pathname, search }) => pathname + search));
await page.goto(`${base}${run}/history`);
const compare = await page.$$eval("a[href*='compare']", (links) => links.map((link) => link.href).slice(0, 1));
const paths = [
  home, `${home}?list=locked`, `${home}?list=locked&view=grid`, `${home}/queries`, `${home}/quality`, run, `${run}/history`,
  ...compare.map((href) => href.slice(base.length)), `${run}/receipt`, ...forms,
];
const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
await browser.close();

async function ask(path) {
  const answer = await fetch(base + path, { headers: { cookie }, redirect: "manual" });
  const body = await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  return body.byteLength;
}

console.log(`the center has ${count.trim()} locked runs; ${requests} requests of each page in ${ROUNDS} rounds, one after the other`);
console.log("| page | bytes | processor µs, least | to the anchor of 250 µs | wall ms, least |\n| --- | --- | --- | --- | --- |");
for (const path of paths) {
  const rounds = [];
  let bytes = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [before, began] = [ticks(), performance.now()];
    for (let at = 0; at < requests; at += 1) bytes = await ask(path);
    rounds.push({ cpu: ((ticks() - before) * TICK * 1000) / requests, wall: (performance.now() - began) / requests });
  }
  const [, ...kept] = rounds; // the first one warms up
  const cpu = Math.min(...kept.map((round) => round.cpu));
  const wall = Math.min(...kept.map((round) => round.wall));
  const name = path.replace(/[0-9a-f]{8}-[-0-9a-f]{27}/g, "…").replace(/\?run=.*/, "");
  console.log(`| ${name} | ${bytes} | ${cpu.toFixed(0)} | ${(cpu / ANCHOR).toFixed(1)}x | ${wall.toFixed(2)} |`);
}
