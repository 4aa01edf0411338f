// A line on standard error that says how far long work has come; silent where nobody looks.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace app {

class Progress {
public:
    explicit Progress(std::string what)
        : what_(std::move(what)), seen_(::isatty(STDERR_FILENO) == 1) {}
    void show(std::uint64_t done, std::uint64_t total) {
        if (!seen_ || total == 0) return;
        std::fprintf(stderr, "\r%s %3llu %%  (%llu of %llu)", what_.c_str(),
                     static_cast<unsigned long long>(done * 100 / total),
                     static_cast<unsigned long long>(done), static_cast<unsigned long long>(total));
    }
    void clear() {
        if (seen_) std::fputs("\r\x1b[K", stderr);
    }

private:
    std::string what_;
    bool seen_;
};

/// The journal of a data folder, or the folder itself when it is one.
[[nodiscard]] std::string journal_folder(const std::string& folder);

}  // namespace app
