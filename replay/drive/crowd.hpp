// Who takes part in a drive: people with accounts on the server under test, and all telephones.
//
// Thread: one. Memory: two sockets a telephone, prepared speech of each codec that is spoken. Time:
// prepare() and register_phone() wait for the server; pump() does not wait.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "replay/drive/client.hpp"
#include "replay/drive/drive.hpp"
#include "replay/drive/telephone.hpp"

namespace replay {

class Crowd {
public:
    /// Looks after everything until it returns true; false: it did not, in that time.
    using Wait = std::function<bool(Duration, const std::function<bool()>&)>;

    /// All must outlive it.
    Crowd(const journal::Reader& reader, const Script& script, const DriveWish& wish,
          Client& client, Wait wait);

    /// Makes everybody who takes part. Fails with a sentence.
    [[nodiscard]] Done<std::string> prepare();
    /// What a person is called there: the first administrator is on every server.
    [[nodiscard]] static std::string there(const std::string& name);
    [[nodiscard]] static std::string here(const std::string& name);
    /// A request's body with the names that people have there.
    [[nodiscard]] static nlohmann::json names_there(nlohmann::json body);
    /// Of nobody (""): of who stands for the command line. Empty: there is no such person.
    [[nodiscard]] std::string token_of(const std::string& person) const;

    /// The registered one; null: this person needs none.
    [[nodiscard]] Telephone* phone_of(const std::string& person) const;
    /// Whether calls find it. Fails with a sentence.
    [[nodiscard]] Done<std::string> register_phone(const std::string& person, bool on);

    /// Who called in the recording; who was called. Fails with a sentence: no port is free.
    [[nodiscard]] Result<Telephone*, std::string> caller_of(const std::string& leg);
    [[nodiscard]] Result<Telephone*, std::string> called_of(const std::string& leg,
                                                            const std::string& kind,
                                                            const std::string& target);
    /// The telephone that plays this connection; null: none does.
    [[nodiscard]] Telephone* of_leg(const std::string& leg) const;
    [[nodiscard]] std::optional<CapturedVoice> voice_of(const std::string& leg) const;

    /// `noticed`: the leg, and what its telephone noticed.
    void pump(Instant now, const std::function<void(const std::string&, std::string)>& noticed);
    /// The server was restarted: no call is there any more.
    void forget_calls();
    void hang_up_all(Instant now);

private:
    struct Account {
        std::string token, phone, password;  // of the telephone account
    };
    [[nodiscard]] Done<std::string> make_person(const std::string& name, const Person& person);
    [[nodiscard]] bool needs_telephone(const std::string& name) const;
    [[nodiscard]] Done<std::string> give_telephone(const std::string& name);
    [[nodiscard]] Result<Telephone*, std::string> open(const std::string& name,
                                                       const std::string& password,
                                                       std::shared_ptr<Line> shared);
    Telephone* play(const std::string& leg, Telephone* telephone);
    const sim::Sounds& sounds_of(media::Format& format);
    void read_trunk(Instant now);

    const journal::Reader& reader_;
    const Script& script_;
    const DriveWish& wish_;
    Client& client_;
    Wait wait_;
    std::map<media::Format, sim::Sounds> sounds_;
    std::map<std::string, Account> accounts_;                       // by recorded name
    std::vector<std::unique_ptr<Telephone>> telephones_, carried_;  // the second behind trunk_
    std::shared_ptr<Line> trunk_;
    std::map<std::string, Telephone*> of_users_, of_legs_, of_targets_;
    std::map<const Telephone*, std::string> leg_of_;
};

}  // namespace replay
