// Elements of the page. Words of the data become text nodes and attributes, never markup.

import { percent, written } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") for (const [property, said] of Object.entries(value)) element.style.setProperty(property, said);
    else if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export const el = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => filled(document.createElementNS(SVG, tag), attributes, children);

// a number in words that says what it is a writing of: what a test reads
export const num = (value, kind, of) => el("span", { "data-value": value, "data-kind": kind, "data-of": of }, written(value, kind));

const WIDEST = 54; // share of its place in per cent that the longest of paired bars takes, as in drawings.py

export function pair([first, second], colour, longest, words, of) {
  const told = [first, second].map((share, i) => share !== null && `${percent(share)} ${words[i]}`).filter(Boolean);
  const bars = second === null ? [[first, "", colour, 0]] : [[first, "then", null, 0], [second, "", colour, 1]];
  const height = 12 * bars.length + 1;
  return svg("svg", { class: "pair", width: "100%", height, role: "img", "aria-label": told.join(" and ") },
    ...bars.flatMap(([share, kind, fill, i]) => {
      const width = `${(WIDEST * Math.max(share, 0)) / longest}%`;
      return [
        svg("rect", { class: kind, y: 1 + 12 * i, width, height: 10, fill }),
        svg("text", { x: width, dx: 6, y: 6.5 + 12 * i, "data-value": share, "data-kind": "share", "data-of": `${of} ${words[i]}` }, `${percent(share)} ${words[i]}`),
      ];
    }));
}

export function download(name, text) {
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// as helpers/show/exports.py: no spreadsheet takes a text for a formula
export function csvCell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
