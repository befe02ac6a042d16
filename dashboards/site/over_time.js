// Charts along time: lines with their intervals, stacked bars, what landed day by day.

// The series over time: weeks, or days where a day is chosen; the chosen period is shaded.
const timeGrain = (frame) =>
  state.period.grain === "day" && [...frame.starts].some((start) => start.startsWith("day:")) ? "day" : "week";

const everyStart = (grain, starts) => {
  const found = [];
  for (let start = starts[0]; start && start <= starts.at(-1); start = later(start, grain === "week" ? 7 : 1))
    found.push(start);
  return found;
};

const timeAxis = (starts) => {
  const step = 1 + Math.floor(starts.length / 6);
  const shown = starts.filter((_, at) => at % step === 0);
  return {
    type: "date",
    tickvals: shown,
    ticktext: shown.map(
      (start, at) =>
        day(start, false) +
        (at === 0 || start.slice(0, 4) !== shown[at - 1].slice(0, 4) ? `<br>${start.slice(0, 4)}` : ""),
    ),
  };
};

const chosenShade = (grain, look) =>
  state.period.grain === grain
    ? [
        {
          type: "rect",
          yref: "paper",
          y0: 0,
          y1: 1,
          layer: "below",
          line: { width: 0 },
          fillcolor: seeThrough(look.colour("grey"), 0.18),
          x0: later(state.period.start, grain === "week" ? -4 : -1) + "T12:00",
          x1: later(state.period.start, grain === "week" ? 3 : 0) + "T12:00",
        },
      ]
    : [];

CHARTS.over_time = (section, look) => {
  const frame = page.frames[section.frame],
    grain = timeGrain(frame),
    [lead, ...others] = section.measures;
  const starts = everyStart(grain, startsOf(grain, [frame]));
  const offers = offersOf().filter((offer) =>
    starts.some((start) => isNumber(cellOf(frame, { grain, start }, state.market, offer)?.[lead.column])),
  );
  const rows = starts.flatMap((start) =>
    offers.map((offer) => cellOf(frame, { grain, start }, state.market, offer)).filter(Boolean),
  );
  const columns = [...section.measures.map(({ column }) => column), `${lead.column}_low`, `${lead.column}_high`];
  const values = rows.flatMap((row) => columns.map((column) => row[column]));
  const scaled = scale(lead.unit, values);
  const traces = offers.flatMap((offer) => {
    const style = offerStyle(offer),
      colour = look.colour(style.colour);
    const line = starts.map((start) => cellOf(frame, { grain, start }, state.market, offer) ?? {});
    const series = (measure, dash) => ({
      x: starts,
      y: line.map((row) => scaled.to(row[measure.column])),
      mode: dash ? "lines" : "lines+markers",
      line: { color: colour, width: isLead(offer) ? 2.4 : 1.2, dash: dash ? "dot" : "solid" },
      marker: { symbol: style.symbol, size: isLead(offer) ? 7 : 5 },
      hoverinfo: "text",
      hovertext: line.map((row, at) =>
        isNumber(row[measure.column])
          ? hoverText(`${offerLabel(offer)}, ${periodSaid({ grain, start: starts[at] })}`, row, measure)
          : "",
      ),
    });
    return [
      ...(isLead(offer) ? [band(line, lead, starts, scaled, look.colour(style.colour))] : []),
      series(lead, false),
      ...others.map((measure) => series(measure, true)),
    ];
  });
  const references = referenceLines(section.references, look, scaled);
  const period = state.period.grain === ALL || state.period.grain === grain ? state.period : reach(frame);
  const lines = known(
    rows.filter((row) => isLead(row.offer_type) && (state.offer !== ALL || offers.length > 0)),
    lead.column,
  );
  const ofLead = starts
    .filter((start) => !isPart({ grain, start }))
    .map((start) => cellOf(frame, { grain, start }))
    .filter(Boolean);
  const range = lowestToHighest(ofLead, lead, (row) => day(row.period_start));
  return {
    traces,
    rows,
    isEmpty: !lines.length,
    layout: {
      xaxis: timeAxis(starts),
      yaxis: valueAxis(
        lead.unit,
        scaled,
        values,
        section.references.map(({ value }) => value),
      ),
      ...references,
      shapes: [...chosenShade(grain, look), ...references.shapes],
    },
    legend: [
      ...legendOf(offers, "line"),
      ...(others.some(({ column }) => known(rows, column).length)
        ? [
            {
              label: `dotted: ${others.map(({ label }) => lowerFirst(label)).join(", ")}`,
              colour: "grey",
              kind: "dash",
            },
          ]
        : []),
      ...(offers.some((offer) => known(rows, `${lead.column}_low`).length)
        ? [{ label: "95% interval", colour: offerStyle(offers.find(isLead) ?? ALL).colour, kind: "band" }]
        : []),
      ...(state.period.grain === grain ? [{ label: `the chosen ${grain}`, colour: "grey", kind: "band" }] : []),
    ],
    columns: [...keyColumns(["period_start", "offer_type"]), ...section.measures],
    scope: `${marketLabel(state.market)} · ${offers.map(offerLabel).join(", ")} · by ${grain}`,
    caption: [leadSentence(section, period), range && `By ${grain}: ${range}.`],
  };
};

