// The charts that answer one question each: arrivals, hours of the week, the funnel, pay against acceptance, from gross
// to net, drivers apart, retail against the rest.
const lines = (x, y, colour, width, extra = {}) => ({ x, y, mode: "lines", line: { color: colour, width }, hoverinfo: "skip", ...extra });
const wedge = (x, low, high, colour) => ({ x: [...x, ...[...x].reverse()], y: [...low, ...[...high].reverse()], fill: "toself", fillcolor: seeThrough(colour, 0.15), line: { color: seeThrough(colour, 0.15), width: 1 }, mode: "lines", hoverinfo: "skip" });
const ruled = (at, axis, look, dash = "dash") => ({ type: "line", [axis === "x" ? "yref" : "xref"]: "paper", [`${axis}0`]: at, [`${axis}1`]: at, [axis === "x" ? "y0" : "x0"]: 0, [axis === "x" ? "y1" : "x1"]: 1, line: { color: look.colour("muted"), width: 1, dash } });
const noteAt = (text, place, look) => ({ showarrow: false, text: plain(text), font: { size: 11, color: look.colour("muted") }, bgcolor: look.colour("card"), ...place });
const aboutChosen = (period) => `${offerLabel(state.offer)}, ${lowerFirst(marketLabel(state.market))}, ${lowerFirst(periodLabel(period))}`;

// Which share of the orders is at the door within so many minutes, beside what was promised.
CHARTS.arrivals = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), [arrived, promised] = section.measures;
  const offers = offersOf().filter((offer) => known(cellsOf(frame, period, state.market, offer), arrived.column).length);
  const curves = offers.map((offer) => cellsOf(frame, period, state.market, offer));
  const most = Math.max(60, ...curves.flatMap((rows) => rows.filter((row) => row.delivered > 0).map((row) => row.within_minutes)));
  const rows = curves.flatMap((curve) => curve.filter((row) => row.within_minutes <= most)), scaled = scale("minutes", [most]);
  const traces = offers.flatMap((offer, at) => {
    const curve = known(curves[at].filter((row) => row.within_minutes <= most), arrived.column), style = offerStyle(offer), colour = look.colour(style.colour);
    const x = curve.map((row) => scaled.to(row.within_minutes)), sure = curve.filter((row) => bounds(row, arrived)[0] !== null), owed = known(curves[at].filter((row) => row.within_minutes <= most), promised.column);
    const text = curve.map((row) => `<b>${plain(offerLabel(offer))}, within ${plain(spoken(row.within_minutes, "minutes"))}</b><br>${plain(claim(row, arrived))}<br>promised by then: ${plain(quantity(row[promised.column], "share"))}`);
    return [
      ...(isLead(offer) && sure.length ? [wedge(sure.map((row) => scaled.to(row.within_minutes)), sure.map((row) => bounds(row, arrived)[0]), sure.map((row) => bounds(row, arrived)[1]), colour)] : []),
      lines(x, curve.map((row) => row[arrived.column]), colour, isLead(offer) ? 2.4 : 1.2, { hoverinfo: "text", hovertext: text, mode: "lines+markers", marker: { symbol: style.symbol, size: isLead(offer) ? 5 : 3 } }),
      ...(isLead(offer) ? [lines(owed.map((row) => scaled.to(row.within_minutes)), owed.map((row) => row[promised.column]), colour, 1.6, { line: { color: colour, width: 1.6, dash: "dot" } })] : []),
    ];
  });
  const chosen = cellsOf(frame, period), half = chosen.find((row) => row[arrived.column] >= 0.5), nine = chosen.find((row) => row[arrived.column] >= 0.9), sameDay = chosen.find((row) => row.within_minutes === 180);
  const said = [sameDay && isNumber(sameDay[arrived.column]) && `within 3 hours ${claim(sameDay, arrived)}`, half && `half within ${spoken(half.within_minutes, "minutes")}`, nine && `nine of ten within ${spoken(nine.within_minutes, "minutes")}`].filter(Boolean).join("; ");
  return {
    traces, rows, isEmpty: !rows.length,
    layout: { xaxis: { title: { text: `${scaled.title} from click` }, rangemode: "tozero", showgrid: true }, yaxis: { tickformat: ".0%", range: [-0.02, 1.02] }, ...referenceLinesAcross(section.references ?? [], look, scaled, scaled.to(most)) },
    legend: [...legendOf(offers, "line"), { label: "dotted: promised by then", colour: "grey", kind: "dash" }, { label: "95% interval", colour: "grey", kind: "band" }],
    columns: [...keyColumns(["offer_type"]), { column: "within_minutes", label: "Within", unit: "minutes", n: [] }, ...section.measures, ...section.totals],
    scope: scopeOf(period, { offer: offers.map(offerLabel).join(", ") }), caption: [said && `${aboutChosen(period)}: at the door ${said}.`],
  };
};
// Published medians and percentiles stand upright where time runs along the bottom.
const referenceLinesAcross = (references, look, scaled, most) => {
  const shown = references.filter(({ value }) => scaled.to(value) <= most);
  return {
    shapes: shown.map(({ value }) => ruled(scaled.to(value), "x", look)),
    annotations: shown.map(({ letter, value }, at) => noteAt(letter, { x: scaled.to(value), yref: "paper", y: 1 - 0.09 * (at % 4), xanchor: "left" }, look)),
  };
};

