// Charts across markets, offer types and measures, in rows from the top.

// One dot per row, with its interval.
const dot = (row, measure, at, heading, style, scaled, look, hollow = false) => {
  const ends = bounds(row, measure),
    colour = look.colour(style.colour);
  const place = {
    y: [at],
    x: [scaled.to(row[measure.column])],
    mode: "markers",
    marker: { symbol: style.symbol + (hollow ? "-open" : ""), size: 9, color: colour },
    hoverinfo: "text",
    hovertext: [hoverText(heading, row, measure)],
  };
  return ends[0] === null
    ? [place]
    : [
        {
          x: ends.map(scaled.to),
          y: [at, at],
          mode: "lines",
          line: { color: colour, width: 2 },
          hoverinfo: "skip",
        },
        place,
      ];
};

const marketRows = (section, period) =>
  marketsOf().flatMap((market) =>
    offersOf()
      .map((offer) => cellOf(page.frames[section.frame], period, market, offer))
      .filter((row) => row && section.measures.some(({ column }) => isNumber(row[column]))),
  );

// Markets from the top; one measure: a row per offer type; several: a row per market of the chosen type.
CHARTS.by_market = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    isSingle = section.measures.length === 1,
    [lead] = section.measures;
  const rows = isSingle
    ? known(marketRows(section, period), lead.column)
    : marketsOf()
        .map((market) => cellOf(frame, period, market))
        .filter((row) => row && section.measures.some(({ column }) => isNumber(row[column])));
  const ends = rows.flatMap((row) =>
    section.measures.flatMap((measure) => [row[measure.column], ...bounds(row, measure)]),
  );
  const scaled = scale(lead.unit, ends),
    layout = rowLayout(
      rows.map((row) => marketLabel(row.market_id)),
      look,
    );
  const traces = rows.flatMap((row, at) =>
    section.measures.flatMap((measure, place) =>
      isNumber(row[measure.column])
        ? dot(
            row,
            measure,
            at + (isSingle ? 0 : (place - (section.measures.length - 1) / 2) * 0.22),
            `${marketLabel(row.market_id)}, ${offerLabel(row.offer_type)}`,
            isSingle ? offerStyle(row.offer_type) : measure.style,
            scaled,
            look,
            isSingle && !isLead(row.offer_type),
          )
        : [],
    ),
  );
  const offers = unique(rows.map((row) => row.offer_type));
  return {
    traces,
    rows,
    isEmpty: !rows.length,
    height: 90 + rows.length * (isSingle ? 19 : 18 + 8 * section.measures.length),
    layout: {
      xaxis: { ...valueAxis(lead.unit, scaled, ends, section.bandAt ?? []), showgrid: true, nticks: 6 },
      yaxis: layout.yaxis,
      shapes: [...layout.shapes, ...(section.bandAt ? [shade(section.bandAt, look)] : [])],
    },
    legend: [
      ...(isSingle
        ? legendOf(offers, "marker")
        : section.measures.map(({ label, style }) => ({ label, ...style, kind: "marker" }))),
      ...(section.bandAt ? [{ label: section.bandLabel, colour: "grey", kind: "band" }] : []),
    ],
    columns: [...keyColumns(["market_id", "offer_type"]), ...section.measures],
    scope: scopeOf(period, isSingle ? offers : undefined),
    caption: [
      leadSentence(section, period),
      byMarketSentence(
        marketsOf()
          .filter((market) => market !== ALL)
          .map((market) => cellOf(frame, period, market))
          .filter(Boolean),
        lead,
      ),
    ],
  };
};

const byMarketSentence = (rows, measure) => {
  const range = lowestToHighest(rows, measure, (row) => marketLabel(row.market_id));
  return range && `By market: ${range}.`;
};

// Parts of a whole, end to end, a row per market and offer type.
CHARTS.stacked_rows = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    rows = marketRows(section, period);
  const names = section.measures.map(({ column }) => column),
    scaled = scale(
      section.measures[0].unit,
      rows.map((row) => names.reduce((sum, name) => sum + (row[name] ?? 0), 0)),
    );
  const labels = rows.map((row) => marketLabel(row.market_id)),
    layout = rowLayout(labels, look);
  const traces = section.measures.map((measure) => ({
    type: "bar",
    orientation: "h",
    y: rows.map((_, at) => at),
    x: rows.map((row) => scaled.to(row[measure.column])),
    width: 0.72,
    marker: barMarker(measure.style, look),
    hoverinfo: "text",
    hovertext: rows.map((row) =>
      hoverText(`${marketLabel(row.market_id)}, ${offerLabel(row.offer_type)}`, row, measure),
    ),
  }));
  const ends = {
    x: rows.map((row) => scaled.to(names.reduce((sum, name) => sum + (row[name] ?? 0), 0))),
    y: rows.map((_, at) => at),
    mode: "text",
    textposition: "middle right",
    cliponaxis: false,
    hoverinfo: "skip",
    text: rows.map((row) => plain(offerLabel(row.offer_type))),
    textfont: { size: 11, color: look.colour("muted") },
  };
  const row = cellOf(frame, period);
  const said =
    row &&
    section.measures
      .filter(({ column }) => isNumber(row[column]))
      .map((measure) => `${lowerFirst(measure.label)} ${spoken(row[measure.column], measure.unit)}`)
      .join(", ");
  return {
    traces: [...traces, ends],
    rows,
    isEmpty: !rows.length,
    height: 90 + rows.length * 22,
    layout: {
      barmode: "stack",
      xaxis: { title: { text: scaled.title }, showgrid: true, tickformat: ",~g", rangemode: "tozero" },
      margin: { r: 64 },
      ...layout,
    },
    legend: section.measures.map(({ label, style }) => ({ label, ...style, kind: "bar" })),
    columns: [...keyColumns(["market_id", "offer_type"]), ...section.measures, ...(section.totals ?? [])],
    scope: scopeOf(period, unique(rows.map((each) => each.offer_type))),
    caption: [said && `${aboutChosen(period)}, means: ${said} (${sample(row, section.measures[0])}).`],
  };
};

