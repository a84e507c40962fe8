// What is filtered and shown, as it stands in the address after `#`: a view can be linked, and the back button works.

export const UNKNOWN = "Not known";
export const VIEWS = ["overview", "customers", "map"];
const FILTERS = { period: "Period", segment: "Segment", group: "Natural group", country: "Country", flag: "Flag", action: "Action" };
export const filters = (head) => ({ ...FILTERS, ...head.traits });

// the values that each filter can have in this study; one without a choice is left out
export function choices(head) {
  const kinds = [...new Set((head.words.action ?? []).map(kindOf))];
  const all = {
    period: [...head.periods.map(({ key }) => key), ...head.months.map(({ key }) => key)],
    segment: head.words.segment,
    group: head.words.group,
    country: head.countries.map((name) => name ?? UNKNOWN),
    flag: head.words.flag && ["yes", "no"],
    action: kinds.length ? kinds : undefined,
    ...Object.fromEntries(Object.keys(head.traits).map((name) => [name, head.words[name]])),
  };
  return Object.fromEntries(Object.entries(all).filter(([, values]) => values?.length > 1));
}

export const kindOf = (action) => action.split(":")[0];

export function read(hash, head) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  const allowed = choices(head);
  const state = { view: VIEWS.includes(asked.get("view")) ? asked.get("view") : "overview" };
  for (const [name, values] of Object.entries(allowed)) {
    if (values.includes(asked.get(name))) state[name] = asked.get(name);
  }
  state.period ??= head.period;
  if (head.ids.includes(asked.get("customer")) && !head.together) state.customer = asked.get("customer");
  return state;
}

export function write(state, head) {
  const said = Object.entries(state).filter(([name, value]) => value !== undefined && value !== { view: "overview", period: head.period }[name]);
  return `#${new URLSearchParams(said)}`;
}

export function periodOf(key, head) {
  const known = head.periods.find((period) => period.key === key);
  if (known) return { ...known, range: [known.range[0], known.range[1] ?? head.slices] };
  const at = head.months.findIndex((month) => month.key === key);
  const [month, before] = [head.months[at], head.months[at - 12]];
  const compared = before && month.whole && before.whole;
  return {
    key, label: month.name, range: month.range,
    before: compared ? before.range : null, against: compared ? before.name : "",
  };
}

// the months that are drawn with a period: of a single month those around it
const MOST_MONTHS = 36;
export function monthsOf(key, head) {
  let period = periodOf(key, head);
  if (!head.periods.some((known) => known.key === key)) {
    const around = (one) => one.key !== "all" && one.range[0] <= period.range[0] && one.range[1] >= period.range[1];
    period = periodOf((head.periods.find(around) ?? head.periods.find((one) => one.key === "all")).key, head);
  }
  const [from, to] = period.range;
  const inside = head.months.map((month, at) => ({ ...month, at })).filter(({ range }) => range[0] < to && range[1] > from);
  return { period, months: inside.slice(-MOST_MONTHS) };
}
