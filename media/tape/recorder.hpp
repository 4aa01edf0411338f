// Keeps what rooms said: Ogg Opus, one file of the mix and one of each leg, on one timeline.
//
//     <folder>/<conference>/20261121T093012Z-mix.opus
//                           20261121T093012Z-leg-000000000000002a.opus
//                           20261121T093012Z.json
//
// The first frame of a recording is 0 in all files; what a leg does not say is silence in its file,
// also before it came, so files played together are in step. A pause is cut out of all files alike,
// and the index tells where it was. Files are written as *.part, playable up to the last second at
// any time, and get their names when they are whole and on the disk; the index comes last.
//
// Thread: one, the engine's tape thread; it waits for the disk, the mixer never does. Memory: 80 kB
// a file, at most files_max at once; legs beyond that are in the mix only, and the index says so.
// Time: of the frames; the wall clock only for names.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "media/engine.hpp"

namespace media::tape {

struct RecorderOptions {
    std::string folder;
    std::function<std::int64_t()> wall_us;                // now, since 1970
    std::function<std::string(RoomId)> name_of_room;      // a folder's name; none: its number
    std::function<std::string(LegId)> name_of_leg;        // for the index; none: empty
    std::function<void(const std::string&)> on_trouble;   // once a recording: what went wrong
    std::function<void(const std::string&)> on_finished;  // path of the index
};

class Recorder {
public:
    static constexpr std::size_t files_max = 512;
    static constexpr std::uint64_t pause_ticks = 25;  // no frame at all for longer is a pause

    explicit Recorder(RecorderOptions options);
    ~Recorder();  // finishes what is open
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// Frames of a room come in the order of their ticks; one whose time is written is left out.
    void take(const TapeFrame& frame);
    [[nodiscard]] std::size_t open() const { return recordings_.size(); }

private:
    struct Track;
    struct Session;

    [[nodiscard]] Session* session_of(const TapeFrame& frame);
    [[nodiscard]] Track* track_of(Session& session, const TapeFrame& frame);
    void write(Session& session, const TapeFrame& frame);
    void keep_up(Session& session);
    void finish(RoomId room);
    void fail(Session& session, const std::string& what, int error);
    [[nodiscard]] bool write_index(const Session& session, const std::string& path) const;

    const RecorderOptions options_;
    std::map<RoomId, std::unique_ptr<Session>> recordings_;
    std::size_t files_ = 0;
};

}  // namespace media::tape
