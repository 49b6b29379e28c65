// The data manager's desk: forms that are judged and saved while they are filled in, and lists by keyboard.
//
// Without this script every page works: buttons send the form, the server answers with a page. With it the same form is
// sent to the same addresses in the background, and parts of the answer are put in their places by id.

const LOOK_MS = 250; // after the last change: judged, so that questions open and close
const SAVE_MS = 1500; // after the last change: saved as it is
const TYPING_MS = 5000; // while somebody still types
const RETRY_MS = 10_000; // after a failure
const WARN_MS = 120_000; // before the session ends
const GOING_ON = "desk-going-on"; // set while a page is left for the next form

const ASKS = "input:not([type=hidden], :disabled), select:not(:disabled), textarea";

let heard = Date.now(); // the last answer of the server

const sheet = document.querySelector("form[data-sheet]");
const judged = sheet !== null && "editable" in sheet.dataset ? edit(sheet) : async () => {};
if (sheet !== null) keys(sheet, judged);
else lists();
for (const form of document.querySelectorAll("form[data-sheet][data-editable], form[data-card]")) shorthand(form);
localTimes(document);
watchSession();
document.querySelector(".form-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Gives what ends once the server has judged what stands in the form.
function edit(form) {
  const stateLine = form.querySelector("[data-state-of-save]");
  let changes = "unsaved" in form.dataset ? 1 : 0; // counts changes
  let saved = 0; // the count that is saved
  let busy = false; // one save at a time, in order
  let stuck = false; // somebody else saved first: only a choice goes on
  let lookTimer = 0;
  let saveTimer = 0;
  let looks = 0;
  let looked = 0; // the count that was judged last
  let judging = null; // the question to the server that is under way
  let leaving = false;

  const open = () => changes !== saved;

  function say(text, bad = false) {
    stateLine.textContent = text;
    if (bad) stateLine.dataset.tone = "bad";
    else delete stateLine.dataset.tone;
  }

  function body(button) {
    spellOut(form);
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) data.append(name, value);
    data.delete("do");
    data.append("do", button);
    return data;
  }

  async function send(address, button) {
    const answer = await fetch(address, {
      method: "POST",
      body: body(button),
      headers: { accept: "application/json" },
      credentials: "same-origin",
    });
    if (answer.redirected || !(answer.headers.get("content-type") ?? "").startsWith("application/json")) {
      throw new Error(answer.redirected ? "signed-out" : "refused");
    }
    heard = Date.now();
    return { status: answer.status, told: await answer.json() };
  }

  function later(wait) {
    clearTimeout(saveTimer);
    if (!stuck) saveTimer = setTimeout(save, wait);
  }

  function changed(wait) {
    changes += 1;
    if (!stuck) say("Not saved yet");
    clearTimeout(lookTimer);
    lookTimer = setTimeout(ask, LOOK_MS);
    later(wait);
  }

  function ask() {
    clearTimeout(lookTimer);
    judging = look();
    return judging;
  }

  async function look() {
    const own = ++looks;
    const at = changes;
    try {
      const { status, told } = await send(form.dataset.preview, "look");
      // an answer to an earlier state is not shown
      if (status === 200 && own === looks && at === changes) {
        show(told);
        looked = at;
      }
    } catch {
      // saving says what is wrong
    }
  }

  async function save() {
    if (busy) {
      later(300);
      return true;
    }
    if (!open() || stuck) return !stuck;
    busy = true;
    const at = changes;
    say("Saving …");
    try {
      const { status, told } = await send(form.getAttribute("action"), "draft");
      if (status === 409 && told.conflict) {
        rival(told);
        return false;
      }
      if (told.closed) {
        stuck = true;
        say(told.closed, true);
        return false;
      }
      if (status !== 200) throw new Error("refused");
      form.elements.version.value = told.version;
      saved = at;
      if (at === changes) {
        show(told);
        looked = at;
      }
      say(open() ? "Not saved yet" : `Saved ${clock(new Date())}`);
      return true;
    } catch (error) {
      const why = { "signed-out": "sign in again in another tab", refused: "the server did not take it" };
      const text = why[error.message] ?? "offline";
      say(`Not saved: ${text}. It is kept in this browser tab.`, true);
      later(RETRY_MS);
      return false;
    } finally {
      busy = false;
    }
  }

  function rival(told) {
    stuck = true;
    clearTimeout(saveTimer);
    say(`${told.by ?? "Somebody else"} saved this form. `, true);
    const choose = document.createElement("button");
    choose.type = "submit";
    choose.className = "quiet-button";
    choose.name = "do";
    choose.value = "save";
    choose.textContent = "Compare and choose";
    stateLine.append(choose);
  }

  // Rows: the answer holds the markup of the group.
  async function press(button) {
    const focus = button.getAttribute("formaction").slice(1);
    try {
      const { told } = await send(form.dataset.preview, button.value);
      const old = told.group && document.getElementById(told.group.id);
      if (!old) throw new Error("refused");
      const shut = [...old.querySelectorAll("details.row:not([open])")].map((row) => row.id);
      const holder = document.createElement("template");
      holder.innerHTML = told.group.html;
      for (const id of shut) {
        const row = id === focus ? null : holder.content.getElementById(id);
        if (row !== null && row.dataset.state !== "refused") row.removeAttribute("open");
      }
      old.replaceWith(holder.content);
      show(told);
      changed(SAVE_MS);
      clearTimeout(lookTimer);
      looked = changes;
      const row = document.getElementById(focus);
      if (row !== null) {
        if ("open" in row) row.open = true;
        (row.querySelector(".row-body :is(input:not([type=hidden]), select, textarea), button, summary") ?? row).focus();
      }
    } catch {
      form.requestSubmit(button); // the page does it
    }
  }

  form.addEventListener("change", (event) => changed(event.target.matches("input[name^='right:']") ? 0 : SAVE_MS));
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[type=radio], [type=checkbox], select, [list]")) {
      changes += 1;
      if (!stuck) say("Not saved yet");
      later(TYPING_MS);
    }
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do][formaction]");
    if (button !== null) {
      event.preventDefault();
      press(button);
    }
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(saveTimer);
  });
  addEventListener("beforeunload", (event) => {
    if (open() && !leaving) event.preventDefault();
  });
  addEventListener("online", () => open() && later(0));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && open()) save();
  });
  // a link to another form waits for what is not saved yet
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[href^='/']");
    if (link === null || !open() || stuck || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    while (busy) await new Promise((done) => setTimeout(done, 50));
    if (await save()) leaving = true;
    location.assign(link.href);
  });
  looked = changes;
  return async () => {
    await judging;
    if (looked !== changes) await ask();
  };
}

