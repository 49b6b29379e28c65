// A typical adult run on veno-venous support, entered by keyboard alone: what is typed, how often a key is pressed, and
// the same answers in a plain form. Also measured by bench/desk.

import { code, signIn } from "./people.mjs";

const START = "2026-10-01 14:05";
const CHANGE = "2026-10-06 09:30";
const END = "2026-10-12 16:20";

const cannula = (at, answers) => answers.map(([key, value]) => [`cannulation.${at}.${key}`, value]);
const device = (kind, model) => [
  [`${kind}_line.0.${kind}_device.0.${kind}_device_id`, model],
  [`${kind}_line.0.${kind}_device.0.${kind}_added_replaced`, "1 (added"],
  [`${kind}_line.0.${kind}_device.0.${kind}_start`, START],
  [`${kind}_line.0.${kind}_device.0.${kind}_end`, END],
];
const vessel = (at, site, size, purpose) =>
  cannula(at, [
    ["cannula_site", site],
    ["cannula_percutaneous", "Yes"],
    ["cannula_preexisting", "No"],
    ["cannula_product", "Unknown"],
    ["cannula_size_fr", size],
    ["cannula_added_replaced", "1 (added"],
    ["cannula_start", START],
    ["cannula_end", END],
    ["cannula_purpose_period.0.cannula_purpose", purpose],
    ["cannula_purpose_period.0.cannula_purpose_start", START],
    ["cannula_purpose_period.0.cannula_purpose_end", END],
  ]);
const gas = (when, ph, co2, o2, fio2, hco3) => [
  [`${when}_ph`, ph],
  [`${when}_pco2_mmhg`, co2],
  [`${when}_po2_mmhg`, o2],
  [`${when}_fio2_pct`, fio2],
  [`${when}_hco3_mmol_l`, hco3],
];
const settings = (when, peep, systolic, diastolic) => [
  [`${when}_vent_type`, "Conventional"],
  [`${when}_vent_rate`, "14"],
  [`${when}_pip`, "28"],
  [`${when}_peep`, peep],
  [`${when}_sbp_mmhg`, systolic],
  [`${when}_dbp_mmhg`, diastolic],
];

/// What is asked when a patient goes on support; the key is chosen at each entry.
export const card = (key, born) => [
  ["patient_unique_id", key],
  ["birth_date", born],
  ["sex", "Male"],
  ["support_type", "Pulmonary"],
  ["mode_code", "Veno-venous"],
  ["mode_start", START],
  ["run_weight_kg", "82"],
  ["diagnosis_code", "J12.8"],
];

/// The answers of each form in the order of the forms; codes by their meaning.
export const FORMS = [
  ["hospitalization", [
    ["hosp_admit_datetime", "2026-09-29 18:40"],
    ["hosp_discharged_alive", "Yes"],
    ["hosp_discharge_datetime", "2026-11-02 11:00"],
    ["hosp_discharge_location", "Home"],
  ]],
  ["run", [["run_height_cm", "178"]]],
  ["pre_ecls_assessment", [...gas("pre", "7.21", "68", "54", "100", "26"), ...settings("pre", "14", "105", "58")]],
  ["ecls_24h_assessment", [
    ...gas("h24", "7.38", "42", "71", "40", "25"),
    ...settings("h24", "12", "112", "61"),
    ["pump_flow_4h_l_min", "4.2"],
    ["pump_flow_24h_l_min", "4.0"],
    ["mobilization_day7", "Exercises"],
  ]],
  ["pre_ecls_support", [
    ["pre_support_mechanical_used", "No"],
    ["pre_support_renal_pulm_other_used", "No"],
    ["pre_support_medications_used", "No"],
    ["pre_support_vasoactive_used", "No"],
  ]],
  ["mode", [
    ["concurrent_mode.0.mode_period.0.mode_end", CHANGE],
    ["concurrent_mode.0.mode_period.1.mode_code", "Veno-arterio-venous"],
    ["concurrent_mode.0.mode_period.1.mode_start", CHANGE],
    ["concurrent_mode.0.mode_period.1.mode_end", END],
  ]],
  ["cannulation", [
    ...vessel(0, "Right femoral vein", "25", "Blood to the circuit"),
    ...vessel(1, "Left femoral vein", "21", "Blood to the patient"),
  ]],
  ["equipment", [
    ...device("pump", "Rotaflow"),
    ...device("lung", "Quadrox PLS-i"),
    ...device("console", "Rotaflow II console"),
  ]],
  ["complication", [
    ["complications_enabled", "Yes"],
    ["complication.0.complication_code", "415"],
    ["complication.0.complication_datetime", "2026-10-03 08:15"],
    ["complication.0.complication_date_estimated", "No"],
    ["complication.1.complication_code", "121"],
    ["complication.1.complication_datetime", "2026-10-08 21:40"],
    ["complication.1.complication_date_estimated", "No"],
  ]],
  ["infection", [["infections_enabled", "No"]]],
  ["outcome", [["discontinuation_reason", "Recovery expected"]]],
];

