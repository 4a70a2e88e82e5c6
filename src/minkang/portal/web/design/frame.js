// What pages do beyond links and forms; without it everything can still be reached.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const typing = (place) => place.closest("input, textarea, select, [contenteditable]");
  const on = (kind, selector, act) => document.addEventListener(kind, (event) => {
    const place = event.target.closest?.(selector);
    if (place) act(event, place);
  });

  // Find: a dialog that asks the server as one types.
  const palette = document.getElementById("palette");
  const keys = document.getElementById("keys");
  const found = document.getElementById("palette-found");
  let waiting = 0, asked = 0;
  async function look(text) {
    const number = ++asked;
    const answer = await fetch(`/find?part=1&q=${encodeURIComponent(text)}`, { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok && !answer.redirected && number === asked) found.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  }
  function openPalette() {
    if (!palette || palette.open) return;
    palette.showModal();
    const text = palette.querySelector("input");
    text.select();
    look(text.value.trim());
  }
  palette?.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look(event.target.value.trim()), 150);
  });
  palette?.addEventListener("submit", (event) => {
    const first = found.querySelector("a");
    if (first && palette.querySelector("input").value.trim()) { event.preventDefault(); first.click(); }
  });
  on("click", "[data-find]", (event) => { event.preventDefault(); openPalette(); });
  on("click", "[data-help]", (event) => { event.preventDefault(); keys.showModal(); });
  on("click", "[data-close]", (event, place) => place.closest("dialog").close());
  on("click", "dialog", (event, place) => { if (event.target === place) place.close(); });

  // Questions: the folded text becomes a dialog.
  on("click", ".asks > summary", (event, place) => {
    event.preventDefault();
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", place.parentElement.querySelector("h2").id);
    const text = place.nextElementSibling, home = place.parentElement;
    text.classList.remove("card");
    const away = document.createElement("button");
    away.type = "button"; away.className = "plain"; away.dataset.close = ""; away.textContent = document.querySelector("#keys [data-close]")?.textContent ?? "×";
    dialog.append(text, away);
    dialog.addEventListener("close", () => { text.classList.add("card"); home.append(text); dialog.remove(); place.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  });

  // Menus close when one leaves them; one at a time is open.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // Keys: / finds, g and a letter goes, ? explains, T turns a chart into its table, arrows move along rows and results.
  let going = false;
  const press = {
    "/": openPalette,
    "?": () => keys?.showModal(),
    g: () => { going = true; setTimeout(() => { going = false; }, 1200); },
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); return openPalette(); }
    if (event.key === "Escape") return closeMenus();
    if (event.key === "ArrowDown" || event.key === "ArrowUp" || event.key === "Home" || event.key === "End") return move(event);
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (going) {
      going = false;
      const there = letters[event.key];
      if (there) { event.preventDefault(); location.href = there; }
    } else if (press[event.key]) { event.preventDefault(); press[event.key](); }
    else if (/^[a-z]$/i.test(event.key)) {
      // A page's own keys: a button or link that says which letter presses it.
      const own = document.querySelector(`[data-press="${event.key.toLowerCase()}"]`);
      if (own) { event.preventDefault(); own.click(); }
    }
  });
  const letters = {};
  for (const place of document.querySelectorAll("[data-letter]")) letters[place.dataset.letter] = place.getAttribute("href");
  Object.assign(letters, { h: "/", w: "/work", n: "/notices" });
  function closeMenus() {
    for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  }
  function move(event) {
    const inPalette = palette?.open;
    if (!inPalette && (typing(event.target) || document.querySelector("dialog[open]"))) return;
    const rows = event.target.closest(".listing-rows")?.querySelector("table[data-rows]") ?? (inPalette ? null : document.querySelector("table[data-rows]"));
    const stops = inPalette ? [palette.querySelector("input"), ...found.querySelectorAll("a")]
      : event.target === document.body || event.target.closest(".listing-rows") ? [...(rows?.querySelectorAll("tbody tr") ?? [])].map(stopOf) : [];
    if (!stops.length) return;
    if (inPalette && (event.key === "Home" || event.key === "End")) return;
    const here = inPalette ? stops.indexOf(document.activeElement) : stops.findIndex((stop) => stop.closest("tr").contains(document.activeElement));
    const last = stops.length - 1;
    const next = { ArrowDown: Math.min(here + 1, last), ArrowUp: Math.max(here - 1, 0), Home: 0, End: last }[event.key];
    event.preventDefault();
    stops[next].focus();
  }
  function stopOf(row) {
    const link = row.querySelector("a");
    if (!link && !row.hasAttribute("tabindex")) row.tabIndex = -1;
    return link ?? row;
  }

  // After a part of a page came, the reader stays where the keys were.
  document.addEventListener("htmx:afterSwap", (event) => {
    const part = document.getElementById(event.detail.target.id);
    if (part?.classList.contains("listing")) part.querySelector(".listing-rows")?.focus({ preventScroll: true });
    if (location.hash === "#filters") location.hash = part.id;
  });
  // A refusal of the server (a filter that cannot be read) is shown in its place too.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 400 || event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });

  // Work that goes on is asked for again.
  const live = document.querySelector("[data-refresh]");
  if (live) setInterval(async () => {
    if (document.hidden || document.querySelector("dialog[open]")) return;
    const answer = await fetch(live.dataset.refresh);
    if (answer.ok && !answer.redirected) live.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  }, 3000);
})();
