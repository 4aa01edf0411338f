#include "app/data_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/hash.hpp"

namespace app {
namespace {

std::string because(int error) { return std::strerror(error); }

// Whole or not at all: a reader never sees half a file.
Done<std::string> write_private(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return fail("cannot write '" + path + "': " + because(errno));
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    ::close(file);
    if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) {
        ::unlink(fresh.c_str());
        return fail("cannot write '" + path + "': " + because(written ? errno : error));
    }
    return {};
}

std::optional<std::string> read_whole(const std::string& path) {
    std::ifstream file{path};
    if (!file) return std::nullopt;
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

Result<DataFolder, std::string> DataFolder::open(const std::string& path) {
    std::error_code wrong;
    if (!std::filesystem::is_directory(path, wrong)) {
        std::filesystem::create_directories(path, wrong);
        if (wrong)
            return fail("cannot make the data folder '" + path + "': " + wrong.message() +
                        ". Choose another with --data.");
        ::chmod(path.c_str(), 0700);
    }
    if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
        return fail("the data folder '" + path + "' cannot be used: " + because(errno) +
                    ". Give this user read and write access, or choose another with --data.");
    }
    return DataFolder{path};
}

Result<std::string, std::string> DataFolder::cli_token() const {
    const std::string path = path_ + "/cli.token";
    if (auto kept = read_whole(path); kept && kept->size() == 64) return *kept;
    std::string token = base::hex(base::random_bytes(32));
    if (auto written = write_private(path, token); !written.ok()) return fail(written.error());
    return token;
}

Done<std::string> DataFolder::write_running(const Running& running) const {
    const nlohmann::json text{{"pid", running.pid}, {"http", running.http}};
    return write_private(path_ + "/run.json", text.dump() + "\n");
}

void DataFolder::remove_running() const { ::unlink((path_ + "/run.json").c_str()); }

std::optional<Running> DataFolder::running() const {
    const auto text = read_whole(path_ + "/run.json");
    if (!text) return std::nullopt;
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("pid") || !json["pid"].is_number_integer() ||
        !json.contains("http") || !json["http"].is_string()) {
        return std::nullopt;
    }
    const Running running{json["pid"].get<long>(), json["http"].get<std::string>()};
    if (running.pid <= 1 || (::kill(static_cast<pid_t>(running.pid), 0) != 0 && errno == ESRCH))
        return std::nullopt;
    return running;
}

}  // namespace app
