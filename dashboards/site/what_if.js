// What would be left per hour at another price, mileage or rate: from the published sums, no rows of drivers; to four
// places, as the warehouse has it.
const whatIf = (row, { gas, mpg, rate }) => {
  const fuel = row.fuel_miles ? (row.fuel_miles / mpg) * gas : 0,
    electricity = row.gas_usd - row.fuel_usd;
  const net = (row.gross_usd - fuel - electricity - row.toll_usd - row.total_miles * rate) / row.on_job_hours;
  return Number(net.toFixed(4));
};

const whatIfBlock = (section) => {
  const frame = page.frames[section.frame],
    period = reach(frame),
    row = cellOf(frame, period),
    node = make(
      "section",
      { class: "block wide", "aria-labelledby": "what-if-title" },
      make("h2", { id: "what-if-title" }, section.title),
    );
  if (!row || !isNumber(row.net_per_hour_usd) || !row.on_job_hours)
    return { node: (node.append(noData(section.needs)), node) };
  const usual = Object.fromEntries(section.sliders.map(({ name, column }) => [name, row[column]])),
    given = ({ name, from, to }) => {
      const asked = Number(state[name] || NaN);
      return Number.isFinite(asked) ? Math.min(Math.max(asked, from), to) : usual[name];
    };
  const values = Object.fromEntries(section.sliders.map((each) => [each.name, given(each)]));
  const result = make("output", { id: "what-if-net", class: "value" }),
    words = make("p", { class: "behind-figure" });
  const show = () => {
    const net = whatIf(row, values),
      isUsual = section.sliders.every(({ name }) => values[name] === usual[name]);
    result.textContent = quantity(net, "USD/hour");
    words.textContent = isUsual
      ? `As in the data: net ${claim(row, section.measures[0])}.`
      : `${signed(net - row.net_per_hour_usd, "USD/hour")} on the ${quantity(row.net_per_hour_usd, "USD/hour")} of the data (${sample(row, section.measures[0])}).`;
  };
  const slider = ({ name, label, unit, column, from, to, step }) => {
    if (!isNumber(usual[name])) return null;
    const inSteps = (value) => Number((Math.round(value / step) * step).toFixed(6));
    const shown = make("output", { for: `slider-${name}` }, quantity(values[name], unit));
    const field = make("input", {
      type: "range",
      id: `slider-${name}`,
      min: Math.min(from, usual[name]),
      max: Math.max(to, usual[name]),
      step: "any",
      value: values[name],
      "aria-valuetext": quantity(values[name], unit),
    });
    field.addEventListener("input", () => {
      values[name] = inSteps(Number(field.value));
      shown.textContent = quantity(values[name], unit);
      field.setAttribute("aria-valuetext", shown.textContent);
      show();
    });
    field.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      field.value = String(inSteps(values[name] + way * step));
      field.dispatchEvent(new Event("input"));
      field.dispatchEvent(new Event("change"));
    });
    field.addEventListener("change", () => note({ [name]: String(values[name]) }));
    return make(
      "div",
      { class: "slider" },
      make("label", { for: `slider-${name}` }, label),
      field,
      shown,
      make("span", { class: "behind-figure" }, `in the data ${quantity(usual[name], unit)}`),
    );
  };
  show();
  node.append(
    make("p", { class: "scope" }, scopeOf(period)),
    make("p", { class: "caption" }, section.note),
    make("div", { class: "sliders" }, section.sliders.map(slider)),
    make("p", {}, "Net per hour on the job: ", result),
    words,
    make(
      "button",
      {
        type: "button",
        class: "back",
        onclick: () => go(Object.fromEntries(section.sliders.map(({ name }) => [name, null]))),
      },
      "Back to the data",
    ),
  );
  return { node };
};
