// The form of the page "Set up": five answers narrow the table of goals, and the page says which
// recipe fits. The choice stands in the address: #people=team&network=local. Without this script
// the whole table is there.
(() => {
  "use strict";
  const form = document.querySelector("form.which-recipe");
  const table = document.querySelector("table.leads");
  if (!form || !table) return;
  const FEW = 2; // so many are told apart in words
  const answer = form.querySelector(".which-answer");
  const rows = [...table.tBodies[0].rows];
  const refusals = [...document.querySelectorAll("ul.refusals > li")];
  const questions = [...form.querySelectorAll("fieldset")].map((fieldset) => ({
    name: fieldset.querySelector("input").name,
    head: fieldset.dataset.head,
    inputs: [...fieldset.querySelectorAll("input")],
  }));

  // -- What fits ----------------------------------------------------------------------------------

  const given = () =>
    questions
      .map(({ name, head, inputs }) => ({ name, head, input: inputs.find((one) => one.checked) }))
      .filter(({ input }) => input && input.value)
      .map(({ name, head, input }) => ({ name, head, value: input.value, words: input.parentNode.textContent.trim() }));

  const allows = (element, { name, value }) => element.classList.contains(`${name}-${value}`);
  const misses = (element, answers) => answers.filter((one) => !allows(element, one));

  // A refusal names some questions only: each of them must be answered, and so.
  const refuses = (element, answers) =>
    questions.every(({ name }) => {
      const named = [...element.classList].some((word) => word.startsWith(`${name}-`));
      const one = answers.find((other) => other.name === name);
      return !named || (one && allows(element, one));
    });

  const written = (row) => !row.querySelector(".leads-to .badge-planned");

  const nearest = (among, answers) => {
    const fewest = Math.min(...among.map((row) => misses(row, answers).length));
    return among.filter((row) => misses(row, answers).length === fewest);
  };

  // -- What is said -------------------------------------------------------------------------------

  const recipe = (row) => [...row.querySelector(".leads-to").childNodes].map((node) => node.cloneNode(true));
  const words = (row, name) => row.querySelector(name).textContent.trim();
  const decapitalised = (text) => text.charAt(0).toLowerCase() + text.slice(1);

  // Each line is a list of texts and nodes.
  const say = (decided, ...lines) => {
    const paragraphs = lines.map((parts) => {
      const paragraph = document.createElement("p");
      paragraph.append(...parts.flat());
      return paragraph;
    });
    answer.replaceChildren(...paragraphs);
    answer.classList.toggle("decided", decided);
  };

  const but = (row, answers) => {
    const others = misses(row, answers).map(({ head, words }) => `${head}: other than “${words}”`);
    return [recipe(row), `, with ${others.join(", ")}.`];
  };

  const sayNearest = (answers) => {
    const reason = refusals.find((element) => refuses(element, answers));
    const lines = nearest(rows, answers).slice(0, FEW).map((row) => ["Nearest is ", ...but(row, answers)]);
    say(true, ["Nothing here fits. ", reason ? words(reason, ".refusal") : ""], ...lines);
  };

  // Where all that fits is planned, a reader of today is told of the nearest that is not.
  const sayToday = (fitting, answers) => {
    if (fitting.some(written)) return [];
    const [first] = nearest(rows.filter(written), answers);
    return first ? [["Nearest that is written: ", ...but(first, answers)]] : [];
  };

  const sayFits = (fitting, answers) => {
    const names = new Set(fitting.map((row) => words(row, ".leads-to")));
    if (names.size === 1) {
      say(true, ["This fits: ", recipe(fitting[0]), "."], ...sayToday(fitting, answers));
    } else if (fitting.length <= FEW || answers.length === questions.length) {
      const lines = fitting.map((row) => [recipe(row), `: ${decapitalised(words(row, ".decides"))}`]);
      say(true, [`${fitting.length} fit. One thing decides:`], ...lines, ...sayToday(fitting, answers));
    } else {
      say(false, [`${fitting.length} of ${rows.length} lines fit so far. Answer more to come to one.`]);
    }
  };

  const show = () => {
    const answers = given();
    const fitting = rows.filter((row) => misses(row, answers).length === 0);
    rows.forEach((row) => { row.hidden = fitting.length > 0 && !fitting.includes(row); });
    if (!answers.length) say(false, ["Answer what you know. The table below narrows."]);
    else if (!fitting.length) sayNearest(answers);
    else sayFits(fitting, answers);
  };

  // -- The address --------------------------------------------------------------------------------

  const write = () => {
    const chosen = new URLSearchParams(given().map(({ name, value }) => [name, value])).toString();
    const here = window.location.href.split("#")[0];
    window.history.replaceState(null, "", chosen ? `${here}#${chosen}` : here);
  };

  const read = () => {
    const chosen = new URLSearchParams(window.location.hash.slice(1));
    questions.forEach(({ name, inputs }) => {
      const wanted = inputs.find((one) => one.value === (chosen.get(name) ?? ""));
      (wanted ?? inputs[0]).checked = true;
    });
    show();
  };

  form.addEventListener("change", () => { write(); show(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => window.setTimeout(() => { write(); show(); }));
  window.addEventListener("hashchange", read);
  form.hidden = false;
  read();
})();
