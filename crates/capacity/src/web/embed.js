// The capacity of an area on another site:
//   <script src="…/capacity/embed.js"></script>
//   <openecls-capacity country="SE" age="adult" mode="VV" view="list"></openecls-capacity>
// It is a frame and nothing else: it reads nothing of the page around it, and sets no cookie.
(() => {
  const { origin } = new URL(document.currentScript.src);
  const ASKED = ["age", "mode", "status", "country", "chapter", "network", "retrieval", "view"];

  class Capacity extends HTMLElement {
    static observedAttributes = [...ASKED, "height", "label"];
    #frame = document.createElement("iframe");

    connectedCallback() {
      this.#frame.loading = "lazy";
      this.#frame.referrerPolicy = "no-referrer";
      Object.assign(this.#frame.style, { width: "100%", minWidth: "280px", border: "0" });
      this.style.display = "block";
      this.replaceChildren(this.#frame);
      this.#draw();
    }

    attributeChangedCallback() {
      if (this.isConnected) this.#draw();
    }

    #draw() {
      const address = new URL("/capacity/embed", origin);
      for (const name of ASKED) {
        const value = this.getAttribute(name);
        if (value) address.searchParams.set(name, value);
      }
      this.#frame.title = this.getAttribute("label") || "ECLS capacity";
      this.#frame.height = String(Math.max(Number(this.getAttribute("height")) || 600, 200));
      if (this.#frame.src !== address.href) this.#frame.src = address.href;
    }
  }

  if (!customElements.get("openecls-capacity")) customElements.define("openecls-capacity", Capacity);
})();
