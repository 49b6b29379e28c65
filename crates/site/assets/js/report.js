// Keeps a capacity report that cannot be sent, and sends it later with its own time.
//
// Without this script the form is sent as any other. With it, a report that finds no connection stays on this device,
// for the person who made it, until the server has taken it. What is told to the server is how long it waited: the
// clock of a telephone may be wrong.

const RETRY_MS = 15_000;
const LIMIT_MS = 20_000;
const LONG_MS = 30 * 60_000;

const page = document.querySelector("[data-report-by]");
const bar = document.querySelector("[data-report-bar]");
const by = page?.dataset.reportBy ?? "";
const key = `openecls${location.pathname}`;

let sending = false;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}

/// False when this device keeps nothing.
function keep(all) {
  try {
    if (all.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(all));
    return true;
  } catch {
    return false;
  }
}

/// What became of it: taken (with the address of the receipt), unreachable, signed out, or refused.
async function attempt(pairs) {
  let answer;
  try {
    const body = new URLSearchParams(pairs);
    answer = await fetch(location.pathname, { method: "POST", body, signal: AbortSignal.timeout(LIMIT_MS) });
  } catch {
    return { what: "unreachable" };
  }
  if (answer.status >= 500) return { what: "unreachable" };
  if (answer.status === 401 || new URL(answer.url).pathname.startsWith("/sign-in")) return { what: "signed out" };
  return answer.ok ? { what: "taken", url: answer.url } : { what: "refused" };
}

const time = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function say(...parts) {
  bar.hidden = false;
  bar.replaceChildren(...parts);
}

function button(words, press) {
  const it = document.createElement("button");
  it.type = "button";
  it.className = "button center-quiet";
  it.textContent = words;
  it.addEventListener("click", press);
  return it;
}

/// Says what waits here.
function tell(state) {
  const all = kept();
  if (all.length === 0) {
    bar.hidden = true;
    return;
  }
  const first = all[0];
  if (first.by !== by) {
    say(`A report of ${first.name} of ${time(first.at)} waits on this device. Only they can send it. `, button("Throw it away", () => { keep(all.slice(1)); tell(); }));
    return;
  }
  const long = Date.now() - first.at > LONG_MS ? " It has waited for more than 30 minutes: ring your coordinator." : "";
  const why = {
    "signed out": "You are not signed in any more: sign in, and open this page again.",
    refused: "The server did not take it as it is.",
  };
  const told = why[state] ?? "It is sent as soon as there is a connection, with the time at which you made it. Leave this page open, or come back to it.";
  const look = button("Look at it", () => send(first));
  say(`Not sent: your report of ${time(first.at)} is kept on this device. ${told}${long} `, ...(state === "refused" ? [look] : []), button("Throw it away", () => { keep(all.slice(1)); tell(); }));
}

const waited = (item) => ["waited_s", String(Math.max(0, Math.round((Date.now() - item.at) / 1000)))];

/// Sends it as a page, so that its reader sees what is wrong with it.
function send(item) {
  keep(kept().slice(1));
  const form = document.createElement("form");
  form.method = "post";
  form.action = location.pathname;
  for (const [name, value] of [...item.pairs, waited(item)]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

/// Sends what waits, the oldest first.
async function retry() {
  const first = kept()[0];
  if (sending || first === undefined || first.by !== by || first.refused) {
    tell(first?.refused ? "refused" : undefined);
    return;
  }
  sending = true;
  const { what, url } = await attempt([...first.pairs, waited(first)]);
  sending = false;
  if (what === "taken") {
    const rest = kept().slice(1);
    keep(rest);
    if (rest.length === 0) location.assign(url);
    else retry();
    return;
  }
  if (what === "refused") keep([{ ...first, refused: true }, ...kept().slice(1)]);
  tell(what);
}

async function submitted(event) {
  const form = event.currentTarget;
  if (form.dataset.plain === "1" || sending) return;
  event.preventDefault();
  const submitter = event.submitter;
  const pairs = [...new FormData(form, submitter)];
  const at = Date.now();
  sending = true;
  submitter?.setAttribute("aria-disabled", "true");
  const { what, url } = await attempt(pairs);
  sending = false;
  submitter?.removeAttribute("aria-disabled");
  if (what === "taken") {
    location.assign(url);
    return;
  }
  const item = { by, name: page.dataset.reportName, at, pairs };
  if (what === "unreachable" && keep([...kept(), item])) {
    tell();
    bar.scrollIntoView({ block: "center" });
    return;
  }
  // the server's own page says what is wrong
  form.dataset.plain = "1";
  form.requestSubmit(submitter);
}

if (page !== null) {
  for (const form of document.querySelectorAll("form[data-report]")) form.addEventListener("submit", submitted);
  addEventListener("online", retry);
  setInterval(() => kept().length > 0 && retry(), RETRY_MS);
  if (kept().length > 0) retry();
}
