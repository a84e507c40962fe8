// The second screen: the filtered customers, sorted, searched, fifty at a time; and as CSV, exactly as they are shown.

import { count, counted, inUnit, isoDay } from "./format.js";
import { csvCell, download, el, num } from "./parts.js";
import { UNKNOWN } from "./state.js";
import { wordOf } from "./sums.js";

const AT_A_TIME = 50;
const order = new Intl.Collator("en", { numeric: true });

// each column: its heading, how it is written, and the value of a customer of these sums
export function columnsOf(data, found) {
  const { head, columns } = data;
  const word = (name) => (e) => wordOf(data, name, e);
  const horizon = (chapter) => head.card[`${chapter}_days`];
  const all = {
    customer: { label: "Customer", kind: "text", value: (e) => head.ids[e] },
    country: head.has.country && head.countries.length > 1 && { label: "Country", kind: "text", value: (e) => data.home[e] },
    segment: head.words.segment && { label: "Segment", kind: "text", value: word("segment") },
    group: head.words.group && { label: "Natural group", kind: "text", value: (e) => wordOf(data, "group", e)?.split(":")[0] ?? null },
    ...Object.fromEntries(Object.entries(head.traits).map(([name, label]) => [name, { label, kind: "text", value: word(name) }])),
    net: head.has.revenue && { label: inUnit("Net sales"), kind: "column", value: (e) => found.net[e] },
    orders: head.has.order_id && { label: "Orders", kind: "count", value: (e) => found.orders[e] },
    last: columns.last_order && { label: "Last order", kind: "day", value: (e) => columns.last_order[e] },
    probability: columns.probability && { label: `Buys within ${horizon("purchase_prediction")} days`, kind: "share", value: (e) => columns.probability[e] },
    place: columns.probability_rank && { label: "Place by probability", kind: "count", rises: true, value: (e) => columns.probability_rank[e] },
    forecast: columns.predicted && { label: inUnit(`Forecast, ${horizon("regression")} days`), kind: "column", value: (e) => columns.predicted[e] },
    flag: head.words.flag && { label: "Flagged", kind: "text", value: (e) => wordOf(data, "flag", e) && "yes" },
    action: head.words.action && { label: "Action", kind: "text", value: (e) => (data.actionKind[e] < 0 ? null : data.kinds[data.actionKind[e]]) },
  };
  return Object.entries(all).filter(([, column]) => column).map(([key, column]) => ({ key, ...column }));
}

const isNone = (value) => value === null || Number.isNaN(value);

function comparing({ kind, value }, down) {
  const compare = kind === "text" ? (a, b) => order.compare(a, b) : (a, b) => a - b;
  return (one, two) => {
    const [a, b] = [value(one), value(two)];
    if (isNone(a) || isNone(b)) return isNone(a) - isNone(b) || one - two;
    return (down ? compare(b, a) : compare(a, b)) || one - two;
  };
}

// the first of the sorted rows: sorting all of a hundred thousand would be felt
export function firstOf(listed, compare, most) {
  const found = [];
  for (const e of listed) {
    if (found.length === most && compare(e, found.at(-1)) > 0) continue;
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(found[middle], e) < 0) low = middle + 1; else high = middle;
    }
    found.splice(low, 0, e);
    if (found.length > most) found.pop();
  }
  return found;
}

export function searched(listed, columns, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return listed;
  const texts = columns.filter(({ kind }) => kind === "text");
  return listed.filter((e) => {
    const row = texts.map(({ value }) => value(e) ?? "").join("\n").toLowerCase();
    return words.every((word) => row.includes(word));
  });
}

