#include "journal/mark.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>

namespace journal {

namespace {

constexpr std::string_view title = "partyline journal";

std::string path_of(const std::string& directory) { return directory + "/JOURNAL"; }

// Closes on every way out.
struct Descriptor {
    int number = -1;
    explicit Descriptor(int opened) : number(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

MarkFault fault_of_errno() {
    return errno == ENOSPC || errno == EDQUOT ? MarkFault::disk_full : MarkFault::unreadable;
}

}  // namespace

Result<Mark, MarkFault> read_mark(const std::string& directory) {
    const Descriptor file{::open(path_of(directory).c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.number < 0) return fail(errno == ENOENT ? MarkFault::absent : MarkFault::unreadable);
    char text[256];
    const ssize_t bytes = ::read(file.number, text, sizeof text - 1);
    if (bytes < 0) return fail(MarkFault::unreadable);
    text[bytes] = '\0';
    unsigned format = 0;
    unsigned long long epoch = 0;
    if (!std::string_view{text}.starts_with(title)) return fail(MarkFault::malformed);
    if (std::sscanf(text + title.size(), " format %u epoch %llu", &format, &epoch) != 2) {
        return fail(MarkFault::malformed);
    }
    return Mark{format, epoch};
}

Done<MarkFault> write_mark(const std::string& directory, const Mark& mark) {
    const std::string text = std::string{title} + "\nformat " + std::to_string(mark.format) +
                             "\nepoch " + std::to_string(mark.epoch) + "\n";
    const std::string fresh = path_of(directory) + ".new";
    {
        const Descriptor file{
            ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
        if (file.number < 0) return fail(fault_of_errno());
        const ssize_t written = ::write(file.number, text.data(), text.size());
        if (written < 0 || ::fsync(file.number) != 0) return fail(fault_of_errno());
        if (static_cast<std::size_t>(written) != text.size()) return fail(MarkFault::disk_full);
    }
    if (std::rename(fresh.c_str(), path_of(directory).c_str()) != 0) return fail(fault_of_errno());
    const Descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number < 0 || ::fsync(folder.number) != 0) return fail(fault_of_errno());
    return {};
}

Fence::Fence(std::string directory, std::uint64_t epoch)
    : directory_(std::move(directory)), epoch_(epoch) {}

bool Fence::is_fenced() {
    if (fenced_) return true;
    struct stat now {};
    if (::stat(path_of(directory_).c_str(), &now) != 0) return false;
    const std::int64_t changed_ns = now.st_mtim.tv_sec * 1'000'000'000 + now.st_mtim.tv_nsec;
    if (now.st_ino == inode_ && changed_ns == changed_ns_) return false;
    inode_ = now.st_ino;
    changed_ns_ = changed_ns;
    const auto mark = read_mark(directory_);
    fenced_ = mark.ok() && mark.value().epoch > epoch_;
    return fenced_;
}

}  // namespace journal
