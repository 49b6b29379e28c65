// Keeps the three counters of an open page current (GET /api/v1/live, server-sent events).
//
// Without this script the page says what was true when it was loaded, and says when that was. The counters and the
// bar that belongs to them follow the registry; everything else stays as loaded, which a note says once they differ.
// A browser keeps few connections to one server, so only pages that can be seen follow.

const SILENCE_MS = 40_000; // the server beats every 15 s: two beats are missing
const ANNOUNCE_MS = 10_000; // a reader is told at most so often

const section = document.querySelector("[data-live-year]");
if (section !== null && "EventSource" in globalThis) {
  follow(section);
}

function follow(section) {
  const part = (name) => section.querySelector(`[data-live="${name}"]`);
  const note = part("note");
  const voice = part("voice");
  const asOf = part("as-of");
  const loaded = asOf.textContent;
  const year = Number(section.dataset.liveYear);
  let source = null;
  let silence = 0;
  let confirmed = null; // up to when the counters are known to be right
  let shown = null; // the counters on the page, as one text
  let moved = false; // other counters than those the page was loaded with
  let trouble = "";

  function connect() {
    if (source !== null || document.visibilityState === "hidden") return;
    source = new EventSource("/api/v1/live");
    source.addEventListener("figures", (event) => heard(JSON.parse(event.data), true));
    source.addEventListener("beat", (event) => heard(JSON.parse(event.data), false));
    source.addEventListener("error", lost);
    wait();
  }

  function disconnect() {
    clearTimeout(silence);
    source?.close();
    source = null;
  }

  function wait() {
    clearTimeout(silence);
    silence = setTimeout(() => {
      // a connection that is silent is dead, whatever the browser thinks of it
      lost();
      disconnect();
      connect();
    }, SILENCE_MS);
  }

  function lost() {
    say(`Connection lost. The counters are as of ${confirmed ?? loaded}.`);
    // the browser comes back by itself unless it was refused
    if (source?.readyState === EventSource.CLOSED) {
      disconnect();
      silence = setTimeout(connect, SILENCE_MS);
    }
  }

  function heard(data, figures) {
    wait();
    if (data.current !== false) {
      confirmed = moment(data.as_of);
      asOf.textContent = confirmed;
      asOf.dateTime = `${data.as_of.slice(0, 16)}Z`;
    }
    if (figures) show(data);
    say(data.current === false ? `The registry cannot be read just now. The counters are as of ${confirmed ?? loaded}.` : "");
  }

  function show(data) {
    const now = data.this_year;
    if (now.year !== year) {
      moved = true;
      shown = null;
      return;
    }
    const counters = {
      total: data.total_submitted_cases,
      cases: now.cases,
      submitted: now.submitted_cases,
      drafts: now.drafts,
    };
    const text = Object.fromEntries(Object.entries(counters).map(([name, count]) => [name, grouped(count)]));
    const before = shown ?? [...section.querySelectorAll("dd[data-live]")].map((each) => each.textContent).join();
    for (const [name, count] of Object.entries(text)) {
      for (const each of section.querySelectorAll(`[data-live="${name}"]`)) each.textContent = count;
    }
    const bar = part("bar");
    if (bar !== null && counters.cases > 0) {
      part("share").setAttribute("width", `${((100 * counters.submitted) / counters.cases).toFixed(1)}%`);
      bar.setAttribute(
        "aria-label",
        `Of ${text.cases} cases in ${year}, ${text.submitted} are submitted and ${text.drafts} are drafts`,
      );
    }
    shown = [text.total, text.cases, text.submitted].join();
    if (shown !== before) {
      moved = true;
      announce(
        `Total submitted cases ${text.total}. Cases in ${year} ${text.cases}. Submitted cases in ${year} ${text.submitted}.`,
      );
    }
  }

  function say(problem) {
    if (problem !== "" && problem !== trouble) announce(problem);
    trouble = problem;
    const rest =
      shown === null && moved
        ? `${year} is over. Load the page again for the counters of the new year.`
        : `The three counters are current. Everything else on this page is as of ${loaded}; load it again for all figures.`;
    const text = problem !== "" ? problem : moved ? rest : "";
    note.textContent = text;
    note.hidden = text === "";
  }

  let said = 0;
  let later = 0;
  function announce(text) {
    clearTimeout(later);
    const pause = Math.max(0, said + ANNOUNCE_MS - Date.now());
    later = setTimeout(() => {
      said = Date.now();
      voice.textContent = text;
    }, pause);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") disconnect();
    else connect();
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  connect();
}

function grouped(count) {
  return count.toLocaleString("en-US");
}

/// As the server writes it: 22 November 2026, 16:55 UTC.
function moment(text) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  }).formatToParts(new Date(text));
  const part = (type) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("day")} ${part("month")} ${part("year")}, ${part("hour")}:${part("minute")} UTC`;
}
