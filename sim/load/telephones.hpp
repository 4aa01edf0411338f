// All telephones of a load: their calls, what they send and what they hear. generator.cpp gives the
// beat.
//
// Thread: one owner. Memory: fixed after construction, but for the delays that are noted. Time:
// only what is passed in; no call waits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "base/time.hpp"
#include "media/sound/coder.hpp"
#include "sim/load/caller.hpp"
#include "sim/load/doors.hpp"
#include "sim/load/report.hpp"
#include "sim/load/sound.hpp"
#include "sim/load/stream.hpp"

namespace sim {

class Telephones {
public:
    static constexpr unsigned slots = 20;  // of a millisecond; one frame

    Telephones(const LoadPlan& plan, const Sounds& sounds, Doors doors);
    ~Telephones();

    /// The socket for SIP; without one there are no calls. Refuses with a sentence.
    [[nodiscard]] Done<std::string> open_signalling();

    // ---- calls
    void call(unsigned leg, Instant now);  // or, without SIP, begin to send
    void hang_up(unsigned leg, Instant now);
    void read_signalling(Instant now);
    void wake_callers(Instant now);
    [[nodiscard]] bool settled() const;  // everybody is in (and has keyed) or out
    [[nodiscard]] bool all_gone() const;

    // ---- sound
    /// Sends what is due in the frame's `slot`; `frame` counts up.
    void send_slot(unsigned slot, std::uint64_t frame);
    void read_slot(unsigned slot);
    void read_all();

    // ---- measuring
    void begin_measuring();
    void end_measuring(std::int64_t wall_us);
    /// Fills in calls, packets and delay.
    void tell(Report& report);

private:
    struct Leg;
    struct Room {
        std::int64_t mark_us = 0;     // when the last mark left; 0: none yet
        std::uint32_t mark_from = 0;  // the leg that sent it
        unsigned ears = 0;
    };

    void send_texts(const Leg& leg, const Caller::Texts& texts);
    void follow(Leg& leg);
    void flush();
    void read_door(std::size_t door);
    void hear(Leg& leg, const Incoming& packet);
    void note_mark(const Leg& leg);
    void choose_ears();

    const LoadPlan& plan_;
    const Sounds& sounds_;
    Doors doors_;
    std::vector<std::unique_ptr<Leg>> legs_;
    std::vector<std::vector<std::uint32_t>> legs_of_slot_;
    std::vector<Room> rooms_;

    Socket signalling_;
    media::Address signalling_at_;
    Batch batch_;
    std::vector<Packet> packets_;  // of the batch that is being filled
    std::vector<Outgoing> outgoing_;
    std::vector<std::uint32_t> packet_legs_;  // whose they are

    bool measuring_ = false, measured_ = false;
    std::vector<std::int16_t> pcm_;
    Report::Packets packets_seen_;
    Report::Delay delay_seen_;
    Distribution delays_ms_;
};

}  // namespace sim
