// SHA-1 is used by its old names: the new ones (EVP_MAC) allocate twice a packet.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "media/srtp.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/assert.hpp"
#include "media/rtp.hpp"
#include "media/wire.hpp"

namespace media {
namespace {

constexpr std::size_t key_bytes = 16, salt_bytes = 14, auth_key_bytes = 20, aes_block_bytes = 16;
constexpr std::size_t rtcp_header_bytes = 8, index_bytes = 4;
constexpr std::size_t rtcp_tag_bytes = 10;  // of both suites (RFC 4568, 6.2)
constexpr std::uint32_t encrypted_flag = 0x8000'0000;
constexpr std::size_t hmac_block_bytes = 64;
static_assert(key_bytes + salt_bytes == SrtpKeys::bytes);

using Tag = std::array<std::uint8_t, SHA_DIGEST_LENGTH>;

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

Cipher make_cipher(std::span<const std::uint8_t, key_bytes> key) {
    Cipher cipher{EVP_CIPHER_CTX_new()};
    ASSERT(cipher);
    ASSERT(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ctr(), nullptr, key.data(), nullptr) == 1);
    return cipher;
}

void apply_keystream(EVP_CIPHER_CTX* cipher, const std::array<std::uint8_t, aes_block_bytes>& iv,
                     std::span<std::uint8_t> bytes) noexcept {
    int written = 0;
    ASSERT(EVP_EncryptInit_ex(cipher, nullptr, nullptr, nullptr, iv.data()) == 1);
    ASSERT(EVP_EncryptUpdate(cipher, bytes.data(), &written, bytes.data(),
                             static_cast<int>(bytes.size())) == 1);
}

// The key derivation of RFC 3711, 4.3.1, at its rate 0: a keystream under the master key, whose
// start says what the result is for.
template <std::size_t size>
std::array<std::uint8_t, size> derive(std::span<const std::uint8_t, SrtpKeys::bytes> master,
                                      std::uint8_t label) {
    const Cipher cipher = make_cipher(master.first<key_bytes>());
    std::array<std::uint8_t, aes_block_bytes> iv{};
    std::ranges::copy(master.subspan(key_bytes), iv.begin());
    iv[7] ^= label;
    std::array<std::uint8_t, size> derived{};
    apply_keystream(cipher.get(), iv, derived);
    return derived;
}

// Where the sound begins: behind contributors and extension, which stay in clear. 0: no RTP.
std::size_t clear_bytes(std::span<const std::uint8_t> packet) noexcept {
    if (packet.size() < rtp_header_bytes || packet[0] >> 6 != 2) return 0;
    std::size_t bytes = rtp_header_bytes + 4 * static_cast<std::size_t>(packet[0] & 0x0f);
    if ((packet[0] & 0x10) != 0) {
        if (packet.size() < bytes + 4) return 0;
        bytes += 4 + 4 * static_cast<std::size_t>(read_u16(packet, bytes + 2));
    }
    return bytes <= packet.size() ? bytes : 0;
}

}  // namespace

// ---- the replay window ----------------------------------------------------------------------

bool ReplayWindow::fresh(std::uint64_t index) const noexcept REALTIME {
    if (!started_ || index > greatest_) return true;
    const std::uint64_t behind = greatest_ - index;
    return behind < width && (seen_[behind / 64] >> behind % 64 & 1) == 0;
}

void ReplayWindow::mark(std::uint64_t index) noexcept REALTIME {
    if (started_ && index <= greatest_) {
        const std::uint64_t behind = greatest_ - index;
        if (behind < width) seen_[behind / 64] |= std::uint64_t{1} << behind % 64;
        return;
    }
    const std::uint64_t ahead = started_ ? index - greatest_ : width;
    if (ahead >= width) {
        seen_ = {};
    } else if (ahead >= 64) {
        seen_[1] = seen_[0] << (ahead - 64);
        seen_[0] = 0;
    } else {
        seen_[1] = seen_[1] << ahead | seen_[0] >> (64 - ahead);
        seen_[0] <<= ahead;
    }
    seen_[0] |= 1;
    greatest_ = index;
    started_ = true;
}

std::uint64_t guess_index(std::uint64_t greatest, std::uint16_t sequence) noexcept REALTIME {
    const auto apart = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(greatest)));
    const std::int64_t index = static_cast<std::int64_t>(greatest) + apart;
    return index >= 0 ? static_cast<std::uint64_t>(index) : sequence;  // before the very beginning
}

// ---- keys of one direction ------------------------------------------------------------------

