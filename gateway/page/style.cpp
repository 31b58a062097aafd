#include "gateway/page/style.h"

namespace sallyport::gateway {

std::string_view page_style() noexcept {
    return R"(:root { color-scheme: light dark; --back: #ffffff; --text: #1b1d20; --faint: #54595f;
  --edge: #b8bdc3; --raised: #f3f4f6; --good: #17652f; --bad: #a01414; --link: #0b4f9e; }
@media (prefers-color-scheme: dark) { :root { --back: #15181b; --text: #e9ebed; --faint: #b3b9bf;
  --edge: #4a5157; --raised: #20252a; --good: #85dca0; --bad: #ffa39b; --link: #93c8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 100rem; padding: 1rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.15rem; margin: 0 0 0.5rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; background: var(--back); padding: 0.5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; list-style: none; padding: 0; margin: 0; }
nav a, button { min-height: 1.75rem; display: inline-block; }
section { border-top: 1px solid var(--edge); padding: 1rem 0; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.faint { color: var(--faint); }
.notice { border: 2px solid var(--edge); padding: 0.5rem 1rem; white-space: pre-wrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0;
  border-bottom: 1px solid var(--edge); overflow-wrap: normal; }
td.long { overflow-wrap: anywhere; min-width: 12rem; }
td.number { font-variant-numeric: tabular-nums; }
pre, code { font-family: ui-monospace, monospace; font-size: 0.875rem; }
pre { background: var(--raised); padding: 0.75rem; white-space: pre-wrap; margin: 0.5rem 0; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 0.25rem 1rem; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; min-width: 0; }
meter { width: 100%; max-width: 20rem; display: block; }
form { display: inline-block; max-width: 100%; margin: 0 0.5rem 0.25rem 0; }
input, select { font: inherit; color: var(--text); background: var(--back); border: 1px solid var(--faint);
  max-width: 100%; min-height: 1.75rem; }
button { font: inherit; color: var(--text); background: var(--raised);
  border: 1px solid var(--faint); border-radius: 0.25rem; padding: 0.125rem 0.75rem; cursor: pointer; }
svg { width: 100%; max-width: 26rem; height: auto; display: block; }
svg rect { fill: var(--raised); stroke: var(--faint); stroke-width: 1.5; }
svg text { fill: var(--text); font: 13px system-ui, sans-serif; }
svg .name { font-weight: 600; }
svg .way { stroke: var(--good); stroke-width: 2.5; fill: none; }
svg .broken { stroke: var(--bad); stroke-dasharray: 3 5; }
@media (min-width: 60rem) {
  main { display: grid; grid-template-columns: 27rem 1fr; column-gap: 2rem; align-items: start; }
  main > section { grid-column: 1 / -1; }
  main > #path { grid-column: 1; grid-row: span 2; }
  main > #program, main > #limits { grid-column: 2; }
}
)";
}

}  // namespace sallyport::gateway
