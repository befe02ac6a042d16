// What all charts share, and the charts over time and across markets. A kind of chart is a function of its section and
// the look of the moment; it gives Plotly's traces and layout, and the rows, columns and sentence that say the same.
const CHARTS = {};
const FORMAT = { weight: 2.4, context: 1.2 };

const seeThrough = (hex, opacity) => `rgba(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(",")},${opacity})`;
const offerStyle = (offer) => site.offers[offer] ?? site.offers.other;
const known = (rows, column) => rows.filter((row) => isNumber(row[column]));
const extent = (values) => [Math.min(...values), Math.max(...values)];

// Minutes that reach into hours are drawn as hours.
const scale = (unit, values) => {
  if (unit === "minutes" && Math.max(0, ...values.filter(isNumber)) >= 240) return { to: (value) => (isNumber(value) ? value / 60 : null), title: "hours" };
  return { to: (value) => value ?? null, title: unitOf(unit).axis };
};

// An axis in a unit: shares in percent within 0 to 1, the others from 0 or below.
const valueAxis = (unit, scaled, values, include = []) => {
  const all = [...values.filter(isNumber).map(scaled.to), ...include.map(scaled.to)];
  const [low, high] = all.length ? extent(all) : [0, 1];
  const room = (high - low || 1) * 0.15, isRate = unit === "USD/hour"; // rates need no zero, lengths of time do
  const range = unit === "share" ? [Math.max(-0.01, low - 0.05), Math.min(1.02, high + 0.05)] : isRate ? [low - room, high + room] : [Math.min(0, low * 1.08), high * 1.1 || 1];
  const ticks = unit === "share" ? { tickformat: ".0%" } : { tickformat: `${unitOf(unit).before ?? ""},~f` };
  return { ...ticks, range, ...(scaled.title ? { title: { text: scaled.title } } : {}) };
};

// The figures of the section's first measure for what is chosen, in words; the start of most captions.
const leadSentence = (section, period) => {
  const [measure] = section.measures, row = cellOf(page.frames[section.frame], period);
  if (!row || !isNumber(row[measure.column])) return "";
  return `${offerLabel(state.offer)}, ${lowerFirst(marketLabel(state.market))}, ${lowerFirst(periodLabel(period))}: ${lowerFirst(measure.label)} ${claim(row, measure)}.`;
};

const lowestToHighest = (rows, measure, name) => {
  const found = known(rows, measure.column).sort((a, b) => a[measure.column] - b[measure.column]);
  if (found.length < 2) return "";
  const [low, high] = [found[0], found.at(-1)];
  return `from ${spoken(low[measure.column], measure.unit)} (${name(low)}) to ${spoken(high[measure.column], measure.unit)} (${name(high)})`;
};

const hoverText = (heading, row, measure) => `<b>${plain(heading)}</b><br>${plain(measure.label)}: ${plain(claim(row, measure))}`;
const legendOf = (offers, kind) => offers.map((offer) => ({ label: offerLabel(offer) + (isLead(offer) ? "" : ", for comparison"), ...offerStyle(offer), kind }));
const keyColumns = (names) => names.map((name) => ({ market_id: { column: name, label: "Market" }, offer_type: { column: name, label: "Offer type" }, period_start: { column: name, label: "From" } })[name]);

const referenceLines = (references, look, scaled) => ({
  shapes: references.map(({ value }) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: scaled.to(value), y1: scaled.to(value), layer: "below", line: { color: look.colour("grey"), width: 1, dash: "dash" } })),
  annotations: references.map(({ letter, value }, at) => ({ text: letter, xref: "paper", x: Math.min(0.01 + 0.09 * at, 1), y: scaled.to(value), showarrow: false, bgcolor: look.colour("card"), borderpad: 1, font: { size: 11, color: look.colour("muted") } })),
});

