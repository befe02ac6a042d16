// The page: unpacks its data, shows the view its link names, draws the charts, prints them. Asks the network for nothing.
const unpack = async () => {
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent.trim()), (sign) =>
    sign.charCodeAt(0),
  );
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
};

// In one file all pages share the address; as files each has its own.
const hrefOf = (name, more = {}) => {
  const link = linkOf({
    ...Object.fromEntries(site.sliders.map((slider) => [slider, null])),
    find: null,
    page: site.isSingleFile ? name : null,
    ...more,
  });
  return (site.isSingleFile ? "" : site.pages.find((each) => each.name === name).file) + link;
};
// Walking through a picker with the arrow keys is one step back, not one per option.
const walk = { picker: "", at: -Infinity };
const go = (changes, picker = "") => {
  const isWalk = picker && walk.picker === picker && performance.now() - walk.at < 2000;
  Object.assign(walk, { picker, at: performance.now() });
  isWalk ? location.replace(linkOf(changes)) : (location.hash = linkOf(changes));
};
const note = (changes) => history.pushState(null, "", linkOf(changes));

// Colours: as the reader chose, else as the system is; paper is always light.
const PAPER = { width: 660, height: 0.8 }; // two charts a page, A4 or letter
const store = (theme) => {
  try {
    theme ? localStorage.setItem("theme", theme) : localStorage.removeItem("theme");
  } catch {
    /* a browser may forbid it for files */
  }
};
const stored = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
};
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
const lookFor = (width, mode = isDark() ? "dark" : "light") => ({
  width,
  mode,
  colour: (name) => site.colours[name][mode === "dark" ? 1 : 0],
});
const setTheme = (theme) => {
  theme ? (document.documentElement.dataset.theme = theme) : delete document.documentElement.dataset.theme;
  document.getElementById("theme").setAttribute("aria-pressed", String(isDark()));
};

const picker = (name, label, groups, toText) =>
  make(
    "label",
    { class: "picker" },
    make("span", {}, label),
    make(
      "select",
      { id: name, onchange: (event) => go({ [name]: event.target.value }, name) },
      groups.map(([title, values]) => {
        const options = values.map((value) => make("option", { value }, toText(value)));
        return title ? make("optgroup", { label: title }, options) : options;
      }),
    ),
  );

// Made once per page: who walks through one with the arrow keys keeps it.
const makePickers = () => {
  const { market, offer, period } = state.offered,
    ofGrain = (grain) => period.filter((value) => value.startsWith(grain));
  const groups = [
    ["", [ALL]],
    ["Weeks, from Monday", ofGrain("week")],
    ["Days", ofGrain("day")],
  ].filter(([, values]) => values.length);
  const all = {
    market: [market, () => picker("market", "Market", [["", market]], marketLabel)],
    offer: [offer, () => picker("offer", "Offer type", [["", offer]], offerLabel)],
    period: [period, () => picker("period", "Period", groups, (value) => periodLabel(periodOf(value)))],
  };
  const shown = page.pickers
    .filter((name) => all[name][0].length > (name === "period" ? 1 : 0))
    .map((name) => all[name][1]());
  const node = document.getElementById("pickers");
  node.replaceChildren(
    ...(shown.length ? [make("form", { class: "pickers", "aria-label": "What is shown" }, shown)] : []),
  );
  node.dataset.page = page.name;
};
const setPickers = () => {
  if (document.getElementById("pickers").dataset.page !== page.name) makePickers();
  for (const name of page.pickers) {
    const select = document.getElementById(name);
    if (select) select.value = name === "period" ? periodText(state.period) : state[name];
  }
};

let charts = [];
const draw = (chart, look) => {
  const drawn = CHARTS[chart.section.kind](chart.section, look),
    { template } = site;
  const axis = {
    ...template.layout.xaxis,
    gridcolor: look.colour("grid"),
    linecolor: look.colour("line"),
    tickfont: { ...template.layout.xaxis.tickfont, color: look.colour("muted") },
  };
  const layout = {
    ...template.layout,
    ...drawn.layout,
    height: chart.height * (look.isPaper ? PAPER.height : 1),
    width: look.width,
    margin: { ...template.layout.margin, ...drawn.layout.margin },
    font: { ...template.layout.font, color: look.colour("ink") },
    hoverlabel: {
      bgcolor: look.colour("card"),
      bordercolor: look.colour("muted"),
      font: { color: look.colour("ink") },
      align: "left",
    },
    ...Object.fromEntries(
      ["xaxis", "yaxis"].map((name) => {
        const { title, ...given } = drawn.layout[name] ?? {};
        const titled = title
          ? { title: { ...title, standoff: 6, font: { color: look.colour("muted"), size: 11 } } }
          : {};
        return [name, { ...axis, showgrid: name === "yaxis", ...given, ...titled }];
      }),
    ),
  };
  chart.chart.querySelector(".fallback")?.remove();
  Plotly.react(chart.chart, drawn.traces, { ...layout, template: "none" }, site.plotly);
};
const drawAll = (isPaper = false) => {
  if (typeof Plotly === "undefined") return;
  for (const chart of charts) {
    chart.chart.style.height = `${chart.height * (isPaper ? PAPER.height : 1)}px`;
    draw(chart, isPaper ? { ...lookFor(PAPER.width, "light"), isPaper } : lookFor(chart.chart.clientWidth));
  }
};

