#include "media/tape/recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "media/sound/resampler.hpp"
#include "media/tape/ogg_opus.hpp"

namespace media::tape {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t ticks_per_second = 50;
constexpr std::uint32_t file_rate_hz = 48'000;

std::string hex16(LegId leg) {
    char text[17];
    (void)std::snprintf(text, sizeof text, "%016" PRIx64, leg);
    return text;
}

// 2026-11-21T09:30:12.123456Z -> 20261121T093012Z
std::string stamp_of(std::int64_t wall_us) {
    std::string stamp = base::iso8601({wall_us}).substr(0, 19);
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    return stamp + "Z";
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        char escaped[7];
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            (void)std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string ms_of(std::uint64_t ticks) { return std::to_string(ticks * 20); }

bool write_durably(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file < 0) return false;
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    return ::close(file) == 0 && written;
}

}  // namespace

struct Recorder::Track {
    Track(const std::string& part_path, const std::string& title) : file(part_path, title) {}
    OggOpus file;
    std::string name;  // without folder, without .part
    std::optional<Resampler> resampler;
    std::uint64_t first = 0, last = 0;  // positions of its first and last sound
};

struct Recorder::Session {
    std::string folder, stem;  // files are folder/stem-...
    std::string room;
    std::int64_t started_us = 0;
    std::uint64_t tick = 0;      // the engine's, of what came last
    std::uint64_t position = 0;  // in ticks from the beginning, pauses left out
    struct Pause {
        std::uint64_t at, ticks;
    };
    std::vector<Pause> pauses;
    std::map<LegId, std::unique_ptr<Track>> tracks;  // 0: the mix
    std::vector<LegId> not_taped;                    // there were too many files
    std::uint64_t kept_up = 0;                       // position that all tracks have reached
    bool failed = false;
};

Recorder::Recorder(RecorderOptions options) : options_(std::move(options)) {}

Recorder::~Recorder() {
    while (!recordings_.empty()) finish(recordings_.begin()->first);
}

void Recorder::take(const TapeFrame& frame) {
    if (frame.last) return finish(frame.room);
    Session* session = session_of(frame);
    if (session->failed) return;
    if (frame.tick > session->tick) {
        const std::uint64_t passed = frame.tick - session->tick;
        if (passed > pause_ticks) session->pauses.push_back({session->position + 1, passed - 1});
        session->position += passed > pause_ticks ? 1 : passed;
        session->tick = frame.tick;
    }
    write(*session, frame);
    if (session->position - session->kept_up >= ticks_per_second) keep_up(*session);
}

