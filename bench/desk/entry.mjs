// One adult run typed by keyboard alone, into the desk and into plain forms of the same content.
//
//   node bench/desk/entry.mjs http://127.0.0.1:8088 --program OPENECLS --data FOLDER --accounts EMAIL=PASSWORD,…
//
// The server is an invented registry (`openecls demo`). The plain forms are made from the dictionary that the server
// hands out: one page, one labeled input for each field, menus for codes and for yes and no, times as
// YYYY-MM-DD HH:MM. `answers` has the inputs of this run only, which no form can know beforehand; `fields` has all
// fields of the same forms, with as many rows as the run needs.

import { parseArgs } from "node:util";
import { FORMS, Typist, beginning, card, enter, sign } from "../../e2e/entry.mjs";
import { chromium } from "../../e2e/node_modules/playwright-core/index.mjs";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  options: { program: text, data: text, accounts: text },
  allowPositionals: true,
});
const base = positionals[0].replace(/\/$/, "");
const accounts = new Map(values.accounts.split(",").map((pair) => pair.split("=")));
const desk = { base, program: values.program, data: values.data, accounts };

/// The rows of a CSV text as objects.
function table(csv) {
  const rows = [[""]];
  let quoted = false;
  for (const letter of csv) {
    const row = rows.at(-1);
    if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) row.push("");
    else if (letter === "\n" && !quoted) rows.push([""]);
    else if (letter !== "\r") row[row.length - 1] += letter;
  }
  const [head, ...rest] = rows;
  return rest.filter((row) => row.length === head.length).map((row) => Object.fromEntries(head.map((key, at) => [key, row[at]])));
}

const escape = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/// An input as a plain form has it.
function input({ name, field, lists }) {
  const label = `<label for="${name}">${escape(field.label)}</label> `;
  const codes = lists.get(field.list) ?? [];
  const choices = field.type === "boolean" ? ["Yes", "No"] : codes.map(({ label }) => label);
  // an open list takes codes that it does not hold
  if (codes.some(({ open }) => open !== "") || choices.length === 0 || field.type === "codes") return `${label}<input id="${name}"><br>`;
  return `${label}<select id="${name}"><option></option>${choices.map((choice) => `<option>${escape(choice)}</option>`).join("")}</select><br>`;
}

/// What stands in the card and in all forms, with the names of the inputs in order.
function content(key, born, fields, lists, all) {
  const answers = new Map([...card(key, born), ...FORMS.flatMap(([, form]) => form)]);
  // the desk asks the first mode and the diagnosis on its card
  const named = [...answers].map(([path, value]) => ({ path, key: path.split(".").at(-1), value }));
  const byKey = new Map(fields.map((field) => [field.key, field]));
  if (!all) return named.map(({ path, key: name, value }) => ({ name: path, field: byKey.get(name), value, lists }));
  const forms = new Set(FORMS.map(([form]) => form));
  for (const { key: name } of named) forms.add(byKey.get(name).form);
  const asked = fields.filter(({ form, type }) => forms.has(form) && !["record", "group", "block"].includes(type));
  const typed = asked.filter(({ derive, computed }) => derive === "" && computed !== "yes");
  // one row after the other, each with all its fields
  const groups = new Map();
  const out = [];
  for (const field of typed) {
    const rows = named.filter(({ key: name }) => byKey.get(name).group === field.group && field.group !== "");
    const paths = new Set(rows.map(({ path }) => path.slice(0, path.lastIndexOf("."))));
    if (field.group === "" || paths.size === 0) {
      out.push({ name: field.key, field, value: answers.get(field.key), lists });
    } else if (!groups.has(field.group)) {
      groups.set(field.group, true);
      const own = typed.filter(({ group }) => group === field.group);
      for (const path of paths) {
        for (const one of own) {
          const name = `${path}.${one.key}`;
          out.push({ name, field: one, value: answers.get(name) ?? (path.endsWith(".0") || !path.includes(".") ? answers.get(one.key) : undefined), lists });
        }
      }
    }
  }
  return out;
}

/// Types the answers into a plain form.
async function plain(context, inputs) {
  const page = await context.newPage();
  const body = inputs.map(input).join("\n");
  const html = `<!doctype html><title>Plain</title><form>${body}<button>Save</button></form>`;
  await page.goto(`data:text/html;charset=utf-8,${encodeURIComponent(html)}`);
  const typist = new Typist(page);
  const began = Date.now();
  for (const { name, value } of inputs) {
    await typist.press("Tab");
    if (value === undefined) continue;
    const labels = await page.evaluate(() => [...(document.activeElement.options ?? [])].map(({ label }) => label));
    const focused = await page.evaluate(() => document.activeElement.id);
    if (focused !== name) throw new Error(`plain: ${focused} is focused instead of ${name}`);
    await typist.type(labels.length > 0 ? beginning(labels, labels.includes(value) ? value : wanted(labels, value, name)) : value);
  }
  await typist.press("Tab");
  await typist.press("Enter");
  const took = Date.now() - began;
  await page.close();
  return { keys: typist.keys, loads: 2, seconds: took / 1000, inputs: inputs.length };
}

/// The label that begins with a text, or whose code the text is.
function wanted(labels, value, name) {
  const found = labels.find((label) => label.toLowerCase().startsWith(value.toLowerCase()));
  if (found === undefined) throw new Error(`plain: ${name} has no ${value}`);
  return found;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
const get = async (path) => table(await (await fetch(base + path)).text());
const [fields, codes] = [await get("/dictionary/fields.csv"), await get("/dictionary/codes.csv")];
const lists = new Map();
for (const code of codes) lists.set(code.list, [...(lists.get(code.list) ?? []), code]);

const stamp = String(Date.now());
const born = `19${50 + (Number(stamp.slice(-4)) % 49)}-0${1 + (Number(stamp.slice(-6, -4)) % 9)}-${11 + (Number(stamp.slice(-8, -6)) % 17)}`;
const key = `VV26${stamp.slice(-8)}`;
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const entry = await enter(context, desk, key, born);
const typed = { keys: entry.clerk.keys, loads: entry.clerk.loads, seconds: (Date.now() - entry.began) / 1000 };
await sign(entry, desk);
const signed = { keys: entry.clerk.keys, loads: entry.clerk.loads, seconds: (Date.now() - entry.began) / 1000 };
if (!new URL(entry.page.url()).pathname.endsWith("/receipt")) throw new Error(`no receipt but ${entry.page.url()}`);
// codes are typed by number into the desk; a menu has their meanings
const meant = (inputs) =>
  inputs.map((one) => {
    const code = (lists.get(one.field.list) ?? []).find(({ code, open }) => code === one.value && open === "");
    return code === undefined ? one : { ...one, value: code.label };
  });
const answers = await plain(context, meant(content(key, born, fields, lists, false)));
const whole = await plain(context, meant(content(key, born, fields, lists, true)));
await browser.close();

const line = (name, { keys, loads, seconds, inputs }) =>
  console.log(`| ${name} | ${inputs ?? ""} | ${keys} | ${(typed.keys / keys).toFixed(2)} | ${loads} | ${seconds.toFixed(1)} |`);
console.log("| form | inputs | keys | desk to it | page loads | machine s |\n| --- | --- | --- | --- | --- | --- |");
line("desk, all answers", typed);
line("desk, signed, with receipt", signed);
line("plain, this run's answers only", answers);
line("plain, all fields of the forms", whole);