// When in the week: one square per hour, its figure in it.
const FEW = 5;
CHARTS.hours = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), [measure] = section.measures, [count] = measure.n[0];
  const rows = cellsOf(frame, period), hours = rows.length ? extent(rows.map(({ hour }) => hour)) : [0, 0];
  const columns = Array.from({ length: hours[1] - hours[0] + 1 }, (_, at) => hours[0] + at);
  const at = (weekday, hour) => rows.find((row) => row.weekday === weekday && row.hour === hour);
  const grid = WEEKDAYS.map((_, place) => columns.map((hour) => at(place + 1, hour))), enough = (row) => row && row[count] >= FEW && isNumber(row[measure.column]);
  const z = grid.map((line) => line.map((row) => (enough(row) ? row[measure.column] : null)));
  const found = rows.filter(enough), range = lowestToHighest(found, measure, (row) => `${WEEKDAYS[row.weekday - 1]} ${row.hour}:00`);
  const colour = look.colour(section.colour ?? "blue");
  return {
    traces: [{ type: "heatmap", x: columns, y: WEEKDAYS.map((name) => name.slice(0, 3)), z, xgap: 2, ygap: 2, showscale: false, colorscale: [[0, seeThrough(colour, 0.06)], [1, seeThrough(colour, 0.6)]], hoverinfo: "text", hoverongaps: false, text: grid.map((line) => line.map((row) => (enough(row) ? number(row[measure.column], measure.unit).replace(/\.\d$/, "") : ""))), texttemplate: look.width > 560 ? "%{text}" : "", textfont: { size: 10, color: look.colour("ink") },
      hovertext: grid.map((line, place) => line.map((row, hour) => (row ? hoverText(`${WEEKDAYS[place]}, ${columns[hour]}:00 to ${columns[hour] + 1}:00`, row, measure) : ""))) }],
    rows, isEmpty: !found.length, height: 290,
    layout: { yaxis: { autorange: "reversed", showgrid: false }, xaxis: { title: { text: "hour of the order, market's clock" }, tickvals: columns.filter((hour) => hour % 2 === 0) } },
    legend: [{ label: `darker: higher; blank: fewer than ${FEW} ${measure.n[0][1]}`, colour: section.colour ?? "blue", kind: "band" }],
    columns: [{ column: "weekday", label: "Weekday", names: ["", ...WEEKDAYS] }, { column: "hour", label: "Hour", unit: "", n: [] }, measure, ...(section.totals ?? [])],
    scope: scopeOf(period), caption: [range && `${aboutChosen(period)}: ${lowerFirst(measure.label)} ${range}.`],
  };
};

// How many are left at each step.
CHARTS.funnel = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), row = cellOf(frame, period), style = offerStyle(state.offer);
  const steps = row ? section.measures.filter(({ column }) => isNumber(row[column])) : [], first = row?.[section.measures[0].column];
  const said = steps.map(({ label, column }) => `${lowerFirst(label)} ${number(row[column])}`).join(", ");
  return {
    traces: [{ type: "bar", orientation: "h", y: steps.map((_, at) => at), x: steps.map(({ column }) => row[column]), width: 0.7, marker: barMarker(style, look), text: steps.map(({ column }) => number(row[column])), textposition: "outside", cliponaxis: false, textfont: { size: 12 }, hoverinfo: "text", hovertext: steps.map((measure) => hoverText(measure.label, row, measure)) }],
    rows: row ? [row] : [], isEmpty: !first, height: 60 + 46 * steps.length,
    layout: { yaxis: rowLayout(steps.map(({ label }) => label), look).yaxis, xaxis: { tickformat: ",~s", showgrid: true, title: { text: "offers" } }, margin: { r: 56 } },
    legend: [], columns: [...section.measures, ...(section.totals ?? [])], scope: scopeOf(period), caption: [said && `${aboutChosen(period)}: ${said} offers.`, row && section.totals?.length ? `${section.totals.map((measure) => `${measure.label} ${claim(row, measure)}`).join("; ")}.` : ""],
  };
};