Recorder::Session* Recorder::session_of(const TapeFrame& frame) {
    auto& slot = recordings_[frame.room];
    if (slot) return slot.get();
    slot = std::make_unique<Session>();
    slot->tick = frame.tick;
    slot->started_us = options_.wall_us();
    slot->room =
        options_.name_of_room ? options_.name_of_room(frame.room) : std::to_string(frame.room);
    slot->folder = options_.folder + "/" + slot->room;
    std::error_code failed;
    fs::create_directories(slot->folder, failed);
    if (failed) fail(*slot, slot->folder, failed.value());
    const std::string stamp = stamp_of(slot->started_us);
    slot->stem = stamp;
    // Twice within a second, or the clock was set back: never over what is there.
    const auto taken = [&](const std::string& stem) {
        const std::string path = slot->folder + "/" + stem;
        return fs::exists(path + ".json", failed) || fs::exists(path + "-mix.opus", failed) ||
               fs::exists(path + "-mix.opus.part", failed);
    };
    for (int n = 2; !slot->failed && taken(slot->stem) && n < 1'000; ++n)
        slot->stem = stamp + "-" + std::to_string(n);
    return slot.get();
}

Recorder::Track* Recorder::track_of(Session& session, const TapeFrame& frame) {
    const auto known = session.tracks.find(frame.leg);
    if (known != session.tracks.end()) return known->second.get();
    if (files_ >= files_max) {
        if (std::ranges::find(session.not_taped, frame.leg) == session.not_taped.end())
            session.not_taped.push_back(frame.leg);
        return nullptr;
    }
    const std::string name =
        session.stem + (frame.leg == 0 ? "-mix" : "-leg-" + hex16(frame.leg)) + ".opus";
    auto track =
        std::make_unique<Track>(session.folder + "/" + name + ".part", session.room + " " + name);
    track->name = name;
    track->first = session.position;
    ++files_;
    return session.tracks.emplace(frame.leg, std::move(track)).first->second.get();
}

void Recorder::write(Session& session, const TapeFrame& frame) {
    Track* track = track_of(session, frame);
    if (track == nullptr) return;
    const std::uint64_t late = session.tick - frame.tick;
    if (late > session.position || session.position - late < track->file.frames()) return;
    const std::uint64_t position = session.position - late;
    track->file.write_silence(position - track->file.frames());
    if (!track->resampler || track->resampler->from_hz() != frame.rate_hz)
        track->resampler.emplace(frame.rate_hz, file_rate_hz);
    std::array<std::int16_t, OggOpus::frame_samples> sound;
    track->resampler->process(std::span{frame.pcm}.first(frame.rate_hz / ticks_per_second), sound);
    track->file.write(sound);
    track->last = position;
    if (track->file.error() != 0)
        fail(session, session.folder + "/" + track->name, track->file.error());
}

// So that no file of a silent leg falls far behind, and all of them are playable to the same point.
void Recorder::keep_up(Session& session) {
    session.kept_up = session.position;
    for (auto& [leg, track] : session.tracks) {
        if (track->file.frames() < session.position)
            track->file.write_silence(session.position - track->file.frames());
        if (track->file.error() != 0)
            return fail(session, session.folder + "/" + track->name, track->file.error());
    }
}

void Recorder::fail(Session& session, const std::string& what, int error) {
    if (session.failed) return;
    session.failed = true;
    if (options_.on_trouble)
        options_.on_trouble("recording of " + session.room + " stopped: " + what + ": " +
                            std::strerror(error));
}

void Recorder::finish(RoomId room) {
    const auto found = recordings_.find(room);
    if (found == recordings_.end()) return;
    Session& session = *found->second;
    const std::string stem = session.folder + "/" + session.stem;
    for (auto& [leg, track] : session.tracks) {
        if (session.failed) break;  // the parts stay as they are, playable up to there
        const std::string path = session.folder + "/" + track->name;
        const std::uint64_t end = session.position + 1;
        if (track->file.frames() < end) track->file.write_silence(end - track->file.frames());
        track->file.finish();
        if (track->file.error() != 0)
            fail(session, path, track->file.error());
        else if (::rename((path + ".part").c_str(), path.c_str()) != 0)
            fail(session, path, errno);
    }
    if (!session.failed) {
        if (!write_index(session, stem + ".json"))
            fail(session, stem + ".json", errno);
        else if (options_.on_finished)
            options_.on_finished(stem + ".json");
    }
    files_ -= session.tracks.size();
    recordings_.erase(found);
}

bool Recorder::write_index(const Session& session, const std::string& path) const {
    std::string text = "{\n  \"conference\": " + json_text(session.room) +
                       ",\n  \"started\": " + json_text(base::iso8601({session.started_us})) +
                       ",\n  \"duration_ms\": " + ms_of(session.position + 1) +
                       ",\n  \"pauses\": [";
    const char* comma = "";
    for (const auto& pause : session.pauses) {
        text += std::string{comma} + "{\"at_ms\": " + ms_of(pause.at) +
                ", \"lasted_ms\": " + ms_of(pause.ticks) + "}";
        comma = ", ";
    }
    text += "],\n  \"files\": [";
    comma = "\n    ";
    for (const auto& [leg, track] : session.tracks) {
        text += std::string{comma} + "{\"file\": " + json_text(track->name);
        if (leg != 0) {
            text += ", \"leg\": " + json_text("call_leg/" + hex16(leg));
            if (options_.name_of_leg) text += ", \"who\": " + json_text(options_.name_of_leg(leg));
        }
        text += ", \"first_sound_ms\": " + ms_of(track->first) +
                ", \"last_sound_ms\": " + ms_of(track->last + 1) + "}";
        comma = ",\n    ";
    }
    text += "\n  ],\n  \"in_the_mix_only\": [";
    comma = "";
    for (const LegId leg : session.not_taped) {
        text += comma + json_text("call_leg/" + hex16(leg));
        comma = ", ";
    }
    text += "]\n}\n";
    return write_durably(path + ".part", text) &&
           ::rename((path + ".part").c_str(), path.c_str()) == 0;
}

}  // namespace media::tape