/// The shortest beginning of a label that leads to it, among labels in this order.
export function beginning(labels, wanted) {
  const lower = labels.map((label) => label.trim().toLowerCase());
  const at = lower.findIndex((label) => label.startsWith(wanted.toLowerCase()));
  if (at < 0) throw new Error(`no choice is called ${wanted}: ${labels.join(", ")}`);
  for (let length = 1; length <= lower[at].length; length += 1) {
    const text = lower[at].slice(0, length);
    if (lower.findIndex((label) => label.startsWith(text)) === at) return text;
  }
  throw new Error(`${wanted} has another choice's name`);
}

const JUDGED = { timeout: 2000 };

/// Up to so many stops a reader goes with the tabulator.
const TABS = 3;

/// Presses keys and counts them: each key counts, also those that are held.
export class Typist {
  keys = 0;
  constructor(page) {
    this.page = page;
  }

  async press(chord, times = 1) {
    for (let time = 0; time < times; time += 1) {
      await this.page.keyboard.press(chord);
      this.keys += chord.split("+").length;
    }
  }

  async type(text) {
    await this.page.keyboard.type(text);
    this.keys += text.length;
  }
}

/// What is focused, and what the ways of going on lead to.
function around(form) {
  const here = document.activeElement;
  const field = (element) => element?.closest("[data-field]")?.dataset.field ?? element?.name;
  const stops = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  const seen = new Set();
  const reached = stops.filter((stop) => {
    if (stop.disabled || stop.tabIndex < 0 || !stop.checkVisibility()) return false;
    if (stop.type !== "radio") return true;
    // a group of radio buttons is one stop: the one that is chosen
    const chosen = document.querySelector(`input[type=radio][name="${CSS.escape(stop.name)}"]:checked`);
    if (chosen !== null) return stop === chosen;
    if (seen.has(stop.name)) return false;
    return seen.add(stop.name);
  });
  const at = reached.indexOf(here);
  const ahead = reached.slice(at + 1).map(field);
  const open = [...document.querySelectorAll(`${form} [data-field][data-state]:not([data-state=confirmed])`)];
  const after = (one) => here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING && !one.contains(here);
  const parts = [...document.querySelectorAll([".form-part", ".block", ".group", ".row-body"].map((part) => `${form} ${part}`))];
  const firsts = parts.map((part) => reached.find((stop) => part.contains(stop)));
  const part = firsts.find((stop) => stop !== undefined && stop !== here && after(stop));
  return {
    here: field(here),
    next: here.closest(form) && open.find(after)?.dataset.field,
    ahead,
    /// How many stops ahead the next part begins.
    hop: part === undefined ? Infinity : reached.indexOf(part) - at,
  };
}

/// Enters answers into a form of the desk in the fewest keys that its short ways allow.
export class Clerk extends Typist {
  constructor(page, form) {
    super(page);
    this.form = form;
    this.loads = 0;
    page.on("load", () => (this.loads += 1));
  }

  async state() {
    return this.page.evaluate(around, this.form);
  }

  /// Goes to the input of a field: it is there, or the next problem, or some stops ahead, or in a part further down.
  async reach(path) {
    let { here, ahead, hop, next } = await this.state();
    if (here === path) return;
    if ((await this.page.locator(`[data-field="${path}"], [name="${path}"]`).count()) === 0) {
      const group = path.replace(/\.\d+\.[^.]+$/, "");
      await this.addRow(group);
      return this.reach(path);
    }
    const tabs = ahead.indexOf(path) + 1;
    if (next === path && tabs > 1) {
      await this.press("Enter");
      await this.page.waitForFunction(
        ([before]) => document.activeElement?.closest("[data-field]")?.dataset.field !== before,
        [here],
      );
    } else {
      for (let hops = 0; hops < 12 && here !== path; hops += 1) {
        const left = ahead.indexOf(path) + 1;
        if (left > 0 && (left <= TABS || hop > left)) {
          await this.press("Tab", left);
          break;
        }
        await this.press("Alt+j");
        ({ here, ahead, hop } = await this.state());
      }
    }
    ({ here } = await this.state());
    if (here !== path) throw new Error(`${path}: the keys lead to ${here}`);
  }

