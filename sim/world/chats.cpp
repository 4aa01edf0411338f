// What chat clients do; see chats.hpp.
#include "sim/world/chats.hpp"

#include <algorithm>
#include <charconv>

namespace sim {
namespace {

constexpr double answer_patience_s = 10;  // then a client takes its connection for dead

/// "<when it was sent, in microseconds>-<the writer's number for it>"
std::string client_id(Instant sent, std::uint64_t number) {
    return std::to_string(sent.us) + "-" + std::to_string(number);
}
Instant sent_at(const std::string& client_id) {
    Instant sent{};
    std::from_chars(client_id.data(), client_id.data() + client_id.size(), sent.us);
    return sent;
}

}  // namespace

/// One window that shows one chat.
class Chats::Client final : public actors::Subscriber {
public:
    Client(Chats& chats, std::uint32_t index, std::uint32_t user)
        : chats_(chats), index_(index), user_(user), chat_(chats.people_.chat(user)) {}

    void on_view(const actors::View& view) override {
        if (!listens()) return;
        const auto* chat = actors::peek<schema::ConversationStateT>(view.state);
        const std::uint64_t messages = chat != nullptr ? chat->messages : seen_number_;
        // What it missed it reads from the history; what it has seen cannot be gone.
        const std::uint64_t lost =
            first_view_ || messages >= seen_number_ ? 0 : seen_number_ - messages;
        for (std::uint64_t i = 0; i < lost; ++i)
            chats_.ground_.figures.hit(Metric::im_lost, chats_.ground_.now(), true);
        first_view_ = false;
        seen_number_ = expected_ = messages;
        cursor_ = {view.epoch, view.sequence};
        sent_cursor_ = cursor_;
    }

    void on_transition(const actors::SharedTransition& transition) override {
        if (!listens()) return;
        const schema::MessageSentT* message = nullptr;
        for (const schema::EventUnion& event : transition->events) {
            if (const auto* one = actors::peek<schema::MessageSentT>(event)) message = one;
        }
        const actors::Cursor cursor{transition->epoch, transition->sequence};
        sent_cursor_ = cursor;
        if (message == nullptr) {
            // Nothing to show; the cursor moves with the next message that is.
            if (on_the_way_ == 0) cursor_ = cursor;
            return;
        }
        expected_ = message->number;
        const bool own = message->from == People::name(user_);
        Ground& ground = chats_.ground_;
        const Instant arrives =
            std::max(last_arrival_, ground.now() + seconds_of(chats_.delay_s()));
        last_arrival_ = arrives;  // one connection: nothing overtakes
        ++on_the_way_;
        ++chats_.on_the_way_;
        ground.timetable.at(arrives, [this, cursor, number = message->number,
                                      sent = sent_at(message->client_id), connection = connection_,
                                      own] { shows(cursor, number, sent, connection, own); });
    }

    void connect() {
        connected_ = true;
        ++connection_;
        on_the_way_ = 0;
        life_ = chats_.ground_.life();
        last_arrival_ = {};
        std::optional<actors::Cursor> from;
        if (cursor_.sequence > 0) from = cursor_;
        chats_.ground_.house->subscribe({StreamKind::conversation, People::chat_name(chat_)},
                                        chats_.clients_[index_], from);
    }
    void disconnect() {
        connected_ = false;
        ++connection_;
        if (life_ != chats_.ground_.life() || chats_.ground_.house == nullptr) return;
        chats_.ground_.house->unsubscribe({StreamKind::conversation, People::chat_name(chat_)},
                                          chats_.clients_[index_]);
    }
    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] std::uint32_t connection() const { return connection_; }
    [[nodiscard]] bool has_all() const { return seen_number_ == expected_; }

private:
    [[nodiscard]] bool listens() const { return connected_ && life_ == chats_.ground_.life(); }

    void shows(actors::Cursor cursor, std::uint64_t number, Instant sent, std::uint32_t connection,
               bool own) {
        --chats_.on_the_way_;
        if (connection != connection_) return;  // that connection broke on the way
        --on_the_way_;
        Ground& ground = chats_.ground_;
        const Instant now = ground.now();
        cursor_ = on_the_way_ == 0 ? sent_cursor_ : cursor;
        if (number <= seen_number_) return;
        for (std::uint64_t missed = seen_number_ + 1; missed < number; ++missed)
            ground.figures.hit(Metric::im_lost, now, true);
        seen_number_ = number;
        if (own) return;
        ground.figures.hit(Metric::im_lost, now, false);
        ground.figures.sample(Metric::im_delivery_s, now, seconds_in(now - sent));
        if (reading_) return;
        reading_ = true;
        ground.after(chats_.reading_.draw(ground.scenario.im.reading_s), [this] { read(); });
    }

    void read() {
        reading_ = false;
        if (!connected_ || chats_.ground_.house == nullptr || cursor_.sequence <= read_up_to_)
            return;
        read_up_to_ = cursor_.sequence;
        schema::MarkReadT wish;
        wish.sequence = read_up_to_;
        chats_.ground_.send({StreamKind::conversation, People::chat_name(chat_)},
                            "user/" + People::name(user_), actors::command(wish));
    }

    Chats& chats_;
    const std::uint32_t index_, user_, chat_;
    bool connected_ = false, first_view_ = true, reading_ = false;
    std::uint32_t connection_ = 0;
    std::uint64_t life_ = 0;
    actors::Cursor cursor_, sent_cursor_;  // of what it shows, of what is on its way
    std::uint64_t seen_number_ = 0, expected_ = 0, read_up_to_ = 0;
    std::uint64_t on_the_way_ = 0;
    Instant last_arrival_{};
};

