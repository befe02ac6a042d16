// Charts of one cell: how long orders take, hours of the week, the funnel, from gross to net.

// How many arrive after how long. Steps differ in width, so a bar's height is per hour, and its area the orders.
CHARTS.histogram = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    [height, count] = section.measures,
    style = offerStyle(state.offer);
  const all = cellsOf(frame, period),
    last = all.findLastIndex((row) => row[count.column] > 0),
    rows = all.slice(0, last + 1),
    edges = [0, ...rows.map((row) => row.within_minutes)];
  const scaled = scale("minutes", edges),
    promise = cellOf(page.frames[section.promise.frame], period),
    due = promise?.[section.promise.column];
  const mode = rows.reduce((best, row) => (row[height.column] > (best?.[height.column] ?? 0) ? row : best), null),
    at = rows.indexOf(mode);
  const between = (place) => `${spoken(edges[place], "minutes")} to ${spoken(edges[place + 1], "minutes")}`;
  return {
    traces: [
      {
        type: "bar",
        x: rows.map((_, place) => scaled.to((edges[place] + edges[place + 1]) / 2)),
        width: rows.map((_, place) => scaled.to(edges[place + 1] - edges[place])),
        y: rows.map((row) => row[height.column]),
        marker: { ...barMarker(style, look), line: { color: look.colour("card"), width: 0.5 } },
        hoverinfo: "text",
        hovertext: rows.map((row, place) => hoverText(between(place), row, count)),
      },
    ],
    rows,
    isEmpty: !rows.length,
    layout: {
      bargap: 0,
      barcornerradius: 0, // Plotly stumbles over rounded bars of no height
      xaxis: { title: { text: `${scaled.title} from click to door` }, rangemode: "tozero" },
      yaxis: { tickformat: ",~f", title: { text: "orders per hour" } },
      shapes: isNumber(due) ? [ruled(scaled.to(due), "x", look, "dot")] : [],
      annotations: isNumber(due)
        ? [noteAt("median promise", { x: scaled.to(due), yref: "paper", y: 1, xanchor: "left" }, look)]
        : [],
    },
    legend: [
      { ...style, label: `${offerLabel(state.offer)}: area is the number of orders`, kind: "bar" },
      ...(isNumber(due) ? [{ label: "median promise", colour: "grey", kind: "dash" }] : []),
    ],
    columns: [{ column: "within_minutes", label: "Up to", unit: "minutes", n: [] }, count, height],
    scope: scopeOf(period),
    caption: [
      mode &&
        `${aboutChosen(period)}: the most common time is ${between(at)}, with ${quantity(mode[count.column])} deliveries of ${sample(mode, count)}${isNumber(due) ? `; the median promise is ${spoken(due, "minutes")} (${sample(promise, section.promise)})` : ""}.`,
    ],
  };
};

// When in the week: one square per hour, its figure in it.
const FEW = 5;

CHARTS.hours = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    [measure] = section.measures,
    [count] = measure.n[0];
  const rows = cellsOf(frame, period),
    hours = rows.length ? extent(rows.map(({ hour }) => hour)) : [0, 0];
  const columns = Array.from({ length: hours[1] - hours[0] + 1 }, (_, at) => hours[0] + at);
  const at = (weekday, hour) => rows.find((row) => row.weekday === weekday && row.hour === hour);
  const grid = WEEKDAYS.map((_, place) => columns.map((hour) => at(place + 1, hour))),
    enough = (row) => row && row[count] >= FEW && isNumber(row[measure.column]);
  const z = grid.map((line) => line.map((row) => (enough(row) ? row[measure.column] : null)));
  const found = rows.filter(enough),
    range = lowestToHighest(found, measure, (row) => `${WEEKDAYS[row.weekday - 1]} ${row.hour}:00`);
  const colour = look.colour(section.colour ?? "blue"),
    scaled = scale(measure.unit, z.flat()),
    inSquare = (value) =>
      measure.unit === "share"
        ? decimal(value * 100, 0)
        : decimal(scaled.to(value), scaled.title === "hours" && value < 597 ? 1 : 0);
  return {
    traces: [
      {
        type: "heatmap",
        x: columns,
        y: WEEKDAYS.map((name) => name.slice(0, 3)),
        z,
        xgap: 2,
        ygap: 2,
        showscale: false,
        colorscale: [
          [0, seeThrough(colour, 0.06)],
          [1, seeThrough(colour, 0.6)],
        ],
        hoverinfo: "text",
        hoverongaps: false,
        text: grid.map((line) => line.map((row) => (enough(row) ? inSquare(row[measure.column]) : ""))),
        texttemplate: look.width > 560 ? "%{text}" : "",
        textfont: { size: 10, color: look.colour("ink") },
        hovertext: grid.map((line, place) =>
          line.map((row, hour) =>
            row ? hoverText(`${WEEKDAYS[place]}, ${columns[hour]}:00 to ${columns[hour] + 1}:00`, row, measure) : "",
          ),
        ),
      },
    ],
    rows,
    isEmpty: !found.length,
    needs: `${FEW} ${measure.n[0][1]} in an hour of the week`,
    height: 290,
    layout: {
      yaxis: { autorange: "reversed", showgrid: false },
      xaxis: {
        title: { text: "hour of the order, market's clock" },
        tickvals: columns.filter((hour) => hour % 2 === 0),
      },
    },
    legend: [
      {
        label: `${measure.unit === "share" ? "%" : scaled.title}; darker: higher; blank: fewer than ${FEW} ${measure.n[0][1]}`,
        colour: section.colour ?? "blue",
        kind: "band",
      },
    ],
    columns: [
      { column: "weekday", label: "Weekday", names: ["", ...WEEKDAYS] },
      { column: "hour", label: "Hour", unit: "", n: [] },
      measure,
      ...(section.totals ?? []),
    ],
    scope: scopeOf(period),
    caption: [range && `${aboutChosen(period)}: ${lowerFirst(measure.label)} ${range}.`],
  };
};