struct Srtp::Transform {
    Transform(std::span<const std::uint8_t, SrtpKeys::bytes> master, bool rtcp) {
        const std::uint8_t first_label = rtcp ? 3 : 0;
        auto key = derive<key_bytes>(master, first_label);
        auto auth_key = derive<auth_key_bytes>(master, static_cast<std::uint8_t>(first_label + 1));
        salt = derive<salt_bytes>(master, static_cast<std::uint8_t>(first_label + 2));
        cipher = make_cipher(key);
        inner = keyed_sha(auth_key, 0x36);
        outer = keyed_sha(auth_key, 0x5c);
        OPENSSL_cleanse(key.data(), key.size());
        OPENSSL_cleanse(auth_key.data(), auth_key.size());
    }
    ~Transform() {
        OPENSSL_cleanse(salt.data(), salt.size());
        OPENSSL_cleanse(&inner, sizeof inner);
        OPENSSL_cleanse(&outer, sizeof outer);
    }
    Transform(const Transform&) = delete;
    Transform& operator=(const Transform&) = delete;

    // HMAC (RFC 2104) with its first block of each half done in advance.
    static SHA_CTX keyed_sha(std::span<const std::uint8_t> key, std::uint8_t pad) {
        std::array<std::uint8_t, hmac_block_bytes> block;
        block.fill(pad);
        for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
        SHA_CTX state;
        SHA1_Init(&state);
        SHA1_Update(&state, block.data(), block.size());
        OPENSSL_cleanse(block.data(), block.size());
        return state;
    }

    /// Encrypts or decrypts, which is the same. The IV: RFC 3711, 4.1.1.
    void crypt(std::uint32_t ssrc, std::uint64_t index, std::span<std::uint8_t> bytes) noexcept {
        if (bytes.empty()) return;
        std::array<std::uint8_t, aes_block_bytes> iv{};
        std::ranges::copy(salt, iv.begin());
        for (std::size_t i = 0; i < 4; ++i)
            iv[4 + i] ^= static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
        for (std::size_t i = 0; i < 6; ++i)
            iv[8 + i] ^= static_cast<std::uint8_t>(index >> (40 - 8 * i));
        apply_keystream(cipher.get(), iv, bytes);
    }

    [[nodiscard]] Tag tag(std::span<const std::uint8_t> bytes,
                          std::span<const std::uint8_t> and_then = {}) const noexcept {
        Tag result;
        SHA_CTX state = inner;
        SHA1_Update(&state, bytes.data(), bytes.size());
        if (!and_then.empty()) SHA1_Update(&state, and_then.data(), and_then.size());
        SHA1_Final(result.data(), &state);
        state = outer;
        SHA1_Update(&state, result.data(), result.size());
        SHA1_Final(result.data(), &state);
        return result;
    }
    /// The rollover count is under the tag, though not in the packet.
    [[nodiscard]] Tag tag(std::span<const std::uint8_t> bytes, std::uint64_t index) const noexcept {
        std::array<std::uint8_t, 4> rollover;
        write_u32(rollover, 0, static_cast<std::uint32_t>(index >> 16));
        return tag(bytes, rollover);
    }

    Cipher cipher;
    std::array<std::uint8_t, salt_bytes> salt{};
    SHA_CTX inner{}, outer{};
};

// ---- ours -----------------------------------------------------------------------------------

Srtp::Srtp(const SrtpKeys& keys, std::uint32_t our_ssrc)
    : our_ssrc_(our_ssrc),
      tag_bytes_(keys.short_tag ? 4 : rtp_room),
      rtp_out_(std::make_unique<Transform>(keys.ours, false)),
      rtcp_out_(std::make_unique<Transform>(keys.ours, true)),
      rtp_in_(std::make_unique<Transform>(keys.theirs, false)),
      rtcp_in_(std::make_unique<Transform>(keys.theirs, true)) {}

Srtp::~Srtp() = default;

std::size_t Srtp::protect(std::span<std::uint8_t> buffer, std::size_t length) noexcept REALTIME {
    if (length > buffer.size() || buffer.size() - length < tag_bytes_) return 0;
    const std::span packet = buffer.first(length);
    const std::size_t clear = clear_bytes(packet);
    if (clear == 0 || read_u32(packet, 8) != our_ssrc_) return 0;
    const std::uint16_t sequence = read_u16(packet, 2);
    const std::uint64_t index = sent_ ? guess_index(*sent_, sequence) : sequence;
    // The same index twice would encrypt two packets alike, and tell both (RFC 3711, 9.1).
    if (sent_ && index <= *sent_) return 0;
    sent_ = index;
    rtp_out_->crypt(our_ssrc_, index, packet.subspan(clear));
    const Tag tag = rtp_out_->tag(packet, index);
    std::copy_n(tag.begin(), tag_bytes_, buffer.begin() + static_cast<std::ptrdiff_t>(length));
    return length + tag_bytes_;
}

