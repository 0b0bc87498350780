// The args[] of an event as JSON: one function per value kind, fields in the order of Tetragon's proto declarations,
// zero scalars left out as protobuf's JSON does.
#include <array>
#include <string>
#include <variant>

#include "event/encode_kernel_value.h"
#include "event/encode_text.h"
#include "model/net_names.h"

namespace burin {
namespace {

template <std::size_t N>
void field(LineBuffer& out, const char (&key)[N], std::uint32_t value) {
  if (value == 0) return;
  out.key(key);
  out.number(value);
}

/// The names of small numbers, looked up once: every socket event prints four.
class Names {
 public:
  using Lookup = std::string (*)(std::uint16_t);
  explicit Names(Lookup lookup) : lookup_(lookup) {
    for (std::uint16_t i = 0; i < kKept; ++i) names_[i] = lookup(i);
  }
  void write(LineBuffer& out, std::uint16_t number) const {
    if (number < kKept) return out.name(names_[number]);
    out.name(lookup_(number));
  }

 private:
  static constexpr std::uint16_t kKept = 64;  // all families, types and states; the protocols that one meets
  Lookup lookup_;
  std::array<std::string, kKept> names_;
};

const Names& families() {
  static const Names names(family_name);
  return names;
}
const Names& socket_types() {
  static const Names names(socket_type_name);
  return names;
}
const Names& protocols() {
  static const Names names(protocol_name);
  return names;
}
const Names& tcp_states() {
  static const Names names(tcp_state_name);
  return names;
}

class ArgumentWriter {
 public:
  explicit ArgumentWriter(LineBuffer& out) : out_(out) {}

  void operator()(const NopValue&) {}

  // type and state 0 do not exist in the kernel: they mean that this rung does not know them.
  void operator()(const SockValue& sock) {
    out_.lit("\"sock_arg\":{\"family\":");
    families().write(out_, sock.family);
    if (sock.type != 0) {
      out_.lit(",\"type\":");
      socket_types().write(out_, sock.type);
    }
    out_.lit(",\"protocol\":");
    protocols().write(out_, sock.protocol);
    field(out_, "\"mark\":", sock.mark);
    field(out_, "\"priority\":", sock.priority);
    out_.lit(",\"saddr\":");
    out_.address(sock.family, sock.saddr);
    out_.lit(",\"daddr\":");
    out_.address(sock.family, sock.daddr);
    field(out_, "\"sport\":", sock.sport);
    field(out_, "\"dport\":", sock.dport);
    if (sock.cookie != 0) {
      out_.lit(",\"cookie\":");
      out_.quoted_number(sock.cookie);
    }
    if (sock.state != 0) {
      out_.lit(",\"state\":");
      tcp_states().write(out_, sock.state);
    }
    out_.lit("}");
  }

  void operator()(const SkbValue& skb) {
    out_.lit("\"skb_arg\":{");
    field(out_, "\"hash\":", skb.hash);
    field(out_, "\"len\":", skb.len);
    field(out_, "\"priority\":", skb.priority);
    field(out_, "\"mark\":", skb.mark);
    out_.key("\"saddr\":");
    out_.address(skb.family, skb.saddr);
    out_.lit(",\"daddr\":");
    out_.address(skb.family, skb.daddr);
    field(out_, "\"sport\":", skb.sport);
    field(out_, "\"dport\":", skb.dport);
    field(out_, "\"proto\":", skb.protocol);
    out_.lit(",\"protocol\":");
    protocols().write(out_, skb.protocol);
    out_.lit(",\"family\":");
    families().write(out_, skb.family);
    out_.lit("}");
  }

  void operator()(const SockaddrValue& sockaddr) {
    out_.lit("\"sockaddr_arg\":{\"family\":");
    families().write(out_, sockaddr.family);
    out_.lit(",\"addr\":");
    out_.address(sockaddr.family, sockaddr.addr);
    field(out_, "\"port\":", sockaddr.port);
    out_.lit("}");
  }

  void operator()(const SockaddrUnValue& v) {
    out_.lit("\"sockaddrun_arg\":{\"family\":");
    families().write(out_, v.family);
    if (!v.path.empty()) {
      out_.lit(",\"path\":");
      out_.string(v.path);
    }
    out_.lit("}");
  }
  void operator()(const SizeListValue&) {}  // written element by element
  template <class Other>
  void operator()(const Other& v) {
    write_value(out_, v);
  }

  // Members of the oneof are printed even when zero.
  void operator()(const IntValue& v) {
    out_.lit("\"int_arg\":");
    out_.signed_number(v.value);
  }
  void operator()(const UintValue& v) {
    out_.lit("\"uint_arg\":");
    out_.number(v.value);
  }
  void operator()(const LongValue& v) {
    out_.lit("\"long_arg\":");
    out_.quoted_signed(v.value);
  }
  void operator()(const SizeValue& v) {
    out_.lit("\"size_arg\":");
    out_.quoted_number(v.value);
  }
  void operator()(const StringValue& v) {
    out_.lit("\"string_arg\":");
    out_.string(v.value);
  }
  void operator()(const ErrorValue& v) {
    out_.lit("\"error_arg\":{");
    if (!v.message.empty()) {
      out_.lit("\"Message\":");
      out_.string(v.message);
    }
    out_.lit("}");
  }

 private:
  LineBuffer& out_;
};

}  // namespace

void write_argument(LineBuffer& out, const Value& value, std::string_view label) {
  if (std::holds_alternative<NopValue>(value)) return;
  if (const auto* list = std::get_if<SizeListValue>(&value)) {
    for (const std::uint64_t v : list->values) write_argument(out, SizeValue{v}, label);
    return;
  }
  out.separate();
  out.lit("{");
  std::visit(ArgumentWriter(out), value);
  if (!label.empty()) {
    out.lit(",\"label\":");
    out.string(label);
  }
  out.lit("}");
}

}  // namespace burin
