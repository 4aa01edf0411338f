#include "replay/remix/remix.hpp"

#include <algorithm>
#include <memory>

#include "base/clock.hpp"
#include "replay/remix/leg_records.hpp"
#include "replay/remix/room_again.hpp"

namespace replay {
namespace {

bool is_among(std::span<const media::LegId> legs, media::LegId leg) {
    return std::ranges::find(legs, leg) != legs.end();
}

// A leg in one run of the server: what was captured of it, and where it stands.
struct Track {
    explicit Track(LegRecords from) : records(std::move(from)) {}
    LegRecords records;
    LegAgain again;
    media::Capture capture;  // of the tick in hand; its payloads lie in `records`
    bool here = false;
};

class Remixing {
public:
    using Take = std::function<void(const RemixFrame&)>;
    Remixing(const journal::Reader& reader, const Survey& survey, const RemixWish& wish,
             media::PromptLibrary& prompts, const Take& take, const RemixProgress& progress)
        : reader_(reader),
          survey_(survey),
          wish_(wish),
          take_(take),
          progress_(progress),
          room_(prompts) {}

    Result<RemixReport, std::string> run() {
        if (const std::string wrong = find_span(); !wrong.empty()) return fail(wrong);
        next_at_ = report_.from;
        std::uint64_t epoch = 0;
        for (const CapturedLeg& leg : survey_.legs) {
            report_.opus |= leg.opus;
            if (leg.epoch == epoch) continue;
            epoch = leg.epoch;
            run_epoch(epoch);
        }
        fill_until(report_.to);
        return std::move(report_);
    }

private:
    // Empty: report_.from and .to are what is to be written; else a sentence.
    std::string find_span() {
        Instant first{INT64_MAX}, last{};
        for (const CapturedLeg& leg : survey_.legs) {
            const bool counts = wish_.listener.empty() ? leg.leg != media::captured_room
                                                       : is_among(wish_.listener, leg.leg);
            if (!counts) continue;
            const Instant begin = survey_.time_of(leg.epoch, leg.first_tick),
                          end = survey_.time_of(leg.epoch, leg.last_tick + 1);
            first = std::min(first, begin);
            last = std::max(last, end);
            report_.rate_hz = std::max(report_.rate_hz, leg.room_rate_hz);
        }
        if (first > last) return "nothing was captured of whom this is to be made for";
        report_.from = std::max(first, wish_.from.value_or(first));
        report_.to = std::min(last, wish_.to.value_or(last));
        if (report_.from < report_.to) return {};
        return "nothing was captured in that time: there is sound from " + base::iso8601(first) +
               " to " + base::iso8601(last);
    }

    void run_epoch(std::uint64_t epoch) {
        open_tracks(epoch);
        while (!tracks_.empty()) {
            std::uint64_t tick = UINT64_MAX;
            for (const auto& track : tracks_) tick = std::min(tick, track->records.tick());
            if (survey_.time_of(epoch, tick) >= report_.to) break;
            do_tick(epoch, tick);
            step_on(tick);
        }
        tracks_.clear();
    }

    // Who left before the time that is asked for need not be heard again.
    void open_tracks(std::uint64_t epoch) {
        room_.begin(0);
        for (const CapturedLeg& leg : survey_.legs) {
            if (leg.epoch != epoch) continue;
            if (survey_.time_of(epoch, leg.last_tick + 1) <= report_.from) {
                chunks_skipped_ += leg.chunks;
                continue;
            }
            auto track = std::make_unique<Track>(LegRecords{reader_, survey_.room, epoch, leg.leg});
            if (!track->records.at_end()) tracks_.push_back(std::move(track));
        }
    }

    void do_tick(std::uint64_t epoch, std::uint64_t tick) {
        room_.begin(tick);
        for (const auto& track : tracks_) {
            track->here = track->records.tick() == tick;
            if (track->here)
                hear_track(*track);
            else if (misses_one(*track))
                room_.doubt(Doubt::record_missing);
        }
        const Instant at = survey_.time_of(epoch, tick);
        if (at < report_.from) return;
        if (wish_.prove) prove(epoch, tick);
        give(epoch, tick, at);
    }

    void hear_track(Track& track) {
        auto capture = media::decode_capture(track.records.bytes());
        if (!capture.ok()) {
            track.here = false;
            return room_.doubt(Doubt::record_missing);
        }
        track.capture = std::move(capture).value();
        if (track.records.leg() == media::captured_room) return room_.add_room(track.capture);
        track.again.take(track.capture);
        room_.add(track.records.leg(), track.capture, track.again);
    }