// Puts what the server says of the form in its places.
function show(told) {
  const active = document.activeElement;
  // what somebody is typing in stays; a tick may go once it is taken
  const holds = (element) => element.contains(active) && active !== element && active.type !== "checkbox";
  const parts = told.parts ?? {};
  for (const [id, html] of Object.entries(parts)) {
    const element = document.getElementById(id);
    if (element === null || holds(element)) continue;
    const held = element.contains(active);
    if (element.dataset.shown !== html && element.innerHTML !== html) element.innerHTML = html;
    if (held && !active.isConnected) document.getElementById(`f-${id.slice(2)}`)?.focus({ preventScroll: true });
    element.dataset.shown = html;
    localTimes(element);
  }
  for (const element of document.querySelectorAll(".field-said, .converted")) {
    if (!(element.id in parts) && element.innerHTML !== "" && !holds(element)) {
      element.innerHTML = "";
      delete element.dataset.shown;
    }
  }
  const unasked = new Set(told.unasked ?? []);
  const states = told.states ?? {};
  Object.assign(sheet.dataset, told.span);
  for (const element of document.querySelectorAll("[data-field]")) {
    const path = element.dataset.field;
    if (unasked.has(path)) element.dataset.asked = "no";
    else delete element.dataset.asked;
    if (path in states) element.dataset.state = states[path];
    else delete element.dataset.state;
    const bad = states[path] === "refused";
    const input = document.getElementById(`f-${path}`);
    if (input !== null && "name" in input) {
      if (bad) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }
}

function keys(form, judged) {
  const submit = (value) => {
    const button = form.querySelector(`.sheet-do button[value="${value}"]`) ?? form.querySelector("button[value=save]");
    if (button !== null && "editable" in form.dataset) form.requestSubmit(button);
  };
  document.addEventListener("keydown", async (event) => {
    const control = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    const alt = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (control && event.key === "s") {
      event.preventDefault();
      submit("save");
    } else if (control && event.key === "Enter") {
      event.preventDefault();
      submit("next");
    } else if (alt && event.code === "KeyN") {
      event.preventDefault();
      nextProblem(form);
    } else if (alt && event.code === "KeyJ") {
      event.preventDefault();
      nextPart(form);
    } else if (alt && event.code === "KeyA") {
      event.preventDefault();
      addRow(form);
    } else if (plain && event.key === "Enter" && !event.isComposing && answers(event.target)) {
      event.preventDefault();
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
      await judged();
      nextProblem(form);
    }
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-next-problem]") !== null) {
      event.preventDefault();
      nextProblem(form);
    } else {
      const link = event.target.closest(".problems a[href^='#f-']");
      if (link !== null && lead(document.getElementById(link.getAttribute("href").slice(1)))) event.preventDefault();
    }
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "next") sessionStorage.setItem(GOING_ON, "1");
  });
  const hash = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  // whoever goes on from form to form finds the first open question, or the first one
  const goesOn = sessionStorage.getItem(GOING_ON) !== null;
  sessionStorage.removeItem(GOING_ON);
  if (!lead(hash) && goesOn && "editable" in form.dataset && !nextProblem(form, false)) nextPart(form);
}

