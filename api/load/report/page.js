"use strict";
(() => {
  const { figures, dark } = JSON.parse(document.getElementById("data").textContent);
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const isNarrow = matchMedia("(max-width: 640px)");
  const PRINTED = 680;
  let printing = false;

  // Figures are in the colours of light pages; what is a colour there has its counterpart on dark ones.
  const recolored = (value) => {
    if (typeof value === "string") return Object.hasOwn(dark, value) ? dark[value] : value;
    if (Array.isArray(value)) return value.map(recolored);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, recolored(each)]));
  };

  // On a phone the labels beside the lines have no room: the key above the chart says the same. The names of steps
  // have none on paper either: another chart has them in rows.
  const without = (layout, ...names) => {
    const room = layout.meta?.room ?? 0;
    const kept = layout.annotations.filter((each) => !names.includes(each.name));
    return {
      ...layout,
      height: layout.height - room,
      margin: { ...layout.margin, t: layout.margin.t - room },
      annotations: kept.map((each) => (each.name === "title" ? { ...each, yshift: each.yshift - room } : each)),
    };
  };
  const fitted = (layout) => {
    if (printing) return { ...without(layout, "step"), width: PRINTED };
    if (!isNarrow.matches) return layout;
    const bare = without(layout, "step", "label", "limit");
    return { ...bare, margin: { ...bare.margin, r: 14 } };
  };

  const draw = () => {
    const darkly = isDark.matches && !printing;
    for (const [id, figure] of Object.entries(figures)) {
      const { data, layout } = darkly ? recolored(figure) : structuredClone(figure);
      layout.hoverlabel = {
        ...layout.hoverlabel,
        bgcolor: darkly ? "#1d232c" : "#ffffff",
        bordercolor: darkly ? "#3a4452" : "#cfd6de",
      };
      Plotly.react(id, data, fitted(layout), { displayModeBar: false, responsive: !printing });
    }
    for (const swatch of document.querySelectorAll("[data-color]")) {
      const color = swatch.dataset.color;
      swatch.style.background = darkly ? dark[color] : color;
    }
  };

  // A table that goes on beyond the right edge says so, where that can be seen.
  const tables = document.querySelectorAll(".scroll");
  const mark = (box) =>
    box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
  const sizes = new ResizeObserver((seen) => seen.forEach((each) => mark(each.target)));
  for (const box of tables) {
    box.addEventListener("scroll", () => mark(box), { passive: true });
    sizes.observe(box);
  }

  isDark.addEventListener("change", draw);
  isNarrow.addEventListener("change", draw);
  addEventListener("beforeprint", () => {
    printing = true;
    draw();
  });
  addEventListener("afterprint", () => {
    printing = false;
    draw();
  });
  draw();
})();
