#include "app/journal_rules.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace app {

actors::Inspector inspect(const journal::Reader& reader, Progress& progress) {
    actors::Inspector inspector;
    const journal::Position last = reader.last_position();
    for (journal::Position from = 1; from <= last;) {
        const auto records = reader.read_all(from, 1024);
        if (!records.ok() || records.value().empty()) break;  // the check before has told it
        for (const journal::Record& record : records.value()) inspector.feed(record);
        from = records.value().back().position + 1;
        progress.show(from - 1, last);
    }
    inspector.end(false);
    return inspector;
}

nlohmann::json as_json(const actors::Inspector& inspector) {
    nlohmann::json names = nlohmann::json::array(), violations = nlohmann::json::array();
    names.push_back("chain");
    for (const auto& one : inspector.invariants()) names.push_back(one->name());
    for (const auto& one : inspector.violations()) {
        violations.push_back({{"invariant", one.invariant},
                              {"position", one.position},
                              {"stream", one.stream},
                              {"sentence", one.sentence}});
    }
    return {{"ok", inspector.violation_count() == 0},
            {"transitions", inspector.transitions()},
            {"invariants", names},
            {"violation_count", inspector.violation_count()},
            {"violations", violations}};
}

void print(const actors::Inspector& inspector) {
    for (const auto& one : inspector.violations()) {
        std::cout << one.invariant << ": position " << one.position << ", " << one.stream << ": "
                  << one.sentence << "\n";
    }
    if (inspector.violation_count() == 0) {
        std::cout << "all " << inspector.invariants().size() + 1 << " invariants hold for "
                  << inspector.transitions() << " transitions\n";
    } else {
        std::cout << inspector.violation_count() << " violations in " << inspector.transitions()
                  << " transitions; docs/simulation.md says what each invariant is about\n";
    }
}

}  // namespace app