// One figure on several clocks or cost bases: a row per measure, a dot per offer type.
CHARTS.measures = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame);
  const rows = offersOf()
    .map((offer) => cellOf(frame, period, state.market, offer))
    .filter((row) => row && section.measures.some(({ column }) => isNumber(row[column])));
  const values = rows.flatMap((row) => section.measures.map(({ column }) => row[column])),
    scaled = scale(section.measures[0].unit, values);
  const layout = rowLayout(
      section.measures.map(({ label }) => label),
      look,
    ),
    chosen = cellOf(frame, period);
  const traces = section.measures.flatMap((measure, at) =>
    rows.flatMap((row, place) =>
      isNumber(row[measure.column])
        ? dot(
            row,
            measure,
            at + (place - (rows.length - 1) / 2) * 0.2,
            offerLabel(row.offer_type),
            offerStyle(row.offer_type),
            scaled,
            look,
            !isLead(row.offer_type),
          )
        : [],
    ),
  );
  const said =
    chosen &&
    section.measures
      .filter(({ column }) => isNumber(chosen[column]))
      .map((measure) => `${lowerFirst(measure.label)} ${quantity(chosen[measure.column], measure.unit)}`)
      .join(", ");
  return {
    traces,
    rows,
    isEmpty: !rows.length,
    height: 80 + section.measures.length * 44,
    layout: {
      xaxis: { ...valueAxis(section.measures[0].unit, scaled, values, section.bandAt ?? []), showgrid: true },
      yaxis: layout.yaxis,
      shapes: [...layout.shapes, ...(section.bandAt ? [shade(section.bandAt, look)] : [])],
    },
    legend: legendOf(
      rows.map((row) => row.offer_type),
      "marker",
    ),
    columns: [...keyColumns(["offer_type"]), ...section.measures],
    scope: scopeOf(
      period,
      rows.map((row) => row.offer_type),
    ),
    caption: [said && `${aboutChosen(period)}: ${said} (${sample(chosen, section.measures[0])}).`],
  };
};

// Retail less the other offer types, market by market, with the interval; zero is no difference.
CHARTS.differences = (section, look) => {
  const frame = page.frames[section.frame],
    [measure] = section.measures,
    share = measure.unit === "share";
  const shown = frame.rows.filter(
      (row) =>
        row.metric === section.metric &&
        (row.market_id === ALL || state.market === ALL || row.market_id === state.market),
    ),
    rows = known(shown, measure.column);
  const name = (row) => marketLabel(row.market_id),
    values = rows.flatMap((row) => [row[measure.column], ...bounds(row, measure), 0]);
  const layout = rowLayout(rows.map(name), look),
    style = (row) =>
      ({ better: { colour: "green", symbol: "triangle-up" }, worse: { colour: "orange", symbol: "square" } })[
        row.verdict
      ] ?? { colour: "grey", symbol: "circle" };
  const told = shown.find((row) => row.market_id === state.market),
    [low, high] = values.length ? extent(values.filter(isNumber)) : [0, 1],
    room = (high - low || 1) * 0.08;
  const words = (row) =>
    `${signed(row[measure.column], measure.unit)}${
      bounds(row, measure)[0] === null
        ? ""
        : ` (95% interval ${bounds(row, measure)
            .map((end) => signed(end, measure.unit))
            .join(" to ")})`
    }`;
  const sides = (row) =>
    section.totals
      .map((side) => `${lowerFirst(side.label)} ${spoken(row[side.column], side.unit)} (${sample(row, side)})`)
      .join(", ");
  return {
    traces: rows.flatMap((row, at) =>
      dot(row, measure, at, name(row), style(row), { to: (value) => value }, look).map((trace) =>
        trace.hovertext
          ? { ...trace, hovertext: [`<b>${plain(name(row))}</b><br>${plain(words(row))}<br>${plain(row.verdict)}`] }
          : trace,
      ),
    ),
    rows: shown,
    isEmpty: !rows.length,
    height: 80 + 28 * rows.length,
    layout: {
      xaxis: {
        ...(share
          ? { tickformat: "+.0%" }
          : { tickformat: `+${unitOf(measure.unit).before ?? ""},~f`, title: { text: unitOf(measure.unit).axis } }),
        range: [low - room, high + room],
        showgrid: true,
        nticks: 6,
        zeroline: true,
        zerolinecolor: look.colour("muted"),
      },
      yaxis: layout.yaxis,
      shapes: layout.shapes,
    },
    legend: [
      { label: "better", ...style({ verdict: "better" }), kind: "marker" },
      { label: "worse", ...style({ verdict: "worse" }), kind: "marker" },
      { label: "undecided", ...style({}), kind: "marker" },
    ],
    columns: [{ column: "market_id", label: "Market" }, ...section.totals, measure, ...section.after],
    scope: "Retail less the other offer types of the same market · whole pilot",
    caption: [
      told && isNumber(told[measure.column]) && `${name(told)}: ${told.verdict}, ${words(told)}: ${sides(told)}.`,
    ],
    note: told?.note?.replace(" (least_difference, greatest_difference)", " (see the table)"),
  };
};
