#include "base/secrets.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/assert.hpp"

namespace base {
namespace {

std::string cannot(const char* what, const std::string& path) {
    return std::string{"cannot "} + what + " the server's key '" + path +
           "': " + std::strerror(errno);
}

}  // namespace

Result<std::shared_ptr<const Secrets>, std::string> Secrets::load(const std::string& path) {
    std::shared_ptr<Secrets> secrets{new Secrets};
    int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        struct stat about {};
        const bool known = ::fstat(file, &about) == 0;
        const ssize_t got = ::read(file, secrets->key_, sizeof secrets->key_);
        ::close(file);
        if (got != static_cast<ssize_t>(sizeof secrets->key_) || !known || about.st_size != got) {
            return fail(std::string{"the server's key '"} + path +
                        "' is damaged: 32 bytes expected. Restore it from a backup; without it "
                        "PINs and phone "
                        "passwords in the journal cannot be used.");
        }
        return std::shared_ptr<const Secrets>{std::move(secrets)};
    }
    if (errno != ENOENT) return fail(cannot("read", path));
    file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return fail(cannot("create", path));
    randombytes_buf(secrets->key_, sizeof secrets->key_);
    const bool written =
        ::write(file, secrets->key_, sizeof secrets->key_) == ssize_t{sizeof secrets->key_} &&
        ::fsync(file) == 0;
    ::close(file);
    if (!written) {
        ::unlink(path.c_str());
        return fail(cannot("write", path));
    }
    return std::shared_ptr<const Secrets>{std::move(secrets)};
}

std::shared_ptr<const Secrets> Secrets::of_seed(std::uint64_t seed) {
    std::shared_ptr<Secrets> secrets{new Secrets};
    const Hash hash = blake2b(std::to_string(seed), "partyline seed");
    std::memcpy(secrets->key_, &hash, sizeof secrets->key_);
    return secrets;
}

Secrets::~Secrets() { sodium_memzero(key_, sizeof key_); }

Hash Secrets::keyed_pin(std::string_view conference, std::string_view digits) const {
    std::string text{"pin:"};
    text.append(conference).append(":").append(digits);
    return blake2b(text, {reinterpret_cast<const char*>(key_), sizeof key_});
}

Hash Secrets::keyed_token(std::string_view token) const {
    std::string text{"token:"};
    text.append(token);
    return blake2b(text, {reinterpret_cast<const char*>(key_), sizeof key_});
}

std::string Secrets::seal(std::string_view clear) const {
    std::string sealed = random_bytes(crypto_secretbox_NONCEBYTES);
    sealed.resize(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + clear.size());
    auto* bytes = reinterpret_cast<unsigned char*>(sealed.data());
    crypto_secretbox_easy(bytes + crypto_secretbox_NONCEBYTES,
                          reinterpret_cast<const unsigned char*>(clear.data()), clear.size(), bytes,
                          key_);
    return hex(sealed);
}

std::optional<std::string> Secrets::unseal(std::string_view text) const {
    const std::string sealed = unhex(text);
    constexpr std::size_t overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (sealed.size() < overhead) return std::nullopt;
    std::string clear(sealed.size() - overhead, '\0');
    const auto* bytes = reinterpret_cast<const unsigned char*>(sealed.data());
    if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(clear.data()),
                                   bytes + crypto_secretbox_NONCEBYTES,
                                   sealed.size() - crypto_secretbox_NONCEBYTES, bytes, key_) != 0) {
        return std::nullopt;
    }
    return clear;
}

std::string hash_password(std::string_view password) {
    char encoded[crypto_pwhash_STRBYTES];
    const int failed = crypto_pwhash_str_alg(
        encoded, password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
        crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    ASSERT(failed == 0);  // only when 64 MiB are not to be had
    return encoded;
}

bool password_fits(const std::string& encoded, std::string_view password) {
    return crypto_pwhash_str_verify(encoded.c_str(), password.data(), password.size()) == 0;
}

std::string digest_ha1(std::string_view user, std::string_view realm, std::string_view password) {
    std::string text{user};
    text.append(":").append(realm).append(":").append(password);
    unsigned char digest[16];
    unsigned int size = 0;
    ASSERT(EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) == 1);
    return hex(std::string_view{reinterpret_cast<const char*>(digest), size});
}

}  // namespace base
