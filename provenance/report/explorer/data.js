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
  const byValue = (prefix, values) => ({
    values,
    value: column(`${prefix}value`),
    class: column(`${prefix}class`),
    ...amounts(prefix, UNITS),
  });
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
  return {
    ...header,
    origins,
    ofModel,
    classStarts,
    classElements,
    classCount: classStarts.length - 1,
    rowClass,
    rowHopStarts: readStarts(hops),
    rowHops: column("row_hops"),
    rows: amounts("", [...UNITS, ...lacking]),
    months: byValue("month_", header.months),
    sources: byValue("source_", header.sources),
    members: header.members[0],
    scenarios: header.scenarios.map((scenario, number) => ({
      ...scenario,
      rows: column(`s${number}_rows`),
      amounts: amounts(`s${number}_`, [...UNITS, ...lacking]),
      months: byValue(`s${number}_month_`, header.months),
      sources: byValue(`s${number}_source_`, header.sources),
      members: header.members[number + 1],
    })),
  };
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
  const { months, sources, members } = scenario;
  return { ...data, rows, months, sources, members };
}
