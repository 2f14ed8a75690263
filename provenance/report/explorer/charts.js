"use strict";
// Charts as Vega-Lite and Vega specifications. Colours are the page's own variables, so
// that dark, light and print need no second drawing.

/** The order of a bar: downstream first, then unknown, so that the interval is seen. */
const STACK = ["generated", "derived", "unknown", "other", "human"];
const COLOURS = STACK.map((tier) => `var(--${tier})`);

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const CONFIG = {
  background: null,
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: "var(--quiet)", titleColor: "var(--quiet)", labelFont: FONT, titleFont: FONT,
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, gridColor: "var(--line)",
    domainColor: "var(--line)", tickColor: "var(--line)", labelLimit: 150,
  },
  bar: { stroke: "var(--paper)", strokeWidth: 0.5 },
};

/** Keep a name's own direction from turning what stands around it. */
function isolate(name) {
  return `\u2068${name}\u2069`;
}

const SHARE_AXIS = {
  type: "quantitative", scale: { domain: [0, 1] },
  axis: { format: ".0%", title: null, tickCount: 5 },
};
const TIER_COLOUR = {
  field: "tier", type: "nominal", legend: null, scale: { domain: STACK, range: COLOURS },
};
const TOOLTIP = [
  { field: "label", type: "nominal", title: " " },
  { field: "tier", type: "nominal", title: "tier" },
  { field: "said", type: "nominal", title: "amount" },
  { field: "percent", type: "nominal", title: "share" },
];

/** Rows of a chart, one per group and tier. */
function stackRows(groups, label) {
  return groups.flatMap((group) => STACK.map((tier, at) => ({
    label: label(group),
    tier,
    order: at,
    part: group.parts[TIERS.indexOf(tier)],
    amount: Number(group[tier]),
    said: sayNumber(group[tier]),
    percent: sayShare(group.parts[TIERS.indexOf(tier)]),
  })));
}

function unitsSpec() {
  return {
    description: "Share of each tier, by unit", data: { name: "rows" },
    width: "container", height: 160, config: CONFIG,
    mark: { type: "bar", height: 18 },
    encoding: {
      y: { field: "label", type: "nominal", sort: null, title: null,
           axis: { domain: false, ticks: false, labelFontSize: 13, labelColor: "var(--ink)" } },
      x: { field: "part", ...SHARE_AXIS, stack: "zero" },
      color: TIER_COLOUR, order: { field: "order" }, tooltip: TOOLTIP,
    },
  };
}

function monthsSpec(months) {
  const x = {
    field: "label", type: "ordinal", title: null, scale: { domain: months },
    axis: { labelAngle: 0, labelOverlap: "greedy", labelSeparation: 12,
            labelFlush: true, labelPadding: 6, ticks: false },
  };
  return {
    description: "Share of each tier, by month of capture", data: { name: "rows" },
    width: "container", height: 200, config: CONFIG,
    mark: { type: "bar", width: { band: 0.92 } },
    encoding: {
      x, y: { field: "part", ...SHARE_AXIS, stack: "zero" },
      color: TIER_COLOUR, order: { field: "order" }, tooltip: TOOLTIP,
    },
  };
}

function amountsSpec(months, unit) {
  return {
    description: "Amount of each month", data: { name: "rows" },
    width: "container", height: 64, config: CONFIG,
    mark: { type: "bar", width: { band: 0.92 }, color: "var(--quiet)" },
    encoding: {
      x: { field: "label", type: "ordinal", title: null, scale: { domain: months },
           axis: { labels: false, ticks: false } },
      y: { field: "amount", type: "quantitative", scale: { zero: true },
           axis: { title: unit, format: "~s", tickCount: 2 } },
      tooltip: [{ field: "label", title: " " }, { field: "said", title: "amount" }],
    },
  };
}

function depthSpec(unit) {
  return {
    description: "Amount by generation depth and tier", data: { name: "rows" },
    width: "container", height: 200, config: CONFIG,
    mark: { type: "bar", width: { band: 0.8 } },
    encoding: {
      x: { field: "label", type: "ordinal", sort: null, title: "generations of models behind it",
           axis: { labelAngle: 0, ticks: false } },
      y: { field: "amount", type: "quantitative", stack: "zero", scale: { zero: true },
           axis: { title: unit, format: "~s", tickCount: 5 } },
      color: TIER_COLOUR, order: { field: "order" }, tooltip: TOOLTIP,
    },
  };
}

