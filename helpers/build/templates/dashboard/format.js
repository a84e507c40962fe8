// Numbers and dates as helpers/base/text.py writes them (a test holds the two against each other); the sign of the
// currency comes from there. Python rounds a tie to the even digit, and so does this.

const NO_BREAK = "\u00a0";
const EXACT = 60; // digits behind which no number of ours goes on
let currency = { sign: "", code: "" };

export function useCurrency(known) { currency = known; }

// a heading with the unit of what is below
export const inUnit = (heading) => (currency.sign || currency.code ? `${heading} (${currency.sign || currency.code})` : heading);

const isTie = (rest) => /^50*$/.test(rest);
const isEven = (digits) => "02468".includes(digits.replace(/\.$/, "").at(-1));

export function fixed(value, digits) {
  const size = Math.abs(value);
  const exact = size.toFixed(digits + EXACT > 100 ? 100 : digits + EXACT);
  const head = exact.slice(0, -EXACT);
  const text = isTie(exact.slice(-EXACT)) && isEven(head) ? head.replace(/\.$/, "") : size.toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `-${text}` : text;
}

function significant(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1 + EXACT).split("e");
  const head = mantissa.slice(0, -EXACT);
  return isTie(mantissa.slice(-EXACT)) && isEven(head) ? Number(`${head}e${exponent}`) : Number(value.toPrecision(digits));
}

const grouped = (text) => text.replace(/^(-?)(\d+)/, (all, sign, whole) => sign + whole.replace(/\B(?=(\d{3})+$)/g, ","));

export function money(amount) {
  const size = Math.abs(amount);
  const value = size >= 10_000 || size < 20 ? significant(size, 3) : Number(fixed(size, 0));
  let digits;
  if (value >= 1e9) digits = `${grouped(fixed(value / 1e6, 0))}m`;
  else if (value >= 1e6) digits = `${significant(value / 1e6, 3)}m`;
  else if (value >= 10_000) digits = `${significant(value / 1e3, 3)}k`;
  else digits = value >= 20 || Number.isInteger(value) ? grouped(fixed(value, 0)) : value.toPrecision(3);
  const after = currency.code && !currency.sign ? ` ${currency.code}` : "";
  return `${amount < 0 && value ? "-" : ""}${currency.sign}${digits}${after}`;
}

export function percent(share) {
  const size = Math.abs(100 * share);
  if (size > 0 && size < 0.05) return `<0.1${NO_BREAK}%`;
  if (size >= 99.5 && size < 100) return `${fixed(Math.sign(share) * Math.min(size, 99.9), 1)}${NO_BREAK}%`;
  return `${fixed(100 * share, Number(fixed(size, 1)) >= 10 || size === 0 ? 0 : 1)}${NO_BREAK}%`;
}

export const count = (value) => grouped(fixed(value, 0));
export const ratio = (value) => fixed(value, 1);
export const inColumn = (amount) => grouped(fixed(amount, Math.abs(amount) >= 1000 ? 0 : 2));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function day(since) {
  const date = new Date(since * 86_400_000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export const isoDay = (since) => new Date(since * 86_400_000).toISOString().slice(0, 10);

const WRITERS = { money, share: percent, count, ratio, column: inColumn, day };

export const written = (value, kind) => WRITERS[kind](value);
export const counted = (value, one, many) => `${count(value)} ${value === 1 ? one : many}`;

export function listed(words) {
  const comma = words.some((word) => word.includes(", ")) ? "; " : ", ";
  return words.length > 1 ? `${words.slice(0, -1).join(comma)} and ${words.at(-1)}` : words.join("");
}