// The series over time: weeks, or days where a day is chosen; the chosen period is shaded.
const timeGrain = (frame) => (state.period.grain === "day" && [...frame.starts].some((start) => start.startsWith("day:")) ? "day" : "week");
const everyStart = (grain, starts) => {
  const found = [];
  for (let start = starts[0]; start && start <= starts.at(-1); start = later(start, grain === "week" ? 7 : 1)) found.push(start);
  return found;
};
const timeAxis = (starts) => {
  const step = 1 + Math.floor(starts.length / 6);
  const shown = starts.filter((_, at) => at % step === 0);
  return { type: "date", tickvals: shown, ticktext: shown.map((start, at) => day(start, false) + (at === 0 || start.slice(0, 4) !== shown[at - 1].slice(0, 4) ? `<br>${start.slice(0, 4)}` : "")) };
};
const chosenShade = (grain, look) =>
  state.period.grain === grain
    ? [{ type: "rect", yref: "paper", y0: 0, y1: 1, layer: "below", line: { width: 0 }, fillcolor: seeThrough(look.colour("grey"), 0.18), x0: later(state.period.start, grain === "week" ? -3 : 0) + (grain === "week" ? "T12:00" : "T00:00").replace("T00:00", ""), x1: later(state.period.start, grain === "week" ? 3 : 0) + "T12:00" }]
    : [];

CHARTS.over_time = (section, look) => {
  const frame = page.frames[section.frame], grain = timeGrain(frame), [lead, ...others] = section.measures;
  const starts = everyStart(grain, startsOf(grain, [frame]));
  const offers = offersOf(frame).filter((offer) => starts.some((start) => isNumber(cellOf(frame, { grain, start }, state.market, offer)?.[lead.column])));
  const rows = starts.flatMap((start) => offers.map((offer) => cellOf(frame, { grain, start }, state.market, offer)).filter(Boolean));
  const columns = [...section.measures.map(({ column }) => column), `${lead.column}_low`, `${lead.column}_high`];
  const values = rows.flatMap((row) => columns.map((column) => row[column]));
  const scaled = scale(lead.unit, values);
  const traces = offers.flatMap((offer) => {
    const style = offerStyle(offer), colour = look.colour(style.colour);
    const line = starts.map((start) => cellOf(frame, { grain, start }, state.market, offer) ?? {});
    const series = (measure, dash) => ({
      x: starts, y: line.map((row) => scaled.to(row[measure.column])), mode: dash ? "lines" : "lines+markers",
      line: { color: colour, width: isLead(offer) ? FORMAT.weight : FORMAT.context, dash: dash ? "dot" : "solid" },
      marker: { symbol: style.symbol, size: isLead(offer) ? 7 : 5 }, hoverinfo: "text",
      hovertext: line.map((row, at) => (isNumber(row[measure.column]) ? hoverText(`${offerLabel(offer)}, ${lowerFirst(periodLabel({ grain, start: starts[at] }))}`, row, measure) : "")),
    });
    return [...(isLead(offer) ? [band(line, lead, starts, scaled, look.colour(style.colour))] : []), series(lead, false), ...others.map((measure) => series(measure, true))];
  });
  const references = referenceLines(section.references ?? [], look, scaled);
  const period = state.period.grain === ALL || state.period.grain === grain ? state.period : reach(frame);
  const lines = known(rows.filter((row) => isLead(row.offer_type) && (state.offer !== ALL || offers.length > 0)), lead.column);
  const ofLead = lines.filter((row) => row.offer_type === (state.offer === ALL ? offers[0] : state.offer));
  const range = lowestToHighest(ofLead, lead, (row) => day(row.period_start));
  return {
    traces, rows, offers, isEmpty: !lines.length,
    layout: { xaxis: timeAxis(starts), yaxis: valueAxis(lead.unit, scaled, values), ...references, shapes: [...chosenShade(grain, look), ...(section.bandAt ? [shade(section.bandAt, "y", look)] : []), ...references.shapes] },
    legend: [...legendOf(offers, "line"), ...(others.length ? [{ label: `dotted: ${others.map(({ label }) => lowerFirst(label)).join(", ")}`, colour: "grey", kind: "dash" }] : []), ...(offers.some((offer) => known(rows, `${lead.column}_low`).length) ? [{ label: "95% interval", colour: "grey", kind: "band" }] : [])],
    columns: [...keyColumns(["period_start", "offer_type"]), ...section.measures],
    scope: `${marketLabel(state.market)} · ${offers.map(offerLabel).join(", ")} · by ${grain}`,
    caption: [leadSentence(section, period), range && `By ${grain}, ${lowerFirst(offerLabel(ofLead[0].offer_type))}: ${range}.`],
  };
};

