"use strict";
// The page: controls in, answer out.

const MEDIA = ["text", "image", "audio", "video", "other"];
const MODES = ["written", "answered", "completed", "rephrased", "translated", "summarised",
  "captioned", "edited", "unspecified", "transcribed"];
const BY_DEFAULT = MODES.filter((mode) => mode !== "transcribed");

const MOST_PRINTED = 40;
/** Rows of a folded table that is printed all the same. */

const byId = (id) => document.getElementById(id);

/** What the recorded policy, and what was asked of it, make of the controls. */
function firstQuestion(data) {
  const policy = data.report.policy_body;
  return {
    unit: data.report.unit, least: GRADES.indexOf(policy.least_grade),
    generating: policy.generating, ignored: data.ignored, cutoffs: policy.cutoffs, suppose: "",
  };
}

/** Answer a question as the controls ask it. */
function ask(data, question) {
  const policy = {
    least: question.least, generating: new Set(question.generating),
    ignored: new Set(question.ignored), cutoffs: question.cutoffs,
  };
  return answer(suppose(data, question.suppose), policy, question.unit);
}

/** Whether the page finds what the ledger found; else it must not be believed. */
function isLedgers(data, found) {
  return UNITS.every((unit) => {
    const said = data.report.units[unit], own = found.units[unit];
    return TIERS.every((tier) => {
      const [one, other] = [Number(own[tier]), said[tier]];
      return Math.abs(one - other) <= 1e-9 * Math.abs(other) &&
        own.missing[tier] === said.missing[tier];
    });
  });
}

// ---- controls

function addChoices(id, type, values, chosen, name = (value) => value) {
  byId(id).replaceChildren(...values.map((value) => {
    const input = make("input", { type, name: id, value });
    input.checked = input.defaultChecked = chosen.includes(value);
    return make("label", {}, input, make("span", {}, bdi(name(value))));
  }));
}

function addControls(data, first) {
  addChoices("units", "radio", ["items", "bytes", "tokens", "records", "contents"], [first.unit]);
  addChoices("grades", "radio", [...GRADES].reverse(), [GRADES[first.least]],
    (grade) => (grade === "proven" ? grade : `${grade} or better`));
  addChoices("modes", "checkbox", MODES, first.generating);
  addChoices("ignored", "checkbox", data.makers, first.ignored);
  byId("ignore").hidden = !data.makers.length;
  byId("cutoffs").replaceChildren(...MEDIA.map((medium) => {
    const input = make("input", {
      type: "month", name: medium, placeholder: "YYYY-MM", pattern: "[0-9]{4}-(0[1-9]|1[0-2])",
      value: first.cutoffs[medium] ?? "",
    });
    return make("label", {}, make("span", {}, medium), input);
  }));
  const choice = byId("suppose");
  choice.replaceChildren(make("option", { value: "" }, "nothing"),
    ...data.scenarios.map(({ dataset }) =>
      make("option", { value: dataset }, isolate(dataset))));
  byId("supposing").hidden = !data.scenarios.length;
}

function readControls() {
  const form = byId("controls");
  const checked = (id) => [...byId(id).querySelectorAll("input:checked")].map((one) => one.value);
  const cutoffs = {};
  for (const input of byId("cutoffs").querySelectorAll("input")) {
    const bad = input.value && !/^\d{4}-(0[1-9]|1[0-2])$/.test(input.value);
    input.setAttribute("aria-invalid", bad);
    if (input.value && !bad) cutoffs[input.name] = input.value;
  }
  return {
    unit: checked("units")[0], least: GRADES.indexOf(checked("grades")[0]),
    generating: checked("modes"), ignored: checked("ignored"), cutoffs,
    suppose: form.elements.suppose.value,
  };
}

