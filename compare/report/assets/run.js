"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const state = { shot: 0, at: 0, playing: false, layers: { tracks: true, moving: true, depth: false }, turn: [0.6, 0.45], near: 1 };
  const layerWords = { tracks: "tracks", moving: "what moves by itself", depth: "depth (near is bright)" };
  const video = at("video"), picture = at("picture"), space = at("space");
  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const draw = (tag, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  /* Long names break after "_" rather than in a word. */
  const broken = (name) => name.split(/(?<=_)/).flatMap((part) => [part, make("wbr")]);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const number = (value, digits = 3) => value === null || value === undefined ? "–" : String(Number(value.toPrecision(digits)));
  const percent = (value) => `${Math.round(100 * value)} %`;
  const shot = () => data.shots[state.shot];
  /* What time is counted in: the rows of the path, else the frames of the film. */
  const rows = () => shot().path ? shot().path.rows : shot().film ? shot().film.rows : [0];
  const time = (k) => shot().path ? shot().path.time[k] : shot().start_s + (shot().film ? k / shot().film.fps : 0);
  /* Where frames have numbers and no times, numbers are what is shown. */
  const counted = () => (shot().path && shot().path.index_fps) || null;
  const moment = (t) => counted() ? `frame ${Math.round(t * counted())}` : `${t.toFixed(2)} s${assumed()}`;
  /* Seconds by a rate that was told or taken, not read from the file. */
  const assumed = () => shot().path && shot().path.assumed ? " (rate assumed)" : "";
  const last = () => rows().length - 1;
  function nearest(sorted, value) {
    let low = 0, high = sorted.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1; else high = middle;
    }
    return low > 0 && value - sorted[low - 1] <= sorted[low] - value ? low - 1 : low;
  }
  const filmFrame = () => nearest(shot().film.rows, rows()[state.at]);

  function fitted(canvas, ratio) {
    const width = canvas.clientWidth, scale = window.devicePixelRatio || 1;
    const height = Math.round(width * ratio);
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  }

  function drawPicture() {
    const film = shot().film;
    picture.hidden = !film;
    if (!film) return;
    const [h, w] = film.hw;
    const ratio = film.tall * h / w;  /* pixels need not be square */
    picture.style.width = `min(100%, ${60 / ratio}vh)`;  /* a portrait leaves room for what lies below it */
    const { pen, width, height } = fitted(picture, ratio);
    if (!width) return;
    const k = filmFrame();
    const ready = video.readyState >= 2;
    const tile = (name) => film.tiles.indexOf(name);
    const show = (name, to = pen) => ready && to.drawImage(video, 0, tile(name) * h, w, h, 0, 0, width, height);
    show("film");
    if (state.layers.depth && tile("depth") >= 0) {
      pen.globalAlpha = 0.85;
      show("depth");
      pen.globalAlpha = 1;
    }
    if (state.layers.moving && tile("moving") >= 0 && ready) {
      /* Where the mask is white the film becomes 0.4 of itself and 0.6 of the colour. */
      veil(pen, width, height, show, [["difference", "#fff"], ["lighten", "#666"]], "multiply");
      veil(pen, width, height, show, [["multiply", colour("against")], ["multiply", "#999"]], "lighter");
    }
    if (state.layers.tracks && film.tracks) drawTracks(pen, film, k, [width / w, height / h]);
    if (!ready) {
      pen.fillStyle = colour("quiet");
      pen.fillText(video.error ? "this browser does not play H.264" : "loading …", 12, 20);
    }
  }

  const sheet = document.createElement("canvas");
  function veil(pen, width, height, show, steps, way) {
    sheet.width = width;
    sheet.height = height;
    const ink = sheet.getContext("2d");
    show("moving", ink);
    for (const [operation, fill] of steps) {
      ink.globalCompositeOperation = operation;
      ink.fillStyle = fill;
      ink.fillRect(0, 0, width, height);
    }
    pen.globalCompositeOperation = way;
    pen.drawImage(sheet, 0, 0);
    pen.globalCompositeOperation = "source-over";
  }

  function drawTracks(pen, film, k, [across, down]) {
    const trail = 10;
    film.tracks.xy.forEach((places, i) => {
      const here = places[k];
      if (here[0] === null) return;
      pen.strokeStyle = pen.fillStyle = colour(film.tracks.moving[i] ? "against" : "along");
      pen.lineWidth = 1.5;
      pen.beginPath();
      pen.moveTo((here[0] + 0.5) * across, (here[1] + 0.5) * down);
      for (let j = k - 1; j >= Math.max(0, k - trail) && places[j][0] !== null; j--) {
        pen.lineTo((places[j][0] + 0.5) * across, (places[j][1] + 0.5) * down);
      }
      pen.stroke();
      pen.beginPath();
      /* A square moves against the camera, a dot with it: colour alone tells nobody. */
      if (film.tracks.moving[i]) pen.rect((here[0] + 0.5) * across - 2.5, (here[1] + 0.5) * down - 2.5, 5, 5);
      else pen.arc((here[0] + 0.5) * across, (here[1] + 0.5) * down, 2.2, 0, 7);
      pen.fill();
    });
  }

  function rotate(q, v) {
    const [w, x, y, z] = q;
    const t = [2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])];
    return [v[0] + w * t[0] + y * t[2] - z * t[1], v[1] + w * t[1] + z * t[0] - x * t[2], v[2] + w * t[2] + x * t[1] - y * t[0]];
  }

  function extent() {
    const { path, points } = shot();
    const known = path.xyz.filter((p) => p[0] !== null);
    const cloud = points ? points.xyz : [];
    const spread = (list, k) => {
      const values = list.map((p) => p[k]).sort((a, b) => a - b);
      const share = list === cloud ? 0.03 : 0;  /* a few far points must not make the path a dot */
      return [values[Math.floor(share * (values.length - 1))], values[Math.ceil((1 - share) * (values.length - 1))]];
    };
    const of = (list) => list.length ? [0, 1, 2].map((k) => spread(list, k)) : null;
    const wide = (box) => box ? Math.max(...box.map(([a, b]) => b - a)) : 0;
    const mine = of(known), theirs = of(cloud);
    const span = mine ? Math.hypot(...mine.map(([a, b]) => b - a)) : 0;
    /* What is too little to be called a move is drawn as little, not blown up to a path. */
    const way = path.travels ? span : Math.max(span, 0.2 * (path.depth || 0));
    /* The path is what matters: points may run out of the picture before it gets small. */
    const most = way ? Math.max(2.4 * way, 0.5 * (path.depth || 0)) : Infinity;
    const size = Math.max(Math.min(Math.max(wide(mine), wide(theirs)), most), path.travels ? 0 : path.depth || 0) || 1;
    const middle = [0, 1, 2].map((k) => {
      const path_ = mine ? (mine[k][0] + mine[k][1]) / 2 : 0;
      if (!theirs) return path_;
      const points_ = (theirs[k][0] + theirs[k][1]) / 2;
      return path_ + Math.max(-0.2 * size, Math.min(0.2 * size, 0.5 * (points_ - path_)));
    });
    return { middle, size, way, span };
  }

  /* How long the path's unit is called; a sum of scene depths only where the path was made so. */
  const unitOf = (path) => path.scale === "metric" ? "m" : path.depth && Math.abs(path.depth - 1) < 0.5 ? "scene depths" : "units of the path";

  function ruler(pen, path, unit, width, height) {
    const most = 0.3 * width / unit, power = 10 ** Math.floor(Math.log10(most));
    const step = power * [5, 2, 1].find((m) => m * power <= most);
    const [x, y] = [width - 14, height - 14];
    pen.strokeStyle = pen.fillStyle = colour("quiet");
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const [a, b] of [[0, -4], [0, 0], [-step * unit, 0], [-step * unit, -4]]) pen.lineTo(x + a, y + b);
    pen.stroke();
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "right";
    pen.fillText(`${number(step)} ${step === 1 && unitOf(path) !== "m" ? unitOf(path).replace(/s\b/, "") : unitOf(path)}`, x, y - 8);
    pen.textAlign = "left";
  }

  /* Of the cameras that are drawn besides the present one, evenly over the shot. */
  function evenly(count) {
    const shown = Math.min(7, count);
    return Array.from({ length: shown }, (_, i) => Math.round(i * (count - 1) / Math.max(1, shown - 1)));
  }

  const reachOf = (path, points, size, way, still) =>
    still || !path.travels ? (points ? 0.12 : 0.3) * size : Math.max(0.12 * way, 0.06 * size);

  /* A mark above the picture and its four corners, at a depth before the camera. */
  function lens(path, k, reach) {
    if (path.xyz[k][0] === null) return [];
    const zoomed = path.focal && path.focal[k] ? path.focal.find((v) => v !== null) / path.focal[k] : 1;
    const wide = path.half.map((v) => v * zoomed * reach);
    return [[0, -1.35], [-1, -1], [1, -1], [1, 1], [-1, 1]].map(([a, b]) =>
      rotate(path.wxyz[k], [a * wide[0], b * wide[1], reach]).map((v, i) => v + path.xyz[k][i]));
  }

  function drawSpace() {
    const { path, points } = shot();
    if (!path) return;
    const { pen, width, height } = fitted(space, 0.66);
    if (!width) return;
    const { middle, size, way, span } = extent();
    const still = span < 1e-9 * size || !span;
    const shown = evenly(path.xyz.length), reach = reachOf(path, points, size, way, still);
    const far = Math.max(...shown.flatMap((k) => [path.xyz[k], ...lens(path, k, reach)])
      .filter((p) => p[0] !== null).map((p) => Math.hypot(...p.map((v, i) => v - middle[i]))), 0);
    const room = Math.min(width, height);
    /* However it is turned, no camera leaves the picture, unless one comes nearer. */
    const unit = Math.min(0.72 * room / size, far ? (0.5 * room - 6) / far : Infinity) * state.near;
    const [yaw, pitch] = state.turn;
    const cy = Math.cos(yaw), sy = Math.sin(yaw), cp = Math.cos(pitch), sp = Math.sin(pitch);
    /* Camera axes: x right, y down, z forward; the eye looks along z from behind and above. */
    const flat = (p) => {
      const [x, y, z] = p.map((v, k) => v - middle[k]);
      const right = cy * x - sy * z, deep = sy * x + cy * z;
      return [width / 2 + unit * right, height / 2 + unit * (cp * y - sp * deep), deep * cp + sp * y];
    };
    if (points) {
      points.xyz.forEach((p, i) => {
        const [x, y] = flat(p);
        pen.fillStyle = `rgb(${points.rgb[i].join(" ")})`;
        pen.fillRect(x - 1, y - 1, 2, 2);
      });
    }
    const line = (list) => {
      pen.beginPath();
      let drawing = false;
      for (const p of list) {
        if (p[0] === null) { drawing = false; continue; }
        const [x, y] = flat(p);
        if (drawing) pen.lineTo(x, y); else pen.moveTo(x, y);
        drawing = true;
      }
      pen.stroke();
    };
    const frustum = (k) => {
      if (path.xyz[k][0] === null) return;
      const [up, ...corners] = lens(path, k, reach);
      for (let i = 0; i < 4; i++) line([path.xyz[k], corners[i], corners[(i + 1) % 4]]);
      line([corners[0], up, corners[1]]);
    };
    pen.lineJoin = "round";
    pen.strokeStyle = colour("quiet");
    pen.lineWidth = 1;
    shown.forEach(frustum);
    pen.strokeStyle = colour("c0");
    pen.lineWidth = 2.5;
    line(path.xyz);
    pen.fillStyle = colour("c0");
    path.xyz.filter((p, i) => p[0] !== null && alone(path.xyz, i)).map(flat).forEach(([x, y]) => pen.fillRect(x - 1.5, y - 1.5, 3, 3));
    pen.strokeStyle = colour("c1");
    pen.lineWidth = 2;
    frustum(state.at);
    compass(pen, flat, middle, unit, height);
    if (!still || path.depth) ruler(pen, path, unit, width, height);
    at("travelled").textContent = travelled(path, span, still);
  }

  function travelled(path, span, still) {
    const bound = path.bound ? `less than ${number(path.bound, 2)} scene depths` : "";
    if (path.travels === null) return `Whether it travels is not known${bound && `; if it does, by ${bound}`}.`;
    if (path.scale === "bounded") return `No travel was seen${bound && `; if there is any, ${bound}`}.`;
    if (still) return "No travel.";
    return path.travels ? "" : `Hardly travels: within ${number(span, 2)} ${unitOf(path)}, too little to be called a move.`;
  }

  function compass(pen, flat, middle, unit, height) {
    const zero = flat(middle), from = [72, height - 34];
    pen.font = "11px system-ui, sans-serif";
    [["right", 0, 1], ["up", 1, -1], ["forward", 2, 1]].forEach(([name, axis, sign]) => {
      const to = flat(middle.map((v, k) => v + (k === axis ? sign * 34 / unit : 0)));
      const end = [from[0] + to[0] - zero[0], from[1] + to[1] - zero[1]];
      pen.strokeStyle = pen.fillStyle = colour("quiet");
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...end);
      pen.stroke();
      pen.textAlign = end[0] < from[0] - 4 ? "right" : end[0] > from[0] + 4 ? "left" : "center";
      const away = pen.textAlign === "center" ? [0, end[1] > from[1] ? 13 : -4] : [pen.textAlign === "left" ? 4 : -4, 4];
      if (Math.hypot(to[0] - zero[0], to[1] - zero[1]) > 8) pen.fillText(name, end[0] + away[0], end[1] + away[1]);
    });
    pen.textAlign = "left";
  }

  function drawWhen() {
    const { segments, path } = shot();
    at("when-section").hidden = !path;
    if (!path) return;
    const axes = path.frame === "horizon" ? "turns about the horizon, travel in the camera's axes at that time"
      : "in the camera's own axes at that time";
    at("told").textContent = segments.length ? `A bar: while it lasts, ${axes}; hatched: throughout. ✓: told of the whole as well, `
      + "the last frame against the first, as cinetraj describe does. What goes and comes back has bars alone."
      + (segments.some((line) => !line.whole) ? " In brackets, of those: how probably what is told of such moves is right." : "")
      + (segments.some((line) => line.unsure) ? " ?: not sure." : "") : "";
    const start = path.time[0], span = path.time[last()] - start || 1;
    if (!segments.length) {
      at("when").replaceChildren(make("p", "No move is told of the whole, and none is clear for a while.", "quiet"));
      return;
    }
    const grid = make("div", undefined, "when");
    for (const line of segments) {
      const lane = make("div", undefined, "lane");
      const name = (line.name === "Static" && !line.whole ? "Holds still" : line.name) + (line.unsure ? " ?" : "");
      /* Decided of the whole and in no stretch of its own, such as a drift hidden in shake. */
      for (const [from, to] of line.spans.length ? line.spans : [[start, start + span]]) {
        const bar = make("i", undefined, line.spans.length ? "" : "throughout");
        bar.style.left = `${100 * (from - start) / span}%`;
        bar.style.width = `${Math.max(0.5, 100 * (to - from) / span)}%`;
        bar.style.opacity = line.reliability === null ? 1 : 0.35 + 0.65 * line.reliability;
        bar.title = `${name}: ${moment(from)} to ${moment(to)}`;
        lane.append(bar);
      }
      lane.append(make("i", undefined, "now"));
      lane.addEventListener("click", (event) => {
        const box = lane.getBoundingClientRect();
        seek(nearest(path.time, start + span * (event.clientX - box.left) / box.width));
      });
      const share = line.reliability === null ? "" : percent(line.reliability);
      const sure = make("div", line.whole || !share ? share : `(${share})`, "sure");
      sure.title = line.whole ? "probability that the clip as a whole moves so" : "probability that what is told of this quantity is right, where it is known";
      const whole = make("div", line.whole ? "✓" : "", "clip");
      whole.title = line.whole ? "told of the whole" : "not told of the whole";
      grid.append(make("div", name, "name"), lane, whole, sure);
    }
    at("when").replaceChildren(grid);
  }

  /* A frame between two without a pose, which no line shows. */
  const alone = (list, i) => [list[i - 1], list[i + 1]].every((v) => v === undefined || v === null || v[0] === null);
  const dashes = ["", "7 3", "2 3"];
  function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    /* Digits enough to tell one from the next, however far from zero they are. */
    const digits = Math.min(100, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
    for (let v = Math.ceil(low / step) * step; v <= high + 1e-9 * step; v += step) found.push([v, String(Number(v.toFixed(digits)) || 0)]);
    return found;
  }

  function chart(title, lines, least) {
    const box = make("figure");
    box.append(make("figcaption", title));
    const svg = draw("svg", { role: "img", "aria-label": title });
    const key = make("div", undefined, "key");
    box.append(svg, key);
    const width = 360, height = 200, pad = { l: 46, r: 8, t: 8, b: 22 };
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const times = shot().path.time;
    const values = lines.flatMap((l) => l.values.flatMap((v, i) => v === null ? [] : l.sigma && l.sigma[i] !== null
      ? [v - l.sigma[i], v + l.sigma[i]] : [v]));
    let low = Math.min(...values), high = Math.max(...values);
    if (!values.length) [low, high] = [-1, 1];
    const wide = Math.max(least, 1.1 * (high - low)), middle = (low + high) / 2;
    [low, high] = [middle - wide / 2, middle + wide / 2];
    const span = times[times.length - 1] - times[0] || 1;
    const x = (t) => pad.l + (width - pad.l - pad.r) * (t - times[0]) / span;
    const y = (v) => pad.t + (height - pad.t - pad.b) * (high - v) / (high - low);
    for (const [v, words] of ticks(low, high, 4)) {
      svg.append(draw("line", { x1: pad.l, x2: width - pad.r, y1: y(v), y2: y(v), class: "grid" }));
      svg.append(draw("text", { x: pad.l - 5, y: y(v) + 4, "text-anchor": "end" }, words));
    }
    const rate = counted() || 1;
    ticks(rate * times[0], rate * (times[0] + span), 4).forEach(([t, words], i) => {
      const said = i ? words : counted() ? `frame ${words}` : `${words} s`;
      svg.append(draw("text", { x: x(t / rate), y: height - 6, "text-anchor": "middle" }, said));
    });
    lines.forEach((l, n) => {
      const known = l.values.map((v, i) => (v === null ? -1 : i)).filter((i) => i >= 0);
      if (l.sigma) {
        const there = known.filter((i) => l.sigma[i] !== null);
        const runs = there.reduce((found, i, k) => { k && there[k - 1] === i - 1 ? found[found.length - 1].push(i) : found.push([i]); return found; }, []);
        const edge = (rows_, sign) => rows_.map((i) => `${x(times[i]).toFixed(1)},${y(l.values[i] + sign * l.sigma[i]).toFixed(1)}`);
        for (const rows_ of runs.filter((each) => each.length > 1)) {
          svg.append(draw("polygon", { points: [...edge(rows_, 1), ...edge(rows_, -1).reverse()].join(" "), fill: `var(--c${n})`, opacity: 0.2 }));
        }
      }
      let d = "", drawing = false;
      l.values.forEach((v, i) => {
        if (v === null) { drawing = false; return; }
        if (alone(l.values, i)) svg.append(draw("circle", { cx: x(times[i]).toFixed(1), cy: y(v).toFixed(1), r: 1.5, fill: `var(--c${n})` }));
        d += `${drawing ? "L" : "M"}${x(times[i]).toFixed(1)} ${y(v).toFixed(1)}`;
        drawing = true;
      });
      svg.append(draw("path", { d, fill: "none", stroke: `var(--c${n})`, "stroke-width": 2, "stroke-dasharray": dashes[n] }));
      const item = make("span"), sample = draw("svg", { viewBox: "0 0 24 8" }), now = make("b");
      sample.append(draw("line", { x1: 0, x2: 24, y1: 4, y2: 4, stroke: `var(--c${n})`, "stroke-width": 3, "stroke-dasharray": dashes[n] }));
      item.append(sample, l.name, now);
      key.append(item);
      l.now = now;
    });
    const cursor = draw("line", { y1: pad.t, y2: height - pad.b, class: "now" });
    svg.append(cursor);
    const seekTo = (event) => {
      const frame = svg.getBoundingClientRect(), scale = Math.min(frame.width / width, frame.height / height);
      const inner = (event.clientX - frame.left - (frame.width - width * scale) / 2) / scale;
      seek(nearest(times, times[0] + span * (inner - pad.l) / (width - pad.l - pad.r)));
    };
    svg.addEventListener("pointerdown", seekTo);
    svg.addEventListener("pointermove", (event) => { if (event.buttons) seekTo(event); });
    box.move = () => {
      cursor.setAttribute("x1", x(times[state.at]));
      cursor.setAttribute("x2", x(times[state.at]));
      lines.forEach((l) => { l.now.textContent = number(l.values[state.at]); });
    };
    return box;
  }

  let charts = [];
  function drawCurves() {
    const { path } = shot();
    at("curves-section").hidden = !path;
    if (!path) return;
    const column = (rows_, k) => rows_.map((row) => row[k]);
    const three = (names, values, sigma) => names.map((name, k) => ({ name, values: column(values, k), sigma: column(sigma, k) }));
    charts = [
      chart("Rotation [degrees]", three(["tilt up", "pan right", "roll clockwise"], path.turned, path.turned_sigma), 2),
      chart(path.scale === "bounded" ? `Position (${path.travels === null ? "travel is not known" : "no travel seen"})` : `Position [${unitOf(path)}]`,
        three(["right", "down", "forward"], path.moved, path.moved_sigma), path.scale === "bounded" ? 0.1 : 0.02 * (path.depth || 0) || 1e-6),
    ];
    if (path.focal) {
      const known = path.focal.filter((v) => v !== null);
      charts.push(chart(`Focal length [${path.in_parts ? "parts of the picture" : "pixels"}]`, [{ name: "focal length", values: path.focal, sigma: path.focal_sigma }],
        0.2 * (known[0] || 1)));
    }
    at("curves").replaceChildren(...charts);
  }

  function meter(rows_) {
    const grid = make("div", undefined, "meter");
    for (const [words, value, chosen] of rows_) {
      const bar = make("div", undefined, chosen ? "bar chosen" : "bar"), fill = make("i");
      fill.style.width = `${100 * value}%`;
      bar.append(fill);
      grid.append(make("div", words, chosen ? "chosen" : ""), bar, make("div", percent(value), "value"));
    }
    return grid;
  }

  function drawWhy() {
    const { reasons, shares, probability, model } = shot();
    at("why-section").hidden = !reasons.length && !shares.length;
    at("reasons").replaceChildren(...reasons.flatMap(([question, answer]) => [make("dt", question), make("dd", answer)]));
    const quiet = (text) => make("p", text, "quiet");
    at("shares").replaceChildren(shares.length ? meter(shares.map(([name, words, share]) => [words, share, name === model]))
      : quiet("This backend does not compare kinds of cameras."));
    const names = { rotation: "rotation", translation: "travel", zoom: "zoom", rigid: "that anything rigid was filmed" };
    const known = Object.entries(names).filter(([key]) => typeof probability[key] === "number");
    at("probabilities").replaceChildren(known.length ? meter(known.map(([key, words]) => [words, probability[key], true]))
      : quiet("This backend gives no probabilities; auto does."));
  }

  function move() {
    at("at").value = state.at;
    const now = moment(time(state.at));
    const used = data.used ? ` of the ${data.used} used` : "";
    at("clock").textContent = counted() ? now : `frame ${rows()[state.at] + shot().start}${used} · ${now}`;
    at("at").setAttribute("aria-valuetext", at("clock").textContent);
    drawPicture();
    drawSpace();
    if (shot().path) {
      const share = (time(state.at) - time(0)) / (time(last()) - time(0) || 1);
      document.querySelectorAll(".lane .now").forEach((node) => { node.style.left = `${100 * share}%`; });
      charts.forEach((c) => c.move());
    }
  }

  function seek(k, fromFilm) {
    state.at = Math.max(0, Math.min(last(), k));
    if (shot().film && !fromFilm) {
      const wanted = (filmFrame() + 0.5) / shot().film.fps;
      if (Math.abs(video.currentTime - wanted) > 0.25 / shot().film.fps) video.currentTime = wanted;
    }
    move();
  }

  let began = 0;
  function tick(now) {
    if (!state.playing) return;
    const film = shot().film;
    if (film && video.readyState >= 2) {
      if (video.ended) { seek(last(), true); play(false); return; }  /* it may have ended between two looks */
      const frame = Math.min(film.rows.length - 1, Math.floor(video.currentTime * film.fps));
      seek(nearest(rows(), film.rows[frame]), true);
    } else {
      const wanted = time(0) + (now - began) / 1000;
      if (wanted > time(last())) { seek(last()); play(false); return; }
      seek(nearest(shot().path ? shot().path.time : [0], wanted));
    }
    requestAnimationFrame(tick);
  }

  function play(on) {
    state.playing = on;
    at("play").textContent = on ? "❚❚" : "▶";
    at("play").setAttribute("aria-label", on ? "Pause" : "Play");
    if (on) {
      if (state.at >= last()) seek(0);
      began = performance.now() - 1000 * (time(state.at) - time(0));
      if (shot().film) video.play().catch(() => play(false));
      requestAnimationFrame(tick);
    } else video.pause();
  }

  function choose(k) {
    if (state.playing) play(false);
    Object.assign(state, { shot: k, at: 0 });
    const it = shot();
    at("name").replaceChildren(...broken(data.name), it.name ? " · " : "", make("span", it.name, "whole"));
    document.title = it.name ? `${data.name} · ${it.name}` : data.name;
    at("shot").value = k;
    at("sentence").textContent = it.sentence || "No camera path was found.";
    const chips = [make("span", it.status, `chip ${it.status}`)];
    if (it.model_words) chips.push(make("span", `model: ${it.model_words}`, "chip quiet"));
    if (typeof it.confidence === "number") chips.push(make("span", `confidence ${it.confidence.toFixed(2)}`, "chip quiet"));
    at("chips").replaceChildren(...chips);
    at("reason").textContent = [it.reason, ...(it.notes || [])].filter(Boolean).join(" · ");
    at("gone").hidden = !it.gone;
    at("gone").textContent = it.gone;
    video.hidden = true;
    if (it.film) video.src = it.film.src; else video.removeAttribute("src");
    at("path-section").hidden = !it.path;
    at("at").max = last();
    document.querySelector(".deck").hidden = last() < 1;
    layers();
    drawWhen();
    drawCurves();
    drawWhy();
    at("facts").tBodies[0].replaceChildren(...[...it.facts, ...data.facts].map(([name, value]) => {
      const row = make("tr");
      row.append(make("td", name), make("td", value));
      return row;
    }));
    at("files").replaceChildren("Files: ", ...it.files.flatMap((name, i) => {
      const link = make("a", name);
      link.href = (it.name ? `${it.name}/` : "") + encodeURIComponent(name);
      return i ? [", ", link] : [link];
    }));
    seek(0);
  }

  function layers() {
    const { film } = shot();
    const there = film ? [...(film.tracks ? ["tracks"] : []), ...film.tiles.slice(1)] : [];
    const swatches = { tracks: ["along", "against"], moving: ["against"], depth: [] };
    const nodes = there.map((name) => {
      const label = make("label", undefined, "layer"), box = make("input");
      box.type = "checkbox";
      box.checked = state.layers[name];
      box.addEventListener("change", () => { state.layers[name] = box.checked; drawPicture(); });
      label.append(box, ...swatches[name].map((c) => {
        const dot = make("span", undefined, "swatch");
        dot.style.background = `var(--${c})`;
        return dot;
      }), name === "tracks" ? "tracks with the camera (dots) and against it (squares)" : layerWords[name]);
      return label;
    });
    const missing = film ? [["tracks", film.tracks], ["mask", film.tiles.includes("moving")], ["depth", film.tiles.includes("depth")]]
      .filter(([, known]) => !known).map(([name]) => name) : [];
    if (missing.length) nodes.push(make("span", `not kept with this run: ${missing.join(", ")}`, "quiet"));
    at("layers").replaceChildren(...nodes);
  }

  [["behind", [0.6, 0.45]], ["above", [0, 1.5708]], ["side", [1.5708, 0]]].forEach(([name, turn]) => {
    const button = make("button", name);
    button.type = "button";
    button.addEventListener("click", () => { state.turn = [...turn]; state.near = 1; drawSpace(); });
    at("views").append(button);
  });
  let held = null;
  space.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY]; space.setPointerCapture(event.pointerId); });
  space.addEventListener("pointermove", (event) => {
    if (!held) return;
    state.turn[0] -= 0.01 * (event.clientX - held[0]);
    state.turn[1] = Math.max(-1.5708, Math.min(1.5708, state.turn[1] + 0.01 * (event.clientY - held[1])));
    held = [event.clientX, event.clientY];
    drawSpace();
  });
  space.addEventListener("pointerup", () => { held = null; });
  space.addEventListener("pointercancel", () => { held = null; });
  space.addEventListener("wheel", (event) => {
    event.preventDefault();
    state.near *= Math.exp(-0.0015 * event.deltaY);
    drawSpace();
  }, { passive: false });
  space.addEventListener("keydown", (event) => {
    const turns = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (turns[event.key]) {
      state.turn[0] += turns[event.key][0];
      state.turn[1] = Math.max(-1.5708, Math.min(1.5708, state.turn[1] + turns[event.key][1]));
    } else if (event.key === "+" || event.key === "=") state.near *= 1.15;
    else if (event.key === "-") state.near /= 1.15;
    else return;
    event.preventDefault();
    drawSpace();
  });
  picture.addEventListener("click", () => play(!state.playing));
  document.addEventListener("keydown", (event) => {
    if (event.target === space || ["INPUT", "SELECT", "BUTTON", "A"].includes(event.target.tagName)) return;
    if (event.key === " ") play(!state.playing);
    else if (event.key === "ArrowRight") seek(state.at + 1);
    else if (event.key === "ArrowLeft") seek(state.at - 1);
    else if (event.key === "Home") seek(0);
    else if (event.key === "End") seek(last());
    else return;
    event.preventDefault();
  });
  at("play").addEventListener("click", () => play(!state.playing));
  at("at").addEventListener("input", (event) => { if (state.playing) play(false); seek(Number(event.target.value)); });
  ["seeked", "loadeddata", "error"].forEach((name) => video.addEventListener(name, drawPicture));
  at("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    move();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", move);
  window.addEventListener("resize", move);
  at("up").hidden = !data.folder;
  data.shots.forEach((s, i) => at("shot").append(new Option(`${s.name || "whole clip"} (${s.status})`, i)));
  at("shot-label").hidden = data.shots.length < 2;
  /* The shot stands in the address, so that links and the way back lead to it. */
  const named = () => Math.max(0, data.shots.findIndex((s) => s.name && `#${encodeURIComponent(s.name)}` === location.hash));
  at("shot").addEventListener("change", (event) => { location.hash = encodeURIComponent(data.shots[event.target.value].name); });
  window.addEventListener("hashchange", () => { if (named() !== state.shot) choose(named()); });
  choose(named());
  window.cinetraj = { state, seek, play, extent };
})();