    // Between two records of a leg whose numbers do not follow one another.
    static bool misses_one(const Track& track) {
        if (!track.again.begun()) return false;
        const auto next = media::decode_capture(track.records.bytes());
        return !next.ok() || track.again.misses_before(next.value().head);
    }

    void step_on(std::uint64_t tick) {
        std::uint64_t chunks = chunks_skipped_ + chunks_done_;
        for (const auto& track : tracks_) {
            if (track->records.tick() <= tick) track->records.next();
            chunks += track->records.chunks();
        }
        std::erase_if(tracks_, [&](const auto& track) {
            if (!track->records.at_end()) return false;
            chunks_done_ += track->records.chunks();
            return true;
        });
        if (progress_ && ++steps_ % 500 == 0) progress_(chunks, survey_.chunks);
    }

    void prove(std::uint64_t epoch, std::uint64_t tick) {
        for (const auto& track : tracks_) {
            const media::LegId leg = track->records.leg();
            if (!track->here || leg == media::captured_room) continue;
            if (!wish_.listener.empty() && !is_among(wish_.listener, leg)) continue;
            const auto sound = room_.heard_by(leg, {});
            if (sound.empty()) continue;
            Proof& proof = report_.proof;
            ++proof.frames;
            if (media::hash_of(sound) == track->capture.head.heard)
                ++proof.proven, proof.lacking += room_.lacked_a_part();
            else if (room_.doubts() != Doubt::none)
                ++proof.open[room_.doubts()];
            else
                differs(leg, epoch, tick);
        }
    }

    void differs(media::LegId leg, std::uint64_t epoch, std::uint64_t tick) {
        Proof& proof = report_.proof;
        ++proof.differ;
        const auto goes_on = std::ranges::find_if(
            proof.differing.rbegin(), proof.differing.rend(), [&](const Proof::Range& range) {
                return range.listener == leg && range.epoch == epoch;
            });
        if (goes_on != proof.differing.rend() && goes_on->last_tick + 1 == tick)
            goes_on->last_tick = tick;
        else if (proof.differing.size() < Proof::ranges_max)
            proof.differing.push_back({leg, epoch, tick, tick});
    }

    void give(std::uint64_t epoch, std::uint64_t tick, Instant at) {
        fill_until(at);
        std::span<const std::int16_t> sound;
        if (wish_.listener.empty()) {
            sound = room_.everybody(wish_.without);
        } else {
            for (const media::LegId leg : wish_.listener) {
                if (sound.empty()) sound = room_.heard_by(leg, wish_.without);
            }
        }
        give({.at = at,
              .epoch = epoch,
              .tick = tick,
              .rate_hz = room_.rate_hz(),
              .sound = sound,
              .hash = sound.empty() ? 0 : media::hash_of(sound)});
    }

    // Nobody was there, the mixer slept, or the server did.
    void fill_until(Instant at) {
        while (next_at_.us + media::tick_us / 2 < at.us) {
            const RemixFrame silence{.at = next_at_, .rate_hz = report_.rate_hz};
            give(silence);
        }
    }

    void give(const RemixFrame& frame) {
        ++report_.frames;
        if (frame.sound.empty()) ++report_.silent;
        report_.sound_hash = (report_.sound_hash ^ frame.hash) * 0x9e37'79b9'7f4a'7c15;
        next_at_ = Instant{frame.at.us + media::tick_us};
        take_(frame);
    }

    const journal::Reader& reader_;
    const Survey& survey_;
    const RemixWish& wish_;
    const Take& take_;
    const RemixProgress& progress_;
    RoomAgain room_;
    std::vector<std::unique_ptr<Track>> tracks_;  // of the run in hand, that have more to say
    std::uint64_t chunks_skipped_ = 0, chunks_done_ = 0, steps_ = 0;
    Instant next_at_{};
    RemixReport report_;
};

}  // namespace

std::string_view text_of(Doubt why) noexcept {
    switch (why) {
        case Doubt::none: return "";
        case Doubt::record_missing: return "a record that they were made of is missing";
        case Doubt::other_prompt: return "the prompt that was played is not the one that is here";
        case Doubt::version_1: return "their capture is of version 1, which does not say enough";
    }
    return "";
}

Result<RemixReport, std::string> remix(const journal::Reader& reader, const Survey& survey,
                                       const RemixWish& wish, media::PromptLibrary& prompts,
                                       const std::function<void(const RemixFrame&)>& take,
                                       const RemixProgress& progress) {
    return Remixing{reader, survey, wish, prompts, take, progress}.run();
}

}  // namespace replay
