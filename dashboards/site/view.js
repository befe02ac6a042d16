// The page's rows and the view of them that is chosen: market, offer type, period; what the link says.
const ALL = "all",
  WHOLE = { grain: ALL, start: "" };
let site, documents, page, state;

// Column by column as they come, row by row as they are used.
const rowsOf = ({ columns }) => {
  const names = Object.keys(columns);
  return (columns[names[0]] ?? []).map((_, at) => Object.fromEntries(names.map((name) => [name, columns[name][at]])));
};

const cellKey = (grain, start, market, offer) => [grain, grain === ALL ? "" : start, market, offer].join("|");

// A frame ready for use: its rows, and by cell where it has cells.
const prepare = (frame) => {
  const rows = rowsOf(frame),
    cells = new Map(),
    has = (name) => name in frame.columns;
  if (has("grain")) {
    for (const row of rows) {
      const key = cellKey(row.grain, row.period_start, row.market_id, row.offer_type);
      cells.has(key) ? cells.get(key).push(row) : cells.set(key, [row]);
    }
  }
  const starts = new Set(rows.map((row) => periodText({ grain: row.grain, start: row.period_start })));
  return { ...frame, rows, cells, starts, has };
};

const cellsOf = (frame, period, market = state.market, offer = state.offer) =>
  frame.cells.get(cellKey(period.grain, period.start, market, offer)) ?? [];
const cellOf = (frame, period, market, offer) => cellsOf(frame, period, market, offer)[0];

const unique = (values) => [...new Set(values)];
const frameList = () => Object.values(page.frames);
const startsOf = (grain, frames = frameList()) =>
  unique(
    frames.flatMap((frame) => frame.rows.filter((row) => row.grain === grain).map((row) => row.period_start)),
  ).sort();

// What there is to choose from, in the site's order; no "all" where it would say the same as the only one.
const choices = () => {
  const found = (name) =>
    unique(
      frameList()
        .filter((frame) => frame.has(name))
        .flatMap((frame) => frame.rows.map((row) => row[name])),
    );
  const ordered = (name, order) => {
    const parts = found(name)
      .filter((value) => value !== ALL)
      .sort((a, b) => rank(order, a) - rank(order, b) || (a < b ? -1 : 1));
    return parts.length > 1 ? [ALL, ...parts] : parts;
  };
  return {
    market: ordered("market_id", Object.keys(site.markets)),
    offer: ordered("offer_type", Object.keys(site.offers)),
    period: [
      "all",
      ...startsOf("week")
        .reverse()
        .map((start) => `week:${start}`),
      ...startsOf("day")
        .reverse()
        .map((start) => `day:${start}`),
    ],
  };
};
const rank = (order, value) => (order.includes(value) ? order.indexOf(value) : order.length);

const periodOf = (text) => {
  const [grain, start = ""] = text.split(":");
  return { grain, start };
};
const daysIn = (period) => (period.grain === "week" ? 7 : 1);
const isPart = (period) =>
  period.grain !== ALL &&
  site.cut !== null &&
  Date.parse(`${later(period.start, daysIn(period))}T12:00Z`) > Date.parse(site.cut); // west of Greenwich days end later

// The latest whole week, so that there is a week before to compare it with; all where there are no two weeks.
const usualPeriod = (periods) => {
  const whole = periods.filter((text) => text.startsWith("week:") && !isPart(periodOf(text)));
  return whole.length > 1 ? whole[0] : "all";
};

// Whatever a link lacks or this build no longer has is as usual; `unknown` says what of the link is not here.
const readState = () => {
  const asked = new URLSearchParams(location.hash.slice(1)),
    offered = choices(),
    unknown = [],
    kept = [];
  const usual = {
    market: offered.market[0] ?? ALL,
    offer: offered.offer.includes(site.pilot) ? site.pilot : (offered.offer[0] ?? ALL),
    period: usualPeriod(offered.period),
  };
  const chosen = Object.fromEntries(
    Object.keys(usual).map((name) => {
      const value = asked.get(name);
      if (value !== null && offered[name].includes(value)) return [name, value];
      // A page of weeks shows the week of the day; the link keeps the day, for the next page.
      if (value !== null) kept.push(name);
      const week = name === "period" && weekOf(value);
      if (offered.period.includes(week)) return [name, week];
      if (value !== null && offered[name].length > (name === "period" ? 1 : 0)) unknown.push(name);
      return [name, usual[name]];
    }),
  );
  const others = Object.fromEntries([...asked].filter(([name]) => !(name in usual)));
  return { ...others, ...chosen, period: periodOf(chosen.period), offered, unknown, kept };
};

const weekOf = (text) => {
  const start = /^day:(\d{4}-\d\d-\d\d)$/.exec(text ?? "")?.[1];
  return start && !Number.isNaN(Date.parse(start)) ? `week:${mondayOf(start)}` : null;
};

// The link of a view. What the page at hand has no use for is kept for the next one.
const linkOf = (changes = {}) => {
  const link = new URLSearchParams(location.hash.slice(1));
  const used = { market: state.market, offer: state.offer, period: periodText(state.period) };
  for (const [name, value] of Object.entries(used))
    if (state.offered[name].length > 1 && !state.kept.includes(name)) link.set(name, value);
  for (const [name, value] of Object.entries(changes)) value === null ? link.delete(name) : link.set(name, value);
  return "#" + link;
};
const periodText = ({ grain, start }) => (grain === ALL ? ALL : `${grain}:${start}`);

const periodLabel = (period) => {
  if (period.grain === ALL) return "Whole period";
  const part = isPart(period) ? " (part, to the data cut)" : "";
  return (
    (period.grain === "day" ? `${weekday(period.start)}, ${day(period.start)}` : `Week of ${day(period.start)}`) + part
  );
};
const before = (period) => (period.grain === ALL ? null : { ...period, start: later(period.start, -daysIn(period)) });

// A frame may know weeks but no days, or nothing but the whole: the narrowest period it has that holds the chosen one.
const reach = (frame) => {
  const wider = [state.period];
  if (state.period.grain === "day") wider.push({ grain: "week", start: mondayOf(state.period.start) });
  return wider.find((period) => frame.starts.has(periodText(period))) ?? WHOLE;
};
const mondayOf = (iso) => later(iso, -WEEKDAYS.indexOf(weekday(iso)));

// The offer types a chart compares: all of them, the chosen one first in the eye (`isLead`).
const offersOf = () => state.offered.offer.filter((offer) => offer !== ALL || state.offered.offer.length === 1);
const isLead = (offer) => state.offer === ALL || state.offer === offer;
const marketsOf = () =>
  state.market === ALL
    ? state.offered.market
    : state.offered.market.filter((market) => market === ALL || market === state.market);

const scopeOf = (period, offers = [state.offer]) =>
  [marketLabel(state.market), offers.map(offerLabel).join(", "), periodLabel(period)].join(" · ");
