/** How the report looks: one accent colour, light and dark, from 360 pixels to any width, and on paper. */
import { pageColors } from '@saccade/pictures';

const colors = `
${pageColors}
:root { --card: #f5f6f8; --accent: var(--series-1); --bad: #b8321a; --rest: #a3aab4; }
@media (prefers-color-scheme: dark) { :root { --card: #1d2025; --bad: #ff8f78; --rest: #666d78; } }`;

const text = `
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 56rem;
  overflow-wrap: break-word; padding: 3.5rem 1.25rem 5rem; }
h1 { font-size: 2.1rem; letter-spacing: -.02em; line-height: 1.2; margin: 0; text-wrap: balance; }
h2 { border-top: 1px solid var(--line); font-size: .95rem; letter-spacing: .04em; margin: 4.5rem 0 0; padding-top: 1.5rem; color: var(--soft); font-weight: 600; }
h3 { font-size: 1.3rem; letter-spacing: -.01em; line-height: 1.35; margin: 0; text-wrap: balance; }
a { color: inherit; text-decoration-color: var(--rest); text-underline-offset: .2em; } a:hover { color: var(--accent); }
a:focus-visible, [tabindex]:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
cite { font-style: normal; } code, pre { font: .85em/1.5 ui-monospace, monospace; } code { color: var(--soft); }
pre { background: var(--card); border-radius: 6px; margin: 1rem 0; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.error { border-left: 3px solid var(--bad); } .quiet { color: var(--soft); } small { color: var(--soft); font-size: 1em; }
.brand { color: var(--accent); font-weight: 600; margin: 0 0 .4rem; } .paper { color: var(--soft); margin: .35rem 0 0; }
.cut { border-left: 3px solid var(--bad); margin: 1rem 0 0; padding-left: .8rem; }
.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.run { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 1.5rem 0 0; } .run div { min-width: 0; }
.run dt { color: var(--soft); font-size: .8rem; } .run dd { font-variant-numeric: tabular-nums; margin: 0; }
.badge { font-weight: 600; white-space: nowrap; } .good { color: var(--accent); } .bad { color: var(--bad); }`;

const tables = `
table { border-collapse: collapse; } th { font-weight: inherit; text-align: left; }
.claims { margin-top: 2.75rem; width: 100%; } .claims thead th { color: var(--soft); font-size: .8rem; padding: 0 0 .4rem 1.25rem; }
.claims tbody tr { border-top: 1px solid var(--line); } .claims tbody > tr > * { padding: .6rem 0 .6rem 1.25rem; vertical-align: baseline; }
.claims tr > :first-child { padding-left: 0 !important; } .claims tbody th { text-wrap: pretty; }
.scroll { overflow-x: auto; } .data { font-size: .92rem; min-width: min(100%, 24rem); } .data thead th { color: var(--soft); font-size: .8rem; }
.data th, .data td { border-bottom: 1px solid var(--line); padding: .4rem 0 .4rem 1.5rem; } .data tr > :first-child { padding-left: 0; }
@media screen and (max-width: 720px) {
  .claims, .claims tbody, .claims tr, .claims th { display: block; } .claims thead { position: absolute; clip-path: inset(50%); }
  .claims tbody tr { display: grid; gap: .1rem 1rem; grid-template-columns: repeat(3, minmax(0, 1fr)); padding: .9rem 0; }
  .claims tbody tr > * { padding: 0 !important; text-align: left; white-space: normal; } .claims tbody th { grid-column: 1 / -1; margin-bottom: .35rem; }
  .claims td::before { color: var(--soft); content: attr(data-name); display: block; font-size: .75rem; font-weight: 400; }
}`;

const sections = `
.experiment { margin-top: 3rem; scroll-margin-top: 1.5rem; } .group > .experiment:first-of-type { margin-top: 1.75rem; }
.facts { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; color: var(--soft); font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0 0; align-items: baseline; }
.facts .bad { color: var(--bad); } .facts .good { color: var(--accent); }
.gauges { font-size: .92rem; margin: 1.4rem 0 0; width: 100%; } .gauges th { padding: 0 1rem 0 0; width: 1%; } .gauges .number { padding-left: 1rem; width: 1%; }
.gauges .measured { font-weight: 600; } .gauges .baseline, .gauges .bar { color: var(--soft); }
.track { padding: 0; } .track div { height: 1.75rem; position: relative; } tr:last-child .mark { bottom: .45rem; } .track i { position: absolute; print-color-adjust: exact; }
.fill { background: var(--rest); border-radius: 2px; bottom: .45rem; min-width: 1px; top: .45rem; } .measured .fill { background: var(--accent); }
.mark { border-left: 2px solid var(--ink); bottom: 0; margin-left: -1px; top: 0; }
.terms { display: grid; font-size: .92rem; gap: .25rem 1rem; grid-template-columns: max-content minmax(0, 1fr); margin: 1.1rem 0 0; }
.terms dt { color: var(--soft); } .terms dd { margin: 0; } .notes { margin: 1.5rem 0 0; padding-left: 1.2rem; } .notes li { margin: .3rem 0; max-width: 44rem; }
details { margin-top: 1.25rem; } summary { color: var(--soft); cursor: pointer; font-size: .9rem; width: max-content; }
.left-out { list-style: none; padding: 0; } .left-out li { margin: .9rem 0; }`;

const figures = `
figure { margin: 0; } .figure { margin: 2.25rem 0 0; } .figure > figcaption { font-weight: 600; } .figure > .quiet { font-size: .92rem; margin: .1rem 0 0; max-width: 44rem; }
.chart, .drawing svg { display: block; height: auto; margin-top: .75rem; max-width: 100%; } .narrow { display: none !important; } .scroll, .sheet { margin-top: .9rem; }
.legend { display: flex; flex-wrap: wrap; font-size: .9rem; gap: .2rem 1.25rem; list-style: none; margin: .6rem 0 0; padding: 0; }
.legend svg { margin-right: .45rem; vertical-align: -1px; fill: none; }
.sheet { display: flex; flex-wrap: wrap; gap: .8rem .7rem; } .sheet figcaption { color: var(--soft); font-size: .78rem; line-height: 1.3; margin-top: .25rem; text-align: center; hyphens: auto; }
.sheet img { border-radius: 3px; display: block; height: auto; margin: 0 auto; max-width: 100%; outline: 1px solid var(--line); } .crisp { image-rendering: pixelated; }
.alert img { outline: 2px solid var(--bad); outline-offset: 1px; } .sheet .alert figcaption { color: var(--bad); font-weight: 600; }
@media screen and (max-width: 600px) { .wide { display: none !important; } .narrow { display: block !important; width: 100%; } h1 { font-size: 1.7rem; } body { padding-top: 2rem; } }
@media print { body { font-size: 11pt; max-width: none; padding: 0; } .figure, .gauges, h3, .claims tr { break-inside: avoid; } h2, h3 { break-after: avoid; } }`;

/** The style sheet of the report. */
export const pageStyle: string = `${colors}${text}${tables}${sections}${figures}\n`;
