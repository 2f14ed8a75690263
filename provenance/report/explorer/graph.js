"use strict";
// Who wrote what, and what that was trained on: the dataset, the models behind it, their
// training sets and bases, and whoever wrote those; loops among them are marked.

const MOST_NODES = 40;
const COLUMN = 230, LINE = 46;

/** Nodes by distance from the dataset, and the edges between those that are shown. */
function layOut(data, found) {
  const name = data.report.dataset, count = data.models.length;
  const here = data.datasets.indexOf(name);
  const root = here < 0 ? count + data.datasets.length : count + here;
  const makers = found.by.model
    .filter((group) => group.value !== NONE && Number(group.generated) + Number(group.derived) > 0)
    .map((group) => data.models.findIndex((model) => model.name === group.value));
  const behind = (node) => {
    if (node === root) return makers.map((to) => ({ to, says: "wrote" }));
    if (node >= count) return found.writers[node - count].map((to) => ({ to, says: "wrote" }));
    const model = data.models[node];
    return [
      ...model.sets.map((set) => ({ to: count + set, says: "trained" })),
      ...model.bases.map((to) => ({ to, says: "base" })),
    ];
  };
  const layer = new Map([[root, 0]]), queue = [root];
  let left = 0;
  while (queue.length) {
    const node = queue.shift();
    for (const { to } of behind(node)) {
      if (layer.has(to)) continue;
      if (layer.size >= MOST_NODES) { left++; continue; }
      layer.set(to, layer.get(node) + 1);
      queue.push(to);
    }
  }
  const title = (node) => node === root ? name
    : node < count ? data.models[node].name : data.datasets[node - count];
  const loopOf = new Map();
  found.loops.forEach((loop, at) => {
    for (const model of loop.models) loopOf.set(`m${model}`, at);
    for (const dataset of loop.datasets) loopOf.set(`d${dataset}`, at);
  });
  const keyOf = (node) => (node < count ? "m" : "d") + title(node);
  const layers = Math.max(...layer.values());
  const filled = new Map(), nodes = [];
  for (const [node, distance] of layer) {
    const line = filled.get(distance) ?? 0;
    filled.set(distance, line + 1);
    const model = node < count ? found.models[node] : null;
    const depth = model ? `depth ${model.open ? "≥ " : ""}${model.depth}` : "dataset";
    nodes.push({
      node, line, distance, kind: model ? "model" : "dataset", label: isolate(title(node)),
      name: title(node), x: (layers - distance) * COLUMN, note: depth, loop: loopOf.has(keyOf(node)),
      root: node === root,
    });
  }
  const most = Math.max(...filled.values());
  for (const node of nodes) {
    node.y = 24 + (node.line + (most - filled.get(node.distance)) / 2) * LINE;
  }
  const at = new Map(nodes.map((node) => [node.node, node]));
  const edges = nodes.flatMap((child) => behind(child.node)
    .filter(({ to }) => at.has(to))
    .map(({ to, says }) => {
      const source = at.get(to);
      const loop = loopOf.has(keyOf(child.node)) &&
        loopOf.get(keyOf(child.node)) === loopOf.get(keyOf(to));
      return {
        says, loop, from: source.name, to: child.name, path: drawEdge(source, child),
        label: `${isolate(source.name)} ${SAYS[says]} ${isolate(child.name)}`,
      };
    }));
  return { nodes, edges, left, width: layers * COLUMN + 190, height: most * LINE + 16 };
}

const SAYS = { wrote: "wrote part of", trained: "trained", base: "is a base of" };

/** A curve from the right of what came first to the left of what came of it. */
function drawEdge(source, target) {
  const x0 = source.x + 14, y0 = source.y, x1 = target.x - 9, y1 = target.y;
  if (source === target) {
    return `M${x0},${y0 - 4}C${x0 + 26},${y0 - 30} ${x0 - 40},${y0 - 30} ${x1 + 4},${y1 - 6}`;
  }
  if (x1 > x0) {
    const bend = (x1 - x0) / 2;
    return `M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`;
  }
  const low = Math.max(y0, y1) + 30;
  return `M${x0 - 14},${y0 + 8}C${x0},${low} ${x1},${low} ${x1 + 9},${y1 + 9}`;
}

function lineageSpec(graph) {
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    description: "Models and datasets behind this one, the earliest on the left",
    width: graph.width, height: graph.height, padding: { left: 14, right: 6, top: 6, bottom: 20 },
    autosize: { type: "none" }, background: null,
    data: [
      { name: "rows" },
      { name: "edges", source: "rows", transform: [{ type: "filter", expr: "datum.path" }] },
      { name: "nodes", source: "rows", transform: [{ type: "filter", expr: "!datum.path" }] },
    ],
    marks: [
      { type: "path", from: { data: "edges" }, encode: { update: {
        path: { field: "path" }, fill: { value: "none" },
        stroke: { signal: "datum.loop ? 'var(--loop)' : datum.says === 'wrote' ? 'var(--generated)' : 'var(--edge)'" },
        strokeWidth: { signal: "datum.loop ? 2 : 1.4" },
        strokeDash: { signal: "datum.loop ? [6, 4] : datum.says === 'base' ? [2, 3] : [1, 0]" },
        tooltip: { signal: "{title: datum.label}" } } } },
      { type: "symbol", from: { data: "nodes" }, encode: { update: {
        x: { field: "x" }, y: { field: "y" }, size: { signal: "datum.root ? 260 : 170" },
        shape: { signal: "datum.kind === 'model' ? 'circle' : 'square'" },
        fill: { signal: "datum.root ? 'var(--ink)' : datum.kind === 'model' ? 'var(--generated)' : 'var(--panel)'" },
        stroke: { signal: "datum.loop ? 'var(--loop)' : 'var(--edge)'" },
        strokeWidth: { signal: "datum.loop ? 3 : 1.2" },
        tooltip: { signal: "{title: datum.label, kind: datum.kind, note: datum.note}" } } } },
      ...["var(--paper)", null].flatMap((halo) => [
        { type: "text", from: { data: "nodes" }, interactive: false, encode: { update: {
          x: { field: "x", offset: 15 }, y: { field: "y", offset: -3 }, text: { field: "label" },
          limit: { value: 160 }, fontSize: { value: 13 }, font: { value: FONT },
          fontWeight: { signal: "datum.root ? 650 : 450" },
          fill: { value: halo ?? "var(--ink)" }, ...edged(halo) } } },
        { type: "text", from: { data: "nodes" }, interactive: false, encode: { update: {
          x: { field: "x", offset: 15 }, y: { field: "y", offset: 12 },
          text: { signal: "datum.note + (datum.loop ? ' · in a loop' : '')" },
          fontSize: { value: 11 }, font: { value: FONT },
          fill: halo ? { value: halo } : { signal: "datum.loop ? 'var(--loop)' : 'var(--quiet)'" },
          ...edged(halo) } } },
      ]),
    ],
  };
}

/** A rim around text, so that lines behind it do not cross it. */
function edged(halo) {
  return halo ? { stroke: { value: halo }, strokeWidth: { value: 4 } } : {};
}
