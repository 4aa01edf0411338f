// How much room the journal's disk has, and a reserve for the moment when there is none.
//
// Thread: low() and keep_reserve() on the writer thread; give_up_reserve() on any. Memory: none.
// Time: one system call.
#pragma once

#include <cstdint>
#include <string>

namespace journal {

class DiskSpace {
public:
    /// `free_bytes_min` is capped to an eighth of the disk, `reserve_bytes` to a 64th.
    DiskSpace(std::string directory, std::uint64_t free_bytes_min, std::uint64_t reserve_bytes);

    /// Too little is free to write `bytes` with a clear conscience. Once low, a quarter more must
    /// be free before it is high again, so that one deleted file does not make it flap.
    [[nodiscard]] bool low(std::uint64_t bytes);

    /// Makes the file RESERVE anew if it is gone; quietly does without where that fails.
    void keep_reserve();
    void give_up_reserve();

private:
    std::string directory_;
    std::uint64_t free_bytes_min_;
    std::uint64_t reserve_bytes_;
    bool was_low_ = false;
};

}  // namespace journal
