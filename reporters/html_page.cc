#include "reporters/html_page.h"

namespace plumbline {

std::string_view html_style() {
    return R"css(
:root{--bg:#f7f8fa;--panel:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d9dee4;--accent:#0b5fd0;--hover:#eef3fa;--pick:#dde9f9;--code:#f3f5f8;
--critical:#a3103a;--high:#c4420c;--medium:#8a6100;--low:#1f62b5;--info:#59636e;--pass:#1a7437;--undecided:#6a48b8;--accepted:#4f6272;--mark:#ffe2dc}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){--bg:#0e1217;--panel:#161b22;--ink:#e6e9ed;--soft:#98a3af;--line:#2c343e;--accent:#6cabff;--hover:#1c2430;--pick:#1d3250;--code:#10151b;
--critical:#ff7d9c;--high:#ff9a6b;--medium:#e3b341;--low:#74b2ff;--info:#98a3af;--pass:#57c878;--undecided:#b39bf5;--accepted:#9fb0bf;--mark:#5c2a23}}
:root[data-theme=dark]{--bg:#0e1217;--panel:#161b22;--ink:#e6e9ed;--soft:#98a3af;--line:#2c343e;--accent:#6cabff;--hover:#1c2430;--pick:#1d3250;--code:#10151b;
--critical:#ff7d9c;--high:#ff9a6b;--medium:#e3b341;--low:#74b2ff;--info:#98a3af;--pass:#57c878;--undecided:#b39bf5;--accepted:#9fb0bf;--mark:#5c2a23}
*{box-sizing:border-box}
html,body{margin:0;height:100%}
body{background:var(--bg);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
#app{height:100%;display:flex;flex-direction:column}
button,input,select{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:5px 9px}
button{cursor:pointer}button:hover{background:var(--hover)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
a{color:var(--accent)}
header{display:flex;gap:14px;align-items:baseline;flex-wrap:wrap;padding:10px 18px;border-bottom:1px solid var(--line);background:var(--panel)}
header h1{font-size:17px;margin:0}header .meta{color:var(--soft);overflow-wrap:anywhere}@media (max-width:820px){header .end .meta{display:none}}header .end{margin-left:auto;display:flex;gap:6px;align-items:center}
nav{display:flex;gap:2px;padding:0 12px;border-bottom:1px solid var(--line);background:var(--panel);overflow-x:auto}
nav button{border:0;border-bottom:2px solid transparent;border-radius:0;background:none;padding:9px 10px;color:var(--soft);white-space:nowrap}
nav button[aria-current=page]{color:var(--ink);border-bottom-color:var(--accent);font-weight:600}
nav .n{font-size:12px;color:var(--soft);margin-left:5px;font-weight:400}
main{flex:1;min-height:0;overflow:auto}
.page{padding:18px;max-width:1280px;margin:0 auto}
.page h2{font-size:15px;margin:22px 0 8px}.page h2:first-child{margin-top:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(100px,1fr));gap:10px}
.tile{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px 12px;text-align:left}
.tile b{display:block;font-size:24px;line-height:1.15;font-variant-numeric:tabular-nums}.tile span{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(280px,1fr));gap:10px}
.card{display:flex;flex-direction:column;justify-content:flex-start;align-items:stretch;background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px;text-align:left;width:100%}
.card h3{margin:0 0 8px;font-size:14px}
.bar{display:flex;height:10px;border-radius:5px;overflow:hidden;background:var(--line)}.bar i{display:block;height:100%}
.legend{color:var(--soft);font-size:12.5px;margin-top:7px}
table{border-collapse:collapse;width:100%;background:var(--panel);border:1px solid var(--line);border-radius:8px}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}tr:last-child td{border-bottom:0}
th{color:var(--soft);font-weight:500;font-size:12.5px;position:sticky;top:0;background:var(--panel)}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}
tbody tr.go{cursor:pointer}tbody tr.go:hover{background:var(--hover)}
.zero{color:var(--soft);opacity:.55}
.c-critical{color:var(--critical)}.c-high,.c-fail{color:var(--high)}.c-medium{color:var(--medium)}.c-low{color:var(--low)}.c-info,.c-not_applicable{color:var(--info)}
.c-pass,.c-fixed{color:var(--pass)}.c-undecided{color:var(--undecided)}.c-accepted{color:var(--accepted)}
.m0{background:var(--line)}.m1{background:var(--critical)}.m2{background:var(--medium)}.m3{background:var(--low)}.m4{background:var(--pass)}
.dot{display:inline-block;width:9px;height:9px;border-radius:3px;margin-right:6px}
.split{display:grid;grid-template-columns:minmax(340px,5fr) 6fr;height:100%;min-height:0}
.side{display:flex;flex-direction:column;min-height:0;min-width:0;border-right:1px solid var(--line)}
.filters{display:flex;flex-wrap:wrap;gap:6px;padding:10px 12px;border-bottom:1px solid var(--line)}
.filters input{flex:1 1 200px;min-width:140px}.filters select{max-width:152px}
.chip{border-radius:14px;padding:2px 10px}.chip[aria-pressed=true]{background:var(--pick);border-color:var(--accent)}
.sum{padding:5px 12px;color:var(--soft);border-bottom:1px solid var(--line);font-size:12.5px}
.list{flex:1;overflow:auto;position:relative;outline-offset:-2px;background:var(--panel)}
.row{position:absolute;left:0;right:0;height:58px;padding:7px 12px;border-bottom:1px solid var(--line);cursor:pointer;overflow:hidden}
.row:hover{background:var(--hover)}.row[aria-selected=true]{background:var(--pick)}
.row div{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.row .two{color:var(--soft);font-size:12.5px}
.tag{font-size:11.5px;font-weight:600;text-transform:uppercase;letter-spacing:.03em;margin-right:7px}
.detail{overflow:auto;padding:16px 20px;min-width:0;background:var(--panel)}
.detail h2{font-size:17px;margin:2px 0 4px}.detail h3{font-size:12.5px;color:var(--soft);font-weight:600;margin:18px 0 5px}
.detail .msg{font-size:15px;margin:10px 0}.detail p{margin:4px 0}
.addr{overflow-wrap:anywhere}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:8px 0;margin:6px 0;overflow-x:auto;line-height:1.5}
pre .ln{display:inline-block;min-width:4.2em;padding-right:1em;text-align:right;color:var(--soft);user-select:none}
pre .at{display:block}pre .hit{background:color-mix(in srgb,var(--mark) 35%,transparent)}
pre mark{background:var(--mark);color:inherit;text-decoration:underline wavy var(--high);text-underline-offset:4px;text-decoration-skip-ink:none}
ol.path{list-style:none;margin:6px 0;padding:0}
ol.path li{position:relative;padding:0 0 12px 22px;overflow-wrap:anywhere}
ol.path li:before{content:"";position:absolute;left:5px;top:6px;width:9px;height:9px;border-radius:50%;background:var(--accent)}
ol.path li:not(:last-child):after{content:"";position:absolute;left:9px;top:15px;bottom:-6px;width:1px;background:var(--accent)}
ol.path .where{color:var(--soft)}ol.path code{display:block;overflow-wrap:anywhere}
th.wide,td.wide{width:36%}th.mid{width:170px}.reqs td{padding:3px 10px}.reqs td:first-child{color:var(--soft);width:170px}
.reqs button{margin:0 5px 2px 0;padding:2px 8px;border-radius:12px;font-size:12.5px}
.fix{border-left:3px solid var(--pass);padding:2px 0 2px 10px}
.empty{padding:40px;text-align:center;color:var(--soft)}
details{margin-top:16px}summary{cursor:pointer;padding:4px 0}
td.until{white-space:nowrap}
kbd{border:1px solid var(--line);border-bottom-width:2px;border-radius:4px;padding:0 5px;font-size:12px}
.trend{width:100%;height:90px;background:var(--panel);border:1px solid var(--line);border-radius:8px}
.print{display:none}
@media (max-width:820px){.page{padding:12px}th,td{padding:5px 7px}.roomy{display:none}.split{grid-template-columns:1fr;grid-template-rows:55% 45%}.side{border-right:0;border-bottom:1px solid var(--line)}}
@media (max-width:560px){table,tbody,tr,td{display:block}thead{display:none}tr{border-bottom:1px solid var(--line);padding:3px 0;overflow:hidden}tr:last-child{border-bottom:0}td{border-bottom:0;width:auto!important;padding:2px 8px;overflow-wrap:anywhere}td[data-name]{float:left}td[data-name]::before{content:attr(data-name) " ";color:var(--soft)}}
@media (prefers-reduced-motion:no-preference){.row,.card,.tile{transition:background .08s}}
@media print{:root,:root:not([data-theme=light]),:root[data-theme=dark]{--bg:#fff;--panel:#fff;--ink:#000;--soft:#444;--line:#bbb;--code:#fff;--mark:#eee;
--critical:#a3103a;--high:#c4420c;--medium:#8a6100;--low:#1f62b5;--info:#444;--pass:#1a7437;--undecided:#6a48b8;--accepted:#4f6272}
html,body,#app{height:auto;display:block}nav,header .end,main{display:none}.print{display:block;padding:0 18px}.print .page{padding:0}.print article{break-inside:avoid;border-top:1px solid #bbb;padding:8px 0}
pre{white-space:pre-wrap}body{font-size:11px}}
)css";
}

std::string_view html_script() {
    return R"js(
"use strict";
(() => {
const D = JSON.parse(document.getElementById("data").textContent);
const SEV = ["critical", "high", "medium", "low", "info"];
const MATURITY = ["not assessed", "not in place", "in place, not effective", "effective, not provable", "effective and provable"];
const ROW = 58, PRINTED = 1000;
const rank = Object.fromEntries(SEV.map((s, i) => [s, i]));

// All text becomes text nodes: nothing from the scanned files is ever read as markup.
const h = (tag, attributes, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k === "value") e.value = v;
    else e.setAttribute(k, v === true ? "" : v);
  }
  for (const c of children.flat(Infinity)) if (c !== null && c !== undefined && c !== false) e.append(c);
  return e;
};
const link = url => /^https?:\/\//.test(url) ? h("a", {href: url, rel: "noopener noreferrer", target: "_blank"}, url) : h("span", {}, url);
// `code` in texts of rules.
const prose = text => text ? text.split("`").map((part, i) => i % 2 ? h("code", {}, part) : part) : [];
const num = n => n.toLocaleString("en");
const plural = (n, one) => num(n) + " " + one + (n === 1 ? "" : "s");
const ruleOf = f => f.rule === undefined ? {id: f.ruleId, title: f.ruleId, requirements: [], aliases: [], links: []} : D.rules[f.rule];
const controlOf = r => r.control === undefined ? null : D.controls[r.control];
const where = f => f.file + (f.line ? ":" + f.line : "");

const STATUS = {fail: "failing", fresh: "new", accepted: "accepted", undecided: "undecided", pass: "passed", not_applicable: "not applicable", fixed: "fixed"};
const compared = D.findings.some(f => f.fresh || f.status === "fixed");
const S = {view: "overview", status: compared && D.findings.some(f => f.fresh && f.status === "fail") ? "fresh" : "fail",
           text: "", severity: new Set(), framework: "", requirement: "", control: "", domain: "", owner: "", sort: "severity", pick: 0, framePage: 0};
let shown = [];

const tally = {};
for (const f of D.findings) {
  tally[f.status] = (tally[f.status] || 0) + 1;
  if (f.fresh && f.status === "fail") tally.fresh = (tally.fresh || 0) + 1;
}
if (!tally[S.status]) S.status = Object.keys(STATUS).find(s => tally[s]) || "fail";

const haystack = f => {
  if (f.hay === undefined) {
    const r = ruleOf(f), c = controlOf(r);
    f.hay = [f.address, f.file, f.message, f.severity, f.undecidedBy, r.id, r.title, ...r.aliases, c && c.id, c && c.title,
             ...r.requirements.map(q => q[1]), ...(f.owners || []), ...(f.environments || [])].join("\n").toLowerCase();
  }
  return f.hay;
};

const filter = () => {
  const words = S.text.toLowerCase().split(/\s+/).filter(Boolean);
  const fw = S.framework === "" ? -1 : Number(S.framework);
  shown = D.findings.filter(f => {
    if (S.status === "fresh" ? !(f.fresh && f.status === "fail") : f.status !== S.status) return false;
    if (S.severity.size && !S.severity.has(f.severity)) return false;
    if (S.owner && !(f.owners || []).includes(S.owner)) return false;
    const r = ruleOf(f), c = controlOf(r);
    if (S.control && (!c || c.id !== S.control)) return false;
    if (S.domain && (!c || c.domain !== S.domain)) return false;
    if (fw >= 0 && !r.requirements.some(q => q[0] === fw && (!S.requirement || q[1] === S.requirement))) return false;
    return words.every(w => haystack(f).includes(w));
  });
  if (S.sort === "severity") shown.sort((a, b) => rank[a.severity] - rank[b.severity]);
  if (S.sort === "rule") shown.sort((a, b) => ruleOf(a).id < ruleOf(b).id ? -1 : ruleOf(a).id > ruleOf(b).id ? 1 : 0);
};

const app = document.getElementById("app");
const main = h("main", {});
const nav = h("nav", {"aria-label": "Views"});
const VIEWS = [["overview", "Overview"], ["findings", "Findings", D.findings.length], ["controls", "Controls", D.controls.filter(c => c.counts.some(Boolean)).length],
               ["frameworks", "Frameworks", D.frameworks.length], ["accepted", "Exceptions", D.waivers.length + (tally.accepted || 0)], ["coverage", "Not scanned", D.notes.length]];
const theme = () => document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const flip = () => {
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("plumbline-theme", next); } catch { /* not every browser keeps anything for files */ }
};
try { const t = localStorage.getItem("plumbline-theme"); if (t) document.documentElement.dataset.theme = t; } catch { /* as above */ }

app.append(
  h("header", {}, h("h1", {}, "plumbline"),
    h("span", {class: "meta"}, [D.repository, D.branch, D.commit && D.commit.slice(0, 12), D.time, "version " + D.version].filter(Boolean).join(" · ")),
    h("span", {class: "end"}, h("span", {class: "meta"}, h("kbd", {}, "/"), " search ", h("kbd", {}, "j"), " ", h("kbd", {}, "k"), " move"),
      h("button", {onclick: flip, title: "Dark or light (t)"}, "◐"))),
  nav, main);
const sheet = h("div", {class: "print"});
document.body.append(sheet);

const go = (view, change) => {
  if (change) {
    Object.assign(S, {text: "", framework: "", requirement: "", control: "", domain: "", owner: ""}, change);
    if (!change.severity) S.severity = new Set();
    S.pick = 0;
  }
  S.view = view;
  location.hash = view;
  draw();
};
const draw = () => {
  nav.replaceChildren(...VIEWS.map(([id, name, n]) => h("button", {"aria-current": S.view === id ? "page" : null, onclick: () => go(id)}, name, n ? h("span", {class: "n"}, num(n)) : null)));
  main.replaceChildren(({overview, findings, controls, frameworks, accepted, coverage})[S.view]());
  main.scrollTop = 0;
  if (S.view === "findings") layRows();
};

const countCells = c => [["fail", c[1]], ["pass", c[0]], ["undecided", c[2]], ["accepted", c[3]]].map(([k, n]) => h("td", {class: "num " + (n ? "c-" + k : "zero"), "data-name": k}, n ? num(n) : "–"));
const countHeads = () => ["fail", "pass", "undecided", "accepted"].map(t => h("th", {class: "num"}, t));
const row = (action, ...cells) => h("tr", {class: action ? "go" : null, tabindex: action ? 0 : null, onclick: action, onkeydown: action && (e => e.key === "Enter" && action())}, ...cells);
const maturity = m => [h("span", {class: "dot m" + m}), MATURITY[m]];

function overview() {
  const failing = D.findings.filter(f => f.status === "fail");
  const tiles = SEV.map(s => [s, failing.filter(f => f.severity === s).length, () => go("findings", {status: "fail", severity: new Set([s])})]);
  if (compared) tiles.push(["new", tally.fresh || 0, () => go("findings", {status: "fresh"}), "fail"], ["fixed", tally.fixed || 0, () => go("findings", {status: "fixed"})]);
  tiles.push(["undecided", D.counts[2], () => go("findings", {status: "undecided"})], ["accepted", D.counts[3], () => go("accepted")], ["pass", D.counts[0], null]);
  const domains = new Map();
  for (const c of D.controls) if (c.counts.some(Boolean)) {
    const d = domains.get(c.domain) || [0, 0, 0, 0];
    c.counts.forEach((n, i) => { d[i] += n; });
    domains.set(c.domain, d);
  }
  return h("div", {class: "page"},
    h("h2", {}, "Failures and other verdicts"),
    h("div", {class: "tiles"}, tiles.map(([name, n, act, color]) => h(act ? "button" : "div", {class: "tile", onclick: act}, h("b", {class: n ? "c-" + (color || name) : "zero"}, num(n)), h("span", {}, name === "pass" ? "passed" : name)))),
    D.trend.length > 1 ? [h("h2", {}, "Failures over time"), trend()] : null,
    h("h2", {}, "Frameworks"),
    h("p", {class: "legend"}, "How far the evidence of this scan goes, requirement by requirement. That a requirement is met is for an assessor to say."),
    h("div", {class: "cards"}, D.frameworks.map((f, i) => h("button", {class: "card", onclick: () => { S.framePage = i; go("frameworks"); }}, h("h3", {}, f.name), strip(f)))),
    h("h2", {}, "By domain"),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "domain"), countHeads())),
      h("tbody", {}, [...domains].sort((a, b) => b[1][1] - a[1][1]).map(([d, c]) => row(() => go("findings", {status: "fail", domain: d}), h("td", {}, d), countCells(c))))),
    h("p", {class: "legend"}, plural(D.coverage[1], "resource") + " in " + plural(D.coverage[0], "file") + " judged by " + plural(D.coverage[2], "rule") + "."));
}

