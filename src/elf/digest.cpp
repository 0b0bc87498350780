// SHA-1 and SHA-2 (FIPS 180-4) of files, for the digests that policies pin binaries to. Our own because nothing else
// here needs a cryptographic library; test/unit/elf compares it with sha1sum and its kin.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/unique_fd.h"
#include "elf/binary.h"

namespace burin {
namespace {

// The first bits of the fractional parts of cube roots of primes (SHA-256 uses the upper halves).
constexpr std::array<std::uint64_t, 80> kRounds = {
    0x428a2f98d728ae22ull, 0x7137449123ef65cdull, 0xb5c0fbcfec4d3b2full, 0xe9b5dba58189dbbcull, 0x3956c25bf348b538ull,
    0x59f111f1b605d019ull, 0x923f82a4af194f9bull, 0xab1c5ed5da6d8118ull, 0xd807aa98a3030242ull, 0x12835b0145706fbeull,
    0x243185be4ee4b28cull, 0x550c7dc3d5ffb4e2ull, 0x72be5d74f27b896full, 0x80deb1fe3b1696b1ull, 0x9bdc06a725c71235ull,
    0xc19bf174cf692694ull, 0xe49b69c19ef14ad2ull, 0xefbe4786384f25e3ull, 0x0fc19dc68b8cd5b5ull, 0x240ca1cc77ac9c65ull,
    0x2de92c6f592b0275ull, 0x4a7484aa6ea6e483ull, 0x5cb0a9dcbd41fbd4ull, 0x76f988da831153b5ull, 0x983e5152ee66dfabull,
    0xa831c66d2db43210ull, 0xb00327c898fb213full, 0xbf597fc7beef0ee4ull, 0xc6e00bf33da88fc2ull, 0xd5a79147930aa725ull,
    0x06ca6351e003826full, 0x142929670a0e6e70ull, 0x27b70a8546d22ffcull, 0x2e1b21385c26c926ull, 0x4d2c6dfc5ac42aedull,
    0x53380d139d95b3dfull, 0x650a73548baf63deull, 0x766a0abb3c77b2a8ull, 0x81c2c92e47edaee6ull, 0x92722c851482353bull,
    0xa2bfe8a14cf10364ull, 0xa81a664bbc423001ull, 0xc24b8b70d0f89791ull, 0xc76c51a30654be30ull, 0xd192e819d6ef5218ull,
    0xd69906245565a910ull, 0xf40e35855771202aull, 0x106aa07032bbd1b8ull, 0x19a4c116b8d2d0c8ull, 0x1e376c085141ab53ull,
    0x2748774cdf8eeb99ull, 0x34b0bcb5e19b48a8ull, 0x391c0cb3c5c95a63ull, 0x4ed8aa4ae3418acbull, 0x5b9cca4f7763e373ull,
    0x682e6ff3d6b2b8a3ull, 0x748f82ee5defb2fcull, 0x78a5636f43172f60ull, 0x84c87814a1f0ab72ull, 0x8cc702081a6439ecull,
    0x90befffa23631e28ull, 0xa4506cebde82bde9ull, 0xbef9a3f7b2c67915ull, 0xc67178f2e372532bull, 0xca273eceea26619cull,
    0xd186b8c721c0c207ull, 0xeada7dd6cde0eb1eull, 0xf57d4f7fee6ed178ull, 0x06f067aa72176fbaull, 0x0a637dc5a2c898a6ull,
    0x113f9804bef90daeull, 0x1b710b35131c471bull, 0x28db77f523047d84ull, 0x32caab7b40c72493ull, 0x3c9ebe0a15c9bebcull,
    0x431d67c49c100d4cull, 0x4cc5d4becb3e42b6ull, 0x597f299cfc657e2aull, 0x5fcb6fab3ad6faecull, 0x6c44198c4a475817ull};

template <class Word>
struct Sha2 {
  static constexpr std::size_t kBlock = 16 * sizeof(Word);
  static constexpr std::size_t kCount = sizeof(Word) == 8 ? 80 : 64;
  std::array<Word, 8> h;

  static Word big0(Word x) {
    if constexpr (sizeof(Word) == 8)
      return std::rotr(x, 28) ^ std::rotr(x, 34) ^ std::rotr(x, 39);
    else
      return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22);
  }
  static Word big1(Word x) {
    if constexpr (sizeof(Word) == 8)
      return std::rotr(x, 14) ^ std::rotr(x, 18) ^ std::rotr(x, 41);
    else
      return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25);
  }
  static Word small0(Word x) {
    if constexpr (sizeof(Word) == 8)
      return std::rotr(x, 1) ^ std::rotr(x, 8) ^ (x >> 7);
    else
      return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
  }
  static Word small1(Word x) {
    if constexpr (sizeof(Word) == 8)
      return std::rotr(x, 19) ^ std::rotr(x, 61) ^ (x >> 6);
    else
      return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
  }
  static Word round_constant(std::size_t i) {
    return static_cast<Word>(sizeof(Word) == 8 ? kRounds[i] : kRounds[i] >> 32);
  }

