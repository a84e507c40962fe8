// The first screen: key figures against the year before, months, segments. A click on a month or a segment filters.

import { counted, listed, money, percent } from "./format.js";
import { el, num, pair } from "./parts.js";
import { monthsOf } from "./state.js";
import { measured, total } from "./sums.js";

const DRAWN_BARS = 4; // pictures of the columns that a study has in place of segments

// how a figure changed, with an arrow, and whether that is good: as on the front page
export function arrow(measure, then, now) {
  if (measure.kind === "share") {
    const points = 100 * (now - (then ?? 0));
    return told(points, Math.abs(points) < 0.05, `${Math.abs(points).toFixed(1)} pts`, measure);
  }
  if (!then || then < 0) return null;
  const change = now / then - 1;
  return told(change, Math.abs(change) < 0.0005, percent(Math.abs(change)), measure);
}

function told(change, small, words, measure) {
  if (small) return { words: "no change", tone: "", change };
  const tone = change > 0 === (measure.rising_is === "good") ? "good" : "bad";
  return { words: `${change > 0 ? "▲" : "▼"}\u00a0${words}`, tone, change };
}

function tiles(data, found) {
  const { head } = data;
  const there = ({ above, below }) => [above, below].every((sum) =>
    !sum || (sum === "orders" ? head.has.order_id : sum === "customers" ? data.counted > 0 : head.has.revenue));
  return el("ul", { class: "tiles" }, ...head.measures.filter(there).map((measure) => {
    const [now, then] = [measured(measure, found.now), found.before ? measured(measure, found.before) : null];
    if (now === null || (measure.kind === "share" && !now && !then)) return null;
    const change = found.before && then !== null ? arrow(measure, then, now) : null;
    return el("li", { "data-tile": measure.label },
      el("span", { class: "note" }, measure.label), " ",
      el("strong", {}, num(now, measure.kind, "now")),
      " ", change && el("span", { class: `change ${change.tone}` }, change.words), " ",
      found.before && then ? el("span", { class: "note before" }, `${found.period.short ?? found.period.against}: `, num(then, measure.kind, "before")) : null);
  }));
}

function monthly(data, state, found, change) {
  const { head } = data;
  const worth = head.has.revenue ? "net" : "orders";
  const write = (value) => (worth === "net" ? money(value) : counted(value, "order", "orders"));
  const { period, months } = monthsOf(state.period, head);
  if (months.length < 2) return null;
  const rows = months.map((month) => ({ month, now: found.byMonth[month.at][worth], then: found.byMonth[month.at - 12]?.[worth] ?? null }));
  const values = rows.flatMap(({ now, then }) => [now, then ?? 0]);
  const [high, low] = [Math.max(...values, 0), Math.min(...values, 0)];
  const span = high - low || 1;
  const bar = (value, kind, name) => el("span", {
    class: kind, "data-value": value, "data-of": name,
    style: { bottom: `${(100 * (Math.min(value, 0) - low)) / span}%`, height: `${(100 * Math.abs(value)) / span}%` },
  });
  const years = rows.some(({ then }) => then !== null);
  const columns = rows.map(({ month, now, then }) => {
    const whole = month.whole ? "" : ", not a whole month";
    const label = `${month.name}${whole}: ${write(now)}${then === null ? "" : `; a year before: ${write(then)}`}`;
    const pressed = state.period === month.key;
    return el("button", {
      type: "button", class: month.whole ? "month" : "month partial", "aria-pressed": pressed, "aria-label": label, title: label,
      "data-month": month.key, click: () => change({ period: pressed ? undefined : month.key }),
    }, el("span", { class: "field" }, then === null ? null : bar(then, "then", "then"), bar(now, "now", "now")),
    el("span", { class: "below", "aria-hidden": "true" }, rows.length > 14 ? month.name[0] : month.name.slice(0, 3)));
  });
  const axis = [high, ...(low < 0 ? [low] : [])].map((value) => el("span", { style: { bottom: `${(100 * (value - low)) / span}%` } }, write(value)));
  return el("section", { "aria-labelledby": "by-month" },
    el("h2", { id: "by-month" }, titleOfMonths(rows, worth, write, period)),
    el("div", { class: "months", role: "group", "aria-labelledby": "by-month" }, el("div", { class: "axis", "aria-hidden": "true" }, ...axis), ...columns),
    el("p", { class: "note key" }, el("span", { class: "now" }), `${worth === "net" ? "Net sales" : "Orders"} of the month`,
      ...(years ? [el("span", { class: "then" }), "the same month a year before"] : []), months.some(({ whole }) => !whole) ? "; striped: not a whole month; a click filters." : "; a click filters."));
}

