"use strict";
// What a policy makes of pedigrees: the rules of provenance/lineage/assess.py and
// depth.py, of store/amounts.py and report/figures.py, over the columns of a page.
// Pure: the same question has the same answer, and nothing is changed.
//
// Sums of items, bytes and tokens are in thousandths. They are Numbers where every sum
// of the page is below 2^53, so that each of them is exact, and BigInts where not.

const UNITS = ["records", "items", "bytes", "tokens", "contents"];
const ASSESSED = ["items", "bytes", "tokens"];
const TIERS = ["generated", "derived", "human", "other", "unknown"];
const GRADES = ["inferred", "detected", "declared", "proven"];
const NONE = "(none)";

const GENERATED = 1, DERIVED = 2, UNKNOWN = 4, HUMAN = 8, OTHER = 16;
const AUTHOR_LEFT = 32, AUTHOR_LOST = 64, SOURCE_LOST = 128;

/** The one tier, as a place in TIERS, of an item whose elements have these marks. */
function tellTier(marks) {
  if (marks & GENERATED) return 0;
  if (marks & DERIVED) return 1;
  if (marks & UNKNOWN || !(marks & (HUMAN | OTHER))) return 4;
  const lost = marks & AUTHOR_LOST && !(marks & AUTHOR_LEFT);
  if (lost || marks & SOURCE_LOST) return 4;
  return marks & OTHER ? 3 : 2;
}

/** Whether a capture of that month and medium is taken as human. */
function isBeforeCutoff(cutoffs, month, medium) {
  const months = Object.values(cutoffs);
  if (month === null || !months.length) return false;
  if (medium === null) return months.every((one) => month < one);
  return medium in cutoffs && month < cutoffs[medium];
}

/**
 * What a policy makes of every element.
 * policy: {least: 0…3, generating: Set of modes, ignored: Set of models, cutoffs}
 */
function judge(data, policy) {
  return data.elements.map(([place, grade, own]) => {
    const origin = data.origins[place];
    const model = origin.model === null ? null : data.models[origin.model];
    const ofModel = origin.kind === "model";
    const counts =
      grade >= policy.least && !(model !== null && policy.ignored.has(model.name));
    const generates =
      ofModel && policy.generating.has(origin.mode) && model !== null && model.generative;
    const spoken = counts && origin.kind !== "capture" && origin.kind !== "unknown";
    let marks = 0;
    if (counts) {
      if (origin.author && own) marks |= AUTHOR_LEFT;
      if (generates) marks |= own ? GENERATED : DERIVED;
      else {
        let kind = origin.kind;
        if (kind === "capture") {
          const early = isBeforeCutoff(policy.cutoffs, origin.month, origin.medium);
          kind = early ? "human" : "unknown";
        }
        marks |= kind === "unknown" ? UNKNOWN : kind === "human" ? HUMAN : OTHER;
      }
    } else if (origin.author || (grade >= policy.least && generates)) {
      // An inherited author is lost unless only the derivation is not believed. What
      // counts but for its model, which is ignored, is an author of any grade.
      if (own) marks |= AUTHOR_LOST;
      else if (origin.grade < policy.least || grade >= policy.least) marks |= SOURCE_LOST;
    }
    return {
      marks,
      generating: counts && generates,
      maker: ofModel ? origin.model : null,
      model: spoken && ofModel && model !== null ? model.name : null,
      mode: spoken && ofModel ? origin.mode : null,
      evidence: spoken ? origin.evidence : null,
    };
  });
}

/** Strongly connected components, each after all that it points to (Tarjan). */
function condense(count, successors) {
  const index = new Array(count).fill(-1), low = new Array(count).fill(0);
  const onStack = new Array(count).fill(false), stack = [], components = [];
  let next = 0;
  const enter = (node, work) => {
    index[node] = low[node] = next++;
    stack.push(node);
    onStack[node] = true;
    work.push([node, successors(node), 0]);
  };
  for (let start = 0; start < count; start++) {
    if (index[start] >= 0) continue;
    const work = [];
    enter(start, work);
    while (work.length) {
      const top = work[work.length - 1], [node, pending] = top;
      if (top[2] < pending.length) {
        const following = pending[top[2]++];
        if (index[following] < 0) enter(following, work);
        else if (onStack[following]) low[node] = Math.min(low[node], index[following]);
        continue;
      }
      work.pop();
      if (work.length) {
        const above = work[work.length - 1][0];
        low[above] = Math.min(low[above], low[node]);
      }
      if (low[node] === index[node]) {
        const component = [];
        let member;
        do {
          member = stack.pop();
          onStack[member] = false;
          component.push(member);
        } while (member !== node);
        components.push(component);
      }
    }
  }
  return components;
}

