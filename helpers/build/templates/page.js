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
  const PRINT_HEIGHT = 560; // px that a chart has at most on paper

  // ---- what is packed: zlib in base64, as packing.py leaves it -----------------------------------
  const unpack = (element) => {
    const letters = atob(element.textContent);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i); // Uint8Array.from takes ten times as long
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  };

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

  // names beside lines need more room than a phone has: there a legend says them
  const NARROW = 560; // px
  const keyed = (layout) => {
    if (!layout.annotations?.some((one) => one.name === "direct")) return;
    layout.annotations = layout.annotations.filter((one) => one.name !== "direct");
    layout.showlegend = true;
    delete layout.margin?.r;
  };

  function dressed(spec, width) {
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
      layout.height = Math.min(0.8 * (layout.height || 420), PRINT_HEIGHT); // two to a sheet
    } else { delete layout.width; layout.autosize = true; }
    if (!printing && width < NARROW) {
      template.layout.font = { ...template.layout.font, size: 11 };
      shortenLabels(data, layout);
      keyed(layout);
      for (const [, { title }] of Object.entries(layout).filter(([name]) => name.startsWith("xaxis"))) {
        if (title?.text?.length > 40) title.text = title.text.replace(/(.{24,40}) /, "$1<br>"); // or its ends are cut off
      }
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
    const plot = figure.querySelector(".plot");
    const spec = specs.get(figure);
    drawn.set(figure, spec);
    plot.replaceChildren();
    Plotly.newPlot(plot, dressed(spec, plot.clientWidth));
  }

  const redraw = () => {
    for (const [figure, spec] of drawn) {
      const plot = figure.querySelector(".plot");
      Plotly.react(plot, dressed(spec, plot.clientWidth));
    }
  };

  // plotly.js is the most of a page: it is unpacked when a chart comes near the screen, or, so that a page can be
  // printed, when its reader has stayed for a while
  const specs = new Map(); // figure -> what it draws
  const STAYED = 2000; // ms
  let starting = null;
  async function unpackCharts() {
    const code = new Blob([await unpack(document.getElementById("plotly-js"))], { type: "text/javascript" });
    const script = Object.assign(document.createElement("script"), { src: URL.createObjectURL(code) });
    const run = new Promise((done, failed) => { script.onload = done; script.onerror = failed; });
    document.head.append(script);
    for (const figure of figures) specs.set(figure, JSON.parse(await unpack(figure.querySelector("script"))));
    await run;
    URL.revokeObjectURL(script.src);
  }
  const charts = () => (starting ??= unpackCharts().catch((problem) => {
    root.dataset.charts = "none"; // page.css then shows what each of them shows in words
    throw problem;
  }));

  if (document.body.matches(".board")) { // on paper (paper.py) all are drawn, and each sheet is fitted to its paper
    printing = true;
    for (const figure of figures) specs.set(figure, JSON.parse(figure.querySelector("script")?.textContent));
    figures.forEach(draw);
    for (const sheet of document.querySelectorAll(".sheet")) {
      const room = parseFloat(getComputedStyle(sheet).getPropertyValue("--room"));
      let zoom = 1;
      while (zoom > 0.5 && sheet.getBoundingClientRect().height > room) {
        zoom -= 0.04;
        sheet.firstElementChild.style.zoom = zoom;
        for (const plot of sheet.querySelectorAll(".plot")) Plotly.relayout(plot, { width: PRINT_WIDTH / zoom });
      }
    }
  } else if (figures.length) {
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        charts().then(() => draw(target));
      }
    }, { rootMargin: "600px" });
    figures.forEach((figure) => near.observe(figure));
    addEventListener("load", () => setTimeout(charts, STAYED));
    addEventListener("beforeprint", () => { printing = true; if (window.Plotly) { redraw(); figures.forEach(draw); } });
    addEventListener("afterprint", () => { printing = false; redraw(); });
  }

  // ---- tables: sorted by a heading; long ones are searched, and drawn some rows at a time ---------
  const SEARCHED = 20; // rows above which a table can be searched
  const PRINTED = 25; // rows of a long table on paper
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const TIMES = { k: 1e3, m: 1e6, bn: 1e9 };
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // what a text is sorted by: a number, a day, nothing (a dash), or itself
  function valueOf(text) {
    if (text === "–" || text === "") return null;
    const day = /^(?:(\d{1,2}) )?([A-Z][a-z]{2}) (\d{4})(?: (\d\d):(\d\d))?$/.exec(text);
    if (day && MONTHS.includes(day[2])) return Date.UTC(day[3], MONTHS.indexOf(day[2]), day[1] ?? 1, day[4] ?? 0, day[5] ?? 0);
    const number = /^<?([-−+]?)[£€$]?([-−+]?)(∞|[\d,]*\.?\d+)\s*(k|m|bn|%|pts|x|[A-Z]{3}|days?)?$/.exec(text);
    if (!number) return text.toLowerCase();
    const size = number[3] === "∞" ? Infinity : Number(number[3].replaceAll(",", "")) * (TIMES[number[4]] ?? 1);
    return /[-−]/.test(number[1] + number[2]) ? -size : size;
  }
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

  async function arm(table) {
    const body = table.tBodies[0];
    const headings = [...table.tHead.rows[0].cells];
    const titles = headings.map((heading) => heading.textContent);
    const page = Number(table.dataset.rows); // rows to begin with
    const first = body.rows[0];
    const looks = [...first.cells].map((cell) => cell.className);
    const told = headings.length >= 4 && looks.includes("long"); // on a phone a row is a card: page.css
    table.classList.toggle("told", told);
    const rows = [...body.rows].map((row) => ({ row, texts: [...row.cells].map((cell) => cell.textContent) }));
    if (told) for (const { row } of rows) [...row.cells].forEach((cell, i) => { cell.dataset.label = titles[i]; });
    const more = table.querySelector("script.rows");
    if (more) for (const texts of JSON.parse(await unpack(more))) rows.push({ row: null, texts });
    rows.forEach((one, place) => { one.place = place; });

    // what leads to its definition in the first rows does so in the others
    const links = new Map([...body.querySelectorAll("td > a")].map((link) => [link.textContent, link]));
    const drawRow = ({ texts }) => {
      const row = document.createElement("tr");
      row.append(...texts.map((text, i) => {
        const cell = make("td", { className: looks[i] });
        cell.append(links.get(text)?.cloneNode(true) ?? text);
        if (told) cell.dataset.label = titles[i];
        const most = Number(headings[i].dataset.most);
        if (most) cell.style.setProperty("--part", `${Math.round((100 * (valueOf(text) ?? 0)) / most)}%`);
        return cell;
      }));
      return row;
    };

    const box = make("input", { type: "search", placeholder: "Search", autocomplete: "off" });
    const choices = [];
    const found = make("span", { className: "note" });
    const further = make("button", { type: "button", textContent: "Show more", className: "search-more" });
    let most = page;
    let by = { column: -1, down: false };
    const apply = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = ({ texts }) =>
        choices.every(({ column, list }) => !list.value || texts[column] === list.value) &&
        words.every((word) => texts.some((text) => text.toLowerCase().includes(word)));
      const kept = rows.filter(fits);
      if (by.column >= 0) {
        const keys = new Map(kept.map((one) => [one, valueOf(one.texts[by.column])]));
        kept.sort((one, two) => {
          const [a, b] = [keys.get(one), keys.get(two)];
          if (a === null || b === null) return (a === null) - (b === null) || one.place - two.place;
          return (by.down ? compare(b, a) : compare(a, b)) || one.place - two.place;
        });
      }
      const shown = kept.slice(0, printing && rows.length > SEARCHED ? Math.min(most, PRINTED) : most);
      body.replaceChildren(...shown.map((one) => (one.row ??= drawRow(one))));
      found.textContent = `${shown.length.toLocaleString("en")} of ${kept.length.toLocaleString("en")} shown`;
      further.hidden = shown.length === kept.length;
    };
    const again = () => { most = page; apply(); };

    const order = make("select", { className: "order" }); // the cards of a phone have no headings
    const falls = (column) => headings[column].classList.contains("number"); // of numbers the largest come first
    const sort = (column, down) => {
      by = { column, down };
      for (const one of headings) one.removeAttribute("aria-sort");
      if (column >= 0) headings[column].setAttribute("aria-sort", down ? "descending" : "ascending");
      order.value = column;
      again();
    };
    if (rows.length > 2) {
      headings.forEach((heading, column) => {
        const button = make("button", { type: "button", className: "sort", textContent: titles[column] });
        button.addEventListener("click", () => {
          if (by.column !== column) sort(column, falls(column));
          else if (by.down === falls(column)) sort(column, !by.down);
          else sort(-1, false);
        });
        heading.replaceChildren(button);
      });
      order.setAttribute("aria-label", "Sort by");
      order.append(new Option("In the order given", -1), ...titles.map((name, column) => new Option(`By ${name}`, column)));
      order.addEventListener("change", () => {
        const column = Number(order.value);
        sort(column, column >= 0 && falls(column));
      });
    }
    const long = rows.length > SEARCHED || rows.length > page;
    if (!long && !(told && order.options.length)) return;
    const title = table.caption.textContent;
    const frame = table.closest(".scroll") ?? table;
    const tools = make("div", { className: "search" });
    box.setAttribute("aria-label", `Search in: ${title}`);
    if (rows.length > SEARCHED) {
      tools.append(box);
      // a column of few words can be chosen from
      headings.forEach((heading, column) => {
        if (choices.length === 3 || !column || heading.classList.contains("number")) return;
        const values = [...new Set(rows.map(({ texts }) => texts[column]))];
        if (values.length < 2 || values.length > 12 || values.some((value) => value.length > 60)) return;
        const list = make("select", {});
        list.setAttribute("aria-label", `Filter by: ${titles[column]}`);
        list.append(new Option(`${titles[column]}: all`, ""), ...values.sort(compare).map((value) => new Option(value, value)));
        list.addEventListener("change", again);
        choices.push({ column, list });
        tools.append(list);
      });
    }
    if (told && order.options.length) tools.append(order);
    tools.classList.toggle("cards-only", !long);
    found.setAttribute("role", "status");
    if (long) tools.append(found);
    frame.before(tools);
    if (frame.nextElementSibling?.matches(".rest")) frame.nextElementSibling.remove();
    if (long) frame.after(further);
    frame.classList.toggle("tall", rows.length > SEARCHED);
    box.addEventListener("input", again);
    further.addEventListener("click", () => { most += Math.max(page, 50); apply(); });
    addEventListener("beforeprint", () => { printing = true; apply(); });
    addEventListener("afterprint", () => { printing = false; apply(); });
    apply();
  }
  document.querySelectorAll("table.data").forEach(arm);

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

  // ---- what is folded: code; and how it was done, with the exercises -------------------------------
  // A switch opens or closes all of one kind, and the next page remembers it.
  const foldSwitch = (name, folded, labels) => {
    const button = document.getElementById(`${name}-switch`);
    if (!button) return false;
    const show = (open) => {
      document.querySelectorAll(folded).forEach((details) => { details.open = open; });
      root.dataset[name] = open ? "open" : "folded";
      button.setAttribute("aria-pressed", String(open));
      button.textContent = labels[Number(open)];
    };
    button.hidden = false;
    show(recall(`report-${name}`) === "open");
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      remember(`report-${name}`, open ? "open" : "folded");
      show(open);
    });
    return true;
  };
  foldSwitch("code", "details.code", ["Show code", "Hide code"]);
  if (foldSwitch("course", "details.fold", ["Course view", "Findings only"])) {
    // a link into a folded section opens it
    const reach = () => {
      const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      for (let fold = target && target.closest("details.fold"); fold; fold = fold.parentElement.closest("details.fold")) {
        if (!fold.open) { fold.open = true; target.scrollIntoView(); }
      }
    };
    addEventListener("hashchange", reach);
    reach();
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
