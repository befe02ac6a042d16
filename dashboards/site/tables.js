// Tables of rows, to read, to search and to save.

// A table of rows, with a link to save it as CSV. A column may name its values (`names`) and has its interval beside it.
const withIntervals = (columns, rows) =>
  columns
    .flatMap((column) => {
      const measure = { n: [], ...column },
        has = !column.names && column.unit && rows.some((row) => bounds(row, measure)[0] !== null);
      return has
        ? [
            measure,
            { ...measure, part: 0, label: `${measure.label}, low` },
            { ...measure, part: 1, label: `${measure.label}, high` },
          ]
        : [measure];
    })
    .filter(
      (column, at, all) => all.findIndex((each) => each.column === column.column && each.part === column.part) === at,
    );

const withSizes = (columns) =>
  columns.flatMap((column) => [
    column,
    ...(column.n ?? []).map(([name, noun]) => ({
      column: name,
      label: noun[0].toUpperCase() + noun.slice(1),
      unit: "",
      n: [],
    })),
  ]);

const valueIn = (row, { column, part, names }) => {
  if (part !== undefined) return row[`${column}_${part ? "high" : "low"}`];
  if (column === "market_id") return marketLabel(row.market_id);
  if (column === "offer_type") return offerLabel(row.offer_type);
  return names?.[row[column]] ?? row[column];
};

// Dates and instants are known by their column: a store may be called 2022-04-01.
const wordsIn = (row, column) => {
  const value = valueIn(row, column);
  if (typeof value !== "string" || !/(_at|_on|_start|_since|^cut)$/.test(column.column))
    return number(value, column.unit);
  return value.includes("T") ? moment(value) : day(value);
};

const headingOf = ({ label, unit }) =>
  UNITS[unit]?.axis ? `${label} (${UNITS[unit].axis})` : unit === "share" ? `${label} (%)` : label;

const scrolled = (name, headings, lines) =>
  make(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": `Table: ${name}` },
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, headings)),
      make(
        "tbody",
        {},
        lines.map((cells) => make("tr", {}, cells)),
      ),
    ),
  );
const termOf = (frame, column) => term(headingOf(column), definitionOf(frame, column.column));

const tableOf = (frame, given, rows, name) => {
  const columns = withIntervals(withSizes(given), rows),
    isText = (column) => rows.every((row) => !isNumber(valueIn(row, column)));
  const texts = new Set(columns.filter(isText)),
    classOf = (column) => texts.has(column) && "text";
  return scrolled(
    name,
    columns.map((column) => make("th", { scope: "col", class: classOf(column) }, termOf(frame, column))),
    rows.map((row) =>
      columns.map((column, at) =>
        make(
          at === 0 ? "th" : "td",
          { class: classOf(column), scope: at === 0 && "row" },
          column.unit === "row" ? quantity(valueIn(row, column), row.unit) : wordsIn(row, column),
        ),
      ),
    ),
  );
};

// Many figures of few rows are read from the top: a line per figure, a column per row, named by `by`.
const uprightTable = (frame, given, rows, name, by) => {
  const columns = withIntervals(withSizes(given), rows).filter(({ column }) => !by.includes(column)),
    heading = (row) => by.map((column) => valueIn(row, { column })).join(" · ");
  return scrolled(
    name,
    [make("td"), ...rows.map((row) => make("th", { scope: "col" }, heading(row)))],
    columns.map((column) => [
      make("th", { scope: "row", class: "text" }, termOf(frame, column)),
      ...rows.map((row) => make("td", {}, wordsIn(row, column))),
    ]),
  );
};

// Cells that a spreadsheet would take for a formula get an apostrophe; numbers stay numbers.
const csvCell = (value) => {
  if (value === null || value === undefined) return "";
  if (isNumber(value)) return String(value);
  const text = /^[\s\0]*[=+\-@＝＋－＠\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// In a file each row says by itself which cell it is of.
const KEYS = ["grain", "period_start", "market_id", "offer_type"];
const csvOf = (given, rows) => {
  const shown = withIntervals(withSizes(given), rows),
    keys = KEYS.filter((key) => rows.length && key in rows[0] && !shown.some(({ column }) => column === key)),
    columns = [...keys.map((column) => ({ column })), ...shown],
    named = (column) =>
      column.part === undefined ? column.column : `${column.column}_${column.part ? "high" : "low"}`;
  return (
    [columns.map(named), ...rows.map((row) => columns.map((column) => valueIn(row, column)))]
      .map((line) => line.map(csvCell).join(","))
      .join("\r\n") + "\r\n"
  );
};

const saveCsv = (title, columns, rows) => {
  const about = [title, periodText(state.period).replace(":", "_"), state.market, state.offer]
    .join("_")
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "_");
  const link = make("a", {
    href: URL.createObjectURL(new Blob(["\ufeff" + csvOf(columns, rows)], { type: "text/csv" })),
    download: `${about}.csv`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const saveButton = (title, columns, rows) =>
  make("button", { type: "button", class: "save", onclick: () => saveCsv(title, columns, rows) }, "Save as CSV");

// Rows as they are; those with a market, offer type or period follow what is chosen.
const tableBlock = (section, at) => {
  const frame = page.frames[section.frame],
    period = frame.has("grain") ? reach(frame) : WHOLE;
  const hasTotals = frame.rows.some((row) => row.offer_type === ALL);
  const isChosen = (row) =>
    (!frame.has("grain") ||
      (row.grain === period.grain && (period.grain === ALL || row.period_start === period.start))) &&
    (!frame.has("market_id") ||
      section.allMarkets ||
      (hasTotals ? marketsOf().includes(row.market_id) : [ALL, row.market_id].includes(state.market))) &&
    (!frame.has("offer_type") || (state.offer === ALL && !hasTotals) || row.offer_type === state.offer);
  const rows = frame.rows.filter(isChosen),
    node = make(
      "section",
      { class: "block wide", "aria-labelledby": `table-${at}-title` },
      make("h2", { id: `table-${at}-title` }, section.title),
    );
  if (!rows.length)
    return {
      node:
        (node.append(section.nothing ? make("p", { class: "no-data" }, section.nothing) : noData(section.needs)), node),
    };
  const search = section.isSearchable ? searchBox(section, rows, frame) : null;
  node.append(
    ...[
      frame.has("grain") ? make("p", { class: "scope" }, scopeOf(period)) : null,
      section.note ? make("p", { class: "caption" }, section.note) : null,
      search?.box,
      saveButton(section.title, section.measures, rows),
      search?.table ??
        (section.by
          ? uprightTable(frame, section.measures, rows, section.title, section.by)
          : tableOf(frame, section.measures, rows, section.title)),
    ].filter(Boolean),
  );
  return { node };
};

const searchBox = (section, rows, frame) => {
  const field = make("input", { type: "search", id: "find", value: state.find ?? "" }),
    table = make("div");
  const show = () => {
    const words = field.value
      .toLowerCase()
      .split(/[\s.]+/)
      .filter(Boolean);
    table.replaceChildren(
      tableOf(
        frame,
        section.measures,
        rows.filter((row) => words.every((word) => Object.values(row).join(" ").toLowerCase().includes(word))),
        section.title,
      ),
    );
  };
  field.addEventListener("input", show);
  field.addEventListener("change", () => go({ find: field.value || null }));
  show();
  return { box: make("p", {}, make("label", { for: "find" }, "Find "), field), table };
};
