// Every number of the page: one walk over the sums by customer, country and slice of time. Pure, so that it is tested.

import { FILTERS, UNKNOWN, kindOf, periodOf } from "./state.js";

const ALL = 1; // bits of a customer: passes every filter; passes all but that of the bars
const BUT_BARS = 2;

export function model(head, columns) {
  const [known, returning, unnamed] = head.entities;
  const size = head.entities.reduce((sum, part) => sum + part, 0);
  const kinds = [...new Set((head.words.action ?? []).map(kindOf))];
  const kindAt = (head.words.action ?? []).map((action) => kinds.indexOf(kindOf(action)));
  const attribute = (name) => Float64Array.from({ length: size }, (_, i) => (i < known ? columns[name]?.[i] ?? NaN : NaN));
  const of = { segment: attribute("segment"), group: attribute("group"), flagged: attribute("flag"), action: attribute("action") };
  return {
    head, columns, size, known, of,
    // the front page's periods count an order without customer as one; all of the data has known customers only
    counted: !head.has.customer_id ? 0 : head.period === "all" ? known + returning : known + returning + unnamed,
    bars: head.words.segment ? "segment" : head.words.group ? "group" : null,
    actionKind: of.action.map((at) => (Number.isNaN(at) ? -1 : kindAt[at])),
    kinds,
  };
}

const nothing = () => ({ sales: 0, returned: 0, orders: 0, customers: 0 });

function masks(data, state) {
  const { head, of, actionKind } = data;
  const mask = new Uint8Array(data.size);
  const [segment, group] = ["segment", "group"].map((name) => (state[name] === undefined ? -1 : head.words[name].indexOf(state[name])));
  const kind = state.action === undefined ? -1 : data.kinds.indexOf(state.action);
  for (let e = 0; e < data.size; e++) {
    if (state.flag && Number.isNaN(of.flagged[e]) === (state.flag === "yes")) continue;
    if (kind >= 0 && actionKind[e] !== kind) continue;
    const [outside, apart] = [segment >= 0 && of.segment[e] !== segment, group >= 0 && of.group[e] !== group];
    if (!outside && !apart) mask[e] = ALL | BUT_BARS;
    else if (outside !== apart && data.bars === (outside ? "segment" : "group")) mask[e] = BUT_BARS;
  }
  return mask;
}

export function compute(data, state) {
  const { head, columns, bars } = data;
  const { entity, land: lands, slice: slices, sales, returned, orders, bought } = columns;
  const period = periodOf(state.period, head);
  const [from, to] = period.range;
  const [earlier, until] = period.before ?? [0, 0];
  const land = state.country === undefined ? -1 : head.countries.findIndex((name) => (name ?? UNKNOWN) === state.country);
  const mask = masks(data, state);
  const [now, before] = [nothing(), nothing()];
  const bySlice = Array.from({ length: head.slices }, nothing);
  const byLand = head.countries.map(nothing);
  const byBar = (head.words[bars] ?? []).map(nothing);
  const [seen, seenBefore, seenInBar] = [new Uint8Array(data.size), new Uint8Array(data.size), new Uint8Array(data.size)];
  const net = new Float64Array(data.size);
  const ordered = new Float64Array(data.size);
  const hit = new Uint8Array(data.size);
  let [lastEntity, lastLand] = [-1, -1];

  const add = (sum, i) => { sum.sales += sales[i]; sum.returned += returned[i]; sum.orders += orders[i]; };
  const count = (sum, e, i, once) => { if (bought[i] && e < data.counted && !once[e]) { once[e] = 1; sum.customers++; } };
  for (let i = 0; i < entity.length; i++) {
    const e = entity[i];
    const bits = mask[e];
    if (!bits) continue;
    const slice = slices[i];
    const isNow = slice >= from && slice < to;
    const isHere = land < 0 || lands[i] === land;
    if (bits & ALL) {
      if (isNow) {
        const sum = byLand[lands[i]];
        add(sum, i);
        if (bought[i] && e < data.counted && !(e === lastEntity && lands[i] === lastLand)) {
          sum.customers++;
          [lastEntity, lastLand] = [e, lands[i]];
        }
      }
      if (isHere) {
        add(bySlice[slice], i);
        if (isNow) {
          add(now, i);
          count(now, e, i, seen);
          net[e] += sales[i] - returned[i];
          ordered[e] += orders[i];
          hit[e] = 1;
        } else if (slice >= earlier && slice < until) {
          add(before, i);
          count(before, e, i, seenBefore);
        }
      }
    }
    if (isNow && isHere && bars && bits & BUT_BARS) {
      const at = data.of[bars][e];
      if (!Number.isNaN(at)) { add(byBar[at], i); count(byBar[at], e, i, seenInBar); }
    }
  }
  for (const sum of [now, before, ...bySlice, ...byLand, ...byBar]) {
    sum.net = (sum.sales - sum.returned) / head.unit;
    sum.sales /= head.unit;
    sum.returned /= head.unit;
  }
  for (let e = 0; e < data.size; e++) net[e] /= head.unit;
  if (head.customersInAll) countPeople(data, state, mask, land, { now, before, byLand, byBar });
  const listed = [];
  let onlyReturned = 0;
  for (let e = 0; e < data.known && !head.customersInAll; e++) {
    if (!(mask[e] & ALL && hit[e])) continue;
    listed.push(e);
    onlyReturned += !seen[e];
  }
  return { period, now, before: period.before && before, bySlice, byLand, byBar, listed, onlyReturned, net, orders: ordered };
}