// The interval as one closed outline per unbroken run of periods.
const band = (line, measure, starts, scaled, colour) => {
  const x = [], y = [];
  let run = [];
  const close = () => {
    x.push(...run, ...[...run].reverse(), null);
    const ends = run.map((start) => bounds(line[starts.indexOf(start)], measure).map(scaled.to));
    y.push(...ends.map(([low]) => low), ...ends.reverse().map(([, high]) => high), null);
    run = [];
  };
  starts.forEach((start, at) => (bounds(line[at], measure)[0] === null ? run.length && close() : run.push(start)));
  if (run.length) close();
  return { x, y, fill: "toself", fillcolor: seeThrough(colour, 0.15), line: { color: seeThrough(colour, 0.15), width: 1 }, mode: "lines", hoverinfo: "skip" };
};
const shade = ([low, high], axis, look) => ({ type: "rect", [`${axis === "y" ? "x" : "y"}ref`]: "paper", [`${axis}0`]: low, [`${axis}1`]: high, [`${axis === "y" ? "x" : "y"}0`]: 0, [`${axis === "y" ? "x" : "y"}1`]: 1, line: { width: 0 }, fillcolor: seeThrough(look.colour("grey"), 0.18), layer: "below" });

// Rows from the top, labelled at the left; a label that repeats stands once, amid its rows.
const rowLayout = (labels, look) => {
  const groups = [];
  labels.forEach((label, at) => (groups.at(-1)?.label === label ? groups.at(-1).places.push(at) : groups.push({ label, places: [at] })));
  return {
    yaxis: { tickvals: groups.map(({ places }) => (places[0] + places.at(-1)) / 2), ticktext: groups.map(({ label }) => plain(label, 22)), range: [labels.length - 0.4, -0.6], showgrid: false },
    shapes: groups.slice(1).map(({ places }) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: places[0] - 0.5, y1: places[0] - 0.5, layer: "below", line: { color: look.colour("grid"), width: 1 } })),
  };
};

// One dot per row with its interval, or with the reach between two other columns.
const dot = (row, measure, at, heading, style, scaled, look, hollow = false) => {
  const ends = bounds(row, measure), colour = look.colour(style.colour);
  const place = { y: [at], x: [scaled.to(row[measure.column])], mode: "markers", marker: { symbol: style.symbol + (hollow ? "-open" : ""), size: 9, color: colour }, hoverinfo: "text", hovertext: [hoverText(heading, row, measure)] };
  return ends[0] === null ? [place] : [{ x: ends.map(scaled.to), y: [at, at], mode: "lines", line: { color: colour, width: measure.width ?? 2 }, hoverinfo: "skip" }, place];
};

const marketRows = (section, period) =>
  marketsOf().flatMap((market) => offersOf().map((offer) => cellOf(page.frames[section.frame], period, market, offer)).filter((row) => row && section.measures.some(({ column }) => isNumber(row[column]))));

