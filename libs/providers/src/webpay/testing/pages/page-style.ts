/** Of all pages. No picture, no font, nothing from elsewhere. */
export const pageStyle = `
:root { --brand: #6b196b; --ink: #22202a; --soft: #6b6875; --line: #dcd8e3; --paper: #fff; --ground: #f4f2f7; --bad: #a3162b; --good: #1b6e3c; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--ground); }
body.bank { --brand: #0b4a6f; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; justify-content: space-between; padding: .8rem 1.2rem; color: #fff; background: var(--brand); }
header strong { font-size: 1.2rem; letter-spacing: .02em; }
header span { font-size: .85rem; opacity: .9; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; display: grid; gap: 1rem; }
@media (min-width: 48rem) { main.wide, .columns { display: grid; grid-template-columns: 3fr 2fr; gap: 1rem; align-items: start; } }
.columns { display: grid; gap: 1rem; }
section, aside { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.2rem; }
h1 { font-size: 1.25rem; margin: 0 0 .6rem; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: 0 0 .7rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1rem; margin: 0 0 .5rem; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.amount { font-size: 1.6rem; font-weight: 650; }
label { display: block; margin: .7rem 0 .2rem; font-size: .92rem; }
input, select { width: 100%; padding: .65rem .7rem; font: inherit; color: inherit; background: #fff; border: 1px solid #b8b2c4; border-radius: .4rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; align-items: end; }
.columns-side { display: grid; gap: 1rem; }
.clock { margin-top: .8rem; }
button { font: inherit; padding: .65rem 1.1rem; border-radius: .4rem; border: 1px solid var(--brand); background: #fff; color: var(--brand); cursor: pointer; }
button.submit, button.main { width: 100%; margin-top: 1rem; background: var(--brand); color: #fff; font-weight: 600; }
button[disabled] { opacity: .55; cursor: default; }
button.main + button.quiet { margin-top: .6rem; width: 100%; }
button.quiet { border-color: var(--line); color: var(--ink); }
button.link { border: 0; padding: 0; background: none; text-decoration: underline; font-variant-numeric: tabular-nums; }
:focus-visible { outline: 3px solid #f0a500; outline-offset: 2px; }
.payment-options { display: flex; gap: .5rem; flex-wrap: wrap; margin-bottom: .5rem; }
.payment-options [aria-pressed="true"] { background: var(--brand); color: #fff; }
.js .panel[hidden] { display: none; }
.error { border-left: 4px solid var(--bad); padding: .5rem .8rem; background: #fdf0f1; }
.clock { color: var(--soft); font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; font-size: .85rem; }
td .link { white-space: nowrap; }
td, th { hyphens: auto; }
td, th { text-align: left; padding: .35rem .25rem; border-top: 1px solid var(--line); }
.good { color: var(--good); } .bad { color: var(--bad); }
.simulated { border-style: dashed; }
.simulated form { display: inline-block; margin: .2rem .4rem .2rem 0; }
details summary { cursor: pointer; color: var(--brand); margin-top: .7rem; }
`;
