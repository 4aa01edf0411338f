#include "journal/disk_space.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

namespace journal {

namespace {

std::uint64_t disk_bytes(const std::string& directory) {
    struct statvfs disk {};
    if (::statvfs(directory.c_str(), &disk) != 0) return UINT64_MAX;
    return static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize;
}

}  // namespace

DiskSpace::DiskSpace(std::string directory, std::uint64_t free_bytes_min,
                     std::uint64_t reserve_bytes)
    : directory_(std::move(directory)),
      free_bytes_min_(std::min(free_bytes_min, disk_bytes(directory_) / 8)),
      reserve_bytes_(std::min(reserve_bytes, disk_bytes(directory_) / 64)) {}

bool DiskSpace::low(std::uint64_t bytes) {
    struct statvfs disk {};
    if (::statvfs(directory_.c_str(), &disk) != 0) return false;  // the write itself will tell
    const std::uint64_t free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    std::uint64_t wanted = free_bytes_min_ + bytes;
    if (was_low_) wanted += free_bytes_min_ / 4;
    was_low_ = free_bytes < wanted;
    return was_low_;
}

void DiskSpace::keep_reserve() {
    const std::string name = directory_ + "/RESERVE";
    struct stat file {};
    if (::stat(name.c_str(), &file) == 0) return;
    const int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (number < 0) return;
    const bool reserved = ::posix_fallocate(number, 0, static_cast<off_t>(reserve_bytes_)) == 0;
    ::close(number);
    if (!reserved) ::unlink(name.c_str());
}

void DiskSpace::give_up_reserve() { ::unlink((directory_ + "/RESERVE").c_str()); }

}  // namespace journal