/** Depth of every model, and the loops among models and datasets. */
function measureDepths(data, verdicts, members) {
  const models = data.models, count = models.length;
  const made = members.map((elements) =>
    elements.filter(([element]) => verdicts[element].generating && verdicts[element].maker !== null));
  const writers = made.map((elements) =>
    [...new Set(elements.map(([element]) => verdicts[element].maker))]);
  const successors = (node) => node >= count
    ? writers[node - count]
    : [...models[node].sets.map((set) => count + set), ...models[node].bases];
  const depths = new Array(count).fill(null), loops = [];
  for (const component of condense(count + members.length, successors)) {
    const inside = new Set(component.filter((node) => node < count));
    const looped = component.length > 1 || successors(component[0]).includes(component[0]);
    let depth = 0, open = looped;
    for (const place of inside) {
      const model = models[place];
      open ||= !model.complete;
      for (const base of model.bases) {
        if (inside.has(base)) continue;
        depth = Math.max(depth, depths[base].depth);
        open ||= depths[base].open;
      }
      for (const set of model.sets) {
        for (const [element, hops] of made[set]) {
          const writer = verdicts[element].maker;
          if (inside.has(writer)) continue;
          depth = Math.max(depth, hops + depths[writer].depth);
          open ||= depths[writer].open;
        }
      }
    }
    for (const place of inside) depths[place] = { depth, open };
    if (looped) {
      loops.push({
        models: [...inside].map((place) => models[place].name).sort(),
        datasets: component.filter((node) => node >= count)
          .map((node) => data.datasets[node - count]).sort(),
      });
    }
  }
  return { depths, loops, writers };
}

/** Sums by tier, and by tier of some group: zero, then whatever is added. */
function makeSums(exact) {
  return TIERS.map(() => (exact ? 0 : 0n));
}

/** The amounts of one group of the dataset: Map of value → sums by tier. */
function addTo(groups, value, tier, amount, exact) {
  let sums = groups.get(value);
  if (!sums) groups.set(value, (sums = makeSums(exact)));
  sums[tier] += amount;
}

/** Unite the marks of a class's elements; only those that pass, if it is said which. */
function uniteMarks(data, verdicts, class_, passes) {
  let marks = 0;
  for (let at = data.classStarts[class_]; at < data.classStarts[class_ + 1]; at++) {
    const verdict = verdicts[data.classElements[at]];
    if (!passes || passes(verdict)) marks |= verdict.marks;
  }
  return marks;
}

/** Tier of each class, and the tiers by model, mode and evidence of each. */
function assessClasses(data, verdicts) {
  const tiers = new Uint8Array(data.classCount);
  for (let class_ = 0; class_ < data.classCount; class_++) {
    tiers[class_] = tellTier(uniteMarks(data, verdicts, class_, null));
  }
  return tiers;
}

/** Depth of a row: null where it is not known. */
function measureRow(data, verdicts, depths, tiers, row) {
  const class_ = data.rowClass[row];
  let depth = null, open = false, at = data.rowHopStarts[row];
  for (let place = data.classStarts[class_]; place < data.classStarts[class_ + 1]; place++) {
    const element = data.classElements[place];
    if (!data.ofModel[element]) continue;
    const hops = data.rowHops[at++];
    const verdict = verdicts[element];
    if (!verdict.generating || verdict.model === null) continue;
    const model = depths[verdict.maker];
    depth = Math.max(depth ?? 0, hops + model.depth);
    open ||= model.open;
  }
  if (depth === null && tiers[class_] !== 4) depth = 0;
  return { depth, open };
}

/** Break the classes' sums down by what is known of a model, a mode or evidence. */
function groupByAspect(data, verdicts, tiers, sums, present, aspect, exact) {
  const groups = new Map();
  for (let class_ = 0; class_ < data.classCount; class_++) {
    if (!present[class_]) continue;
    const marks = new Map();
    for (let at = data.classStarts[class_]; at < data.classStarts[class_ + 1]; at++) {
      const verdict = verdicts[data.classElements[at]], value = verdict[aspect];
      if (value !== null) marks.set(value, (marks.get(value) ?? 0) | verdict.marks);
    }
    if (!marks.size) addTo(groups, NONE, tiers[class_], sums[class_], exact);
    for (const [value, united] of marks) {
      addTo(groups, value, tellTier(united), sums[class_], exact);
    }
  }
  return groups;
}

