/* Slices of a report: cuts one small volume, the fields over it and the scene's own surfaces; asks no network.
 *
 * Places are LPS mm. The volume comes as tiles of a grey picture whose bytes stand for CT numbers by knots; a field as
 * tiles whose bytes 1 to 255 run along its colour bar and a little beyond, 0 where it is not known. */
(function () {
  "use strict";
  const root = document.getElementById("slices");
  const cfg = JSON.parse(document.getElementById("slice-data").textContent);
  const api = (window.plannerSlices = { ready: false, error: null });
  const SIZE = 560, INK = "#ffffff", EDGE = "#000000", LETTER = "#ffd76a", CROSS = "#5ef2c0";
  const say = (word) => cfg.words[word] || word;

  function make(tag, attributes, text) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text; // text, never markup: names come from the user's files
    return node;
  }

  function giveUp(reason) {
    api.error = String(reason);
    root.dataset.state = "failed";
    const note = root.querySelector(".slices-note");
    note.textContent = say("Slices cannot be shown here") + ": " + api.error;
    note.hidden = false;
  }

  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const plus = (a, s, b) => [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

  // ---------------------------------------------------------------- volumes
  function loaded(src) {
    return new Promise((done, fail) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = () => fail(new Error("a picture in the page cannot be read"));
      image.src = src;
    });
  }

  async function bytes(sheet, tiles) {
    const image = await loaded(sheet.src);
    const canvas = make("canvas", { width: image.naturalWidth, height: image.naturalHeight });
    const pen = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
    if (!pen) throw new Error("no canvas");
    pen.drawImage(image, 0, 0);
    const flat = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const [ni, nj] = sheet.shape, found = new Uint8Array(ni * nj * tiles);
    for (let k = 0, at = 0; k < tiles; k++) {
      const x = (k % sheet.columns) * ni, y = Math.floor(k / sheet.columns) * nj;
      for (let j = 0; j < nj; j++) {
        let from = ((y + j) * canvas.width + x) * 4;
        for (let i = 0; i < ni; i++, from += 4) found[at++] = flat[from];
      }
    }
    return found;
  }

  function inverse(rows) { // of an affine given as three rows of four
    const a = rows.map((r) => r.slice(0, 3)), c = [cross(a[1], a[2]), cross(a[2], a[0]), cross(a[0], a[1])];
    const det = dot(a[0], c[0]);
    const turn = [0, 1, 2].map((r) => [0, 1, 2].map((k) => c[k][r] / det));
    const shift = turn.map((row) => -dot(row, rows.map((r) => r[3])));
    return { of: (p) => turn.map((row, n) => dot(row, p) + shift[n]), turn: (d) => turn.map((row) => dot(row, d)) };
  }

  /* Calls put(pixel, value) with the value of each pixel that lies in the volume, linear between voxels. */
  function cut(values, shape, back, plane, side, put, hole) {
    const [ni, nj, nk] = shape, step = plane.side / side;
    const start = back.of(plus(plus(plane.centre, -0.5 * plane.side + 0.5 * step, plane.right), -0.5 * plane.side + 0.5 * step, plane.down));
    const du = back.turn(plane.right).map((v) => v * step), dv = back.turn(plane.down).map((v) => v * step);
    const row = ni, layer = ni * nj;
    for (let v = 0, pixel = 0; v < side; v++) {
      let x = start[0] + v * dv[0], y = start[1] + v * dv[1], z = start[2] + v * dv[2];
      for (let u = 0; u < side; u++, pixel++, x += du[0], y += du[1], z += du[2]) {
        if (!(x >= 0 && y >= 0 && z >= 0 && x <= ni - 1 && y <= nj - 1 && z <= nk - 1)) continue;
        const i = Math.min(x | 0, ni - 2), j = Math.min(y | 0, nj - 2), k = Math.min(z | 0, nk - 2);
        const fx = x - i, fy = y - j, fz = z - k, at = i + j * row + k * layer;
        const a = values[at], b = values[at + 1], c = values[at + row], d = values[at + row + 1];
        const e = values[at + layer], f = values[at + layer + 1], g = values[at + layer + row], h = values[at + layer + row + 1];
        if (hole && !(a && b && c && d && e && f && g && h)) continue;
        const near = (a + fx * (b - a)) * (1 - fy) + (c + fx * (d - c)) * fy;
        const far = (e + fx * (f - e)) * (1 - fy) + (g + fx * (h - g)) * fy;
        put(pixel, near + fz * (far - near));
      }
    }
  }

  // ---------------------------------------------------------------- surfaces
  function surfaces() {
    const block = document.getElementById("scene-glb"), found = new Map();
    if (!block) return found;
    const text = atob(block.textContent.trim()), raw = new Uint8Array(text.length);
    for (let n = 0; n < text.length; n++) raw[n] = text.charCodeAt(n);
    const view = new DataView(raw.buffer), length = view.getUint32(12, true);
    const tree = JSON.parse(new TextDecoder().decode(raw.subarray(20, 20 + length))), base = 28 + length;
    const KINDS = { 5126: Float32Array, 5125: Uint32Array, 5123: Uint16Array, 5121: Uint8Array };
    function read(number, wide) {
      const a = tree.accessors[number], b = tree.bufferViews[a.bufferView];
      const from = base + (b.byteOffset || 0) + (a.byteOffset || 0), Kind = KINDS[a.componentType];
      return new Kind(raw.buffer.slice(from, from + a.count * wide * Kind.BYTES_PER_ELEMENT));
    }
    const turn = cfg.lps_from_gltf, wanted = new Set(cfg.items.map((item) => item.name));
    for (const node of tree.nodes) {
      if (node.mesh === undefined || !wanted.has(node.name)) continue;
      found.set(node.name, tree.meshes[node.mesh].primitives.map((primitive) => {
        const p = read(primitive.attributes.POSITION, 3), lps = new Float32Array(p.length);
        for (let n = 0; n < p.length; n += 3) {
          for (let r = 0; r < 3; r++) lps[n + r] = turn[r][0] * p[n] + turn[r][1] * p[n + 1] + turn[r][2] * p[n + 2];
        }
        return { points: lps, faces: read(primitive.indices, 1) };
      }));
    }
    return found;
  }

  /* Strokes the lines in which the plane cuts a surface; a corner on the plane counts as above, always. */
  function stroke(pen, mesh, plane, scale) {
    const { points, faces } = mesh, n = plane.normal, c = plane.centre, count = points.length / 3;
    const height = new Float32Array(count);
    for (let m = 0; m < count; m++) {
      height[m] = (points[3 * m] - c[0]) * n[0] + (points[3 * m + 1] - c[1]) * n[1] + (points[3 * m + 2] - c[2]) * n[2];
    }
    let drawn = 0;
    pen.beginPath();
    for (let t = 0; t < faces.length; t += 3) {
      const sides = (height[faces[t]] >= 0) + (height[faces[t + 1]] >= 0) + (height[faces[t + 2]] >= 0);
      if (sides === 0 || sides === 3) continue;
      let open = false;
      for (let e = 0; e < 3; e++) {
        const p = faces[t + e], q = faces[t + ((e + 1) % 3)];
        if ((height[p] >= 0) === (height[q] >= 0)) continue;
        const s = height[p] / (height[p] - height[q]);
        const at = [0, 1, 2].map((r) => points[3 * p + r] + s * (points[3 * q + r] - points[3 * p + r]) - c[r]);
        const x = (dot(at, plane.right) / plane.side + 0.5) * scale, y = (dot(at, plane.down) / plane.side + 0.5) * scale;
        if (open) { pen.lineTo(x, y); drawn++; } else pen.moveTo(x, y);
        open = true;
      }
    }
    pen.stroke();
    return drawn;
  }

  // ---------------------------------------------------------------- state and controls
  const now = { plane: 0, offset: 0, window: cfg.window, field: -1, frame: 0, opacity: 0.55, outlines: true, centre: null, mark: null };
  let volume, back, meshes, canvas, pen, readout, caption, controls, hu, shares;

  function planeNow() {
    const p = cfg.planes[now.plane], normal = cross(p.right, p.down);
    return Object.assign({}, p, { normal, centre: plus(now.centre || p.centre, now.offset, normal) });
  }

  function choice(label, options, value, change) {
    const box = make("label", { class: "slices-choice" }), select = make("select", { "aria-label": say(label) });
    options.forEach(([key, words]) => select.append(make("option", { value: key }, words)));
    select.value = value;
    select.addEventListener("change", () => { change(select.value); draw(); });
    box.append(make("span", {}, say(label)), select);
    return { box, select };
  }

  function slider(label, from, to, step, value, change) {
    const box = make("label", { class: "slices-slide" }), told = make("output", {});
    const input = make("input", { type: "range", min: from, max: to, step, value, "aria-label": say(label) });
    input.addEventListener("input", () => { change(Number(input.value)); draw(); });
    box.append(make("span", {}, say(label)), input, told);
    return { box, input, told };
  }

  function build() {
    canvas = make("canvas", { width: SIZE, height: SIZE, tabindex: "0", role: "img" });
    pen = canvas.getContext("2d");
    if (!pen) throw new Error("no canvas");
    const bar = make("div", { class: "slices-bar", role: "group", "aria-label": say("Plane") });
    const buttons = cfg.planes.map((p, n) => {
      const button = make("button", { type: "button" }, p.label);
      button.addEventListener("click", () => show(n));
      bar.append(button);
      return button;
    });
    const panel = make("div", { class: "slices-controls" });
    const windows = choice("Window", cfg.windows.map((w) => [w.name, `${w.label} (W ${w.width} L ${w.level})`]), now.window, (v) => { now.window = v; });
    const overlay = choice("Overlay", [["-1", say("none")], ...cfg.fields.map((f, n) => [String(n), f.label])], "-1", (v) => choose(Number(v)));
    const position = slider("Position", 0, 1, 0.5, 0, (v) => { now.offset = v; });
    const time = slider("Time", 0, 1, 1, 0, (v) => { now.frame = v; });
    const opacity = slider("Opacity", 0, 100, 5, 55, (v) => { now.opacity = v / 100; });
    const lines = make("label", { class: "slices-tick" }), tick = make("input", { type: "checkbox", "aria-label": say("Outlines") });
    tick.checked = true;
    tick.addEventListener("change", () => { now.outlines = tick.checked; draw(); });
    lines.append(tick, make("span", {}, say("Outlines")));
    overlay.box.hidden = cfg.fields.length === 0;
    const legend = make("ul", { class: "slices-legend" });
    caption = make("p", { class: "slices-caption" });
    readout = make("p", { class: "slices-readout", "aria-live": "off" });
    panel.append(windows.box, overlay.box, position.box, time.box, opacity.box, lines, caption, legend, readout,
      make("p", { class: "slices-said" }, `${cfg.said}. ${say("Lossy picture for looking; nothing is measured on it.")}`));
    const stage = make("div", { class: "slices-stage" });
    stage.append(canvas);
    root.append(bar, stage, panel);
    controls = { buttons, windows, overlay, position, time, opacity, tick, legend };
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); step(event.deltaY > 0 ? 1 : -1); }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      if (by) { event.preventDefault(); step(by); }
    });
    canvas.addEventListener("pointermove", tell);
    document.querySelectorAll("[data-fly]").forEach((button) => button.addEventListener("click", () => goTo(JSON.parse(button.dataset.fly))));
  }

  function show(number) {
    now.plane = number;
    now.offset = 0;
    now.centre = now.mark ? through(now.mark) : null;
    limits();
    draw();
  }

  function through(point) { // middle of the plane, moved along its normal to hold the point
    const p = cfg.planes[now.plane], normal = cross(p.right, p.down);
    return plus(p.centre, dot(plus(point, -1, p.centre), normal), normal);
  }

  function choose(number) {
    now.field = number;
    const field = cfg.fields[number];
    now.frame = field ? field.frames - 1 : 0;
    if (field) { controls.time.input.max = field.frames - 1; controls.time.input.value = now.frame; }
    controls.overlay.select.value = String(number);
  }

  function limits() {
    const p = cfg.planes[now.plane], input = controls.position.input;
    input.min = p.from; input.max = p.to; input.value = now.offset;
  }

  function step(by) {
    const p = cfg.planes[now.plane];
    now.offset = Math.min(p.to, Math.max(p.from, now.offset + by));
    controls.position.input.value = now.offset;
    draw();
  }

  /* A finding's place: the plane stays, and is moved to hold it. */
  function goTo(point) {
    now.mark = point;
    show(now.plane);
  }

  // ---------------------------------------------------------------- drawing
  const rgb = (hex) => [1, 3, 5].map((n) => parseInt(hex.slice(n, n + 2), 16));
  function colours(ramp) { // 256 colours
    const stops = ramp.map(rgb), found = [];
    for (let n = 0; n < 256; n++) {
      const s = (n / 255) * (stops.length - 1), k = Math.min(Math.floor(s), stops.length - 2);
      found.push([0, 1, 2].map((c) => Math.round(stops[k][c] + (s - k) * (stops[k + 1][c] - stops[k][c]))));
    }
    return found;
  }
  const shareOf = (field, value) => field.log
    ? (Math.log10(value) - Math.log10(field.low)) / (Math.log10(field.high) - Math.log10(field.low))
    : (value - field.low) / (field.high - field.low);
  const valueOf = (field, share) => field.log
    ? Math.pow(10, Math.log10(field.low) + share * (Math.log10(field.high) - Math.log10(field.low)))
    : field.low + share * (field.high - field.low);
  const figure = (value) => String(Number(value.toPrecision(3)));

  function draw() {
    const plane = planeNow(), window_ = cfg.windows.find((w) => w.name === now.window), field = cfg.fields[now.field];
    hu = new Float32Array(SIZE * SIZE).fill(NaN);
    cut(volume, cfg.volume.shape, back, plane, SIZE, (pixel, value) => { hu[pixel] = value; });
    const picture = pen.createImageData(SIZE, SIZE), out = picture.data;
    for (let pixel = 0, at = 0; pixel < hu.length; pixel++, at += 4) {
      const grey = Math.max(0, Math.min(255, ((hu[pixel] - window_.level) / window_.width) * 255 + 127.5)) || 0;
      out[at] = out[at + 1] = out[at + 2] = grey;
      out[at + 3] = 255;
    }
    shares = null;
    if (field) {
      shares = new Float32Array(SIZE * SIZE).fill(NaN);
      const [ni, nj, nk] = field.sheet.shape, part = ni * nj * nk;
      const values = field.bytes.subarray(now.frame * part, (now.frame + 1) * part), table = field.colours, o = now.opacity;
      cut(values, field.sheet.shape, field.back, plane, SIZE, (pixel, value) => {
        const share = ((value - 1) / 254) * (1 + 2 * field.beyond) - field.beyond, at = 4 * pixel;
        shares[pixel] = share;
        if (field.cold ? share >= 1 : share <= 0) return;
        const ink = table[Math.round(Math.max(0, Math.min(1, share)) * 255)];
        for (let c = 0; c < 3; c++) out[at + c] = (1 - o) * out[at + c] + o * ink[c];
      }, true);
    }
    pen.putImageData(picture, 0, 0);
    const seen = now.outlines ? outlines(plane) : [];
    if (field) { isolines(field); bar(field); }
    letters(plane);
    told(plane, field, seen);
  }

  function outlines(plane) {
    const seen = new Map(), above = [...cfg.items].sort((a, b) => a.width - b.width || b.order - a.order);
    for (const item of above) {
      pen.strokeStyle = item.ink;
      pen.lineWidth = item.width;
      for (const mesh of meshes.get(item.name) || []) if (stroke(pen, mesh, plane, SIZE)) seen.set(item.legend, item.ink);
    }
    return [...seen].reverse();
  }

  function isolines(field) {
    const GAP = 2, n = Math.floor((SIZE - 1) / GAP);
    for (const level of field.levels) {
      const s = shareOf(field, level.value);
      pen.beginPath();
      for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) {
        const at = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]].map(([x, y]) => [x * GAP, y * GAP]);
        const v = at.map(([x, y]) => shares[y * SIZE + x] - s);
        if (v.some(Number.isNaN)) continue;
        const ends = [];
        for (let e = 0; e < 4; e++) {
          const f = (e + 1) % 4;
          if ((v[e] >= 0) === (v[f] >= 0)) continue;
          const q = v[e] / (v[e] - v[f]);
          ends.push([at[e][0] + q * (at[f][0] - at[e][0]) + 0.5, at[e][1] + q * (at[f][1] - at[e][1]) + 0.5]);
        }
        for (let m = 0; m + 1 < ends.length; m += 2) { pen.moveTo(...ends[m]); pen.lineTo(...ends[m + 1]); }
      }
      pen.strokeStyle = EDGE; pen.lineWidth = 3; pen.stroke();
      pen.strokeStyle = INK; pen.lineWidth = 1.2; pen.stroke();
    }
  }

  function words(x, y, text, align, ink) {
    pen.font = "600 14px system-ui, sans-serif";
    pen.textAlign = align;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.strokeStyle = EDGE; pen.lineWidth = 3.5; pen.strokeText(text, x, y);
    pen.fillStyle = ink || INK; pen.fillText(text, x, y);
  }

  function bar(field) {
    const tall = 200, wide = 14, x = SIZE - 70, y = (SIZE - tall) / 2 + 30;
    for (let n = 0; n < tall; n++) {
      pen.fillStyle = `rgb(${field.colours[Math.round(255 * (1 - n / (tall - 1)))].join(",")})`;
      pen.fillRect(x, y + n, wide, 1);
    }
    pen.strokeStyle = INK; pen.lineWidth = 1; pen.strokeRect(x - 0.5, y - 0.5, wide + 1, tall + 1);
    words(x, y - 16, field.unit || "1", "left");
    const marks = new Map([[field.low, ""], [field.high, ""], ...field.levels.map((lv) => [lv.value, lv.meaning])]);
    for (const [value, meaning] of marks) {
      const s = shareOf(field, value);
      if (s < 0 || s > 1) continue;
      const at = y + (1 - s) * tall;
      pen.fillStyle = INK; pen.fillRect(x, at, wide + 4, 1);
      words(x + wide + 7, at, figure(value), "left");
      if (meaning) words(x - 7, at, meaning, "right");
    }
  }

  function letters(plane) {
    const name = (way) => {
      const ranked = Object.entries(cfg.letters).map(([letter, axis]) => [dot(way, axis), letter]).sort((a, b) => b[0] - a[0]);
      return ranked[0][1] + (ranked[1][0] >= 0.5 ? ranked[1][1] : "");
    };
    const less = (a) => a.map((v) => -v);
    words(SIZE - 8, SIZE / 2, name(plane.right), "right", LETTER);
    words(8, SIZE / 2, name(less(plane.right)), "left", LETTER);
    words(SIZE / 2, 12, name(less(plane.down)), "center", LETTER);
    words(SIZE / 2, SIZE - 12, name(plane.down), "center", LETTER);
    const length = (20 / plane.side) * SIZE;
    pen.fillStyle = EDGE; pen.fillRect(SIZE - 15 - length, SIZE - 18, length + 2, 5);
    pen.fillStyle = INK; pen.fillRect(SIZE - 14 - length, SIZE - 17, length, 3);
    words(SIZE - 14 - length / 2, SIZE - 30, "20 mm", "center");
    if (!now.mark) return;
    const out = plus(now.mark, -1, plane.centre), x = (dot(out, plane.right) / plane.side + 0.5) * SIZE, y = (dot(out, plane.down) / plane.side + 0.5) * SIZE;
    if (Math.abs(dot(out, plane.normal)) > 1) return;
    for (const [width, ink] of [[4, EDGE], [2, CROSS]]) {
      pen.strokeStyle = ink; pen.lineWidth = width; pen.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { pen.moveTo(x + 8 * dx, y + 8 * dy); pen.lineTo(x + 20 * dx, y + 20 * dy); }
      pen.stroke();
    }
  }

  function told(plane, field, seen) {
    controls.buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === now.plane)));
    controls.position.told.textContent = `${now.offset > 0 ? "+" : ""}${now.offset} mm`;
    const timed = field && field.times.length > 1;
    controls.time.box.hidden = !timed;
    controls.opacity.box.hidden = !field;
    if (timed) controls.time.told.textContent = `${figure(field.times[now.frame])} s`;
    controls.opacity.told.textContent = `${Math.round(100 * now.opacity)} %`;
    const lines = field ? field.levels.map((lv) => `${figure(lv.value)} ${field.unit}${lv.meaning ? " " + lv.meaning : ""}`).join(", ") : "";
    caption.textContent = field ? `${field.label}: ${figure(field.low)}–${figure(field.high)} ${field.unit}. ${lines}` : "";
    controls.legend.replaceChildren(...seen.map(([legend, ink]) => {
      const row = make("li"), chip = make("span", { class: "slices-chip", "aria-hidden": "true" });
      chip.style.background = ink;
      row.append(chip, make("span", {}, legend));
      return row;
    }));
    canvas.setAttribute("aria-label", `${plane.label}, ${controls.position.told.textContent}` + (field ? `, ${field.label}` : ""));
  }

  function tell(event) {
    const box = canvas.getBoundingClientRect(), plane = planeNow();
    const u = Math.floor(((event.clientX - box.left) / box.width) * SIZE), v = Math.floor(((event.clientY - box.top) / box.height) * SIZE);
    const field = cfg.fields[now.field], pixel = v * SIZE + u;
    const at = plus(plus(plane.centre, ((u + 0.5) / SIZE - 0.5) * plane.side, plane.right), ((v + 0.5) / SIZE - 0.5) * plane.side, plane.down);
    const parts = [`LPS ${at.map((x) => x.toFixed(1)).join(", ")} mm`];
    parts.push(Number.isFinite(hu[pixel]) ? `${say("CT number")} ${Math.round(hu[pixel])} HU` : say("outside the picture"));
    if (field && Number.isFinite(shares[pixel])) {
      const share = Math.max(0, Math.min(1, shares[pixel])), sign = share <= 0 ? "≤ " : share >= 1 ? "≥ " : "";
      parts.push(`${field.label} ${sign}${figure(valueOf(field, share))} ${field.unit}`);
    }
    readout.textContent = parts.join(" · ");
  }

  // ---------------------------------------------------------------- start
  async function start() {
    const raw = await bytes(cfg.volume, cfg.volume.shape[2]), table = new Int16Array(256);
    for (let n = 0; n < 256; n++) {
      let k = 0;
      while (k < cfg.knots_grey.length - 2 && n > cfg.knots_grey[k + 1]) k++;
      const s = (n - cfg.knots_grey[k]) / (cfg.knots_grey[k + 1] - cfg.knots_grey[k]);
      table[n] = cfg.knots_hu[k] + s * (cfg.knots_hu[k + 1] - cfg.knots_hu[k]);
    }
    volume = Int16Array.from(raw, (n) => table[n]);
    back = inverse(cfg.volume.affine);
    for (const field of cfg.fields) {
      field.bytes = await bytes(field.sheet, field.sheet.shape[2] * field.frames);
      field.back = inverse(field.sheet.affine);
      field.colours = colours(field.ramp);
    }
    meshes = surfaces();
    build();
    if (cfg.fields.length) choose(0);
    limits();
    draw();
    root.dataset.state = "ready";
    Object.assign(api, { goTo, show, state: () => Object.assign({}, now), surfaces: [...meshes.keys()],
      hu: (u, v) => hu[v * SIZE + u], share: (u, v) => (shares ? shares[v * SIZE + u] : NaN), size: SIZE });
    api.ready = true;
  }
  start().catch((error) => giveUp(error.message || error));
})();
