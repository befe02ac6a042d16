// What all charts share. A kind of chart is a function of its section and the look of the moment; it gives Plotly's traces
// and layout, and the rows, columns and sentence that say the same.

const CHARTS = {};

const seeThrough = (hex, opacity) =>
  `rgba(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(",")},${opacity})`;

const offerStyle = (offer) => site.offers[offer] ?? site.offers.other;
const known = (rows, column) => rows.filter((row) => isNumber(row[column]));
const extent = (values) => [Math.min(...values), Math.max(...values)];

// Minutes that reach into hours are drawn as hours.
const scale = (unit, values) => {
  if (unit === "minutes" && Math.max(0, ...values.filter(isNumber)) >= 240)
    return { to: (value) => (isNumber(value) ? value / 60 : null), title: "hours" };
  return { to: (value) => value ?? null, title: unitOf(unit).axis };
};

// An axis in a unit: shares in percent within 0 to 1, the others from 0 or below.
const valueAxis = (unit, scaled, values, include = []) => {
  const all = [...values.filter(isNumber).map(scaled.to), ...include.map(scaled.to)];
  const [low, high] = all.length ? extent(all) : [0, 1];
  const room = Math.max((high - low) * 0.15, 0.5),
    isRate = unit === "USD/hour"; // rates need no zero, lengths of time do
  const range =
    unit === "share"
      ? [Math.max(-0.01, low - 0.05), Math.min(1.02, high + 0.05)]
      : isRate
        ? [low - room, high + room]
        : [Math.min(0, low * 1.08), high * 1.1 || 1];
  const ticks = unit === "share" ? { tickformat: ".0%" } : { tickformat: `${unitOf(unit).before ?? ""},~f` };
  return { ...ticks, range, ...(scaled.title ? { title: { text: scaled.title } } : {}) };
};

// The figures of the section's first measure for what is chosen, in words; the start of most captions.
const leadSentence = (section, period) => {
  const [measure] = section.measures,
    row = cellOf(page.frames[section.frame], period);
  if (!row || !isNumber(row[measure.column])) return "";
  const others = section.measures
    .slice(1)
    .filter(({ column }) => isNumber(row[column]))
    .map((each) => `; ${lowerFirst(each.label)} ${spoken(row[each.column], each.unit)}`);
  return `${aboutChosen(period)}: ${lowerFirst(measure.label)} ${claim(row, measure)}${others.join("")}.`;
};

const aboutChosen = (period) => `${offerLabel(state.offer)}, ${marketSaid(state.market)}, ${periodSaid(period)}`;

// Extremes of a handful say nothing: only rows with something behind them count, and the sentence says so.
const ENOUGH = 30;
const lowestToHighest = (rows, measure, name) => {
  const [count] = measure.n[0] ?? [],
    found = known(rows, measure.column)
      .filter((row) => !count || row[count] >= ENOUGH)
      .sort((a, b) => a[measure.column] - b[measure.column]);
  if (found.length < 2) return "";
  const [low, high] = [found[0], found.at(-1)];
  return (
    (count && found.length < known(rows, measure.column).length ? `of those with n of ${ENOUGH} or more, ` : "") +
    `from ${spoken(low[measure.column], measure.unit)} (${name(low)}) to ${spoken(high[measure.column], measure.unit)} (${name(high)})`
  );
};

const hoverText = (heading, row, measure) =>
  `<b>${plain(heading)}</b><br>${plain(measure.label)}: ${plain(claim(row, measure))}`;

const legendOf = (offers, kind) =>
  offers.map((offer) => ({
    ...offerStyle(offer),
    label: offerLabel(offer) + (isLead(offer) ? "" : ", for comparison"),
    kind,
  }));

const keyColumns = (names) =>
  names.map(
    (name) =>
      ({
        market_id: { column: name, label: "Market" },
        offer_type: { column: name, label: "Offer type" },
        period_start: { column: name, label: "From" },
      })[name],
  );

const referenceLines = (references, look, scaled) => ({
  shapes: references.map(({ value }) => ({
    type: "line",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: scaled.to(value),
    y1: scaled.to(value),
    layer: "below",
    line: { color: look.colour("grey"), width: 1, dash: "dash" },
  })),
  annotations: references.map(({ letter, value }, at) => ({
    text: letter,
    xref: "paper",
    x: Math.min(0.01 + 0.09 * at, 1),
    y: scaled.to(value),
    showarrow: false,
    bgcolor: look.colour("card"),
    borderpad: 1,
    font: { size: 11, color: look.colour("muted") },
  })),
});

const shade = ([low, high], look) => ({
  type: "rect",
  yref: "paper",
  x0: low,
  x1: high,
  y0: 0,
  y1: 1,
  line: { width: 0 },
  fillcolor: seeThrough(look.colour("grey"), 0.18),
  layer: "below",
});

const barMarker = (style, look) => ({
  color: look.colour(style.colour),
  pattern: {
    shape: style.pattern ?? "",
    fillmode: "overlay",
    fgcolor: look.colour("card"),
    fgopacity: 1,
    size: 8,
    solidity: 0.15,
  },
});

const lines = (x, y, colour, width, extra = {}) => ({
  x,
  y,
  mode: "lines",
  line: { color: colour, width },
  hoverinfo: "skip",
  ...extra,
});

const wedge = (x, low, high, colour) => ({
  x: [...x, ...[...x].reverse()],
  y: [...low, ...[...high].reverse()],
  fill: "toself",
  fillcolor: seeThrough(colour, 0.15),
  line: { color: seeThrough(colour, 0.15), width: 1 },
  mode: "lines",
  hoverinfo: "skip",
});

const ruled = (at, axis, look, dash = "dash") => ({
  type: "line",
  [axis === "x" ? "yref" : "xref"]: "paper",
  [`${axis}0`]: at,
  [`${axis}1`]: at,
  [axis === "x" ? "y0" : "x0"]: 0,
  [axis === "x" ? "y1" : "x1"]: 1,
  line: { color: look.colour("muted"), width: 1, dash },
});

const noteAt = (text, place, look) => ({
  showarrow: false,
  text: plain(text),
  font: { size: 11, color: look.colour("muted") },
  bgcolor: look.colour("card"),
  ...place,
});

// Rows from the top, labelled at the left; a label that repeats stands once, amid its rows.
const rowLayout = (labels, look) => {
  const groups = [];
  labels.forEach((label, at) =>
    groups.at(-1)?.label === label ? groups.at(-1).places.push(at) : groups.push({ label, places: [at] }),
  );
  return {
    yaxis: {
      tickvals: groups.map(({ places }) => (places[0] + places.at(-1)) / 2),
      ticktext: groups.map(({ label }) => plain(label, 22)),
      range: [labels.length - 0.4, -0.6],
      showgrid: false,
    },
    shapes: groups.slice(1).map(({ places }) => ({
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: places[0] - 0.5,
      y1: places[0] - 0.5,
      layer: "below",
      line: { color: look.colour("grid"), width: 1 },
    })),
  };
};
