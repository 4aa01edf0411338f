// The folder where everything lives: journal/, secret.key, cli.token and run.json.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace app {

/// How the running server is reached, from run.json.
struct Running {
    long pid = 0;
    std::string http;  // "127.0.0.1:8080"
};

class DataFolder {
public:
    /// Makes the folder (mode 0700) when it is absent. The error is a sentence with the path and
    /// what to do.
    [[nodiscard]] static Result<DataFolder, std::string> open(const std::string& path);

    [[nodiscard]] std::string journal() const { return path_ + "/journal"; }
    [[nodiscard]] std::string key() const { return path_ + "/secret.key"; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// The bearer token of this machine's command line; made when absent, mode 0600.
    [[nodiscard]] Result<std::string, std::string> cli_token() const;

    /// Tells the command line where the server listens; gone when the server ends in peace.
    [[nodiscard]] Done<std::string> write_running(const Running& running) const;
    void remove_running() const;
    /// Nothing when no server runs on this folder.
    [[nodiscard]] std::optional<Running> running() const;

private:
    explicit DataFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace app
