"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const make = (tag, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  };
  const counted = (key, value) => data.cards.filter((c) => (Array.isArray(c[key]) ? c[key].includes(value) : c[key] === value)).length;
  function choices(id, key, values, words) {
    const there = values.filter((value) => counted(key, value));
    at(id).replaceChildren(new Option("all", ""), ...there.map((value) => new Option(`${words(value)} (${counted(key, value)})`, value)));
    at(id).addEventListener("change", draw);
  }

  function chosen() {
    const [find, status, model, primitive] = ["find", "status", "model", "primitive"].map((id) => at(id).value);
    const found = data.cards.filter((c) =>
      (!status || c.status === status) && (!model || c.model === model) && (!primitive || c.primitives.includes(primitive)) &&
      `${c.name} ${c.sentence} ${c.reason}`.toLowerCase().includes(find.toLowerCase()));
    const way = { name: 0, doubt: 1, sure: -1 }[at("order").value];
    const sure = (c) => (typeof c.confidence === "number" ? c.confidence : -1);
    return way ? found.sort((a, b) => way * (sure(a) - sure(b))) : found;
  }

  function card(c) {
    const item = make("li"), box = make(c.link ? "a" : "div", undefined, "card"), text = make("div", undefined, "text");
    if (c.link) box.href = c.link.split("/").map(encodeURIComponent).join("/") + (c.shot ? `#${encodeURIComponent(c.shot)}` : "");
    if (c.picture) {
      const image = make("img");
      image.src = c.picture;
      image.alt = `a frame of ${c.name}`;
      box.append(image);
    } else box.append(make("div", c.gone || "no film", "blank"));
    const chips = make("p");
    chips.append(make("span", c.status, `chip ${c.status}`));
    if (typeof c.confidence === "number") chips.append(make("span", `confidence ${c.confidence.toFixed(2)}`, "chip quiet"));
    const title = make("h2");
    /* Long names break after "_" rather than in a word. */
    const run = c.shot ? c.name.slice(0, -c.shot.length) : c.name;
    title.append(...run.split(/(?<=[_/])/).flatMap((part) => [part, make("wbr")]));
    if (c.shot) title.append(make("span", c.shot, "whole"));
    text.append(title, chips, make("p", c.sentence || "No camera path was found."));
    if (c.reason) {
      const why = make("p", c.reason, "why");
      why.title = c.reason;
      text.append(why);
    }
    box.append(text);
    item.append(box);
    return item;
  }

  function draw() {
    const found = chosen();
    at("count").textContent = `${found.length} of ${data.cards.length} shown`;
    at("cards").replaceChildren(...found.map(card));
  }

  at("title").textContent = data.title;
  document.title = data.title;
  const plain = (name) => name.replaceAll("_", " ");
  choices("status", "status", ["ok", "partial", "unreliable", "failed"], plain);
  choices("model", "model", Object.keys(data.models), (name) => data.models[name].replace(/^a /, ""));
  choices("primitive", "primitives", data.primitives, plain);
  at("find").addEventListener("input", draw);
  at("order").addEventListener("change", draw);
  at("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  });
  draw();
  /* After Back the browser fills in what was chosen before, and says so to nobody. */
  window.addEventListener("pageshow", draw);
})();
