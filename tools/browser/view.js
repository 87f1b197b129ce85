// Tells a page as lines of text, in which whatever can be used bears a number; `whole` tells all of it,
// otherwise only what stands in the window.
(whole) => {
  const lines = [];
  let words = "";
  let top = null;
  let number = 0;
  const flush = () => {
    const text = words.replace(/\s+/g, " ").trim();
    if (text) lines.push([top, text]);
    words = "";
    top = null;
  };
  const say = (text, y) => {
    if (text.trim() && top === null) top = y;
    words += text;
  };
  const label = (e) =>
    [...(e.labels?.[0]?.childNodes ?? [])].filter((n) => n.nodeType === Node.TEXT_NODE)
      .map((n) => n.data).join(" ").trim();
  const name = (e) =>
    (label(e) || e.getAttribute("aria-label") || e.placeholder || e.name || "").trim();
  const control = (e) => {
    e.dataset.n = String(++number);
    const y = e.getBoundingClientRect().top;
    const kind = e.matches("a") ? "link"
      : e.matches("button, summary") ? "button"
        : e.matches("select") ? "choice"
          : e.type === "checkbox" ? "checkbox" : "text field";
    let text = e.matches("a, button, summary") ? e.innerText.trim() : name(e);
    text = `[${number}] ${kind} "${text}"`;
    if (kind === "choice") {
      const options = [...e.options].map((o) => o.text).join(" | ");
      text += ` = "${e.selectedOptions[0]?.text ?? ""}" (${options})`;
    }
    if (kind === "checkbox") text += e.checked ? " = on" : " = off";
    if (kind === "text field") text += ` = "${e.type === "password" ? "•".repeat(e.value.length) : e.value}"`;
    say(` ${text} `, y);
  };
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const range = document.createRange();
      range.selectNode(node);
      if (!node.parentNode.closest("label")) say(node.data, range.getBoundingClientRect().top);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || !node.checkVisibility()) return;
    if (node.matches("a[href], button, input, select, textarea, summary")) return control(node);
    const block = getComputedStyle(node).display !== "inline";
    const cell = node.matches("td, th");
    if (block && !cell) flush();
    node.childNodes.forEach(walk);
    if (cell) words += " | ";
    else if (block) flush();
  };
  document.querySelectorAll("[data-n]").forEach((e) => delete e.dataset.n);
  walk(document.body);
  flush();
  const seen = lines.filter(([y]) => whole || (y > -8 && y < innerHeight));
  return {
    path: location.pathname,
    title: document.title,
    lines: seen.map(([, text]) => text),
    above: whole ? 0 : lines.filter(([y]) => y <= -8).length,
    below: whole ? 0 : lines.filter(([y]) => y >= innerHeight).length,
    state: sessionStorage.getItem("state") || "{}",
  };
}
