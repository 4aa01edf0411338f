// The server's key, and what is done with it: PINs become keyed hashes, phone secrets are sealed,
// so that the journal alone gives neither away. The key lies beside the journal in `secret.key`,
// mode 0600.
//
// Thread: const after loading. Memory: the key is wiped on destruction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace base {

class Secrets {
public:
    /// Loads `path`, or makes it when absent. The error is a sentence with the path and what to do.
    [[nodiscard]] static Result<std::shared_ptr<const Secrets>, std::string> load(
        const std::string& path);
    /// A key from a seed, for tests and simulations.
    [[nodiscard]] static std::shared_ptr<const Secrets> of_seed(std::uint64_t seed);
    ~Secrets();

    /// What stands for a PIN in commands and state. The same PIN of two conferences gives two
    /// hashes.
    [[nodiscard]] Hash keyed_pin(std::string_view conference, std::string_view digits) const;
    /// What stands for a bearer token.
    [[nodiscard]] Hash keyed_token(std::string_view token) const;
    /// Encrypts (XSalsa20-Poly1305); the result is hexadecimal text. Each call gives another text.
    [[nodiscard]] std::string seal(std::string_view clear) const;
    [[nodiscard]] std::optional<std::string> unseal(std::string_view sealed) const;

private:
    Secrets() = default;
    unsigned char key_[32]{};
};

/// argon2id (RFC 9106), encoded. Takes some 50 ms and 64 MiB: never on an actor or I/O thread.
[[nodiscard]] std::string hash_password(std::string_view password);
[[nodiscard]] bool password_fits(const std::string& encoded, std::string_view password);

/// HA1 = MD5(user:realm:password) in lower-case hexadecimal (RFC 2617, 3.2.2.2).
[[nodiscard]] std::string digest_ha1(std::string_view user, std::string_view realm,
                                     std::string_view password);

}  // namespace base
