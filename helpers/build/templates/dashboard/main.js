// Puts the page together: the filters, the chips, the three screens. The address says what is shown.

import { cardOf } from "./card.js";
import { customersView, homes } from "./customers.js";
import { load } from "./data.js";
import { counted, money, useCurrency } from "./format.js";
import { mapView } from "./map.js";
import { overview } from "./overview.js";
import { el } from "./parts.js";
import { choices, filters, periodOf, read, write } from "./state.js";
import { compute, filtersOf, model } from "./sums.js";

const TITLES = { overview: "Overview", customers: "Customers", map: "Map" };
const WITHOUT = { segment: "All segments", group: "All groups", country: "All countries", flag: "Flagged or not", action: "All actions" };
const FLAGS = { yes: "Flagged", no: "Not flagged" };

function start({ head, columns }) {
  useCurrency(head.currency);
  const data = model(head, columns);
  data.home = homes(data);
  const place = (id) => document.getElementById(id);
  const views = ["overview", ...(head.ids.length && !head.together ? ["customers"] : []), ...(Object.keys(head.places).length ? ["map"] : [])];
  const customers = customersView(data, head.name);
  const card = cardOf(data, () => { if (state.customer !== undefined) go({ customer: undefined }); });
  document.body.append(card.box);
  let [state, found, told] = [null, null, null];

  const names = filters(head);
  const go = (changes) => { location.hash = write({ ...state, ...changes }, head); };
  const label = (name, value) => (name === "period" ? periodOf(value, head).label : name === "flag" ? FLAGS[value] : value);

  const lists = Object.entries(choices(head)).map(([name, values]) => {
    const option = (value) => el("option", { value }, label(name, value));
    const months = values.filter((value) => head.months.some(({ key }) => key === value));
    const others = values.filter((value) => !months.includes(value));
    const list = el("select", { id: `filter-${name}`, change: () => go({ [name]: list.value || undefined }) },
      name !== "period" && el("option", { value: "" }, WITHOUT[name] ?? "All"), ...others.map(option),
      months.length && name === "period" ? el("optgroup", { label: "A month" }, ...months.map(option).reverse()) : null);
    return { name, list, box: el("label", {}, el("span", {}, names[name]), list) };
  });
  place("filters").append(...lists.map(({ box }) => box));
  const tabs = views.map((view) => el("a", { href: "#", "data-view": view }, TITLES[view]));
  place("views").append(...tabs);

  function chips() {
    const active = filtersOf(state, head);
    const chip = (name) => el("li", {}, el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${names[name]}: ${label(name, state[name])}`, click: () => { go({ [name]: undefined }); place("filters").querySelector(`#filter-${name}`).focus(); } },
      `${names[name]}: ${label(name, state[name])}`, el("span", { "aria-hidden": "true" }, " ✕")));
    const none = Object.fromEntries(active.map((name) => [name, undefined]));
    place("chips").replaceChildren(...active.map(chip), ...(active.length > 1 ? [el("li", {}, el("button", { type: "button", class: "plain", click: () => go(none) }, "Remove all"))] : []));
  }

  function say() {
    const { now, period } = found;
    const parts = [now.customers !== null && data.counted ? counted(now.customers, "customer", "customers") : null, head.has.revenue ? `${money(now.net)} net sales` : null];
    place("told").textContent = [...parts.filter(Boolean), `${period.label}${period.against ? ` against ${period.against}` : ""}`].join(" · ");
  }

  function draw() {
    found = compute(data, state);
    for (const { name, list } of lists) list.value = state[name] ?? "";
    for (const tab of tabs) {
      tab.href = write({ ...state, view: tab.dataset.view, customer: undefined }, head);
      if (tab.dataset.view === state.view) tab.setAttribute("aria-current", "page"); else tab.removeAttribute("aria-current");
    }
    chips();
    say();
    const buttons = () => [...place("screen").querySelectorAll("button")];
    const at = buttons().indexOf(document.activeElement); // what was clicked is drawn anew, and keeps the focus
    const change = (changes) => go({ ...changes, customer: undefined });
    if (state.view === "customers") customers.show(found, (id) => go({ customer: id }));
    const screen = { overview: () => overview(data, state, found, change), customers: () => [customers.box], map: () => mapView(data, state, found, change) };
    place("screen").replaceChildren(...screen[state.view]().filter(Boolean));
    if (at >= 0) buttons()[at]?.focus();
    document.title = `${TITLES[state.view]} · ${head.title}`;
  }

  function show() {
    state = read(location.hash, head);
    if (!views.includes(state.view)) state.view = "overview";
    const said = write({ ...state, customer: undefined }, head);
    if (said !== told) { told = said; draw(); }
    card.show(state.customer);
  }

  addEventListener("hashchange", show);
  show();
  document.documentElement.dataset.ready = "yes";
}

load().then(start).catch((problem) => {
  document.getElementById("screen").replaceChildren(el("p", { class: "why bad", role: "alert" }, "This dashboard cannot be shown: it needs a browser of 2023 or later."));
  throw problem;
});
