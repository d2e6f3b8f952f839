// What a browser knows of the page it shows. Every function returns sentences, one a problem,
// or plain facts; tests/browser/audit.py says when each is asked.

const LEAST_TEXT = 4.5; // WCAG 1.4.3, for text of every size
const LEAST_LINE = 3; // WCAG 1.4.11, for lines of pictures and for what shows the focus
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

const shown = (element) =>
  element.getClientRects().length > 0 &&
  element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

function named(element) {
  const kinds = [...element.classList].map((name) => `.${name}`).join("");
  return `${element.localName}${kinds}`;
}

const words = (text) => text.replace(/\s+/g, " ").trim().slice(0, 60);

// Colours: [red, green, blue, alpha], each as the screen would have it.

const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const known = new Map();

function colour(css) {
  if (!known.has(css)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    known.set(css, [red, green, blue, alpha / 255]);
  }
  return known.get(css);
}

function over(above, below, opacity = 1) {
  const alpha = above[3] * opacity;
  return [0, 1, 2].map((n) => above[n] * alpha + below[n] * (1 - alpha)).concat(1);
}

// Both go up to the root; what was found for a parent is remembered.

const backs = new Map([[null, [255, 255, 255, 1]]]);

function behind(element) {
  if (!backs.has(element)) {
    const layer = colour(getComputedStyle(element).backgroundColor);
    backs.set(element, layer[3] === 1 ? layer : over(layer, behind(element.parentElement)));
  }
  return backs.get(element);
}

const opacities = new Map([[null, 1]]);

function opacity(element) {
  if (!opacities.has(element)) {
    opacities.set(element, getComputedStyle(element).opacity * opacity(element.parentElement));
  }
  return opacities.get(element);
}

function brightness([red, green, blue]) {
  const linear = (value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function ratio(one, other) {
  const [low, high] = [brightness(one), brightness(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const hex = (value) =>
  "#" + value.slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");

function tooPale(found, front, back, least, what) {
  const value = ratio(front, back);
  if (value < least) found.add(`${what}: ${hex(front)} on ${hex(back)} is ${value.toFixed(2)}:1`);
}

// Nothing moves: what is looked at next is where and as it will be.

function still() {
  addStyle(
    "*, *::before, *::after { transition: none !important; animation: none !important; " +
      "scroll-behavior: auto !important }"
  );
}

function addStyle(text) {
  const style = document.createElement("style");
  style.textContent = text;
  document.head.append(style);
}

// Everything that is folded away is shown, without a change of its colours.

function unfold() {
  still();
  addStyle(".sd-tab-content { display: block !important }");
  for (const details of document.querySelectorAll("details")) details.open = true;
}

function pale() {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = words(texts.currentNode.data);
    if (!text || element.closest("script, style, noscript, title, desc")) continue;
    if (!shown(element) || element.closest("svg")) continue;
    const back = behind(element);
    const front = over(colour(getComputedStyle(element).color), back, opacity(element));
    tooPale(found, front, back, LEAST_TEXT, `${named(element)} "${text}"`);
  }
  for (const field of document.querySelectorAll("[placeholder]")) {
    if (!shown(field)) continue;
    const back = behind(field);
    const front = over(colour(getComputedStyle(field, "::placeholder").color), back);
    tooPale(found, front, back, LEAST_TEXT, `placeholder of ${named(field)}`);
  }
  // A copy button is not to be seen until it is pointed at or has the focus; then it must be.
  for (const icon of document.querySelectorAll(":is(button, label) svg")) {
    if (!icon.getClientRects().length) continue;
    const back = behind(icon.parentElement);
    const front = over(colour(getComputedStyle(icon).color), back);
    tooPale(found, front, back, LEAST_LINE, `icon of ${named(icon.closest("button, label"))}`);
  }
  return [...found];
}

// A picture: its words against the shape they stand on (a node's own), else against the page;
// its outlines and arrows against the page.

function palePicture() {
  const found = new Set();
  for (const picture of document.querySelectorAll("svg[role=img]")) {
    if (!shown(picture)) continue;
    const page = behind(picture.parentElement);
    for (const text of picture.querySelectorAll("text")) {
      const shape = text.closest(".node")?.querySelector("path, polygon, ellipse");
      const fill = shape ? getComputedStyle(shape).fill : "none";
      const back = fill === "none" ? page : over(colour(fill), page);
      const front = over(colour(getComputedStyle(text).fill), back, opacity(text));
      tooPale(found, front, back, LEAST_TEXT, `picture "${words(text.textContent)}"`);
    }
    for (const line of picture.querySelectorAll(":is(.node, .edge, .cluster) :is(path, polygon, ellipse)")) {
      const style = getComputedStyle(line);
      if (style.stroke === "none" || style.stroke === "transparent") continue;
      const front = over(colour(style.stroke), page, opacity(line));
      tooPale(found, front, page, LEAST_LINE, `line of ${named(line.closest("g"))} in a picture`);
    }
  }
  return [...found];
}

function pictures() {
  const found = [];
  for (const image of document.images) {
    const beside = image.closest("a, button")?.textContent.trim();
    if (!image.hasAttribute("alt") || (!image.alt.trim() && !beside)) {
      found.push(`img ${image.getAttribute("src")} has no alternative text`);
    }
  }
  for (const picture of document.querySelectorAll("[role=main] svg, article svg")) {
    if (picture.closest("button, a, label, summary, [aria-hidden=true]")) continue;
    if (picture.getAttribute("role") !== "img" || !picture.getAttribute("aria-label")?.trim()) {
      found.push(`${named(picture)} in ${named(picture.parentElement)} has no alternative text`);
    }
  }
  return found;
}

function headings() {
  const found = [];
  const all = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown);
  const tops = all.filter((heading) => heading.localName === "h1");
  if (tops.length !== 1) found.push(`it has ${tops.length} h1`);
  let above = 0;
  for (const heading of all) {
    const level = Number(heading.localName[1]);
    if (level > above + 1) found.push(`${heading.localName} "${words(heading.textContent)}" after h${above}`);
    above = level;
  }
  return found;
}

function head() {
  const found = [];
  if (!document.title.trim()) found.push("it has no title");
  if (document.documentElement.lang !== "en") found.push("its language is not said");
  return found;
}

// What can be operated has a name to call it by.

function nameless() {
  const found = [];
  for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!shown(element)) continue;
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
    const images = [...element.querySelectorAll("img")].map((image) => image.alt).join(" ");
    const parts = [element.textContent, element.getAttribute("aria-label"), labels, images, element.title];
    if (element.type === "submit") parts.push(element.value);
    if (!parts.some((part) => part?.trim())) found.push(`${named(element)} has no name`);
  }
  return found;
}

// Nothing is wider than the window, save what scrolls on its own; stacked tables never scroll.

function tooWide() {
  const found = [];
  // On narrow screens Furo lets .content scroll, which would hide what is too wide.
  for (const whole of [document.documentElement, document.querySelector(".content")]) {
    if (!whole || whole.scrollWidth <= whole.clientWidth) continue;
    const edge = whole.getBoundingClientRect().right + 1;
    const scrolls = (element) => {
      for (let at = element.parentElement; at && at !== whole; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== "visible") return true;
      }
      return false;
    };
    const wide = [...whole.querySelectorAll("*")].filter(
      (element) => shown(element) && element.getBoundingClientRect().right > edge && !scrolls(element)
    );
    found.push(`${whole.scrollWidth} px are shown in ${whole.clientWidth} px: ${wide.slice(-3).map(named).join(", ")}`);
  }
  for (const table of document.querySelectorAll("table.stacked")) {
    const holder = table.parentElement;
    if (shown(table) && holder.scrollWidth > holder.clientWidth + 1) {
      found.push(`${named(table)} is ${holder.scrollWidth} px wide in ${holder.clientWidth} px`);
    }
  }
  return found;
}

