// Curves: arrivals within so many minutes, acceptance by pay, drivers apart.

// Which share of the orders is at the door within so many minutes, beside what was promised.
CHARTS.arrivals = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    [arrived, promised] = section.measures;
  const offers = offersOf().filter(
    (offer) => known(cellsOf(frame, period, state.market, offer), arrived.column).length,
  );
  const curves = offers.map((offer) => cellsOf(frame, period, state.market, offer));
  const most = Math.max(
    60,
    ...curves.flatMap((rows) => rows.filter((row) => row.delivered > 0).map((row) => row.within_minutes)),
  );
  const rows = curves.flatMap((curve) => curve.filter((row) => row.within_minutes <= most)),
    scaled = scale("minutes", [most]);
  const traces = offers.flatMap((offer, at) => {
    const curve = known(
        curves[at].filter((row) => row.within_minutes <= most),
        arrived.column,
      ),
      style = offerStyle(offer),
      colour = look.colour(style.colour);
    const x = curve.map((row) => scaled.to(row.within_minutes)),
      sure = curve.filter((row) => bounds(row, arrived)[0] !== null),
      owed = known(
        curves[at].filter((row) => row.within_minutes <= most),
        promised.column,
      );
    const text = curve.map(
      (row) =>
        `<b>${plain(offerLabel(offer))}, within ${plain(spoken(row.within_minutes, "minutes"))}</b><br>${plain(claim(row, arrived))}<br>promised by then: ${plain(quantity(row[promised.column], "share"))}`,
    );
    return [
      ...(isLead(offer) && sure.length
        ? [
            wedge(
              sure.map((row) => scaled.to(row.within_minutes)),
              sure.map((row) => bounds(row, arrived)[0]),
              sure.map((row) => bounds(row, arrived)[1]),
              colour,
            ),
          ]
        : []),
      lines(
        x,
        curve.map((row) => row[arrived.column]),
        colour,
        isLead(offer) ? 2.4 : 1.2,
        {
          hoverinfo: "text",
          hovertext: text,
          mode: "lines+markers",
          marker: { symbol: style.symbol, size: isLead(offer) ? 5 : 3 },
        },
      ),
      ...(isLead(offer)
        ? [
            lines(
              owed.map((row) => scaled.to(row.within_minutes)),
              owed.map((row) => row[promised.column]),
              colour,
              1.6,
              { line: { color: colour, width: 1.6, dash: "dot" } },
            ),
          ]
        : []),
    ];
  });
  const chosen = cellsOf(frame, period),
    stepOf = (row) =>
      `${spoken(chosen[chosen.indexOf(row) - 1]?.within_minutes ?? 0, "minutes")} to ${spoken(row.within_minutes, "minutes")}`,
    half = chosen.find((row) => row[arrived.column] >= 0.5),
    nine = chosen.find((row) => row[arrived.column] >= 0.9),
    sameDay = chosen.find((row) => row.within_minutes === 180);
  const said = [
    sameDay && isNumber(sameDay[arrived.column]) && `within 3 hours ${claim(sameDay, arrived)}`,
    half && `half after ${stepOf(half)}`,
    nine && `nine of ten after ${stepOf(nine)}`,
  ]
    .filter(Boolean)
    .join("; ");
  return {
    traces,
    rows,
    isEmpty: !rows.length,
    layout: {
      xaxis: { title: { text: `${scaled.title} from click` }, rangemode: "tozero", showgrid: true },
      yaxis: { tickformat: ".0%", range: [-0.02, 1.02] },
      ...referenceLinesAcross(section.references, look, scaled, scaled.to(most)),
    },
    legend: [
      ...legendOf(offers, "line"),
      ...(known(rows, promised.column).length
        ? [{ label: "dotted: promised by then", colour: "grey", kind: "dash" }]
        : []),
      { label: "95% interval", colour: "grey", kind: "band" },
    ],
    columns: [
      ...keyColumns(["offer_type"]),
      { column: "within_minutes", label: "Within", unit: "minutes", n: [] },
      ...section.measures,
      ...section.totals,
    ],
    scope: scopeOf(period, offers),
    caption: [said && `${aboutChosen(period)}, share of orders at the door: ${said} (${sample(chosen[0], arrived)}).`],
  };
};

