// The first screen: one figure a card.

// A card: one figure, what it was the period before, how sure it is, what stands behind it, how it went.
const cardBlock = (card) => {
  const frame = page.frames[card.frame],
    { measure } = card,
    row = cellOf(frame, state.period),
    previous = before(state.period),
    old = previous && cellOf(frame, previous),
    whole = state.period.grain === ALL ? null : cellOf(frame, WHOLE);
  const definition = definitionOf(frame, measure.column),
    value = row?.[measure.column],
    between = row ? interval(row, measure) : "";
  const node = make("div", { class: "card" }, make("h3", {}, term(measure.label, definition)));
  if (!isNumber(value))
    node.append(
      make("p", { class: "value none" }, "not enough data"),
      make(
        "p",
        { class: "behind-figure" },
        `${row && measure.n.length ? sample(row, measure) + ". " : ""}It needs ${card.needs}.`,
      ),
    );
  else {
    node.append(
      make("p", { class: "value" }, spoken(value, measure.unit)),
      changeLine(row, old, measure, definition?.better, previous),
    );
    node.append(
      make(
        "p",
        { class: "behind-figure" },
        [between ? `95% interval ${between}` : card.noInterval, sample(row, measure)].filter(Boolean).join("; "),
      ),
    );
    if (whole && isNumber(whole[measure.column]))
      node.append(
        make(
          "p",
          { class: "behind-figure" },
          `Whole period: ${spoken(whole[measure.column], measure.unit)} (${sample(whole, measure)})`,
        ),
      );
  }
  node.append(
    sparkline(frame, measure) ?? "",
    make(
      "p",
      { class: "more" },
      make("a", { href: hrefOf(card.page) }, "In detail", make("span", { class: "unseen" }, `: ${measure.label}`)),
    ),
  );
  return node;
};

// Better or worse only where the two intervals do not meet.
const changeLine = (row, old, measure, better, previous) => {
  if (!previous) return make("p", { class: "change" }, "Choose a week or a day to compare");
  const name = previous.grain === "day" ? "the day before" : "the week before";
  if (!old || !isNumber(old[measure.column])) return make("p", { class: "change" }, `No figure for ${name}`);
  const change = row[measure.column] - old[measure.column],
    [low, high] = bounds(row, measure),
    [oldLow, oldHigh] = bounds(old, measure);
  const isClear = low !== null && oldLow !== null && (low > oldHigh || high < oldLow),
    isGood = better && change > 0 === (better === "up");
  const words =
    low === null || oldLow === null
      ? "not judged without intervals"
      : !isClear
        ? "not clear, the intervals overlap"
        : better
          ? isGood
            ? "better"
            : "worse"
          : "a clear change";
  const arrow = change > 0 ? "▲" : change < 0 ? "▼" : "=";
  return make(
    "p",
    { class: `change ${isClear && better ? (isGood ? "good" : "bad") : ""}` },
    make("span", { "aria-hidden": "true" }, arrow + " "),
    `${signed(change, measure.unit)} on ${name} (${spoken(old[measure.column], measure.unit)}): `,
    make("strong", {}, words),
  );
};

const sparkline = (frame, measure) => {
  const grain = timeGrain(frame),
    starts = startsOf(grain, [frame]),
    points = starts
      .map((start) => [start, cellOf(frame, { grain, start })?.[measure.column]])
      .filter(([, value]) => isNumber(value));
  if (points.length < 2) return null;
  const all = everyStart(grain, starts),
    [low, high] = extent(points.map(([, value]) => value)),
    x = (start) => 3 + (all.indexOf(start) / Math.max(1, all.length - 1)) * 154,
    y = (value) => 29 - ((value - low) / (high - low || 1)) * 25;
  const chosen = points.find(([start]) => start === state.period.start) ?? points.at(-1);
  const [first, last] = [points[0], points.at(-1)];
  return make(
    "svg",
    {
      class: "spark",
      viewBox: "0 0 160 32",
      preserveAspectRatio: "xMinYMid meet",
      role: "img",
      "aria-label": `${points.length} ${grain}s, from ${spoken(first[1], measure.unit)} (${day(first[0])}) to ${spoken(last[1], measure.unit)} (${day(last[0])}); lowest ${spoken(low, measure.unit)}, highest ${spoken(high, measure.unit)}`,
    },
    make("path", {
      d: points.map(([start, value], at) => `${at ? "L" : "M"}${x(start).toFixed(1)} ${y(value).toFixed(1)}`).join(""),
      fill: "none",
      stroke: "currentColor",
      "stroke-width": 1.8,
    }),
    make("circle", { cx: x(chosen[0]).toFixed(1), cy: y(chosen[1]).toFixed(1), r: 3, fill: "currentColor" }),
  );
};