// Where sales are kept by segment, customers are counted over all of the data only: they do not add up over months.
function countPeople({ head, bars }, state, mask, land, { now, before, byLand, byBar }) {
  const sums = [now, before, ...byLand, ...byBar];
  for (const sum of sums) sum.customers = state.period === "all" ? 0 : null;
  if (state.period !== "all") return;
  head.people.forEach(([segment, at, people]) => {
    const e = head.ids.indexOf(segment);
    if (e < 0) return;
    if (at !== null && mask[e] & ALL) byLand[at].customers += people;
    if ((at ?? -1) !== land) return;
    if (mask[e] & ALL) now.customers += people;
    if (bars && mask[e]) byBar[head.words[bars].indexOf(segment)].customers += people;
  });
}

// a sum of sums without an error in its last digit
export const total = (sums, name, { unit }) => sums.reduce((all, one) => all + Math.round((one[name] ?? 0) * unit), 0) / unit;

export function measured({ above, below }, sums) {
  const [value, by] = [sums[above], below ? sums[below] : 1];
  return value === null || value === undefined || !by ? null : value / by;
}

// orders by month, spend and home of one customer, whatever is filtered
export function ofCustomer({ head, columns }, e) {
  const { entity } = columns;
  let first = 0;
  for (let end = entity.length; first < end;) { // its rows are together
    const middle = (first + end) >> 1;
    if (entity[middle] < e) first = middle + 1; else end = middle;
  }
  const all = nothing();
  const bySlice = Array.from({ length: head.slices }, nothing);
  const byLand = new Map();
  for (let i = first; i < entity.length && entity[i] === e; i++) {
    for (const sum of [all, bySlice[columns.slice[i]]]) {
      sum.sales += columns.sales[i];
      sum.returned += columns.returned[i];
      sum.orders += columns.orders[i];
    }
    byLand.set(columns.land[i], (byLand.get(columns.land[i]) ?? 0) + columns.sales[i]);
  }
  for (const sum of [all, ...bySlice]) {
    sum.net = (sum.sales - sum.returned) / head.unit;
    sum.sales /= head.unit;
    sum.returned /= head.unit;
  }
  const lands = [...byLand].sort((a, b) => b[1] - a[1]).map(([at]) => head.countries[at] ?? UNKNOWN);
  return { ...all, bySlice, lands };
}

export const filtersOf = (state, head) => Object.keys(FILTERS).filter((name) => state[name] !== undefined && !(name === "period" && state.period === head.period));
