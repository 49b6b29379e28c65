// Open live streams: what they cost in memory, and whether saving takes longer while they listen.
//
//   node streams.mjs BASE-URL PROCESS-ID PROGRAM DATA-FOLDER

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const [base, pid, program, data] = process.argv.slice(2);
const STREAMS = 500;
const ROUNDS = 4;
const SAMPLE = fileURLToPath(new URL("../../sample/center-9001.xml", import.meta.url));
const run = promisify(execFile);
const call = async (...args) => (await run(program, ["--data", data, ...args])).stdout;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function resident() {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]);
}

/// A stream that has told the counters once; `heard` is called for each further telling.
function stream(agent, heard) {
  return new Promise((ready, failed) => {
    const request = get(`${base}/api/v1/live`, { agent }, (answer) => {
      if (answer.statusCode !== 200) return failed(new Error(`live: ${answer.statusCode}`));
      answer.on("error", () => {}); // it is closed from here
      answer.on("data", (bytes) => {
        if (!bytes.includes("event: figures")) return;
        heard();
        ready(request);
      });
    });
    request.on("error", failed);
  });
}

async function timed(...args) {
  const began = performance.now();
  await call(...args);
  return performance.now() - began;
}

const times = { quiet: [], listened: [] };
if (!(await call("center", "list")).includes("9001")) await call("center", "add", "9001", "Center of the bench");

async function round(into) {
  into.push(await timed("import", "--apply", "-q", SAMPLE));
  await pause(700); // the tellings go out outside of the next time
  const [id] = (await call("import", "list")).split(/\s/);
  await call("import", "undo", id);
  await pause(700);
}

let grown = 0;
let missed = 0;
await round([]); // not counted
for (let each = 0; each < ROUNDS; each += 1) {
  await round(times.quiet);
  const before = await resident();
  const agent = new Agent({ maxSockets: Infinity });
  let tellings = 0;
  const open = await Promise.all(Array.from({ length: STREAMS }, () => stream(agent, () => (tellings += 1))));
  await pause(300);
  grown = Math.max(grown, (await resident()) - before);
  tellings = 0;
  await round(times.listened);
  missed += Math.max(0, 2 * STREAMS - tellings);
  for (const request of open) {
    request.on("error", () => {});
    request.destroy();
  }
  agent.destroy();
  await pause(300);
}

function spread(list) {
  const sorted = [...list].sort((a, b) => a - b).map((time) => time.toFixed(0));
  return `min ${sorted[0]}, median ${sorted[sorted.length >> 1]}`;
}
console.log(`${STREAMS} live streams: resident memory grows by at most ${(grown / 1024).toFixed(1)} MB, ${(grown / STREAMS).toFixed(1)} kB each`);
console.log(`an import of 48 runs, whole command, ms: ${spread(times.quiet)} without them, ${spread(times.listened)} with them`);
console.log(`tellings of two saves that did not arrive within 0.7 s: ${missed} of ${2 * STREAMS * ROUNDS}`);
