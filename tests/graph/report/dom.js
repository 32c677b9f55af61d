// Just enough of a browser to run the page's own script; what it draws is printed as text.
const fs = require("fs"), vm = require("vm");
class Node {
  constructor(tag) { this.tag = tag; this.children = []; this.attributes = {}; this.style = {}; this.clientWidth = 900; this.own = ""; this.classList = {toggle() {}, contains() { return false; }}; }
  append(...nodes) { this.children.push(...nodes.map(n => typeof n === "string" ? new Text(n) : n)); }
  replaceChildren(...nodes) { this.own = ""; this.children = []; this.append(...nodes); }
  setAttribute(name, value) { this.attributes[name] = String(value); if (name === "id") ids[value] = this; }
  getAttribute(name) { return this.attributes[name]; }
  addEventListener() {}
  remove() {}
  querySelectorAll() { return []; }
  set textContent(text) { this.children = []; this.own = text; }
  get textContent() { return this.own + this.children.map(c => c.textContent).join(this.tag === "pre" ? "" : " "); }
  set innerHTML(_) { throw new Error("text was put in as markup"); }
  get id() { return this.attributes.id || ""; }
}
class Text extends Node { constructor(text) { super("#text"); this.own = text; } }
const ids = {}, tags = new Set();
const html = fs.readFileSync(process.argv[2], "utf8");
for (const [, id] of html.matchAll(/ id="([\w-]+)"/g)) new Node("section").setAttribute("id", id);
ids.data.own = html.match(/<script type="application\/json" id="data">(.*?)<\/script>/s)[1];
const make = tag => { tags.add(tag); return new Node(tag); };
const document = {createElement: make, createElementNS: (_, tag) => make(tag), createTextNode: t => new Text(t), getElementById: id => ids[id] || null, body: new Node("body"), set title(t) {}};
const world = {document, Node, location: {hash: ""}, addEventListener() {}, console};
vm.createContext(world);
vm.runInContext(html.match(/<script>(.*?)<\/script>/s)[1], world);
const shown = Object.fromEntries(Object.entries(ids).map(([id, node]) => [id, node.textContent]));
delete shown.data;
process.stdout.write(JSON.stringify({shown, tags: [...tags]}));
