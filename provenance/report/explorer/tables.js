"use strict";
// Words and tables: what is drawn is also written. Names come from manifests: they are
// set as text alone, each isolated from the direction of what stands around it.

/** Round as Python does: what lies in the middle, such as 6.25, to the even digit. */
function round(number, places) {
  const text = number.toFixed(places), half = 0.5 / 10 ** places;
  const isMiddle = Math.abs(number * 2 ** (places + 1)) % 2 === 1;
  return isMiddle && Number(text.at(-1)) % 2 ? (number - half).toFixed(places) : text;
}

/** Write an exact decimal with thousands apart, to thousandths. */
function sayNumber(text) {
  const isLong = (text.split(".")[1] ?? "").length > 3;
  const [whole, part = ""] = (isLong ? round(Number(text), 3) : text).split(".");
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ","), left = part.replace(/0+$/, "");
  return left ? `${apart}.${left}` : apart;
}

/** Write a share in per cent, never rounding a part away to nothing or all. */
function sayShare(share) {
  if (share === null) return "not known";
  const text = `${round(share * 100, 1)} %`;
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
