#include "sim/results/page.hpp"

#include "sim/results/plot.hpp"

namespace sim {
namespace {

constexpr const char* style = R"css(
:root{color-scheme:light dark;
--paper:#fbfbf9;--card:#fff;--ink:#1d2129;--soft:#626b7a;--rule:#e4e5e1;--grid:#ecece8;
--blue:#2563b8;--band:rgba(37,99,184,.17);--orange:#b9550f;--warm:rgba(120,120,110,.09);
--code:#f3f3ef;--good:#1d7a46}
@media(prefers-color-scheme:dark){:root{
--paper:#14171c;--card:#1b1f26;--ink:#e6e8ec;--soft:#98a1b0;--rule:#2c323c;--grid:#282d36;
--blue:#6ea8f7;--band:rgba(110,168,247,.2);--orange:#f0a163;--warm:rgba(200,200,220,.07);
--code:#20252d;--good:#66c793}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:40px 28px 72px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.012em;text-wrap:balance}
h2{font-size:19px;margin:44px 0 14px;letter-spacing:-.005em}
h3{font-size:14.5px;margin:0;font-weight:650}
p{margin:0 0 12px;max-width:76ch}
.lead{color:var(--soft);margin-bottom:22px}
.kind{color:var(--blue);font-size:12.5px;font-weight:650;letter-spacing:.06em;
text-transform:uppercase;margin-bottom:8px}
dl.facts{display:flex;flex-wrap:wrap;gap:10px 30px;margin:0;padding:14px 0;
border-top:1px solid var(--rule);border-bottom:1px solid var(--rule)}
dl.facts div{min-width:0}
dt{color:var(--soft);font-size:12.5px}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:14px;margin:26px 0 0}
.tile,.card{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.tile{padding:15px 18px 13px}
.tile .name{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.tile .value{font-size:29px;line-height:1.25;font-weight:600;letter-spacing:-.015em;
font-variant-numeric:tabular-nums;white-space:nowrap}
.tile .value small{font-size:14px;font-weight:400;color:var(--soft);letter-spacing:0;margin-left:4px}
.tile .more{color:var(--soft);font-size:13px;font-variant-numeric:tabular-nums}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:14px}
.card{padding:15px 16px 10px;break-inside:avoid;min-width:0}
.card p{color:var(--soft);font-size:13px;margin:1px 0 8px}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:10px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:8px 14px;text-align:right;vertical-align:top;white-space:nowrap}
th{color:var(--soft);font-weight:600;font-size:12.5px;border-bottom:1px solid var(--rule)}
td{border-top:1px solid var(--grid)}
tr:first-child+tr td{border-top:0}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:250px}
td:first-child small{display:block;color:var(--soft);font-size:12.5px;line-height:1.4}
td .soft,.soft{color:var(--soft)} td b{font-weight:650}
.remark{color:var(--orange)!important}
ul.remarks{margin:16px 0 0;padding:12px 18px 12px 34px;background:var(--card);
border:1px solid var(--rule);border-left:3px solid var(--orange);border-radius:8px}
pre{background:var(--code);border:1px solid var(--rule);border-radius:8px;padding:13px 16px;margin:0 0 12px;
overflow-x:auto;font:13px/1.55 ui-monospace,"SF Mono","DejaVu Sans Mono",Menlo,monospace}
code{font:13px ui-monospace,"SF Mono","DejaVu Sans Mono",Menlo,monospace}
summary{cursor:pointer;color:var(--blue);margin:6px 0 10px}
footer{color:var(--soft);font-size:13px;margin-top:44px;border-top:1px solid var(--rule);padding-top:14px}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
svg .end{text-anchor:end} svg .middle{text-anchor:middle}
svg .strong{fill:var(--ink);font-weight:600} svg .unit{font-style:italic}
svg .grid{stroke:var(--grid)} svg .axis{stroke:var(--soft);stroke-opacity:.55}
svg .band{fill:var(--band)} svg .mean{fill:none;stroke:var(--blue);stroke-width:1.7;stroke-linejoin:round}
svg .overall{stroke:var(--orange);stroke-width:1.2;stroke-dasharray:5 4}
svg .warm{fill:var(--warm)} svg .warm-end{stroke:var(--soft);stroke-dasharray:2 3}
svg .bar{fill:var(--blue);fill-opacity:.82} svg .mark{stroke:var(--orange);stroke-dasharray:3 3}
svg .whisker{stroke:var(--blue);stroke-width:2} svg .dot{fill:var(--blue)}
svg .whisker.noise{stroke:var(--soft);stroke-opacity:.6} svg .dot.noise{fill:var(--soft)}
@media print{body{background:#fff}main{padding:0}.tile,.card,.wide{border-color:#ccc}}
)css";

}  // namespace

std::string page(const std::string& title, const std::string& body) {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
           "<title>" +
           escaped(title) + "</title><style>" + style + "</style></head>\n<body><main>\n" + body +
           "</main></body></html>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string text = "<dl class=\"facts\">";
    for (const auto& [name, value] : pairs)
        text += "<div><dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd></div>";
    return text + "</dl>\n";
}

std::string card(const std::string& heading, const std::string& about, const std::string& picture) {
    return "<div class=\"card\"><h3>" + escaped(heading) + "</h3><p>" + escaped(about) + "</p>" +
           picture + "</div>\n";
}

std::string box(const std::string& text, const std::string& summary) {
    const std::string inside = "<pre>" + escaped(text) + "</pre>\n";
    if (summary.empty()) return inside;
    return "<details><summary>" + escaped(summary) + "</summary>" + inside + "</details>\n";
}

std::string html_table(const std::vector<std::vector<std::string>>& rows) {
    std::string text = "<div class=\"wide\"><table>";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += "<tr>";
        for (const auto& cell : rows[i])
            text += i == 0 ? "<th>" + cell + "</th>" : "<td>" + cell + "</td>";
        text += "</tr>\n";
    }
    return text + "</table></div>\n";
}

}  // namespace sim
