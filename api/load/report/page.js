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

  // The name of a row stands where its bar begins or ends. One that has not the room there begins at the left edge, and
  // is cut where the picture ends. Names are escaped: what stands for one character is one.
  const pen = document.createElement("canvas").getContext("2d");
  const widthOf = (letters, font) => {
    pen.font = `${font.size}px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(letters.map((each) => (each.length > 2 ? "&" : each)).join("")).width + 6;
  };
  const placed = (each, room) => {
    if (each.name !== "row") return each;
    const letters = each.text.match(/&\w+;|[^]/gu) ?? [];
    const own = room * (each.xanchor === "right" ? each.x : 1 - each.x);
    if (widthOf(letters, each.font) <= own) return each;
    const cut = [...letters];
    while (cut.length > 1 && widthOf(cut, each.font) > room) cut.splice(-2, 2, "…");
    return { ...each, text: cut.join(""), x: 0, xanchor: "left", xshift: -4 };
  };
  const labelled = (layout, id) => {
    const width = layout.width ?? document.getElementById(id).clientWidth;
    const room = width - layout.margin.l - layout.margin.r;
    return { ...layout, annotations: layout.annotations.map((each) => placed(each, room)) };
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
      Plotly.react(id, data, labelled(fitted(layout), id), { displayModeBar: false, responsive: !printing });
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
  // Charts follow the window by themselves; the names of their rows are fitted anew when it has come to rest.
  let resized = 0;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(draw, 200);
  });
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
