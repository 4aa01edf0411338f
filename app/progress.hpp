// A line on standard error that says how far long work has come; silent where nobody looks.
#pragma once

#include <unistd.h>

#include <chrono>
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

/// The same for work whose share that is done is known: a bar, and how long the rest will take.
class TimedProgress {
public:
    explicit TimedProgress(std::string what)
        : what_(std::move(what)),
          seen_(::isatty(STDERR_FILENO) == 1),
          begun_(std::chrono::steady_clock::now()) {}
    void show(double share) {
        if (!seen_ || share <= 0) return;
        const auto passed = std::chrono::steady_clock::now() - begun_;
        const double left_s = std::chrono::duration<double>(passed).count() * (1 - share) / share;
        const int full = static_cast<int>(share * 30);
        std::string bar(30, '.');
        for (int i = 0; i < full && i < 30; ++i) bar[static_cast<std::size_t>(i)] = '#';
        std::fprintf(stderr, "\r%s [%s] %3.0f %%, %.0f s left \x1b[K", what_.c_str(), bar.c_str(),
                     share * 100, left_s);
    }
    void clear() {
        if (seen_) std::fputs("\r\x1b[K", stderr);
    }

private:
    std::string what_;
    bool seen_;
    std::chrono::steady_clock::time_point begun_;
};

/// The journal of a data folder, or the folder itself when it is one.
[[nodiscard]] std::string journal_folder(const std::string& folder);

}  // namespace app