// The share accepted at each pay, the fitted curve with its band, and the pay that 80 of 100 would take.
CHARTS.pay_curve = (section, look) => {
  const frame = page.frames[section.frame], needs = page.frames[section.fit.frame], period = reach(frame), [measure] = section.measures;
  const rows = cellsOf(frame, period), fit = cellOf(needs, period), style = offerStyle(state.offer), colour = look.colour(style.colour);
  const middle = (row) => row.pay_per_hour_from_usd + 0.5, fitted = known(rows, "fitted_share"), sure = known(fitted, "fitted_share_low"), shown = rows.filter((row) => isNumber(row[measure.column]) && row.at_risk >= FEW);
  const { column, unit } = section.fit, pay = fit?.[column], [low, high] = fit ? bounds(fit, section.fit) : [null, null], x = rows.map(middle);
  const traces = [
    ...(sure.length ? [wedge(sure.map(middle), sure.map((row) => row.fitted_share_low), sure.map((row) => row.fitted_share_high), colour)] : []),
    lines(fitted.map(middle), fitted.map((row) => row.fitted_share), colour, 2),
    ...shown.filter((row) => bounds(row, measure)[0] !== null).map((row) => lines([middle(row), middle(row)], bounds(row, measure), colour, 1.5)),
    { x: shown.map(middle), y: shown.map((row) => row[measure.column]), mode: "markers", marker: { symbol: style.symbol, size: 8, color: colour }, hoverinfo: "text", hovertext: shown.map((row) => hoverText(`$${row.pay_per_hour_from_usd} to $${row.pay_per_hour_from_usd + 1} per hour`, row, measure)) },
    ...(isNumber(pay) ? [{ x: [pay], y: [0.8], mode: "markers", marker: { symbol: "star", size: 13, color: look.colour("ink") }, hoverinfo: "text", hovertext: [hoverText("80 of 100 accept", fit, section.fit)] }] : []),
    ...(low === null ? [] : [lines([low, high], [0.8, 0.8], look.colour("ink"), 3)]),
  ];
  const said = isNumber(pay) ? `80 of 100 at ${quantity(pay, unit)} (95% interval ${interval(fit, section.fit) || "none"}; ${sample(fit, section.fit)})` : fit ? "no pay can be named at which 80 of 100 would accept" : "";
  const far = isNumber(pay) ? [...x, pay, ...(high === null ? [] : [Math.min(high, pay + 8)])] : x;
  return {
    traces, rows, isEmpty: !shown.length,
    layout: { xaxis: { title: { text: "offered pay, USD per hour of the block" }, tickprefix: "$", showgrid: true, ...(far.length ? { range: [Math.min(...far) - 1, Math.max(...far) + 1] } : {}) }, yaxis: { tickformat: ".0%", range: [-0.03, 1.03] }, shapes: [ruled(0.8, "y", look)], annotations: [noteAt("80%", { xref: "paper", x: 0, xanchor: "left", y: 0.8 }, look)] },
    legend: [{ ...style, label: "share accepted, with interval", kind: "marker" }, { ...style, label: "fitted curve with its 95% band", kind: "line" }, { label: "pay needed for 80%", colour: "ink", symbol: "star", kind: "marker" }],
    columns: [{ column: "pay_per_hour_from_usd", label: "Pay from", unit: "USD/hour", n: [] }, ...section.measures, ...section.totals], scope: scopeOf(period),
    caption: [said && `${aboutChosen(period)}: ${said}.`, fit?.note],
  };
};