  /// One row more: by its key within the group, by its button elsewhere.
  async addRow(group) {
    const rows = await this.page.locator("details.row").count();
    const within = await this.page.evaluate(() => {
      const around = document.activeElement.closest(".group") ?? document.querySelector(".group");
      return around?.dataset.field;
    });
    if (within === group) {
      await this.press("Alt+a");
    } else {
      await this.reach(group);
      await this.press("Enter");
    }
    await this.page.waitForFunction((before) => document.querySelectorAll("details.row").length > before, rows);
  }

  /// Answers the focused question.
  async answer(path, value) {
    const asked = await this.page.evaluate(() => {
      const input = document.activeElement;
      const labels =
        input.type === "radio"
          ? [...document.getElementsByName(input.name)].map((radio) => radio.closest("label").textContent.trim())
          : [...(input.options ?? [])].map((option) => option.label);
      const form = input.form;
      const before = [...form.querySelectorAll("input[data-moment]")].slice(0, -1);
      const own = before.indexOf(input);
      const last = before.slice(0, own < 0 ? undefined : own).findLast((other) => other.value !== "")?.value;
      const { begin, end } = form.dataset;
      return { kind: input.localName, type: input.type, moment: input.dataset.moment, labels, last, begin, end };
    });
    if (asked.type === "radio" || asked.kind === "select") {
      // other questions may open or close: a reader sees that before going on
      const onCard = (await this.page.locator("form[data-card]").count()) > 0;
      const judged = onCard ? null : this.page.waitForResponse((answer) => answer.url().includes("/preview"), JUDGED);
      await this.type(beginning(asked.labels, value));
      await judged?.catch(() => {}); // an answer that stood there already is not judged again
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    else if (asked.moment === "time") await this.type(short(value, asked));
    else await this.type(value);
    return asked;
  }

  async fill(answers) {
    for (const [path, value] of answers) {
      await this.reach(path);
      await this.answer(path, value);
    }
  }
}

/// A moment in the fewest keys.
function short(value, { begin, end, last }) {
  if (value === begin) return "s";
  if (value === end) return "e";
  if (value === last) return "p";
  const [day, time] = value.split(" ");
  const digits = time.replace(":", "");
  const days = begin ? (Date.parse(`${day}T00:00Z`) - Date.parse(`${begin.slice(0, 10)}T00:00Z`)) / 86_400_000 : -1;
  return days >= 0 && days < 1000 ? `${days} ${digits}` : `${day.replaceAll("-", "")} ${digits}`;
}

/// Waits until the page that a key opens is there.
async function opened(page, act) {
  await Promise.all([page.waitForEvent("load"), act()]);
}

/// The whole entry from the worklist to the receipt; gives what it cost, and what the run says at the end.
export async function enter(context, desk, key, born) {
  const page = await signIn(context, desk, "data-manager");
  const clerk = new Clerk(page, "form[data-sheet], form[data-card]");
  const began = Date.now();
  await opened(page, () => clerk.press("Alt+a"));
  await clerk.fill(card(key, born));
  await opened(page, () => clerk.press("Enter"));
  const run = new URL(page.url()).pathname;
  await opened(page, () => clerk.press("Alt+n"));
  for (const [form, answers] of FORMS) {
    for (let skipped = 0; !new URL(page.url()).pathname.endsWith(`/${form}`); skipped += 1) {
      if (skipped > 3) throw new Error(`${form}: the keys lead to ${page.url()}`);
      await opened(page, () => clerk.press("Control+Enter"));
    }
    await clerk.fill(answers);
  }
  return { page, clerk, run, began };
}

/// Signs the entered run: from the last form to the receipt, with the code asked for when it is due.
export async function sign({ page, clerk }, desk) {
  await page.waitForTimeout(400);
  await clerk.press("Enter");
  await page.locator("[data-sign]:focus").waitFor({ timeout: 5000 });
  await opened(page, () => clerk.press("Enter"));
  if (new URL(page.url()).pathname === "/account/step-up") {
    await clerk.type(await code(desk, "data-manager@demo.example"));
    await opened(page, () => clerk.press("Enter"));
  }
  if ((await page.locator("input[name=right]:focus").count()) > 0) {
    await clerk.press("Space");
    await clerk.press("Tab");
  }
  await page.locator("#signature:focus").waitFor();
  await opened(page, () => clerk.press("Enter"));
}
