// partyline: one program, one file a subcommand.
#include <CLI/CLI.hpp>

#include "app/commands.hpp"
#include "base/hash.hpp"

int main(int argc, char** argv) {
    base::start_crypto();
    CLI::App root{"Partyline: instant messages and telephone conferences that can be replayed."};
    root.set_version_flag("--version", app::program_version);
    root.require_subcommand(1);
    app::Run run;
    app::add_serve(root, run);
    app::add_user(root, run);
    app::add_conference(root, run);
    app::add_recordings(root, run);
    app::add_journal(root, run);
    app::add_replay(root, run);
    app::add_config(root, run);
    app::add_load(root, run);
    app::add_simulate(root, run);
    app::add_swarm(root, run);
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        const int status = root.exit(wrong);
        return status == 0 ? 0 : 2;
    }
    return run ? run() : 2;
}
