// Runs a scenario and prints its hash, with nothing but the simulator inside: built by another
// compiler it must print the same.
//
//     simulate_twin SCENARIO.toml [SEED [JOBS [unchecked]]]
#include <cstdlib>
#include <iostream>

#include "base/hash.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/simulate.hpp"

int main(int argc, char** argv) {
    base::start_crypto();
    if (argc < 2) {
        std::cerr << "simulate_twin SCENARIO.toml [SEED [JOBS [unchecked]]]\n";
        return 2;
    }
    const auto scenario = sim::read_scenario(argv[1]);
    if (!scenario.ok()) {
        for (const sim::Mistake& mistake : scenario.error())
            std::cerr << sim::print(mistake) << "\n";
        return 2;
    }
    sim::SimulateOptions options;
    if (argc > 2) options.seed = std::strtoull(argv[2], nullptr, 10);
    if (argc > 3) options.jobs = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
    options.check = argc <= 4;
    const auto run = sim::simulate(scenario.value(), options);
    if (!run.ok()) {
        std::cerr << run.error() << "\n";
        return 1;
    }
    for (const sim::Replication& one : run.value().replications) {
        for (const std::string& violation : one.violations) std::cerr << violation << "\n";
        std::cout << one.seed << "  " << one.counts.events << " events  " << one.counts.transitions
                  << " transitions  " << base::hex(one.state_hash) << "\n";
    }
    std::cout << base::hex(run.value().configuration) << "  configuration\n"
              << base::hex(run.value().state_hash) << "  state\n";
}
