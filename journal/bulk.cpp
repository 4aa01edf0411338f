#include "journal/bulk.hpp"

#include <fcntl.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <filesystem>

#include "journal/audio.hpp"
#include "journal/codec.hpp"
#include "journal/database.hpp"
#include "journal/layout.hpp"
#include "journal/mark.hpp"
#include "schema/transition_generated.h"

namespace journal {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t batch_bytes_max = 4u << 20;

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

rocksdb::WriteOptions past_the_log() {
    rocksdb::WriteOptions how;
    how.disableWAL = true;  // finish() flushes; a crash before leaves nothing that counts
    return how;
}

}  // namespace

struct Bulk::Batch {
    rocksdb::WriteBatch writes;
};

std::string why_not_fresh(const std::string& folder) {
    std::error_code error;
    const fs::file_status status = fs::status(folder, error);
    if (status.type() == fs::file_type::not_found) return {};
    if (status.type() != fs::file_type::directory) return folder + ": is a file, not a directory";
    const bool empty = fs::is_empty(folder, error);
    if (error) return folder + ": cannot be looked at: " + error.message();
    if (empty) return {};
    return folder + ": is not empty. Name a directory that is empty or does not exist yet";
}

Bulk::Bulk(std::string folder, std::string partial)
    : folder_(std::move(folder)),
      partial_(std::move(partial)),
      database_(std::make_shared<Database>()),
      batch_(std::make_unique<Batch>()) {
    database_->path = partial_;
}

Result<std::unique_ptr<Bulk>, std::string> Bulk::create(const std::string& folder) {
    const std::string place = without_slash(folder);
    if (std::string why = why_not_fresh(place); !why.empty()) return fail(std::move(why));
    const std::string partial = place + ".partial";
    if (std::string why = why_not_fresh(partial); !why.empty()) {
        return fail(partial +
                    ": was left by an import or restore that did not end, or one is at work. "
                    "Remove it and try again");
    }
    std::error_code error;
    fs::create_directories(partial, error);
    if (error) return fail(partial + ": cannot be made: " + error.message());
    fs::permissions(partial, fs::perms::owner_all, error);
    std::unique_ptr<Bulk> bulk{new Bulk{place, partial}};
    const rocksdb::Status status = open_database(*bulk->database_, Recovery::exact, true, nullptr);
    if (!status.ok()) return fail(open_error_of(partial, status).sentence);
    return bulk;
}

Bulk::~Bulk() {
    database_.reset();
    std::error_code ignored;
    if (!finished_) fs::remove_all(partial_, ignored);
}

Done<std::string> Bulk::add(std::string_view payload) {
    if (const auto follows = chain_.take(payload); !follows.ok())
        return fail("position " + std::to_string(last_ + 1) + ": " + follows.error());
    ++last_;
    const schema::TransitionT& transition = chain_.transition();
    const Durability durability = durability_of(transition);
    const RecordHeader header =
        record_header(durability, last_, begin_checksum(durability, payload));
    const std::string key = position_key(last_),
                      index = stream_key(transition.stream, transition.sequence);
    const StreamValueBytes place = encode_stream_value({last_, chain_.hash()});
    const rocksdb::Slice key_part = key,
                         header_and_payload[] = {slice(header.view()), slice(payload)};
    batch_->writes.Put(database_->family(Family::log), rocksdb::SliceParts{&key_part, 1},
                       rocksdb::SliceParts{header_and_payload, 2});
    batch_->writes.Put(database_->family(Family::streams), index, slice(place.view()));
    return batch_->writes.GetDataSize() < batch_bytes_max ? Done<std::string>{} : write();
}

Done<std::string> Bulk::add_sound(std::string_view key, std::string_view chunk) {
    if (!parse_audio_key(key) || !parse_audio(key, chunk))
        return fail(std::string{"a chunk of sound does not match its checksum"});
    batch_->writes.Put(database_->family(Family::audio), slice(key), slice(chunk));
    return batch_->writes.GetDataSize() < batch_bytes_max ? Done<std::string>{} : write();
}

Done<std::string> Bulk::set_agenda(std::string_view stream, const Agenda& agenda) {
    if (agenda.empty()) return {};
    batch_->writes.Put(database_->family(Family::agenda), slice(stream), encode_agenda(agenda));
    return batch_->writes.GetDataSize() < batch_bytes_max ? Done<std::string>{} : write();
}

Done<std::string> Bulk::write() {
    const rocksdb::Status status = database_->db->Write(past_the_log(), &batch_->writes);
    batch_->writes.Clear();
    if (!status.ok()) return fail(open_error_of(partial_, status).sentence);
    return {};
}

Done<std::string> Bulk::flush() {
    if (const auto written = write(); !written.ok()) return fail(written.error());
    const std::vector<rocksdb::ColumnFamilyHandle*> families{database_->known.begin(),
                                                             database_->known.end()};
    const rocksdb::Status status = database_->db->Flush({}, families);
    if (!status.ok()) return fail(open_error_of(partial_, status).sentence);
    return {};
}

Result<std::unique_ptr<Reader>, std::string> Bulk::reader() {
    if (const auto written = write(); !written.ok()) return fail(written.error());
    return std::make_unique<Reader>(database_);
}

Done<std::string> Bulk::finish(Position released) {
    for (const auto& [name, value] :
         {std::pair{meta_format, std::uint64_t{journal_format}},
          std::pair{meta_epoch, chain_.epoch()},
          std::pair{meta_released, std::min(released, last_)}, std::pair{meta_synced, last_}}) {
        batch_->writes.Put(database_->family(Family::meta), slice(name), encode_number(value));
    }
    if (const auto flushed = flush(); !flushed.ok()) return fail(flushed.error());
    if (database_.use_count() != 1) return fail(partial_ + ": is still being read");
    database_.reset();
    if (!write_mark(partial_, {journal_format, chain_.epoch()}).ok())
        return fail(partial_ + "/JOURNAL: cannot be written");
    std::error_code error;
    fs::rename(partial_, folder_, error);  // over an empty directory, too
    if (error) return fail(folder_ + ": cannot take its place: " + error.message());
    finished_ = true;
    const int parent =
        ::open(fs::absolute(folder_).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent >= 0) {
        ::fsync(parent);
        ::close(parent);
    }
    return {};
}

}  // namespace journal
