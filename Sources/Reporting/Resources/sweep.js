// Draws the charts of a sweep from the data that the page carries. Names from files appear only as data.
"use strict";
(function () {
  const data = JSON.parse(document.getElementById("sweep-data").textContent);
  if (typeof vegaEmbed === "undefined") return;
  data.charts.forEach((chart) => {
    const lines = new Set(chart.points.map((p) => p.line));
    const x = {
      field: "x", type: chart.numeric ? "quantitative" : "ordinal", title: chart.axis,
      scale: chart.numeric ? { zero: false, nice: true } : undefined, sort: chart.numeric ? undefined : null,
    };
    const color = lines.size > 1 ? { field: "line", type: "nominal", title: null, legend: { orient: "top", columns: 2, labelLimit: 420 } } : undefined;
    const layer = (mark, extra) => ({ mark, encoding: Object.assign({ x }, color ? { color } : {}, extra) });
    const y = (field) => ({ field, type: "quantitative", title: null, scale: { zero: false } });
    // What was drawn at random lies on no line.
    const interval = { y: y("low"), y2: { field: "high" } };
    const layers = [
      chart.numeric && !chart.drawn ? layer({ type: "area", opacity: 0.2 }, interval) : layer({ type: "rule" }, interval),
      layer({ type: "point", filled: true, size: 45 }, {
        y: y("mean"),
        tooltip: ["x", "line", "mean", "low", "high", "runs"].map((field) => ({ field })),
      }),
    ];
    if (!chart.drawn) layers.splice(1, 0, layer({ type: "line", strokeWidth: 2 }, { y: y("mean") }));
    const spec = { width: 620, height: 240, background: null, data: { values: chart.points }, layer: layers };
    // `ast`: the page's policy forbids to make code of text.
    vegaEmbed("#" + chart.id, spec, { actions: false, renderer: "svg", ast: true, tooltip: { theme: "custom" } })
      .catch((error) => console.error(chart.id, error));
  });
})();