function strip(f) {
  const n = [0, 0, 0, 0, 0];
  for (const r of f.requirements) n[r.maturity]++;
  const all = Math.max(1, f.requirements.length);
  const bar = h("div", {class: "bar", role: "img", "aria-label": MATURITY.map((m, i) => n[i] + " " + m).join(", ")});
  for (const m of [4, 3, 2, 1, 0]) if (n[m]) { const i = h("i", {class: "m" + m, title: n[m] + " " + MATURITY[m]}); i.style.width = 100 * n[m] / all + "%"; bar.append(i); }
  return [bar, h("div", {class: "legend"}, [4, 3, 2, 1, 0].filter(m => n[m]).map((m, i) => [i ? " · " : "", h("span", {class: "dot m" + m}), num(n[m]) + " " + MATURITY[m]]).flat())];
}

function trend() {
  const W = 1000, H = 90, top = Math.max(1, ...D.trend.map(p => p.counts[1]));
  const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "trend");
  const line = document.createElementNS(ns, "polyline");
  line.setAttribute("points", D.trend.map((p, i) => `${10 + (W - 20) * i / (D.trend.length - 1)},${H - 8 - (H - 16) * p.counts[1] / top}`).join(" "));
  line.setAttribute("fill", "none");
  line.setAttribute("stroke", "var(--high)");
  line.setAttribute("stroke-width", "2");
  line.setAttribute("vector-effect", "non-scaling-stroke");
  const title = document.createElementNS(ns, "title");
  title.textContent = D.trend.map(p => p.date + ": " + p.counts[1]).join("\n");
  svg.append(title, line);
  const first = D.trend[0], last = D.trend[D.trend.length - 1];
  return [svg, h("p", {class: "legend"}, first.date + ": " + num(first.counts[1]) + " → " + last.date + ": " + num(last.counts[1]))];
}

