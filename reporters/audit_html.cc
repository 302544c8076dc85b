#include "reporters/audit_formats.h"
#include "reporters/html_page.h"

// One page that holds everything and asks nobody for anything, as the scan's does. The data is the audit's JSON; all
// text of inputs goes from there into text nodes, never into markup.

namespace plumbline {
namespace {

constexpr std::string_view style = R"css(
.tl{display:grid;grid-template-columns:minmax(180px,290px) 1fr;background:var(--panel);border:1px solid var(--line);border-radius:8px;overflow:hidden}
.tl>*{border-bottom:1px solid var(--line);min-width:0}
.tl .name{padding:5px 10px;border-right:1px solid var(--line);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tl .name .mono{display:block;color:var(--soft);font-size:11.5px;overflow:hidden;text-overflow:ellipsis}
.tl .band{position:relative;min-height:30px}
.tl .part{position:sticky;grid-column:1/-1;padding:6px 10px;background:var(--bg);color:var(--soft);font-weight:600;font-size:12.5px}
.band svg{position:absolute;inset:0;width:100%;height:100%;display:block}
.band .seg{position:absolute;top:7px;bottom:7px;min-width:2px;border:0;padding:0;border-radius:2px}
.band .seg:hover,.band .tick:hover{filter:brightness(1.15)}
.band .tick{position:absolute;top:5px;bottom:5px;width:3px;margin-left:-1px;border:0;padding:0;border-radius:2px}
.band .grid{position:absolute;top:0;bottom:0;width:1px;background:var(--line)}
.axis{color:var(--soft);font-size:11.5px}.axis span{position:absolute;top:7px;padding-left:4px;white-space:nowrap}
.at{position:absolute;top:0;bottom:0;width:2px;background:var(--accent)}
.v-pass{background:var(--pass)}.v-fail{background:var(--critical)}.v-undecided{background:repeating-linear-gradient(135deg,var(--undecided) 0 5px,color-mix(in srgb,var(--undecided) 55%,var(--panel)) 5px 10px)}
.v-not_applicable{background:var(--line);opacity:.55}
.s-critical{background:var(--critical)}.s-high{background:var(--high)}.s-medium{background:var(--medium)}.s-low{background:var(--low)}.s-info{background:var(--info)}
.hatch{background:repeating-linear-gradient(135deg,transparent 0 3px,var(--panel) 3px 5px);position:absolute;top:9px;bottom:9px;pointer-events:none}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);margin:8px 0 0;font-size:12.5px}.key i{display:inline-block;width:14px;height:10px;border-radius:2px;margin-right:6px}
.state{border-left:4px solid var(--pass);padding:6px 12px;background:var(--panel);margin:0 0 14px;border-radius:4px}.state.bad{border-color:var(--critical)}
.pill{display:inline-block;border-radius:10px;padding:0 8px;font-size:12px;border:1px solid currentColor;white-space:nowrap}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px 0}.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
td .facts{margin:4px 0 10px}tr.open>td{background:var(--hover)}
.filters{border:0;padding:0 0 10px}.nowrap{white-space:nowrap}td.cut{max-width:460px;overflow-wrap:anywhere}
.c-critical,.c-fail{color:var(--critical)}
@media (max-width:760px){.tl{grid-template-columns:120px 1fr}.hide{display:none}}
@media (max-width:560px){header .end{position:absolute;top:8px;right:12px}td.num{text-align:left}}
@media print{main{display:block!important;overflow:visible}.tl{break-inside:auto}}
)css";

constexpr std::string_view script = R"js(
"use strict";
(() => {
const D = JSON.parse(document.getElementById("data").textContent);
const PAGE = 300, LIFELINES = 150;
const SEV = ["critical", "high", "medium", "low", "info"];
const WORD = {pass: "pass", fail: "fail", undecided: "not provable", not_applicable: "not applicable"};
// All text becomes text nodes: nothing from the repository is ever read as markup.
const h = (tag, attributes, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k === "style") e.style.cssText = v;
    else if (k === "value") e.value = v;
    else e.setAttribute(k, v === true ? "" : v);
  }
  for (const c of children.flat(Infinity)) if (c !== null && c !== undefined && c !== false) e.append(c);
  return e;
};
const num = n => n.toLocaleString("en");
const plural = (n, one) => num(n) + " " + one + (n === 1 ? "" : "s");
const short = id => (id || "").slice(0, 12);
const day = t => t.slice(0, 10);
const minute = t => t.slice(0, 16).replace("T", " ");
const prose = text => text ? text.split("`").map((part, i) => i % 2 ? h("code", {}, part) : part) : [];
const link = url => /^https?:\/\//.test(url || "") ? h("a", {href: url, rel: "noopener noreferrer", target: "_blank"}, url) : url;
const span = seconds => seconds < 3600 ? plural(Math.floor(seconds / 60), "minute") : seconds < 86400 ? plural(Math.floor(seconds / 3600), "hour") : plural(Math.floor(seconds / 86400), "day");

