// Lets the browser make or use a passkey for a form with `data-passkey`, and sends the form with the answer.
// What follows is a page like after every other form. Where no script runs the form is hidden, and the page says so.

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = globalThis.PublicKeyCredential === undefined;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form);
  });
}

async function answer(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  say(form, "");
  try {
    const asked = await ask(form.dataset.ask);
    if (asked !== null) {
      if (asked.origin !== location.origin) throw new Problem(`Passkeys of this site are good at ${asked.origin}`);
      form.elements.answer.value = JSON.stringify(await credential(form.dataset.passkey, asked.publicKey));
      form.submit();
      return;
    }
  } catch (error) {
    say(form, error instanceof Problem ? error.message : inWords(error));
  }
  button.disabled = false;
}

class Problem extends Error {}

// what the site asks, or null when it leads elsewhere first
async function ask(place) {
  const response = await fetch(place, { method: "POST", headers: { accept: "application/json" } });
  const kind = response.headers.get("content-type") ?? "";
  if (response.redirected || !kind.startsWith("application/json")) {
    if (response.redirected) location.assign(response.url);
    else throw new Problem("The site does not answer as it should. Try again.");
    return null;
  }
  const body = await response.json();
  if (response.ok) return body;
  if (body.go === undefined) throw new Problem(body.said);
  location.assign(body.go);
  return null;
}

async function credential(kind, options) {
  const known = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (kind === "create") {
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    publicKey.excludeCredentials = known(options.excludeCredentials);
  } else {
    publicKey.allowCredentials = known(options.allowCredentials);
  }
  const found = await navigator.credentials[kind]({ publicKey });
  const { response } = found;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (kind === "create") {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports?.() ?? [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    if (response.userHandle?.byteLength > 0) answer.userHandle = text(response.userHandle);
  }
  return { id: text(found.rawId), type: found.type, response: answer };
}

function inWords(error) {
  if (error.name === "InvalidStateError") return "This device has a passkey of yours already.";
  if (error.name === "NotAllowedError") return "It was cancelled or took too long. Try again.";
  return "The passkey could not be used here. Try again, or sign in another way.";
}

function say(form, words) {
  const place = form.querySelector("[data-said]");
  place.textContent = words;
  place.hidden = words === "";
}

// base64url without padding (RFC 4648, section 5), as the standard's JSON has it
function bytes(letters) {
  const plain = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
