// Numbers, strings, timestamps and addresses as JSON text. Strings go eight bytes at a time, because paths and
// arguments are nearly always plain; timestamps keep the text of the current second.
#include "event/encode_text.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>

#include "event/encode.h"

namespace burin {
namespace {

// "00" to "99", so that two digits cost one division.
constexpr std::array<char, 200> make_digit_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> kDigitPairs = make_digit_pairs();

char* put_two(char* out, std::uint32_t value) {
  std::memcpy(out, kDigitPairs.data() + 2 * value, 2);
  return out + 2;
}

constexpr std::array<std::uint64_t, kMaxNumber> make_powers_of_ten() {
  std::array<std::uint64_t, kMaxNumber> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<std::uint64_t, kMaxNumber> kPowersOfTen = make_powers_of_ten();

std::size_t digit_count(std::uint64_t value) {
  // 1233 / 4096 is a little more than log10(2): the estimate is right or one too small.
  const auto estimate = static_cast<std::size_t>(std::bit_width(value | 1)) * 1233 >> 12;
  return estimate + (estimate < kMaxNumber && value >= kPowersOfTen[estimate] ? 1 : 0) +
         (estimate == 0 && value == 0 ? 1 : 0);
}

/// Exactly `digits` (3, 6 or 9) digits of `value`.
char* put_fraction(char* out, std::uint32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

constexpr char kHexDigits[] = "0123456789abcdef";

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

/// True when one of eight bytes is a control character, a quote, a backslash or not ASCII (the well-known "has a zero
/// byte" and "has a byte less than n" tricks; as a yes or no answer they are exact).
bool needs_care(std::uint64_t eight) {
  const std::uint64_t quote = eight ^ (kOnes * '"');
  const std::uint64_t backslash = eight ^ (kOnes * '\\');
  return ((((eight - kOnes * 0x20) & ~eight) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) |
           eight) &
          kHighBits) != 0;
}

/// Length of the UTF-8 sequence at `p`, 0 when there is none (overlong, surrogate, beyond U+10FFFF, cut off).
std::size_t utf8_length(const unsigned char* p, const unsigned char* end) {
  const auto left = static_cast<std::size_t>(end - p);
  const auto follows = [p](std::size_t i) { return (p[i] & 0xC0) == 0x80; };
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xC2) return 0;
  if (p[0] < 0xE0) return left >= 2 && follows(1) ? 2 : 0;
  if (p[0] < 0xF0) {
    if (left < 3 || !follows(1) || !follows(2)) return 0;
    if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
    if (p[0] == 0xED && p[1] >= 0xA0) return 0;
    return 3;
  }
  if (p[0] > 0xF4 || left < 4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (p[0] == 0xF0 && p[1] < 0x90) return 0;
  if (p[0] == 0xF4 && p[1] >= 0x90) return 0;
  return 4;
}

char* put_escape(char* out, unsigned char c) {
  *out++ = '\\';
  switch (c) {
    case '"':
    case '\\': *out++ = static_cast<char>(c); return out;
    case '\b': *out++ = 'b'; return out;
    case '\f': *out++ = 'f'; return out;
    case '\n': *out++ = 'n'; return out;
    case '\r': *out++ = 'r'; return out;
    case '\t': *out++ = 't'; return out;
    default: break;
  }
  std::memcpy(out, "u00", 3);
  out[3] = kHexDigits[c >> 4];
  out[4] = kHexDigits[c & 15];
  return out + 5;
}

/// Year, month and day of a count of days since 1970 (proleptic Gregorian; an era has 400 years or 146,097 days).
struct Date {
  std::uint32_t year, month, day;
};
Date civil_from_days(std::uint64_t days) {
  days += 719'468;  // days from 0000-03-01 to 1970-01-01
  const std::uint64_t era = days / 146'097;
  const auto day_of_era = static_cast<std::uint32_t>(days % 146'097);
  const std::uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::uint32_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const auto year = static_cast<std::uint32_t>(year_of_era + era * 400) + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

constexpr std::size_t kSecondText = 19;  // "2026-01-02T03:04:05"

void format_second(char* out, std::uint64_t second) {
  const Date date = civil_from_days(second / 86'400);
  const auto of_day = static_cast<std::uint32_t>(second % 86'400);
  out = put_two(put_two(out, date.year / 100), date.year % 100);
  *out++ = '-';
  out = put_two(out, date.month);
  *out++ = '-';
  out = put_two(out, date.day);
  *out++ = 'T';
  out = put_two(out, of_day / 3600);
  *out++ = ':';
  out = put_two(out, of_day / 60 % 60);
  *out++ = ':';
  put_two(out, of_day % 60);
}

char* put_ipv4(char* out, const std::uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *out++ = '.';
    out = put_number(out, bytes[i]);
  }
  return out;
}

char* put_group(char* out, std::uint32_t group) {
  int shift = 12;
  while (shift > 0 && (group >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) *out++ = kHexDigits[(group >> shift) & 15];
  return out;
}

/// RFC 5952: lower case, no leading zeros, "::" for the first of the longest runs of at least two zero groups.
char* put_ipv6(char* out, const AddressBytes& bytes) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0) {
    std::memcpy(out, "::ffff:", 7);
    return put_ipv4(out + 7, bytes.data() + 12);
  }
  std::array<std::uint32_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint32_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  std::size_t zeros_at = 8, zeros = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > zeros) {
      zeros_at = i;
      zeros = end - i;
    }
    i = std::max(end, i + 1);
  }
  for (std::size_t i = 0; i < 8;) {
    if (i == zeros_at) {
      *out++ = ':';
      *out++ = ':';
      i += zeros;
      continue;
    }
    if (i > 0 && i != zeros_at + zeros) *out++ = ':';
    out = put_group(out, groups[i]);
    ++i;
  }
  return out;
}

/// Lets `put` write up to `most` bytes at the end of `out`.
template <class Put>
void append_with(std::string& out, std::size_t most, Put put) {
  const std::size_t before = out.size();
  out.resize(before + most);
  char* start = out.data() + before;
  out.resize(before + static_cast<std::size_t>(put(start) - start));
}

}  // namespace

char* put_number(char* out, std::uint64_t value) {
  char* const end = out + digit_count(value);
  char* p = end;
  while (value >= 100) {
    p -= 2;
    put_two(p, static_cast<std::uint32_t>(value % 100));
    value /= 100;
  }
  if (value >= 10) {
    put_two(out, static_cast<std::uint32_t>(value));
  } else {
    *out = static_cast<char>('0' + value);
  }
  return end;
}

char* put_json_string(char* out, std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = p + text.size();
  *out++ = '"';
  while (p < end) {
    while (end - p >= 8) {
      std::uint64_t eight;
      std::memcpy(&eight, p, 8);
      if (needs_care(eight)) break;
      std::memcpy(out, &eight, 8);
      p += 8;
      out += 8;
    }
    if (end - p >= 4) {
      std::uint32_t four;
      std::memcpy(&four, p, 4);
      if (!needs_care(0x2020202000000000ULL | four)) {  // the upper half filled with spaces
        std::memcpy(out, &four, 4);
        p += 4;
        out += 4;
        continue;
      }
    }
    if (p == end) break;
    if (*p >= 0x80) {
      if (const std::size_t length = utf8_length(p, end); length > 0) {
        std::memcpy(out, p, length);
        p += length;
        out += length;
        continue;
      }
      while (p < end && utf8_length(p, end) == 0) ++p;
      std::memcpy(out, "\xEF\xBF\xBD", 3);
      out += 3;
    } else if (*p < 0x20 || *p == '"' || *p == '\\') {
      out = put_escape(out, *p++);
    } else {
      *out++ = static_cast<char>(*p++);
    }
  }
  *out++ = '"';
  return out;
}

char* put_timestamp(char* out, std::uint64_t wall_ns) {
  struct Cache {
    std::uint64_t second = ~std::uint64_t{0};
    char text[kSecondText];
  };
  static thread_local Cache cache;
  const std::uint64_t second = wall_ns / 1'000'000'000;
  const auto nanos = static_cast<std::uint32_t>(wall_ns % 1'000'000'000);
  if (second != cache.second) {
    format_second(cache.text, second);
    cache.second = second;
  }
  *out++ = '"';
  std::memcpy(out, cache.text, kSecondText);
  out += kSecondText;
  if (nanos != 0) {
    *out++ = '.';
    if (nanos % 1'000'000 == 0) {
      out = put_fraction(out, nanos / 1'000'000, 3);
    } else if (nanos % 1'000 == 0) {
      out = put_fraction(out, nanos / 1'000, 6);
    } else {
      out = put_fraction(out, nanos, 9);
    }
  }
  *out++ = 'Z';
  *out++ = '"';
  return out;
}

char* put_address(char* out, std::uint16_t family, const AddressBytes& bytes) {
  if (family == AF_INET) return put_ipv4(out, bytes.data());
  if (family == AF_INET6) return put_ipv6(out, bytes);
  constexpr std::string_view kInvalid = "invalid IP";
  std::memcpy(out, kInvalid.data(), kInvalid.size());
  return out + kInvalid.size();
}

void LineBuffer::grow(std::size_t bytes) {
  const std::size_t used = size();
  const std::size_t capacity = std::max<std::size_t>({4096, 2 * used, used + bytes});
  auto bigger = std::make_unique<char[]>(capacity);
  if (used > 0) std::memcpy(bigger.get(), buffer_.get(), used);
  buffer_ = std::move(bigger);
  at_ = buffer_.get() + used;
  end_ = buffer_.get() + capacity;
}

void append_json_string(std::string& out, std::string_view text) {
  append_with(out, max_json_string(text.size()), [text](char* at) { return put_json_string(at, text); });
}

void append_timestamp(std::string& out, std::uint64_t wall_ns) {
  append_with(out, kMaxTimestamp, [wall_ns](char* at) { return put_timestamp(at, wall_ns); });
}

void append_address(std::string& out, std::uint16_t family, const AddressBytes& bytes) {
  append_with(out, kMaxAddress, [&](char* at) { return put_address(at, family, bytes); });
}

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const auto byte = [&](std::size_t n) { return n < left ? static_cast<unsigned char>(bytes[i + n]) : 0U; };
    const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    out.push_back(kAlphabet[three >> 18]);
    out.push_back(kAlphabet[three >> 12 & 63]);
    out.push_back(left > 1 ? kAlphabet[three >> 6 & 63] : '=');
    out.push_back(left > 2 ? kAlphabet[three & 63] : '=');
  }
  return out;
}

}  // namespace burin
