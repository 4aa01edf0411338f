#include "journal/store.hpp"

#include "journal/audio.hpp"
#include "journal/writer.hpp"

namespace journal {

Store::Store(std::shared_ptr<Database> database, std::unique_ptr<Writer> writer)
    : database_(std::move(database)),
      reader_(std::make_unique<Reader>(database_)),
      writer_(std::move(writer)) {}

Store::~Store() { close(); }

void Store::close() {
    closed_.store(true, std::memory_order_relaxed);
    writer_->close();
    if (writer_->is_dead()) return;
    // A clean end leaves nothing to replay. Its failure costs the next start some time, no data.
    const std::vector<rocksdb::ColumnFamilyHandle*> families{database_->known.begin(),
                                                             database_->known.end()};
    if (!disk_is_full()) database_->db->Flush({}, families).PermitUncheckedError();
}

void Store::append(Append append) { writer_->push(std::move(append)); }

Result<std::vector<Record>, Fault> Store::read_stream(std::string_view stream,
                                                      std::uint64_t sequence,
                                                      std::size_t count_max) const {
    // After a failed write memory may hold what the disk does not.
    if (writer_->is_dead()) return fail(Fault::io);
    return reader_->read_stream(stream, sequence, count_max);
}

Result<std::vector<Record>, Fault> Store::read_all(Position position, std::size_t count_max) const {
    if (writer_->is_dead()) return fail(Fault::io);
    return reader_->read_all(position, count_max);
}

Result<Head, Fault> Store::head(std::string_view stream) const {
    if (writer_->is_dead()) return fail(Fault::io);
    return reader_->head(stream);
}

Result<std::vector<std::string>, Fault> Store::list_streams(std::string_view prefix,
                                                            std::string_view after,
                                                            std::size_t count_max) const {
    if (writer_->is_dead()) return fail(Fault::io);
    return reader_->list_streams(prefix, after, count_max);
}

void Store::put_snapshot(std::string_view stream, StoredSnapshot snapshot) {
    writer_->push_snapshot(stream, std::move(snapshot));
}

std::optional<StoredSnapshot> Store::snapshot(std::string_view stream) const {
    if (writer_->is_dead()) return std::nullopt;
    return reader_->snapshot(stream);
}

std::vector<AgendaEntry> Store::agenda() const { return reader_->agenda(); }
void Store::mark_released(Position position) { writer_->mark_released(position); }
Position Store::released() const { return writer_->released(); }
Position Store::last_position() const { return writer_->last_position(); }
std::uint64_t Store::epoch() const { return writer_->epoch(); }
void Store::forget(std::string_view stream) { writer_->push_forget(stream); }

Done<Fault> Store::put_audio(const AudioKey& key, std::string_view records) {
    if (closed_.load(std::memory_order_relaxed)) return fail(Fault::closed);
    if (records.size() > audio_chunk_bytes_max) return fail(Fault::overloaded);
    if (writer_->is_dead()) return fail(Fault::io);
    if (disk_is_full()) return fail(Fault::disk_full);
    rocksdb::WriteOptions how;
    how.disableWAL = true;  // the log is the transitions' alone: sound never makes them wait
    const std::string name = audio_key(key);
    const rocksdb::Status status = database_->db->Put(how, database_->family(Family::audio), name,
                                                      encode_audio(name, records));
    if (status.ok()) {
        flush_audio(key.tick);
        return {};
    }
    return fail(is_full(status) ? Fault::disk_full : Fault::io);
}

// What waits in memory is what a crash takes, also one of this process alone. Nobody waits for it.
void Store::flush_audio(std::uint64_t tick) {
    std::uint64_t last = audio_flushed_tick_.load(std::memory_order_relaxed);
    if (tick >= last && tick - last < audio_flush_ticks) return;
    if (!audio_flushed_tick_.compare_exchange_strong(last, tick, std::memory_order_relaxed)) return;
    rocksdb::FlushOptions how;
    how.wait = false;
    how.allow_write_stall = true;  // of this family; else it would wait here
    // What could not be flushed now is flushed with what comes.
    database_->db->Flush(how, database_->family(Family::audio)).PermitUncheckedError();
}

bool Store::disk_is_full() const { return writer_->is_full() || database_->guard->stalled(); }

}  // namespace journal