/** Quote for a shell. */
function quote(word) {
  return /^[\w@.=:/+-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

/** The command that asks the ledger the same; what a command cannot ask is left out. */
function sayCommand(data, first, question) {
  const words = ["provenance", "report", data.report.dataset, "--unit", question.unit];
  if (data.report.policy !== "default") words.push("--policy", data.report.policy);
  for (const claim of data.assumptions) words.push("--assume", claim);
  words.push("--as-of", `${data.report.as_of}`);
  if (data.assumptions.length || question.suppose) words.splice(-2, 2);
  const { least_grade: grade, generating, cutoffs, ignored_models: ignored } = data.stored;
  if (GRADES[question.least] !== grade) words.push("--min-grade", GRADES[question.least]);
  const modes = new Set(generating);
  if (question.generating.length !== modes.size || question.generating.some((one) => !modes.has(one))) {
    for (const mode of question.generating) words.push("--generating", mode);
  }
  for (const model of question.ignored) {
    if (!ignored.includes(model)) words.push("--ignore-model", model);
  }
  for (const [medium, month] of Object.entries(question.cutoffs)) {
    if (cutoffs[medium] !== month) words.push("--cutoff", `${medium}=${month}`);
  }
  if (question.suppose) {
    words.push("--assume", `dataset ${quote(question.suppose)} generated_by unnamed`);
  }
  return words.map(quote).join(" ");
}

// ---- the answer

function sayHeadline(figures, unit, records) {
  if (!Number(records)) return ["Nothing is recorded for this dataset."];
  if (!figures.share) {
    const said = figures.lacking < Number(records)
      ? `All records that say how many ${unit} they have say 0`
      : `No record says how many ${unit} it has`;
    return [`${said}; count by another unit.`];
  }
  const [low, high] = figures.share.map(sayShare);
  const of = figures.lacking ? `of the ${unit} that are known` : `of ${unit}`;
  const start = [make("b", {}, low), ` ${of} are downstream of generative models`];
  if (low === high && !Number(figures.unknown)) return [...start, "."];
  return [...start, "; ", make("b", { class: "unknown" }, sayShare(figures.parts[4])),
    " unknown → between ", make("b", {}, low), " and ", make("b", {}, high), "."];
}

/** A question without its unit, as one text. */
function sayQuestion({ least, generating, ignored, cutoffs, suppose }) {
  const months = Object.entries(cutoffs).sort().flat();
  return JSON.stringify([least, [...generating].sort(), [...ignored].sort(), months, suppose]);
}

/** What is other than in the first question, in words. */
function sayChanges(first, question) {
  const said = [], without = (list, other) => list.filter((one) => !other.includes(one));
  if (question.least !== first.least) said.push(`grade ${GRADES[question.least]} or better is believed`);
  for (const mode of without(question.generating, first.generating)) said.push(`${mode} is generation, too`);
  for (const mode of without(first.generating, question.generating)) said.push(`${mode} is no generation`);
  for (const model of without(question.ignored, first.ignored)) said.push(`${isolate(model)} is ignored`);
  for (const model of without(first.ignored, question.ignored)) said.push(`${isolate(model)} is not ignored`);
  for (const medium of MEDIA) {
    const [before, after] = [first.cutoffs[medium], question.cutoffs[medium]];
    if (before === after) continue;
    said.push(after ? `${medium} captured before ${after} is human` : `no ${medium} is human by its month`);
  }
  if (question.suppose) said.push(`${isolate(question.suppose)} was all generated`);
  return said;
}

function sayAside(data, first, question, figures) {
  const said = [];
  if (figures.lacking) {
    const records = figures.lacking === 1 ? "record has" : "records have";
    said.push(`${figures.lacking.toLocaleString("en")} ${records} no number of ` +
      `${question.unit}: the share of all cannot be told.`);
  }
  if (Number(figures.unattributed)) {
    said.push(`${sayNumber(figures.unattributed)} of generated are claimed as a share, ` +
      "not said of which items.");
  }
  const changed = sayQuestion(question) !== sayQuestion(first);
  byId("reset").disabled = !changed && question.unit === first.unit;
  if (changed) {
    const share = data.report.units[question.unit].measured_share;
    said.unshift(`What if ${sayChanges(first, question).join("; ")}? ` +
      `Recorded is another answer: ${sayInterval(share)}.`);
  }
  const place = byId("aside");
  place.className = changed ? "changed" : "";
  place.textContent = said.join(" ");
}

function drawLegend(figures) {
  byId("bar").replaceChildren(...makeBar(figures.parts).childNodes);
  byId("legend").replaceChildren(...STACK.map((tier) => {
    const share = figures.share ? sayShare(figures.parts[TIERS.indexOf(tier)]) : "–";
    return make("li", {}, make("i", { style: `background:var(--${tier})` }), tier, " ", make("b", {}, share));
  }));
}

/** Months from the first to the last, those without captures too. */
function fillMonths(values) {
  const months = values.filter((value) => value !== null).sort();
  if (!months.length) return [];
  const number = (month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
  const [first, last] = [number(months[0]), number(months[months.length - 1])];
  if (last - first > 1200) return months;
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const one = first + at;
    return `${String(Math.floor(one / 12)).padStart(4, "0")}-${String((one % 12) + 1).padStart(2, "0")}`;
  });
}

async function drawSections(data, found, question) {
  const { unit } = question, by = found.by;
  const largest = (groups) => groups.sort((a, b) => Number(b.total) - Number(a.total));
  const plain = (value) => (value === null ? "not stated" : value);
  await draw("units-chart", "", unitsSpec(), stackRows(
    UNITS.map((name) => ({ ...found.units[name], name })).filter((one) => one.share),
    (group) => (group.lacking ? `${group.name} *` : group.name)));
  fillTable("units-table",
    ["unit", "total", ...TIERS, "lacking", "downstream"],
    UNITS.map((name) => {
      const figures = found.units[name], share = sayInterval(figures.share);
      return [name, sayNumber(figures.total), ...TIERS.map((tier) => sayNumber(figures[tier])),
        figures.lacking ? figures.lacking.toLocaleString("en") : "",
        figures.lacking && figures.share ? `(${share})` : share];
    }));

  const isCarried = data.carried.includes(unit), told = byId("uncarried");
  told.hidden = isCarried;
  told.textContent = `Months and sources are carried in ${data.carried.join(" and ")} only.`;
  const months = fillMonths(by.month.map((group) => group.value));
  byId("month").hidden = !months.length;
  if (months.length) {
    const dated = by.month.filter((group) => group.value !== null);
    const undated = by.month.find((group) => group.value === null);
    byId("month-lead").textContent = "Share of each month, and how much it holds." +
      (undated ? ` ${sayNumber(undated.total)} ${unit} carry no date.` : "");
    byId("month-chart").classList.toggle("few", months.length < 12);
    await draw("month-shares", months.join(), monthsSpec(months), stackRows(dated, (g) => g.value));
    await draw("month-amounts", months.join() + unit, amountsSpec(months, unit), dated.map((group) =>
      ({ label: group.value, amount: Number(group.total), said: sayNumber(group.total) })));
    fillGroups("month-table", "month", by.month.sort((a, b) =>
      String(a.value ?? "~").localeCompare(String(b.value ?? "~"), "en")), plain, 600);
  }

  const others = `${data.other_sources.toLocaleString("en")} smaller ` +
    (data.other_sources === 1 ? "source" : "sources");
  const source = (value) => (value === false ? others : plain(value));
  byId("source").hidden = !by.source.some((group) => group.value !== null);
  if (!byId("source").hidden) {
    await draw("source-chart", "", sourcesSpec(), sourceRows(by.source, source));
    fillGroups("source-table", "source", largest(by.source), source);
  }

  byId("depth").hidden = !by.depth.length;
  const depths = by.depth.sort((a, b) => (a.value ?? 99) - (b.value ?? 99));
  const sayDepth = (value) => (value === null ? "not known" : value >= 15 ? `≥ ${value}` : `${value}`);
  byId("depth-lead").textContent = describeDepth(found.depth, unit);
  await draw("depth-chart", unit, depthSpec(unit), stackRows(fillDepths(depths), (g) => sayDepth(g.value)));
  fillGroups("depth-table", "depth", depths, sayDepth);

  for (const name of ["evidence", "model", "mode"]) {
    byId(name).hidden = !by[name].some((group) => group.value !== NONE);
    fillGroups(`${name}-table`, name, largest(by[name]), plain);
  }
  await drawLineage(data, found);
  byId("claims")?.replaceChildren(...found.shares.map((share) => make("li", {},
    `Claim ${share.claim}: ${sayShare(Number(share.share))} of ${share.unit} generated by `,
    bdi(share.model), share.counts
      ? `, not said which: ${sayNumber(share.expected)} expected, ${sayNumber(share.known)} known, ` +
        `${sayNumber(share.unattributed)} moved from unknown to generated` +
        (Number(share.conflict) ? `; conflict: ${sayNumber(share.conflict)} do not fit` : "")
      : ", not said which: does not count under this policy")));
}

/** Depths from 0 on, those of nothing too. */
function fillDepths(groups) {
  const most = Math.max(-1, ...groups.map((group) => group.value ?? -1));
  const none = { ...Object.fromEntries(TIERS.map((tier) => [tier, "0"])), parts: TIERS.map(() => 0) };
  const known = new Map(groups.map((group) => [group.value, group]));
  return [
    ...Array.from({ length: most + 1 }, (_, value) => known.get(value) ?? { ...none, value }),
    ...(known.has(null) ? [known.get(null)] : []),
  ];
}

function describeDepth(depth, unit) {
  if (depth.max === null) return "Not known.";
  const most = depth.max >= 15 ? `≥ ${depth.max}` : depth.max;
  const mean = depth.mean === null ? "" : `, mean ${round(depth.mean, 2)}`;
  const known = depth.known_share === null ? "" : `, known for ${sayShare(depth.known_share)} of ${unit}`;
  return `From ${depth.min} to ${most}${mean}${known}.` +
    (depth.open ? " It may be deeper: not all training data upstream is declared." : "");
}

async function drawLineage(data, found) {
  const graph = layOut(data, found);
  byId("lineage").hidden = graph.nodes.length < 2;
  if (byId("lineage").hidden) return;
  const loops = found.loops.filter((loop) =>
    graph.nodes.some((node) => node.loop && [...loop.models, ...loop.datasets].includes(node.name)));
  byId("lineage-lead").textContent =
    "Squares are datasets, circles models; what came first stands left. " +
    (loops.length ? `${loops.length === 1 ? "One loop is" : `${loops.length} loops are`} marked by ` +
      "broken lines: trained on what it wrote." : "No loop among them.") +
    (graph.left ? " Not all that lies further back is drawn." : "");
  await draw("lineage-chart", JSON.stringify([graph.width, graph.height]), lineageSpec(graph),
    [...graph.edges, ...graph.nodes]);
  fillTable("lineage-table", ["", "", "", "loop"], graph.edges.map((edge) =>
    [bdi(edge.from), SAYS[edge.says], bdi(edge.to), edge.loop ? "in a loop" : ""]));
}

let drawing = Promise.resolve();

/** Show the answer to a question; drawings follow each other, the last one stays. */
function show(data, first, question) {
  const found = ask(data, question), figures = found.units[question.unit];
  byId("headline").replaceChildren(
    ...sayHeadline(figures, question.unit, found.units.records.total));
  sayAside(data, first, question, figures);
  drawLegend(figures);
  byId("command").textContent = sayCommand(data, first, question);
  const told = (id, number, all) => { byId(id).textContent = number === all ? "" : `(${number})`; };
  told("modes-count", question.generating.length, BY_DEFAULT.length);
  told("cutoffs-count", Object.keys(question.cutoffs).length, 0);
  told("ignored-count", question.ignored.length, 0);
  const supposed = data.scenarios.find((one) => one.dataset === question.suppose);
  byId("suppose-hint").textContent = supposed ? `As if it were claimed of ${isolate(supposed.words)}.` : "";
  drawing = drawing.then(() => drawSections(data, found, question));
  return drawing;
}

async function start() {
  const library = document.createElement("script");
  library.type = "module";
  library.textContent = new TextDecoder().decode(await unpack(byId("library").textContent));
  document.head.append(library);
  const data = readData(await unpack(byId("data").textContent));
  const first = firstQuestion(data), form = byId("controls");
  byId("month-chart").append(make("div", { id: "month-shares" }), make("div", { id: "month-amounts" }));
  addControls(data, first);
  if (!isLedgers(data, ask(data, first))) {
    byId("fault").textContent = "This page does not find the numbers of the ledger it was " +
      "written from. Do not use it, and report the fault.";
    byId("fault").hidden = false;
  }
  while (!window.vegaEmbed) await new Promise((done) => { setTimeout(done, 5); });
  byId("units-chart").hidden = form.hidden = byId("scale").hidden = false;
  form.addEventListener("input", () => show(data, first, readControls()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    addControls(data, first);
    show(data, first, readControls());
  });
  const folded = [];
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("#sections details:not([open])")) {
      if (part.querySelectorAll("tr").length > MOST_PRINTED) continue;
      part.open = true;
      folded.push(part);
    }
  });
  addEventListener("afterprint", () => { for (const part of folded.splice(0)) part.open = false; });
  window.explorer = {
    ask: (question) => ask(data, { ...first, ...question }),
    drawn: () => drawing,
    open: async (text) => {
      const other = readData(await unpack(text)), asked = firstQuestion(other);
      return (question) => ask(other, { ...asked, ...question });
    },
  };
  await show(data, first, readControls());
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("fault").textContent = `This page cannot be shown here: ${error.message}`;
  byId("fault").hidden = false;
  throw error;
});
