"use strict";
// What the page carries: gzip over a JSON header, one NUL, and columns of numbers
// (provenance/report/explorer/pack.py and columns.py).

/** Unpack base64 text of gzip to bytes. */
async function unpack(text) {
  const binary = atob(text);
  const packed = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Read a column: planes of bytes, the lowest first, times a divisor. */
function readColumn(octets, [offset, length, width, divisor], exact) {
  if (exact) {
    const values = new Float64Array(length);
    for (let plane = width - 1; plane >= 0; plane--) {
      const from = offset + plane * length;
      for (let at = 0; at < length; at++) values[at] = values[at] * 256 + octets[from + at];
    }
    for (let at = 0; at < length; at++) values[at] *= divisor;
    return values;
  }
  const values = new BigUint64Array(length);
  for (let plane = width - 1; plane >= 0; plane--) {
    const from = offset + plane * length;
    for (let at = 0; at < length; at++) {
      values[at] = values[at] * 256n + BigInt(octets[from + at]);
    }
  }
  for (let at = 0; at < length; at++) values[at] *= BigInt(divisor);
  return values;
}

/** Where each of some lists begins, given how long they are. */
function readStarts(sizes) {
  const starts = new Uint32Array(sizes.length + 1);
  for (let at = 0; at < sizes.length; at++) starts[at + 1] = starts[at] + sizes[at];
  return starts;
}

/** Read what unpack returned; scenarios stay apart. */
function readData(octets) {
  const end = octets.indexOf(0);
  const header = JSON.parse(new TextDecoder().decode(octets.subarray(0, end)));
  const body = octets.subarray(end + 1), exact = header.exact;
  const column = (name) => readColumn(body, header.columns[name], true);
  const amounts = (prefix, names) => Object.fromEntries(
    names.map((name) => [name, readColumn(body, header.columns[prefix + name], exact)]));
  const lacking = ASSESSED.map((unit) => `without_${unit}`);
  const origins = header.origins.map(
    ([kind, model, mode, evidence, grade, author, month, medium]) =>
      ({ kind, model, mode, evidence, grade, author, month, medium }));
  const elements = header.elements;
  const ofModel = elements.map(([place]) => origins[place].kind === "model");
  const classStarts = readStarts(column("class_sizes"));
  const classElements = column("class_elements");
  const rowClass = column("row_class");
  const hops = rowClass.map((class_) => {
    let count = 0;
    for (let at = classStarts[class_]; at < classStarts[class_ + 1]; at++) {
      if (ofModel[classElements[at]]) count++;
    }
    return count;
  });
  const data = {
    ...header,
    monthNames: header.months,
    sourceNames: header.sources,
    origins,
    ofModel,
    classStarts,
    classElements,
    classCount: classStarts.length - 1,
    rowClass,
    rowHopStarts: readStarts(hops),
    rowHops: column("row_hops"),
    rows: amounts("", [...UNITS, ...lacking]),
    members: header.members[0],
    scenarios: header.scenarios.map((scenario, number) => ({
      ...scenario,
      prefix: `s${number}_`,
      rows: column(`s${number}_rows`),
      amounts: amounts(`s${number}_`, [...UNITS, ...lacking]),
      members: header.members[number + 1],
    })),
    column,
    amounts,
  };
  return { ...data, ...readBreakdowns(data, "") };
}

/** Sums by month and by source, of which the last of each class is what is left. */
function readBreakdowns(data, prefix) {
  const totals = Object.fromEntries(data.carried.map((unit) => [unit, sumByClass(data, unit)]));
  const read = (name, values) => {
    const counts = data.column(`${prefix}${name}_counts`);
    const value = data.column(`${prefix}${name}_value`);
    const said = data.amounts(`${prefix}${name}_`, data.carried);
    const kept = { values, value, class: new Uint32Array(value.length) };
    for (const unit of data.carried) kept[unit] = new Array(value.length);
    let at = 0, from = 0;
    for (let class_ = 0; class_ < counts.length; class_++) {
      const last = at + counts[class_] - 1;
      if (!counts[class_]) continue;
      for (const unit of data.carried) kept[unit][last] = totals[unit][class_];
      for (; at < last; at++, from++) {
        kept.class[at] = class_;
        for (const unit of data.carried) {
          kept[unit][at] = said[unit][from];
          kept[unit][last] -= said[unit][from];
        }
      }
      kept.class[at++] = class_;
    }
    return kept;
  };
  return { months: read("month", data.monthNames), sources: read("source", data.sourceNames) };
}

/** The sums of rows by their class. */
function sumByClass(data, name) {
  const sums = new Array(data.classCount).fill(data.exact ? 0 : 0n), amounts = data.rows[name];
  for (let row = 0; row < data.rowClass.length; row++) sums[data.rowClass[row]] += amounts[row];
  return sums;
}

/** Lay a scenario over the data: what would be there if its dataset were generated. */
function suppose(data, dataset) {
  const scenario = data.scenarios.find((one) => one.dataset === dataset);
  if (!scenario) return data;
  const rows = {};
  for (const [name, values] of Object.entries(data.rows)) {
    rows[name] = values.slice();
    scenario.rows.forEach((row, at) => { rows[name][row] = scenario.amounts[name][at]; });
  }
  const other = { ...data, rows, members: scenario.members };
  return { ...other, ...readBreakdowns(other, scenario.prefix) };
}
