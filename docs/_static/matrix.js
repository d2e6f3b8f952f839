// The filters of "What every client really does": they narrow the tables to some clients, one fault
// and some outcomes. The choice stands in the address, ?client=pip&outcome=stale, so that it can be
// sent to somebody. Without this script every table is there as a whole.
(() => {
  "use strict";
  const form = document.querySelector("form.matrix-filter");
  if (!form) return;
  const status = form.querySelector(".matrix-status");
  const names = ["client", "fault", "outcome"];
  const tables = [...document.querySelectorAll("table.matrix")].map((table) => ({
    box: table.closest(".matrix-box"),
    none: table.closest(".matrix-box").nextElementSibling,
    heads: [...table.tHead.rows[0].cells],
    rows: [...table.tBodies[0].rows],
  }));
  const all = document.querySelectorAll("table.matrix td a").length;

  // -- What fits ----------------------------------------------------------------------------------

  const fields = (name) => [...form.elements].filter((field) => field.name === name);
  const given = (name) => fields(name).filter((field) => (field.type === "checkbox" ? field.checked : field.value));
  const values = (name) => given(name).map((field) => field.value);
  const words = (name) => given(name).map((field) => field.dataset.words ?? field.value);

  // A cell is counted, and may be opened, where it fits; its row and its column are there where any
  // cell of them fits. The first column names the row.
  const narrow = (table, chosen) => {
    const client = (row) => !chosen.client.length || chosen.client.includes(row.dataset.client);
    const fault = (head) => !chosen.fault.length || chosen.fault.includes(head.dataset.fault);
    const outcome = (cell) =>
      cell.firstElementChild &&
      (!chosen.outcome.length || chosen.outcome.some((word) => cell.classList.contains(`m-${word}`)));
    const columns = table.heads.map((head, number) => number > 0 && fault(head));
    const kept = columns.map((_, number) => number === 0);
    let fitting = 0;
    for (const row of table.rows) {
      let here = 0;
      [...row.cells].forEach((cell, number) => {
        if (number === 0) return;
        const fits = client(row) && columns[number] && outcome(cell);
        cell.classList.toggle("m-off", !fits);
        if (!fits) return;
        kept[number] = true;
        here += 1;
      });
      row.hidden = !here;
      fitting += here;
    }
    for (const row of [{ cells: table.heads }, ...table.rows]) {
      [...row.cells].forEach((cell, number) => { cell.hidden = !kept[number]; });
    }
    table.box.hidden = !fitting;
    table.none.hidden = fitting > 0;
    return fitting;
  };

  const show = () => {
    const chosen = Object.fromEntries(names.map((name) => [name, values(name)]));
    const fitting = tables.reduce((sum, table) => sum + narrow(table, chosen), 0);
    const asked = names.map((name) => words(name).join(" or ")).filter(Boolean);
    const many = (number) => number.toLocaleString("en");
    status.textContent = asked.length
      ? `${many(fitting)} of ${many(all)} cells: ${asked.join("; ")}.`
      : `All ${many(all)} cells are shown.`;
  };

  // -- The address --------------------------------------------------------------------------------

  const write = () => {
    const here = new URL(window.location.href);
    for (const name of names) {
      const chosen = values(name);
      if (chosen.length) here.searchParams.set(name, chosen.join(" "));
      else here.searchParams.delete(name);
    }
    window.history.replaceState(null, "", here);
  };

  const read = () => {
    const given = new URLSearchParams(window.location.search);
    for (const name of names) {
      const wanted = (given.get(name) ?? "").split(" ");
      for (const field of fields(name)) {
        if (field.type === "checkbox") field.checked = wanted.includes(field.value);
        else field.value = [...field.options].some((one) => one.value === wanted[0]) ? wanted[0] : "";
      }
    }
    show();
  };

  form.addEventListener("change", () => { write(); show(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => window.setTimeout(() => { write(); show(); }));
  window.addEventListener("popstate", read);
  form.hidden = false;
  read();
})();
