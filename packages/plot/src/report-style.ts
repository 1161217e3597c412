import { darkDeclarations } from './theme.js';

const serif = "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, 'Liberation Serif', serif";
const sans = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif";
const mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";

/** The style sheet of a report: light and dark by the reader's setting, one column on paper and on small screens. */
export const reportStyle = `
:root{color-scheme:light dark;--ebm-paper:#ffffff;--ebm-ink:#1f2430;--ebm-muted:#5b6472;--ebm-grid:#e4e7ec;--ebm-warning:#b3261e;--link:#0b5cad}
@media screen and (prefers-color-scheme:dark){:root{${darkDeclarations}--link:#8ab8f5}}
*{box-sizing:border-box}
html{font-size:17px;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ebm-paper);color:var(--ebm-ink);font:1rem/1.6 ${serif};font-feature-settings:'kern','liga'}
.page{max-width:50rem;margin:0 auto;padding:4rem 1.5rem 5rem}
header h1{font-size:2.1rem;line-height:1.2;font-weight:600;letter-spacing:-.01em;margin:0;text-wrap:balance}
header .subtitle{margin:.7rem 0 0;color:var(--ebm-muted);font-size:1.1rem;line-height:1.45;text-wrap:pretty}
.highlights{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1.5rem 2rem;margin:2.4rem 0 0;padding:1.4rem 0;border:solid var(--ebm-grid);border-width:1px 0}
.highlights dt{font:500 .78rem/1.35 ${sans};color:var(--ebm-muted)}
.highlights dd{margin:.25rem 0 0;font:600 1.55rem/1.25 ${sans};letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.highlights dd.detail{margin:.2rem 0 0;font:400 .8rem/1.4 ${sans};letter-spacing:0;color:var(--ebm-muted)}
nav{margin:2.2rem 0 0;font:.85rem/1.5 ${sans}}
nav h2{margin:0 0 .4rem;font:600 .78rem/1.4 ${sans};color:var(--ebm-muted)}
nav ol{list-style:none;margin:0;padding:0}
nav li{margin:.25rem 0}
a{color:var(--link);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline;text-underline-offset:.2em}
section{margin-top:3.4rem}
section h2{position:relative;margin:0 0 .9rem;font-size:1.4rem;line-height:1.3;font-weight:600;text-wrap:balance;scroll-margin-top:1.5rem}
h2 .anchor{position:absolute;right:100%;padding-right:.4rem;color:var(--ebm-muted);opacity:0;font-weight:400}
h2:hover .anchor,h2 .anchor:focus-visible{opacity:1}
p{margin:0 0 1rem;max-width:40rem;hyphens:auto;text-wrap:pretty}
.figures{display:flex;flex-wrap:wrap;gap:2rem 2.2rem;margin:1.6rem 0;align-items:flex-start}
figure{margin:0;min-width:0;max-width:100%}
figure svg{display:block;max-width:100%;height:auto}
figcaption{margin-top:.7rem;max-width:40rem;font:.82rem/1.5 ${sans};color:var(--ebm-muted);contain:inline-size}
figcaption .note{display:block;margin-top:.3rem}
.note,.warning{color:var(--ebm-warning)}
.table{overflow-x:auto;margin:1.4rem 0}
table{border-collapse:collapse;font:.85rem/1.45 ${sans}}
caption{caption-side:top;text-align:left;padding:0 0 .6rem;color:var(--ebm-muted)}
th,td{padding:.45rem 1.6rem .45rem 0;text-align:left;vertical-align:baseline}
th:last-child,td:last-child{padding-right:0}
th{font-weight:600}
thead tr{border-bottom:1.5px solid var(--ebm-ink)}
tbody tr{border-bottom:1px solid var(--ebm-grid)}
.number{text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:4rem;padding-top:1.4rem;border-top:1px solid var(--ebm-grid);font:.8rem/1.5 ${sans};color:var(--ebm-muted)}
footer h2{margin:0 0 .7rem;font:600 .78rem/1.4 ${sans}}
footer dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1.6rem;margin:0}
footer dd{margin:0;color:var(--ebm-ink);font-family:${mono};font-size:.95em;overflow-wrap:anywhere}
@media screen and (min-width:82rem){
.page{max-width:66rem;display:grid;grid-template-columns:11rem minmax(0,50rem);column-gap:4rem}
.page>*{grid-column:2}
.page>nav{grid-column:1;grid-row:1/span 2;position:sticky;top:4rem;align-self:start;margin:0;padding-top:.6rem;max-height:calc(100vh - 6rem);overflow-y:auto}
.page>header{grid-row:1}.page>main{grid-row:2}}
@media (max-width:36rem){html{font-size:16px}.page{padding:2rem 1.1rem 3rem}header h1{font-size:1.7rem}footer dl{grid-template-columns:1fr;gap:0}footer dd{margin-bottom:.6rem}}
@media print{html{font-size:11pt}.page{max-width:none;padding:0}nav,.anchor{display:none}section{margin-top:2rem}figure,tr,.highlights{break-inside:avoid}h2{break-after:avoid}a{color:inherit}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