const messages = () => {
  const names = { market: "a market", offer: "an offer type", period: "a period" };
  return state.unknown.length
    ? make(
        "p",
        { class: "message", role: "status" },
        `The link names ${state.unknown.map((name) => names[name]).join(" and ")} that is not on this page; what is usual is shown instead.`,
      )
    : null;
};

// What is shown in words: below the heading, in the title (which browsers print) and at the foot of each printed page.
const nameView = () => {
  const words = {
    market: marketLabel(state.market),
    offer: offerLabel(state.offer),
    period: periodLabel(state.period),
  };
  const view = page.pickers.map((name) => words[name]).join(" · ");
  document.getElementById("title").textContent = page.title;
  document.getElementById("shown").textContent = view && `Shown: ${view}`;
  document.title = [page.title, view, site.title].filter(Boolean).join(" · ");
  const foot = `${document.title} · data up to ${site.cut === null ? "unknown" : moment(site.cut)}`;
  const quoted = [...foot]
    .map((sign) => (/[\w ]/.test(sign) ? sign : `\\${sign.codePointAt(0).toString(16)} `))
    .join("");
  document.getElementById("paper").textContent =
    `@page{@bottom-left{content:"${quoted}";font:9px sans-serif}@bottom-right{content:counter(page) " of " counter(pages);font:9px sans-serif}}`;
};

const cardsBlock = (section) => ({
  node: make(
    "section",
    { class: "cards", "aria-labelledby": "cards-title" },
    make("h2", { id: "cards-title", class: "unseen" }, section.title),
    section.cards.map(cardBlock),
  ),
});
const blockOf = (section, at) =>
  ({ cards: cardsBlock, table: tableBlock, what_if: whatIfBlock })[section.kind]?.(section, at) ??
  chartBlock(section, at);

// Everything below the heading, anew for the view of the link.
const show = () => {
  const name = new URLSearchParams(location.hash.slice(1)).get("page"),
    former = page;
  page = documents.find((each) => each.name === name) ?? documents[0];
  document.getElementById("definition").hidePopover();
  if (former && former !== page) scrollTo(0, 0);
  state = readState();
  for (const link of document.querySelectorAll("nav a[data-page]")) {
    link.href = hrefOf(link.dataset.page);
    link.dataset.page === page.name ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  const focus = document.activeElement?.id,
    blocks = page.sections.map(blockOf);
  const words = page.words ? make("p", { class: "words" }, page.words) : null;
  setPickers();
  nameView();
  const open = [...document.querySelectorAll("#blocks details[open]")].map((each) =>
    each.closest("section").getAttribute("aria-labelledby"),
  );
  document
    .getElementById("blocks")
    .replaceChildren(...[messages(), words, ...blocks.map(({ node }) => node)].filter(Boolean));
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  for (const title of former === page ? open : []) {
    const details = document.querySelector(`[aria-labelledby="${title}"] details`);
    if (details) details.open = true;
  }
  charts = blocks.filter(({ chart }) => chart);
  for (const { chart, height } of charts) chart.style.height = `${height}px`;
  drawAll();
  document.body.dataset.view = location.hash || "#";
};

const start = async () => {
  try {
    ({ site, documents } = await unpack());
  } catch {
    document.getElementById("blocks").textContent =
      "This browser cannot unpack the page's data (it needs DecompressionStream, in browsers since 2023).";
    return;
  }
  for (const each of documents)
    each.frames = Object.fromEntries(Object.entries(each.frames).map(([name, frame]) => [name, prepare(frame)]));
  setTheme(stored());
  // The address is the view's: the skip link may not write its own into it.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  });
  document.getElementById("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    store(theme === (prefersDark.matches ? "dark" : "light") ? null : theme);
    setTheme(theme);
    drawAll();
  });
  show();
  addEventListener("hashchange", show);
  addEventListener("load", () => drawAll());
  let width = innerWidth; // a phone's address bar changes the height only
  addEventListener("resize", () => {
    if (width === innerWidth) return;
    width = innerWidth;
    drawAll();
  });
  prefersDark.addEventListener("change", () => {
    setTheme(stored());
    drawAll();
  });
  addEventListener("beforeprint", () => drawAll(true));
  addEventListener("afterprint", () => drawAll());
};
start();
