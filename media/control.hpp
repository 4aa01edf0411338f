// The control side's books: which legs and rooms there
// are, on which worker, and what waits to be freed.
//
//     open, configure, set_room, ... --> books --> a new plan for each worker they touch -->
//     publish keep_house, every 10 ms        --> moves that have arrived, commands that found a
//     full ring, reclaiming
//
// A leg that enters a room of another worker flies: both plans say so, the old owner lets go at its
// next tick, the new one takes over at its own. One flight at a time: the next begins when the last
// has landed. Thread: under the engine's lock. Memory: grows with legs and rooms. Time: O(rooms and
// loose legs of a worker).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "media/balance.hpp"
#include "media/engine.hpp"
#include "media/headroom.hpp"
#include "media/plan.hpp"
#include "media/port_pool.hpp"
#include "media/prompts.hpp"
#include "media/shared_port.hpp"
#include "media/sharing.hpp"
#include "media/worker.hpp"

namespace media {

inline constexpr std::size_t legs_max =
    8'192;  // all ports of the default range and more than two cores carry

class Control {
public:
    /// `ports` is empty; they are made as legs need them.
    Control(const Options& options, std::vector<std::unique_ptr<Worker>>& workers,
            SharedPorts& ports);
    ~Control();  // after the workers have stopped

    [[nodiscard]] Result<std::uint16_t, Fault> open(LegId leg, const PeerHint& peer = {});
    void configure(LegId leg, const LegConfig& config);
    /// True: the room is gone, and a recording of it with it.
    bool set_room(RoomId room, std::span<const RoomLeg> legs, const RoomProfile& profile);
    /// True: what was recorded of the room has ended.
    bool record(RoomId room, Recording what);
    void play(LegId leg, std::span<const std::string> prompts, bool replace);
    void stop_prompts(LegId leg);
    void announce(RoomId room, const std::string& prompt);
    void close(LegId leg);
    [[nodiscard]] std::optional<LegStatistics> statistics(LegId leg) const;
    [[nodiscard]] std::size_t leg_count() const { return legs_.size(); }
    [[nodiscard]] std::size_t room_count() const { return rooms_.size(); }
    [[nodiscard]] std::uint64_t sums_missed() const;
    [[nodiscard]] std::uint64_t rooms_moved() const { return rooms_moved_; }
    [[nodiscard]] std::size_t sharing_count() const { return sharing_.count(); }

    void keep_house();

private:
    struct LegRecord {
        std::unique_ptr<Leg> leg;
        std::uint16_t port = 0;
        SharedPort* shared = nullptr;     // none: a port and sockets of its own
        Ownership owner;                  // as it is, or will be when the flight has landed
        std::optional<Ownership> leaves;  // set while it flies: whom it leaves
        std::optional<RoomId> room;
        std::optional<RoomId> parted;    // the room in parts that has given it one
        std::uint32_t part = 0;          // that part's worker
        std::deque<LegCommand> waiting;  // found the inbox full
        std::optional<LegConfig> config;
        bool loses = false;  // of what we send, as its reports tell
        std::int64_t lost_last_us = 0;
        std::vector<std::unique_ptr<LegSound>> sounds;  // the last one is what it is to use
        std::vector<std::unique_ptr<Srtp>> srtps;       // likewise, while it is to use any
    };
    struct Part {
        std::shared_ptr<Room> room;
        std::map<VoiceKind, std::shared_ptr<SharedVoice>> voices;
    };
    struct RoomRecord {
        std::shared_ptr<Room> room;
        std::uint32_t worker = 0;
        std::vector<RoomLeg> legs;
        RoomProfile profile;
        Recording recording = Recording::off;
        std::map<VoiceKind, std::shared_ptr<SharedVoice>> voices;
        std::shared_ptr<PartialSums> sums;  // none: it is whole
        std::vector<Part> parts;            // then by worker
    };
    struct Station {  // what a worker's next plan is made of
        std::map<RoomId, std::shared_ptr<const PlanRoom>> rooms;
        std::map<LegId, const LegRecord*> loose;
        std::map<VoiceKind, std::shared_ptr<SharedVoice>> silences;
        std::map<LegId, Departure> departures;
        std::map<RoomId, RoomFlight> flights;
        std::size_t legs = 0;
        std::map<std::uint16_t, std::size_t> behind;  // its legs, by shared port
        bool dirty = false;
    };
    struct Retired {
        std::vector<std::uint64_t> ticks;  // of each worker, when it was retired
        std::unique_ptr<const Plan> plan;
        std::unique_ptr<LegRecord> leg;
    };

    [[nodiscard]] Result<std::uint16_t, Fault> bind_pair(LegPorts& ports);
    [[nodiscard]] SharedPort* port_for(const PeerHint& peer, std::uint32_t worker);
    [[nodiscard]] SharedPort* make_port(std::uint32_t worker);
    void watch(LegRecord& record, std::uint32_t worker);
    void unwatch(LegRecord& record, std::uint32_t worker);
    void tell_what_to_read(std::uint32_t worker);
    [[nodiscard]] std::uint32_t least_loaded(std::optional<std::uint32_t> prefer) const;
    void give_back_unused(LegRecord& record);
    void command(LegRecord& record, const LegCommand& order);
    void leave_room(LegRecord& record);
    void seat(LegRecord& record);
    void fly(LegRecord& record, std::uint32_t to);
    void land(LegRecord& record);
    void keep_balance();
    [[nodiscard]] bool is_moving(const Room& room) const;
    void move_room(RoomRecord& room, std::uint32_t to);
    void land_rooms();
    void drop_from_flight(Station& station, const Leg& leg);
    [[nodiscard]] bool wants_parts(const RoomRecord& room) const;
    [[nodiscard]] std::uint32_t worker_of(const LegRecord& record) const;
    void arrange_parts(RoomRecord& room);
    void make_whole(RoomRecord& room);
    void plan_room(RoomRecord& room);
    void plan_part(const RoomRecord& room, std::uint32_t worker, const std::shared_ptr<Room>& part,
                   std::map<VoiceKind, std::shared_ptr<SharedVoice>>& voices);
    void watch_losses(std::int64_t now_us);
    [[nodiscard]] SharedVoice* silence_for(const LegRecord& record, Station& station);
    void watch_headroom();
    void publish();
    void retire(Retired&& what);
    void finish(LegRecord& record);

    std::vector<std::unique_ptr<Worker>>& workers_;
    const std::uint32_t bind_ip_;
    PromptLibrary prompts_;
    const bool share_ports_;
    PortPool ports_;
    SharedPorts& shared_;
    Sharing sharing_;
    Balance balance_;
    std::uint32_t rounds_ = 0;  // of keep_house
    std::uint64_t rooms_moved_ = 0, sums_missed_ = 0;
    const std::size_t split_rooms_at_;
    const bool refuse_overload_;
    Headroom headroom_;
    std::int64_t headroom_due_us_ = 0;
    std::int64_t silence_due_us_ = 0;
    std::map<LegId, std::unique_ptr<LegRecord>> legs_;
    std::map<RoomId, RoomRecord> rooms_;
    std::vector<Station> stations_;
    std::set<LegId> flying_, waiting_;
    std::vector<Retired> retired_;
};

}  // namespace media
