// A button that asks Python for a file and hands it to the browser: nothing is put on a server.
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zwxm-button";
    const label = () => { button.textContent = model.get("label"); };
    const wait = () => { button.disabled = model.get("busy"); };
    button.addEventListener("click", () => model.send({ wanted: true }));
    const save = (message, buffers) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([buffers[0]], { type: "application/octet-stream" }));
      link.download = message.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    };
    model.on("change:label", label);
    model.on("change:busy", wait);
    model.on("msg:custom", save);
    label();
    wait();
    el.appendChild(button);
    return () => { model.off("change:label", label); model.off("change:busy", wait); model.off("msg:custom", save); };
  },
};