function controls() {
  const rows = D.controls.filter(c => c.counts.some(Boolean)).concat(D.controls.filter(c => !c.counts.some(Boolean)));
  return h("div", {class: "page"}, h("h2", {}, "Controls"),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "control"), h("th", {class: "roomy"}, "domain"), h("th", {}, "maturity"), countHeads(), h("th", {class: "num roomy"}, "rules"))),
      h("tbody", {}, rows.map(c => row(c.counts[1] + c.counts[2] ? () => go("findings", {status: c.counts[1] ? "fail" : "undecided", control: c.id}) : null,
        h("td", {}, c.title, h("div", {class: "legend mono"}, c.id)), h("td", {class: "roomy"}, c.domain), h("td", {}, maturity(c.maturity), c.history ? h("div", {class: "legend"}, c.history) : null), countCells(c.counts), h("td", {class: "num roomy"}, num(c.rules)))))));
}

function frameworks() {
  if (!D.frameworks.length) return h("div", {class: "empty"}, "No framework was chosen.");
  const f = D.frameworks[S.framePage];
  const seen = f.requirements.filter(r => r.counts.some(Boolean)), rest = f.requirements.filter(r => !r.controls);
  const mapped = f.requirements.filter(r => r.controls && !r.counts.some(Boolean));
  return h("div", {class: "page"},
    h("p", {}, h("select", {"aria-label": "Framework", onchange: e => { S.framePage = Number(e.target.value); draw(); }}, D.frameworks.map((x, i) => h("option", {value: i, selected: i === S.framePage}, x.name)))),
    strip(f), h("h2", {}, "Requirements with evidence"),
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {class: "wide"}, "requirement"), h("th", {class: "mid"}, "maturity"), countHeads(), h("th", {class: "roomy"}, "controls"))),
      h("tbody", {}, seen.map(r => row(r.counts[1] + r.counts[2] ? () => go("findings", {status: r.counts[1] ? "fail" : "undecided", framework: String(S.framePage), requirement: r.id}) : null,
        h("td", {}, h("b", {}, r.id), " ", r.title), h("td", {}, maturity(r.maturity)), countCells(r.counts), h("td", {class: "legend mono roomy"}, r.controls.join(", ")))))),
    mapped.length ? h("details", {}, h("summary", {}, h("b", {}, plural(mapped.length, "requirement") + " that nothing in the scanned files bears on")),
      h("table", {}, h("tbody", {}, mapped.map(r => row(null, h("td", {class: "wide"}, h("b", {}, r.id), " ", r.title), h("td", {class: "legend mono"}, r.controls.join(", "))))))) : null,
    rest.length ? h("details", {}, h("summary", {}, h("b", {}, plural(rest.length, "requirement") + " that this program says nothing about")),
      h("table", {}, h("tbody", {}, rest.map(r => row(null, h("td", {class: "wide"}, h("b", {}, r.id), " ", r.title), h("td", {class: "legend"}, r.outside ? "evidence lies elsewhere: " + r.outside : "")))))) : null);
}