// Published medians and percentiles stand upright where time runs along the bottom.
const referenceLinesAcross = (references, look, scaled, most) => {
  const shown = references.filter(({ value }) => scaled.to(value) <= most);
  return {
    shapes: shown.map(({ value }) => ruled(scaled.to(value), "x", look)),
    annotations: shown.map(({ letter, value }, at) =>
      noteAt(letter, { x: scaled.to(value), yref: "paper", y: 1 - 0.09 * (at % 4), xanchor: "left" }, look),
    ),
  };
};

// The share accepted at each pay, the fitted curve with its band, and the pay that 80 of 100 would take.
CHARTS.pay_curve = (section, look) => {
  const frame = page.frames[section.frame],
    needs = page.frames[section.fit.frame],
    period = reach(frame),
    [measure] = section.measures;
  const rows = cellsOf(frame, period),
    fit = cellOf(needs, period),
    style = offerStyle(state.offer),
    colour = look.colour(style.colour);
  const middle = (row) => row.pay_per_hour_from_usd + 0.5,
    fitted = known(rows, "fitted_share"),
    sure = known(fitted, "fitted_share_low"),
    shown = rows.filter((row) => isNumber(row[measure.column]) && row.at_risk >= FEW);
  const { column, unit } = section.fit,
    pay = fit?.[column],
    [low, high] = fit ? bounds(fit, section.fit) : [null, null],
    x = rows.map(middle);
  const traces = [
    ...(sure.length
      ? [
          wedge(
            sure.map(middle),
            sure.map((row) => row.fitted_share_low),
            sure.map((row) => row.fitted_share_high),
            colour,
          ),
        ]
      : []),
    lines(
      fitted.map(middle),
      fitted.map((row) => row.fitted_share),
      colour,
      2,
    ),
    ...shown
      .filter((row) => bounds(row, measure)[0] !== null)
      .map((row) => lines([middle(row), middle(row)], bounds(row, measure), colour, 1.5)),
    {
      x: shown.map(middle),
      y: shown.map((row) => row[measure.column]),
      mode: "markers",
      marker: { symbol: style.symbol, size: 8, color: colour },
      hoverinfo: "text",
      hovertext: shown.map((row) =>
        hoverText(`$${row.pay_per_hour_from_usd} to $${row.pay_per_hour_from_usd + 1} per hour`, row, measure),
      ),
    },
    ...(isNumber(pay)
      ? [
          {
            x: [pay],
            y: [0.8],
            mode: "markers",
            marker: { symbol: "star", size: 13, color: look.colour("ink") },
            hoverinfo: "text",
            hovertext: [hoverText("80 of 100 accept", fit, section.fit)],
          },
        ]
      : []),
    ...(low === null ? [] : [lines([low, high], [0.8, 0.8], look.colour("ink"), 3)]),
  ];
  const said = isNumber(pay)
    ? `80 of 100 accept at ${quantity(pay, unit)} (95% interval ${interval(fit, section.fit) || "none"}; ${sample(fit, section.fit)})`
    : fit
      ? "no pay can be named at which 80 of 100 would accept"
      : "";
  const far = isNumber(pay) ? [...x, pay, ...(high === null ? [] : [Math.min(high, pay + 8)])] : x;
  return {
    traces,
    rows,
    isEmpty: !shown.length,
    layout: {
      xaxis: {
        title: { text: "offered pay, USD per hour of the block" },
        tickprefix: "$",
        showgrid: true,
        ...(far.length ? { range: [Math.min(...far) - 1, Math.max(...far) + 1] } : {}),
      },
      yaxis: { tickformat: ".0%", range: [-0.03, 1.03] },
      shapes: [ruled(0.8, "y", look)],
      annotations: [noteAt("80%", { xref: "paper", x: 0, xanchor: "left", y: 0.8 }, look)],
    },
    legend: [
      { ...style, label: "share accepted, with interval", kind: "marker" },
      { ...style, label: "fitted curve with its 95% band", kind: "line" },
      { label: "pay needed for 80%", colour: "ink", symbol: "star", kind: "marker" },
    ],
    columns: [
      { column: "pay_per_hour_from_usd", label: "Pay from", unit: "USD/hour", n: [] },
      ...section.measures,
      ...section.totals,
    ],
    scope: scopeOf(period),
    caption: [said && `${aboutChosen(period)}: ${said}.`, fit?.note],
  };
};