// The interval as one closed outline per unbroken run of periods.
const band = (line, measure, starts, scaled, colour) => {
  const x = [],
    y = [];
  let run = [];
  const close = () => {
    x.push(...run, ...[...run].reverse(), null);
    const ends = run.map((start) => bounds(line[starts.indexOf(start)], measure).map(scaled.to));
    y.push(...ends.map(([low]) => low), ...ends.reverse().map(([, high]) => high), null);
    run = [];
  };
  starts.forEach((start, at) => (bounds(line[at], measure)[0] === null ? run.length && close() : run.push(start)));
  if (run.length) close();
  return {
    x,
    y,
    fill: "toself",
    fillcolor: seeThrough(colour, 0.15),
    line: { color: seeThrough(colour, 0.15), width: 1 },
    mode: "lines",
    hoverinfo: "skip",
  };
};

// Counts or sums over time, stacked; with `opposed` the second measure hangs below the line.
CHARTS.stacked_over_time = (section, look) => {
  const frame = page.frames[section.frame],
    grain = timeGrain(frame),
    starts = everyStart(grain, startsOf(grain, [frame]));
  const rows = starts.map((start) => cellOf(frame, { grain, start })).filter(Boolean),
    isDown = (at) => section.opposed && at === 1;
  const traces = section.measures.map((measure, at) => ({
    type: "bar",
    x: rows.map((row) => row.period_start),
    y: rows.map((row) => (isDown(at) ? -row[measure.column] : row[measure.column])),
    marker: barMarker(measure.style, look),
    hoverinfo: "text",
    hovertext: rows.map((row) =>
      hoverText(`${offerLabel(state.offer)}, ${periodSaid({ grain, start: row.period_start })}`, row, measure),
    ),
  }));
  const period = reach(frame),
    row = cellOf(frame, period);
  const said =
    row &&
    section.measures
      .filter(({ column }) => isNumber(row[column]))
      .map((measure) => `${lowerFirst(measure.label)} ${quantity(row[measure.column], measure.unit)}`)
      .join(", ");
  return {
    traces,
    rows,
    isEmpty: !rows.some((each) => section.measures.some(({ column }) => each[column])),
    layout: {
      barmode: "relative",
      bargap: 0.25,
      xaxis: timeAxis(starts),
      yaxis: {
        tickformat: ",~g",
        title: { text: unitOf(section.measures[0].unit).axis },
        zeroline: Boolean(section.opposed),
        zerolinecolor: look.colour("muted"),
      },
      shapes: chosenShade(grain, look),
    },
    legend: section.measures.map(({ label, style }, at) => ({
      label: label + (isDown(at) ? " (below the line)" : ""),
      ...style,
      kind: "bar",
    })),
    columns: [...keyColumns(["period_start"]), ...section.measures, ...(section.totals ?? [])],
    scope: `${marketLabel(state.market)} · ${offerLabel(state.offer)} · by ${grain}`,
    caption: [
      said &&
        `${aboutChosen(period)}: ${said}${section.measures[0].n.length ? ` (${sample(row, section.measures[0])})` : ""}.`,
    ],
  };
};

// Per day that landed, a line per log.
CHARTS.landed = (section, look) => {
  const frame = page.frames[section.frame],
    [measure] = section.measures,
    rows = [...frame.rows].sort((a, b) => (a.landed_on < b.landed_on ? -1 : 1));
  const styles = Object.values(site.offers).slice(1),
    logs = unique(rows.map(({ log }) => log)).sort();
  const traces = logs.map((log, at) => {
    const mine = rows.filter((row) => row.log === log),
      style = styles[at % styles.length];
    return {
      x: mine.map((row) => row.landed_on),
      y: mine.map((row) => row[measure.column]),
      mode: "lines+markers",
      line: { color: look.colour(style.colour), width: 1.6 },
      marker: { symbol: style.symbol, size: 5 },
      hoverinfo: "text",
      hovertext: mine.map((row) => hoverText(`${log}, ${day(row.landed_on)}`, row, measure)),
    };
  });
  const last = rows.filter((row) => row.landed_on === rows.at(-1)?.landed_on);
  return {
    traces,
    rows,
    isEmpty: !known(rows, measure.column).length,
    height: 260,
    layout: {
      xaxis: timeAxis(unique(rows.map((row) => row.landed_on))),
      yaxis: { tickformat: ".1%", rangemode: "tozero" },
    },
    legend: logs.map((log, at) => ({ ...styles[at % styles.length], label: log, kind: "line" })),
    columns: [{ column: "landed_on", label: "Landed on" }, { column: "log", label: "Log" }, measure, ...section.totals],
    scope: "All logs · by day landed",
    caption: [
      last.length &&
        `Latest, ${day(last[0].landed_on)}: ${last.map((row) => `${row.log} ${claim(row, measure)}`).join(", ")}.`,
    ],
  };
};