function register(a) {
  return [a.reason || "no reason given", a.compensating && h("div", {}, "Compensating: " + a.compensating),
          h("div", {class: "legend"}, [a.kind, a.owner && "owner " + a.owner, a.approver && "approved by " + a.approver, a.ticket, a.created && "since " + a.created, a.place].filter(Boolean).join(" · "))];
}

function accepted() {
  const found = D.findings.filter(f => f.status === "accepted").slice(0, PRINTED);
  if (!found.length && !D.waivers.length) return h("div", {class: "empty"}, "Nothing was accepted, and there are no exceptions.");
  return h("div", {class: "page"},
    D.waivers.length ? [h("h2", {}, "Register of exceptions"), h("table", {}, h("thead", {}, h("tr", {}, ["state", "covers", "reason", "until"].map(t => h("th", {}, t)), h("th", {class: "num"}, "matched"))),
      h("tbody", {}, D.waivers.map(w => row(null, h("td", {class: w.state === "active" ? "c-pass" : "c-fail"}, w.state), h("td", {class: "mono"}, [w.rules, w.resource, w.path].filter(Boolean).join(" · ")),
        h("td", {}, register(w.acceptance)), h("td", {class: "until", "data-name": "until"}, w.acceptance.expires || "–"), h("td", {class: "num", "data-name": "matched"}, num(w.matched))))))] : null,
    found.length ? [h("h2", {}, "Accepted findings"), h("table", {}, h("thead", {}, h("tr", {}, ["severity", "finding", "reason", "until"].map(t => h("th", {}, t)))),
      h("tbody", {}, found.map(f => row(() => { S.status = "accepted"; S.pick = 0; go("findings", {status: "accepted", text: f.address}); }, h("td", {class: "c-" + f.severity}, f.severity),
        h("td", {}, ruleOf(f).title, h("div", {class: "legend mono"}, f.address + " · " + where(f))), h("td", {}, register(f.accepted[0])), h("td", {class: "until", "data-name": "until"}, f.accepted[0].expires || "–")))))] : null);
}

