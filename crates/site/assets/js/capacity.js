// Keeps an open capacity map current, and says so when it cannot: an old light must never look like a new one.
//
// Without this script the page says when it was made. With it, the part with totals, map and list is asked for again
// after each report (the stream `/api/v1/live` tells a number that changes) and once a minute, since lights age. Data
// older than five minutes get a red bar and the clock on every light, older than thirty minutes no light at all.

const MINUTE_MS = 60_000;
const LATE_MS = 5 * MINUTE_MS;
const LOST_MS = 30 * MINUTE_MS;
const LOOK_MS = 5_000;
const SILENCE_MS = 40_000; // the server beats every 15 s: two beats are missing

const section = () => document.querySelector("[data-capacity]");
const bar = document.querySelector("[data-capacity-bar]");
const voice = document.querySelector("[data-capacity-voice]");
// of the page and of a card that is open on it
const LIGHTS = "[data-capacity] svg.light, [data-capacity-card] svg.light";
const WORDS = "[data-capacity] .light-words b, [data-capacity-card] .light-words b";
const FADED = ["available", "limited", "full"];

let source = null;
let heard = 0; // when the stream said something last
let asking = false;
let asked = 0; // when the page was asked for last
let wanted = null; // the number that the page should have
let moved = false; // the map was moved while the page was asked for

// the clocks of server and reader may differ: ages are counted by the reader's own, from when the page arrived
let read = Date.now() - performance.now();
let trust = "current";

function follow() {
  if (!("EventSource" in globalThis) || source !== null || document.visibilityState === "hidden") return;
  heard = Date.now();
  source = new EventSource("/api/v1/live");
  const alive = () => {
    heard = Date.now();
  };
  source.addEventListener("beat", alive);
  source.addEventListener("figures", alive);
  source.addEventListener("capacity", (event) => {
    alive();
    wanted = event.data;
    if (wanted !== section().dataset.stamp) renew();
  });
}

function leave() {
  source?.close();
  source = null;
}

async function renew() {
  if (asking) return;
  asking = true;
  asked = Date.now();
  const began = asked;
  try {
    // nobody has asked for it: a session must not live on by it
    const headers = { "x-by-itself": "1" };
    const answer = await fetch(location.href, { headers, cache: "no-cache", signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-capacity]");
    // a hand is on the map: what it ends at is asked for then
    if (fresh === null || section().querySelector("[data-busy]") !== null) return;
    place(fresh);
    read = began;
    judge();
  } catch {
    // said by the bar when it lasts
  } finally {
    asking = false;
    if (moved) {
      moved = false;
      renew();
      return;
    }
    if (wanted !== null && wanted !== section().dataset.stamp) setTimeout(renew, 1_000);
  }
}

/// Puts the new part in the old one's place; the reader stays where they were.
function place(fresh) {
  const old = section();
  const active = document.activeElement;
  const at = old.contains(active) ? [...old.querySelectorAll("a")].indexOf(active) : -1;
  const href = active?.getAttribute?.("href");
  const changed = old.querySelector("table")?.textContent !== fresh.querySelector("table")?.textContent;
  old.replaceWith(document.importNode(fresh, true));
  if (at >= 0) {
    const links = [...section().querySelectorAll("a")];
    const same = links[at]?.getAttribute("href") === href ? links[at] : links.find((it) => it.getAttribute("href") === href);
    (same ?? links[at])?.focus({ preventScroll: true });
  }
  trust = "current";
  absolute();
  document.dispatchEvent(new CustomEvent("capacity:placed"));
  if (changed) voice.textContent = `The map was updated. ${totals()}`;
}

/// A frame on another site needs the whole address.
function absolute() {
  const frame = document.querySelector("#capacity-frame");
  if (frame !== null) frame.value = frame.value.replace('src="/', `src="${location.origin}/`);
}

function totals() {
  return [...section().querySelectorAll(".capacity-totals a")].map((it) => it.textContent.trim()).join(", ");
}

/// Says how old the data are, and takes from every light what it does not deserve any more.
function judge() {
  const age = Date.now() - read;
  const now = age > LOST_MS ? "lost" : age > LATE_MS ? "late" : "current";
  const minutes = Math.floor(age / MINUTE_MS);
  if (now === "current") {
    bar.hidden = true;
  } else {
    const told =
      now === "late"
        ? `This map is ${minutes} minutes old: it could not be renewed. Ring before you rely on any light.`
        : `Nothing was heard for ${minutes} minutes. No light of this page can be relied on: ring the centers.`;
    if (bar.hidden || trust !== now) bar.textContent = told;
    bar.hidden = false;
  }
  if (now === trust) return;
  trust = now;
  if (now === "late") for (const each of document.querySelectorAll(LIGHTS)) badge(each);
  if (now === "lost") darken();
}

function badge(light) {
  const use = light.querySelector("use");
  const name = use?.getAttribute("href")?.replace("#light-", "") ?? "";
  if (!FADED.includes(name)) return;
  use.setAttribute("href", `#light-${name}-stale`);
  light.classList.replace(`light-${name}`, `light-${name}-stale`);
}

function darken() {
  for (const light of document.querySelectorAll(LIGHTS)) {
    light.setAttribute("class", "light light-unknown");
    light.querySelector("use")?.setAttribute("href", "#light-unknown");
  }
  for (const arc of section().querySelectorAll(".capacity-ring circle:not(.capacity-ground)")) {
    arc.setAttribute("class", "light-unknown");
  }
  for (const words of document.querySelectorAll(WORDS)) words.textContent = "Not known – call";
  for (const title of section().querySelectorAll(".capacity-figure title")) {
    title.textContent = title.textContent.replace(/:.*/s, ": not known, call");
  }
}

if (section() !== null) {
  setInterval(() => {
    judge();
    if (source !== null && Date.now() - heard > SILENCE_MS) leave();
    follow();
    if (document.visibilityState !== "hidden" && Date.now() - asked > MINUTE_MS) renew();
  }, LOOK_MS);
  asked = Date.now();
  absolute();
  document.addEventListener("capacity:renew", () => {
    if (asking) moved = true;
    else renew();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      leave();
    } else {
      judge();
      follow();
      renew();
    }
  });
  addEventListener("online", () => {
    follow();
    renew();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => {
    if (event.persisted) renew();
    follow();
  });
  follow();
}
