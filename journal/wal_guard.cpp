#include "journal/wal_guard.hpp"

#include <rocksdb/file_system.h>

#include <chrono>
#include <thread>

namespace journal {

using rocksdb::DataVerificationInfo;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string WalGuard::why() const {
    const std::scoped_lock lock{mutex_};
    return why_;
}

void WalGuard::fail(std::string why, bool for_space) noexcept {
    {
        const std::scoped_lock lock{mutex_};
        if (why_.empty()) why_ = std::move(why);
    }
    if (for_space)
        gave_up_.store(true, std::memory_order_release);  // before failed_, its readers' door
    failed_.store(true, std::memory_order_release);
}

bool WalGuard::wait_for_space(int attempt) {
    stalled_.store(true, std::memory_order_release);
    if (attempt == 0) {
        make_room_();
        return true;
    }
    if (closing_.load(std::memory_order_acquire)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return true;
}

namespace {

bool is_full(const IOStatus& status) {
    return status.IsNoSpace() || status.subcode() == IOStatus::kNoSpace;
}

class GuardedFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    GuardedFile(std::unique_ptr<FSWritableFile>&& file, std::shared_ptr<WalGuard> guard)
        : FSWritableFileOwnerWrapper(std::move(file)), guard_(std::move(guard)) {}

    IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
        return write(data, options, debug);
    }
    IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo&,
                    IODebugContext* debug) override {
        return write(data, options, debug);
    }
    IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
        return judged(guard_->failed() ? IOStatus::OK() : target()->Flush(options, debug));
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        return judged(guard_->failed() ? IOStatus::OK() : target()->Sync(options, debug));
    }
    IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
        return judged(guard_->failed() ? IOStatus::OK() : target()->Fsync(options, debug));
    }
    IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();  // only a hint, and its failure could not be told apart
    }
    IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
        // Also after a failure: the descriptor must go. Its error says nothing new then.
        const IOStatus status = target()->Close(options, debug);
        return guard_->failed() ? IOStatus::OK() : judged(status);
    }

private:
    // At an offset of our own: what a full disk took of a first try is overwritten by the next.
    IOStatus write(const Slice& data, const IOOptions& options, IODebugContext* debug) {
        if (guard_->failed()) return IOStatus::OK();
        for (int attempt = 0;; ++attempt) {
            const IOStatus status = target()->PositionedAppend(data, offset_, options, debug);
            if (status.ok()) break;
            if (!is_full(status)) return judged(status);
            if (!guard_->wait_for_space(attempt)) {
                guard_->fail(status.ToString(), true);
                return IOStatus::OK();
            }
        }
        guard_->space_came();
        offset_ += data.size();
        return IOStatus::OK();
    }

    IOStatus judged(const IOStatus& status) {
        if (!status.ok()) guard_->fail(status.ToString(), false);
        return IOStatus::OK();
    }

    std::shared_ptr<WalGuard> guard_;
    std::uint64_t offset_ = 0;
};

class GuardedFileSystem final : public rocksdb::FileSystemWrapper {
public:
    GuardedFileSystem(std::shared_ptr<rocksdb::FileSystem> below, std::shared_ptr<WalGuard> guard)
        : FileSystemWrapper(std::move(below)), guard_(std::move(guard)) {}

    const char* Name() const override { return "partyline.WalGuard"; }

    IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<FSWritableFile>* result,
                             IODebugContext* debug) override {
        if (guard_->failed()) return IOStatus::IOError("the journal has failed", guard_->why());
        IOStatus status = target()->NewWritableFile(name, options, result, debug);
        if (status.ok() && name.ends_with(".log")) {
            result->reset(new GuardedFile(std::move(*result), guard_));
        }
        return status;
    }

private:
    std::shared_ptr<WalGuard> guard_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> guarded(std::shared_ptr<rocksdb::FileSystem> below,
                                             std::shared_ptr<WalGuard> guard) {
    return std::make_shared<GuardedFileSystem>(std::move(below), std::move(guard));
}

}  // namespace journal
