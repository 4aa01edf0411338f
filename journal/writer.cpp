#include "journal/writer.hpp"

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"
#include "journal/codec.hpp"

namespace journal {

namespace {

constexpr auto check_space_every = std::chrono::milliseconds(200);

}  // namespace

Writer::Writer(std::shared_ptr<Database> database, std::shared_ptr<DiskSpace> space,
               StoreOptions options, WriterStart start)
    : database_(std::move(database)),
      space_(std::move(space)),
      options_(std::move(options)),
      start_(start),
      fence_(database_->path, start.epoch),
      wanted_released_(start.released),
      next_(start.last + 1),
      synced_(start.last),
      synced_noted_(start.last),
      released_noted_(start.released),
      last_(start.last),
      released_(start.released),
      thread_([this] { run(); }) {}

Writer::~Writer() { close(); }

void Writer::close() {
    {
        const std::scoped_lock lock{mutex_};
        closing_ = true;
    }
    database_->guard->give_up();  // a write that waits for space would wait for ever
    wakeup_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void Writer::push(Append append) {
    ASSERT(append.payload.size() <= transition_bytes_max);
    AppendItem item;
    // Hash and checksum here, on the appender's thread: the writer thread is the narrow place.
    item.hash = append.hash ? *append.hash : base::blake2b(append.payload);
    item.checksum_begun = begin_checksum(append.durability, append.payload);
    item.bytes = append.payload.size() + append.stream.size() + sizeof(Item);
    item.append = std::move(append);
    std::unique_lock lock{mutex_};
    if (closing_) {
        lock.unlock();
        if (item.append.done) item.append.done({Fault::closed, 0});
        return;
    }
    if (held_bytes_ + item.bytes > options_.queue_bytes_max) {
        item.refused = true;
        item.bytes = 0;
        item.append.payload = {};
    }
    const std::size_t counted = item.bytes;
    enqueue(lock, std::move(item), counted);
}

void Writer::push_snapshot(std::string_view stream, StoredSnapshot snapshot) {
    const std::size_t bytes = snapshot.payload.size() + stream.size();
    std::unique_lock lock{mutex_};
    if (closing_ || held_bytes_ + bytes > options_.queue_bytes_max) return;  // only a cache
    enqueue(lock, SnapshotItem{std::string{stream}, std::move(snapshot), bytes}, bytes);
}

void Writer::push_forget(std::string_view stream) {
    std::unique_lock lock{mutex_};
    if (!closing_) enqueue(lock, ForgetItem{std::string{stream}}, 0);
}

void Writer::mark_released(Position position) {
    Position seen = wanted_released_.load(std::memory_order_relaxed);
    while (seen < position &&
           !wanted_released_.compare_exchange_weak(seen, position, std::memory_order_release)) {
    }
    seen = released_.load(std::memory_order_relaxed);
    while (seen < position &&
           !released_.compare_exchange_weak(seen, position, std::memory_order_release)) {
    }
}

void Writer::enqueue(std::unique_lock<std::mutex>& lock, Item item, std::size_t bytes) {
    queue_.push_back(std::move(item));
    queue_bytes_ += bytes;
    held_bytes_ += bytes;
    const bool enough = queue_.size() == notify_at_;
    lock.unlock();
    if (enough) wakeup_.notify_one();
}

void Writer::run() {
    std::vector<Item> items;
    while (take(items)) {
        if (!items.empty()) commit(items);
        items.clear();
        sync_if_due();
    }
    sync_if_due();
}

// False when the store closes and everything has been taken.
bool Writer::take(std::vector<Item>& items) {
    std::unique_lock lock{mutex_};
    const auto work = [this] { return closing_ || !queue_.empty(); };
    const bool notes = unsynced_since_us_ != 0 || full_.load(std::memory_order_relaxed) ||
                       wanted_released_.load(std::memory_order_relaxed) != released_noted_;
    if (notes) {
        wakeup_.wait_for(lock, check_space_every, work);
    } else {
        // A release marked while we sleep does not wake us: it may wait for the next append.
        wakeup_.wait_for(lock, std::chrono::seconds(1), work);
    }
    if (queue_.empty()) return !closing_;
    gather(lock);
    if (queue_.size() <= options_.batch_count_max && queue_bytes_ <= options_.batch_bytes_max) {
        items.swap(queue_);
        queue_bytes_ = 0;
        return true;
    }
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (count < queue_.size() && count < options_.batch_count_max &&
           (count == 0 || bytes < options_.batch_bytes_max)) {
        if (const auto* append = std::get_if<AppendItem>(&queue_[count])) bytes += append->bytes;
        if (const auto* snapshot = std::get_if<SnapshotItem>(&queue_[count]))
            bytes += snapshot->bytes;
        items.push_back(std::move(queue_[count]));
        ++count;
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    queue_bytes_ -= bytes;
    return true;
}

// Those whom the last batch answered come back within microseconds. Who starts with the first of
// them makes the others wait for a sync of their own; who waits a moment, a fraction of a sync,
// takes all.
void Writer::gather(std::unique_lock<std::mutex>& lock) {
    const std::size_t enough = last_count_ - last_count_ / 4;
    if (last_count_ < 4 || queue_.size() >= enough || closing_) return;
    const std::chrono::microseconds patience{
        std::clamp<std::int64_t>(last_write_us_ / 4, 20, 2000)};
    notify_at_ = enough;
    wakeup_.wait_for(lock, patience, [&] { return closing_ || queue_.size() >= enough; });
    notify_at_ = 1;
}

void Writer::commit(std::vector<Item>& items) {
    std::size_t bytes = 0;
    for (const Item& item : items) {
        if (const auto* append = std::get_if<AppendItem>(&item)) bytes += append->bytes;
        if (const auto* snapshot = std::get_if<SnapshotItem>(&item)) bytes += snapshot->bytes;
    }
    answers_.assign(items.size(), Appended{});
    Fault fault = fault_before(bytes);
    if (fault == Fault::none) {
        build(items);
        if (batch_.Count() > 0) fault = write();
    }
    settle(items, fault);
    {
        const std::scoped_lock lock{mutex_};
        held_bytes_ -= bytes;
    }
}

Fault Writer::fault_before(std::size_t bytes) {
    if (cause_of_death_ != Fault::none) return cause_of_death_;
    if (fence_.is_fenced()) {
        die(Fault::fenced, database_->path +
                               ": another partyline has opened this journal; this one "
                               "must not write any more");
        return Fault::fenced;
    }
    // Index, batch and memory table beside the record itself: three times its bytes is ample.
    const bool low = space_->low(3 * bytes);
    if (!low && resume_needed_) {
        resume_needed_ = !database_->db->Resume().ok();
    }
    notice_space(low || resume_needed_);
    return low || resume_needed_ ? Fault::disk_full : Fault::none;
}

void Writer::build(std::vector<Item>& items) {
    batch_.Clear();
    batch_wants_sync_ = false;
    batch_records_ = 0;
    next_ = last_.load(std::memory_order_relaxed) + 1;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (auto* append = std::get_if<AppendItem>(&items[i])) {
            add(*append, answers_[i]);
        } else if (const auto* snapshot = std::get_if<SnapshotItem>(&items[i])) {
            add(*snapshot);
        } else {
            sequences_.erase(std::get<ForgetItem>(items[i]).stream);
        }
    }
    add_notes();
}

void Writer::add(AppendItem& item, Appended& answer) {
    const Append& append = item.append;
    if (item.refused) {
        answer.fault = Fault::overloaded;
        return;
    }
    const auto last = last_sequence(append.stream);
    if (!last.ok()) {
        answer.fault = last.error();
        return;
    }
    if (append.sequence != *last.value() + 1) {
        answer.fault = Fault::wrong_expected_sequence;
        return;
    }
    const Position position = next_++;
    ++*last.value();
    ++batch_records_;
    answer.position = position;
    if (append.durability == Durability::sync) batch_wants_sync_ = true;

    const PositionKey key = position_key(position);
    const RecordHeader header = record_header(append.durability, position, item.checksum_begun);
    const rocksdb::Slice key_slice = key;
    const rocksdb::Slice value_slices[] = {slice(header.view()), append.payload};
    batch_.Put(database_->family(Family::log), rocksdb::SliceParts(&key_slice, 1),
               rocksdb::SliceParts(value_slices, 2));
    const StreamValueBytes index = encode_stream_value({position, item.hash});
    batch_.Put(database_->family(Family::streams), stream_key(append.stream, append.sequence),
               slice(index.view()));
    if (append.agenda) {
        if (append.agenda->empty()) {
            batch_.Delete(database_->family(Family::agenda), append.stream);
        } else {
            batch_.Put(database_->family(Family::agenda), append.stream,
                       encode_agenda(*append.agenda));
        }
    }
}

void Writer::add(const SnapshotItem& item) {
    const auto last = last_sequence(item.stream);
    // Ahead of the log it would be a state that nobody can prove: its transitions have failed.
    if (!last.ok() || item.snapshot.sequence > *last.value()) return;
    batch_.Put(database_->family(Family::snapshots), item.stream, encode_snapshot(item.snapshot));
}

// What may be known late rides along.
void Writer::add_notes() {
    if (batch_.Count() > 0 && synced_ != synced_noted_) {
        batch_.Put(database_->family(Family::meta), slice(meta_synced), encode_number(synced_));
    }
    const Position released = std::min(wanted_released_.load(std::memory_order_acquire),
                                       last_.load(std::memory_order_relaxed));
    if (released != released_noted_) {
        batch_.Put(database_->family(Family::meta), slice(meta_released), encode_number(released));
        released_noted_ = released;
    }
}

Fault Writer::write() {
    rocksdb::WriteOptions how;
    how.sync = batch_wants_sync_;
    const Instant before = base::steady_now();
    const rocksdb::Status status = database_->db->Write(how, &batch_);
    last_write_us_ = (base::steady_now() - before).us;
    last_count_ = batch_records_;
    if (database_->guard->failed()) {
        if (database_->guard->gave_up()) {
            cause_of_death_ = Fault::disk_full;  // the store closes while the disk is full
            dead_.store(true, std::memory_order_release);
            return Fault::disk_full;
        }
        die(Fault::io, database_->path +
                           ": writing the journal failed: " + database_->guard->why() +
                           "; the process must stop and read again what the disk has");
        return Fault::io;
    }
    if (!status.ok() && ::journal::is_full(status)) {
        // Errors of log files never come here, so nothing of the batch has been written: RocksDB
        // had stopped before, because a background write found the disk full.
        resume_needed_ = true;
        notice_space(true);
        return Fault::disk_full;
    }
    if (!status.ok()) {
        die(Fault::io, database_->path + ": writing the journal failed: " + status.ToString());
        return Fault::io;
    }
    synced_noted_ = synced_;
    last_.store(next_ - 1, std::memory_order_release);  // pairs with last_position()
    if (how.sync) {
        synced_ = next_ - 1;
        unsynced_since_us_ = 0;
    } else if (unsynced_since_us_ == 0) {
        unsynced_since_us_ = base::steady_now().us;
    }
    return Fault::none;
}

void Writer::settle(std::vector<Item>& items, Fault fault) {
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto* item = std::get_if<AppendItem>(&items[i]);
        if (item == nullptr) continue;
        if (fault != Fault::none) {
            // None of the batch is there: what we counted ahead for its streams must be read again.
            sequences_.erase(item->append.stream);
            if (!item->refused) answers_[i] = {fault, 0};
        }
        if (item->append.done) item->append.done(answers_[i]);
    }
}

void Writer::sync_if_due() {
    if (cause_of_death_ != Fault::none) return;
    if (full_.load(std::memory_order_relaxed)) {
        static_cast<void>(fault_before(0));  // looks whether space has come back
        return;
    }
    bool idle = false;
    bool closing = false;
    {
        const std::scoped_lock lock{mutex_};
        idle = queue_.empty();
        closing = closing_ && idle;
    }
    const bool late = unsynced_since_us_ != 0 &&
                      base::steady_now().us - unsynced_since_us_ >= options_.relaxed_sync_after.us;
    const bool notes = wanted_released_.load(std::memory_order_relaxed) != released_noted_;
    if (!late && !closing && !(idle && notes)) return;
    std::vector<Item> none;
    build(none);
    batch_wants_sync_ = (late || closing) && (unsynced_since_us_ != 0 || batch_.Count() > 0);
    if (batch_wants_sync_ && batch_.Count() == 0) {
        batch_.Put(database_->family(Family::meta), slice(meta_synced), encode_number(synced_));
    }
    if (batch_.Count() > 0 && fault_before(0) == Fault::none) static_cast<void>(write());
}

// The writer's own count of a stream's last sequence, read from the index when it is cold.
Result<std::uint64_t*, Fault> Writer::last_sequence(const std::string& stream) {
    if (const auto known = sequences_.find(stream); known != sequences_.end())
        return &known->second;
    const auto head = Reader{database_}.head(stream);
    if (!head.ok()) return fail(head.error());
    return &sequences_.emplace(stream, head.value().sequence).first->second;
}

void Writer::die(Fault fault, const std::string& sentence) {
    cause_of_death_ = fault;
    dead_.store(true, std::memory_order_release);
    if (options_.on_fatal) options_.on_fatal(fault, sentence);
}

void Writer::notice_space(bool full) {
    if (full_.exchange(full, std::memory_order_acq_rel) == full) return;
    if (!full) space_->keep_reserve();
    if (!options_.on_notice) return;
    options_.on_notice(database_->path +
                       (full ? ": the disk is full; nothing is acknowledged until space is freed"
                             : ": the disk has room again; the journal goes on"));
}

}  // namespace journal
