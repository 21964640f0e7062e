// A chart of few kinds of marks, drawn as SVG from a description made in Python. Every text of the
// description becomes a text node or an attribute, never markup.
const SVG = "http://www.w3.org/2000/svg";

function node(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.appendChild(made);
  return made;
}

const SHAPES = {
  o: (x, y) => `M${x - 3.5} ${y}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0`,
  s: (x, y) => `M${x - 3} ${y - 3}h6v6h-6z`,
};
let patterns = 0;

function hatch(svg, colour) {
  const id = `zwxm-hatch-${++patterns}`;
  const box = node("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg);
  node("rect", { width: 6, height: 6, fill: colour }, box);
  node("rect", { width: 1.6, height: 6, fill: "#fff" }, box);
  return `url(#${id})`;
}

function axes(svg, spec, at, frame) {
  const { left, right, top, bottom } = frame;
  const horizontal = spec.grid !== "x";
  for (const [value, text] of spec.x.ticks) {
    const x = at.x(value);
    if (!horizontal) node("line", { x1: x, x2: x, y1: top, y2: bottom, class: "grid" }, svg);
    const turned = spec.x.turned ? { transform: `rotate(-90 ${x} ${top - 6})`, x, y: top - 2 } : { x, y: bottom + 16, "text-anchor": "middle" };
    node("text", turned, svg, text);
  }
  for (const [value, text] of spec.y.ticks) {
    const y = at.y(value);
    if (horizontal) node("line", { x1: left, x2: right, y1: y, y2: y, class: "grid" }, svg);
    node("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, svg, text);
  }
  node("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }, svg);
  node("line", { x1: left, x2: left, y1: top, y2: bottom, class: "axis" }, svg);
  if (spec.x.label) node("text", { x: (left + right) / 2, y: spec.h - 5, "text-anchor": "middle", class: "name" }, svg, spec.x.label);
  if (spec.y.label) node("text", { x: 4, y: top - 8, class: "name" }, svg, spec.y.label);
}

function bars(svg, spec, at, pick) {
  const filled = {};
  for (const bar of spec.bars || []) {
    const [xa, xb] = [at.x(bar.x[0]), at.x(bar.x[1])].sort((a, b) => a - b);
    const [ya, yb] = [at.y(bar.y[0]), at.y(bar.y[1])].sort((a, b) => a - b);
    const fill = bar.hatch ? (filled[bar.colour] ||= hatch(svg, bar.colour)) : bar.colour;
    const box = node("rect", { x: xa, y: ya, width: Math.max(xb - xa, 0.5), height: Math.max(yb - ya, 0.5), fill }, svg);
    if (bar.key !== undefined) pickable(box, bar, pick);
    if (bar.tip) node("title", {}, box, bar.tip);
    if (bar.sign) node("text", { x: (xa + xb) / 2, y: (ya + yb) / 2 + 4, "text-anchor": "middle", class: "sign", fill: bar.ink || "#000" }, svg, bar.sign);
  }
}

function pickable(box, bar, pick) {
  box.setAttribute("tabindex", bar.first ? 0 : -1);
  box.setAttribute("role", "button");
  box.setAttribute("aria-label", bar.tip);
  box.dataset.key = bar.key;
  box.addEventListener("click", () => { box.focus(); pick(bar.key); });
}

function moveBetween(event, pick) {
  const here = event.target;
  if (here.dataset.key === undefined) return;
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(here.dataset.key); return; }
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  if (!step) return;
  event.preventDefault();
  const [column, row] = here.dataset.key.split(" ").map(Number);
  const next = here.ownerSVGElement.querySelector(`[data-key="${column + step[0]} ${row + step[1]}"]`);
  if (!next) return;
  here.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
}

function lines(svg, spec, at) {
  for (const line of spec.lines || []) {
    const points = line.points.map(([x, y]) => [at.x(x), at.y(y)]);
    node("polyline", { points: points.map(p => p.join(",")).join(" "), fill: "none", stroke: line.colour, "stroke-width": line.width || 2, "stroke-dasharray": line.dash || "" }, svg);
    if (line.marker) node("path", { d: points.map(([x, y]) => SHAPES[line.marker](x, y)).join(""), fill: line.colour }, svg);
  }
}

function marks(svg, spec, at, { left, right, top, bottom }) {
  for (const rule of spec.rules || []) {
    const upright = rule.x !== undefined;
    const [x1, x2] = upright ? [at.x(rule.x), at.x(rule.x)] : [left, right];
    const [y1, y2] = upright ? [top, bottom] : [at.y(rule.y), at.y(rule.y)];
    node("line", { x1, x2, y1, y2, stroke: "#000", "stroke-width": rule.width || 1, "stroke-dasharray": rule.dash || "" }, svg);
    if (rule.text) label(svg, x1, upright ? bottom - 6 : y1 - 4, rule.text, right, left);
  }
  for (const point of spec.points || []) {
    const [x, y] = [at.x(point.x), at.y(point.y)];
    node("circle", { cx: x, cy: y, r: 4, fill: "#000", stroke: "#fff" }, svg);
    if (point.text) label(svg, x, y < top + 22 ? y + 16 : y - 8, point.text, right, left);
  }
}

function label(svg, x, y, text, right, left) {
  const end = x > (left + right) / 2;
  node("text", { x: end ? x - 5 : x + 5, y, "text-anchor": end ? "end" : "start", class: "note" }, svg, text);
}

function legend(svg, spec, left) {
  let x = left;
  for (const entry of spec.legend || []) {
    if (entry.line) node("line", { x1: x, x2: x + 22, y1: 10, y2: 10, stroke: entry.colour, "stroke-width": 2.5, "stroke-dasharray": entry.dash || "" }, svg);
    else node("rect", { x: x + 4, y: 4, width: 14, height: 12, fill: entry.hatch ? hatch(svg, entry.colour) : entry.colour, stroke: "#777", "stroke-width": 0.5 }, svg);
    node("text", { x: x + 26, y: 14 }, svg, entry.name);
    x += 40 + 12 * Array.from(entry.name).reduce((n, c) => n + (c > "\u2e7f" ? 1 : 0.55), 0);
  }
}

function draw(model, figure) {
  const spec = model.get("spec");
  figure.replaceChildren();
  if (!spec.x) { figure.textContent = spec.alt || ""; return; }
  const title = document.createElement("figcaption");
  title.textContent = spec.title;
  const svg = node("svg", { viewBox: `0 0 ${spec.w} ${spec.h}`, role: spec.picks ? "group" : "img", "aria-label": `${spec.title}。${spec.alt}` });
  const frame = { left: spec.left, right: spec.w - 14, top: spec.top, bottom: spec.h - spec.bottom };
  const scale = (axis, a, b) => value => a + (b - a) * (value - axis.min) / ((axis.max - axis.min) || 1);
  const at = { x: scale(spec.x, frame.left, frame.right), y: scale(spec.y, frame.bottom, frame.top) };
  const pick = key => { model.set("picked", `${key} ${Date.now()}`); model.save_changes(); };
  axes(svg, spec, at, frame);
  bars(svg, spec, at, pick);
  lines(svg, spec, at);
  marks(svg, spec, at, frame);
  legend(svg, spec, spec.left);
  if (spec.picks) svg.addEventListener("keydown", event => { event.stopPropagation(); moveBetween(event, pick); });
  figure.append(title, svg);
  figure.dataset.drawn = String(Number(figure.dataset.drawn || 0) + 1);
}

export default {
  render({ model, el }) {
    const figure = document.createElement("figure");
    figure.className = "zwxm-chart";
    figure.setAttribute("data-lm-suppress-shortcuts", "true");
    el.appendChild(figure);
    const redraw = () => draw(model, figure);
    model.on("change:spec", redraw);
    redraw();
    return () => model.off("change:spec", redraw);
  },
};