// Where Enter means: that is answered, what is next?
function answers(element) {
  if (element.closest("form[data-sheet]") === null) return false;
  return element.matches("input:not([type=hidden]), select") && !element.matches("select:open");
}

// The next field after the focused one with something to mend, to check or to answer; from the end, the first; when
// there is none, the button that goes on.
function nextProblem(form, orOn = true) {
  const open = [...form.querySelectorAll("[data-field][data-state]:not([data-state=confirmed])")];
  const here = document.activeElement;
  const after = open.filter(
    (field) => !field.contains(here) && here.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const field = (form.contains(here) ? after[0] : undefined) ?? open.find((field) => !field.contains(here)) ?? open[0];
  if (field !== undefined) {
    // of a part that misses something, its first question, or the button that adds a row
    const inside = field.matches(".group, .block") ? [...field.querySelectorAll(`${ASKS}, .group-more button`)] : [];
    const first = inside.find((input) => input.checkVisibility());
    return lead(first ?? document.getElementById(`f-${field.dataset.field}`));
  }
  const on = ["[data-sign]", ".sheet-next", ".sheet-do button", ".sheet-do a"];
  if (orOn) on.map((way) => form.querySelector(way)).find((way) => way !== null)?.focus();
  return false;
}

// The first question of the next section, block or row.
function nextPart(form) {
  const here = document.activeElement;
  const parts = [...form.querySelectorAll(".form-part, .block, .group, .row-body")];
  const stops = `${ASKS}, .group-more button`;
  const firsts = parts.map((part) => [...part.querySelectorAll(stops)].find((input) => input.checkVisibility()));
  const after = (input) => here.compareDocumentPosition(input) & Node.DOCUMENT_POSITION_FOLLOWING;
  const own = firsts.filter((input) => input !== undefined && input !== here);
  const next = (form.contains(here) ? own.find(after) : undefined) ?? own[0] ?? form.querySelector(ASKS);
  if (next) lead(next);
}

// One row more, of the innermost group around the focus, or of the first group.
function addRow(form) {
  const around = document.activeElement.closest(".group") ?? form.querySelector(".group");
  around?.querySelector(":scope > .group-more button")?.click();
}

// Short ways to answer: a day or time by its place in the run, a choice by its first letters.
function shorthand(form) {
  let typed = "";
  let typedAt = 0;
  let typedIn = "";
  // before anybody else reads them
  for (const event of ["change", "submit"]) form.addEventListener(event, () => spellOut(form), true);
  form.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!target.matches("input[type=radio]") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (key.length !== 1 || key === " ") return;
    const goesOn = typedIn === target.name && event.timeStamp - typedAt < 1000;
    typed = (goesOn ? typed : "") + key.toLowerCase();
    typedAt = event.timeStamp;
    typedIn = target.name;
    const all = [...form.querySelectorAll(`input[type=radio][name="${CSS.escape(target.name)}"]`)];
    const begins = (radio) => radio.closest("label").textContent.trim().toLowerCase().startsWith(typed);
    all.find((radio) => !radio.disabled && begins(radio))?.focus();
    const found = document.activeElement;
    if (all.includes(found) && begins(found) && !found.checked) found.click();
    event.preventDefault();
  });
}

function spellOut(form) {
  for (const input of form.querySelectorAll("input[data-moment]")) {
    const meant = input.value === "" ? null : moment(input, form);
    if (meant !== null) input.value = meant;
  }
}

