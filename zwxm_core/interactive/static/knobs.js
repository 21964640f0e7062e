// A panel of drivers: each a slider with its unit beside a typed entry. Native inputs, so that the
// keyboard and a screen reader work as everywhere. What is sent is text; Python reads it exactly.
function made(name, attributes, parent, text) {
  const element = document.createElement(name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.appendChild(element);
  return element;
}

let panels = 0;

function row(model, knob, number, panel, rows) {
  const id = `zwxm-knob-${panel}-${number}`;
  const line = made("div", { class: "knob" });
  made("label", { for: id }, line, knob.label);
  const typed = made("input", { id, type: "text", inputmode: "decimal", autocomplete: "off" }, line);
  made("span", { class: "unit" }, line, knob.unit);
  const slider = made("input", { type: "range", min: knob.low, max: knob.high, step: knob.step, "aria-label": `${knob.label}（滑块，${knob.unit}）` }, line);
  const wrong = made("div", { class: "wrong", role: "alert" }, line);
  const send = (text, final) => {
    model.set("values", { ...model.get("values"), [knob.name]: text });
    if (final) model.set("commits", model.get("commits") + 1);
    model.save_changes();
  };
  slider.addEventListener("input", () => { typed.value = slider.value; check(); send(slider.value, false); });
  slider.addEventListener("change", () => send(slider.value, true));
  const check = () => {
    const text = typed.value.trim().replaceAll(",", "").replaceAll("，", "");
    const value = Number(text);
    const good = /^-?\d+(\.\d+)?$/.test(text) && value >= Number(knob.least) && value <= Number(knob.most) && !(knob.whole && !Number.isInteger(value));
    const range = `应为 ${knob.least} 到 ${knob.most} 之间的${knob.whole ? "整数" : "数"}`;
    wrong.textContent = good || (knob.optional && text === "") ? "" : `读到“${typed.value.slice(0, 20)}”，${range}`;
    typed.toggleAttribute("aria-invalid", wrong.textContent !== "");
    return good ? text : knob.optional && text === "" ? "" : null;
  };
  const entered = () => {
    const text = check();
    if (text === null) return;
    slider.value = text === "" ? knob.low : text;
    send(text, true);
  };
  typed.addEventListener("change", entered);
  typed.addEventListener("keydown", event => { if (event.key === "Enter") entered(); });
  rows[knob.name] = text => {
    if (document.activeElement !== typed || check() !== text) typed.value = text;
    slider.value = text === "" ? knob.low : text;
    slider.setAttribute("aria-valuetext", text === "" ? "未设定" : `${text} ${knob.unit}`);
    check();
  };
  return line;
}

function build(model, panel, number, rows) {
  panel.replaceChildren();
  for (const name in rows) delete rows[name];
  let group = null;
  let title = null;
  model.get("knobs").forEach((knob, at) => {
    if (knob.group !== title) {
      title = knob.group;
      group = made("fieldset", {}, panel);
      made("legend", {}, group, title);
    }
    group.appendChild(row(model, knob, at, number, rows));
  });
  show(model, rows);
}

function show(model, rows) {
  const values = model.get("values");
  for (const name in rows) if (values[name] !== undefined) rows[name](values[name]);
}

export default {
  render({ model, el }) {
    // In JupyterLab the keys typed here are ours, not shortcuts of the notebook.
    const panel = made("div", { class: "zwxm-knobs", "data-lm-suppress-shortcuts": "true" }, el);
    panel.addEventListener("keydown", event => event.stopPropagation());
    const rows = {};
    const number = ++panels;
    const rebuild = () => build(model, panel, number, rows);
    const reshow = () => show(model, rows);
    model.on("change:knobs", rebuild);
    model.on("change:values", reshow);
    rebuild();
    return () => { model.off("change:knobs", rebuild); model.off("change:values", reshow); };
  },
};
