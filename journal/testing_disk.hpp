// For the journal's own tests: disks that fail at a chosen moment, and disks that are small.
//
// Thread: any. Memory: none to speak of. Time: none.
#pragma once

#include <rocksdb/file_system.h>
#include <sys/mount.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>

#include "journal/check.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"

namespace journal::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

enum class Trouble : std::uint8_t { error, no_space };

// Counts writes and syncs of all files; the one with the chosen number fails, and, for a dead disk,
// every one after it.
struct Plan {
    std::atomic<int> countdown{0};  // 0: healthy
    bool stays = false;
    Trouble trouble = Trouble::error;
    std::atomic<int> hits{0};
    std::atomic<bool> full{false};  // every write of more than a few bytes finds the disk full

    [[nodiscard]] IOStatus next(const Slice& data) {
        if (full && data.size() > 64) return IOStatus::NoSpace("injected: the disk is full");
        return next();
    }

    [[nodiscard]] IOStatus next() {
        const int before = countdown.load();
        if (before == 0 && !(stays && hits > 0)) return IOStatus::OK();
        if (before > 0 && countdown.fetch_sub(1) != 1) return IOStatus::OK();
        ++hits;
        if (trouble == Trouble::no_space) return IOStatus::NoSpace("injected: the disk is full");
        return IOStatus::IOError("injected: the disk failed");
    }
};

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    FaultyFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<Plan> plan)
        : FSWritableFileOwnerWrapper(std::move(file)), plan_(std::move(plan)) {}
    using FSWritableFileOwnerWrapper::Append;
    using FSWritableFileOwnerWrapper::PositionedAppend;

    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
        const IOStatus planned = plan_->next(data);
        if (planned.ok()) return target()->Append(data, options, debug);
        // Half of it reaches the disk, as disks do.
        target()
            ->Append(Slice(data.data(), data.size() / 2), options, debug)
            .PermitUncheckedError();
        return planned;
    }
    IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                              IODebugContext* debug) override {
        const IOStatus planned = plan_->next(data);
        if (planned.ok()) return target()->PositionedAppend(data, offset, options, debug);
        const Slice half(data.data(), data.size() / 2);
        target()->PositionedAppend(half, offset, options, debug).PermitUncheckedError();
        return planned;
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        const IOStatus planned = plan_->trouble == Trouble::error ? plan_->next() : IOStatus::OK();
        return planned.ok() ? target()->Sync(options, debug) : planned;
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        const IOStatus planned = plan_->trouble == Trouble::error ? plan_->next() : IOStatus::OK();
        return planned.ok() ? target()->Fsync(options, debug) : planned;
    }

private:
    std::shared_ptr<Plan> plan_;
};

class FaultyDisk final : public rocksdb::FileSystemWrapper {
public:
    explicit FaultyDisk(std::shared_ptr<Plan> plan)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), plan_(std::move(plan)) {}
    const char* Name() const override { return "partyline.FaultyDisk"; }
    IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result,
                             IODebugContext* debug) override {
        const IOStatus status = target()->NewWritableFile(name, options, result, debug);
        if (status.ok()) result->reset(new FaultyFile(std::move(*result), plan_));
        return status;
    }

private:
    std::shared_ptr<Plan> plan_;
};

// A disk of its own, when this user may mount one.
class SmallDisk {
public:
    explicit SmallDisk(int megabytes) {
        const std::string options = "size=" + std::to_string(megabytes) + "m";
        mounted_ = ::mount("tmpfs", directory_.outside().c_str(), "tmpfs", 0, options.c_str()) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(directory_.outside().c_str(), MNT_DETACH);
    }
    [[nodiscard]] bool mounted() const { return mounted_; }
    [[nodiscard]] std::string path() const { return directory_.path(); }
    void fill() const {
        std::ofstream ballast{directory_.outside() + "/ballast", std::ios::binary};
        const std::string block(64 << 10, 'x');
        while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void free() const { std::filesystem::remove(directory_.outside() + "/ballast"); }

private:
    TempDirectory directory_;
    bool mounted_ = false;
};

// Sequences that were acknowledged, by stream.
using Acknowledged = std::map<std::string, std::uint64_t>;

/// Starts on a healthy disk and looks: "" when the journal is whole and has all that was
/// acknowledged, else what is wrong.
inline std::string lost_of(const std::string& path, const Acknowledged& acknowledged) {
    StoreOptions options;
    options.file_system = std::make_shared<FaultyDisk>(std::make_shared<Plan>());
    options.reserve_bytes = 0;
    const auto opened = Store::open(path, std::move(options));
    if (!opened.ok()) return opened.error().sentence;
    for (const auto& [stream, sequence] : acknowledged) {
        const auto head = opened.value()->head(stream);
        if (!head.ok()) return stream + " cannot be read";
        if (head.value().sequence < sequence) {
            return stream + " ends at " + std::to_string(head.value().sequence) +
                   ", acknowledged was " + std::to_string(sequence);
        }
    }
    const CheckReport report = check(opened.value()->reader());
    return report.ok() ? "" : report.first_damage->sentence();
}

}  // namespace journal::testing