function coverage() {
  return h("div", {class: "page"},
    h("h2", {}, "Not scanned, or not completely"),
    D.notes.length ? h("table", {}, h("tbody", {}, D.notes.map(([level, place, text]) => row(null, h("td", {class: level === "error" ? "c-high" : "c-medium"}, level), h("td", {class: "mono"}, place), h("td", {}, prose(text)))))) : h("p", {}, "Everything that was found was read."),
    D.undecided.length ? [h("h2", {}, "What would decide the undecided verdicts"), h("table", {}, h("thead", {}, h("tr", {}, h("th", {class: "num"}, "verdicts"), h("th", {}, "value"), h("th", {}, "where"))),
      h("tbody", {}, D.undecided.map(([n, text, place]) => row(() => go("findings", {status: "undecided", text: ""}), h("td", {class: "num", "data-name": "verdicts"}, num(n)), h("td", {}, text), h("td", {class: "mono"}, place)))))] : null,
    D.unknownTypes.length ? [h("h2", {}, "Resource types that no rule knows"), h("table", {}, h("tbody", {}, D.unknownTypes.map(([t, n]) => row(null, h("td", {class: "mono"}, t), h("td", {class: "num"}, num(n))))))] : null);
}

let list, space, sum, detail, timer;
function findings() {
  const pickList = (label, key, options) => options.length ? h("select", {"aria-label": label, onchange: e => { S[key] = e.target.value; if (key === "framework") S.requirement = ""; S.pick = 0; redo(key === "framework"); }},
    h("option", {value: ""}, label), options.map(([v, t]) => h("option", {value: v, selected: v === S[key]}, t))) : null;
  const used = new Set(D.findings.map(f => controlOf(ruleOf(f))).filter(Boolean));
  const owners = [...new Set(D.findings.flatMap(f => f.owners || []))].sort();
  const fw = S.framework === "" ? null : D.frameworks[Number(S.framework)];
  const search = h("input", {type: "search", id: "search", placeholder: "Search address, rule, file, control, requirement …", "aria-label": "Search", value: S.text,
    oninput: e => { clearTimeout(timer); timer = setTimeout(() => { S.text = e.target.value; S.pick = 0; layRows(); }, 80); }});
  list = h("div", {class: "list", tabindex: 0, role: "listbox", "aria-label": "Findings", onscroll: paint});
  space = h("div", {});
  list.append(space);
  sum = h("div", {class: "sum", role: "status"});
  detail = h("section", {class: "detail", "aria-label": "Finding", tabindex: -1});
  return h("div", {class: "split"},
    h("div", {class: "side"},
      h("div", {class: "filters"}, search,
        h("select", {"aria-label": "Status", onchange: e => { S.status = e.target.value; S.pick = 0; layRows(); }}, Object.entries(STATUS).filter(([k]) => tally[k] || k === S.status).map(([k, t]) => h("option", {value: k, selected: k === S.status}, t + " (" + num(tally[k] || 0) + ")"))),
        SEV.map(s => h("button", {class: "chip c-" + s, "aria-pressed": String(S.severity.has(s)), onclick: e => { S.severity.has(s) ? S.severity.delete(s) : S.severity.add(s); e.target.setAttribute("aria-pressed", String(S.severity.has(s))); S.pick = 0; layRows(); }}, s)),
        pickList("any framework", "framework", D.frameworks.map((f, i) => [String(i), f.name])),
        fw ? pickList("any requirement", "requirement", fw.requirements.filter(r => r.controls).map(r => [r.id, r.id + " " + r.title])) : null,
        pickList("any control", "control", [...used].sort((a, b) => a.title < b.title ? -1 : 1).map(c => [c.id, c.title])),
        pickList("any domain", "domain", [...new Set([...used].map(c => c.domain))].sort().map(d => [d, d])),
        pickList("any owner", "owner", owners.map(o => [o, o])),
        h("select", {"aria-label": "Order", onchange: e => { S.sort = e.target.value; S.pick = 0; layRows(); }}, [["severity", "worst first"], ["file", "by file"], ["rule", "by rule"]].map(([v, t]) => h("option", {value: v, selected: v === S.sort}, t)))),
      sum, list),
    detail);
}
const redo = whole => whole ? draw() : layRows();

