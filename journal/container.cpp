#include "journal/container.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "journal/audio.hpp"
#include "journal/codec.hpp"
#include "journal/crc32c.hpp"

namespace journal {
namespace {

// Head:
// offset  bytes  field, little-endian
//      0      8  magic
//      8      4  version: 1
//     12      4  length of the notes
//     16      n  notes: lines "name value"
//   16+n      4  CRC-32C over all before it
constexpr std::size_t head_bytes = 16;
// Frame:
//      0      4  length of the body
//      4      1  kind: 1 transition, 2 sound, 255 end
//      5      8  position
//     13      n  body; of sound: length of the key (2), key, chunk; of the end: how many
//                transitions (8) and chunks of sound (8) came before it
//   13+n      4  CRC-32C over all of the frame before it, going on from the one before
constexpr std::size_t frame_head_bytes = 13;
constexpr std::size_t sound_bytes_max = audio_chunk_bytes_max + 4096;
constexpr std::size_t buffer_bytes = 1u << 20;

void put_number(std::string& out, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i, number >>= 8) out += static_cast<char>(number & 0xff);
}

std::uint64_t number_in(std::string_view in, std::size_t at, int bytes) {
    std::uint64_t number = 0;
    for (int i = bytes - 1; i >= 0; --i)
        number = number << 8 | static_cast<unsigned char>(in[at + static_cast<std::size_t>(i)]);
    return number;
}

std::string text_of(const Notes& notes) {
    std::string text;
    for (const auto& [name, value] : notes) {
        text += name + ' ';
        for (const char c : value) text += c == '\n' || c == '\r' ? ' ' : c;
        text += '\n';
    }
    return text;
}

Notes notes_of(std::string_view text) {
    Notes notes;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t space = line.find(' ');
        if (space != std::string_view::npos)
            notes[std::string{line.substr(0, space)}] = std::string{line.substr(space + 1)};
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return notes;
}

std::string cannot_write(const std::string& path, int error) {
    if (error == ENOSPC || error == EDQUOT) {
        return path +
               ": the disk is full. Free some space, or choose a place on another disk; "
               "what was begun is removed";
    }
    return path + ": cannot be written: " + std::strerror(error);
}

void sync_directory_of(const std::string& path) {
    const auto parent = std::filesystem::absolute(path).parent_path();
    const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    ::fsync(directory);  // a name that is lost with the power is found missing, never half
    ::close(directory);
}

}  // namespace

Result<ContainerWriter, std::string> ContainerWriter::create(const std::string& path,
                                                             const Notes& notes) {
    File file{std::fopen((path + ".partial").c_str(), "wbe")};
    if (!file) return fail(cannot_write(path, errno));
    std::setvbuf(file.get(), nullptr, _IOFBF, buffer_bytes);
    ContainerWriter writer{path, std::move(file)};
    const std::string text = text_of(notes);
    if (text.size() > notes_bytes_max) return fail(path + ": the notes are too long");
    std::string head{container_magic};
    put_number(head, container_version, 4);
    put_number(head, text.size(), 4);
    head += text;
    writer.checksum_ = crc32c(0, head);
    put_number(head, writer.checksum_, 4);
    if (const auto done = writer.put(head); !done.ok()) return fail(done.error());
    return writer;
}

ContainerWriter::~ContainerWriter() {
    if (!file_) return;
    file_.reset();
    ::unlink(partial().c_str());
}

Done<std::string> ContainerWriter::put(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
        return fail(cannot_write(path_, errno));
    bytes_ += bytes.size();
    return {};
}

Done<std::string> ContainerWriter::put_frame(Frame::Kind kind, Position position,
                                             std::string_view before, std::string_view body) {
    std::string head;
    put_number(head, before.size() + body.size(), 4);
    put_number(head, static_cast<std::uint64_t>(kind), 1);
    put_number(head, position, 8);
    head += before;
    checksum_ = crc32c(crc32c(checksum_, head), body);
    std::string tail;
    put_number(tail, checksum_, 4);
    for (const std::string_view part : {std::string_view{head}, body, std::string_view{tail}}) {
        if (const auto done = put(part); !done.ok()) return fail(done.error());
    }
    return {};
}

Done<std::string> ContainerWriter::add(Position position, std::string_view payload) {
    ++transitions_;
    last_ = position;
    return put_frame(Frame::Kind::transition, position, {}, payload);
}

Done<std::string> ContainerWriter::add_sound(std::string_view key, std::string_view chunk) {
    ++sounds_;
    std::string before;
    put_number(before, key.size(), 2);
    before += key;
    return put_frame(Frame::Kind::sound, 0, before, chunk);
}

Done<std::string> ContainerWriter::finish() {
    std::string counts;
    put_number(counts, transitions_, 8);
    put_number(counts, sounds_, 8);
    if (const auto done = put_frame(Frame::Kind::end, last_, {}, counts); !done.ok())
        return fail(done.error());
    if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0)
        return fail(cannot_write(path_, errno));
    if (std::rename(partial().c_str(), path_.c_str()) != 0) return fail(cannot_write(path_, errno));
    file_.reset();
    sync_directory_of(path_);
    return {};
}

