// What the policy tests share: reading a text with a table of variables, and a policy around one hook.
#pragma once
#include <map>
#include <string>

#include "policy/policy_reader.h"

namespace burin_test {

struct Read {
  burin::Policy policy;
  burin::Diagnostics diagnostics;
  std::string text;  ///< rendered diagnostics

  bool ok() const { return !diagnostics.has_errors(); }
  /// Number of diagnostics with this id.
  int count(const std::string& id) const {
    int n = 0;
    for (const auto& d : diagnostics.all()) n += d.id == id;
    return n;
  }
  /// The first diagnostic with this id; an empty one when there is none.
  burin::Diagnostic first(const std::string& id) const {
    for (const auto& d : diagnostics.all())
      if (d.id == id) return d;
    return {};
  }
};

using Variables = std::map<std::string, std::string>;

inline Read read(const std::string& yaml, const Variables& variables = {}) {
  Read out;
  const auto lookup = [&](const std::string& name) -> std::optional<std::string> {
    auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  };
  out.policy = burin::read_policy("p.yaml", yaml, lookup, out.diagnostics);
  out.text = burin::render(out.diagnostics, yaml, false);
  return out;
}

/// A policy with one hook on tcp_connect: `hook` is more of its fields, indented by four, for instance "
/// selectors:...".
inline std::string policy_with(const std::string& hook) {
  return "apiVersion: cilium.io/v1alpha1\n"
         "kind: TracingPolicy\n"
         "metadata:\n"
         "  name: test\n"
         "spec:\n"
         "  kprobes:\n"
         "  - call: tcp_connect\n"
         "    syscall: false\n" +
         hook;
}

/// The same with a sock in argument 0 and one matchArgs entry; `values` are lines of the list, indented by eight.
inline std::string filter_with(const std::string& op, const std::string& values, const std::string& type = "sock") {
  return policy_with("    args:\n    - index: 0\n      type: " + type +
                     "\n    selectors:\n    - matchArgs:\n      - index: 0\n        operator: " + op + "\n" +
                     (values.empty() ? "" : "        values:\n" + values));
}

/// Line of the first value in filter_with().
inline constexpr std::uint32_t kFirstValueLine = 17;

}  // namespace burin_test