  void block(const unsigned char* p) {
    std::array<Word, kCount> w{};
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t b = 0; b < sizeof(Word); ++b) w[i] = static_cast<Word>(w[i] << 8 | p[i * sizeof(Word) + b]);
    for (std::size_t i = 16; i < kCount; ++i) w[i] = small1(w[i - 2]) + w[i - 7] + small0(w[i - 15]) + w[i - 16];
    auto [a, b, c, d, e, f, g, last] = h;
    for (std::size_t i = 0; i < kCount; ++i) {
      const Word t1 = last + big1(e) + ((e & f) ^ (~e & g)) + round_constant(i) + w[i];
      const Word t2 = big0(a) + ((a & b) ^ (a & c) ^ (b & c));
      last = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<Word, 8> add = {a, b, c, d, e, f, g, last};
    for (std::size_t i = 0; i < 8; ++i) h[i] += add[i];
  }
};

struct Sha1 {
  static constexpr std::size_t kBlock = 64;
  std::array<std::uint32_t, 5> h = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};

  void block(const unsigned char* p) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t b = 0; b < 4; ++b) w[i] = w[i] << 8 | p[i * 4 + b];
    for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = h;
    for (std::size_t i = 0; i < 80; ++i) {
      const std::uint32_t f = i < 20   ? (b & c) | (~b & d)
                              : i < 40 ? b ^ c ^ d
                              : i < 60 ? (b & c) | (b & d) | (c & d)
                                       : b ^ c ^ d;
      const std::uint32_t k = i < 20 ? 0x5a827999u : i < 40 ? 0x6ed9eba1u : i < 60 ? 0x8f1bbcdcu : 0xca62c1d6u;
      const std::uint32_t t = std::rotl(a, 5) + f + e + k + w[i];
      e = d, d = c, c = std::rotl(b, 30), b = a, a = t;
    }
    const std::array<std::uint32_t, 5> add = {a, b, c, d, e};
    for (std::size_t i = 0; i < 5; ++i) h[i] += add[i];
  }
};

/// Feeds the file block by block, pads it, and prints the first `bytes` of the state.
template <class Hash>
Result<std::string> digest(Hash hash, const std::string& path, std::size_t bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(ErrorCode::NotFound, "cannot open " + path, errno);
  std::vector<unsigned char> buffer(1u << 16);
  std::size_t held = 0;
  std::uint64_t total = 0;
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data() + held, buffer.size() - held);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(ErrorCode::Io, "cannot read " + path, errno);
    if (n == 0) break;
    held += static_cast<std::size_t>(n);
    total += static_cast<std::uint64_t>(n);
    std::size_t at = 0;
    for (; at + Hash::kBlock <= held; at += Hash::kBlock) hash.block(buffer.data() + at);
    std::memmove(buffer.data(), buffer.data() + at, held - at);
    held -= at;
  }
  // One bit, zeros, and the number of bits at the end of a block; its upper half (for blocks of 128 bytes) is always 0.
  std::array<unsigned char, 2 * Hash::kBlock> last{};
  std::memcpy(last.data(), buffer.data(), held);
  last[held] = 0x80;
  const std::size_t room = Hash::kBlock / 8, size = held + 1 + room <= Hash::kBlock ? Hash::kBlock : 2 * Hash::kBlock;
  for (std::size_t i = 0; i < 8; ++i) last[size - 1 - i] = static_cast<unsigned char>(total * 8 >> (8 * i));
  for (std::size_t at = 0; at < size; at += Hash::kBlock) hash.block(last.data() + at);
  std::string out;
  for (const auto word : hash.h)
    for (std::size_t i = sizeof word * 2; i-- > 0;) out += "0123456789abcdef"[word >> (4 * i) & 15];
  out.resize(2 * bytes);
  return out;
}

}  // namespace

Result<std::string> file_digest(const std::string& path, std::string_view algorithm) {
  // The first bits of the fractional parts of square roots of primes.
  if (algorithm == "sha1") return digest(Sha1{}, path, 20);
  if (algorithm == "sha256")
    return digest(Sha2<std::uint32_t>{{0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu,
                                       0x1f83d9abu, 0x5be0cd19u}},
                  path, 32);
  if (algorithm == "sha384")
    return digest(Sha2<std::uint64_t>{{0xcbbb9d5dc1059ed8ull, 0x629a292a367cd507ull, 0x9159015a3070dd17ull,
                                       0x152fecd8f70e5939ull, 0x67332667ffc00b31ull, 0x8eb44a8768581511ull,
                                       0xdb0c2e0d64f98fa7ull, 0x47b5481dbefa4fa4ull}},
                  path, 48);
  if (algorithm == "sha512")
    return digest(Sha2<std::uint64_t>{{0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull,
                                       0xa54ff53a5f1d36f1ull, 0x510e527fade682d1ull, 0x9b05688c2b3e6c1full,
                                       0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull}},
                  path, 64);
  return fail(ErrorCode::InvalidPolicy,
              "\"" + std::string(algorithm) + "\" is no digest: sha1, sha256, sha384, sha512");
}

}  // namespace burin