const byCommit = new Map(), ruleOf = Object.fromEntries(D.rules.map(r => [r.id, r]));
for (const v of D.verdicts) if (v.commit && v.verdict !== "not_applicable") (byCommit.get(v.commit) || byCommit.set(v.commit, []).get(v.commit)).push(v);
const worst = commit => { const all = byCommit.get(commit) || []; return ["fail", "undecided", "pass"].find(k => all.some(v => v.verdict === k)) || "not_applicable"; };
const sampled = new Set(D.sample.map(s => s.commit));
const failing = D.verdicts.filter(v => v.verdict === "fail"), unproven = D.verdicts.filter(v => v.verdict === "undecided");
const openFindings = D.findings.filter(f => !f.resolved);

const FROM = Date.parse(D.period.from), TO = Date.parse(D.period.to) + 1000;
const at = t => Math.max(0, Math.min(100, (Date.parse(t) - FROM) / (TO - FROM) * 100));

const S = {view: location.hash.slice(1), text: "", verdict: "", kind: "", rule: "", only: "", shown: PAGE, open: ""};
const main = h("main", {}), nav = h("nav", {"aria-label": "Views"});
const VIEWS = [["timeline", "Timeline"], ["changes", "Changes", D.changes.length], ["findings", "Findings", D.findings.length], ["sample", "Sample", D.sample.length], ["rules", "Rules", D.rules.length], ["basis", "Basis", D.diagnostics.length]];
if (!VIEWS.some(v => v[0] === S.view)) S.view = "timeline";
const theme = () => document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
const flip = () => { document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark"; };
document.getElementById("app").append(
  h("header", {}, h("h1", {}, "plumbline audit"),
    h("span", {class: "meta"}, [D.repository, D.branch, day(D.period.from) + " to " + day(D.period.to), short(D.tip), D.tool.version && "version " + D.tool.version].filter(Boolean).join(" · ")),
    h("span", {class: "end"}, h("button", {onclick: flip, title: "Dark or light", "aria-label": "Dark or light"}, "◐"))),
  nav, main);
const go = (view, change) => { if (change) Object.assign(S, {text: "", verdict: "", kind: "", rule: "", only: "", shown: PAGE, open: ""}, change); S.view = view; location.hash = view; draw(); };
const draw = () => {
  nav.replaceChildren(...VIEWS.map(([id, name, n]) => h("button", {"aria-current": S.view === id ? "page" : null, onclick: () => go(id)}, name, n ? h("span", {class: "n"}, num(n)) : null)));
  main.replaceChildren(({timeline, changes, findings, sample, rules, basis})[S.view]());
  main.scrollTop = 0;
};
addEventListener("hashchange", () => { const v = location.hash.slice(1); if (v !== S.view && VIEWS.some(x => x[0] === v)) { S.view = v; draw(); } });

// Ticks at days, weeks, months or years, so that about ten fit.
const ticks = () => {
  const days = (TO - FROM) / 864e5, out = [], d = new Date(FROM);
  const month = days > 70, step = days > 1500 ? 12 : days > 500 ? 3 : 1;
  d.setUTCHours(0, 0, 0, 0);
  if (month) d.setUTCDate(1);
  for (let i = 0; i < 400 && d < TO; i++) {
    const fits = !month || (d.getUTCMonth() % step === 0);
    if (d >= FROM && fits) out.push([d.toISOString(), month ? d.toISOString().slice(0, step === 12 ? 4 : 7) : d.toISOString().slice(5, 10)]);
    if (month) d.setUTCMonth(d.getUTCMonth() + 1); else d.setUTCDate(d.getUTCDate() + (days > 24 ? 7 : days > 12 ? 2 : 1));
  }
  return out;
};
const TICKS = ticks();
const grid = () => [TICKS.map(([t]) => h("i", {class: "grid", style: `left:${at(t)}%`})), D.state ? h("i", {class: "at", style: `left:${at(D.state.time)}%`, title: "the state asked for: " + minute(D.state.time)}) : null];
const segment = (from, to, kind, title, action) => h("button", {class: "seg " + kind, style: `left:${at(from)}%;width:${Math.max(.15, at(to) - at(from))}%`, title, "aria-label": title, onclick: action || (() => {})});
const row = (name, sub, band) => [h("div", {class: "name", title: name + (sub ? " (" + sub + ")" : "")}, name, sub ? h("span", {class: "mono"}, sub) : null), h("div", {class: "band"}, grid(), band)];

function timeline() {
  const tiles = [["changes", D.changes.length, () => go("changes", {})], ["direct", D.changes.filter(c => c.kind === "direct").length, () => go("changes", {kind: "direct"})],
    ["failing verdicts", failing.length, () => go("changes", {verdict: "fail"}), "fail"], ["not provable", unproven.length, () => go("changes", {verdict: "undecided"}), "undecided"],
    ["emergency", D.changes.filter(c => c.emergency).length, () => go("changes", {only: "emergency"})], ["of the pipeline", D.changes.filter(c => c.pipeline_files).length, () => go("changes", {only: "pipeline"})]];
  if (D.replayed) tiles.push(["open findings", openFindings.length, () => go("findings", {}), "fail"]);
  if (D.secrets) tiles.push(["credentials", D.secrets.filter(s => !s.accepted).length, () => go("findings", {}), "fail"]);
  const rank = Object.fromEntries(SEV.map((s, i) => [s, i]));
  const lives = [...D.findings].sort((a, b) => (rank[a.severity] - rank[b.severity]) || (a.introduced.time < b.introduced.time ? -1 : 1)).slice(0, LIFELINES);
  const end = D.period.to;
  return h("div", {class: "page"},
    h("p", {class: "state" + (D.population.complete ? "" : " bad")}, D.population.text),
    h("div", {class: "tiles"}, tiles.map(([name, n, action, kind]) => h("button", {class: "tile", onclick: action}, h("b", {class: n && kind ? "c-" + kind : ""}, num(n)), h("span", {}, name)))),
    h("h2", {}, "Over the period"),
    h("div", {class: "tl"},
      h("div", {class: "name axis"}, "UTC"), h("div", {class: "band axis"}, grid(), TICKS.filter(([t]) => at(t) < 96).map(([t, name]) => h("span", {style: `left:${at(t)}%`}, name))),
      row("Changes", plural(D.changes.length, "change") + " on " + D.branch, D.changes.map(c => h("button", {class: "tick v-" + worst(c.commit), style: `left:${at(c.time)}%`, title: `${minute(c.time)} ${short(c.commit)} ${c.subject}\n${c.kind}, ${WORD[worst(c.commit)]}`, onclick: () => go("changes", {open: c.commit, text: c.commit})}))),
      D.forced_pushes.length ? row("Forced pushes", "history was rewritten", D.forced_pushes.map(p => h("button", {class: "tick v-fail", style: `left:${at(p.time)}%`, title: `${minute(p.time)} ${p.by || ""} (${p.source})`}))) : null,
      D.controls.length ? h("div", {class: "part"}, "Controls") : null,
      D.controls.map(c => row(c.title || c.id, c.id, c.intervals.map(i => segment(i.from, i.to, "v-" + i.verdict, `${WORD[i.verdict]}\n${minute(i.from)} to ${i.closed_by ? minute(i.to) : "the end"}\nopened by ${short(i.commit) || "the state before the period"}${i.closed_by ? ", closed by " + short(i.closed_by) : ""}`, () => i.commit && go("changes", {text: i.commit, open: i.commit}))))),
      lives.length ? h("div", {class: "part"}, "Findings" + (D.findings.length > lives.length ? ` (the ${lives.length} most severe of ${num(D.findings.length)})` : "")) : null,
      lives.map(f => row(f.address, f.rule, [segment(f.introduced.time < D.period.from ? D.period.from : f.introduced.time, f.resolved ? f.resolved.time : end, "s-" + f.severity, `${f.severity}: ${f.message}\n${f.file}\n${f.before_period ? "before the period" : "since " + minute(f.introduced.time) + " by " + f.introduced.author}\n${f.resolved ? "gone " + minute(f.resolved.time) + " by " + f.resolved.author : "still open"}`, () => go("findings", {text: f.fingerprint})),
        f.accepted.map(a => h("i", {class: "hatch", style: `left:${at(a.from)}%;width:${at(a.to) - at(a.from)}%`}))]))),
    h("div", {class: "key"}, Object.entries(WORD).map(([k, name]) => h("span", {}, h("i", {class: "v-" + k}), name)), lives.length ? SEV.map(s => h("span", {}, h("i", {class: "s-" + s}), s)) : null, lives.some(f => f.accepted.length) ? h("span", {}, "hatched: accepted") : null),
    D.state ? state() : null);
}
function state() {
  return [h("h2", {}, "The state on " + minute(D.state.time) + " UTC"), h("p", {}, "Commit ", h("code", {}, short(D.state.commit)), ", " + plural(D.state.open_findings.length, "open finding") + "."),
    h("table", {}, h("tbody", {}, Object.entries(D.state.controls).map(([id, v]) => h("tr", {}, h("td", {class: "mono"}, id), h("td", {class: "c-" + v}, WORD[v])))))];
}

const pill = v => h("span", {class: "pill c-" + v}, WORD[v]);
const facts = pairs => h("dl", {class: "facts"}, pairs.filter(([, v]) => v !== undefined && v !== null && v !== "" && !(Array.isArray(v) && !v.length)).map(([k, v]) => [h("dt", {}, k), h("dd", {}, v)]));
function evidence(c) {
  return [facts([["commit", h("code", {}, c.commit)], ["time", minute(c.time) + " UTC" + (c.clock_wrong ? " (corrected; the committer's clock says " + minute(c.committed) + ")" : "")], ["author", c.author], ["committer", c.committer],
      ["contributors", c.contributors.length > 1 ? c.contributors.join(", ") : null], ["kind", c.kind + " (" + c.kind_reason + ")"], ["pull request", c.pull_request === null ? null : String(c.pull_request)], ["address", c.url && link(c.url)],
      ["how that is known", c.way_known_by], ["opened by", c.opened_by], ["merged by", c.merged_by], ["reviewers", c.reviewers.join(", ")],
      ["approvals", c.approvals.map(a => `${a.by} ${a.state}${a.time ? " " + minute(a.time) : ""} (${a.source})`).join("; ")], ["checks", c.checks && (c.checks.map(x => `${x.name}: ${x.result}`).join("; ") || "none")],
      ["signature", c.signature + (c.signer ? " (" + c.signer + ")" : "")], ["tickets", c.tickets.join(", ")], ["emergency", c.emergency], ["takes back", c.reverts && short(c.reverts)], ["taken back by", c.reverted_by && short(c.reverted_by)],
      ["files", num(c.files)], ["of the pipeline", (c.pipeline_files || []).join(", ")], ["of waivers", (c.waiver_files || []).join(", ")], ["commits it brought", c.commits.length > 1 ? c.commits.map(short).join(" ") : null]]),
    h("table", {}, h("tbody", {}, (byCommit.get(c.commit) || []).map(v => h("tr", {}, h("td", {class: "nowrap"}, pill(v.verdict)), h("td", {}, ruleOf[v.rule] ? ruleOf[v.rule].title : v.rule, h("div", {class: "legend mono"}, v.rule)), h("td", {class: "cut"}, v.undecided_by || v.message)))))];
}
const haystack = c => c.hay || (c.hay = [c.commit, c.author, c.subject, c.pull_request, c.kind, ...c.reviewers, ...c.tickets, c.emergency, ...c.commits].join("\n").toLowerCase());
function changes() {
  const words = S.text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = D.changes.filter(c => (!S.kind || c.kind === S.kind) && (!S.verdict || (S.rule ? (byCommit.get(c.commit) || []).some(v => v.rule === S.rule && v.verdict === S.verdict) : worst(c.commit) === S.verdict || (S.verdict === "undecided" && (byCommit.get(c.commit) || []).some(v => v.verdict === "undecided")))) &&
    (!S.rule || (byCommit.get(c.commit) || []).some(v => v.rule === S.rule)) && (S.only !== "emergency" || c.emergency) && (S.only !== "pipeline" || c.pipeline_files) && (S.only !== "waivers" || c.waiver_files) && (S.only !== "sample" || sampled.has(c.commit)) && (S.only !== "reverts" || c.reverts) && words.every(w => haystack(c).includes(w)));
  const pick = (key, label, options) => h("select", {"aria-label": label, onchange: e => { S[key] = e.target.value; S.shown = PAGE; draw(); }}, h("option", {value: ""}, label), options.map(([v, name]) => h("option", {value: v, selected: S[key] === v}, name)));
  const body = h("tbody", {});
  const fill = () => body.replaceChildren(...all.slice().reverse().slice(0, S.shown).flatMap(c => {
    const open = S.open === c.commit;
    const flip = () => { S.open = open ? "" : c.commit; fill(); };
    const line = h("tr", {class: "go" + (open ? " open" : ""), tabindex: 0, "aria-expanded": String(open), onclick: flip, onkeydown: e => e.key === "Enter" && flip()}, h("td", {class: "nowrap"}, minute(c.time)), h("td", {class: "mono"}, short(c.commit)), h("td", {}, c.kind), h("td", {class: "hide"}, c.author.replace(/ <.*/, "")), h("td", {class: "cut"}, c.subject), h("td", {class: "num", "data-name": "pull request"}, c.pull_request === null ? "–" : String(c.pull_request)), h("td", {class: "hide"}, c.reviewers.map(r => r.replace(/ <.*/, "")).join(", ") || "–"), h("td", {class: "nowrap"}, pill(worst(c.commit))));
    return open ? [line, h("tr", {}, h("td", {colspan: 8}, evidence(c)))] : [line];
  }));
  fill();
  const search = h("input", {type: "search", placeholder: "commit, person, subject, ticket", "aria-label": "Search", value: S.text, onchange: e => { S.text = e.target.value; S.shown = PAGE; draw(); }});
  return h("div", {class: "page"}, h("div", {class: "filters"}, search, pick("kind", "any kind", ["merge", "squash", "rebase", "direct"].map(k => [k, k])), pick("verdict", "any verdict", [["fail", "fails"], ["undecided", "not provable"], ["pass", "passes"]]), pick("rule", "any rule", D.rules.map(r => [r.id, r.title])), pick("only", "everything", [["sample", "in the sample"], ["emergency", "emergency"], ["pipeline", "of the pipeline"], ["waivers", "of waivers"], ["reverts", "reverts"]])),
    h("p", {class: "legend"}, plural(all.length, "change") + (all.length > S.shown ? `, the newest ${S.shown} shown` : "")),
    h("table", {}, h("thead", {}, h("tr", {}, ["time (UTC)", "commit", "kind", ["author", "hide"], "subject", "pull request", ["reviewers", "hide"], "verdict"].map(t => Array.isArray(t) ? h("th", {class: t[1]}, t[0]) : h("th", {}, t)))), body),
    all.length > S.shown ? h("p", {}, h("button", {onclick: () => { S.shown += PAGE; draw(); }}, "show more")) : null);
}
function findings() {
  const words = S.text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = D.findings.filter(f => words.every(w => [f.rule, f.address, f.file, f.message, f.severity, f.fingerprint, f.introduced.author].join("\n").toLowerCase().includes(w)));
  // What is open and severe first; among equals the oldest.
  const rank = f => (f.resolved ? 20 : f.accepted.length ? 10 : 0) + SEV.indexOf(f.severity);
  all.sort((a, b) => rank(a) - rank(b));
  const moment = m => [day(m.time), h("div", {class: "legend"}, short(m.commit) + " " + m.author.replace(/ <.*/, ""))];
  return h("div", {class: "page"},
    D.replayed ? null : h("p", {class: "state bad"}, "The guardrails were not replayed over the period."),
    D.repairs.length ? [h("h2", {}, "Time to repair"), h("table", {}, h("thead", {}, h("tr", {}, ["severity", "repaired", "open", "mean", "median"].map((t, i) => h("th", {class: i ? "num" : ""}, t)))), h("tbody", {}, D.repairs.map(r => h("tr", {}, h("td", {class: "c-" + r.severity}, r.severity), h("td", {class: "num", "data-name": "repaired"}, num(r.repaired)), h("td", {class: "num", "data-name": "open"}, num(r.open)), h("td", {class: "num", "data-name": "mean"}, r.measured ? span(r.mean_seconds) : "–"), h("td", {class: "num", "data-name": "median"}, r.measured ? span(r.median_seconds) : "–")))))] : null,
    h("h2", {}, "Findings"), h("div", {class: "filters"}, h("input", {type: "search", placeholder: "rule, address, file, author", "aria-label": "Search", value: S.text, onchange: e => { S.text = e.target.value; draw(); }})),
    all.length ? h("table", {}, h("thead", {}, h("tr", {}, ["severity", "finding", "introduced", "resolved"].map(t => h("th", {}, t)), h("th", {class: "num"}, "days"))), h("tbody", {}, all.slice(0, 1000).map(f => h("tr", {}, h("td", {class: "c-" + f.severity}, f.severity), h("td", {class: "cut"}, f.message, h("div", {class: "legend mono"}, f.rule + " · " + f.address + " · " + f.file + (f.line ? ":" + f.line : ""))), h("td", {}, f.before_period ? "before the period" : moment(f.introduced)), h("td", {}, f.resolved ? moment(f.resolved) : h("span", {class: "c-fail"}, f.accepted.length ? "open, accepted" : "open")), h("td", {class: "num", "data-name": "days"}, num(f.age_days)))))) : h("p", {}, "None."),
    D.secrets ? [h("h2", {}, "Credentials in the history"), D.secrets.length ? h("table", {}, h("thead", {}, h("tr", {}, ["kind", "where", "brought by", "still there", "accepted"].map(t => h("th", {}, t)))), h("tbody", {}, D.secrets.map(s => h("tr", {}, h("td", {}, s.kind, h("div", {class: "legend mono"}, s.redacted)), h("td", {class: "mono cut"}, s.file + ":" + s.line), h("td", {}, short(s.commit) + " " + day(s.time), h("div", {class: "legend"}, s.author)), h("td", {"data-name": "still"}, s.in_tip_tree ? "in the tree" : s.reachable ? "in the history" : "in an old branch"), h("td", {"data-name": "accepted"}, s.accepted ? [s.accepted.reason || "yes", h("div", {class: "legend"}, s.accepted.by + (s.accepted.expires ? " until " + s.accepted.expires : ""))] : ["no", h("div", {class: "legend mono"}, s.fingerprint)]))))) : h("p", {}, "None.")] : null);
}
function sample() {
  const index = new Map(D.changes.map(c => [c.commit, c]));
  return h("div", {class: "page"}, h("h2", {}, `${D.sample.length} of ${plural(D.changes.length, "change")}`), h("p", {class: "legend"}, D.sample_method.method),
    D.sample.map((s, i) => h("details", {open: i < 3}, h("summary", {}, `${i + 1}. `, h("code", {}, short(s.commit)), " ", s.subject, " ", pill(worst(s.commit))), evidence(index.get(s.commit)))));
}
function rules() {
  const cell = (r, key) => h("td", {class: "num"}, r[key] ? h("button", {onclick: () => go("changes", {rule: r.id, verdict: key})}, num(r[key])) : h("span", {class: "zero"}, "–"));
  return h("div", {class: "page"}, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "rule"), h("th", {}, "control"), h("th", {}, "severity"), ["pass", "fail", "not provable"].map(t => h("th", {class: "num"}, t)), h("th", {}, "requirements"))),
    h("tbody", {}, D.rules.map(r => h("tr", {}, h("td", {}, r.title, h("div", {class: "legend"}, r.why), h("div", {class: "legend"}, prose(r.fix))), h("td", {class: "mono"}, r.control), h("td", {class: "c-" + r.severity}, r.severity), cell(r, "pass"), cell(r, "fail"), cell(r, "undecided"), h("td", {class: "legend"}, Object.entries(r.requirements).map(([f, ids]) => h("div", {}, f + ": " + ids.join(", ")))))))));
}
function basis() {
  return h("div", {class: "page"}, h("h2", {}, "What could not be read or resolved"),
    D.diagnostics.length ? h("table", {}, h("tbody", {}, D.diagnostics.map(d => h("tr", {}, h("td", {class: d.level === "error" ? "c-fail" : "c-medium"}, d.level), h("td", {class: "mono"}, d.file || ""), h("td", {}, d.summary, h("div", {class: "legend"}, d.detail || "")))))) : h("p", {}, "Nothing."),
    D.pushes_unknown_because ? h("p", {}, "Forced pushes: " + D.pushes_unknown_because + ".") : null,
    h("h2", {}, "Settings and exports"), h("table", {}, h("tbody", {}, D.settings.map(s => h("tr", {}, h("td", {class: "nowrap"}, s.name), h("td", {class: "mono cut"}, s.value || "–"))))));
}
draw();
})();
)js";

}  // namespace

void write_audit_html(const AuditReport& report, const SourceSet& sources, const ReportOptions&, std::ostream& out) {
    out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
           "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>plumbline audit</title>\n<style>"
        << html_style() << style
        << "</style>\n</head>\n<body>\n<noscript>This report is drawn by a script inside this page; please allow "
           "it.</noscript>\n<div id=\"app\"></div>\n<script type=\"application/json\" id=\"data\">";
    write_audit_data(report, sources, out);
    out << "</script>\n<script>" << script << "</script>\n</body>\n</html>\n";
}

}  // namespace plumbline
