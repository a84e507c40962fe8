// Every number of the page: one walk over the sums by customer, country and slice of time. Pure, so that it is tested.

import { UNKNOWN, filters, kindOf, periodOf } from "./state.js";

const ALL = 0; // a customer passes every filter; by n: all but the n-th of `dimensions`
const NONE = 255;

export function model(head, columns) {
  const [known, returning, unnamed] = head.entities;
  const size = head.entities.reduce((sum, part) => sum + part, 0);
  const monthOf = new Int32Array(head.slices).fill(-1);
  head.months.forEach(({ range }, month) => monthOf.fill(month, ...range));
  const kinds = [...new Set((head.words.action ?? []).map(kindOf))];
  const kindAt = (head.words.action ?? []).map((action) => kinds.indexOf(kindOf(action)));
  // of each customer which of the values of a dimension they have; -1: none
  const dimension = (name, values, read = (at) => (Number.isNaN(at) ? -1 : at)) =>
    columns[name] && { name, values, of: Int32Array.from({ length: size }, (_, e) => (e < known ? read(columns[name][e]) : read(NaN))) };
  const dimensions = [
    dimension("segment", head.words.segment),
    dimension("group", head.words.group),
    dimension("flag", ["yes", "no"], (at) => Number(Number.isNaN(at))),
    dimension("action", kinds, (at) => (Number.isNaN(at) ? -1 : kindAt[at])),
    ...Object.keys(head.traits).map((name) => dimension(name, head.words[name])),
  ].filter(Boolean);
  const bars = [["segment"], ["group"], Object.keys(head.traits)].find((names) => names.some((name) => columns[name])) ?? [];
  return {
    head, columns, size, known, monthOf, kinds, dimensions,
    // the front page's periods count an order without customer as one; all of the data has known customers only
    counted: !head.has.customer_id ? 0 : head.period === "all" ? known + returning : known + returning + unnamed,
    bars: dimensions.filter(({ name }) => bars.includes(name)),
    actionKind: dimensions.find(({ name }) => name === "action")?.of ?? new Int32Array(size).fill(-1),
  };
}

const nothing = () => ({ sales: 0, returned: 0, orders: 0, customers: 0 });

function masks({ dimensions, size }, state) {
  const mask = new Uint8Array(size);
  dimensions.forEach(({ name, values, of }, n) => {
    if (state[name] === undefined) return;
    const wanted = values.indexOf(state[name]);
    for (let e = 0; e < size; e++) if (of[e] !== wanted) mask[e] = mask[e] === ALL ? n + 1 : NONE;
  });
  return mask;
}