export function asCsv(rows, columns) {
  const exact = ({ kind, value }, e) => (kind === "day" && !isNone(value(e)) ? isoDay(value(e)) : value(e));
  const lines = [columns.map(({ label }) => label), ...rows.map((e) => columns.map((column) => exact(column, e)))];
  return lines.map((cells) => cells.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

export function customersView(data, name) {
  const look = { by: null, down: true, text: "", most: AT_A_TIME };
  let [columns, rows, compare, open] = [[], [], null, null];
  const table = el("table", { class: "told" });
  const status = el("span", { class: "note", role: "status", "aria-live": "polite" });
  const more = el("button", { type: "button", class: "search-more", click: () => { look.most += AT_A_TIME; draw(); } }, "Show 50 more");
  const search = el("input", { type: "search", placeholder: "Search", "aria-label": "Search customers", autocomplete: "off", input: () => { look.text = search.value; look.most = AT_A_TIME; draw(); } });
  const sorting = el("select", { "aria-label": "Sort by", class: "narrow", change: () => sort(sorting.value) });
  const save = el("button", { type: "button", click: () => download(`${name}_customers.csv`, asCsv([...rows].sort(compare), columns)) }, "Download CSV");
  const box = el("section", { "aria-label": "Customers" },
    el("div", { class: "search" }, search, sorting, save, status), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Customers" }, table), more);
  let found = null;

  function sort(key) {
    const column = columns.find((one) => one.key === key);
    look.down = look.by === key ? !look.down : column.kind !== "text" && !column.rises; // of numbers the largest come first
    look.by = key;
    look.most = AT_A_TIME;
    draw();
    table.querySelector(`[data-key="${key}"]`)?.focus();
  }

  function cell({ key, kind, label, value }, e) {
    const one = value(e);
    const content = isNone(one) ? "–" : kind === "text" ? one : num(one, kind, key);
    const shown = key === "customer" ? el("button", { type: "button", class: "plain", click: () => open(head().ids[e]) }, content) : content;
    return el("td", { class: kind === "text" ? "short" : "number", "data-label": label, "data-key": key }, shown);
  }
  const head = () => data.head;

  function draw() {
    const by = columns.find(({ key }) => key === look.by) ?? columns.find(({ key }) => key === "net") ?? columns[0];
    if (look.by !== by.key) [look.by, look.down] = [by.key, by.kind !== "text"];
    rows = searched(found.listed, columns, look.text);
    compare = comparing(by, look.down);
    const shown = firstOf(rows, compare, look.most);
    const heading = ({ key, label, kind }) => el("th", { scope: "col", class: kind === "text" ? null : "number", "aria-sort": key === look.by ? (look.down ? "descending" : "ascending") : null },
      el("button", { type: "button", class: "sort", "data-key": key, click: () => sort(key) }, label));
    table.replaceChildren(
      el("thead", {}, el("tr", {}, ...columns.map(heading))),
      el("tbody", {}, ...shown.map((e) => el("tr", { "data-customer": head().ids[e] }, ...columns.map((column) => cell(column, e))))));
    sorting.replaceChildren(...columns.map(({ key, label }) => el("option", { value: key, selected: key === look.by }, `Sort by: ${label}`)));
    const all = rows.length === found.listed.length;
    const unnamed = found.now.customers - (found.listed.length - found.onlyReturned);
    status.textContent = [
      `${count(shown.length)} of ${counted(rows.length, "customer", "customers")} shown`,
      all && found.onlyReturned && `${count(found.onlyReturned)} only returned`,
      all && unnamed && `${counted(unnamed, "order", "orders")} without a customer`,
    ].filter(Boolean).join("; ");
    more.hidden = shown.length === rows.length;
  }

  return {
    box,
    show(sums, opened) {
      [found, open] = [sums, opened];
      look.most = AT_A_TIME;
      columns = columnsOf(data, found);
      draw();
    },
  };
}

// where each customer bought most
export function homes({ head, columns, known }) {
  const [best, home] = [new Float64Array(known).fill(-1), new Array(known).fill(null)];
  let [last, land, sum] = [-1, -1, 0];
  const close = () => { if (last >= 0 && last < known && sum > best[last]) [best[last], home[last]] = [sum, head.countries[land] ?? UNKNOWN]; };
  for (let i = 0; i < columns.entity.length; i++) {
    if (columns.entity[i] !== last || columns.land[i] !== land) { close(); [last, land, sum] = [columns.entity[i], columns.land[i], 0]; }
    sum += columns.sales[i];
  }
  close();
  return home;
}
