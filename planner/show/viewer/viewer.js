/* The interactive scene of a report. Needs THREE, THREE.GLTFLoader and THREE.TrackballControls; asks no network.
 *
 * Everything is in glTF metres, Y up; points from findings (LPS mm) pass through cfg.gltf_from_lps_mm.
 * Translucent surfaces never write depth and are drawn as back faces, outer ones first, then front faces, inner
 * ones first: what lies inside is blended before what encloses it, so that no structure vanishes behind glass.
 * What stands beside the target (neighbours, discs, vessels) is blended by its depth, before or after all that. */
(function () {
  "use strict";
  const root = document.getElementById("viewer");
  const cfg = JSON.parse(document.getElementById("scene-data").textContent);
  const api = (window.plannerViewer = { ready: false, error: null });
  const SVG = "http://www.w3.org/2000/svg";
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const vec = (a) => new THREE.Vector3(a[0], a[1], a[2]);

  function make(tag, attributes, text) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text; // text, never markup: names come from the user's files
    return node;
  }

  function draw(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function giveUp(reason) {
    api.error = reason;
    root.dataset.state = "still";
    const note = root.querySelector(".viewer-note");
    note.textContent = cfg.words.still.replace("{reason}", reason);
    note.hidden = false;
    document.querySelectorAll("[data-fly]").forEach((b) => { b.disabled = true; });
  }

  // ---------------------------------------------------------------- stage
  const canvas = make("canvas", { tabindex: "0", role: "img",
    "aria-label": cfg.words.scene.replace("{title}", cfg.title) });
  let renderer;
  try {
    renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
  } catch (error) {
    giveUp(cfg.words.no_webgl);
    return;
  }
  canvas.addEventListener("webglcontextlost", () => giveUp(cfg.words.lost));
  renderer.outputEncoding = THREE.sRGBEncoding;
  renderer.localClippingEnabled = true;
  renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));

  const scene = new THREE.Scene();
  const camera = new THREE.PerspectiveCamera(cfg.view_angle_deg, 1, 0.01, 10);
  scene.add(camera, new THREE.HemisphereLight(0xffffff, 0xdde3e8, 0.54));
  for (const [strength, place] of [[0.34, [0, 0.1, 1]], [0.36, [-0.6, 0.7, 1]], [0.18, [0.9, -0.1, 0.8]]]) {
    const light = new THREE.DirectionalLight(0xffffff, strength);
    light.position.set(...place);
    camera.add(light, light.target); // lights move with the camera, as in the still picture
  }

  const stage = make("div", { class: "viewer-stage" });
  const over = draw("svg", { class: "viewer-over", "aria-hidden": "true" });
  const bar = make("div", { class: "viewer-bar", role: "toolbar", "aria-label": cfg.words.views });
  const list = make("div", { class: "viewer-list", role: "group", "aria-label": cfg.words.structures });
  stage.append(canvas, over, make("p", { class: "viewer-hint" }, cfg.words.hint));
  root.append(bar, stage, list);

  // ---------------------------------------------------------------- structures
  const glass = (shader) => { // thin face on, dense towards the outline
    shader.fragmentShader = shader.fragmentShader.replace("#include <output_fragment>",
      "float facing = abs(dot(normalize(vViewPosition), normal));\n" +
      "diffuseColor.a = clamp(opacity * mix(2.1, 0.5, smoothstep(0.0, 0.85, facing)), 0.0, 1.0);\n#include <output_fragment>");
  };
  const hatch = (shader) => { // derived, not seen in the image
    shader.fragmentShader = shader.fragmentShader.replace("#include <dithering_fragment>",
      "if (mod(gl_FragCoord.x + gl_FragCoord.y, 10.0) < 4.0) gl_FragColor.rgb = mix(gl_FragColor.rgb, vec3(1.0), 0.55);\n#include <dithering_fragment>");
  };
  const parts = new Map();
  const knife = new THREE.Plane(new THREE.Vector3(0, 0, 1), 0);

  function look(part) {
    const solid = part.opacity >= cfg.opaque_from;
    for (const [mesh, back] of [[part.back, true], [part.front, false]]) {
      const m = mesh.material;
      m.transparent = !solid;
      m.depthWrite = solid;
      m.opacity = part.opacity;
      m.side = solid ? THREE.DoubleSide : back ? THREE.BackSide : THREE.FrontSide;
      const effects = [part.opacity < 0.5 && glass, part.item.modelled && hatch].filter(Boolean);
      m.onBeforeCompile = (shader) => effects.forEach((effect) => effect(shader));
      m.customProgramCacheKey = () => effects.map((effect) => effect === glass ? "glass" : "hatch").join() || "plain";
      m.clippingPlanes = cutting && !cfg.uncut.includes(part.item.role) ? [knife] : [];
      m.needsUpdate = true;
      mesh.visible = part.visible && part.now !== false && part.opacity > 0.01 && !(solid && back);
    }
    changed();
  }

  function build(gltf) {
    gltf.scene.updateMatrixWorld(true);
    const meshes = new Map();
    gltf.scene.traverse((o) => { if (o.isMesh) meshes.set(o.userData.name || o.name, o); });
    for (const item of cfg.items) {
      const source = meshes.get(item.name);
      if (!source) continue;
      const surface = () => {
        const metal = item.role === "instrument";
        const material = new THREE.MeshStandardMaterial({ roughness: metal ? 0.45 : 0.72, metalness: metal ? 0.15 : 0 });
        if (item.bands) material.vertexColors = true;
        else material.color.set(item.colour).convertSRGBToLinear();
        const mesh = new THREE.Mesh(source.geometry, material);
        mesh.applyMatrix4(source.matrixWorld);
        scene.add(mesh);
        return mesh;
      };
      const part = { item, opacity: item.opacity, visible: item.shown, back: surface(), front: surface() };
      part.centre = new THREE.Box3().setFromObject(part.front).getCenter(new THREE.Vector3());
      parts.set(item.name, part);
      look(part);
    }
  }

  // ---------------------------------------------------------------- time
  const timed = cfg.items.filter((item) => item.time_s !== null);
  const times = [...new Set(timed.map((item) => item.time_s))].sort((a, b) => a - b);

  /* Of each group the last body up to a moment, none before its first. */
  function setTime(seconds) {
    const last = new Map();
    for (const item of timed) {
      if (item.time_s <= seconds && item.time_s >= (last.has(item.group) ? last.get(item.group) : -Infinity)) last.set(item.group, item.time_s);
    }
    for (const part of parts.values()) {
      if (part.item.time_s === null) continue;
      part.now = part.item.time_s === last.get(part.item.group);
      look(part);
    }
    api.time = seconds;
  }

  function buildTime(tools) {
    if (times.length < 2) return;
    const words = make("output", { class: "viewer-time" }), slide = make("input", { type: "range", min: "0", max: String(times.length - 1),
      value: String(times.length - 1), step: "1", "aria-label": cfg.words.time });
    api.timeSlider = slide;
    const tell = () => { const t = times[Number(slide.value)]; words.textContent = `${t} s`; slide.setAttribute("aria-valuetext", `${t} s`); setTime(t); };
    slide.addEventListener("input", tell);
    const label = make("label", {}, cfg.words.time);
    label.append(slide, words);
    tools.append(label);
    tell();
  }

  // ---------------------------------------------------------------- cut
  let cutting = null, opened = false;

  /* Cut away what lies on one side of a plane: normal in patient directions, offset in mm from the focus. */
  function cut(name, offset) {
    cutting = cfg.cuts[name] ? name : null;
    if (cutting) {
      const normal = vec(cfg.cuts[name].normal);
      knife.setFromNormalAndCoplanarPoint(normal, vec(cfg.focus).addScaledVector(normal, -offset / 1000));
    }
    parts.forEach(look);
  }

  function buildCut(tools) {
    const choice = make("select", { "aria-label": cfg.words.cut });
    const slide = make("input", { type: "range", min: "-45", max: "45", value: "0", step: "1", "aria-label": cfg.words.place });
    choice.append(make("option", { value: "" }, cfg.words.whole));
    for (const [name, one] of Object.entries(cfg.cuts)) choice.append(make("option", { value: name }, one.label));
    const act = () => { slide.disabled = !choice.value; slide.setAttribute("aria-valuetext", slide.value + " mm"); cut(choice.value, Number(slide.value)); };
    api.setCut = (name, offset) => { choice.value = name; slide.value = String(offset); act(); };
    const own = () => { opened = false; act(); };
    choice.addEventListener("change", own);
    slide.addEventListener("input", own);
    slide.disabled = true;
    const label = make("label", {}, cfg.words.cut);
    label.append(choice);
    tools.append(label, slide);
  }

  function buildTools() {
    const tools = make("div", { class: "viewer-tools", role: "group", "aria-label": cfg.words.tools });
    buildCut(tools);
    buildTime(tools);
    stage.append(tools);
  }

  function buildList() {
    list.append(make("h3", {}, cfg.words.structures));
    const rows = make("ul");
    const seen = new Set();
    for (const part of parts.values()) {
      if (part.item.time_s !== null) { // one row for all moments of a body
        if (seen.has(part.item.group)) continue;
        seen.add(part.item.group);
      }
      const members = part.item.time_s === null ? [part] : [...parts.values()].filter((p) => p.item.group === part.item.group);
      const name = part.item.time_s === null ? part.item.label : part.item.group;
      const row = make("li");
      const label = make("label", { title: name });
      const tick = make("input", { type: "checkbox", "aria-label": cfg.words.show.replace("{name}", name) });
      const chip = make("span", { class: "viewer-chip" + (part.item.modelled ? " modelled" : "") });
      const slide = make("input", { type: "range", min: "0", max: "100", "aria-label": cfg.words.opacity.replace("{name}", name) });
      const tint = () => { const c = part.item.colour + Math.round(255 * Math.max(0.15, part.opacity)).toString(16).padStart(2, "0");
        const bands = part.item.bands && part.item.bands.map(([b]) => b);
        chip.style.background = bands && bands.length > 1 ? `linear-gradient(90deg, ${bands.map((b, i) => `${b} ${100 * i / bands.length}% ${100 * (i + 1) / bands.length}%`).join()})` : `linear-gradient(${c}, ${c}) #fff`; };
      tick.checked = part.visible;
      row.className = part.visible ? "" : "off";
      chip.style.borderColor = part.item.colour;
      slide.value = Math.round(part.opacity * 100);
      const show = (on) => { tick.checked = on; row.className = on ? "" : "off"; members.forEach((p) => { p.visible = on; look(p); }); };
      const fade = (opacity) => { slide.value = Math.round(opacity * 100); members.forEach((p) => { p.opacity = opacity; look(p); }); tint(); };
      members.forEach((p) => Object.assign(p, { show, fade }));
      tick.addEventListener("change", () => part.show(tick.checked));
      slide.addEventListener("input", () => part.fade(slide.value / 100));
      tint();
      label.append(tick, chip, make("span", { class: "viewer-name" }, name));
      row.append(label, slide);
      rows.append(row);
      for (const [colour, words] of part.item.bands || []) {
        const line = make("li", { class: "viewer-band" }), mark = make("span", { class: "viewer-chip" });
        mark.style.background = mark.style.borderColor = colour;
        line.append(make("span"), mark, make("span", { class: "viewer-name" }, words));
        rows.append(line);
      }
    }
    list.append(rows);
  }

  // ---------------------------------------------------------------- camera
  camera.position.copy(vec(cfg.focus)).addScaledVector(vec(cfg.views.home.direction), cfg.distance);
  const controls = new THREE.TrackballControls(camera, canvas);
  controls.rotateSpeed = 2.6;
  controls.staticMoving = true;
  controls.noZoom = true; // until the scene is clicked: scrolling the page must not zoom
  canvas.style.touchAction = "pan-y";
  canvas.addEventListener("pointerdown", () => { controls.noZoom = false; canvas.style.touchAction = "none"; unpress(); }, true);
  document.addEventListener("pointerdown", (e) => { if (!stage.contains(e.target)) { controls.noZoom = true; canvas.style.touchAction = "pan-y"; } });
  let dirty = true, flight = null;
  function changed() { dirty = true; }
  controls.addEventListener("change", changed);

  function distanceToHold() { // a tall, narrow stage needs more distance for the same width
    return cfg.distance / Math.min(1, camera.aspect);
  }

  function goTo(target, direction, up, distance, at_once) {
    const end = { target: target.clone(), direction: direction.clone().normalize(), up: up.clone().normalize(), distance };
    const away = camera.position.clone().sub(controls.target);
    const start = { target: controls.target.clone(), direction: away.clone().normalize(), up: camera.up.clone(), distance: away.length() };
    if (start.direction.dot(end.direction) < -0.999) start.direction.addScaledVector(end.up, 0.05).normalize();
    flight = { start, end, begun: performance.now(), lasts: at_once || still.matches ? 0 : 450 };
    changed();
  }

  function fly(now) {
    const t = flight.lasts ? Math.min(1, (now - flight.begun) / flight.lasts) : 1;
    const s = t * t * (3 - 2 * t), { start, end } = flight;
    const direction = start.direction.clone().lerp(end.direction, s).normalize();
    controls.target.copy(start.target).lerp(end.target, s);
    camera.up.copy(start.up).lerp(end.up, s).normalize();
    camera.position.copy(controls.target).addScaledVector(direction, start.distance + s * (end.distance - start.distance));
    camera.lookAt(controls.target);
    if (t >= 1) flight = null;
    changed();
  }

  function unpress() { bar.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", "false")); }

  function setView(name, at_once) {
    const view = cfg.views[name];
    if (!view) return false;
    unpress();
    bar.querySelector('[data-view="' + name + '"]').setAttribute("aria-pressed", "true");
    parts.forEach((p) => { // a view may need what is hidden otherwise, and gives it back
      if (view.reveals.includes(p.item.role)) { p.show(true); p.lent = true; } else if (p.lent) { p.show(p.item.shown); p.lent = false; }
    });
    if (view.cut || opened) api.setCut(...(view.cut || ["", 0])); // a cut that a view made goes with it
    opened = Boolean(view.cut);
    const far = (view.distance || cfg.distance) / Math.min(1, camera.aspect);
    goTo(vec(view.focus || cfg.focus), vec(view.direction), vec(view.up), far, at_once);
    return true;
  }

  function lps(point) {
    const m = cfg.gltf_from_lps_mm;
    return new THREE.Vector3(...m.map((row) => row[0] * point[0] + row[1] * point[1] + row[2] * point[2]));
  }

  /* Stand before a place (LPS mm) so that the distance callout there lies across the line of sight. */
  function flyTo(point, nearest) {
    const place = lps(point), where = place.clone();
    const direction = vec(cfg.views.home.direction);
    const marker = markers.find((m) => m.where.distanceTo(place) < 1e-4);
    const other = marker ? marker.other : nearest ? lps(nearest) : null;
    if (other && other.distanceTo(where) > 1e-5) {
      const line = other.clone().sub(where).normalize();
      direction.addScaledVector(line, -direction.dot(line)).normalize();
      place.lerp(other, 0.5);
    }
    chosen = marker ? null : { where, other };
    unpress();
    goTo(place, direction, vec(cfg.views.home.up), Math.min(distanceToHold(), 0.17 / Math.min(1, camera.aspect)), false);
  }

  function buildBar() {
    for (const [name, view] of Object.entries(cfg.views)) {
      const button = make("button", { type: "button", "data-view": name, title: view.hint, "aria-pressed": "false" }, view.label);
      button.addEventListener("click", () => setView(name));
      bar.append(button);
    }
    canvas.addEventListener("keydown", (e) => {
      const away = camera.position.clone().sub(controls.target);
      const side = new THREE.Vector3().crossVectors(camera.up, away).normalize();
      const turns = { ArrowLeft: [camera.up, -1], ArrowRight: [camera.up, 1], ArrowUp: [side, -1], ArrowDown: [side, 1] };
      if (turns[e.key]) {
        const [axis, sign] = turns[e.key];
        away.applyAxisAngle(axis, sign * 0.09);
        if (axis === side) camera.up.applyAxisAngle(side, sign * 0.09);
      } else if (e.key === "+" || e.key === "=") away.multiplyScalar(0.9);
      else if (e.key === "-") away.multiplyScalar(1.1);
      else if (e.key === "Home") { setView("home"); e.preventDefault(); return; }
      else return;
      e.preventDefault();
      unpress();
      camera.position.copy(controls.target).add(away);
      changed();
    });
  }

  // ---------------------------------------------------------------- writing over the picture
  const markers = cfg.markers.map((m) => ({ ...m, where: vec(m.where), other: m.other && vec(m.other) }));
  let chosen = null;
  for (const m of markers) {
    m.box = make("div", { class: "viewer-label" }, m.label);
    m.box.style.setProperty("--mark", m.colour);
    stage.append(m.box);
  }

  function onScreen(point) {
    const p = point.clone().project(camera);
    return { x: (p.x + 1) / 2 * stage.clientWidth, y: (1 - p.y) / 2 * stage.clientHeight, seen: Math.abs(p.x) < 1 && Math.abs(p.y) < 1 && p.z < 1 };
  }

  function write() {
    over.replaceChildren();
    const w = stage.clientWidth, h = stage.clientHeight, ink = "#17212b";
    const line = (a, b, colour, width) => over.append(draw("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: colour, "stroke-width": width, "stroke-linecap": "round" }));
    const dot = (p, colour) => over.append(draw("circle", { cx: p.x, cy: p.y, r: 5, fill: colour, stroke: "#fff", "stroke-width": 2 }));

    // patient directions
    const centre = { x: 52, y: h - 56 }, inverse = camera.quaternion.clone().invert();
    Object.entries(cfg.letters).map(([letter, axis]) => [letter, vec(axis).applyQuaternion(inverse)]).sort((a, b) => a[1].z - b[1].z)
      .forEach(([letter, d]) => {
        const near = d.z > -0.05, end = { x: centre.x + 26 * d.x, y: centre.y - 26 * d.y };
        const g = draw("g", { opacity: near ? 1 : 0.45 });
        g.append(draw("line", { x1: centre.x, y1: centre.y, x2: end.x, y2: end.y, stroke: ink, "stroke-width": 1.6 }));
        if (Math.hypot(d.x, d.y) > 0.15) g.append(draw("text", { x: centre.x + 38 * d.x, y: centre.y - 38 * d.y }, letter));
        over.append(g);
      });

    // scale bar at the depth of the target
    const metre = h / (2 * camera.position.distanceTo(controls.target) * Math.tan(camera.fov * Math.PI / 360));
    const mm = [1, 2, 5, 10, 20, 50, 100].find((n) => n * metre / 1000 > 42) || 100;
    const left = 112, right = left + mm * metre / 1000, y = h - 26;
    over.append(draw("path", { d: `M${left} ${y - 5}v10m0 -5H${right}m0 -5v10`, stroke: ink, fill: "none", "stroke-width": 2 }));
    over.append(draw("text", { x: (left + right) / 2, y: y - 15, class: "unit" }, mm + " mm"));

    // violating places: leader, distance, dots; labels stand away from the middle and clear of each other
    const taken = [];
    for (const m of markers) {
      const a = onScreen(m.where), b = m.other && onScreen(m.other);
      m.box.style.visibility = a.seen ? "visible" : "hidden";
      if (!a.seen) continue;
      const mid = b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : a;
      const bw = m.box.offsetWidth, bh = m.box.offsetHeight, sign = mid.x <= w / 2 ? -1 : 1;
      const x = Math.max(8, Math.min(w - bw - 8, mid.x + sign * 90 - (sign < 0 ? bw : 0)));
      let top = Math.max(8, Math.min(h - bh - 100, mid.y - 90));
      for (let again = 0; again < 12; again += 1) {
        const hit = taken.find((t) => x < t.x + t.w + 6 && t.x < x + bw + 6 && top < t.y + t.h + 6 && t.y < top + bh + 6);
        if (!hit) break;
        top = hit.y - bh - 8 > 8 && again < 6 ? hit.y - bh - 8 : hit.y + hit.h + 8;
      }
      taken.push({ x, y: top, w: bw, h: bh });
      m.box.style.transform = `translate(${Math.round(x)}px,${Math.round(top)}px)`;
      const from = { x: Math.max(x, Math.min(x + bw, mid.x)), y: mid.y > top + bh ? top + bh : mid.y < top ? top : mid.y };
      line(from, mid, "#fff", 4); line(from, mid, m.colour, 1.6);
      if (b) { line(a, b, "#fff", 6); line(a, b, m.colour, 3); dot(b, m.colour); }
      dot(a, m.colour);
    }
    if (chosen) { // a place without a label of its own: the finding that was asked for
      const a = onScreen(chosen.where), b = chosen.other && onScreen(chosen.other);
      if (b) { line(a, b, "#fff", 6); line(a, b, ink, 3); dot(b, ink); }
      if (a.seen) dot(a, ink);
    }
  }

  // ---------------------------------------------------------------- running
  function fit() {
    const w = Math.max(1, stage.clientWidth), h = Math.max(1, stage.clientHeight);
    renderer.setSize(w, h, false);
    camera.aspect = w / h;
    camera.updateProjectionMatrix();
    controls.handleResize();
    changed();
  }

  function paint() {
    const distance = camera.position.distanceTo(controls.target);
    camera.near = Math.max(distance / 50, distance - 0.6);
    camera.far = distance + 1.2;
    camera.updateProjectionMatrix();
    const towards = camera.position.clone().sub(controls.target).normalize(), focus = vec(cfg.focus);
    for (const part of parts.values()) {
      const rank = part.item.rank, depth = part.centre.clone().sub(focus).dot(towards);
      const beside = rank >= cfg.beside, place = depth + Math.sign(depth); // metres, past all nested ranks once scaled
      part.back.renderOrder = beside ? 100 * place - 0.01 : -rank;
      part.front.renderOrder = beside ? 100 * place : rank;
    }
    scene.background = new THREE.Color(dark.matches ? "#d9e0e5" : "#f7f9fa");
    renderer.render(scene, camera);
    write();
    dirty = false;
  }

  function loop(now) {
    if (api.error) return;
    if (flight) fly(now); else controls.update();
    if (dirty) paint();
    requestAnimationFrame(loop);
  }

  const bytes = Uint8Array.from(atob(document.getElementById("scene-glb").textContent.trim()), (c) => c.charCodeAt(0));
  new THREE.GLTFLoader().parse(bytes.buffer, "", (gltf) => {
    root.dataset.state = "ready";
    build(gltf);
    buildList();
    buildBar();
    buildTools();
    new ResizeObserver(fit).observe(stage);
    dark.addEventListener("change", changed);
    fit();
    setView("home", true);
    fly(performance.now());
    paint();
    document.querySelectorAll("[data-fly]").forEach((button) => button.addEventListener("click", () => {
      flyTo(JSON.parse(button.dataset.fly), button.dataset.other ? JSON.parse(button.dataset.other) : null);
      root.scrollIntoView({ behavior: still.matches ? "auto" : "smooth", block: "nearest" });
    }));
    Object.assign(api, { flyTo, setView, cut: (name, offset) => { api.setCut(name, offset); paint(); }, setTime: (s) => { setTime(s); paint(); }, times, names: [...parts.keys()],
      setVisible: (name, on) => { parts.get(name).show(on); paint(); },
      only: (names) => { parts.forEach((p) => { p.visible = names.includes(p.item.name); look(p); }); paint(); },
      setOpacity: (name, opacity) => { parts.get(name).fade(opacity); paint(); },
      camera: () => ({ position: camera.position.toArray(), target: controls.target.toArray(), up: camera.up.toArray(), moving: flight !== null }),
      ready: true });
    requestAnimationFrame(loop);
  }, (error) => giveUp("the scene's data cannot be read (" + (error && error.message) + ")"));
})();
