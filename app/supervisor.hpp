// A small parent that starts the server again when it dies: libraries below us assert on what a
// hostile peer may send, and a failed disk ends the process on purpose. systemd can do the same
// (--supervise false).
#pragma once

#include <functional>

namespace app {

inline constexpr int exit_done = 0;
inline constexpr int exit_usage = 2;     // a mistake of the operator: starting again would not help
inline constexpr int exit_restart = 75;  // end on purpose, start me again

/// Runs `serve` in a child process; returns its exit status once it ends in peace, with a mistake,
/// or five times within a minute. SIGTERM and SIGINT go on to the child. The child dies with its
/// parent.
[[nodiscard]] int supervise(const std::function<int()>& serve);

}  // namespace app
