#include "control/probe_refusal.h"

#include <algorithm>
#include <utility>

#include "diag/diagnostic.h"
#include "host/kernel_names.h"

namespace burin {
namespace {

/// Longer lists of what the compiler made of one function help nobody.
constexpr std::size_t kMostParts = 4;

/// What the compiler made of a function that it did not keep whole: f.isra.0, f.constprop.0, f.part.0. Cold parts are
/// never called.
std::string parts_of(const std::string& function, const std::vector<std::string>& all) {
  std::string out;
  std::size_t count = 0;
  const std::string prefix = function + ".";
  for (auto it = std::ranges::lower_bound(all, prefix); it != all.end() && it->starts_with(prefix); ++it) {
    if (it->ends_with(".cold") || ++count > kMostParts) continue;
    out += (out.empty() ? "" : ", ") + *it;
  }
  return out;
}

std::string did_you_mean(const std::string& near) {
  return near.empty() ? std::string() : "; did you mean " + near + "?";
}

}  // namespace

ProbeRefusals::ProbeRefusals(std::filesystem::path root, std::string tracefs)
    : root_(std::move(root)), tracefs_(std::move(tracefs)) {}

void ProbeRefusals::read() {
  if (std::exchange(read_, true)) return;
  functions_ = function_names(root_);
  if (auto all = matching_functions(root_, tracefs_, "")) traceable_ = std::move(*all);
}

bool ProbeRefusals::traceable(const std::string& function) const {
  return !traceable_ || std::ranges::binary_search(*traceable_, function);
}

std::string ProbeRefusals::explain(std::string_view function, std::string reason) {
  read();
  const std::string name(function);
  const bool exists = std::ranges::binary_search(functions_, name);
  if (functions_.empty() || (exists && traceable(name))) return reason;
  std::vector<std::string> near;
  for (const auto& f : functions_)
    if (f != name && f.size() + 3 >= name.size() && f.size() <= name.size() + 3 && traceable(f)) near.push_back(f);
  const std::string hint = did_you_mean(nearest(name, near));
  if (exists)
    return "no probe can be put at kernel function " + name +
           ": it is compiled without tracing (notrace; what is marked inline is so too and stands inside most of its "
           "callers)" +
           hint;
  if (const std::string parts = parts_of(name, functions_); !parts.empty())
    return "the compiler has not kept kernel function " + name + " whole; what it made of it is " + parts +
           ", where parameters may be missing";
  return "this kernel has no function " + name + " (it may be compiled into its callers, or have another name here)" +
         hint;
}

}  // namespace burin
