"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const arrows = { lower: "↓", higher: "↑", one: "→1", zero: "→0" };
  const state = { board: 0, policy: null, boardSort: null, clipSort: ["clip", 1], model: "", find: "", open: null };

  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const faultWords = { model: "failed by the model", instrument: "not determined by us", unmatched: "without a reference" };
  const chip = (fault, text) => {
    const node = make("span", text || faultWords[fault] || "failed", `chip ${fault}`);
    node.title = { model: "charged as the policy says", instrument: "charged to nobody: left out for all models",
      unmatched: "not counted" }[fault] || "";
    return node;
  };
  const number = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (size < 1e-9) return "0"; // rounding of equal paths
    return size >= 1e4 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  };
  // What is judged where the good value is no bound: the clips, and not their mean.
  const judged = { one: "how far from 1, as the size of the logarithm", zero: "how far from 0" };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const board = () => data.boards[state.board];
  const policy = () => state.policy || board().failures;
  const withUnit = (words, unit) => (unit ? `${words} (${unit})` : words);
  const noiseOf = (metric) => (data.noise[board().protocol] || {})[metric];

  function head(table, columns, sort, onSort) {
    const row = make("tr");
    for (const column of columns) {
      const cell = make("th", undefined, column.words ? "words" : "");
      cell.scope = "col";
      const button = make("button", column.label);
      button.type = "button";
      if (column.title) button.title = column.title;
      button.addEventListener("click", () => onSort(column.key));
      if (sort && sort[0] === column.key) cell.setAttribute("aria-sort", sort[1] > 0 ? "ascending" : "descending");
      cell.append(button);
      row.append(cell);
    }
    const part = make("thead");
    part.append(row);
    table.replaceChildren(part);
  }

  function turned(sort, key) {
    return [key, sort && sort[0] === key ? -sort[1] : 1];
  }

  function compare(a, b) {
    if (a === b) return 0;
    if (a === null || a === undefined) return 1;
    if (b === null || b === undefined) return -1;
    return a < b ? -1 : 1;
  }

  function drawBoard() {
    const { metrics, models, stamp, measurable } = board();
    const chosen = policy();
    const other = chosen === "drop" ? "worst" : "drop";
    const without = (model) => Object.values(model.faults || {}).reduce((a, b) => a + b, 0);
    const columns = [
      { key: "model", label: "Model" },
      { key: "ok", label: "Clips", title: "with scores, of those that have a reference" },
      ...models.some(without)
        ? [{ key: "faults", label: "Without a score", title: "whose fault it is: only the model's own are charged" }] : [],
      ...metrics.map((m) => ({ key: m.name, label: `${m.name} ${arrows[m.better]}`,
        title: withUnit(m.words, m.unit) + (judged[m.better] ? `; judged by ${judged[m.better]}, clip by clip` : "") })),
    ];
    const counted = (clips) => `${clips} clip${clips === 1 ? "" : "s"}`;
    const onFewer = (model, metric) => {
      const entry = model.policies[chosen][metric.name];
      return entry.value !== null && entry.clips < model.clips[chosen];
    };
    head(at("board"), columns, state.boardSort, (key) => {
      state.boardSort = turned(state.boardSort, key);
      drawBoard();
    });
    const value = (model, key) => key === "model" ? model.model : key === "ok" ? model.ok / model.all
      : key === "faults" ? without(model)
      : model.policies[chosen][key].value;
    const size = (model) => model.policies[chosen][metrics[0].name].badness;
    const [key, way] = state.boardSort || [];
    const rows = [...models].sort((a, b) => key ? way * compare(value(a, key), value(b, key)) : compare(size(a), size(b)));
    const body = make("tbody");
    for (const model of rows) {
      const row = make("tr");
      row.append(make("td", model.model + (model.warnings.length ? " ⚠" : "")));
      row.append(make("td", `${model.ok}/${model.all}`));
      const faults = make("td", undefined, "faults");
      for (const [fault, count] of Object.entries(model.faults || {})) {
        if (count) faults.append(chip(fault, `${count} ${faultWords[fault]}`));
      }
      if (models.some(without)) row.append(faults);
      for (const metric of metrics) {
        const entry = model.policies[chosen][metric.name];
        const rest = model.policies[other][metric.name];
        const cell = make("td", undefined, entry.best ? "best" : "");
        cell.append(entry.value === null ? "undefined" : number(entry.value));
        if (rest.value !== null && rest.value !== entry.value) {
          cell.append(" ", make("span", `(${number(rest.value)})`, "other"));
        }
        if (entry.ci95) cell.append(make("span", `[${entry.ci95.map(number).join(", ")}]`, "interval under"));
        if (onFewer(model, metric)) cell.append(make("span", `on ${counted(entry.clips)}`, "interval under"));
        cell.title = `mean of the ${counted(entry.clips)} that all models have; square brackets: 95 % over clips; round: failures ` +
          (other === "drop" ? "left out" : "charged");
        row.append(cell);
      }
      body.append(row);
    }
    at("board").append(body);
    const entries = models.flatMap((m) => metrics.map((each) => [m.policies[chosen][each.name], m.policies[other][each.name]]));
    const units = metrics.filter((m) => m.unit);  // none of models without a scored clip
    const square = entries.filter(([entry]) => entry.ci95);
    const round = entries.some(([entry, rest]) => rest.value !== null && rest.value !== entry.value);
    at("brackets").textContent = [
      units.length ? `Units: ${units.map((m) => `${m.name} ${m.unit}`).join(", ")}.` : "",
      square.length ? "Square brackets: 95 % over clips" +
        (square.some(([entry]) => entry.clips < data.fewest_clips)
          ? `; over fewer than ${data.fewest_clips} clips they are too narrow.` : ".") : "",
      round ? `Round brackets: failures ${other === "drop" ? "left out" : "charged"}.` : "",
    ].filter(Boolean).join(" ");
    at("fewer").textContent = !models.some((m) => metrics.some((each) => onFewer(m, each))) ? ""
      : models.length < 2 ? "On fewer clips than the model has: the mean is over those that have a value."
      : "On fewer clips than the model has: the mean is over those that all models have a value for (a model without any " +
        "keeps none out); it may differ from the mean over all clips of the model.";
    at("warnings").replaceChildren(...models.flatMap((m) => m.warnings.map((w) => make("p", `⚠ ${m.model}: ${w}`, "warning"))));
    const marked = models.some((m) => metrics.some((each) => m.policies[chosen][each.name].best));
    at("marks").textContent = models.length < 2 ? "" : marked
      ? "Green: better than every other model on the clips that both have, as the interval of the differences and sign flips tell."
      : "No value is marked as best: on these clips no model can be told to be better than every other one.";
    // A metric without a mean: no clip has it in every model, which is so of all metrics where names differ.
    const lacking = metrics.map((m) => m.name).filter((name) => models.every((m) => m.policies[chosen][name].value === null));
    at("valueless").textContent = !lacking.length ? "" : `undefined: ${lacking.join(", ")}: no clip has a value` +
      (models.length > 1 ? " in every model, and they are compared on clips that all have" : "") + "; the rows of the clips say why";
    const floor = data.noise[board().protocol];
    at("noise").replaceChildren(...floor
      ? ["Instrument noise (median disagreement of a clip with itself, changed and undone): " +
        metrics.filter((m) => floor[m.name] !== undefined).map((m) => `${m.name} ${number(floor[m.name])}`).join(", ") +
        ". Differences below it mean nothing."]
      : !measurable ? ["Instrument noise: not measured."]
      : ["Instrument noise: not measured. To measure it on clips of yours: ",
        make("code", `cinetraj noise CLIP... --protocol ${stamp.name} --out SCORES`), ", where SCORES is the folder of these scores, then ",
        make("code", "cinetraj report SCORES --html PAGE"), "."]);
    drawOverview(rows);
  }

  const layout = (more) => ({
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: colour("ink"), size: 12 },
    margin: { l: 55, r: 15, t: 15, b: 40 }, modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("quiet") }, legend: { orientation: "h", y: 1.12 }, ...more,
  });
  const axis = (title, more) => ({ title: { text: title }, gridcolor: colour("line"), zerolinecolor: colour("line"), ...more });
  const options = { displaylogo: false, responsive: true };

  const level = (value) => ({
    type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, line: { color: colour("noise"), dash: "dash", width: 2 },
  });
  const label = (value) => ({
    xref: "paper", x: 1, xanchor: "right", y: value, yanchor: "bottom", text: "instrument noise", showarrow: false,
    font: { color: colour("noise"), size: 11 },
  });

  // Where two equal clips with that much noise would lie: above zero, around one, below a full share.
  function levels(metric) {
    const floor = noiseOf(metric.name);
    if (floor === undefined) return [];
    if (metric.better === "one") return [Math.exp(floor), Math.exp(-floor)];
    return metric.better === "zero" ? [floor, -floor] : [metric.better === "higher" ? 1 - floor : floor];
  }
  const noiseMarks = (metric) => ({ shapes: levels(metric).map(level), annotations: levels(metric).slice(0, 1).map(label) });

  // Plotly takes some tags in texts for its own.
  const bare = (name) => name.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

  function drawOverview(models) {
    const { metrics } = board();
    const metric = metrics.find((m) => state.boardSort && m.name === state.boardSort[0]) || metrics[0];
    const entries = models.map((m) => m.policies[policy()][metric.name]);
    at("overview").hidden = entries.every((e) => e.value === null);
    if (at("overview").hidden || !window.Plotly) return;
    Plotly.react("overview", [{
      type: "bar", x: models.map((m) => bare(m.model)), y: entries.map((e) => e.value), marker: { color: colour("generated") }, width: 0.4,
      error_y: {
        type: "data", symmetric: false, color: colour("ink"),
        array: entries.map((e) => (e.ci95 ? e.ci95[1] - e.value : 0)),
        arrayminus: entries.map((e) => (e.ci95 ? e.value - e.ci95[0] : 0)),
      },
      hovertemplate: "%{x}: %{y:.4g}<extra></extra>",
    }], layout({
      yaxis: axis(withUnit(metric.name, metric.unit), { rangemode: "tozero" }), xaxis: axis("", { type: "category", automargin: true }),
      ...noiseMarks(metric),
    }), options);
  }

  function drawPaired() {
    const rows = board().paired;
    at("paired-section").hidden = rows.length === 0;
    const labels = ["Models", "Metric", "Clips", "Difference [95 %]", "Better on", "p (sign flips)", "Verdict"];
    const body = make("tbody");
    for (const row of rows) {
      const line = make("tr");
      const interval = row.interval ? ` [${row.interval.map(number).join(", ")}]` : "";
      const { better } = board().metrics.find((m) => m.name === row.metric);
      const metric = row.metric + (judged[better] ? `: ${judged[better]}` : "");
      [`${row.first} − ${row.second}`, metric, row.clips, number(row.difference) + interval,
        `${row.first_better} : ${row.second_better}`, number(row.probability), row.verdict].forEach((text, i) => {
        const cell = make("td", String(text), i === labels.length - 1 ? "words" : "");
        cell.dataset.label = labels[i]; // in a narrow window it stands before the value
        line.append(cell);
      });
      body.append(line);
    }
    const part = make("thead");
    const line = make("tr");
    labels.forEach((text, i) => line.append(make("th", text, i === labels.length - 1 ? "words" : "")));
    part.append(line);
    at("paired").replaceChildren(part, body);
  }

  function drawNotes() {
    const { notes, models } = board();
    const text = (note) => `${note.text} (${note.clips})`;
    const told = models.map((m) => m.notes.map(text));
    const shared = models.length < 2 ? [] : told[0].filter((note) => told.every((each) => each.includes(note)));
    const groups = [["Protocol", notes], ["All models", shared],
      ...models.map((m, i) => [m.model, told[i].filter((note) => !shared.includes(note))])];
    at("notes").replaceChildren(...groups.filter(([, lines]) => lines.length).flatMap(([name, lines]) => {
      const list = make("ul");
      list.append(...lines.map((line) => make("li", line)));
      return [make("h3", name), list];
    }));
    at("notes-section").hidden = groups.every(([, lines]) => !lines.length);
  }

  function drawClips() {
    const { metrics, clips } = board();
    const told = (key) => clips.some((row) => row[key] !== null && row[key] !== undefined);
    const columns = [
      { key: "clip", label: "Clip" }, { key: "model", label: "Model" },
      ...told("compared") ? [{ key: "compared", label: "Compared", title: "share of the reference's time" }] : [],
      ...metrics.map((m) => ({ key: m.name, label: `${m.name} ${arrows[m.better]}`, title: m.words })),
      ...told("speed_ratio")
        ? [{ key: "speed_ratio", label: "Speed", title: "how much faster than the reference's the camera goes through its move" }] : [],
    ];
    head(at("clips"), columns, state.clipSort, (key) => {
      state.clipSort = turned(state.clipSort, key);
      drawClips();
    });
    const value = (row, key) => ["clip", "model", "compared", "speed_ratio"].includes(key) ? row[key] : row.values[key];
    const find = state.find.toLowerCase();
    const [key, way] = state.clipSort;
    const rows = clips
      .filter((row) => (!state.model || row.model === state.model) &&
        (!find || row.clip.toLowerCase().includes(find) || (row.failed || "").toLowerCase().includes(find)))
      .sort((a, b) => way * compare(value(a, key), value(b, key)));
    const shown = rows.slice(0, 2000);
    const body = make("tbody");
    for (const row of shown) {
      const line = make("tr", undefined, state.open === row ? "open" : "");
      line.tabIndex = 0;
      line.dataset.clip = row.clip;
      line.dataset.model = row.model;
      line.append(make("td", row.clip), make("td", row.model));
      if (row.failed) {
        // One line: whose fault and why, in view whatever the width of the table.
        const cell = make("td", undefined, "reason");
        cell.colSpan = columns.length - 2;
        cell.title = row.failed;
        const inner = make("div", undefined, "line");
        inner.append(chip(row.fault), make("span", row.failed, "why"));
        cell.append(inner);
        line.append(cell);
      } else {
        if (told("compared")) line.append(make("td", row.compared === null || row.compared === undefined ? "" : `${Math.round(100 * row.compared)} %`,
          row.compared < 0.95 ? "failed" : ""));
        for (const metric of metrics) {
          const undefinedWhy = row.undefined[metric.name];
          const cell = make("td", undefinedWhy ? "undefined" : number(row.values[metric.name]), undefinedWhy ? "none" : "");
          if (undefinedWhy) cell.title = undefinedWhy;
          const interval = row.intervals[metric.name];
          if (interval) {
            cell.append(make("span", `[${interval.map(number).join(", ")}]`, "interval under"));
            cell.title = "median, and 5 to 95 % over what the estimates leave open";
          }
          line.append(cell);
        }
        if (told("speed_ratio")) line.append(make("td", row.speed_ratio ? `${number(row.speed_ratio)}×` : ""));
      }
      line.addEventListener("click", () => open(row));
      line.addEventListener("keydown", (event) => { if (event.key === "Enter") open(row); });
      body.append(line);
    }
    at("clips").append(body);
    at("count").textContent = `${rows.length} ${rows.length === 1 ? "row" : "rows"}` + (rows.length > shown.length ? `, the first ${shown.length} shown` : "");
  }

  function open(row) {
    state.open = row;
    drawClips();
    at("detail").hidden = false;
    drawDetail();
    at("detail").scrollIntoView({ behavior: "auto", block: "start" });
  }

  function drawDetail() {
    const row = state.open;
    if (!row) return;
    const detail = data.details[row.detail] || {};
    at("h-detail").textContent = `${row.clip} · ${row.model}`;
    const facts = detail.facts || {};
    const words = [];
    if (row.failed) words.push(row.failed);
    const share = facts.compared !== undefined ? facts.compared : facts.overlap;
    if (share !== undefined) words.push(`${Math.round(100 * share)} % of the reference's time compared`);
    if (facts.speed_ratio && Math.abs(Math.log(facts.speed_ratio)) > 0.02) words.push(`the generated camera goes ${number(facts.speed_ratio)} times as fast through its move`);
    if (facts.scored !== undefined) words.push(`${Math.round(100 * facts.scored)} % of the points have a pose in both`);
    if (facts.reference_translates === false) words.push(`reference stands still: ${facts.reference_state}`);
    if (facts.generated_translates === false) words.push(`generated camera stands still: ${facts.generated_state}`);
    words.push(...(detail.notes || []));
    if (!row.detail && !row.failed) words.push("the paths of this clip were not kept with its scores");
    at("facts").textContent = words.join(" · ");
    const strips = [];
    (detail.sources || []).forEach((source, i) => {
      const images = data.strips[source];
      if (!images || !images.length) return;
      const side = i ? "generated" : "reference";
      strips.push(make("div", side, `side ${side}`));
      const strip = make("div", undefined, "strip");
      images.forEach((image, k) => {
        const node = make("img");
        node.src = image;
        node.alt = `${side}, frame ${k + 1} of ${images.length}`;
        strip.append(node);
      });
      strips.push(strip);
    });
    at("strips").replaceChildren(...strips);
    drawPaths(detail);
    const names = Object.keys(detail.errors || {});
    at("metric").replaceChildren(...names.map((name) => new Option(name, name)));
    drawErrors(detail);
    drawMoves(detail);
    const why = Object.entries(row.undefined).map(([name, text]) => make("p", `${name} is undefined: ${text}`, "quiet"));
    at("undefined").replaceChildren(...why);
  }

  function rotate(q, v) {
    const [w, x, y, z] = q;
    const t = [2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])];
    return [
      v[0] + w * t[0] + y * t[2] - z * t[1],
      v[1] + w * t[1] + z * t[0] - x * t[2],
      v[2] + w * t[2] + x * t[1] - y * t[0],
    ];
  }

  function frusta(path, size) {
    const known = path.xyz.map((p, i) => (p ? i : -1)).filter((i) => i >= 0);
    const step = Math.max(1, Math.floor(known.length / 9));
    const corners = [[-0.6, -0.4, 1], [0.6, -0.4, 1], [0.6, 0.4, 1], [-0.6, 0.4, 1]].map((c) => c.map((v) => v * size));
    const line = [[], [], []];
    const add = (point) => [0, 1, 2].forEach((k) => line[k].push(point === null ? null : point[k]));
    for (let n = 0; n < known.length; n += step) {
      const p = path.xyz[known[n]];
      const far = corners.map((c) => rotate(path.wxyz[known[n]], c).map((v, k) => v + p[k]));
      for (let k = 0; k < 4; k++) [p, far[k], far[(k + 1) % 4], null].forEach(add);
    }
    return line;
  }

  function drawPaths(detail) {
    if (!window.Plotly) return;
    const traces = [];
    const points = [];
    for (const side of ["reference", "generated"]) {
      if (detail[side]) points.push(...detail[side].xyz.filter(Boolean));
    }
    if (!points.length) {
      Plotly.purge("paths");
      at("paths").textContent = "no paths to draw";
      return;
    }
    at("paths").firstChild && at("paths").firstChild.nodeType === 3 && at("paths").replaceChildren();
    const low = [0, 1, 2].map((k) => Math.min(...points.map((p) => p[k])));
    const high = [0, 1, 2].map((k) => Math.max(...points.map((p) => p[k])));
    const span = Math.max(...[0, 1, 2].map((k) => high[k] - low[k])) || 1;
    const size = 0.09 * span;
    for (const side of ["reference", "generated"]) {
      const path = detail[side];
      if (!path) continue;
      const xyz = [0, 1, 2].map((k) => path.xyz.map((p) => (p ? p[k] : null)));
      traces.push({
        type: "scatter3d", mode: "lines", name: side, x: xyz[0], y: xyz[1], z: xyz[2],
        line: { color: colour(side), width: 5 }, hovertemplate: `${side}<br>%{x:.3g}, %{y:.3g}, %{z:.3g}<extra></extra>`,
      });
      const [x, y, z] = frusta(path, size);
      traces.push({
        type: "scatter3d", mode: "lines", x, y, z, line: { color: colour(side), width: 2 }, opacity: 0.7,
        showlegend: false, hoverinfo: "skip",
      });
    }
    const middle = [0, 1, 2].map((k) => (low[k] + high[k]) / 2);
    const range = (k) => [middle[k] - 0.62 * span, middle[k] + 0.62 * span];
    const three = (k, title) => axis(title, { range: range(k), showbackground: false, color: colour("quiet") });
    Plotly.react("paths", traces, layout({
      margin: { l: 0, r: 0, t: 0, b: 0 }, legend: { x: 0.02, y: 0.98 },
      scene: {
        aspectmode: "cube", xaxis: three(0, "right"), yaxis: three(1, "down"), zaxis: three(2, "forward"),
        camera: { up: { x: 0, y: -1, z: 0 }, eye: { x: 1.4, y: -1.1, z: -1.7 } },
      },
    }), options);
  }

  function drawErrors(detail) {
    if (!window.Plotly) return;
    const name = at("metric").value;
    const errors = (detail.errors || {})[name];
    if (!errors) {
      Plotly.purge("errors");
      return;
    }
    const metric = board().metrics.find((m) => m.name === name) || { name, better: "lower" };
    const known = detail.at && detail.at.length === errors.values.length ? detail.at : errors.values.map((_, i) => i);
    const at_ = errors.at || known;
    Plotly.react("errors", [{
      x: at_, y: errors.values, mode: "lines+markers", marker: { size: 4 }, line: { color: colour("generated") },
      hovertemplate: "%{x}: %{y:.4g}<extra></extra>",
    }], layout({
      xaxis: axis(detail.axis || "frames"), yaxis: axis(withUnit(name, errors.unit), { rangemode: "tozero" }),
      ...noiseMarks(metric),
    }), options);
  }

  function drawMoves(detail) {
    const both = detail.moves || [];
    const names = [...new Set(both.flatMap((m) => m.segments.map((s) => s[0])))];
    const nodes = both.map((m, i) => {
      const line = make("p");
      line.append(make("span", i ? "generated " : "reference ", `side ${i ? "generated" : "reference"}`), m.sentence);
      return line;
    });
    const track = make("div", undefined, "track");
    for (const name of names) {
      const bars = make("div", undefined, "bars");
      both.forEach((m, i) => m.segments.filter((s) => s[0] === name).forEach(([, start, end]) => {
        const bar = make("i", undefined, i ? "generated" : "reference");
        bar.style.left = `${100 * start}%`;
        bar.style.width = `${Math.max(0.5, 100 * (end - start))}%`;
        bars.append(bar);
      }));
      track.append(make("div", name.replaceAll("_", " "), "name"), bars);
    }
    at("moves").replaceChildren(...nodes, track);
  }

  function drawAll() {
    const { stamp, models } = board();
    at("policy").value = policy();
    at("title").textContent = data.title;
    at("lead").textContent = `${models.length} ${models.length === 1 ? "model" : "models"} under ${board().protocol}` +
      ` · ${stamp.hash.slice(0, 12)} · time ${stamp.time}, scale ${stamp.scale}, ${stamp.aggregation} over frames`;
    [...at("protocols").querySelectorAll("button")].forEach((b, i) => b.setAttribute("aria-pressed", i === state.board));
    at("stamp").textContent = JSON.stringify(stamp, null, 1);
    at("model").replaceChildren(new Option("all", ""), ...models.map((m) => new Option(m.model, m.model)));
    at("model").value = state.model;
    drawBoard();
    drawPaired();
    drawNotes();
    drawClips();
    drawDetail();
  }

  function drawProtocols() {
    at("protocols").hidden = data.boards.length < 2;
    at("protocols").append(make("span", `Scores under ${data.boards.length} protocols:`, "quiet"));
    data.boards.forEach((each, i) => {
      const button = make("button", each.protocol);
      button.type = "button";
      button.addEventListener("click", () => {
        Object.assign(state, { board: i, policy: null, boardSort: null, clipSort: ["clip", 1], open: null });
        at("detail").hidden = true;
        drawAll();
      });
      at("protocols").append(button);
    });
  }

  drawProtocols();
  at("policy").addEventListener("change", (event) => { state.policy = event.target.value; drawAll(); });
  at("model").addEventListener("change", (event) => { state.model = event.target.value; drawClips(); });
  at("find").addEventListener("input", (event) => { state.find = event.target.value; drawClips(); });
  at("metric").addEventListener("change", () => drawErrors(data.details[state.open.detail] || {}));
  at("close").addEventListener("click", () => { state.open = null; at("detail").hidden = true; drawClips(); });
  at("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    drawAll();
  });
  drawAll();

  // Plotly is most of the page, and a third of it where it is packed; the tables do not wait for it.
  async function unpack() {
    const bytes = Uint8Array.from(atob(at("plotly").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = make("script", await new Response(stream).text());
    document.head.append(script);
    drawAll();
  }
  unpack().catch((error) => {
    at("overview").textContent = `no plots: this browser cannot unpack them (${error.message})`;
  });
})();