function layRows() {
  filter();
  sum.textContent = plural(shown.length, "finding");
  space.style.height = shown.length * ROW + "px";
  list.scrollTop = 0;
  paint();
  open(Math.min(S.pick, shown.length - 1));
}

// Only rows in view exist.
function paint() {
  const from = Math.max(0, Math.floor(list.scrollTop / ROW) - 4), to = Math.min(shown.length, from + Math.ceil((list.clientHeight || 800) / ROW) + 9);
  const rows = [];
  for (let i = from; i < to; i++) {
    const f = shown[i], r = ruleOf(f);
    const e = h("div", {class: "row", role: "option", id: "row" + i, "aria-selected": String(i === S.pick), "aria-posinset": i + 1, "aria-setsize": shown.length, onclick: () => open(i)},
      h("div", {}, h("span", {class: "tag c-" + (f.status === "fail" ? f.severity : f.status)}, f.status === "fail" ? f.severity : STATUS[f.status]), r.title, f.fresh ? h("b", {}, " · new") : null),
      h("div", {class: "two mono"}, f.address + " · " + where(f)));
    e.style.top = i * ROW + "px";
    rows.push(e);
  }
  space.replaceChildren(...rows);
}

function open(i) {
  S.pick = Math.max(0, i);
  const f = shown[S.pick];
  if (!f) {
    detail.replaceChildren(h("div", {class: "empty"}, D.findings.length ? "Nothing matches." : "There is nothing to report."));
    list.removeAttribute("aria-activedescendant");
    return;
  }
  const top = S.pick * ROW;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  paint();
  list.setAttribute("aria-activedescendant", "row" + S.pick);
  detail.replaceChildren(...describe(f));
  detail.scrollTop = 0;
}

