// Draws the charts of a report from the data that the page carries, and sorts its tables. Everything is in the page:
// nothing is fetched. Names from scenario files appear only as data, never inside a Vega expression.
"use strict";
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);

  // Tables whose headings sort them, numbers by the value that the cell carries.
  for (const table of document.querySelectorAll("table.sorted")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.classList.add("sortable");
      head.addEventListener("click", () => {
        const descends = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", descends ? "descending" : "ascending");
        const value = (row) => {
          const cell = row.cells[column];
          return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
        };
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const x = value(a), y = value(b);
          const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
          return descends ? -order : order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  if (typeof vegaEmbed === "undefined") return;

  const style = () => {
    const of = getComputedStyle(document.documentElement);
    const c = (name) => of.getPropertyValue("--" + name).trim();
    return {
      text: c("text"), soft: c("soft"), line: c("line"), card: c("card"), faint: c("faint"), blue: c("blue"),
      orange: c("orange"), green: c("green"), red: c("red"), violet: c("violet"), grey: c("grey"),
      font: getComputedStyle(document.body).fontFamily,
    };
  };

  const config = (c) => ({
    background: null, font: c.font, padding: 2, view: { stroke: null },
    axis: {
      labelColor: c.soft, titleColor: c.soft, gridColor: c.line, domainColor: c.line, tickColor: c.line,
      labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8, labelPadding: 5, tickSize: 4,
      domain: false, labelOverlap: true,
    },
    axisX: { grid: false, domain: true },
    legend: {
      labelColor: c.text, titleColor: c.soft, labelFontSize: 12.5, orient: "top", title: null, symbolType: "stroke",
      symbolStrokeWidth: 3, padding: 0, offset: 10, columnPadding: 18,
    },
    text: { font: c.font, fontSize: 12, color: c.text },
    line: { strokeWidth: 2 }, rule: { color: c.soft }, bar: { cornerRadiusEnd: 3 },
  });

  // 0.25 -> "250 µs", 40 -> "40 ms", 12000 -> "12 s": labels of a logarithmic axis in milliseconds.
  const milliseconds =
    "datum.value >= 1000 ? format(datum.value / 1000, '~g') + ' s' : " +
    "datum.value >= 1 ? format(datum.value, '~g') + ' ms' : format(datum.value * 1000, '~g') + ' µs'";
  // 1500 -> "1.5k".
  const short = "format(datum.value, '~s')";
  const base = (height) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json", width: "container", height,
    autosize: { type: "fit", contains: "padding" },
  });
  const ticksOfTen = (rows, field) => {
    const values = rows.map((d) => d[field]).filter((v) => v > 0);
    const low = Math.floor(Math.log10(Math.min(...values))), high = Math.ceil(Math.log10(Math.max(...values)));
    const ticks = [];
    for (let k = low; k <= high; k++) ticks.push(Number("1e" + k));
    return ticks;
  };

  const charts = {
    latency: (c) => ({
      ...base(270),
      data: { values: data.latency },
      mark: { type: "line", interpolate: "linear", strokeJoin: "round" },
      encoding: {
        x: {
          field: "ms", type: "quantitative", scale: { type: "log", nice: false }, title: null,
          axis: { values: ticksOfTen(data.latency, "ms"), labelExpr: milliseconds, grid: true },
        },
        y: { field: "share", type: "quantitative", title: "share within", scale: { domain: [0, 1] }, axis: { format: ".0%", tickCount: 5 } },
        color: {
          field: "measure", type: "nominal", sort: null,
          scale: { domain: ["propagation", "quorum", "certificate"], range: [c.blue, c.orange, c.violet] },
        },
        tooltip: [
          { field: "measure", title: "latency" }, { field: "ms", title: "milliseconds", format: ",.4~r" },
          { field: "share", title: "share within", format: ".2%" },
        ],
      },
    }),

    throughput: (c) => {
      const names = ["offered", "published", "certified"];
      const highest = Math.max(1e-9, ...data.samples.flatMap((d) => names.map((name) => d[name])));
      return {
        ...base(270),
        layer: [
          {
            data: { values: data.faults },
            mark: { type: "rect", opacity: 0.13, color: c.red },
            encoding: {
              x: { field: "from", type: "quantitative" }, x2: { field: "to" },
              tooltip: [{ field: "kind", title: "fault" }, { field: "place", title: "where" }, { field: "from", title: "from, s" }, { field: "until", title: "until" }],
            },
          },
          {
            data: { values: data.faults },
            mark: { type: "text", align: "left", baseline: "top", dx: 3, dy: 3, fontSize: 11, color: c.red, limit: 130 },
            encoding: { x: { field: "from", type: "quantitative" }, y: { value: 0 }, yOffset: { field: "row", type: "quantitative", scale: null }, text: { field: "kind" } },
          },
          {
            data: { values: data.samples },
            transform: [{ fold: names, as: ["what", "rate"] }],
            mark: { type: "line", interpolate: "monotone", clip: true },
            encoding: {
              x: { field: "t", type: "quantitative", title: "virtual time, s", scale: { nice: false, domain: data.span } },
              y: { field: "rate", type: "quantitative", title: "attestations per second", scale: { domainMin: 0, domainMax: highest * 1.14 }, axis: { tickCount: 5, labelExpr: short } },
              color: { field: "what", type: "nominal", sort: names, scale: { domain: names, range: [c.grey, c.blue, c.green] } },
              strokeDash: { field: "what", type: "nominal", sort: names, scale: { domain: names, range: [[4, 3], [1, 0], [1, 0]] } },
              tooltip: [{ field: "t", title: "at, s" }, { field: "what", title: "rate of" }, { field: "rate", title: "per second", format: ",.4~r" }],
            },
          },
        ],
      };
    },

    rampRate: (c) => ({
      ...base(230),
      data: { values: data.ramp },
      layer: [
        { mark: { type: "line", color: c.grey, strokeDash: [4, 3], strokeWidth: 1.5 }, encoding: { x: { field: "offered", type: "quantitative" }, y: { field: "offered", type: "quantitative" } } },
        {
          mark: { type: "line", color: c.green, point: { color: c.green, size: 24 } },
          encoding: {
            x: { field: "offered", type: "quantitative", title: "offered, attestations per second", axis: { labelExpr: short, tickCount: 6 } },
            y: { field: "certified", type: "quantitative", title: "certified per second", axis: { labelExpr: short, tickCount: 5 } },
            order: { field: "t", type: "quantitative" },
            tooltip: [{ field: "t", title: "at, s" }, { field: "offered", format: ",.4~r" }, { field: "certified", format: ",.4~r" }],
          },
        },
      ],
    }),

    rampLatency: (c) => ({
      ...base(230),
      data: { values: data.rampLatency },
      mark: { type: "line", color: c.orange, point: { color: c.orange, size: 24 } },
      encoding: {
        x: { field: "offered", type: "quantitative", title: "offered, attestations per second", axis: { labelExpr: short, tickCount: 6 } },
        y: {
          field: "p99", type: "quantitative", title: "p99 quorum latency", scale: { type: "log", nice: false, padding: 12 },
          axis: { labelExpr: milliseconds, values: ticksOfTen(data.rampLatency, "p99").flatMap((v) => [v, 3 * v]) },
        },
        order: { field: "t", type: "quantitative" },
        tooltip: [{ field: "t", title: "at, s" }, { field: "offered", format: ",.4~r" }, { field: "p99", title: "p99, ms", format: ",.4~r" }],
      },
    }),

    load: (c) => ({
      ...base(250),
      layer: [
        {
          data: { values: data.operators },
          mark: { type: "circle", color: c.blue, opacity: 0.35, size: 34 },
          encoding: {
            x: { field: "services", type: "quantitative" }, y: { field: "late", type: "quantitative" },
            tooltip: [{ field: "name", title: "operator" }, { field: "services" }, { field: "due", title: "owed", format: "," }, { field: "late", title: "late or missing", format: ".2%" }],
          },
        },
        {
          data: { values: data.load },
          mark: { type: "line", color: c.orange, point: { color: c.orange, size: 36 } },
          encoding: {
            x: { field: "services", type: "quantitative", title: "services that the operator serves", axis: { tickMinStep: 1, format: "d", tickCount: 10 }, scale: { nice: false, padding: 10 } },
            y: { field: "lateRatio", type: "quantitative", title: "late or missing, share of owed", axis: { format: "~%", tickCount: 5 } },
            tooltip: [{ field: "services" }, { field: "operators" }, { field: "lateRatio", title: "late or missing", format: ".2%" }],
          },
        },
      ],
    }),

    confusion: (c) => ({
      ...base(64 + 34 * new Set(data.confusion.map((d) => d.truth)).size),
      data: { values: data.confusion },
      layer: [
        {
          mark: { type: "rect", cornerRadius: 4, stroke: c.card, strokeWidth: 3 },
          encoding: {
            color: {
              field: "kind", type: "nominal", legend: null,
              scale: { domain: ["right", "wrong", "none"], range: [c.green, c.red, c.faint] },
            },
            opacity: { field: "weight", type: "quantitative", scale: null },
          },
        },
        { mark: { type: "text", fontSize: 13 }, encoding: { text: { field: "n", type: "quantitative", format: "," }, color: { value: c.text }, opacity: { field: "ink", type: "quantitative", scale: null } } },
      ],
      encoding: {
        x: { field: "decided", type: "nominal", sort: null, title: "slashed for", axis: { orient: "top", labelAngle: 0, domain: false, ticks: false, labelLimit: 110 } },
        y: { field: "truth", type: "nominal", sort: null, title: "what happened", axis: { ticks: false, labelLimit: 140 } },
        tooltip: [{ field: "truth", title: "what happened" }, { field: "decided", title: "slashed for" }, { field: "n", title: "cases", format: "," }],
      },
    }),

    intervals: (c) => {
      const colour = { field: "measure", type: "nominal", scale: { domain: ["precision", "recall"], range: [c.blue, c.orange] }, legend: { symbolType: "circle", symbolStrokeWidth: 0 } };
      return {
        ...base(60 + 42 * new Set(data.intervals.map((d) => d.class)).size),
        data: { values: data.intervals },
        encoding: {
          y: { field: "class", type: "nominal", sort: null, title: null, axis: { ticks: false, labelLimit: 140 } },
          yOffset: { field: "measure", type: "nominal", sort: ["precision", "recall"] },
          tooltip: [
            { field: "class" }, { field: "measure" }, { field: "value", format: ".4~r" }, { field: "lo", title: "95 % from", format: ".4~r" },
            { field: "hi", title: "to", format: ".4~r" }, { field: "n", title: "cases", format: "," },
          ],
        },
        layer: [
          {
            mark: { type: "rule", strokeWidth: 3, opacity: 0.35, strokeCap: "round" },
            encoding: {
              x: { field: "lo", type: "quantitative", title: null, scale: { domain: [0, 1] }, axis: { format: ".0%", grid: true, tickCount: 5 } },
              x2: { field: "hi" }, color: colour,
            },
          },
          { mark: { type: "circle", size: 70, opacity: 1 }, encoding: { x: { field: "value", type: "quantitative" }, color: colour } },
        ],
      };
    },

    chainGas: (c) => {
      const names = ["certificates", "evidence", "other", "keepers"];
      const highest = Math.max(1e-9, ...data.blocks.map((d) => names.reduce((sum, name) => sum + d[name], 0)));
      const gone = data.blocks.filter((d) => d.missed + d.orphaned > 0);
      const x = { field: "from", type: "quantitative", title: "virtual time, s", scale: { nice: false, domain: data.span } };
      return {
        ...base(250),
        layer: [
          {
            data: { values: data.blocks },
            transform: [{ fold: names, as: ["kind", "gas"] }, { stack: "gas", groupby: ["from"], as: ["g0", "g1"] }, { filter: "datum.gas > 0" }],
            mark: { type: "rect", clip: true, stroke: c.card, strokeWidth: 0.5 },
            encoding: {
              x, x2: { field: "to" },
              y: { field: "g0", type: "quantitative", title: "million gas", scale: { domain: [-highest * 0.06, highest * 1.05], nice: false }, axis: { tickCount: 5 } },
              y2: { field: "g1" },
              color: {
                field: "kind", type: "nominal", sort: names, scale: { domain: names, range: [c.blue, c.orange, c.grey, c.violet] },
                legend: { symbolType: "square", symbolStrokeWidth: 0 },
              },
              tooltip: [{ field: "from", title: "from, s" }, { field: "to", title: "to, s" }, { field: "kind" }, { field: "gas", title: "million gas", format: ",.4~r" }],
            },
          },
          {
            data: { values: gone.map((d) => ({ ...d, top: -highest * 0.012, bottom: -highest * 0.05 })) },
            mark: { type: "rect", color: c.red, clip: true },
            encoding: {
              x, x2: { field: "to" }, y: { field: "bottom", type: "quantitative" }, y2: { field: "top" },
              tooltip: [{ field: "from", title: "from, s" }, { field: "missed", title: "missed slots" }, { field: "orphaned", title: "orphaned blocks" }],
            },
          },
        ],
      };
    },

    waiting: (c) => {
      const names = ["certificates", "evidence"];
      const rows = data.blocks.flatMap((d) => [
        { t: d.to, what: "certificates", n: d.waitingCertificates }, { t: d.to, what: "evidence", n: d.waitingEvidence },
      ]);
      return {
        ...base(210),
        layer: [
          {
            data: { values: data.faults }, mark: { type: "rect", opacity: 0.13, color: c.red },
            encoding: { x: { field: "from", type: "quantitative" }, x2: { field: "to" }, tooltip: [{ field: "kind", title: "fault" }, { field: "place", title: "where" }] },
          },
          {
            data: { values: rows }, mark: { type: "line", interpolate: "step-after", clip: true },
            encoding: {
              x: { field: "t", type: "quantitative", title: "virtual time, s", scale: { nice: false, domain: data.span } },
              y: { field: "n", type: "quantitative", title: "waiting transactions", scale: { domainMin: 0, domainMax: Math.max(1, ...rows.map((d) => d.n)) * 1.1 }, axis: { tickCount: 5, tickMinStep: 1, format: "d" } },
              color: { field: "what", type: "nominal", sort: names, scale: { domain: names, range: [c.blue, c.orange] } },
              tooltip: [{ field: "t", title: "at, s" }, { field: "what" }, { field: "n", title: "waiting" }],
            },
          },
        ],
      };
    },

    baseFee: (c) => ({
      ...base(210),
      data: { values: data.baseFees },
      mark: { type: "line", color: c.green, interpolate: "step-after", clip: true },
      encoding: {
        x: { field: "t", type: "quantitative", title: "virtual time, s", scale: { nice: false, domain: data.span } },
        y: { field: "gwei", type: "quantitative", title: "gwei a gas", scale: { domainMin: 0 }, axis: { tickCount: 5 } },
        tooltip: [{ field: "t", title: "at, s" }, { field: "gwei", format: ",.4~r" }, { field: "others", title: "others' million gas", format: ",.4~r" }],
      },
    }),

    navs: (c) => {
      const issuers = [...new Set(data.navs.map((d) => d.issuer))];
      return {
        ...base(270),
        layer: [
          ...marks(c, true),
          {
            data: { values: data.navs },
            mark: { type: "line", interpolate: "linear", point: { size: 16 } },
            encoding: {
              x: economyTime(), y: { field: "wei", type: "quantitative", title: "ETH a share", scale: { zero: false, padding: 16 }, axis: { tickCount: 5, format: ".4~r" } },
              color: { field: "issuer", type: "nominal", sort: null, scale: { domain: issuers, range: palette(c) } },
              strokeDash: { field: "kind", type: "nominal", scale: { domain: ["value", "price"], range: [[1, 0], [5, 3]] }, legend: data.navs.some((d) => d.kind === "price") ? {} : null },
              detail: [{ field: "issuer" }, { field: "kind" }],
              tooltip: [{ field: "issuer" }, { field: "kind", title: "its" }, { field: "t", title: "at, s" }, { field: "wei", title: "ETH a share", format: ".8~r" }],
            },
          },
        ],
      };
    },

    streams: (c) => ({
      ...base(230),
      layer: [
        ...marks(c, false),
        {
          data: { values: data.streams },
          mark: { type: "line", interpolate: "linear", point: { size: 14 } },
          encoding: {
            x: economyTime(), y: { field: "eth", type: "quantitative", title: "ETH in the epoch", axis: { tickCount: 5, format: ".3~s" } },
            color: { field: "stream", type: "nominal", sort: null, scale: { domain: ["staking", "services, to holders", "issuers' fees"], range: [c.blue, c.green, c.orange] } },
            tooltip: [{ field: "stream" }, { field: "t", title: "epoch ends at, s" }, { field: "eth", title: "ETH", format: ".6~r" }],
          },
        },
      ],
    }),

    delegation: (c) => {
      const names = [...new Map(data.delegation.map((d) => [d.operator, d.rank])).entries()].sort((a, b) => a[1] - b[1]).map((d) => d[0]);
      return {
        ...base(230),
        layer: [
          {
            data: { values: data.delegation },
            mark: { type: "area", interpolate: "linear", opacity: 0.75 },
            encoding: {
              x: economyTime(), y: { field: "eth", type: "quantitative", stack: "zero", title: "stake, ETH", axis: { tickCount: 5, labelExpr: short } },
              color: { field: "operator", type: "nominal", sort: names, scale: { domain: names, range: palette(c) }, legend: { symbolType: "square", symbolStrokeWidth: 0, columns: 4, labelLimit: 90 } },
              order: { field: "rank", type: "quantitative" },
              tooltip: [{ field: "operator" }, { field: "t", title: "at, s" }, { field: "eth", title: "ETH", format: ",.6~r" }],
            },
          },
          ...marks(c, false),
        ],
      };
    },

    slashAmounts: (c) => bars(c, data.slashAmounts, { bad: c.red, plain: c.blue, soft: c.grey }),
    rewards: (c) => bars(c, data.rewards, { plain: c.green, soft: c.grey, bad: c.red }),
    stake: (c) => bars(c, data.stake, { plain: c.blue, soft: c.grey, bad: c.red }),
  };

  const palette = (c) => [c.blue, c.orange, c.green, c.violet, c.red, c.grey, c.soft, c.faint];
  const economyTime = () => ({ field: "t", type: "quantitative", title: "virtual time, s", scale: { nice: false, domain: data.economySpan } });

  // Faults while they last, slashes when they were executed.
  function marks(c, labelled) {
    const slash = { data: { values: data.economySlashes } };
    const layers = [
      {
        data: { values: data.economyFaults }, mark: { type: "rect", opacity: 0.13, color: c.red, clip: true },
        encoding: {
          x: { field: "from", type: "quantitative" }, x2: { field: "to" },
          tooltip: [{ field: "kind", title: "fault" }, { field: "place", title: "where" }, { field: "from", title: "from, s" }],
        },
      },
      {
        ...slash, mark: { type: "rule", color: c.red, strokeWidth: 1.5, opacity: 0.8 },
        encoding: {
          x: { field: "t", type: "quantitative" },
          tooltip: [{ field: "who", title: "slashed" }, { field: "t", title: "at, s" }, { field: "eth", title: "taken, ETH", format: ",.6~r" }],
        },
      },
    ];
    if (labelled) {
      layers.push({
        ...slash, mark: { type: "text", align: "left", baseline: "top", dx: 4, dy: 2, fontSize: 11, color: c.red, limit: 110 },
        encoding: { x: { field: "t", type: "quantitative" }, y: { value: 0 }, text: { field: "label" } },
      });
    }
    return layers;
  }

  function bars(c, values, colours) {
    return {
      ...base(8 + 27 * values.length),
      data: { values },
      encoding: {
        y: { field: "what", type: "nominal", sort: null, title: null, axis: { ticks: false, labelLimit: 170, labelColor: c.text } },
        x: { field: "eth", type: "quantitative", axis: null, scale: { domainMin: 0, padding: 0, domainMax: Math.max(1e-18, ...values.map((d) => d.eth)) * 1.45 } },
        tooltip: [{ field: "what" }, { field: "exact", title: "wei" }],
      },
      layer: [
        { mark: { type: "bar", height: 15 }, encoding: { color: { field: "tone", type: "nominal", legend: null, scale: { domain: Object.keys(colours), range: Object.values(colours) } } } },
        { mark: { type: "text", align: "left", dx: 6, color: c.soft }, encoding: { text: { field: "label" } } },
      ],
    };
  }

  function draw() {
    const c = style();
    for (const place of document.querySelectorAll(".chart[data-chart]")) {
      vegaEmbed(place, charts[place.dataset.chart](c), {
        actions: false, renderer: "svg", ast: true, config: config(c), tooltip: { theme: "custom" },
      }).catch((error) => console.error(place.dataset.chart, error));
    }
  }
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
