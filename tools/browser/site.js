// What the pages of a site can do. Elements say it by attributes; what a visitor changed is kept as one
// object of the tab ("state"), which holds differences from how the site was found and nothing else.
//
//   <form data-save="PATH" [data-append] [data-needs='{"field": "value"}'] [data-next="/page"]>
//   <button data-set="PATH" data-value="JSON" [data-next]>   <button data-add="PATH" data-by="1">
//   <input type="checkbox" data-bind="PATH">   <select data-bind="PATH">
//   data-when="PATH" / data-unless="PATH": shown only then      data-show="PATH": says what is there
//   <input data-filter="FIELD"> <select data-filter="FIELD">: hide each .row that does not match
//   <button data-tab="NAME">, data-panel="NAME"      <button data-sort="FIELD">: rows by that field
"use strict";
const all = (css) => [...document.querySelectorAll(css)];
const state = () => JSON.parse(sessionStorage.getItem("state") || "{}");

function at(path) {
  return path.split(".").reduce((found, key) => found?.[key], state());
}

function put(path, value) {
  const whole = state();
  const keys = path.split(".");
  const last = keys.pop();
  const holders = keys.reduce((found, key) => [...found, (found.at(-1)[key] ??= {})], [whole]);
  if (value === undefined) delete holders.at(-1)[last];
  else holders.at(-1)[last] = value;
  for (let i = keys.length; i > 0; i--) {
    if (!Object.keys(holders[i]).length) delete holders[i - 1][keys[i - 1]];
  }
  sessionStorage.setItem("state", JSON.stringify(whole));
  render();
}

function go(path) {
  if (!path) return;
  window.going = true;
  location.assign(path);
}

function told(value) {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return value.map(told).join("; ");
  if (typeof value !== "object") return String(value);
  return Object.entries(value).map(([key, one]) => `${key}: ${told(one)}`).join(", ");
}

function render() {
  for (const e of all("[data-when]")) e.hidden = at(e.dataset.when) === undefined;
  for (const e of all("[data-unless]")) e.hidden = at(e.dataset.unless) !== undefined;
  for (const e of all("[data-show]")) e.textContent = told(at(e.dataset.show));
  for (const e of all("[data-bind]")) {
    const kept = at(e.dataset.bind);
    if (kept === undefined) continue;
    if (e.type === "checkbox") e.checked = kept;
    else e.value = kept;
  }
  filter();
}

function filter() {
  const wanted = all("[data-filter]").filter((e) => e.value);
  for (const row of all(".row")) {
    row.hidden = !wanted.every((e) => {
      if (e.dataset.filter === "text") {
        return row.textContent.toLowerCase().includes(e.value.trim().toLowerCase());
      }
      return row.dataset[e.dataset.filter] === e.value;
    });
  }
}

function bound(e) {
  const first = e.type === "checkbox"
    ? e.defaultChecked
    : ([...e.options].find((o) => o.defaultSelected) ?? e.options[0]).value;
  const now = e.type === "checkbox" ? e.checked : e.value;
  put(e.dataset.bind, now === first ? undefined : now);
}

function sort(button) {
  const rows = all(".row");
  const key = (row) => row.dataset[button.dataset.sort];
  const numbers = rows.every((row) => !Number.isNaN(Number(key(row))));
  rows.sort((a, b) => (numbers ? key(a) - key(b) : key(a).localeCompare(key(b))));
  const place = rows[0]?.parentNode;
  for (const row of rows) place.append(row);
}

function submit(form) {
  const fields = Object.fromEntries(new FormData(form));
  const needs = JSON.parse(form.dataset.needs || "{}");
  const wrong = Object.entries(needs).some(([name, value]) => fields[name] !== value);
  for (const e of form.querySelectorAll(".error")) e.hidden = !wrong;
  if (wrong) return;
  for (const name of Object.keys(needs)) if (name === "password") delete fields[name];
  const path = form.dataset.save;
  put(path, "append" in form.dataset ? [...(at(path) ?? []), fields] : fields);
  form.reset();
  render();
  go(form.dataset.next);
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target);
});
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-filter]")) filter();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-bind]")) bound(event.target);
});
document.addEventListener("click", (event) => {
  const e = event.target.closest("a[href], button");
  if (!e) return;
  const given = e.dataset;
  if (e.matches("a")) window.going = e.origin === location.origin;
  else if (given.tab) for (const p of all("[data-panel]")) p.hidden = p.dataset.panel !== given.tab;
  else if (given.sort) sort(e);
  else if (given.add) {
    const count = (at(given.add) ?? 0) + Number(given.by ?? 1);
    put(given.add, count > 0 ? count : undefined);
    go(given.next);
  } else if (given.set) {
    put(given.set, given.value === undefined ? undefined : JSON.parse(given.value));
    go(given.next);
  }
});
for (const e of all(".error")) e.hidden = true;
render();