function codeOf(f) {
  return f.code && f.code.length ? h("pre", {}, f.code.map(([n, before, marked, after]) => h("span", {class: "at" + (marked ? " hit" : "")}, h("span", {class: "ln"}, n ? String(n) : "⋯"), before, marked ? h("mark", {}, marked) : null, after, "\n"))) : null;
}

function describe(f) {
  const r = ruleOf(f), c = controlOf(r);
  const fact = (name, ...content) => content.some(Boolean) ? [h("h3", {}, name), h("div", {}, ...content)] : [];
  return [
    h("div", {}, h("span", {class: "tag c-" + f.severity}, f.severity), h("span", {class: "tag c-" + f.status}, f.fresh ? "new" : STATUS[f.status]), h("code", {}, r.id)),
    h("h2", {}, r.title), h("div", {class: "addr mono"}, f.address), h("div", {class: "legend mono addr"}, where(f)),
    h("p", {class: "msg"}, f.message), codeOf(f),
    ...(f.origin ? fact("Where the value comes from", h("ol", {class: "path"}, f.origin.map(([text, place, code]) => h("li", {}, text, " ", h("span", {class: "where mono"}, place), code ? h("code", {}, code) : null)))) : []),
    ...fact("Undecided, because", f.undecidedBy), ...(f.accepted ? fact("Accepted", ...f.accepted.map(a => h("div", {}, register(a), a.expires ? h("div", {}, "until " + a.expires) : null))) : []),
    ...fact("Why it matters", ...prose(r.why)), ...(r.fix ? fact("Fix", h("div", {class: "fix"}, prose(r.fix))) : []),
    ...(c ? fact("Control", h("button", {class: "chip", onclick: () => go("findings", {status: S.status, control: c.id})}, c.title), h("p", {class: "legend"}, c.objective)) : []),
    ...(r.requirements.length ? fact("Requirements", h("table", {class: "reqs"}, h("tbody", {}, D.frameworks.map((fw, i) => {
      const mine = r.requirements.filter(q => q[0] === i);
      return mine.length ? h("tr", {}, h("td", {}, fw.name), h("td", {}, mine.map(q => h("button", {title: q[2], onclick: () => go("findings", {status: S.status, framework: String(i), requirement: q[1]})}, q[1] + (q[2] === "supports" ? " (supports)" : ""))))) : null;
    })))) : []),
    ...fact("Owners", (f.owners || []).join(", ")), ...fact("Environments", (f.environments || []).join(", ")),
    ...fact("Also known as", r.aliases.join(", ")), ...(r.links.length ? fact("Read more", ...r.links.map(u => h("p", {}, link(u)))) : []),
    ...fact("Fingerprint", f.fingerprint ? h("code", {}, f.fingerprint) : null)];
}

