// Telephones, the network between them and the edge, and what people do with them; see
// telephony.hpp.
#include "sim/world/telephony.hpp"

#include <algorithm>
#include <charconv>

#include "sim/world/rooms.hpp"

namespace sim {
namespace {

// A call's id holds the slot it is in, so that finding it costs nothing; the rest is its number,
// which no other call of this world has.
constexpr unsigned slot_bits = 22;
constexpr std::uint64_t slot_mask = (1u << slot_bits) - 1;

/// A telephone notices that the other end is gone: no sound comes, a refresh gets no answer.
constexpr double noticing_s_min = 1, noticing_s_max = 10;

}  // namespace

std::string leg_name(CallId id) {
    std::string out(16, '0');
    for (std::size_t i = 16; i-- > 0; id >>= 4) out[i] = "0123456789abcdef"[id & 15];
    return out;
}

CallId leg_id(std::string_view leg) {
    CallId id = 0;
    const auto [end, error] = std::from_chars(leg.data(), leg.data() + leg.size(), id, 16);
    return leg.size() == 16 && error == std::errc{} && end == leg.data() + leg.size() ? id : 0;
}

Telephony::Telephony(Ground& ground, Lines& lines, Rooms& rooms)
    : ground_(ground),
      lines_(lines),
      rooms_(rooms),
      chance_(ground.chance("telephony")),
      delay_(seconds_of(ground.scenario.network.delay_ms / 1000)),
      scramble_(chance_.bits() << slot_bits) {
    rooms_.key = [this](CallId id, const std::string& code) { key_code(id, code); };
}

// ---- slots

Telephony::Call* Telephony::find(CallId id) {
    if (id == 0) return nullptr;
    const std::uint64_t slot = id & slot_mask;
    if (slot < slots_.size() && slots_[slot].id == id) return &slots_[slot];
    const auto found = dialled_.find(id);
    return found == dialled_.end() ? nullptr : &slots_[found->second];
}

Telephony::Call* Telephony::find(const std::string& leg) { return find(leg_id(leg)); }

std::uint32_t Telephony::free_slot() {
    ++calls_;
    if (free_.empty()) {
        ASSERT(slots_.size() < slot_mask);
        slots_.emplace_back();
        return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
}

Telephony::Call& Telephony::begin() {
    const std::uint32_t slot = free_slot();
    Call& call = slots_[slot];
    call.id = ((++numbers_ << slot_bits) ^ scramble_) | slot;
    call.begun = ground_.now();
    return call;
}

Telephony::Call& Telephony::begin_dialled(CallId id) {
    const std::uint32_t slot = free_slot();
    Call& call = slots_[slot];
    call.id = id;
    call.inbound = false;
    call.begun = ground_.now();
    dialled_[id] = slot;
    return call;
}

void Telephony::forget_if_done(Call& call) {
    if (call.lifted || call.stage != Stage::gone || call.id == 0) return;
    if (!call.inbound) dialled_.erase(call.id);
    const auto slot = static_cast<std::uint32_t>(&call - slots_.data());
    call = Call{};
    free_.push_back(slot);
    --calls_;
}

// ---- the network

/// Requests that a partition swallows are sent again until one passes (RFC 3261, 17.1: after 0.5,
/// 1, 2, 4, 4, ... seconds).
Instant Telephony::arrival(Instant sent) const {
    for (const auto& [from, to] : ground_.scenario.network.partitions_s) {
        const Instant begins = world_begins + seconds_of(from),
                      ends = world_begins + seconds_of(to);
        if (ground_.healed || sent < begins || sent >= ends) continue;
        Duration wait = milliseconds(500);
        while (sent < ends) {
            sent = sent + wait;
            wait = std::min(wait * 2, seconds(4));
        }
    }
    return sent + delay_;
}

void Telephony::send_over(CallId id, Step what, double after_s) {
    const Instant sent = ground_.now() + seconds_of(after_s);
    ground_.timetable.at(arrival(sent), [this, id, what] { (this->*what)(id); });
}

// ---- what people do

CallId Telephony::call(Party& party, std::uint64_t who, Invite invite) {
    Call& call = begin();
    call.party = &party;
    call.who = who;
    call.lifted = true;
    call.on_trunk = invite.user.empty();
    call.phone = invite.user;
    if (!call.phone.empty()) phones_in_use_.insert(call.phone);
    call.codec = invite.codec;
    call.invite = std::move(invite);
    send_over(call.id, &Telephony::invite_arrives);
    return call.id;
}

void Telephony::key_pin(CallId id, const std::string& digits, double keying_s) {
    Call* call = find(id);
    if (call == nullptr || !call->lifted) return;
    // The first key comes in the middle of that time; who has not begun by then is sent away.
    const double patience_s = seconds_in(keypad_patience);
    if (keying_s / 2 > patience_s) {
        ground_.after(patience_s, [this, id] { keying_stopped(id); });
        return;
    }
    call->keying = digits;
    send_over(id, &Telephony::keys_arrive, keying_s);
}

void Telephony::key_code(CallId id, const std::string& code) {
    Call* call = find(id);
    if (call == nullptr || !call->lifted) return;
    call->keying = code;
    send_over(id, &Telephony::keys_arrive);
}

void Telephony::hang_up(CallId id) {
    Call* call = find(id);
    if (call == nullptr || !call->lifted) return;
    call->party = nullptr;
    put_down(*call, {});
    send_over(id, &Telephony::bye_arrives);
}

/// The telephone's end is over: the line is free again.
void Telephony::put_down(Call& call, const Ending& ending) {
    if (!call.lifted) return;
    const CallId id = call.id;
    Party* party = call.party;
    const std::uint64_t who = call.who;
    const bool line = call.on_trunk;
    call.lifted = false;
    call.party = nullptr;
    if (!call.phone.empty()) phones_in_use_.erase(call.phone);
    rooms_.left(id);
    forget_if_done(call);
    if (line) lines_.release();
    if (party != nullptr) party->over(who, ending);
}

// ---- what reaches a telephone

void Telephony::answer_reaches_phone(CallId id) {
    Call* call = find(id);
    if (call == nullptr || !call->lifted) return;  // its CANCEL or BYE is on the way
    send_over(id, &Telephony::confirmed);
    if (call->party != nullptr) call->party->answered(call->who);
}

void Telephony::refusal_reaches_phone(CallId id) {
    if (Call* call = find(id)) put_down(*call, {.status = call->status});
}

void Telephony::bye_reaches_phone(CallId id) {
    if (Call* call = find(id)) put_down(*call, {});
}

void Telephony::question_reaches_phone(CallId id) {
    Call* call = find(id);
    if (call != nullptr && call->party != nullptr)
        call->party->asked_for_pin(call->who, call->again);
}

void Telephony::welcome_reaches_phone(CallId id) {
    Call* call = find(id);
    if (call != nullptr && call->party != nullptr) call->party->admitted(call->who, id);
}

void Telephony::nobody_answers(CallId id) {
    if (Call* call = find(id)) put_down(*call, {.status = 408, .lost = true});
}

// ---- what happens to everybody

void Telephony::drop_trunk() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Call& call = slots_[i];
        if (call.id == 0 || !call.lifted || !call.on_trunk) continue;
        const CallId id = call.id;
        put_down(call, {.lost = true});
        send_over(id, &Telephony::bye_arrives);  // the exchange's, for its dead line
    }
}

void Telephony::crash() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Call& call = slots_[i];
        if (call.id == 0) continue;
        call.stage = Stage::gone;
        const CallId id = call.id;
        if (call.lifted) {
            const double after =
                noticing_s_min + (noticing_s_max - noticing_s_min) * chance_.uniform();
            ground_.after(after, [this, id] { nobody_answers(id); });
        }
        forget_if_done(call);
    }
    ports_ = 0;
    ground_.figures.level(Metric::ports_in_use, ground_.now(), 0);
}

}  // namespace sim
