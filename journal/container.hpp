// A part of a journal in one file, *.partyline: slices that a bug needs, and segments of a backup.
// docs/journal_format.md draws it byte by byte.
//
//     magic, version, notes | frame, frame, ... | end frame
//
// Each frame's checksum goes on from the one before it, so that a frame that is lost, doubled or
// moved is found, too.
//
// Thread: one owner. Memory: one frame, at most transition_bytes_max. Time: the disk's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "journal/log.hpp"

namespace journal {

inline constexpr std::string_view container_magic{"\x89PLY\r\n\x1a\n", 8};
inline constexpr std::uint32_t container_version = 1;
inline constexpr std::size_t notes_bytes_max = 64u << 10;

/// Where the content comes from: "source", "first", "last", "program", ... Neither names nor values
/// hold a line end; names hold no space.
using Notes = std::map<std::string, std::string>;

struct Frame {
    enum class Kind : std::uint8_t { transition = 1, sound = 2, end = 255 };
    Kind kind = Kind::transition;
    Position position = 0;     // of a transition: where it lay in its journal
    std::string payload;       // of a transition; of sound: the chunk, as encode_audio made it
    std::string key;           // of sound: as audio_key made it
    std::uint64_t offset = 0;  // of the frame in the file
};

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Writes `path`.partial and renames it when it is whole. Errors are sentences with the path.
class ContainerWriter {
public:
    [[nodiscard]] static Result<ContainerWriter, std::string> create(const std::string& path,
                                                                     const Notes& notes);
    ContainerWriter(ContainerWriter&&) = default;
    ContainerWriter& operator=(ContainerWriter&&) = delete;
    /// Removes what was not finished.
    ~ContainerWriter();

    [[nodiscard]] Done<std::string> add(Position position, std::string_view payload);
    [[nodiscard]] Done<std::string> add_sound(std::string_view key, std::string_view chunk);
    /// After this the file is whole and on the disk.
    [[nodiscard]] Done<std::string> finish();

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t transitions() const { return transitions_; }
    [[nodiscard]] std::uint64_t sounds() const { return sounds_; }

private:
    ContainerWriter(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}
    [[nodiscard]] Done<std::string> put(std::string_view bytes);
    [[nodiscard]] Done<std::string> put_frame(Frame::Kind kind, Position position,
                                              std::string_view before, std::string_view body);
    [[nodiscard]] std::string partial() const { return path_ + ".partial"; }

    std::string path_;
    File file_;
    std::uint32_t checksum_ = 0;
    std::uint64_t bytes_ = 0, transitions_ = 0, sounds_ = 0;
    Position last_ = 0;
};

/// Total: any bytes are frames, or refused with a sentence that has the path and the offset.
class ContainerReader {
public:
    [[nodiscard]] static Result<ContainerReader, std::string> open(const std::string& path);
    /// The same of a file that is open; `name` stands in sentences.
    [[nodiscard]] static Result<ContainerReader, std::string> of(File file, std::string name);

    [[nodiscard]] const Notes& notes() const { return notes_; }
    /// The number that a note tells; 0 without such a one.
    [[nodiscard]] std::uint64_t number(const std::string& note) const;
    /// The next one; nothing after the last, when the end frame says that it was the last.
    [[nodiscard]] Result<std::optional<Frame>, std::string> next();
    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }

private:
    ContainerReader(std::string name, File file) : name_(std::move(name)), file_(std::move(file)) {}
    [[nodiscard]] std::string wrong(std::uint64_t offset, const std::string& what) const;
    /// False at the end of the file.
    [[nodiscard]] bool get(std::string& bytes, std::size_t count);
    [[nodiscard]] Done<std::string> read_head();
    [[nodiscard]] Done<std::string> check_end(const Frame& frame);

    std::string name_;
    File file_;
    Notes notes_;
    std::uint32_t checksum_ = 0;
    std::uint64_t offset_ = 0, size_ = 0, transitions_ = 0, sounds_ = 0;
    Position last_ = 0;
};

}  // namespace journal
