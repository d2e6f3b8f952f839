// The bar for the reader's own index: what is typed into it stands in every snippet of the page.
// It is remembered in this browser alone, and can be shared: #ANCHOR&mirror=https://…/simple/. What
// a link brings is shown as such, and not remembered until the reader says so. A snippet is
// changed by its text, never as HTML. Without this script the pages have their example addresses.
(() => {
  "use strict";
  const form = document.querySelector("form.address");
  if (!form) return;
  const KINDS = ["mirror", "private"]; // what stands before .example
  const LONGEST = 200; // characters of an address
  const part = (name) => form.querySelector(`.address-${name}`);
  const field = (kind) => form.elements[kind];

  // -- What is plausible --------------------------------------------------------------------------
  // A snippet is pasted into shells, TOML, YAML, INI files, units and crontabs. So an address has
  // only characters that mean themselves in all of them.

  const STRANGE = /[^A-Za-z0-9.:/_~+-]/;
  const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
  const PORTS = { "https:": "443", "http:": "80" };
  const NEARBY = /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+)$/;

  const parsed = (text) => {
    try {
      return new URL(text);
    } catch {
      return null;
    }
  };

  // Why a text is no address for a snippet; empty where it is one.
  const refusal = (text) => {
    if (text.length > LONGEST) return `An address has at most ${LONGEST} characters here.`;
    if (!/^https?:\/\/[^/]/i.test(text)) return "An address begins with https:// or http://.";
    if (text.includes("@")) {
      return "Leave user and password out: what is typed here is remembered and shared, and a secret must not be.";
    }
    if (text.includes("%")) {
      return "Write it without a percent sign: in INI files, units and crontabs that means something else.";
    }
    if (/^[^/]*\/\/\[/.test(text)) {
      return "Write a name or an IPv4 address: the brackets of an IPv6 address mean something to a shell.";
    }
    if (STRANGE.test(text)) {
      return "Only letters a to z, digits and . - _ ~ + / : are taken: anything else could mean something to a shell.";
    }
    const url = parsed(text);
    const host = text.split("/")[2].replace(/:\d*$/, "").toLowerCase();
    const labels = host.split(".");
    if (/^[^/]*\/\/[^/]*\/.*:/.test(text)) {
      return "Write the path without a colon: a shell can read what comes after it as something else.";
    }
    if (!url || url.port === "0" || host.length > 253 || !labels.every((label) => LABEL.test(label))) {
      return "This is no name of a host with an address on it.";
    }
    if (labels.some((label) => label.startsWith("xn--"))) {
      return "A name with xn-- has letters of another script, which can look like others: use a name without.";
    }
    return url.hostname === host ? "" : `Write ${url.hostname} for that host.`;
  };

  // An address as it stands in a snippet, with a slash at its end.
  const address = (text) => {
    const { protocol, host, hostname, pathname, port } = new URL(text);
    const path = pathname.replace(/\/*$/, "/");
    const root = `${protocol}//${host}`;
    return { protocol, host, hostname, path, port: port || PORTS[protocol], root, whole: root + path };
  };

  const TOKEN = /\/(?=[^/]*\d[A-Za-z]+\d)[A-Za-z0-9]{16,}\//; // some services want one in the path
  const insecure = ({ protocol, hostname }) => protocol === "http:" && !NEARBY.test(hostname);

  // -- Where the examples are -----------------------------------------------------------------------
  // What is typed follows. What a program has printed stays: it was not printed for this address.

  const PRINTED = ".not-typed, .matrix-box, .message-text";
  const USER = String.raw`(?:(?:\$\{\{[^}]*\}\}|[^\s"'/@])*@)?`;
  const PATH = String.raw`(?:/[\w.~+-]+)*?/\+?simple(?:/|(?![\w.~+-]))`;
  const EXAMPLE = new RegExp(
    String.raw`(?:(https?://)${USER})?(?<![\w.-])(mirror|private)\.example(?![\w-]|\.\w)(:\d+)?(${PATH})?`,
    "g",
  );

  const textsOf = (block) => {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const texts = [];
    let from = 0;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest(PRINTED)) continue;
      texts.push({ node, from });
      from += node.length;
    }
    return texts;
  };

  const textOf = (block) => textsOf(block).map(({ node }) => node.data).join("");

  // The text from start to end, which may be spread over the spans of its colours.
  const cut = (texts, start, end) => {
    const nodes = texts
      .filter(({ node, from }) => from < end && from + node.length > start)
      .map(({ node, from }) => {
        if (from + node.length > end) node.splitText(end - from);
        return from < start ? node.splitText(start - from) : node;
      });
    const marks = nodes.map((node) => {
      const mark = document.createElement("span");
      mark.className = "nohighlight"; // by Sphinx, which marks the words of a search by cutting them out
      node.replaceWith(mark);
      mark.append(node);
      return mark;
    });
    return { marks, nodes, before: nodes.map((node) => node.data) };
  };

  // The words after https:// and a user: a host and its path, or as much of them as stood there.
  const rest = ({ scheme, port, path, glob }) => (url) => {
    if (path) return url.host + (path.endsWith("/") ? url.path : url.path.slice(0, -1));
    return scheme || port || glob ? url.host : url.hostname;
  };

  // From the end: a text that is cut stays where it was up to there.
  const placesIn = (block) => {
    const texts = textsOf(block);
    const text = texts.map(({ node }) => node.data).join("");
    return [...text.matchAll(EXAMPLE)].reverse().flatMap((found) => {
      const [all, scheme, kind, port, path] = found;
      const end = found.index + all.length;
      const tail = `${kind}.example${port ?? ""}${path ?? ""}`.length;
      const line = text.slice(text.lastIndexOf("\n", found.index) + 1, found.index);
      const glob = /\ballow-hosts\b/.test(line); // it is held against a host with its port
      const says = rest({ scheme, port, path, glob });
      const made = [{ kind, port, bare: scheme && !path, says, ...cut(texts, end - tail, end) }];
      if (scheme) {
        const itsScheme = ({ protocol }) => `${protocol}//`;
        made.push({ kind, says: itsScheme, ...cut(texts, found.index, found.index + scheme.length), also: true });
      }
      return made;
    });
  };

  const blocks = [...document.querySelectorAll("article :is(pre, code)")]
    .filter((block) => !block.closest(PRINTED) && !block.parentElement.closest("pre, code"));
  const beside = blocks.map((block) => textOf(block).replace(EXAMPLE, " ")).join("\n");
  const places = blocks.flatMap(placesIn);

  // -- What is remembered ---------------------------------------------------------------------------

  let forgets = false; // a browser may keep nothing
  const remembered = (kind) => {
    try {
      const text = window.localStorage.getItem(`address-${kind}`);
      return text && !refusal(text) ? address(text) : null;
    } catch {
      return null;
    }
  };
  const remember = (kind, url) => {
    try {
      if (url) window.localStorage.setItem(`address-${kind}`, url.whole);
      else window.localStorage.removeItem(`address-${kind}`);
    } catch {
      forgets = true;
    }
  };

  // -- The page follows -----------------------------------------------------------------------------

  const own = {}; // what the reader typed, or kept: kind -> address
  let linked = {}; // what the link to this page brought
  let refused = {}; // kind -> why what was typed is not taken
  const now = (kind) => linked[kind] ?? own[kind] ?? null;
  const here = (kind) => places.some((place) => place.kind === kind);
  const used = () => KINDS.filter(here).map(now).filter(Boolean);

  const fill = ({ kind, says, marks, nodes, before }) => {
    const url = now(kind);
    nodes.forEach((node, number) => {
      node.data = url ? (number ? "" : says(url)) : before[number];
    });
    for (const mark of marks) {
      mark.classList.toggle("address-own", Boolean(url));
      mark.classList.toggle("address-foreign", Boolean(linked[kind]));
    }
  };

  const warnings = (urls) => [...new Set([
    ...urls.filter(insecure).map(({ hostname }) =>
      `http to ${hostname}: whoever is in between can change what you install. Take https.`),
    ...urls.filter(({ path }) => TOKEN.test(path)).map(({ hostname }) =>
      `A part of the path at ${hostname} looks like a token. If it is one, reset: it is remembered here and shared.`),
  ])];

  // What can not be made from the address of an index: the page says so, and where.
  const gaps = (kind) => {
    const url = now(kind);
    const its = places.filter((place) => place.kind === kind);
    const said = [];
    if (!url.path.endsWith("simple/")) {
      said.push(`${url.whole} does not end with /simple/, as the address of an index mostly does: is it whole?`);
    }
    if (!/^(?:\/[^/]+\/[^/]+\/\+simple|\/simple)\/$/.test(url.path) && its.some(({ bare }) => bare)) {
      said.push(`Where the example has no path, only ${url.root} stands: see whether some of your path belongs there.`);
    }
    for (const port of new Set(its.map((place) => place.port?.slice(1)).filter(Boolean))) {
      const alone = new RegExp(String.raw`(?<![\w.])${port}(?![\w.])`);
      if (url.port !== port && alone.test(beside)) {
        said.push(`The port ${port} of the example also stands alone below: yours is ${url.port}, change it there.`);
      }
    }
    return said;
  };

  const sentences = () => {
    const urls = used();
    const found = places.filter((place) => !place.also && now(place.kind)).length;
    const said = KINDS.map((kind) => refused[kind]).filter(Boolean);
    if (KINDS.some((kind) => refused[kind] && now(kind))) said.push("The snippets keep what they had.");
    if (said.length) return said;
    if (urls.length) said.push(`${found} ${found === 1 ? "place" : "places"} below ${found === 1 ? "has" : "have"} it.`);
    if (urls.length && document.querySelector("article a.download")) {
      said.push("A file that you download keeps the example.");
    }
    if (forgets) said.push("This browser does not remember it.");
    const missing = KINDS.filter((kind) => here(kind) && now(kind)).flatMap(gaps);
    const isOwn = (url) => !Object.values(linked).includes(url);
    return [...said, ...new Set(missing), ...warnings(urls.filter(isOwn))];
  };

  const showLinked = () => {
    const urls = KINDS.filter(here).map((kind) => linked[kind]).filter(Boolean);
    const box = part("linked");
    box.hidden = !urls.length;
    document.documentElement.classList.toggle("address-from-link", urls.length > 0);
    const text = box.querySelector("[role=alert]");
    text.replaceChildren();
    if (!urls.length) return;
    const names = urls.flatMap(({ whole }, number) => {
      const name = document.createElement("code");
      name.append(whole);
      return number ? [" and ", name] : [name];
    });
    text.append("The link that you followed put ", ...names, " into the snippets. Is that your index? ", warnings(urls).join(" "));
    const mine = KINDS.filter(here).some((kind) => own[kind]);
    part("drop").textContent = mine ? "No, back to mine" : "No, back to the examples";
  };

  const show = () => {
    places.forEach(fill);
    const urls = used();
    const isLinked = KINDS.some((kind) => linked[kind] && here(kind));
    for (const kind of KINDS) {
      field(kind).parentElement.hidden = !here(kind);
      if (!refused[kind]) field(kind).value = own[kind]?.whole ?? "";
      if (refused[kind]) field(kind).setAttribute("aria-invalid", "true");
      else field(kind).removeAttribute("aria-invalid");
    }
    showLinked();
    part("fields").hidden = isLinked;
    for (const name of ["share", "reset"]) part(name).hidden = !urls.length;
    part("fold").hidden = isLinked;
    part("fold").textContent = urls.length
      ? `Snippets for ${urls.map(({ host }) => host).join(" and ")}`
      : "Fill the snippets with your own index";
    say(...sentences());
  };

  const say = (...words) => {
    part("says").textContent = words.join(" ");
    form.classList.toggle("refused", KINDS.some((kind) => refused[kind]));
  };

  // -- What the reader does -------------------------------------------------------------------------

  const take = (kind) => {
    const text = field(kind).value.trim();
    const why = text && refusal(text);
    delete refused[kind];
    if (why) {
      refused[kind] = why;
      return;
    }
    const url = text ? address(text) : null;
    own[kind] = url && url.hostname !== `${kind}.example` ? url : null;
    remember(kind, own[kind]);
  };

  const toBegin = () => {
    const first = [part("fold"), ...KINDS.map(field)].find((one) => one.checkVisibility?.() ?? !one.hidden);
    first?.focus();
  };

  const keep = () => {
    for (const kind of KINDS.filter((one) => linked[one])) {
      own[kind] = linked[kind];
      remember(kind, own[kind]);
    }
    linked = {};
    show();
    toBegin();
  };

  const reset = () => {
    KINDS.forEach((kind) => {
      own[kind] = null;
      remember(kind, null);
    });
    linked = {};
    refused = {};
    show();
    toBegin();
    say("The examples are back, and nothing is remembered.");
  };

  const share = async () => {
    const ours = KINDS.filter((kind) => here(kind) && now(kind)).map((kind) => `${kind}=${now(kind).whole}`);
    const [page, anchor] = window.location.href.split("#");
    const link = `${page}#${[anchor, ...ours].filter(Boolean).join("&")}`;
    try {
      await navigator.clipboard.writeText(link);
      say("The link is copied. It opens this page with your address in its snippets.");
    } catch {
      say(`Copy this link: ${link}`);
    }
  };

  // -- The link -------------------------------------------------------------------------------------

  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };

  // Take from the address what a link brought. What is left is an anchor, or nothing.
  const read = () => {
    const parts = window.location.hash.slice(1).split("&");
    const isOurs = (one) => KINDS.some((kind) => one.startsWith(`${kind}=`));
    if (!parts.some(isOurs)) return;
    linked = {};
    refused = {};
    for (const one of parts.filter(isOurs)) {
      const kind = one.slice(0, one.indexOf("="));
      const text = decoded(one.slice(kind.length + 1));
      const why = refusal(text);
      if (!here(kind)) continue;
      if (why) refused[kind] = `The link brought an address that is not taken. ${why}`;
      else if (address(text).whole !== own[kind]?.whole) linked[kind] = address(text);
    }
    const [page] = window.location.href.split("#");
    const anchor = parts.filter((one) => !isOurs(one)).join("&");
    show();
    if (anchor) window.location.replace(`${page}#${anchor}`);
    else window.history.replaceState(window.history.state, "", page);
  };

  const recall = () => {
    KINDS.forEach((kind) => { own[kind] = remembered(kind); });
    show();
  };

  form.hidden = !places.length;
  recall();
  read();
  form.addEventListener("change", (event) => {
    if (KINDS.includes(event.target.name)) take(event.target.name);
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    KINDS.filter(here).forEach(take);
    show();
  });
  part("share").addEventListener("click", share);
  part("reset").addEventListener("click", reset);
  part("keep").addEventListener("click", keep);
  part("drop").addEventListener("click", () => { linked = {}; show(); toBegin(); });
  part("fold").addEventListener("click", () => {
    const open = form.classList.toggle("open");
    part("fold").setAttribute("aria-expanded", String(open));
  });
  window.addEventListener("hashchange", read);
  window.addEventListener("storage", ({ key }) => { // another tab
    if (key === null || key.startsWith("address-")) recall();
  });
  window.addEventListener("pageshow", ({ persisted }) => { if (persisted && !forgets) recall(); });
})();
