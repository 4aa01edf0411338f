// One function a subcommand family: it adds its words to the command line and says what to run.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace app {

inline constexpr char program_version[] = "partyline 0.1.0";

/// What the chosen subcommand does; returns the exit status.
using Run = std::function<int()>;

void add_serve(CLI::App& root, Run& run);
void add_user(CLI::App& root, Run& run);
void add_conference(CLI::App& root, Run& run);
void add_recordings(CLI::App& root, Run& run);
void add_journal(CLI::App& root, Run& run);
void add_replay(CLI::App& root, Run& run);
/// slice, import, backup, restore: words of the family `journal`, which add_journal makes.
void add_journal_copies(CLI::App& family, Run& run);
/// state, diff: likewise of the family `replay`.
void add_replay_state(CLI::App& family, Run& run);
/// Words of the family `replay`, which add_replay makes and hands to them.
void add_remix(CLI::App& family, Run& run);
void add_drive(CLI::App& family, Run& run);
void add_config(CLI::App& root, Run& run);
void add_load(CLI::App& root, Run& run);
void add_simulate(CLI::App& root, Run& run);
/// Words of `simulate`, which hands itself over.
void add_simulate_compare(CLI::App& family, Run& run);
void add_fit(CLI::App& family, Run& run);
void add_swarm(CLI::App& root, Run& run);

/// "partyline: sentence" on standard error; returns `status`.
int complain(const std::string& sentence, int status = 1);

}  // namespace app
