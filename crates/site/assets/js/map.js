// Moves the capacity map and opens the card of a center.
//
// Without this script the steps beside the map and its rings are links, and a mark leads to the page of its center. With
// it the same pictures are asked for without leaving the page: the server alone decides what is drawn, so that a light is
// never older than the rest. A gesture moves the picture at once and then asks for the part of the world it ended at.

const CLOSEST = 12; // units of the world's box, as on the server
const SLACK_PX = 4; // a press that moves less is a click
const PAUSE_MS = 180; // after the last turn of the wheel

const figure = () => document.querySelector("[data-capacity] [data-view]");
const card = document.querySelector("[data-capacity-card]");
const voice = document.querySelector("[data-capacity-voice]");
const numbers = (text) => text.split(",").map(Number);

/// The picture that is shown at this width.
const sheet = () => [...(figure()?.querySelectorAll("svg.capacity-map") ?? [])].find((it) => it.getBoundingClientRect().width > 0);

// --- the view ---

let moved = null; // how the picture is moved now: a point p stands at k * p + (x, y)
let later = 0;
let toMap = false; // after a ring was opened, the reader goes on in the map

function show() {
  sheet()?.querySelector(".capacity-world")?.setAttribute("transform", `translate(${moved.x} ${moved.y}) scale(${moved.k})`);
  figure().dataset.busy = "1";
}

function begin() {
  moved ??= { k: 1, x: 0, y: 0 };
  clearTimeout(later);
}

/// Scales around a point of the picture, within the world and not closer than sense.
function scale(by, at) {
  const [, , width] = numbers(figure().dataset.view);
  const [world] = numbers(figure().dataset.world);
  const k = Math.min(Math.max(moved.k * by, width / world), width / CLOSEST);
  const turn = k / moved.k;
  moved = { k, x: at.x - turn * (at.x - moved.x), y: at.y - turn * (at.y - moved.y) };
}

/// A point of the screen in the units of the picture.
function point(event) {
  const box = sheet().getBoundingClientRect();
  const units = sheet().viewBox.baseVal.width / box.width;
  return { x: (event.clientX - box.left) * units, y: (event.clientY - box.top) * units };
}

function renew() {
  document.dispatchEvent(new CustomEvent("capacity:renew"));
}

/// Asks for the part of the world at which a gesture ended.
function end() {
  clearTimeout(later);
  if (moved === null) return;
  const [left, top, width] = numbers(figure().dataset.view);
  const units = width / sheet().viewBox.baseVal.width;
  const view = [left - (moved.x / moved.k) * units, top - (moved.y / moved.k) * units, width / moved.k];
  const address = new URL(location.href);
  address.searchParams.set("at", view.map((it) => Math.round(it * 10)).join(","));
  moved = null;
  delete figure().dataset.busy;
  history.replaceState(null, "", address);
  renew();
}

function go(href) {
  history.pushState(null, "", href);
  renew();
}

// --- gestures ---

let grip = null; // where the mouse or pen holds the picture
let fingers = null; // where two fingers hold it

function press(event) {
  if (event.button !== 0 || event.pointerType === "touch" || !sheet()?.contains(event.target)) return;
  grip = { x: event.clientX, y: event.clientY, id: event.pointerId, at: null };
}

function drag(event) {
  if (grip === null || event.pointerId !== grip.id) return;
  if (grip.at === null) {
    if (Math.hypot(event.clientX - grip.x, event.clientY - grip.y) < SLACK_PX) return;
    begin();
    sheet().setPointerCapture(grip.id);
    grip.at = { ...moved, from: point({ clientX: grip.x, clientY: grip.y }) };
  }
  const to = point(event);
  moved = { k: grip.at.k, x: grip.at.x + to.x - grip.at.from.x, y: grip.at.y + to.y - grip.at.from.y };
  show();
}

function release() {
  const dragged = grip !== null && grip.at !== null;
  grip = null;
  if (!dragged) return;
  // the press that ends a drag is no click on a mark; one that comes later is
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => {
    removeEventListener("click", swallow, { capture: true });
    end();
  });
}

function turn(event) {
  if (!(event.ctrlKey || event.metaKey) || !sheet()?.contains(event.target)) return;
  event.preventDefault();
  begin();
  scale(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.004)), point(event));
  show();
  later = setTimeout(end, PAUSE_MS);
}