// `s`, `e`: start and end of the run; `n`: now; `p`: the time before this one on the page; `3 1405` or `+3 1405`: on the
// third day after the day of the start. What else is typed stays as it is.
function moment(input, form) {
  const text = input.value.trim().toLowerCase();
  const day = input.dataset.moment === "date";
  const fit = (known) => (known ? known.slice(0, day ? 10 : 16) : null);
  if (text === "n") {
    const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000);
    return fit(now.toISOString().replace("T", " "));
  }
  if (text === "s") return fit(form.dataset.begin);
  if (text === "e") return fit(form.dataset.end);
  if (text === "p") {
    const all = [...form.querySelectorAll("input[data-moment]")];
    const before = all.slice(0, all.indexOf(input)).findLast((other) => other.value !== "");
    return fit(before?.value);
  }
  const parts = /^\+?(\d{1,3})(?:\s+(\d{1,2})[:.]?(\d\d))?$/.exec(text);
  const begin = Date.parse(`${(form.dataset.begin ?? "").slice(0, 10)}T00:00Z`);
  if (parts === null || Number.isNaN(begin) || (parts[2] === undefined) !== day) return null;
  if (day && !text.startsWith("+")) return null;
  const date = new Date(begin + Number(parts[1]) * 86_400_000).toISOString().slice(0, 10);
  return day ? date : `${date} ${parts[2].padStart(2, "0")}:${parts[3]}`;
}

// Opens the rows around an input and goes there.
function lead(target) {
  if (target === null || target.closest("form[data-sheet]") === null) return false;
  for (let row = target.closest("details"); row !== null; row = row.parentElement.closest("details")) row.open = true;
  const group = target.matches("details") ? target : target.closest("[data-field]");
  const input = target.matches("input, select, textarea, summary, button, [tabindex]")
    ? target
    : group?.querySelector("input:not([type=hidden]), select, textarea, button");
  // one radio of a group can be reached: the chosen one
  const chosen = input?.type === "radio" ? group.querySelector("input:checked") : null;
  (chosen ?? input ?? target).focus({ preventScroll: false });
  (chosen ?? input ?? target).scrollIntoView({ block: "center" });
  return true;
}

// Lists and runs. With Alt everywhere; in a list without it too.
function lists() {
  const all = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  const press = (selector) => {
    const link = document.querySelector(selector);
    if (link?.dataset.next === "form") sessionStorage.setItem(GOING_ON, "1");
    link?.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const inList = event.target.closest("[data-row]") !== null && !event.target.matches("input, select, textarea");
    if (!event.altKey && !inList) return;
    const list = all();
    const at = list.findIndex((row) => row.contains(document.activeElement));
    const to = (index) => list[index]?.querySelector("[data-open]")?.focus();
    const code = event.code;
    if (code === "KeyJ") to(Math.min(at + 1, list.length - 1));
    else if (code === "KeyK") to(Math.max(at - 1, 0));
    else if (code === "KeyN") press("[data-next]");
    else if (code === "KeyP") press("[data-prev]");
    else if (code === "KeyA" && event.altKey) press("[data-start]");
    else if (event.key === "/") document.querySelector("[data-search]")?.focus();
    else return;
    event.preventDefault();
  });
}

// Times of the server are shown as the reader's clock has them.
function localTimes(root) {
  for (const time of root.querySelectorAll(".sheet-saved time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      const today = at.toDateString() === new Date().toDateString();
      time.textContent = today ? clock(at) : `${at.toLocaleDateString("en-CA")} ${clock(at)}`;
    }
  }
}

function clock(at) {
  return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

// Says before it happens that the session ends; what is typed stays on the page.
function watchSession() {
  const account = document.querySelector("[data-session-idle]");
  if (account === null || sheet === null) return;
  const idle = Date.parse(account.dataset.sessionIdle) - Date.now(); // how long from the last request
  const end = Date.parse(account.dataset.sessionEnd);
  let note = null;
  setInterval(() => {
    const ends = Math.min(heard + idle, end);
    const left = ends - Date.now();
    if (left > WARN_MS) {
      note?.remove();
      note = null;
      return;
    }
    if (note === null) {
      note = document.createElement("div");
      note.className = "idle";
      note.setAttribute("role", "alert");
      document.body.append(note);
    }
    note.textContent =
      left > 0
        ? `You will be signed out at ${clock(new Date(ends))} unless you go on. What you typed stays on this page.`
        : "You have been signed out. What you typed stays on this page: sign in again in another tab, then save.";
  }, 5000);
}