// How many are left at each step.
CHARTS.funnel = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    row = cellOf(frame, period),
    style = offerStyle(state.offer);
  const steps = row ? section.measures.filter(({ column }) => isNumber(row[column])) : [],
    first = row?.[section.measures[0].column];
  const said = steps.map(({ label, column }) => `${lowerFirst(label)} ${number(row[column])}`).join(", ");
  return {
    traces: [
      {
        type: "bar",
        orientation: "h",
        y: steps.map((_, at) => at),
        x: steps.map(({ column }) => row[column]),
        width: 0.7,
        marker: barMarker(style, look),
        text: steps.map(({ column }) => number(row[column])),
        textposition: "outside",
        cliponaxis: false,
        textfont: { size: 12 },
        hoverinfo: "text",
        hovertext: steps.map((measure) => hoverText(measure.label, row, measure)),
      },
    ],
    rows: row ? [row] : [],
    isEmpty: !first,
    height: 60 + 46 * steps.length,
    layout: {
      yaxis: rowLayout(
        steps.map(({ label }) => label),
        look,
      ).yaxis,
      xaxis: { tickformat: ",~s", showgrid: true, title: { text: "offers" } },
      margin: { r: 56 },
    },
    legend: [],
    columns: [...section.measures, ...(section.totals ?? [])],
    scope: scopeOf(period),
    caption: [
      said && `${aboutChosen(period)}: ${said} offers.`,
      row && section.totals?.length
        ? `${section.totals.map((measure) => `${measure.label} ${claim(row, measure)}`).join("; ")}.`
        : "",
    ],
  };
};

// From base pay to what is left: what is added stands on what came before, what is taken hangs from it.
CHARTS.waterfall = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    row = cellOf(frame, period),
    has = row && isNumber(row[section.measures.at(-1).column]);
  const steps = has
    ? section.measures.filter(({ column, step }) => isNumber(row[column]) && (row[column] !== 0 || step === "total"))
    : [];
  const signs = steps.map(({ column, step }) => (step === "take" ? -row[column] : row[column]));
  const said = steps
    .map(
      (measure) =>
        `${measure.step === "take" ? "less " : measure.step === "total" ? "= " : ""}${lowerFirst(measure.label)} ${quantity(row[measure.column], measure.unit)}`,
    )
    .join(", ");
  const marker = (colour) => ({ marker: { color: look.colour(colour) } });
  return {
    traces: [
      {
        type: "waterfall",
        x: steps.map(({ label }) => plain(label)),
        y: signs,
        measure: steps.map(({ step }) => (step === "total" ? "total" : "relative")),
        text: steps.map((measure, at) => quantity(signs[at], measure.unit).replace("/h", "")),
        textposition: "outside",
        textfont: { size: 11 },
        cliponaxis: false,
        hoverinfo: "text",
        hovertext: steps.map((measure) => hoverText(measure.label, row, measure)),
        connector: { line: { color: look.colour("grey"), width: 1, dash: "dot" } },
        increasing: marker("green"),
        decreasing: marker("orange"),
        totals: marker("blue"),
      },
    ],
    rows: row ? [row] : [],
    isEmpty: !has,
    height: 300,
    layout: {
      xaxis: { type: "category", tickangle: look.width < 560 ? -60 : 0 },
      yaxis: { tickprefix: "$", title: { text: unitOf(section.measures[0].unit).axis } },
      margin: { t: 26 },
      uniformtext: { minsize: 9, mode: "show" },
    },
    legend: [
      { label: "added", colour: "green", kind: "bar" },
      { label: "taken (−)", colour: "orange", kind: "bar" },
      { label: "sum", colour: "blue", kind: "bar" },
    ],
    columns: [...section.measures, ...(section.totals ?? [])],
    scope: scopeOf(period),
    caption: [has && `${aboutChosen(period)}: ${said} on the job (${sample(row, section.measures[0])}).`],
  };
};