/** Break sums kept by month or source down by tier. */
function groupByValue(tiers, kept, unit, exact) {
  if (!kept[unit]) return new Map();
  const groups = new Map();
  for (let at = 0; at < kept.value.length; at++) {
    if (!kept.records[at]) continue;
    // A content stands under one value only, its records under all of theirs.
    if (unit === "contents" && !kept.contents[at]) continue;
    const value = kept.values[kept.value[at]];
    addTo(groups, value, tiers[kept.class[at]], kept[unit][at], exact);
  }
  return groups;
}

/** Hold claimed shares against what is known; every amount scaled to whole numbers. */
function attributeShares(data, tiers, verdicts, classSums, present, places) {
  const scale = 10n ** BigInt(places), found = [];
  for (const share of data.shares) {
    const unit = share.unit, exact = data.exact;
    const known = groupByAspect(data, verdicts, tiers, classSums[unit], present, "model", exact);
    const thousandths = (amount) => BigInt(amount) * (ASSESSED.includes(unit) ? 1n : 1000n);
    const sums = makeSums(exact);
    for (let class_ = 0; class_ < data.classCount; class_++) {
      if (present[class_]) sums[tiers[class_]] += classSums[unit][class_];
    }
    const earlier = found.filter((one) => one.unit === unit);
    const moved = (list) => list.reduce((sum, one) => sum + one.unattributed, 0n);
    const total = thousandths(sums.reduce((sum, one) => sum + one, exact ? 0 : 0n));
    const ofModel = thousandths((known.get(share.model) ?? makeSums(exact))[0]) * scale;
    const [whole, part = ""] = decimal(share.share).split(".");
    const part_of = BigInt(whole + part.padEnd(places, "0"));
    const expected = total * part_of;
    const left = thousandths(sums[4]) * scale - moved(earlier);
    const marks = share.elements.reduce((all, one) => all | verdicts[one].marks, 0);
    const counts = tellTier(marks) === 0;
    let more = expected - ofModel - moved(earlier.filter((one) => one.model === share.model));
    if (!counts || more < 0n) more = 0n;
    const unattributed = more < left ? more : left;
    found.push({
      ...share, counts, expected, known: ofModel, unattributed, conflict: more - unattributed,
    });
  }
  return found;
}

/** A number as Python writes it, without an exponent. */
function decimal(text) {
  const [digits, exponent = "0"] = text.toLowerCase().split("e");
  const shift = Number(exponent);
  const [whole, part = ""] = digits.split(".");
  if (!shift) return digits;
  return shift < 0
    ? `0.${(whole + part).padStart(part.length + 1 - shift, "0")}`
    : whole + part.padEnd(shift, "0");
}

/** a ÷ b of whole numbers, as the nearest ordinary number. */
function divide(a, b) {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  if (a <= most && b <= most) return Number(a) / Number(b);
  return Number((a * 10n ** 18n) / b) / 1e18;
}

/** A whole number of 10^-places as an exact decimal: 2500, 3 places → "2.5". */
function format(amount, places) {
  const digits = amount.toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const part = digits.slice(digits.length - places).replace(/0+$/, "");
  return part ? `${whole}.${part}` : whole;
}

/** Name the tiers of a group; amounts are exact decimals, shares ordinary numbers. */
function describe(sums, unit, places) {
  const factor = 10n ** BigInt(places - (ASSESSED.includes(unit) ? 3 : 0));
  const scaled = sums.map((amount) => BigInt(amount) * factor);
  return nameTiers(scaled, places);
}

function nameTiers(scaled, places) {
  const total = scaled.reduce((sum, one) => sum + one, 0n);
  const low = scaled[0] + scaled[1];
  return {
    total: format(total, places),
    ...Object.fromEntries(TIERS.map((tier, at) => [tier, format(scaled[at], places)])),
    share: total ? [divide(low, total), divide(low + scaled[4], total)] : null,
    parts: scaled.map((one) => (total ? divide(one, total) : 0)),
  };
}

/**
 * Answer for the dataset under a policy.
 * data: as readData returns it, with a scenario laid over it or not.
 * unit: that of the breakdowns and of the depth.
 */
