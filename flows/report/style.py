"""The style sheet of the report: light and dark, colours by class. Not the page.

Law: a colour is named once, as --c of its class; pictures and tables only refer to it.
"""

STYLE = """
:root {
  --bg: #f7f7f5; --card: #fff; --ink: #1c2127; --soft: #5b6570; --line: #e2e4e7; --accent: #1f5fa8;
  --heat: 31,95,168; --up: 26,128,96; --down: 190,78,32; --code: #f0f1f3;
}
.c0 { --c: #1f5fa8 }
.c1 { --c: #d0661a }
.c2 { --c: #15846a }
.c3 { --c: #8257b8 }
.c4 { --c: #a8324c }
.c5 { --c: #8a7418 }
.c6 { --c: #5b6570 }
.c-start { --c: #7b8490 }
.k-sft { --c: #15846a }
.k-grpo { --c: #d0661a }
.k-rehearse { --c: #9aa3ad }
.k-diagnose { --c: #6c5fb0 }
.o-correct { --c: #2c8a5b }
.o-suboptimal { --c: #9cc38b }
.o-wrong { --c: #d98a3d }
.o-malformed { --c: #b2546b }
.o-truncated { --c: #8a7fb5 }
.o-undecided { --c: #30363d }
.k-hole { --c: #a8324c }
.k-weak { --c: #d0661a }
.k-filled { --c: #5b6570 }
@media (prefers-color-scheme:dark) {
  :root {
    --bg: #14171b; --card: #1b1f25; --ink: #e6e8eb; --soft: #9aa4b0; --line: #2e343c; --accent: #7db3ee;
    --heat: 94,156,226; --up: 80,190,150; --down: 226,120,80; --code: #242a31;
  }
  .c0 { --c: #6aa7ea }
  .c1 { --c: #ee9550 }
  .c2 { --c: #4fbd9f }
  .c3 { --c: #b596e4 }
  .c4 { --c: #e27d92 }
  .c5 { --c: #c9b25a }
  .o-undecided { --c: #d5d9de }
}
* { box-sizing: border-box }
html { scroll-behavior: smooth }
body {
  margin: 0; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto, "Liberation Sans",sans-serif;
}
.frame {
  display: grid; grid-template-columns: 190px minmax(0,1080px); gap: 36px; max-width: 1330px; margin: 0 auto;
  padding: 0 24px;
}
nav {
  position: sticky; top: 0; align-self: start; padding: 40px 0; font-size: 13.5px; max-height: 100vh;
  overflow: auto;
}
nav ol { list-style: none; margin: 0; padding: 0 }
nav a {
  display: block; padding: 4px 0 4px 12px; color: var(--soft); text-decoration: none;
  border-left: 2px solid var(--line);
}
nav a:hover { color: var(--ink); border-color: var(--accent) }
main { padding: 36px 0 80px }
@media (max-width:1000px) {
  .frame { grid-template-columns: minmax(0,1fr) }
  nav { display: none }
}
.kicker { margin: 0; color: var(--soft); letter-spacing: .08em; text-transform: uppercase; font-size: 12px }
h1 { font-size: 32px; line-height: 1.15; margin: 2px 0 16px; letter-spacing: -.015em; font-weight: 650 }
h2 { font-size: 21px; margin: 0 0 4px; letter-spacing: -.01em; font-weight: 650 }
h2 .no { color: var(--soft); font-weight: 400; margin-right: .45em }
h3 { font-size: 15px; margin: 22px 0 6px; font-weight: 650 }
section { margin-top: 52px; padding-top: 22px; border-top: 1px solid var(--line) }
.lede { margin: 0 0 16px; color: var(--soft); max-width: 74ch }
.facts { display: flex; flex-wrap: wrap; gap: 8px 30px; margin: 0 0 18px }
.facts dt { font-size: 12px; color: var(--soft) }
.facts dd { margin: 0; font-variant-numeric: tabular-nums }
.verdict {
  margin: 0; padding: 11px 16px; border-left: 4px solid #c9971c; background: rgba(201,151,28,.1);
  border-radius: 0 6px 6px 0; max-width: 96ch;
}
.verdict strong { font-size: 16px }
.cards { display: grid; grid-template-columns: repeat(auto-fill,minmax(330px,1fr)); gap: 16px; margin-top: 22px }
@media (max-width:1150px) {
  .cards { grid-template-columns: 1fr }
}
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 16px 12px }
.card h3 { margin: 0 }
.small { font-size: 13px; color: var(--soft); margin: 0 }
.big {
  font-size: 40px; line-height: 1.1; font-weight: 650; letter-spacing: -.02em; margin: 10px 0 2px;
  font-variant-numeric: tabular-nums;
}
.arrow { color: var(--soft); font-weight: 400 }
.card svg { margin: 12px 0 6px }
.words { margin-top: 18px; max-width: 96ch }
.words h3 { margin: 14px 0 4px }
.words ul { margin: 0 0 8px; padding-left: 20px }
.beaten { color: #b5521a; font-weight: 650 }
svg { width: 100%; height: auto; display: block; overflow: visible }
svg text { font: 12px system-ui,"Liberation Sans",sans-serif; fill: var(--soft) }
svg .title { font-weight: 650; font-size: 13px; fill: var(--ink) }
svg .hole { fill: #b03a54; font-weight: 600 }
svg .name { fill: var(--c); font-weight: 650 }
.grid { stroke: var(--line); stroke-width: 1 }
.rule { stroke: var(--soft); stroke-dasharray: 4 3; stroke-width: 1.2 }
.line { fill: none; stroke: var(--c); stroke-width: 2 }
.band { fill: var(--c); opacity: .13 }
.dot { fill: var(--c); stroke: var(--card); stroke-width: 1.2 }
.hollow { fill: var(--card); stroke: var(--c); stroke-width: 2 }
.move { stroke: var(--c); stroke-width: 2; opacity: .35 }
.whisker { stroke: var(--c); stroke-width: 3; opacity: .55 }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 26px }
.grid3 { display: grid; grid-template-columns: repeat(3,1fr); gap: 22px 26px }
@media (max-width:1000px) {
  .pair, .grid3 { grid-template-columns: minmax(0,1fr) }
}
figure { margin: 0 }
figcaption { font-size: 12px; color: var(--soft) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; width: 100% }
th {
  font-weight: 600; text-align: left; color: var(--soft); font-size: 12.5px;
  border-bottom: 1px solid var(--line);
}
th, td { padding: 4px 9px; vertical-align: top }
td { border-bottom: 1px solid var(--line) }
.num { text-align: right; white-space: nowrap }
td.name, th.name { color: var(--c); font-weight: 650 }
.best { font-weight: 700 }
.best::before { content: "▸ "; color: var(--soft) }
.gain { margin-left: 7px; color: var(--soft) }
.ci { display: block; font-size: 11.5px; color: var(--soft) }
.compact { font-size: 13px }
.compact th, .compact td { padding: 3px 4px }
.block { border-left: 3px solid var(--line) }
.absent { color: var(--soft); font-style: italic; font-size: 12.5px; font-weight: 400 }
.heat { width: auto }
.heat td { padding: 2px 8px; border-bottom: 1px solid var(--card); min-width: 46px }
.heat td.cell { white-space: nowrap; padding-left: 0; border: 0 }
.heat td.n { color: var(--soft); border: 0 }
.heat th { padding: 2px 8px }
.heat th:first-child { padding-left: 0 }
.heat th.first { padding-left: 8px }
.heat th.arm { text-align: center }
.heat .first { border-left: 7px solid var(--bg) }
.heat th.arm { border-left: 7px solid var(--bg) }
.rate { background: rgba(var(--heat),calc(var(--t)*.85 + .03)) }
.rate.dark { color: #fff }
.strong { font-weight: 700 }
.up { background: rgba(var(--up),calc(var(--t)*.7)) }
.down { background: rgba(var(--down),calc(var(--t)*.8)) }
.weak { box-shadow: inset 0 0 0 2px #d0661a }
tfoot td { border-top: 0 }
tfoot tr:first-child td { border-top: 8px solid var(--bg) }
span.hole { color: #b03a54 }
td:first-child { white-space: nowrap }
.wide { min-width: 140px; width: 26% }
.stack { display: flex; height: 15px; border-radius: 3px; overflow: hidden; margin-top: 3px }
.piece { background: var(--c) }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 10px; font-size: 13px; color: var(--soft) }
.swatch {
  display: inline-block; width: 11px; height: 11px; border-radius: 3px; background: var(--c); margin-right: 6px;
}
.swatch.k-weak { background: none; box-shadow: inset 0 0 0 2px var(--c) }
.swatch.k-hole { border-radius: 0; transform: rotate(45deg) scale(.75) }
.reading { margin: 10px 0 0; font-size: 13.5px; color: var(--soft); max-width: 100ch }
.note {
  margin: 14px 0 0; padding: 9px 14px; background: var(--code); border-radius: 6px; font-size: 13.5px;
  max-width: 100ch;
}
.buttons {
  display: inline-flex; border: 1px solid var(--line); border-radius: 7px; overflow: hidden; margin-bottom: 12px;
  background: var(--card);
}
button {
  font: inherit; font-size: 13px; border: 0; background: none; color: var(--soft); padding: 5px 13px;
  cursor: pointer;
}
button[aria-pressed=true] { background: var(--accent); color: var(--bg); font-weight: 600 }
details {
  border: 1px solid var(--line); border-radius: 7px; background: var(--card); padding: 0 14px; margin-top: 10px;
}
summary { cursor: pointer; padding: 9px 0; font-weight: 600; font-size: 14px }
details[open] { padding-bottom: 12px }
pre, code { font-family: ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace; font-size: 12.5px }
pre {
  background: var(--code); padding: 9px 12px; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere;
  margin: 0 0 8px;
}
.answer td, .answer th { font-size: 12px; padding: 2px 8px }
.filters {
  display: flex; flex-wrap: wrap; gap: 10px 20px; align-items: baseline; margin-bottom: 12px; font-size: 13.5px;
}
select {
  font: inherit; font-size: 13px; padding: 3px 6px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--card); color: var(--ink);
}
#rollouts {
  max-height: 760px; overflow: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card);
}
.problem {
  display: grid; grid-template-columns: 270px minmax(0,1fr); gap: 18px; padding: 13px 16px;
  border-bottom: 1px solid var(--line);
}
.problem pre { margin: 3px 0 5px; padding: 5px 9px }
.problem h4 { margin: 0 0 2px; font-size: 13px }
.reply {
  display: grid; grid-template-columns: 92px 92px minmax(0,1fr); gap: 10px; padding: 2px 0; font-size: 13px;
  align-items: baseline;
}
.reply pre { margin: 0; padding: 3px 9px; display: inline-block; margin-right: 10px }
.reply .who { color: var(--c); font-weight: 650 }
.chip { color: var(--c); font-weight: 600 }
.reply .why { color: var(--soft); font-size: 12px }
.words-list { display: grid; grid-template-columns: 150px 1fr; gap: 5px 18px; margin: 0; font-size: 14px }
.words-list dt { font-weight: 600 }
.words-list dd { margin: 0 }
footer { margin-top: 50px; color: var(--soft); font-size: 13px }
@media print {
  nav { display: none }
  .frame { display: block }
  #rollouts { max-height: none }
}
"""
