"use strict";
// Search and filters of the table of projects. Nothing is sent or stored.
const form = document.querySelector("form.filters");
if (form) {
  const rows = [...document.querySelectorAll("table.projects tbody tr")];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const texts = rows.map((row) => fold(row.textContent));
  const filter = () => {
    const words = fold(form.elements.search.value).split(/\s+/).filter(Boolean);
    const chosen = [...form.querySelectorAll("select")].filter((one) => one.value);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden =
        !words.every((word) => texts[place].includes(word)) ||
        !chosen.every((one) => row.dataset[one.name] === one.value);
      shown += !row.hidden;
    });
    form.querySelector("output").value = `显示 ${shown} 个，共 ${rows.length} 个`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  filter();
}
