// The third screen: sales by country, as colours on a map and as a list. A click on either filters.

import { counted, inUnit, money, percent } from "./format.js";
import { el, num, svg } from "./parts.js";
import { UNKNOWN } from "./state.js";
import { total } from "./sums.js";

const VIEW = "-2550 -1330 5150 2380"; // the inhabited world, in tenths of a map unit (helpers/base/places.py)
const STEPS = 5;

// how strong a colour is: by the logarithm, because the home country often outweighs all others together
export function strength(value, low, high) {
  if (value <= 0) return 0;
  const part = high > low ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low)) : 1;
  return 1 + Math.round(part * (STEPS - 1));
}

export function mapView(data, state, found, change) {
  const { head } = data;
  const worth = head.has.revenue ? "net" : "orders";
  const write = (value) => (worth === "net" ? money(value) : counted(value, "order", "orders"));
  const rows = head.countries.map((name, at) => ({ name: name ?? UNKNOWN, place: head.places[name], sum: found.byLand[at] }))
    .filter(({ sum }) => sum.sales || sum.returned || sum.orders).sort((a, b) => b.sum[worth] - a.sum[worth]);
  const byCode = new Map();
  for (const { name, place, sum } of rows) {
    if (!place) continue;
    const known = byCode.get(place[0]) ?? byCode.set(place[0], { name, place, value: 0 }).get(place[0]);
    known.value += sum[worth];
  }
  const values = [...byCode.values()].map(({ value }) => value).filter((value) => value > 0);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const choose = (name) => change({ country: state.country === name ? undefined : name });
  const drawn = (code, draw, attributes) => {
    const known = byCode.get(code);
    if (!known) return draw({ ...attributes, class: "land" });
    const label = `${known.name}: ${write(known.value)}`;
    const chosen = state.country === known.name ? " chosen" : "";
    return draw({ ...attributes, class: `land step${strength(known.value, low, high)}${chosen}`, click: () => choose(known.name), "data-code": code }, svg("title", {}, label));
  };
  const shapes = Object.entries(head.shapes).map(([code, d]) => drawn(code, (...of) => svg("path", ...of), { d }));
  const points = [...byCode].filter(([code]) => !head.shapes[code]).map(([code, { place }]) =>
    drawn(code, (...of) => svg("circle", ...of), { cx: 10 * place[1], cy: -10 * place[2], r: 38 }));
  const all = total(found.byLand, worth, head);
  const unplaced = rows.filter(({ place }) => !place);
  const first = rows[0];
  const title = first && all > 0
    ? `${first.name}: ${percent(first.sum[worth] / all)} of ${worth === "net" ? "net sales" : "orders"}, in ${counted(rows.length, "country", "countries")}`
    : "No sales";
  const led = rows.slice(0, 3).map(({ name, sum }) => `${name} ${write(sum[worth])}`).join(", ");
  const many = { customers: data.counted > 0 && rows.every(({ sum }) => sum.customers !== null), orders: head.has.order_id };
  const heads = ["Country", head.has.revenue && inUnit("Net sales"), head.has.revenue && "Share", many.customers && "Customers", many.orders && "Orders"].filter(Boolean);
  return [
    el("h2", {}, title),
    el("div", { class: "atlas" }, el("div", { class: "world" },
      svg("svg", { viewBox: VIEW, role: "img", "aria-label": `World map of sales by country, on a log colour scale, led by ${led}; the list beside it has the same figures.` }, ...shapes, ...points),
      el("p", { class: "note key" }, values.length ? write(low) : "", ...Array.from({ length: STEPS }, (_, i) => el("span", { class: `step${i + 1}` })), values.length ? write(high) : "", ", on a log scale"),
      unplaced.length ? el("p", { class: "note" }, `Not on the map: ${unplaced.map(({ name }) => name).join(", ")}.`) : null),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sales by country" },
      el("table", {},
        el("thead", {}, el("tr", {}, ...heads.map((text, i) => el("th", { scope: "col", class: i ? "number" : null }, text)))),
        el("tbody", {}, ...rows.map(({ name, sum }) => el("tr", { "data-country": name, class: state.country && state.country !== name ? "other" : null },
          el("th", { scope: "row" }, el("button", { type: "button", class: "plain", "aria-pressed": state.country === name, click: () => choose(name) }, name)),
          head.has.revenue && el("td", { class: "number" }, num(sum.net, "column", "net")),
          head.has.revenue && el("td", { class: "number" }, all > 0 ? num(sum.net / all, "share", "share") : "–"),
          many.customers && el("td", { class: "number" }, num(sum.customers, "count", "customers")),
          many.orders && el("td", { class: "number" }, num(sum.orders, "count", "orders")))))))),
  ];
}
