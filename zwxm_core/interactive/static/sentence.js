// What is concluded, read out by a screen reader whenever it changes; text nodes only.
const SIGNS = { yes: "✓", no: "○", problem: "✕", open: "？", na: "–", wrong: "！" };

export default {
  render({ model, el }) {
    const box = document.createElement("div");
    box.setAttribute("role", "status");
    el.appendChild(box);
    const show = () => {
      box.hidden = model.get("lines").length === 0;
      const tone = model.get("tone");
      box.className = `zwxm-sentence ${tone in SIGNS ? tone : "na"}`;
      box.replaceChildren(...model.get("lines").map((text, at) => {
        const line = document.createElement(at === 0 ? "strong" : "div");
        line.textContent = at === 0 ? `${SIGNS[tone] || ""} ${text}` : text;
        return line;
      }));
    };
    model.on("change:lines change:tone", show);
    show();
    return () => model.off("change:lines change:tone", show);
  },
};