Result<ContainerReader, std::string> ContainerReader::open(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return fail(path + ": is a directory; a slice is a file");
    File file{std::fopen(path.c_str(), "rbe")};
    if (!file) return fail(path + ": cannot be read: " + std::strerror(errno));
    return of(std::move(file), path);
}

Result<ContainerReader, std::string> ContainerReader::of(File file, std::string name) {
    std::setvbuf(file.get(), nullptr, _IOFBF, buffer_bytes);
    ContainerReader reader{std::move(name), std::move(file)};
    if (std::fseek(reader.file_.get(), 0, SEEK_END) == 0) {
        const long end = std::ftell(reader.file_.get());
        reader.size_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
    }
    std::rewind(reader.file_.get());
    if (const auto head = reader.read_head(); !head.ok()) return fail(head.error());
    return reader;
}

std::string ContainerReader::wrong(std::uint64_t offset, const std::string& what) const {
    return name_ + ": offset " + std::to_string(offset) + ": " + what;
}

bool ContainerReader::get(std::string& bytes, std::size_t count) {
    bytes.resize(count);
    const std::size_t got = std::fread(bytes.data(), 1, count, file_.get());
    offset_ += got;
    bytes.resize(got);
    return got == count;
}

Done<std::string> ContainerReader::read_head() {
    std::string head;
    const bool whole = get(head, head_bytes);
    if (!head.starts_with(container_magic.substr(0, head.size())) || head.empty())
        return fail(wrong(0, "this is no file of 'partyline journal slice' or 'backup'"));
    if (!whole) return fail(wrong(offset_, "the file ends within its head"));
    const std::uint64_t version = number_in(head, 8, 4), length = number_in(head, 12, 4);
    if (version != container_version) {
        return fail(wrong(8, "version " + std::to_string(version) + "; this program knows " +
                                 std::to_string(container_version) +
                                 ". Use the partyline that wrote it, or a newer one"));
    }
    if (length > notes_bytes_max)
        return fail(wrong(12, "the notes claim " + std::to_string(length) + " bytes"));
    std::string text, stored;
    if (!get(text, length) || !get(stored, 4))
        return fail(wrong(offset_, "the file ends within its head"));
    checksum_ = crc32c(crc32c(0, head), text);
    if (number_in(stored, 0, 4) != checksum_)
        return fail(wrong(offset_ - 4, "the head does not match its checksum"));
    notes_ = notes_of(text);
    return {};
}

std::uint64_t ContainerReader::number(const std::string& note) const {
    const auto found = notes_.find(note);
    std::uint64_t number = 0;
    if (found != notes_.end()) {
        const std::string& text = found->second;
        if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{})
            return 0;
    }
    return number;
}

Result<std::optional<Frame>, std::string> ContainerReader::next() {
    Frame frame;
    frame.offset = offset_;
    std::string head, stored;
    if (!get(head, frame_head_bytes))
        return fail(wrong(offset_, "the file ends before its end frame: it was cut"));
    const std::uint64_t length = number_in(head, 0, 4), kind = number_in(head, 4, 1);
    if (kind != 1 && kind != 2 && kind != 255)
        return fail(wrong(frame.offset + 4, "a frame of unknown kind " + std::to_string(kind)));
    frame.kind = static_cast<Frame::Kind>(kind);
    frame.position = number_in(head, 5, 8);
    const std::size_t most =
        frame.kind == Frame::Kind::sound ? sound_bytes_max : transition_bytes_max;
    if (length > most)
        return fail(wrong(frame.offset, "a frame that claims " + std::to_string(length) +
                                            " bytes; at most " + std::to_string(most)));
    if (!get(frame.payload, length) || !get(stored, 4))
        return fail(wrong(offset_, "the file ends within a frame: it was cut"));
    checksum_ = crc32c(crc32c(checksum_, head), frame.payload);
    if (number_in(stored, 0, 4) != checksum_)
        return fail(wrong(frame.offset, "the frame does not match its checksum"));
    if (frame.kind == Frame::Kind::end) {
        if (const auto end = check_end(frame); !end.ok()) return fail(end.error());
        return std::optional<Frame>{};
    }
    if (frame.kind == Frame::Kind::transition) {
        ++transitions_;
        if (frame.position <= last_)
            return fail(wrong(frame.offset + 5, "positions do not rise here"));
        last_ = frame.position;
        return std::optional{std::move(frame)};
    }
    ++sounds_;
    const std::size_t key_bytes = length < 2 ? length : number_in(frame.payload, 0, 2);
    if (length < 2 || length - 2 < key_bytes)
        return fail(wrong(frame.offset, "a chunk of sound without a key"));
    frame.key = frame.payload.substr(2, key_bytes);
    frame.payload.erase(0, 2 + key_bytes);
    return std::optional{std::move(frame)};
}

Done<std::string> ContainerReader::check_end(const Frame& frame) {
    const bool right = frame.payload.size() == 16 && frame.position == last_ &&
                       number_in(frame.payload, 0, 8) == transitions_ &&
                       number_in(frame.payload, 8, 8) == sounds_;
    if (!right) return fail(wrong(frame.offset, "the end frame counts other frames than came"));
    if (std::fgetc(file_.get()) != EOF) return fail(wrong(offset_, "bytes behind the end frame"));
    return {};
}

}  // namespace journal
