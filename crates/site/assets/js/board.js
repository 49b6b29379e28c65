// Shows a form with filters anew when a choice changes, and leads the keyboard back to where it was.
// Without this script the form has a button that does the same.

const form = document.querySelector("form[data-filters]");
const PLACE = "openecls-filter";
const WAIT_MS = 600; // several boxes are often ticked one after the other

if (form !== null) {
  let waiting = 0;
  form.addEventListener("change", (event) => {
    clearTimeout(waiting);
    remember(event.target);
    waiting = setTimeout(() => form.requestSubmit(), WAIT_MS);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    // empty choices need not stand in the address
    for (const field of form.querySelectorAll("select")) {
      if (field.value === "") field.disabled = true;
    }
  });
  // a page that comes back from the history has its fields again
  addEventListener("pageshow", () => {
    for (const field of form.querySelectorAll("select")) field.disabled = false;
    form.reset();
  });
  recall();
}

// name and value of a field and how far the page was scrolled; for this tab only
function remember(field) {
  const place = { name: field.name, value: field.type === "checkbox" ? field.value : null, y: scrollY };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
}

function recall() {
  const text = sessionStorage.getItem(PLACE);
  if (text === null) return;
  sessionStorage.removeItem(PLACE);
  const place = JSON.parse(text);
  const fields = [...form.elements].filter((field) => field.name === place.name);
  const field = fields.find((field) => place.value === null || field.value === place.value);
  if (field === undefined) return;
  field.closest("details")?.setAttribute("open", "");
  scrollTo({ top: place.y, behavior: "instant" });
  field.focus({ preventScroll: true });
}
