// The pieces of a page: cards, charts with their sentence, legend and table, tables, the what-if. All text is set as text.
const make = (tag, attributes = {}, ...children) => {
  const node = tag === "svg" || tag === "path" || tag === "circle" || tag === "rect" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    name === "onclick" || name === "oninput" || name === "onchange" ? node.addEventListener(name.slice(2), value) : node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
};

// A label that opens its definition: with a click, a tap or the keyboard; the first words also on hover.
const term = (label, definition) => {
  if (!definition) return label;
  return make("button", { type: "button", class: "term", title: definition.meaning, onclick: () => define(label, definition) }, label);
};
const define = (label, { table, column, meaning, formula, better, unit }) => {
  const node = document.getElementById("definition");
  node.replaceChildren(
    make("p", {}, make("strong", {}, label)),
    make("p", {}, meaning, better ? ` ${better === "up" ? "More" : "Less"} is better.` : ""),
    make("p", {}, make("code", {}, `${table}.${column} = ${formula}`), unit ? ` (${unit})` : ""),
    make("p", {}, make("a", { href: hrefOf("metric_dictionary", { find: `${table}.${column}` }) }, "In the metric dictionary")),
    make("button", { type: "button", onclick: () => node.hidePopover() }, "Close"),
  );
  node.showPopover();
};
const definitionOf = (frame, column) => site.definitions[`${frame.table}.${column}`];

