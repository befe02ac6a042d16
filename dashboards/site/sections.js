// A chart in its frame. `drawn` is given back so that the page can draw it again in other colours or on paper.
const chartBlock = (section, at) => {
  const drawn = CHARTS[section.kind](section, lookFor(screen.width));
  const words = drawn.caption.filter(Boolean).join(" "),
    id = `chart-${at}`;
  const node = make(
    "section",
    { class: `block${section.wide ? " wide" : ""}`, "aria-labelledby": `${id}-title` },
    make("h2", { id: `${id}-title` }, section.title),
  );
  if (drawn.isEmpty)
    return {
      node: (node.append(noData(drawn.needs ?? section.needs)), node),
    };
  const chart = make(
    "div",
    { class: "chart", id, role: "img", "aria-label": `Chart: ${section.title} ${words}` },
    make(
      "p",
      { class: "fallback" },
      "The chart needs the file plotly.min.js beside this page. The table below has its figures.",
    ),
  );
  node.append(
    ...[
      make("p", { class: "scope" }, drawn.scope),
      make("p", { class: "caption" }, words),
      legendList(drawn.legend),
      chart,
      referenceList(section.references),
      drawn.note || section.note ? make("p", { class: "note" }, drawn.note || section.note) : null,
      make(
        "details",
        { class: "behind" },
        make("summary", {}, "Figures as a table"),
        saveButton(section.title, drawn.columns, drawn.rows),
        tableOf(page.frames[section.frame], drawn.columns, drawn.rows, section.title),
      ),
    ].filter(Boolean),
  );
  return { node, chart, section, height: drawn.height ?? 320 };
};
