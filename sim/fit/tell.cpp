// What was learned, told as a table, as JSON and as a scenario file; and the walk over the journal.
#include <nlohmann/json.hpp>

#include "journal/browse.hpp"
#include "sim/fit/fit.hpp"
#include "sim/results/text.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace sim::fit {
namespace {

std::string p_of(const Fit& fit) { return fit.test.empty() ? "" : rounded(fit.p_value, 2); }

std::vector<std::vector<std::string>> rows_of(const Fitted& fitted) {
    std::vector<std::vector<std::string>> rows{{"key", "learned", "seen", "p", "test"}};
    for (const Finding& finding : fitted.findings) {
        const Fit& fit = finding.fit;
        rows.push_back({finding.key, finding.what,
                        fit.count > 0 ? std::to_string(fit.count) : std::string{}, p_of(fit),
                        fit.test + (fit.rejected ? " (no model fits)" : "")});
    }
    return rows;
}

}  // namespace

Result<Observed, journal::Fault> observe(const journal::Reader& reader, const Progress& progress) {
    constexpr std::uint64_t page = 4'096;
    const journal::Position last = reader.last_position();
    Observer observer;
    std::uint64_t shown = 0;
    const auto end = journal::cat(
        reader, {}, [&](const schema::TransitionT& transition, journal::Position position) {
            observer.see(transition);
            if (progress && ++shown % page == 0) progress(position, last);
            return position < last;  // a running server writes on
        });
    if (end.fault != journal::Fault::none) return fail(end.fault);
    return observer.finish();
}

std::string table(const Fitted& fitted) {
    std::string out = aligned(rows_of(fitted), {1, 4});
    for (const std::string& note : fitted.notes) out += "note: " + note + "\n";
    return out;
}

nlohmann::json to_json(const Fitted& fitted) {
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : fitted.findings) {
        nlohmann::json one{{"key", finding.key}, {"learned", finding.what}};
        one["observations"] = finding.fit.count;
        if (!finding.fit.model.empty()) one["model"] = finding.fit.model;
        if (!finding.fit.test.empty()) {
            one["test"] = finding.fit.test;
            one["statistic"] = finding.fit.statistic;
            one["p_value"] = finding.fit.p_value;
            one["rejected"] = finding.fit.rejected;
        }
        findings.push_back(std::move(one));
    }
    return {{"findings", std::move(findings)},
            {"notes", fitted.notes},
            {"configuration", base::hex(configuration_hash(fitted.scenario))},
            {"scenario", canonical(fitted.scenario)}};
}

std::string to_toml(const Fitted& fitted, const std::string& journal) {
    std::string out = "# Learned from " + journal + " by `partyline simulate fit`.\n#\n";
    std::string rows = aligned(rows_of(fitted), {1, 4});
    for (std::size_t at = 0; at < rows.size();) {
        const std::size_t end = std::min(rows.find('\n', at), rows.size());
        out += "# " + rows.substr(at, end - at);
        out.erase(out.find_last_not_of(' ') + 1);
        out += "\n";
        at = end + 1;
    }
    for (const std::string& note : fitted.notes) out += "# " + note + "\n";
    return out + "\n" + canonical(fitted.scenario);
}

}  // namespace sim::fit