/** Nested areas: a source, and its tiers inside. */
function sourcesSpec() {
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    description: "Amount by source, and by tier inside each",
    autosize: { type: "none" }, padding: 0, background: null,
    signals: [
      { name: "width", init: "containerSize()[0]",
        on: [{ events: "window:resize", update: "containerSize()[0]" }] },
      { name: "height", value: 340 },
    ],
    data: [
      { name: "rows" },
      { name: "tree", source: "rows", transform: [
        { type: "stratify", key: "id", parentKey: "parent" },
        { type: "treemap", field: "amount", method: "squarify", ratio: 1.6, round: true,
          sort: { field: ["value"], order: ["descending"] },
          paddingInner: { signal: "1" }, paddingTop: 18, paddingOuter: 1,
          size: [{ signal: "width" }, { signal: "height" }] },
      ] },
      { name: "sources", source: "tree",
        transform: [{ type: "filter", expr: "datum.kind === 'source'" }] },
      { name: "leaves", source: "tree",
        transform: [{ type: "filter", expr: "datum.kind === 'tier' && datum.amount > 0" }] },
    ],
    scales: [{ name: "tier", type: "ordinal", domain: STACK, range: COLOURS }],
    marks: [
      { type: "rect", from: { data: "sources" }, encode: { update: {
        x: { field: "x0" }, y: { field: "y0" }, x2: { field: "x1" }, y2: { field: "y1" },
        fill: { value: "var(--panel)" },
        tooltip: { signal: "{title: datum.label, amount: datum.said, downstream: datum.downstream}" } } } },
      { type: "rect", from: { data: "leaves" }, encode: { update: {
        x: { field: "x0" }, y: { field: "y0" }, x2: { field: "x1" }, y2: { field: "y1" },
        fill: { scale: "tier", field: "tier" },
        tooltip: { signal: "{title: datum.label, tier: datum.tier, amount: datum.said, share: datum.percent}" } } } },
      { type: "text", from: { data: "sources" }, interactive: false, encode: { update: {
        x: { field: "x0", offset: 4 }, y: { field: "y0", offset: 13 },
        text: { signal: "datum.x1 - datum.x0 > 36 && datum.y1 - datum.y0 > 18 ? datum.label : ''" },
        limit: { signal: "datum.x1 - datum.x0 - 8" }, fontSize: { value: 11 },
        font: { value: FONT }, fill: { value: "var(--ink)" } } } },
    ],
  };
}

/** Rows of the treemap; a source of nothing is left out. */
function sourceRows(groups, name) {
  const rows = [{ id: "all", parent: null, kind: "root" }];
  groups.forEach((group, at) => {
    if (!group.parts.some((part) => part > 0)) return;
    const label = isolate(name(group.value));
    rows.push({
      id: `${at}`, parent: "all", kind: "source", label, said: sayNumber(group.total),
      downstream: sayInterval(group.share),
    });
    for (const row of stackRows([group], () => label)) {
      rows.push({ ...row, id: `${at} ${row.tier}`, parent: `${at}`, kind: "tier" });
    }
  });
  return rows;
}

const views = new Map();

/**
 * Draw rows in an element; drawn there before in the same form, only rows change.
 * form: says when the specification itself is another.
 */
async function draw(id, form, spec, rows) {
  const place = document.getElementById(id), known = views.get(id);
  if (known && known.form === form) {
    await known.view.data("rows", rows).runAsync();
    return;
  }
  if (known) known.view.finalize();
  const { view } = await window.vegaEmbed(place, spec, {
    actions: false, ast: true, renderer: "svg", defaultStyle: false, mode: spec.$schema ? "vega" : "vega-lite",
    tooltip: { theme: "explorer", disableDefaultStyle: true },
    patch: (compiled) => {
      const table = compiled.data.find((one) => one.name === "rows");
      if (table) table.values = rows;
      return compiled;
    },
  });
  views.set(id, { form, view });
}