document.addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
  if (e.key === "Escape" && e.target.id === "search") { e.target.value = S.text = ""; layRows(); list.focus(); return; }
  if (typing && !(e.target.id === "search" && (e.key === "ArrowDown" || e.key === "ArrowUp" || e.key === "Enter"))) return;
  const move = {j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9}[e.key];
  if (e.key === "/") { e.preventDefault(); if (S.view !== "findings") go("findings"); document.getElementById("search").focus(); }
  else if (e.key === "t") flip();
  else if (/^[1-6]$/.test(e.key)) go(VIEWS[Number(e.key) - 1][0]);
  else if (S.view === "findings" && e.key === "Enter" && e.target.id === "search") list.focus();
  else if (S.view === "findings" && move && !detail.contains(e.target)) { e.preventDefault(); open(Math.max(0, Math.min(shown.length - 1, S.pick + move))); }
});

// Printing gives the overview and the findings of the current filter, whole.
addEventListener("beforeprint", () => {
  filter();
  sheet.replaceChildren(overview(), h("h2", {}, plural(shown.length, "finding") + ": " + STATUS[S.status]),
    ...shown.slice(0, PRINTED).map(f => { const r = ruleOf(f); return h("article", {}, h("b", {class: "c-" + f.severity}, f.severity + " "), h("b", {}, r.title), " ", h("code", {}, f.address), h("div", {class: "mono"}, where(f)), h("div", {}, f.message), codeOf(f), r.fix ? h("div", {}, "Fix: ", prose(r.fix)) : null); }),
    shown.length > PRINTED ? h("p", {}, "… and " + num(shown.length - PRINTED) + " more; filter the page to print them.") : "");
});
addEventListener("afterprint", () => sheet.replaceChildren());
const fromHash = () => {
  const view = location.hash.slice(1);
  if (view !== S.view && VIEWS.some(([id]) => id === view)) { S.view = view; return true; }
  return false;
};
addEventListener("hashchange", () => fromHash() && draw());
addEventListener("resize", () => S.view === "findings" && paint());
fromHash();
draw();
})();
)js";
}

}  // namespace plumbline
