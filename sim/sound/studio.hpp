// Telephones with voices, and the production tick core between them: what makes Fidelity::sound.
//
// It stands where a worker and the control side stand in the engine: makes plans of rooms, brings
// packets to legs, ticks the lane, and keeps what goes out.
// Thread: one owner. Memory: see full.hpp. Time: virtual; one tick after the other.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "media/lane.hpp"
#include "media/plan.hpp"
#include "sim/sound/packets.hpp"
#include "sim/sound/voices.hpp"

namespace sim {

/// BLAKE2b over more than fits into memory: a chain of blocks.
class RunningHash {
public:
    void add(std::string_view bytes);
    /// Of all so far; however it was cut into calls.
    [[nodiscard]] std::uint64_t value() const;

private:
    static constexpr std::size_t block_bytes = 1 << 16;
    std::string waiting_;
    std::string chain_;
};

class Studio {
public:
    Studio(Instant begins, Listening listening);
    ~Studio();

    void add(const std::string& name, const media::Format& format, Uplink uplink,
             PacketPlayer back);
    LegQuality remove(const std::string& name, Instant now, const Network& network);
    void talks(const std::string& name, bool on, Instant now);
    /// As the SIP edge and the engine take it: who is not here is left out, who is elsewhere
    /// leaves.
    void seat(const actors::UpdateRoom& plan);

    struct Noticed {
        std::string leg;
        bool talking = false;
    };
    /// Everything up to `now`, then the tick itself. Valid until the next call.
    const std::vector<Noticed>& tick(Instant now);

    [[nodiscard]] bool empty() const { return phones_.empty(); }
    [[nodiscard]] std::uint64_t frames() const;
    [[nodiscard]] std::uint64_t heard_hash() const;

private:
    struct Phone;
    struct Room;
    class Collector;

    /// A clock that began a second before the world: the tick core multiplies its time.
    [[nodiscard]] std::int64_t monotonic(Instant at) const { return (at - begins_).us + 1'000'000; }
    [[nodiscard]] Phone* find(const std::string& name);
    [[nodiscard]] std::uint32_t free_voice() const;
    [[nodiscard]] std::shared_ptr<const Song> song(const media::Format& format,
                                                   std::uint32_t voice);
    void leave_room(Phone& phone);
    void plan_room(Room& room);
    void make_plan();
    void send_until(Phone& phone, Instant now);
    void deliver(Phone& phone, const media::TickTime& now);
    void deliver(Phone& phone, const Uplink::Packet& packet, const media::TickTime& now);
    void measure(Phone& phone, Instant now);
    void listen(Instant now);

    const Instant begins_;
    const Listening listening_;
    std::map<std::string, std::unique_ptr<Phone>> phones_;
    std::map<media::LegId, Phone*> by_id_;
    std::map<std::string, std::unique_ptr<Room>> rooms_;
    std::map<media::VoiceKind, std::shared_ptr<media::SharedVoice>> silences_;
    media::Lane lane_{0};
    media::Plan plan_;
    bool changed_ = false;  // the plan is not what the rooms are
    media::LegId next_id_ = 1;
    std::uint64_t next_room_ = 1;
    std::array<std::uint32_t, voice_count> singers_{};  // telephones with that voice
    std::map<std::pair<media::Format, std::uint32_t>, std::shared_ptr<const Song>> songs_;
    std::uint64_t decoded_ = 0;
    RunningHash hash_;
    std::unique_ptr<Collector> collector_;
};

}  // namespace sim