// From base pay to what is left: what is added stands on what came before, what is taken hangs from it.
CHARTS.waterfall = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), row = cellOf(frame, period), has = row && isNumber(row[section.measures.at(-1).column]);
  const steps = has ? section.measures.filter(({ column, step }) => isNumber(row[column]) && (row[column] !== 0 || step === "total")) : [];
  const signs = steps.map(({ column, step }) => (step === "take" ? -row[column] : row[column]));
  const said = steps.map((measure) => `${measure.step === "take" ? "less " : measure.step === "total" ? "= " : ""}${lowerFirst(measure.label)} ${quantity(row[measure.column], measure.unit)}`).join(", ");
  const marker = (colour) => ({ marker: { color: look.colour(colour) } });
  return {
    traces: [{ type: "waterfall", x: steps.map(({ label }) => plain(label)), y: signs, measure: steps.map(({ step }) => (step === "total" ? "total" : "relative")), text: steps.map((measure, at) => quantity(signs[at], measure.unit).replace("/h", "")), textposition: "outside", textfont: { size: 11 }, cliponaxis: false, hoverinfo: "text", hovertext: steps.map((measure) => hoverText(measure.label, row, measure)), connector: { line: { color: look.colour("grey"), width: 1, dash: "dot" } }, increasing: marker("green"), decreasing: marker("orange"), totals: marker("blue") }],
    rows: row ? [row] : [], isEmpty: !has, height: 300,
    layout: { xaxis: { type: "category", tickangle: look.width < 560 ? -60 : 0 }, yaxis: { tickprefix: "$", title: { text: unitOf(section.measures[0].unit).axis } }, margin: { t: 26 }, uniformtext: { minsize: 9, mode: "show" } },
    legend: [{ label: "added", colour: "green", kind: "bar" }, { label: "taken (−)", colour: "orange", kind: "bar" }, { label: "sum", colour: "blue", kind: "bar" }],
    columns: [...section.measures, ...(section.totals ?? [])], scope: scopeOf(period), caption: [has && `${aboutChosen(period)}: ${said} per hour on the job (${sample(row, section.measures[0])}).`],
  };
};

// How far drivers lie apart: the share of them that is left with no more than so much per hour.
CHARTS.drivers = (section, look) => {
  const frame = page.frames[section.frame], period = reach(frame), [measure] = section.measures, wage = cellOf(page.frames[section.wage.frame], period), floor = wage?.[section.wage.column];
  const offers = offersOf().filter((offer) => cellsOf(frame, period, state.market, offer).length), rows = offers.flatMap((offer) => cellsOf(frame, period, state.market, offer));
  const traces = offers.map((offer) => {
    const curve = cellsOf(frame, period, state.market, offer), style = offerStyle(offer);
    return lines(curve.map((row) => row[measure.column]), curve.map((row) => row.percentile / 100), look.colour(style.colour), isLead(offer) ? 2.4 : 1.2, { mode: "lines+markers", marker: { symbol: style.symbol, size: isLead(offer) ? 7 : 4 }, hoverinfo: "text", hovertext: curve.map((row) => `<b>${plain(offerLabel(offer))}</b><br>${row.percentile} of 100 drivers: up to ${plain(quantity(row[measure.column], measure.unit))}<br>${plain(sample(row, measure))}`) });
  });
  const mine = cellsOf(frame, period), at = (percentile) => mine.find((row) => row.percentile === percentile);
  const said = at(50) && `${aboutChosen(period)}: the median driver is left with ${quantity(at(50)[measure.column], measure.unit)}, the middle half with ${quantity(at(25)[measure.column], measure.unit)} to ${quantity(at(75)[measure.column], measure.unit)} (${sample(at(50), measure)})`;
  const top = section.wage.top, words = isNumber(floor) ? `; the minimum wage is ${quantity(floor, "USD/hour")}${wage[top] > floor ? ` to ${quantity(wage[top], "USD/hour")}` : ""}` : "";
  return {
    traces, rows, isEmpty: !rows.length,
    layout: { xaxis: { title: { text: "net USD per hour on the job" }, tickprefix: "$", showgrid: true }, yaxis: { tickformat: ".0%", range: [0, 1], title: { text: "share of drivers at or below" } }, shapes: [shade(section.bandAt, "x", look), ...(isNumber(floor) ? [ruled(floor, "x", look)] : [])], annotations: isNumber(floor) ? [noteAt("minimum wage", { x: floor, yref: "paper", y: 1, xanchor: "right" }, look)] : [] },
    legend: [...legendOf(offers, "line"), { label: section.bandLabel, colour: "grey", kind: "band" }],
    columns: [...keyColumns(["offer_type"]), { column: "percentile", label: "Drivers of 100", unit: "", n: [] }, ...section.measures, ...(section.totals ?? [])], scope: scopeOf(period, { offer: offers.map(offerLabel).join(", ") }),
    caption: [said && said + words + "."], isWithheld: !mine.length,
  };
};