function titleOfMonths(rows, worth, write, period) {
  const what = worth === "net" ? "Net sales" : "Orders";
  const pairs = rows.filter(({ month, then }) => month.whole && then > 0);
  if (pairs.length >= 3) {
    const changes = pairs.map(({ month, now, then }) => ({ month, change: now / then - 1 }));
    const fell = changes.filter(({ change }) => change < 0).length;
    const down = 2 * fell >= changes.length;
    const most = changes.reduce((a, b) => ((down ? b.change < a.change : b.change > a.change) ? b : a));
    const against = period.against && /^\d+$/.test(period.against) ? period.against : "the year before";
    const moved = `${most.month.name} ${most.change < 0 ? "fell" : "rose"} most (${most.change < 0 ? "-" : "+"}${percent(Math.abs(most.change))})`;
    return `${down ? fell : changes.length - fell} of ${changes.length} months ran ${down ? "below" : "above"} ${against}; ${moved}`;
  }
  const best = rows.reduce((a, b) => (b.now > a.now ? b : a));
  return best.now > 0 ? `${best.month.name} was the best month: ${write(best.now)}` : `No ${what.toLowerCase()} in these months`;
}

function shares({ head }, { dimension, sums }) {
  const worth = head.has.revenue ? head.segmentsBy : null;
  const [people, amount] = ["customers", worth].map((name) => (name ? total(sums, name, head) : 0));
  return sums.map((sum, i) => ({
    name: dimension.values[i],
    customers: people && sum.customers !== null ? sum.customers / people : null,
    sales: amount > 0 ? sum[worth] / amount : null,
  })).filter(({ customers, sales }) => customers || sales).sort((a, b) => (b.sales ?? b.customers) - (a.sales ?? a.customers));
}

const PARTS = { segment: "RFM segments of today", group: "Natural groups" };

function parts(data, state, found, change, bar) {
  const { head } = data;
  const { name } = bar.dimension;
  const rows = shares(data, bar);
  const columns = ["customers", "sales"].filter((of) => rows.every((row) => row[of] !== null));
  if (rows.length < 2 || !columns.length) return null;
  const chosen = state[name];
  const longest = Math.max(...rows.flatMap((row) => columns.map((of) => row[of])));
  const first = rows.slice(0, rows.length > 3 ? 2 : 1);
  const both = (of) => percent(first.reduce((sum, row) => sum + row[of], 0));
  const what = head.traits[name] ? `${head.traits[name]} ` : "";
  const when = found.period.key === "all" ? "" : ` in ${found.period.label}`; // the front page's shares are of all the data
  const title = `${what}${listed(first.map((row) => row.name))}${when}: ${columns.map((of) => `${both(of)} of ${of}`).join(", ")}`;
  return el("section", { "aria-labelledby": `by-${name}` },
    el("h2", { id: `by-${name}` }, title),
    el("ul", { class: "pairs" }, ...rows.map((row) => {
      const pressed = chosen === row.name;
      const values = columns.map((of) => row[of]);
      return el("li", { class: chosen && !pressed ? "other" : null, "data-bar": row.name },
        el("span", { class: "name" }, el("button", { type: "button", class: "plain", "aria-pressed": pressed, click: () => change({ [name]: pressed ? undefined : row.name }) }, row.name)),
        pair([values[0], values[1] ?? null], head.colours[name]?.[row.name] ?? "var(--accent)", longest, columns.map((of) => `of ${of}`), row.name));
    })),
    el("p", { class: "note" }, `${PARTS[name] ?? head.traits[name]}: shares of ${found.period.key === "all" ? "all of the data" : found.period.label}; a click filters.`));
}

function doing(data, found) {
  const counts = new Map();
  for (const e of found.listed) {
    const at = data.actionKind[e];
    if (at >= 0) counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  if (!counts.size) return null;
  return [...counts].sort((a, b) => b[1] - a[1]);
}

export function overview(data, state, found, change) {
  const pictures = [monthly(data, state, found, change), ...found.bars.slice(0, DRAWN_BARS).map((bar) => parts(data, state, found, change, bar))].filter(Boolean);
  const actions = doing(data, found);
  return [
    tiles(data, found),
    pictures.length ? el("div", { class: "pictures" }, ...pictures) : null,
    actions && el("section", { class: "cards do", "aria-label": "What to do" },
      el("h2", {}, "What to do"),
      el("ul", { class: "actions" }, ...actions.map(([at, people]) => el("li", {},
        el("button", { type: "button", class: "plain", "aria-pressed": state.action === data.kinds[at], click: () => change({ action: state.action === data.kinds[at] ? undefined : data.kinds[at] }) }, data.kinds[at]),
        " ", el("span", { class: "note" }, num(people, "count", `action ${data.kinds[at]}`), people === 1 ? " customer" : " customers"))))),
  ];
}