function answer(data, policy, unit) {
  const exact = data.exact, zero = exact ? 0 : 0n;
  const verdicts = judge(data, policy);
  const { depths, loops, writers } = measureDepths(data, verdicts, data.members);
  const tiers = assessClasses(data, verdicts);
  const present = new Uint8Array(data.classCount);
  const classSums = Object.fromEntries(
    UNITS.map((one) => [one, new Array(data.classCount).fill(zero)]));
  const missing = Object.fromEntries(ASSESSED.map((one) => [one, TIERS.map(() => 0)]));
  const byDepth = new Map();
  let isOpen = false;
  for (let row = 0; row < data.rowClass.length; row++) {
    if (!data.rows.records[row]) continue;
    const class_ = data.rowClass[row];
    present[class_] = 1;
    for (const one of UNITS) classSums[one][class_] += data.rows[one][row];
    for (const one of ASSESSED) {
      missing[one][tiers[class_]] += Number(data.rows[`without_${one}`][row]);
    }
    const { depth, open } = measureRow(data, verdicts, depths, tiers, row);
    isOpen ||= open;
    if (unit !== "contents" || data.rows.contents[row]) {
      addTo(byDepth, depth, tiers[class_], data.rows[unit][row], exact);
    } else if (!byDepth.has(depth)) byDepth.set(depth, null);
  }
  const digits = data.shares.map(({ share }) => (decimal(share).split(".")[1] ?? "").length);
  const extra = Math.max(0, ...digits), places = 3 + extra;
  const shares = attributeShares(data, tiers, verdicts, classSums, present, extra);
  const units = {};
  for (const one of UNITS) {
    const sums = makeSums(exact);
    for (let class_ = 0; class_ < data.classCount; class_++) {
      if (present[class_]) sums[tiers[class_]] += classSums[one][class_];
    }
    const factor = 10n ** BigInt(places - (ASSESSED.includes(one) ? 3 : 0));
    const scaled = sums.map((amount) => BigInt(amount) * factor);
    const part = shares.filter((share) => share.unit === one)
      .reduce((sum, share) => sum + share.unattributed, 0n);
    scaled[0] += part;
    scaled[4] -= part;
    const told = nameTiers(scaled, places);
    const lacking = missing[one] ?? TIERS.map(() => 0);
    const all = lacking.reduce((sum, number) => sum + number, 0);
    units[one] = {
      ...told,
      unattributed: format(part, places),
      missing: Object.fromEntries(TIERS.map((tier, at) => [tier, lacking[at]])),
      lacking: all,
      downstream_share: all ? null : told.share,
      measured_share: told.share,
    };
  }
  const groups = {
    ...Object.fromEntries(["model", "mode", "evidence"].map((aspect) =>
      [aspect, groupByAspect(data, verdicts, tiers, classSums[unit], present, aspect, exact)])),
    month: groupByValue(tiers, data.months, unit, exact),
    source: groupByValue(tiers, data.sources, unit, exact),
    depth: new Map([...byDepth].filter(([, sums]) => sums !== null)),
  };
  if (unit === "contents") {
    for (const one of ["model", "mode", "evidence"]) dropEmpty(groups[one]);
  }
  return {
    units,
    depth: summariseDepth(byDepth, isOpen, exact),
    by: Object.fromEntries(Object.entries(groups).map(([name, found]) => [
      name,
      [...found].map(([value, sums]) => ({ value, ...describe(sums, unit, places) })),
    ])),
    shares: shares.map((share) => ({
      ...share,
      ...Object.fromEntries(["expected", "known", "unattributed", "conflict"].map(
        (name) => [name, format(share[name], places)])),
    })),
    models: data.models.map((model, at) => ({ name: model.name, ...depths[at] })),
    loops,
    writers,
  };
}

function dropEmpty(groups) {
  for (const [value, sums] of groups) {
    if (!sums.some((amount) => amount)) groups.delete(value);
  }
}

/** Least, mean and greatest known depth, weighted by the unit. */
function summariseDepth(byDepth, open, exact) {
  const weights = [...byDepth].map(([depth, sums]) =>
    [depth, BigInt((sums ?? makeSums(exact)).reduce((all, one) => all + one, exact ? 0 : 0n))]);
  const known = weights.filter(([depth]) => depth !== null);
  const weight = known.reduce((all, [, one]) => all + one, 0n);
  const total = weights.reduce((all, [, one]) => all + one, 0n);
  const depths = known.map(([depth]) => depth);
  const weighted = known.reduce((all, [depth, one]) => all + BigInt(depth) * one, 0n);
  return {
    min: depths.length ? Math.min(...depths) : null,
    mean: weight ? divide(weighted, weight) : null,
    max: depths.length ? Math.max(...depths) : null,
    open,
    known_share: total ? divide(weight, total) : null,
  };
}
