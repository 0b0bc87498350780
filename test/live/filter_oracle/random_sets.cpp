// How the random lists and addresses are made; the naive matcher is written without a look at src/cidr.
#include "random_sets.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstring>

namespace burin_test {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

std::size_t below(Rng& rng, std::size_t n) {
  return rng() % n;
}

bool bit(const Bytes& b, unsigned i) {
  return b[i / 8] >> (7 - i % 8) & 1;
}
void set_bit(Bytes& b, unsigned i, bool v) {
  const auto mask = static_cast<std::uint8_t>(1u << (7 - i % 8));
  b[i / 8] = static_cast<std::uint8_t>(v ? b[i / 8] | mask : b[i / 8] & ~mask);
}

Bytes random_bytes(Rng& rng) {
  Bytes out;
  for (auto& b : out) b = static_cast<std::uint8_t>(rng());
  return out;
}

std::string text_of(int family, const Bytes& bytes) {
  char out[INET6_ADDRSTRLEN];
  inet_ntop(family, bytes.data(), out, sizeof out);
  return out;
}

unsigned random_prefix(Rng& rng, bool v4, std::size_t list_size) {
  const unsigned bits = v4 ? 32 : 128;
  // Very wide entries would swallow a long list.
  if (list_size <= 20 && below(rng, 12) == 0) return below(rng, 3) == 0 ? 0 : static_cast<unsigned>(below(rng, 9));
  switch (below(rng, 4)) {
    case 0: return bits;
    case 1: return v4 ? 24 : 64;
    default: return v4 ? 20 + static_cast<unsigned>(below(rng, 13)) : 44 + static_cast<unsigned>(below(rng, 85));
  }
}

Entry finish(Rng& rng, bool v4, Bytes bytes, unsigned prefix) {
  Entry e{{}, v4, bytes, prefix};
  // Half of the entries are written with their host bits set.
  if (below(rng, 2) == 0)
    for (unsigned i = prefix; i < (v4 ? 32u : 128u); ++i) set_bit(bytes, i, false);
  e.bytes = bytes;
  if (v4 && below(rng, 5) == 0) {
    Bytes mapped{};
    mapped[10] = mapped[11] = 0xff;
    std::memcpy(&mapped[12], bytes.data(), 4);
    e.text = text_of(AF_INET6, mapped) + "/" + std::to_string(prefix + 96);
  } else {
    e.text = text_of(v4 ? AF_INET : AF_INET6, bytes);
    if (prefix != (v4 ? 32u : 128u) || below(rng, 2)) e.text += "/" + std::to_string(prefix);
  }
  return e;
}

bool mapped(const Bytes& b) {
  static constexpr Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(b.data(), kMapped.data(), 12) == 0;
}

}  // namespace

std::vector<Entry> random_list(Rng& rng, std::size_t size, Spread spread) {
  std::vector<Entry> out;
  const Bytes anchor = random_bytes(rng);
  for (std::size_t n = 0; n < size; ++n) {
    const bool v4 = rng() & 1;
    const unsigned bits = v4 ? 32 : 128;
    Bytes b = random_bytes(rng);
    unsigned prefix = random_prefix(rng, v4, size);
    unsigned shared = 0;
    switch (spread) {
      case Spread::Uniform: break;
      case Spread::Cluster: shared = below(rng, 50) == 0 ? 0 : v4 ? 12 : 40; break;
      case Spread::Nested: shared = static_cast<unsigned>(below(rng, bits - 8)); break;
      case Spread::Hosts: shared = bits - 17; break;
    }
    for (unsigned i = 0; i < shared; ++i) set_bit(b, i, bit(anchor, i));
    if (spread == Spread::Nested)
      prefix = std::min(bits, shared + 1 + static_cast<unsigned>(below(rng, bits - shared)));
    if (spread == Spread::Hosts) {
      prefix = bits;
      for (unsigned i = 0; i < 17; ++i) set_bit(b, bits - 1 - i, (2 * n >> i) & 1);
    }
    // ::ffff:0:0/96 written as IPv6 would mean IPv4; the IPv6 lists stay out of it.
    if (!v4 && mapped(b)) b[0] = 0x20;
    out.push_back(finish(rng, v4, b, prefix));
  }
  return out;
}

Probe random_probe(Rng& rng, const std::vector<Entry>& list) {
  Probe p;
  if (below(rng, 40) == 0) {
    static constexpr std::uint16_t kOther[] = {0, 1, 16, 17, 3, 11, 0xffff};
    p.family = kOther[below(rng, std::size(kOther))];
    p.bytes = random_bytes(rng);
    return p;
  }
  bool v4 = rng() & 1;
  Bytes b = random_bytes(rng);
  if (!list.empty() && below(rng, 4) != 0) {
    const Entry& e = list[below(rng, list.size())];
    v4 = e.v4;
    b = e.bytes;
    const unsigned bits = v4 ? 32 : 128;
    const std::size_t kind = below(rng, 5);  // first, last, inside, one below, one above
    for (unsigned i = e.prefix; i < bits; ++i) set_bit(b, i, kind == 2 ? rng() & 1 : kind == 1 || kind == 4);
    if (kind >= 3) {
      for (unsigned i = bits; i-- > 0;) {
        const bool was = bit(b, i);
        set_bit(b, i, !was);
        if (was == (kind == 3)) break;  // borrow or carry ends here
      }
    }
  }
  p.family = v4 ? AF_INET : AF_INET6;
  if (v4) {
    if (below(rng, 3) == 0) {
      p.family = AF_INET6;
      p.bytes[10] = p.bytes[11] = 0xff;
      std::memcpy(&p.bytes[12], b.data(), 4);
    } else {
      std::memcpy(p.bytes.data(), b.data(), 4);
    }
  } else {
    p.bytes = b;
  }
  return p;
}

int naive(const std::vector<Entry>& list, const Probe& probe) {
  if (probe.family != AF_INET && probe.family != AF_INET6) return 0;
  bool v4 = probe.family == AF_INET;
  Bytes b = probe.bytes;
  if (!v4 && mapped(b)) {
    v4 = true;
    std::memmove(b.data(), b.data() + 12, 4);
  }
  for (const Entry& e : list) {
    if (e.v4 != v4) continue;
    bool equal = true;
    for (unsigned i = 0; i < e.prefix && equal; ++i) equal = bit(b, i) == bit(e.bytes, i);
    if (equal) return 2;
  }
  return 1;
}

}  // namespace burin_test