// Markets from the top; one measure: a row per offer type; several: a row per market of the chosen type.
CHARTS.by_market = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), isSingle = section.measures.length === 1, [lead] = section.measures;
  const rows = isSingle ? known(marketRows(section, period), lead.column) : marketsOf().map((market) => cellOf(frame, period, market)).filter((row) => row && isNumber(row[lead.column]));
  const ends = rows.flatMap((row) => section.measures.flatMap((measure) => [row[measure.column], ...bounds(row, measure)]));
  const scaled = scale(lead.unit, ends), layout = rowLayout(rows.map((row) => marketLabel(row.market_id)), look);
  const traces = rows.flatMap((row, at) => section.measures.flatMap((measure, place) =>
    isNumber(row[measure.column]) ? dot(row, measure, at + (isSingle ? 0 : (place - (section.measures.length - 1) / 2) * 0.22), `${marketLabel(row.market_id)}, ${offerLabel(row.offer_type)}`, isSingle ? offerStyle(row.offer_type) : measure.style, scaled, look, isSingle && !isLead(row.offer_type)) : []));
  const offers = unique(rows.map((row) => row.offer_type));
  return {
    traces, rows, isEmpty: !rows.length, height: 70 + rows.length * (isSingle ? 19 : 18 + 8 * section.measures.length),
    layout: { xaxis: { ...valueAxis(lead.unit, scaled, ends, section.bandAt ?? []), showgrid: true, nticks: 6 }, yaxis: layout.yaxis, shapes: [...layout.shapes, ...(section.bandAt ? [shade(section.bandAt, "x", look)] : [])] },
    legend: [...(isSingle ? legendOf(offers, "marker") : section.measures.map(({ label, style }) => ({ label, ...style, kind: "marker" }))), ...(section.bandAt ? [{ label: section.bandLabel, colour: "grey", kind: "band" }] : [])],
    columns: [...keyColumns(["market_id", "offer_type"]), ...section.measures],
    scope: scopeOf(period, isSingle ? { offer: offers.map(offerLabel).join(", ") } : {}),
    caption: [leadSentence(section, period), byMarketSentence(rows.filter((row) => row.market_id !== ALL && row.offer_type === (state.offer === ALL ? offers[0] : state.offer)), lead)],
  };
};
const byMarketSentence = (rows, measure) => {
  const range = lowestToHighest(rows, measure, (row) => marketLabel(row.market_id));
  return range && `By market, ${lowerFirst(offerLabel(rows[0].offer_type))}: ${range}.`;
};

// Parts of a whole, end to end, a row per market and offer type.
CHARTS.stacked_rows = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), rows = marketRows(section, period);
  const names = section.measures.map(({ column }) => column), scaled = scale(section.measures[0].unit, rows.map((row) => names.reduce((sum, name) => sum + (row[name] ?? 0), 0)));
  const labels = rows.map((row) => marketLabel(row.market_id)), layout = rowLayout(labels, look);
  const traces = section.measures.map((measure) => ({
    type: "bar", orientation: "h", y: rows.map((_, at) => at), x: rows.map((row) => scaled.to(row[measure.column])), width: 0.72,
    marker: barMarker(measure.style, look), hoverinfo: "text", hovertext: rows.map((row) => hoverText(`${marketLabel(row.market_id)}, ${offerLabel(row.offer_type)}`, row, measure)),
  }));
  const ends = { x: rows.map((row) => scaled.to(names.reduce((sum, name) => sum + (row[name] ?? 0), 0))), y: rows.map((_, at) => at), mode: "text", textposition: "middle right", cliponaxis: false, hoverinfo: "skip", text: rows.map((row) => plain(offerLabel(row.offer_type))), textfont: { size: 11, color: look.colour("muted") } };
  const row = cellOf(frame, period);
  const said = row && section.measures.filter(({ column }) => isNumber(row[column])).map((measure) => `${lowerFirst(measure.label)} ${spoken(row[measure.column], measure.unit)}`).join(", ");
  return {
    traces: [...traces, ends], rows, isEmpty: !rows.length, height: 70 + rows.length * 22,
    layout: { barmode: "stack", xaxis: { title: { text: scaled.title }, showgrid: true, tickformat: ",~g", rangemode: "tozero" }, margin: { r: 64 }, ...layout },
    legend: section.measures.map(({ label, style }) => ({ label, ...style, kind: "bar" })),
    columns: [...keyColumns(["market_id", "offer_type"]), ...section.measures, ...(section.totals ?? [])],
    scope: scopeOf(period, { offer: unique(rows.map((each) => offerLabel(each.offer_type))).join(", ") }),
    caption: [said && `${offerLabel(state.offer)}, ${lowerFirst(marketLabel(state.market))}: ${said} (${sample(row, section.measures[0])}).`],
  };
};
const barMarker = (style, look) => ({ color: look.colour(style.colour), pattern: { shape: style.pattern ?? "", fillmode: "overlay", fgcolor: look.colour("card"), fgopacity: 1, size: 8, solidity: 0.15 } });