export function compute(data, state) {
  const { head, columns } = data;
  const { entity, land: lands, slice: slices, sales, returned, orders, bought } = columns;
  const period = periodOf(state.period, head);
  const [from, to] = period.range;
  const [earlier, until] = period.before ?? [0, 0];
  const land = state.country === undefined ? -1 : head.countries.findIndex((name) => (name ?? UNKNOWN) === state.country);
  const mask = masks(data, state);
  const [now, before] = [nothing(), nothing()];
  const byMonth = head.months.map(nothing);
  const byLand = head.countries.map(nothing);
  const once = () => new Uint8Array(data.size);
  const bars = data.bars.map((dimension) => ({ dimension, own: data.dimensions.indexOf(dimension) + 1, sums: dimension.values.map(nothing), seen: once() }));
  const [seen, seenBefore] = [once(), once()];
  const net = new Float64Array(data.size);
  const ordered = new Float64Array(data.size);
  const hit = new Uint8Array(data.size);
  let [lastEntity, lastLand] = [-1, -1];

  const add = (sum, i) => { sum.sales += sales[i]; sum.returned += returned[i]; sum.orders += orders[i]; };
  const count = (sum, e, i, met) => { if (bought[i] && e < data.counted && !met[e]) { met[e] = 1; sum.customers++; } };
  for (let i = 0; i < entity.length; i++) {
    const e = entity[i];
    const passes = mask[e];
    if (passes === NONE) continue;
    const slice = slices[i];
    const isNow = slice >= from && slice < to;
    const isHere = land < 0 || lands[i] === land;
    if (passes === ALL) {
      if (isNow) {
        const sum = byLand[lands[i]];
        add(sum, i);
        if (bought[i] && e < data.counted && !(e === lastEntity && lands[i] === lastLand)) {
          sum.customers++;
          [lastEntity, lastLand] = [e, lands[i]];
        }
      }
      if (isHere) {
        if (data.monthOf[slice] >= 0) add(byMonth[data.monthOf[slice]], i);
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
    if (!isNow || !isHere) continue;
    for (const bar of bars) {
      if (passes !== ALL && passes !== bar.own) continue;
      const sum = bar.sums[bar.dimension.of[e]];
      if (sum) { add(sum, i); count(sum, e, i, bar.seen); }
    }
  }
  countOnce(columns, (e, at, slice) => {
    if (mask[e] !== ALL) return [];
    const isNow = slice >= from && slice < to;
    const here = land < 0 || at === land ? [byMonth[data.monthOf[slice]], isNow ? now : slice >= earlier && slice < until && before] : [];
    return [isNow && byLand[at], ...here];
  }, (e, at, slice) => mask[e] === ALL && (land < 0 || at === land) && slice >= from && slice < to && ordered);
  for (const sum of [now, before, ...byMonth, ...byLand, ...bars.flatMap(({ sums }) => sums)]) {
    sum.net = (sum.sales - sum.returned) / head.unit;
    sum.sales /= head.unit;
    sum.returned /= head.unit;
  }
  for (let e = 0; e < data.size; e++) net[e] /= head.unit;
  if (head.together) countPeople(data, state, mask, land, { now, before, byLand, bars });
  const listed = [];
  let onlyReturned = 0;
  for (let e = 0; e < data.known && !head.together; e++) {
    if (mask[e] !== ALL || !hit[e]) continue;
    listed.push(e);
    onlyReturned += !seen[e];
  }
  return { period, now, before: period.before && before, byMonth, byLand, bars, listed, onlyReturned, net, orders: ordered };
}

// An order is in each row of sums that has a line of it. In a sum of such rows it counts once: what is too many is taken
// off again, by the list of orders that are in more than one row.
function countOnce({ againOrder, againEntity, againLand, againSlice }, sumsOf, ordersOf) {
  const seen = new Set();
  for (let i = 0; i < againOrder.length; i++) {
    if (againOrder[i] !== againOrder[i - 1]) seen.clear();
    const row = [againEntity[i], againLand[i], againSlice[i]];
    for (const sum of sumsOf(...row)) if (sum && seen.has(sum)) sum.orders--; else seen.add(sum);
    const ordered = ordersOf(...row);
    if (ordered && seen.has(row[0])) ordered[row[0]]--; else if (ordered) seen.add(row[0]);
  }
}

// Where sales are kept by segment, customers are counted over all of the data only: they do not add up over months.
function countPeople({ head }, state, mask, land, { now, before, byLand, bars }) {
  const sums = [now, before, ...byLand, ...bars.flatMap((bar) => bar.sums)];
  for (const sum of sums) sum.customers = state.period === "all" ? 0 : null;
  if (state.period !== "all") return;
  head.people.forEach(([segment, at, people]) => {
    const e = head.ids.indexOf(segment);
    if (e < 0) return;
    if (at !== null && mask[e] === ALL) byLand[at].customers += people;
    if ((at ?? -1) !== land) return;
    if (mask[e] === ALL) now.customers += people;
    for (const bar of bars) if (mask[e] === ALL || mask[e] === bar.own) bar.sums[bar.dimension.values.indexOf(segment)].customers += people;
  });
}

// a sum of sums without an error in its last digit
export const total = (sums, name, { unit }) => sums.reduce((all, one) => all + Math.round((one[name] ?? 0) * unit), 0) / unit;

export function measured({ above, below }, sums) {
  const [value, by] = [sums[above], below ? sums[below] : 1];
  return value === null || value === undefined || !by ? null : value / by;
}

// what a column says of a customer; null: nothing
export function wordOf({ head, columns }, name, e) {
  const at = columns[name]?.[e] ?? NaN;
  return Number.isNaN(at) ? null : head.words[name][at];
}

// orders by month, spend and home of one customer, whatever is filtered
export function ofCustomer({ head, columns, monthOf }, e) {
  const { entity } = columns;
  let first = 0;
  for (let end = entity.length; first < end;) { // its rows are together
    const middle = (first + end) >> 1;
    if (entity[middle] < e) first = middle + 1; else end = middle;
  }
  const all = nothing();
  const byMonth = head.months.map(nothing);
  const month = (slice) => byMonth[monthOf[slice]];
  const byLand = new Map();
  for (let i = first; i < entity.length && entity[i] === e; i++) {
    for (const sum of [all, month(columns.slice[i])]) {
      if (!sum) continue; // without a date
      sum.sales += columns.sales[i];
      sum.returned += columns.returned[i];
      sum.orders += columns.orders[i];
    }
    byLand.set(columns.land[i], (byLand.get(columns.land[i]) ?? 0) + columns.sales[i]);
  }
  countOnce(columns, (who, at, slice) => (who === e ? [all, month(slice)] : []), () => null);
  for (const sum of [all, ...byMonth]) {
    sum.net = (sum.sales - sum.returned) / head.unit;
    sum.sales /= head.unit;
    sum.returned /= head.unit;
  }
  const lands = [...byLand].sort((a, b) => b[1] - a[1]).map(([at]) => head.countries[at] ?? UNKNOWN);
  return { ...all, byMonth, lands };
}

export const filtersOf = (state, head) => Object.keys(filters(head)).filter((name) => state[name] !== undefined && !(name === "period" && state.period === head.period));
