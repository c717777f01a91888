// Draws the curves of a sweep from the data that the page carries. Names from files appear only as data.
"use strict";
(function () {
  const data = JSON.parse(document.getElementById("sweep-data").textContent);
  if (typeof vegaEmbed === "undefined") return;
  const lines = new Set(data.points.map((p) => p.line));
  const x = {
    field: "x", type: data.numeric ? "quantitative" : "ordinal", title: data.axis,
    scale: data.numeric ? { zero: false, nice: true } : undefined, sort: data.numeric ? undefined : null,
  };
  const color = lines.size > 1 ? { field: "line", type: "nominal", title: null, legend: { orient: "top", columns: 2, labelLimit: 420 } } : undefined;
  data.measures.forEach((measure, k) => {
    const layer = (mark, extra) => ({ mark, encoding: Object.assign({ x }, color ? { color } : {}, extra) });
    const y = (field) => ({ field, type: "quantitative", title: null, scale: { zero: false } });
    const spec = {
      width: 620, height: 240, background: null,
      data: { values: data.points.filter((p) => p.measure === measure) },
      layer: [
        data.numeric ? layer({ type: "area", opacity: 0.2 }, { y: y("low"), y2: { field: "high" } })
          : layer({ type: "rule" }, { y: y("low"), y2: { field: "high" } }),
        layer({ type: "line", strokeWidth: 2 }, { y: y("mean") }),
        layer({ type: "point", filled: true, size: 45 }, {
          y: y("mean"),
          tooltip: ["x", "line", "mean", "low", "high", "runs"].map((field) => ({ field })),
        }),
      ],
    };
    // `ast`: the page's policy forbids to make code of text.
    vegaEmbed("#curve-" + k, spec, { actions: false, renderer: "svg", ast: true, tooltip: { theme: "custom" } })
      .catch((error) => console.error(measure, error));
  });
})();