// How far drivers lie apart: the share of them that is left with no more than so much per hour.
CHARTS.drivers = (section, look) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    [measure] = section.measures,
    wage = cellOf(page.frames[section.wage.frame], period),
    floor = wage?.[section.wage.column];
  const offers = offersOf().filter((offer) => cellsOf(frame, period, state.market, offer).length),
    rows = offers.flatMap((offer) => cellsOf(frame, period, state.market, offer));
  const traces = offers.map((offer) => {
    const curve = cellsOf(frame, period, state.market, offer),
      style = offerStyle(offer);
    return lines(
      curve.map((row) => row[measure.column]),
      curve.map((row) => row.percentile / 100),
      look.colour(style.colour),
      isLead(offer) ? 2.4 : 1.2,
      {
        mode: "lines+markers",
        marker: { symbol: style.symbol, size: isLead(offer) ? 7 : 4 },
        hoverinfo: "text",
        hovertext: curve.map(
          (row) =>
            `<b>${plain(offerLabel(offer))}</b><br>${row.percentile} of 100 drivers: up to ${plain(quantity(row[measure.column], measure.unit))}<br>${plain(sample(row, measure))}`,
        ),
      },
    );
  });
  const mine = cellsOf(frame, period),
    at = (percentile) => mine.find((row) => row.percentile === percentile);
  const said =
    at(50) &&
    `${aboutChosen(period)}: the median driver is left with ${quantity(at(50)[measure.column], measure.unit)}, the middle half with ${quantity(at(25)[measure.column], measure.unit)} to ${quantity(at(75)[measure.column], measure.unit)} (${sample(at(50), measure)})`;
  const top = section.wage.top,
    words = isNumber(floor)
      ? `; the minimum wage is ${quantity(floor, "USD/hour")}${wage[top] > floor ? ` to ${quantity(wage[top], "USD/hour")}` : ""}`
      : "";
  return {
    traces,
    rows,
    isEmpty: !rows.length,
    layout: {
      xaxis: { title: { text: "net USD per hour on the job" }, tickprefix: "$", showgrid: true },
      yaxis: { tickformat: ".0%", range: [0, 1], title: { text: "share of drivers at or below" } },
      shapes: [
        shade(section.bandAt, look),
        ...(isNumber(floor) ? unique([floor, wage[top]]).map((each) => ruled(each, "x", look)) : []),
      ],
      annotations: isNumber(floor)
        ? [
            noteAt(
              wage[top] > floor ? "least minimum wage" : "minimum wage",
              { x: floor, yref: "paper", y: 1, xanchor: "right" },
              look,
            ),
          ]
        : [],
    },
    legend: [...legendOf(offers, "line"), { label: section.bandLabel, colour: "grey", kind: "band" }],
    columns: [
      ...keyColumns(["offer_type"]),
      { column: "percentile", label: "Drivers of 100", unit: "", n: [] },
      ...section.measures,
      ...(section.totals ?? []),
    ],
    scope: scopeOf(period, offers),
    caption: [said ? said + words + "." : `${aboutChosen(period)}: too few drivers to show how far they lie apart.`],
  };
};