std::size_t Srtp::protect_rtcp(std::span<std::uint8_t> buffer,
                               std::size_t length) noexcept REALTIME {
    if (length > buffer.size() || buffer.size() - length < rtcp_room) return 0;
    if (length < rtcp_header_bytes || read_u32(buffer, 4) != our_ssrc_) return 0;
    if (reports_sent_ == encrypted_flag - 1) return 0;  // the key is used up (RFC 3711, 9.2)
    const std::uint32_t index = ++reports_sent_;
    rtcp_out_->crypt(our_ssrc_, index,
                     buffer.subspan(rtcp_header_bytes, length - rtcp_header_bytes));
    write_u32(buffer, length, encrypted_flag | index);
    const Tag tag = rtcp_out_->tag(buffer.first(length + index_bytes));
    std::copy_n(tag.begin(), rtcp_tag_bytes,
                buffer.begin() + static_cast<std::ptrdiff_t>(length + index_bytes));
    return length + rtcp_room;
}

// ---- theirs ---------------------------------------------------------------------------------

Srtp::Stream* Srtp::known(std::uint32_t ssrc) noexcept {
    if (last_found_ < stream_count_ && streams_[last_found_].ssrc == ssrc)
        return &streams_[last_found_];
    for (std::size_t i = 0; i < stream_count_; ++i) {
        if (streams_[i].ssrc == ssrc) return &streams_[last_found_ = i];
    }
    return nullptr;
}

Srtp::Stream* Srtp::known_or_new(std::uint32_t ssrc) noexcept {
    if (Stream* stream = known(ssrc)) return stream;
    if (stream_count_ == streams_max) return nullptr;
    streams_[stream_count_].ssrc = ssrc;
    return &streams_[stream_count_++];
}

std::optional<std::size_t> Srtp::unprotect(std::span<std::uint8_t> packet) noexcept REALTIME {
    if (packet.size() < rtp_header_bytes + tag_bytes_) return std::nullopt;
    const std::span plain = packet.first(packet.size() - tag_bytes_);
    const std::size_t clear = clear_bytes(plain);
    if (clear == 0) return std::nullopt;
    const std::uint32_t ssrc = read_u32(plain, 8);
    const std::uint16_t sequence = read_u16(plain, 2);
    const Stream* heard = known(ssrc);
    const bool started = heard != nullptr && !heard->rtp.empty();
    const std::uint64_t index = started ? guess_index(heard->rtp.greatest(), sequence) : sequence;
    if (started && !heard->rtp.fresh(index)) return std::nullopt;
    const Tag tag = rtp_in_->tag(plain, index);
    if (CRYPTO_memcmp(tag.data(), packet.data() + plain.size(), tag_bytes_) != 0)
        return std::nullopt;
    Stream* stream = known_or_new(ssrc);  // only now: a forger makes no stream
    if (stream == nullptr) return std::nullopt;
    stream->rtp.mark(index);
    rtp_in_->crypt(ssrc, index, plain.subspan(clear));
    return plain.size();
}

std::optional<std::size_t> Srtp::unprotect_rtcp(std::span<std::uint8_t> packet) noexcept REALTIME {
    if (packet.size() < rtcp_header_bytes + rtcp_room || packet[0] >> 6 != 2) return std::nullopt;
    const std::span signed_bytes = packet.first(packet.size() - rtcp_tag_bytes);
    const std::size_t length = signed_bytes.size() - index_bytes;
    const std::uint32_t trailer = read_u32(signed_bytes, length);
    if ((trailer & encrypted_flag) == 0) return std::nullopt;  // what was settled is encryption
    const std::uint32_t index = trailer & ~encrypted_flag;
    const std::uint32_t ssrc = read_u32(packet, 4);
    const Stream* heard = known(ssrc);
    if (heard != nullptr && !heard->rtcp.fresh(index)) return std::nullopt;
    const Tag tag = rtcp_in_->tag(signed_bytes);
    if (CRYPTO_memcmp(tag.data(), packet.data() + signed_bytes.size(), rtcp_tag_bytes) != 0)
        return std::nullopt;
    Stream* stream = known_or_new(ssrc);
    if (stream == nullptr) return std::nullopt;
    stream->rtcp.mark(index);
    rtcp_in_->crypt(ssrc, index, packet.subspan(rtcp_header_bytes, length - rtcp_header_bytes));
    return length;
}

}  // namespace media
