// Nodes of the page. All text is set as text, none as markup.

const make = (tag, attributes = {}, ...children) => {
  const node =
    tag === "svg" || tag === "path" || tag === "circle" || tag === "rect"
      ? document.createElementNS("http://www.w3.org/2000/svg", tag)
      : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    name === "onclick" || name === "oninput" || name === "onchange"
      ? node.addEventListener(name.slice(2), value)
      : node.setAttribute(name, value === true ? "" : value);
  }
  node.append(
    ...children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined && child !== false && child !== ""),
  );
  return node;
};

// A label that opens its definition: with a click, a tap or the keyboard; the first words also on hover.
const term = (label, definition) => {
  if (!definition) return label;
  return make(
    "button",
    { type: "button", class: "term", title: definition.meaning, onclick: () => define(label, definition) },
    label,
  );
};

const define = (label, { table, column, meaning, formula, better, unit }) => {
  const node = document.getElementById("definition");
  node.replaceChildren(
    make("p", {}, make("strong", {}, label)),
    make("p", {}, meaning, better ? ` ${better === "up" ? "More" : "Less"} is better.` : ""),
    make("p", {}, make("code", {}, `${table}.${column} = ${formula}`), unit ? ` (${unit})` : ""),
    make(
      "p",
      {},
      make("a", { href: hrefOf("metric_dictionary", { find: `${table}.${column}` }) }, "In the metric dictionary"),
    ),
    make("button", { type: "button", onclick: () => node.hidePopover() }, "Close"),
  );
  node.showPopover();
};

const definitionOf = (frame, column) => site.definitions[`${frame.table}.${column}`];

const SYMBOLS = {
  circle: "M14 1a5 5 0 1 0 .01 0z",
  square: "M9 1h10v10H9z",
  diamond: "M14 0l6 6-6 6-6-6z",
  "triangle-up": "M14 .5l6 10.5H8z",
  star: "M14 0l1.6 4.2 4.4.2-3.5 2.8 1.3 4.3L14 9.1l-3.8 2.4 1.3-4.3L8 4.4l4.4-.2z",
};

const HATCHES = {
  "/": "M7 11 17 1M12 12 21 3",
  "\\": "M11 0 21 10M7 3 16 12",
  ".": "M10 3h2M15 3h2M10 8h2M15 8h2",
  "-": "M7 4h14M7 8h14",
  x: "M7 1l14 10M7 11 21 1",
};

const swatch = ({ colour, symbol = "circle", pattern, kind }) => {
  const path = (d, more) => make("path", { d, ...more });
  const parts = {
    band: [make("rect", { x: 0, y: 1, width: 28, height: 10, fill: "currentColor", opacity: 0.25 })],
    bar: [
      make("rect", { x: 7, y: 0, width: 14, height: 12, rx: 2, fill: "currentColor" }),
      ...(HATCHES[pattern] ? [path(HATCHES[pattern], { stroke: "var(--card)", "stroke-width": 1.6 })] : []),
    ],
    dash: [path("M0 6h28", { stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": "2 3" })],
    line: [
      path("M0 6h28", { stroke: "currentColor", "stroke-width": 2.4 }),
      path(SYMBOLS[symbol], { fill: "currentColor" }),
    ],
    marker: [path(SYMBOLS[symbol], { fill: "currentColor" })],
  };
  return make("svg", { class: `swatch in-${colour}`, viewBox: "0 0 28 12", "aria-hidden": "true" }, parts[kind]);
};

const noData = (needs) =>
  make("p", { class: "no-data" }, make("strong", {}, "No data for this view."), ` It needs ${needs}.`);

const legendList = (entries) =>
  entries.length
    ? make(
        "ul",
        { class: "legend", "aria-label": "Legend" },
        entries.map((entry) => make("li", {}, swatch(entry), entry.label)),
      )
    : null;

const referenceList = (references) =>
  references.length
    ? make(
        "div",
        { class: "references" },
        make(
          "p",
          {},
          "Dashed lines: published figures of other services, for orientation. Other goods, places and years; not part of this data.",
        ),
        make(
          "ul",
          {},
          references.map(({ letter, label }) => make("li", {}, make("b", {}, letter), " ", label)),
        ),
      )
    : null;
