// The card of one customer: what they did, where they stand, what chapters foresee, what to do.

import { count, counted, day, money, percent } from "./format.js";
import { el, num } from "./parts.js";
import { ofCustomer, wordOf } from "./sums.js";

const DRAWN = 36;

function ordersByMonth({ head }, own) {
  if (!head.months.length || !head.has.order_id) return null;
  const months = head.months.map(({ name }, at) => ({ name, orders: own.byMonth[at].orders })).slice(-DRAWN);
  const most = Math.max(...months.map(({ orders }) => orders), 1);
  const active = months.filter(({ orders }) => orders).map(({ name, orders }) => `${name} ${orders}`);
  return el("section", {},
    el("h3", {}, `Orders by month, ${months[0].name} to ${months.at(-1).name}`),
    el("div", { class: "bars", role: "img", "aria-label": active.length ? `Orders by month: ${active.join(", ")}` : "No order in these months" },
      ...months.map(({ name, orders }) => el("span", { title: `${name}: ${orders}`, "data-month": name, "data-value": orders, style: { height: `${(100 * orders) / most}%` } }))),
    el("p", { class: "note" }, `at most ${counted(most, "order", "orders")} a month`));
}

function facts(data, e, own) {
  const { head, columns } = data;
  const word = (name) => wordOf(data, name, e);
  const number = (name) => (columns[name] && !Number.isNaN(columns[name][e]) ? columns[name][e] : null);
  const [segment, earlier] = [word("segment"), word("earlier")];
  const stayed = earlier === segment ? "the same" : earlier;
  const [predicted, probability, rank] = [number("predicted"), number("probability"), number("probability_rank")];
  const level = head.card.level ? `, in ${percent(head.card.level)} of cases` : "";
  const rows = [
    ["Segment", segment && [el("span", { class: "dot", style: { "--colour": head.colours.segment[segment] } }), segment]],
    [`Segment ${head.card.earlier}`, "earlier" in head.card && [stayed ?? "not a customer yet"]],
    ["Natural group", word("group")],
    ...Object.entries(head.traits).map(([name, label]) => [label, word(name)]),
    [own.returned > 0 ? "Net of returns" : "Spend", head.has.revenue && [num(own.net, "money", "net"), own.returned > 0 ? ` (${money(own.sales)} less ${money(own.returned)} returned)` : ""]],
    ["Orders", head.has.order_id && [num(own.orders, "count", "orders")]],
    ["First order", number("first_order") !== null && day(number("first_order"))],
    ["Last order", number("last_order") !== null && day(number("last_order"))],
    ["Flagged", word("flag")],
    [`Buys within ${head.card.purchase_prediction_days} days`, probability !== null ? [num(probability, "share", "probability")] : rank !== null && `place ${count(rank)} of ${count(columns.probability_rank.filter((one) => !Number.isNaN(one)).length)} by probability`],
    [`Forecast, ${head.card.regression_days} days`, predicted !== null && [num(predicted, "money", "predicted"), number("low") === null ? "" : ` (${money(number("low"))} to ${money(number("high"))}${level})`]],
    ["Range", predicted !== null && number("low") === null && head.card.withheld],
  ];
  return el("dl", { class: "facts" }, ...rows.filter(([, said]) => said).map(([term, said]) => el("div", { "data-fact": term }, el("dt", {}, term), el("dd", {}, ...[said].flat()))));
}

function offers(data, e) {
  const found = [1, 2, 3].map((place) => [`offer${place}`, `reason${place}`].map((name) => wordOf(data, name, e))).filter(([offer]) => offer);
  return found.length ? el("section", {}, el("h3", {}, "What to offer"), el("ol", { class: "offers" }, ...found.map(([offer, reason]) => el("li", {}, offer, reason && el("span", { class: "note" }, ` ${reason}`))))) : null;
}

function toDo(data, e) {
  const [action, contact] = ["action", "contact"].map((name) => wordOf(data, name, e));
  if (!action && !contact) return null;
  return el("section", { class: "cards do" }, el("h3", {}, "What to do"), el("p", {}, action ?? contact), action && contact && !action.startsWith(contact) ? el("p", { class: "note" }, `Contact priority: ${contact}`) : null);
}

// the dialog keeps the focus within it while it is open, and Escape closes it: browsers see to both
export function cardOf(data, closed) {
  const content = el("div", { class: "content" });
  const close = el("button", { type: "button", class: "close", "aria-label": "Close the card", click: () => box.close() }, "✕");
  const box = el("dialog", { class: "customer", "aria-labelledby": "card-title", close: closed }, close, content);
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  return {
    box,
    show(id) {
      if (id === undefined) { if (box.open) box.close(); return; }
      const e = data.head.ids.indexOf(id);
      const own = ofCustomer(data, e);
      const lands = data.head.has.country ? own.lands.join(", ") : "";
      content.replaceChildren(...[
        el("p", { class: "note" }, ["Customer", lands].filter(Boolean).join(" · ")),
        el("h2", { id: "card-title" }, id),
        toDo(data, e), facts(data, e, own), ordersByMonth(data, own), offers(data, e),
      ].filter(Boolean));
      if (!box.open) box.showModal();
      box.scrollTop = 0;
    },
  };
}
