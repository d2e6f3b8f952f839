// The search page: what was asked for may be a message as a program printed it, with names, hosts and
// numbers that stand on no page. It is held against the pattern of every message that is explained.
(() => {
  "use strict";
  const data = document.getElementById("messages");
  const section = document.getElementById("pasted");
  const asked = new URLSearchParams(window.location.search).get("q");
  if (!data || !section || !asked) return;
  const NEAR = 0.6; // of the best: so much of a message must have been pasted

  const paste = asked.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"');
  const length = (pattern) => (new RegExp(pattern, "i").test(paste) ? pattern.length : 0);
  const scored = JSON.parse(data.textContent)
    .map((message) => ({ message, score: message.patterns.map(length).reduce((a, b) => a + b) }));
  const best = Math.max(...scored.map(({ score }) => score));
  if (!(best > 0)) return;

  // A placeholder looks as it does on the page of the message.
  const printed = (text) => {
    const code = document.createElement("code");
    code.className = "literal message-text";
    text.split(/\{([a-z-]+)\}/).forEach((part, number) => {
      const varies = document.createElement("span");
      varies.className = "varies";
      varies.append(part);
      code.append(number % 2 ? varies : part);
    });
    return code;
  };

  const list = document.createElement("ul");
  list.className = "messages said";
  scored
    .filter(({ score }) => score >= NEAR * best)
    .sort((a, b) => b.score - a.score)
    .forEach(({ message }) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = message.url;
      link.append(printed(message.short));
      const when = document.createElement("span");
      when.className = "said-when";
      when.append(message.when ? ` when ${message.when}` : "");
      item.append(link, when);
      list.append(item);
    });
  section.append(list);
  section.hidden = false;
})();
