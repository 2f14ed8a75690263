"use strict";
// Words and tables: what is drawn is also written. Names come from manifests: they are
// set as text alone, each isolated from the direction of what stands around it.

/** Write an exact decimal with thousands apart. */
function sayNumber(text) {
  const [whole, part] = text.split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part ? `${apart}.${part.slice(0, 3)}` : apart;
}

/** Write a share in per cent, never rounding a part away to nothing or all. */
function sayShare(share) {
  if (share === null) return "not known";
  const text = `${(share * 100).toFixed(1)} %`;
  if (share > 0 && text === "0.0 %") return "< 0.1 %";
  if (share < 1 && text === "100.0 %") return "> 99.9 %";
  return text;
}

function sayInterval(share) {
  if (share === null) return "not known";
  const [low, high] = share.map(sayShare);
  return low === high ? low : `${low} – ${high}`;
}

/** Make an element with text or further elements inside. */
function make(tag, attributes, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/** A name from the data, of whatever direction. */
function bdi(name) {
  return make("bdi", {}, name);
}

/** Put a table where it belongs: titles, and rows of cells, the first a heading. */
function fillTable(id, titles, rows) {
  const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
  const body = rows.map(([first, ...cells]) => make("tr", {},
    make("th", { scope: "row" }, first), ...cells.map((cell) => make("td", {}, cell))));
  document.getElementById(id).replaceChildren(make("table", {},
    make("thead", {}, head), make("tbody", {}, ...body)));
}

/** A small bar of the tiers, beside its numbers: never without them. */
function makeBar(parts) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  STACK.forEach((tier) => {
    const part = parts[TIERS.indexOf(tier)];
    if (part) bar.append(make("span", { style: `width:${part * 100}%;background:var(--${tier})` }));
  });
  return bar;
}

const GROUP_TITLES = ["total", ...TIERS, "downstream", ""];

function groupCells(group) {
  return [
    sayNumber(group.total), ...TIERS.map((tier) => sayNumber(group[tier])),
    sayInterval(group.share), makeBar(group.parts),
  ];
}

/** Tables of a breakdown: the greatest first, the rest counted. */
function fillGroups(id, title, groups, name, most = 200) {
  const rows = groups.slice(0, most).map((group) => [bdi(name(group.value)), ...groupCells(group)]);
  fillTable(id, [title, ...GROUP_TITLES], rows);
  if (groups.length > most) {
    document.getElementById(id).append(
      make("p", { class: "hint" }, `… and ${groups.length - most} more`));
  }
}
