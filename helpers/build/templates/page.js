"use strict";
// What a page does by itself: switch its theme, fold its code, mark where the reader is, draw its charts.
// Without JavaScript everything but the charts is readable, and a chart shows its alternative text.
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  // Storage may be refused (private windows, some file viewers): a switch then lasts as long as the page.
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch {} };
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const theme = () => root.dataset.theme || (prefersDark.matches ? "dark" : "light");

  const PRINT_WIDTH = 660; // px of an A4 page between the margins of page.css

  // ---- charts ------------------------------------------------------------------------------------
  const holder = document.getElementById("chart-themes");
  const THEMES = holder && JSON.parse(holder.textContent);
  const figures = [...document.querySelectorAll("figure.plotly")];
  const drawn = new Map(); // figure -> what its JSON says
  let printing = false;

  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const over = (under, top) => {
    const result = { ...under };
    for (const key of Object.keys(top)) {
      result[key] = isObject(top[key]) ? over(isObject(under?.[key]) ? under[key] : {}, top[key]) : top[key];
    }
    return result;
  };

  // plotly express writes the scale into the figure, so it is exchanged there; a scale that is not the
  // house's own stays as its author wanted it
  const names = (scale) => (Array.isArray(scale) ? scale.map((step) => step[1]).join() : scale);
  const exchangeScale = (part, colours) => {
    const at = THEMES.light.scales.findIndex((scale) => names(scale) === names(part?.colorscale));
    if (at >= 0) part.colorscale = colours.scales[at];
  };

  // A product's name may be longer than a phone is wide; the hover label keeps it whole.
  // Labels are escaped for plotly: no cut within `&amp;`, and none where a label has tags.
  const shorten = (text) =>
    text.length > 20 && !text.includes("<") ? text.slice(0, 19).replace(/&\w*$/, "").trimEnd() + "…" : text;
  function shortenLabels(data, layout) {
    const rowsOf = (axis) => data.filter((trace) => (trace.yaxis ?? "y") === axis && Array.isArray(trace.y)).flatMap((trace) => trace.y);
    for (const { y, yaxis = "y" } of data) {
      if (!Array.isArray(y) || typeof y[0] !== "string" || /^\d{4}-/.test(y[0])) continue;
      const axis = (layout[yaxis.replace("y", "yaxis")] ??= {});
      if (!axis.ticktext) axis.tickvals = axis.ticktext = [...new Set(rowsOf(yaxis))]; // a trace may have only some
      axis.tickmode = "array";
      axis.ticktext = axis.ticktext.map((text) => shorten(String(text)));
    }
  }

  function dressed(spec) {
    const colours = THEMES[printing ? "light" : theme()];
    const { data = [], layout = {}, frames = [] } = structuredClone(spec);
    const template = over(layout.template || {}, { layout: colours.template.layout });
    template.data = { ...template.data };
    for (const [type, [style]] of Object.entries(colours.template.data)) {
      template.data[type] = [over(template.data[type]?.[0] || {}, style)];
    }
    const scales = template.layout.colorscale;
    if (scales) [scales.sequential, scales.diverging] = colours.scales;
    (template.data.heatmap || []).forEach((style) => exchangeScale(style, colours));
    layout.template = template;
    for (const key of Object.keys(layout)) if (key.startsWith("coloraxis")) exchangeScale(layout[key], colours);
    for (const trace of data) { exchangeScale(trace, colours); exchangeScale(trace.marker, colours); }
    if (printing) {
      layout.width = PRINT_WIDTH;
      layout.height = 0.8 * (layout.height || 420); // two to a sheet
    } else { delete layout.width; layout.autosize = true; }
    if (!printing && innerWidth < 560) {
      template.layout.font = { ...template.layout.font, size: 11 };
      shortenLabels(data, layout);
    }
    const touch = matchMedia("(pointer: coarse)").matches;
    if (touch) layout.dragmode = false; // a finger that scrolls the page must not zoom the chart
    const config = {
      displaylogo: false,
      responsive: !printing,
      displayModeBar: touch || printing ? false : "hover",
      modeBarButtonsToRemove: ["lasso2d", "select2d"],
    };
    return { data, layout, config, frames };
  }

  function draw(figure) {
    if (drawn.has(figure)) return;
    const spec = JSON.parse(figure.querySelector("script").textContent);
    drawn.set(figure, spec);
    Plotly.newPlot(figure.querySelector(".plot"), dressed(spec));
  }

  const redraw = () => {
    for (const [figure, spec] of drawn) Plotly.react(figure.querySelector(".plot"), dressed(spec));
  };

  if (figures.length && window.Plotly) {
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "600px" });
    figures.forEach((figure) => near.observe(figure));
    addEventListener("beforeprint", () => { printing = true; redraw(); figures.forEach(draw); });
    addEventListener("afterprint", () => { printing = false; redraw(); });
  }

  // ---- lists that can be searched: the rows are in the page, this shows some of them --------------
  const SHOWN = 25; // rows to begin with, and how many more each time
  for (const table of document.querySelectorAll("table.searchable")) {
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, text: row.textContent.toLowerCase() }));
    const title = table.caption ? table.caption.textContent : "the list";
    const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
    const tools = make("div", { className: "search" });
    const box = make("input", { type: "search", placeholder: "Search", autocomplete: "off" });
    box.setAttribute("aria-label", `Search in: ${title}`);
    const choice = make("select", {});
    const found = make("span", { className: "note" });
    found.setAttribute("role", "status");
    const more = make("button", { type: "button", textContent: "Show more" });
    const column = Number(table.dataset.filter ?? -1);
    tools.append(box);
    if (column >= 0) {
      const heading = table.tHead.rows[0].cells[column].textContent;
      choice.setAttribute("aria-label", `Filter by: ${heading}`);
      choice.append(new Option(`${heading}: all`, ""));
      const values = new Set(rows.map(({ row }) => row.cells[column].textContent));
      for (const value of [...values].sort()) choice.append(new Option(value, value));
      tools.append(choice);
    }
    tools.append(found);
    const frame = table.closest(".scroll") || table;
    frame.before(tools);
    frame.after(more);
    more.classList.add("search-more");
    let most = SHOWN;
    const apply = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let matching = 0;
      for (const { row, text } of rows) {
        const fits = (!choice.value || row.cells[column].textContent === choice.value) && words.every((w) => text.includes(w));
        row.hidden = !fits || matching >= most;
        matching += fits;
      }
      const shown = Math.min(matching, most);
      found.textContent = `${shown.toLocaleString("en")} of ${matching.toLocaleString("en")} shown`;
      more.hidden = shown === matching;
    };
    const again = () => { most = SHOWN; apply(); };
    box.addEventListener("input", again);
    choice.addEventListener("change", again);
    more.addEventListener("click", () => { most += 4 * SHOWN; apply(); });
    apply();
  }

  // ---- tables with sentences in them: on a phone a row is a card, and each value needs its heading ----
  for (const table of document.querySelectorAll(".scroll > table:has(td.long)")) {
    const headings = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    if (headings.length < 4) continue;
    table.classList.add("told");
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, i) => { cell.dataset.label = headings[i]; });
    }
  }

  // ---- tables: one that is wider than the sheet would make the browser shrink the whole print ------
  const tables = [...document.querySelectorAll(".scroll > table")];
  addEventListener("beforeprint", () => {
    for (const table of tables) {
      table.style.width = "0"; // as narrow as its words and figures allow: what can wrap needs no smaller type
      const width = table.offsetWidth * 0.8; // page.css prints tables in smaller type
      table.style.width = "";
      if (width > PRINT_WIDTH) table.style.zoom = PRINT_WIDTH / width;
    }
  });
  addEventListener("afterprint", () => { for (const table of tables) table.style.zoom = ""; });

  // ---- theme -------------------------------------------------------------------------------------
  const themeSwitch = document.getElementById("theme-switch");
  const other = () => (theme() === "dark" ? "light" : "dark");
  const label = () => {
    themeSwitch.setAttribute("aria-label", `Switch to the ${other()} theme`);
    themeSwitch.title = `Switch to the ${other()} theme`;
  };
  themeSwitch.hidden = false;
  label();
  themeSwitch.addEventListener("click", () => {
    root.dataset.theme = other();
    remember("report-theme", root.dataset.theme);
    label();
    redraw();
  });
  prefersDark.addEventListener("change", () => { label(); redraw(); });

  // ---- code --------------------------------------------------------------------------------------
  const codeSwitch = document.getElementById("code-switch");
  if (codeSwitch) {
    const show = (open) => {
      document.querySelectorAll("details.code").forEach((details) => { details.open = open; });
      root.dataset.code = open ? "open" : "folded";
      codeSwitch.setAttribute("aria-pressed", String(open));
      codeSwitch.textContent = open ? "Hide code" : "Show code";
    };
    codeSwitch.hidden = false;
    show(recall("report-code") === "open");
    codeSwitch.addEventListener("click", () => {
      const open = codeSwitch.getAttribute("aria-pressed") !== "true";
      remember("report-code", open ? "open" : "folded");
      show(open);
    });
  }

  // ---- contents ----------------------------------------------------------------------------------
  const contents = document.querySelector(".contents details");
  if (contents) {
    const wide = matchMedia("(min-width: 70rem)");
    const fit = () => { contents.open = wide.matches; };
    fit();
    wide.addEventListener("change", fit);
    const links = [...contents.querySelectorAll("a")];
    const headings = links.map((link) => document.getElementById(link.hash.slice(1)));
    const mark = () => {
      const at = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < innerHeight * 0.3);
      links.forEach((link, i) => {
        if (i === at) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      });
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    }, { passive: true });
    mark();
  }
})();
