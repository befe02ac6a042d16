// Draws every chart of the page from the data beside it, in the colours of the moment. Asks the network for nothing.
"use strict";
(() => {
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const charts = [...document.querySelectorAll("script[data-chart]")].map((data) => ({
    node: document.getElementById(data.dataset.chart),
    figure: JSON.parse(data.textContent),
  }));
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");

  // Every colour is written as its light twin; in the dark it is swapped.
  const inDark = (value) => {
    if (typeof value === "string") return settings.dark[value] ?? value;
    if (Array.isArray(value)) return value.map(inDark);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inDark(each)]));
  };

  const draw = (isDark, widthOf = () => undefined) => {
    for (const { node, figure } of charts) {
      const layout = { ...figure.layout, template: settings.template, width: widthOf(node) };
      const fresh = structuredClone({ data: figure.data, layout });
      const { data, layout: look } = isDark ? inDark(fresh) : fresh;
      node.querySelector(".fallback")?.remove();
      Plotly.react(node, data, look, settings.config);
    }
  };

  const drawForScreen = () => draw(prefersDark.matches);
  // Paper is light and has its own width, which is known before its layout is: see the print rules of site.css.
  const drawForPaper = () => draw(false, (node) => (node.closest(".card") ? 200 : node.closest(".single") ? 665 : 325));

  if (typeof Plotly === "undefined") return;
  drawForScreen();
  prefersDark.addEventListener("change", drawForScreen);
  addEventListener("beforeprint", drawForPaper);
  addEventListener("afterprint", drawForScreen);
})();
