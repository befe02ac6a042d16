// Figures as words: units, numbers, intervals, dates. What a value reads like; no HTML, no charts.
const SPACE = "\u00a0",
  UNKNOWN = "–";
const UNITS = {
  share: { factor: 100, digits: 1, after: "%", axis: "" },
  minutes: { digits: 1, after: SPACE + "min", axis: "minutes" },
  seconds: { digits: 0, after: SPACE + "s", axis: "seconds" },
  hours: { digits: 1, after: SPACE + "h", axis: "hours" },
  miles: { digits: 1, after: SPACE + "mi", axis: "miles" },
  "USD/hour": { digits: 2, before: "$", after: "/h", axis: "USD per hour" },
  USD: { digits: 2, before: "$", after: "", axis: "USD" },
  "USD/gallon": { digits: 2, before: "$", after: "/gal", axis: "USD per gallon" },
  "USD/mile": { digits: 4, before: "$", after: "/mi", axis: "USD per mile" },
  "miles/gallon": { digits: 1, after: SPACE + "mpg", axis: "miles per gallon" },
};
const unitOf = (unit) => UNITS[unit] ?? { digits: 0, after: "", axis: unit ?? "" };
const isNumber = (value) => typeof value === "number";

const decimal = (value, digits) => {
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
};

// `88.1`, `12.98`: without the unit, as a table has it.
const number = (value, unit) => {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (!isNumber(value)) return value;
  const { factor = 1, digits } = unitOf(unit);
  return decimal(value * factor, digits);
};

// `$12.98/h`, `88.1%`, `142.0 min`: with the unit, as a sentence has it.
const quantity = (value, unit) => {
  if (!isNumber(value)) return number(value, unit);
  const { before = "", after } = unitOf(unit);
  const text = number(value, unit);
  return text.startsWith("−") ? `−${before}${text.slice(1)}${after}` : before + text + after;
};

// Long times in hours, as people say them; everything else as it is.
const spoken = (value, unit) => {
  if (unit !== "minutes" || !isNumber(value) || value < 120) return quantity(value, unit);
  const minutes = Math.round(value);
  return `${Math.floor(minutes / 60)}${SPACE}h ${minutes % 60}${SPACE}min`;
};

const signed = (value, unit) =>
  (value > 0 ? "+" : "") + (unit === "share" ? `${decimal(value * 100, 1)}${SPACE}points` : quantity(value, unit));

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const day = (iso, withYear = true) => {
  const [year, month, date] = iso.split("-").map(Number);
  return `${date}${SPACE}${MONTHS[month - 1]}${withYear ? SPACE + year : ""}`;
};
const moment = (iso) => `${day(iso.slice(0, 10))}, ${iso.slice(11, 16)}${SPACE}UTC`;
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const weekday = (iso) => WEEKDAYS[(new Date(iso + "T00:00:00Z").getUTCDay() + 6) % 7];
const later = (iso, days) => new Date(Date.parse(iso + "T00:00:00Z") + days * 864e5).toISOString().slice(0, 10);

const offerLabel = (offer) => site.offers[offer]?.label ?? offer;
const marketLabel = (market) => (market === ALL ? "All markets" : (site.markets[market] ?? market));

// The interval of a measure in a row, without the unit's sign: `86.2–89.8`.
const interval = (row, measure) => {
  const [low, high] = bounds(row, measure);
  return low === null ? "" : `${spoken(low, measure.unit)} to ${spoken(high, measure.unit)}`;
};
const bounds = (row, measure) => {
  const ends = [`${measure.column}_low`, `${measure.column}_high`];
  return ends.every((end) => isNumber(row[end])) ? ends.map((end) => row[end]) : [null, null];
};

// `n = 1,204 due orders, 35 drivers`
const sample = (row, measure) =>
  measure.n.length
    ? `n${SPACE}=${SPACE}` +
      measure.n
        .map(([column, noun]) => `${number(row[column])}${SPACE}${row[column] === 1 ? singular(noun) : noun}`)
        .join(", ")
    : "";
const singular = (noun) => noun.replace(/\b(order|offer|block|trip|driver|week)s\b/, "$1");

// A figure as a sentence has it, with interval and n.
const claim = (row, measure) => {
  const between = interval(row, measure);
  const behind = [between && `95% interval ${between}`, sample(row, measure)].filter(Boolean).join("; ");
  return spoken(row[measure.column], measure.unit) + (behind ? ` (${behind})` : "");
};

// Text from data for a Plotly label, which would read it as HTML.
const plain = (text, longest = 200) =>
  (text.length > longest ? text.slice(0, longest - 1) + "…" : text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
// Within a sentence: names of markets and days keep their capitals.
const marketSaid = (market) => (market === ALL ? "all markets" : marketLabel(market));
const periodSaid = (period) => (period.grain === "day" ? periodLabel(period) : lowerFirst(periodLabel(period)));
const lowerFirst = (text) => text.charAt(0).toLowerCase() + text.slice(1);
