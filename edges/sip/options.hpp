// What an operator decides about the telephone side.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secrets.hpp"
#include "edges/sip/admission.hpp"
#include "edges/sip/codecs.hpp"
#include "media/engine.hpp"

namespace sip {

/// A carrier or another exchange, known by its address.
struct Trunk {
    std::string name;
    std::string host;           // IPv4 literal: calls from here are its calls
    std::uint16_t port = 5060;  // where we send to
    bool match_port = false;    // calls from another port of `host` are strangers'
    bool tcp = false;
    std::string user, password;         // for its 401 or 407; empty: it never asks
    std::string caller;                 // the number we show; empty: the one of the call
    std::optional<SrtpRule> srtp;       // none: as everybody
    std::vector<std::string> prefixes;  // numbers it may be used for ("+49", "0"); "" is any number
};

struct Options {
    std::string bind_ip = "127.0.0.1";
    std::uint16_t port = 5060;  // UDP and TCP
    std::string
        advertised_ip;  // in Contact and SDP; empty: bind_ip, which must not be 0.0.0.0 then
    std::string realm = "partyline";  // of the phones' HA1
    std::string domain;               // of addresses we write; empty: the advertised ip
    std::vector<Trunk> trunks;
    std::vector<std::string> allowed_domains;  // hosts of "sip:" targets that may be dialled
    bool allow_guests = false;  // strangers may call conferences and the access number
    Limits limits;
    SoundPolicy sound;
    media::RoomProfile room;  // how conferences sound, unless they say otherwise
    std::shared_ptr<const base::Secrets> secrets;  // opens the phones' HA1 and keys PINs
};

}  // namespace sip