// Counts or sums over time, stacked; with `opposed` the second measure hangs below the line.
CHARTS.stacked_over_time = (section, look) => {
  const frame = page.frames[section.frame], grain = timeGrain(frame), starts = everyStart(grain, startsOf(grain, [frame]));
  const rows = starts.map((start) => cellOf(frame, { grain, start })).filter(Boolean), isDown = (at) => section.opposed && at === 1;
  const traces = section.measures.map((measure, at) => ({
    type: "bar", x: rows.map((row) => row.period_start), y: rows.map((row) => (isDown(at) ? -row[measure.column] : row[measure.column])), marker: barMarker(measure.style, look), hoverinfo: "text",
    hovertext: rows.map((row) => hoverText(`${offerLabel(state.offer)}, ${lowerFirst(periodLabel({ grain, start: row.period_start }))}`, row, measure)),
  }));
  const period = reach(frame), row = cellOf(frame, period);
  const said = row && section.measures.filter(({ column }) => isNumber(row[column])).map((measure) => `${lowerFirst(measure.label)} ${quantity(row[measure.column], measure.unit)}`).join(", ");
  return {
    traces, rows, isEmpty: !rows.some((each) => section.measures.some(({ column }) => each[column])),
    layout: { barmode: "relative", bargap: 0.25, xaxis: timeAxis(starts), yaxis: { tickformat: ",~g", title: { text: unitOf(section.measures[0].unit).axis }, zeroline: Boolean(section.opposed), zerolinecolor: look.colour("muted") }, shapes: chosenShade(grain, look) },
    legend: section.measures.map(({ label, style }, at) => ({ label: label + (isDown(at) ? " (below the line)" : ""), ...style, kind: "bar" })),
    columns: [...keyColumns(["period_start"]), ...section.measures, ...(section.totals ?? [])],
    scope: scopeOf({ grain: ALL }, {}).replace(periodLabel(WHOLE), `by ${grain}`),
    caption: [said && `${offerLabel(state.offer)}, ${lowerFirst(marketLabel(state.market))}, ${lowerFirst(periodLabel(period))}: ${said}${section.measures[0].n.length ? ` (${sample(row, section.measures[0])})` : ""}.`],
  };
};

// One figure on several clocks or cost bases: a row per measure, a dot per offer type.
CHARTS.measures = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame);
  const rows = offersOf().map((offer) => cellOf(frame, period, state.market, offer)).filter((row) => row && isNumber(row[section.measures[0].column]));
  const values = rows.flatMap((row) => section.measures.map(({ column }) => row[column])), scaled = scale(section.measures[0].unit, values);
  const layout = rowLayout(section.measures.map(({ label }) => label), look), chosen = cellOf(frame, period);
  const traces = section.measures.flatMap((measure, at) => rows.flatMap((row, place) =>
    isNumber(row[measure.column]) ? dot(row, measure, at + (place - (rows.length - 1) / 2) * 0.2, offerLabel(row.offer_type), offerStyle(row.offer_type), scaled, look, !isLead(row.offer_type)) : []));
  const said = chosen && section.measures.filter(({ column }) => isNumber(chosen[column])).map((measure) => `${lowerFirst(measure.label)} ${quantity(chosen[measure.column], measure.unit)}`).join(", ");
  return {
    traces, rows, isEmpty: !rows.length, height: 80 + section.measures.length * 44,
    layout: { xaxis: { ...valueAxis(section.measures[0].unit, scaled, values, section.bandAt ?? []), showgrid: true }, yaxis: layout.yaxis, shapes: [...layout.shapes, ...(section.bandAt ? [shade(section.bandAt, "x", look)] : [])] },
    legend: legendOf(rows.map((row) => row.offer_type), "marker"),
    columns: [...keyColumns(["offer_type"]), ...section.measures],
    scope: scopeOf(period, { offer: rows.map((row) => offerLabel(row.offer_type)).join(", ") }),
    caption: [said && `${offerLabel(state.offer)}, ${lowerFirst(marketLabel(state.market))}, ${lowerFirst(periodLabel(period))}: ${said} (${sample(chosen, section.measures[0])}).`],
  };
};