// Where the focus is must be seen: a line around the element, its label or its field's frame.
// Press a key before: only then does the browser show the focus.

function unseenFocus() {
  const found = new Set();
  const before = document.activeElement;
  for (const element of document.querySelectorAll(FOCUSABLE)) {
    if (element.tabIndex < 0 || element.disabled) continue;
    if (!element.getClientRects().length || !element.checkVisibility({ visibilityProperty: true })) continue;
    element.focus({ preventScroll: true });
    if (document.activeElement !== element) continue;
    const bearers = [element, ...(element.labels ?? []), element.closest("[role=search]")];
    if (!bearers.some((bearer) => bearer && outlined(bearer))) found.add(`${named(element)}: the focus is not seen`);
  }
  before?.focus({ preventScroll: true });
  return [...found];
}

function outlined(element) {
  const style = getComputedStyle(element);
  if (!shown(element) || style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) return false;
  const back = behind(element.parentElement);
  return ratio(over(colour(style.outlineColor), back), back) >= LEAST_LINE;
}

// Code, and what is a command of it.

function codeBlocks() {
  return [...document.querySelectorAll("div.highlight pre")].map((block) => ({
    id: block.id,
    kind: [...block.closest("[class*=highlight-]").classList].find((name) => name.startsWith("highlight-")),
    text: block.textContent,
  }));
}

// What a page holds, however it is shown.

function content() {
  const main = document.querySelector("[role=main]") ?? document.body;
  const all = (selector) => [...main.querySelectorAll(selector)];
  const seen = all("*").filter((element) => shown(element));
  return {
    links: [...new Set(all("a[href]").filter(shown).map((link) => link.getAttribute("href")))],
    headings: all("h1, h2, h3, h4").filter(shown).map((heading) => words(heading.textContent)),
    rows: all("tr").filter(shown).length,
    code: all("pre").filter(shown).length,
    elements: seen.length,
  };
}

// What every copy button puts on the clipboard, read from the clipboard.

async function copied() {
  const found = [];
  for (const button of document.querySelectorAll("button.copybtn")) {
    button.click();
    found.push(await navigator.clipboard.readText());
  }
  return found;
}

// Where the focus is, or null where it has left the page.

function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const bearers = [element, ...(element.labels ?? [])].filter(shown);
  const seen = bearers.some((bearer) => {
    const box = bearer.getBoundingClientRect();
    return box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  });
  return { selector: named(element), text: words(element.textContent || element.getAttribute("aria-label") || ""), seen };
}

// The colours of the first picture's first shape and words.

function pictureColours() {
  const fill = (selector) => getComputedStyle(document.querySelector(`.picture ${selector}`)).fill;
  return [fill(".node path, .node polygon"), fill(".node text")];
}

function stackedCells() {
  return [...document.querySelectorAll("table.stacked td")].filter(shown).map((cell) => ({
    text: words(cell.textContent),
    block: getComputedStyle(cell).display === "block",
    width: cell.getBoundingClientRect().width,
  }));
}