// Per day that landed, a line per log.
CHARTS.landed = (section, look) => {
  const frame = page.frames[section.frame], [measure] = section.measures, rows = [...frame.rows].sort((a, b) => (a.landed_on < b.landed_on ? -1 : 1));
  const styles = Object.values(site.offers).slice(1), logs = unique(rows.map(({ log }) => log)).sort();
  const traces = logs.map((log, at) => {
    const mine = rows.filter((row) => row.log === log), style = styles[at % styles.length];
    return { x: mine.map((row) => row.landed_on), y: mine.map((row) => row[measure.column]), mode: "lines+markers", line: { color: look.colour(style.colour), width: 1.6 }, marker: { symbol: style.symbol, size: 5 }, hoverinfo: "text", hovertext: mine.map((row) => hoverText(`${log}, ${day(row.landed_on)}`, row, measure)) };
  });
  const last = rows.filter((row) => row.landed_on === rows.at(-1)?.landed_on);
  return {
    traces, rows, isEmpty: !known(rows, measure.column).length, height: 260,
    layout: { xaxis: timeAxis(unique(rows.map((row) => row.landed_on))), yaxis: { tickformat: ".1%", rangemode: "tozero" } },
    legend: logs.map((log, at) => ({ ...styles[at % styles.length], label: log, kind: "line" })), columns: [{ column: "landed_on", label: "Landed on" }, { column: "log", label: "Log" }, measure, ...section.totals], scope: "All logs · by day landed",
    caption: [last.length && `Latest, ${day(last[0].landed_on)}: ${last.map((row) => `${row.log} ${claim(row, measure)}`).join(", ")}.`],
  };
};

// Retail less the other offer types, market by market, with the interval; zero is no difference.
CHARTS.differences = (section, look) => {
  const frame = page.frames[section.frame], [measure] = section.measures, share = measure.unit === "share";
  const all = frame.rows.filter((row) => row.metric === section.metric), rows = known(all.filter((row) => row.market_id === ALL || state.market === ALL || row.market_id === state.market), measure.column);
  const name = (row) => marketLabel(row.market_id), values = rows.flatMap((row) => [row[measure.column], ...bounds(row, measure), 0]), scaled = scale(share ? "points" : measure.unit, values);
  const layout = rowLayout(rows.map(name), look), style = (row) => ({ better: { colour: "green", symbol: "triangle-up" }, worse: { colour: "orange", symbol: "square" } })[row.verdict] ?? { colour: "grey", symbol: "circle" };
  const overall = all.find((row) => row.market_id === ALL), [low, high] = values.length ? extent(values.filter(isNumber)) : [0, 1], room = (high - low || 1) * 0.08;
  const words = (row) => `${signed(row[measure.column], measure.unit)}${bounds(row, measure)[0] === null ? "" : ` (95% interval ${bounds(row, measure).map((end) => signed(end, measure.unit)).join(" to ")})`}`;
  return {
    traces: rows.flatMap((row, at) => dot(row, measure, at, name(row), style(row), { to: (value) => value }, look).map((trace) => (trace.hovertext ? { ...trace, hovertext: [`<b>${plain(name(row))}</b><br>${plain(words(row))}<br>${plain(row.verdict)}`] } : trace))),
    rows: all, isEmpty: !rows.length, height: 80 + 28 * rows.length,
    layout: { xaxis: { ...(share ? { tickformat: "+.0%" } : { tickformat: `+${unitOf(measure.unit).before ?? ""},~f`, title: { text: unitOf(measure.unit).axis } }), range: [low - room, high + room], showgrid: true, nticks: 6, zeroline: true, zerolinecolor: look.colour("muted") }, yaxis: layout.yaxis, shapes: layout.shapes },
    legend: [{ label: "better", ...style({ verdict: "better" }), kind: "marker" }, { label: "worse", ...style({ verdict: "worse" }), kind: "marker" }, { label: "undecided", ...style({}), kind: "marker" }],
    columns: [{ column: "market_id", label: "Market" }, ...section.totals, measure, ...section.after], scope: "Retail less the other offer types of the same market · whole pilot",
    caption: [overall && isNumber(overall[measure.column]) && `All markets: ${words(overall)}: ${overall.verdict}.`, overall?.note],
  };
};