const SYMBOLS = { circle: "M14 1a5 5 0 1 0 .01 0z", square: "M9 1h10v10H9z", diamond: "M14 0l6 6-6 6-6-6z", "triangle-up": "M14 .5l6 10.5H8z", star: "M14 0l1.6 4.2 4.4.2-3.5 2.8 1.3 4.3L14 9.1l-3.8 2.4 1.3-4.3L8 4.4l4.4-.2z" };
const HATCHES = { "/": "M7 11 17 1M12 12 21 3", "\\": "M11 0 21 10M7 3 16 12", ".": "M10 3h2M15 3h2M10 8h2M15 8h2", "-": "M7 4h14M7 8h14", x: "M7 1l14 10M7 11 21 1" };
const swatch = ({ colour, symbol = "circle", pattern, kind }) => {
  const path = (d, more) => make("path", { d, ...more });
  const parts = {
    band: [make("rect", { x: 0, y: 1, width: 28, height: 10, fill: "currentColor", opacity: 0.25 })],
    bar: [make("rect", { x: 7, y: 0, width: 14, height: 12, rx: 2, fill: "currentColor" }), ...(HATCHES[pattern] ? [path(HATCHES[pattern], { stroke: "var(--card)", "stroke-width": 1.6 })] : [])],
    dash: [path("M0 6h28", { stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": "2 3" })],
    line: [path("M0 6h28", { stroke: "currentColor", "stroke-width": 2.4 }), path(SYMBOLS[symbol], { fill: "currentColor" })],
    marker: [path(SYMBOLS[symbol], { fill: "currentColor" })],
  };
  return make("svg", { class: `swatch in-${colour}`, viewBox: "0 0 28 12", "aria-hidden": "true" }, parts[kind]);
};

const noData = (section) => make("p", { class: "no-data" }, make("strong", {}, "No data for this view."), ` It needs ${section.needs}.`);

// A table of rows, with a link to save it as CSV. A column may name its values (`names`) and has its interval beside it.
const withIntervals = (columns, rows) => columns.flatMap((column) => {
  const measure = { n: [], ...column }, has = !column.names && column.unit && rows.some((row) => bounds(row, measure)[0] !== null) && !column.ends;
  return has ? [measure, { ...measure, part: 0, label: `${measure.label}, low` }, { ...measure, part: 1, label: `${measure.label}, high` }] : [measure];
}).filter((column, at, all) => all.findIndex((each) => each.column === column.column && each.part === column.part) === at);
const withSizes = (columns) => columns.flatMap((column) => [column, ...(column.n ?? []).map(([name, noun]) => ({ column: name, label: noun[0].toUpperCase() + noun.slice(1), unit: "", n: [] }))]);
const valueIn = (row, { column, part, names }) => {
  if (part !== undefined) return row[`${column}_${part ? "high" : "low"}`];
  if (column === "market_id") return marketLabel(row.market_id);
  if (column === "offer_type") return offerLabel(row.offer_type);
  return names?.[row[column]] ?? row[column];
};
const headingOf = ({ label, unit }) => (unit && unitOf(unit).axis ? `${label} (${unitOf(unit).axis})` : unit === "share" ? `${label} (%)` : label);

const tableOf = (frame, given, rows, name) => {
  const columns = withIntervals(withSizes(given), rows), isText = (column) => rows.every((row) => !isNumber(valueIn(row, column)));
  const texts = new Set(columns.filter(isText));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Table: ${name}` }, make("table", {},
    make("thead", {}, make("tr", {}, columns.map((column) => make("th", { scope: "col", class: texts.has(column) && "text" }, term(headingOf(column), frame && definitionOf(frame, column.column)))))),
    make("tbody", {}, rows.map((row) => make("tr", {}, columns.map((column, at) => make(at === 0 ? "th" : "td", { class: texts.has(column) && "text", scope: at === 0 && "row" }, number(valueIn(row, column), column.unit))))))));
};

// Cells that a spreadsheet would take for a formula get an apostrophe; numbers stay numbers.
const csvCell = (value) => {
  if (value === null || value === undefined) return "";
  if (isNumber(value)) return String(value);
  const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csvOf = (given, rows) => {
  const columns = withIntervals(withSizes(given), rows), named = (column) => (column.part === undefined ? column.column : `${column.column}_${column.part ? "high" : "low"}`);
  return [columns.map(named), ...rows.map((row) => columns.map((column) => valueIn(row, column)))].map((line) => line.map(csvCell).join(",")).join("\r\n") + "\r\n";
};
const saveCsv = (title, columns, rows) => {
  const about = [title, periodText(state.period).replace(":", "_"), state.market, state.offer].join("_").toLowerCase().replace(/[^a-z0-9_-]+/g, "_");
  const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff" + csvOf(columns, rows)], { type: "text/csv" })), download: `${about}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const saveButton = (title, columns, rows) => make("button", { type: "button", class: "save", onclick: () => saveCsv(title, columns, rows) }, "Save as CSV");

const legendList = (entries) => (entries.length ? make("ul", { class: "legend", "aria-label": "Legend" }, entries.map((entry) => make("li", {}, swatch(entry), entry.label))) : null);
const referenceList = (references) =>
  references?.length ? make("div", { class: "references" }, make("p", {}, "Dashed lines: published figures of other services, for orientation. Other goods, places and years; not part of this data."), make("ul", {}, references.map(({ letter, label }) => make("li", {}, make("b", {}, letter), " ", label)))) : null;

// A chart in its frame. `drawn` is given back so that the page can draw it again in other colours or on paper.
const chartBlock = (section, at) => {
  const drawn = CHARTS[section.kind](section, lookFor(screen.width));
  const words = drawn.caption.filter(Boolean).join(" "), id = `chart-${at}`;
  const node = make("section", { class: `block${section.wide ? " wide" : ""}`, "aria-labelledby": `${id}-title` }, make("h2", { id: `${id}-title` }, section.title));
  if (drawn.isEmpty) return { node: (node.append(drawn.isWithheld ? make("p", { class: "no-data" }, "Withheld or none: too few drivers stand behind these figures.") : noData(section)), node) };
  const chart = make("div", { class: "chart", id, role: "img", "aria-label": `Chart: ${section.title} ${words}` }, make("p", { class: "fallback" }, "The chart needs the file plotly.min.js beside this page. The table below has its figures."));
  node.append(...[
    make("p", { class: "scope" }, drawn.scope), make("p", { class: "caption" }, words), legendList(drawn.legend), chart, referenceList(section.references),
    section.note ? make("p", { class: "note" }, section.note) : null,
    make("details", { class: "behind" }, make("summary", {}, "Figures as a table"), saveButton(section.title, drawn.columns, drawn.rows), tableOf(page.frames[section.frame], drawn.columns, drawn.rows, section.title)),
  ].filter(Boolean));
  return { node, chart, section, height: drawn.height ?? 320 };
};

// Rows as they are; those with a market, offer type or period follow what is chosen.
const tableBlock = (section, at) => {
  const frame = page.frames[section.frame], period = frame.has("grain") ? reach(frame) : WHOLE;
  const isChosen = (row) => (!frame.has("grain") || (row.grain === period.grain && (period.grain === ALL || row.period_start === period.start))) && (!frame.has("market_id") || section.allMarkets || state.market === ALL || row.market_id === state.market) && (!frame.has("offer_type") || state.offer === ALL || row.offer_type === state.offer);
  const rows = frame.rows.filter(isChosen), node = make("section", { class: "block wide", "aria-labelledby": `table-${at}-title` }, make("h2", { id: `table-${at}-title` }, section.title));
  if (!rows.length) return { node: (node.append(section.nothing ? make("p", { class: "no-data" }, section.nothing) : noData(section)), node) };
  const search = section.isSearchable ? searchBox(section, rows, frame) : null;
  node.append(...[frame.has("grain") ? make("p", { class: "scope" }, scopeOf(period)) : null, section.note ? make("p", { class: "caption" }, section.note) : null, search?.box, saveButton(section.title, section.measures, rows), search?.table ?? tableOf(frame, section.measures, rows, section.title)].filter(Boolean));
  return { node };
};
const searchBox = (section, rows, frame) => {
  const field = make("input", { type: "search", id: "find", value: state.find ?? "" }), table = make("div");
  const show = () => {
    const words = field.value.toLowerCase().split(/[\s.]+/).filter(Boolean);
    table.replaceChildren(tableOf(frame, section.measures, rows.filter((row) => words.every((word) => Object.values(row).join(" ").toLowerCase().includes(word))), section.title));
  };
  field.addEventListener("input", show);
  field.addEventListener("change", () => go({ find: field.value || null }));
  show();
  return { box: make("p", {}, make("label", { for: "find" }, "Find "), field), table };
};

// A card: one figure, what it was the period before, how sure it is, what stands behind it, how it went.
const cardBlock = (card) => {
  const frame = page.frames[card.frame], [measure] = card.measures, row = cellOf(frame, state.period), previous = before(state.period), old = previous && cellOf(frame, previous), whole = state.period.grain === ALL ? null : cellOf(frame, WHOLE);
  const definition = definitionOf(frame, measure.column), value = row?.[measure.column], between = row ? interval(row, measure) : "";
  const node = make("div", { class: "card" }, make("h3", {}, term(measure.label, definition)));
  if (!isNumber(value)) node.append(make("p", { class: "value none" }, "not enough data"), make("p", { class: "behind-figure" }, `${row && measure.n.length ? sample(row, measure) + ". " : ""}It needs ${card.needs}.`));
  else {
    node.append(make("p", { class: "value" }, spoken(value, measure.unit)), changeLine(row, old, measure, definition?.better, previous));
    node.append(make("p", { class: "behind-figure" }, [between ? `95% interval ${between}` : card.noInterval ?? "no interval", sample(row, measure)].filter(Boolean).join("; ")));
    if (whole && isNumber(whole[measure.column])) node.append(make("p", { class: "behind-figure" }, `Whole period: ${spoken(whole[measure.column], measure.unit)} (${sample(whole, measure)})`));
  }
  node.append(sparkline(frame, measure), make("p", { class: "more" }, make("a", { href: hrefOf(card.link) }, "In detail", make("span", { class: "unseen" }, `: ${measure.label}`))));
  return node;
};

// Better or worse only where the two intervals do not meet.
const changeLine = (row, old, measure, better, previous) => {
  if (!previous) return make("p", { class: "change" }, "Choose a week or a day to compare");
  const name = previous.grain === "day" ? "the day before" : "the week before";
  if (!old || !isNumber(old[measure.column])) return make("p", { class: "change" }, `No figure for ${name}`);
  const change = row[measure.column] - old[measure.column], [low, high] = bounds(row, measure), [oldLow, oldHigh] = bounds(old, measure);
  const isClear = low !== null && oldLow !== null && (low > oldHigh || high < oldLow), isGood = better && change > 0 === (better === "up");
  const words = low === null || oldLow === null ? "not judged without intervals" : !isClear ? "no clear change" : better ? (isGood ? "better" : "worse") : "a clear change";
  const arrow = change > 0 ? "▲" : change < 0 ? "▼" : "=";
  return make("p", { class: `change ${isClear && better ? (isGood ? "good" : "bad") : ""}` }, make("span", { "aria-hidden": "true" }, arrow + " "), `${signed(change, measure.unit)} on ${name} (${spoken(old[measure.column], measure.unit)}): `, make("strong", {}, words));
};

const sparkline = (frame, measure) => {
  const grain = timeGrain(frame), starts = startsOf(grain, [frame]), points = starts.map((start) => [start, cellOf(frame, { grain, start })?.[measure.column]]).filter(([, value]) => isNumber(value));
  if (points.length < 2) return null;
  const all = everyStart(grain, starts), [low, high] = extent(points.map(([, value]) => value)), x = (start) => 3 + (all.indexOf(start) / Math.max(1, all.length - 1)) * 154, y = (value) => 29 - ((value - low) / (high - low || 1)) * 25;
  const chosen = points.find(([start]) => start === state.period.start) ?? points.at(-1);
  const [first, last] = [points[0], points.at(-1)];
  return make("svg", { class: "spark", viewBox: "0 0 160 32", preserveAspectRatio: "xMinYMid meet", role: "img", "aria-label": `${points.length} ${grain}s, from ${spoken(first[1], measure.unit)} (${day(first[0])}) to ${spoken(last[1], measure.unit)} (${day(last[0])}); lowest ${spoken(low, measure.unit)}, highest ${spoken(high, measure.unit)}` },
    make("path", { d: points.map(([start, value], at) => `${at ? "L" : "M"}${x(start).toFixed(1)} ${y(value).toFixed(1)}`).join(""), fill: "none", stroke: "currentColor", "stroke-width": 1.8 }),
    make("circle", { cx: x(chosen[0]).toFixed(1), cy: y(chosen[1]).toFixed(1), r: 3, fill: "currentColor" }));
};

// What would be left per hour at another price, mileage or rate: from the published sums, no rows of drivers.
const whatIf = (row, { gas, mpg, rate }) => {
  const fuel = row.fuel_miles ? (row.fuel_miles / mpg) * gas : 0, electricity = row.gas_usd - row.fuel_usd;
  return (row.gross_usd - fuel - electricity - row.toll_usd - row.total_miles * rate) / row.on_job_hours;
};
const whatIfBlock = (section) => {
  const frame = page.frames[section.frame], period = reach(frame), row = cellOf(frame, period), node = make("section", { class: "block wide", "aria-labelledby": "what-if-title" }, make("h2", { id: "what-if-title" }, section.title));
  if (!row || !isNumber(row.net_per_hour_usd) || !row.on_job_hours) return { node: (node.append(noData(section)), node) };
  const usual = Object.fromEntries(section.sliders.map(({ name, column }) => [name, row[column]])), given = (name) => (state[name] !== undefined && Number.isFinite(Number(state[name])) ? Number(state[name]) : usual[name]);
  const values = Object.fromEntries(section.sliders.map(({ name }) => [name, given(name)]));
  const result = make("output", { id: "what-if-net", class: "value" }), words = make("p", { class: "behind-figure" });
  const show = () => {
    const net = whatIf(row, values), isUsual = section.sliders.every(({ name }) => values[name] === usual[name]);
    result.textContent = quantity(net, "USD/hour");
    words.textContent = isUsual ? `As in the data: net ${claim(row, section.measures[0])}.` : `${signed(net - row.net_per_hour_usd, "USD/hour")} on the ${quantity(row.net_per_hour_usd, "USD/hour")} of the data (${sample(row, section.measures[0])}).`;
  };
  const slider = ({ name, label, unit, column, from, to, step }) => {
    if (!isNumber(usual[name])) return null;
    const shown = make("output", { for: `slider-${name}` }, quantity(values[name], unit));
    const field = make("input", { type: "range", id: `slider-${name}`, min: Math.min(from, usual[name]), max: Math.max(to, usual[name]), step: "any", value: values[name], "aria-valuetext": quantity(values[name], unit) });
    field.addEventListener("input", () => {
      values[name] = Number((Math.round(Number(field.value) / step) * step).toFixed(6));
      shown.textContent = quantity(values[name], unit);
      field.setAttribute("aria-valuetext", shown.textContent);
      show();
    });
    field.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      field.value = String(values[name] + way * step);
      field.dispatchEvent(new Event("input"));
      field.dispatchEvent(new Event("change"));
    });
    field.addEventListener("change", () => note({ [name]: String(values[name]) }));
    return make("div", { class: "slider" }, make("label", { for: `slider-${name}` }, label), field, shown, make("span", { class: "behind-figure" }, `in the data ${quantity(usual[name], unit)}`));
  };
  show();
  node.append(make("p", { class: "scope" }, scopeOf(period)), make("p", { class: "caption" }, section.note), make("div", { class: "sliders" }, section.sliders.map(slider)), make("p", {}, "Net per hour on the job: ", result), words,
    make("button", { type: "button", onclick: () => go(Object.fromEntries(section.sliders.map(({ name }) => [name, null]))) }, "Back to the data"));
  return { node };
};