const between = (touches) => {
  const [a, b] = touches;
  const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
  return { at: point(middle), apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) };
};

function touch(event) {
  if (event.touches.length !== 2 || !sheet()?.contains(event.target)) return;
  event.preventDefault();
  begin();
  fingers = between(event.touches);
}

function pinch(event) {
  if (fingers === null || event.touches.length !== 2) return;
  event.preventDefault();
  const now = between(event.touches);
  moved = { ...moved, x: moved.x + now.at.x - fingers.at.x, y: moved.y + now.at.y - fingers.at.y };
  scale(now.apart / Math.max(fingers.apart, 1), now.at);
  fingers = now;
  show();
}

function lift() {
  if (fingers === null) return;
  fingers = null;
  end();
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !figure()?.contains(event.target)) return;
  const name = event.key === "=" ? "+" : event.key;
  const step = figure().querySelector(`a[data-step="${CSS.escape(name)}"]`);
  if (step === null) return;
  event.preventDefault();
  step.click();
}

// --- the card ---

let opened = null; // the mark whose card is shown, by its address

async function fill(href, byItself) {
  const asked = new URL(location.href).searchParams;
  const wanted = new URLSearchParams();
  for (const name of ["age", "mode"]) if (asked.get(name)) wanted.set(name, asked.get(name));
  const headers = byItself ? { "x-by-itself": "1" } : {};
  const answer = await fetch(`${href}/card?${wanted}`, { headers, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(String(answer.status));
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "card-close";
  close.setAttribute("aria-label", "Close");
  close.textContent = "×";
  close.addEventListener("click", shut);
  // the rest of what is asked for stays
  for (const link of parsed.querySelectorAll("[data-around]")) {
    const address = new URL(location.href);
    address.searchParams.set("around", href.split("/").pop());
    link.setAttribute("href", `${address.pathname}${address.search}`);
  }
  card.replaceChildren(close, ...[...parsed.body.children].map((it) => document.importNode(it, true)));
}

async function openCard(href) {
  try {
    await fill(href, false);
  } catch {
    // the page of the center says what is wrong
    location.assign(href);
    return;
  }
  opened = href;
  card.hidden = false;
  card.focus();
}

function shut() {
  if (opened === null) return;
  card.hidden = true;
  const mark = [...(sheet()?.querySelectorAll("a") ?? [])].find((it) => it.getAttribute("href") === opened);
  opened = null;
  mark?.focus();
}

// --- links ---

function click(event) {
  const link = event.target.closest?.("a");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) && event.button === 0;
  if (!link || !plain || !(figure()?.contains(link) || link.hasAttribute("data-around"))) return;
  const href = link.getAttribute("href") ?? "";
  if (href.startsWith("/capacity?")) {
    event.preventDefault();
    toMap = link.classList.contains("capacity-ring");
    // a card would lie on what it asks for
    if (link.hasAttribute("data-around")) shut();
    go(href);
  } else if (sheet()?.contains(link) && !link.classList.contains("capacity-ring")) {
    event.preventDefault();
    openCard(href);
  }
}

/// The picture is another one.
function placed() {
  moved = null;
  const it = figure();
  if (it === null) return;
  // on the map alone: the rest of the page scrolls without waiting for this script
  it.addEventListener("wheel", turn, { passive: false });
  it.addEventListener("touchstart", touch, { passive: false });
  it.addEventListener("touchmove", pinch, { passive: false });
  it.addEventListener("touchend", lift);
  it.addEventListener("touchcancel", lift);
  it.querySelector("[data-gestures]").hidden = false;
  if (toMap) {
    toMap = false;
    const box = sheet().getBoundingClientRect();
    const within = (it) => {
      const { x, y } = it.getBoundingClientRect();
      return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    };
    [...sheet().querySelectorAll("a")].find(within)?.focus({ preventScroll: true });
    voice.textContent = sheet().getAttribute("aria-label");
  }
  if (opened !== null) fill(opened, true).catch(shut);
}

if (figure() !== null) {
  document.addEventListener("pointerdown", press);
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  document.addEventListener("dragstart", (event) => sheet()?.contains(event.target) && event.preventDefault());
  document.addEventListener("keydown", key);
  document.addEventListener("keydown", (event) => event.key === "Escape" && shut());
  document.addEventListener("click", click);
  document.addEventListener("capacity:placed", placed);
  addEventListener("popstate", renew);
  placed();
}
