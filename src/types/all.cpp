// The list of argument types: one line each.
#include "types/builtin.h"

namespace burin {
namespace {

ArgType nop_type() {
  return {"nop",  "the parameter is skipped: not read, not printed", "", TypeClass::Nothing, {"", 0, 1, 0}, {}, nullptr,
          nullptr};
}

std::vector<ArgType> make_all() {
  std::vector<ArgType> all = {
      sock_type(), socket_type(), skb_type(), sockaddr_type(), string_type(), filename_type(), nop_type(),
  };
  for (auto& t : integer_types()) all.push_back(std::move(t));
  return all;
}

const std::vector<ArgType>& table() {
  static const std::vector<ArgType> all = make_all();
  return all;
}

}  // namespace

std::span<const ArgType> all_types() {
  return table();
}

const ArgType* find_type(std::string_view name) {
  for (const auto& t : table())
    if (t.name == name) return &t;
  return nullptr;
}

}  // namespace burin