Chats::Chats(Ground& ground, const People& people)
    : ground_(ground),
      people_(people),
      delays_(ground.chance("im/delays")),
      returns_(ground.chance("im/returns")),
      reading_(ground.chance("im/reading")) {}
Chats::~Chats() = default;

void Chats::begin() {
    if (ground_.scenario.im.messages_per_user_hour <= 0) return;
    for (std::uint32_t user = 0; user < people_.count(); ++user) {
        Writer writer{.user = user, .chance = ground_.chance("im/writer", user)};
        for (std::uint32_t i = 0; i < people_.clients(user); ++i) {
            const auto index = static_cast<std::uint32_t>(clients_.size());
            writer.clients.push_back(index);
            writer_of_.push_back(static_cast<std::uint32_t>(writers_.size()));
            clients_.push_back(std::make_shared<Client>(*this, index, user));
        }
        if (!writer.clients.empty()) writers_.push_back(std::move(writer));
    }
    for (std::uint32_t i = 0; i < clients_.size(); ++i) connect(i);
    for (std::uint32_t i = 0; i < writers_.size(); ++i) type(i);
    for (const double at : ground_.scenario.im.storms_s)
        ground_.timetable.at(world_begins + seconds_of(at), [this] { storm(); });
}

// ---- writing

void Chats::type(std::uint32_t index) {
    Writer& writer = writers_[index];
    const Im& im = ground_.scenario.im;
    const double pause_s = writer.chance.exponential(3600 / im.messages_per_user_hour);
    const double typing_s = writer.chance.draw(im.typing_s);
    ground_.after(pause_s, [this, index, typing_s] {
        if (ground_.healed) return;
        ground_.after(typing_s, [this, index] {
            if (ground_.healed) return;
            Writer& one = writers_[index];
            const std::uint64_t number = ++one.messages;
            one.unacknowledged.push_back({number, ground_.now(), false});
            ++ground_.counts.messages;
            ground_.figures.tick(Metric::im_messages, ground_.now());
            send(index, number);
        });
        type(index);
    });
}

Chats::Client* Chats::first_connected(const Writer& writer) {
    for (const std::uint32_t client : writer.clients) {
        if (clients_[client]->connected()) return clients_[client].get();
    }
    return nullptr;
}

/// By the writer's first client that is connected; if none is, the next one that is sends it.
void Chats::send(std::uint32_t index, std::uint64_t number) {
    const Writer& waits = writers_[index];
    if (std::ranges::find(waits.unacknowledged, number, &Message::number) ==
        waits.unacknowledged.end())
        return;
    const Client* client = first_connected(waits);
    if (client == nullptr) return;
    // The time it takes to the server; the connection may break meanwhile.
    ground_.after(delay_s(), [this, index, number, client, connection = client->connection()] {
        if (client->connection() != connection || ground_.house == nullptr) return;
        Writer& writer = writers_[index];
        const auto found = std::ranges::find(writer.unacknowledged, number, &Message::number);
        if (found == writer.unacknowledged.end()) return;
        if (found->again) ground_.figures.tick(Metric::im_resent, ground_.now());
        found->again = true;
        schema::SendMessageT wish;
        wish.client_id = client_id(found->sent, number);
        wish.text = "Message " + std::to_string(number) + " of " + People::name(writer.user);
        wish.via = "web";
        const std::string name = People::name(writer.user);
        const CommandId id = command_id_of(name + ":" + wish.client_id);
        ground_.send(id, {StreamKind::conversation, People::chat_name(people_.chat(writer.user))},
                     "user/" + name, actors::command(std::move(wish)),
                     [this, index, number](const actors::Answer& answer) {
                         if (!answer.ok()) return;  // the client's patience sends it again
                         ground_.after(delay_s(),
                                       [this, index, number] { acknowledged(index, number); });
                     });
        ground_.after(answer_patience_s, [this, index, number] { send(index, number); });
    });
}

void Chats::acknowledged(std::uint32_t index, std::uint64_t number) {
    Writer& writer = writers_[index];
    const auto found = std::ranges::find(writer.unacknowledged, number, &Message::number);
    if (found == writer.unacknowledged.end()) return;
    ground_.figures.sample(Metric::im_acknowledged_s, ground_.now(),
                           seconds_in(ground_.now() - found->sent));
    writer.unacknowledged.erase(found);
}

// ---- connections

void Chats::connect(std::uint32_t index) {
    if (clients_[index]->connected()) return;
    clients_[index]->connect();
    ground_.figures.level(Metric::im_clients, ground_.now(), static_cast<double>(++connected_));
    const std::uint32_t writer = writer_of_[index];
    for (const Message& one : writers_[writer].unacknowledged) send(writer, one.number);
}

void Chats::disconnect(std::uint32_t index, double back_after_s) {
    if (!clients_[index]->connected()) return;
    clients_[index]->disconnect();
    ground_.figures.level(Metric::im_clients, ground_.now(), static_cast<double>(--connected_));
    ground_.after(back_after_s, [this, index] { connect(index); });
}

void Chats::storm() {
    if (ground_.healed) return;
    for (std::uint32_t i = 0; i < clients_.size(); ++i)
        disconnect(i, returns_.uniform() * ground_.scenario.im.storm_width_s);
}

void Chats::crash() {
    for (std::uint32_t i = 0; i < clients_.size(); ++i)
        disconnect(i, 1 + returns_.uniform() * ground_.scenario.im.storm_width_s);
}

bool Chats::idle() const {
    return connected_ == clients_.size() && on_the_way_ == 0 &&
           std::ranges::all_of(clients_, [](const auto& one) { return one->has_all(); }) &&
           std::ranges::all_of(writers_,
                               [](const Writer& one) { return one.unacknowledged.empty(); });
}

}  // namespace sim
