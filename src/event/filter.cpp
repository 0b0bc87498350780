// The reader's filter. Events have no pod yet, so the two questions about pods have one answer per filter, found when
// it is compiled: what is left per event is a kind, a policy name and a regex on the binary.
#include "event/filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace burin {
namespace {

constexpr std::array kSelectable{EventKind::Exec,   EventKind::Exit, EventKind::Kprobe, EventKind::Tracepoint,
                                 EventKind::Uprobe, EventKind::Usdt, EventKind::Lsm,    EventKind::Loader};
constexpr std::string_view kPrefix = "PROCESS_";

using Patterns = std::vector<std::unique_ptr<RE2>>;

Result<Patterns> compile_patterns(const std::vector<std::string>& sources, std::string_view parameter) {
  RE2::Options options;
  options.set_log_errors(false);
  // A pattern comes over HTTP: a quarter of a megabyte holds any that a person writes, and RE2's default is 8 MB.
  options.set_max_mem(256 << 10);
  Patterns patterns;
  for (const auto& source : sources) {
    patterns.push_back(std::make_unique<RE2>(source, options));
    if (!patterns.back()->ok())
      return fail(ErrorCode::InvalidPolicy, std::string(parameter) + ": \"" + source +
                                                "\" is not a regular expression (RE2): " + patterns.back()->error());
  }
  return patterns;
}

bool any_match(const Patterns& patterns, std::string_view text) {
  const re2::StringPiece piece(text.data(), text.size());
  return std::any_of(patterns.begin(), patterns.end(),
                     [&piece](const auto& pattern) { return RE2::PartialMatch(piece, *pattern); });
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

/// The bit of an event kind in the set of wanted kinds.
std::uint32_t kind_bit(EventKind kind) {
  return 1U << static_cast<unsigned>(kind);
}

std::string selectable_names() {
  std::string out;
  for (const EventKind kind : kSelectable) out += (out.empty() ? "" : ", ") + std::string(to_string(kind));
  return out;
}

Result<std::uint32_t> compile_kinds(const std::vector<std::string>& names) {
  std::uint32_t kinds = 0;
  for (const auto& name : names) {
    std::string wanted = upper(name);
    if (wanted.rfind(kPrefix, 0) != 0) wanted.insert(0, kPrefix);
    const auto found = std::find_if(kSelectable.begin(), kSelectable.end(),
                                    [&wanted](EventKind kind) { return to_string(kind) == wanted; });
    if (found == kSelectable.end())
      return fail(ErrorCode::InvalidPolicy, "events: \"" + name +
                                                "\" is not an event type that burin makes; there are " +
                                                selectable_names() + " (or exec, exit, kprobe ...)");
    kinds |= kind_bit(*found);
  }
  return kinds;
}

bool contains(const std::vector<std::string>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

struct EventFilter::Impl {
  bool any_kind = true;
  std::uint32_t kinds = 0;
  Patterns processes;
  std::vector<std::string> policies;
  bool without_pod = true;  ///< what `pods` and `namespaces` say of an event that has no pod
};

EventFilter::EventFilter() : impl_(std::make_unique<Impl>()) {}
EventFilter::EventFilter(EventFilter&&) noexcept = default;
EventFilter& EventFilter::operator=(EventFilter&&) noexcept = default;
EventFilter::~EventFilter() = default;

Result<EventFilter> EventFilter::compile(const FilterSpec& spec, std::string_view node_name) {
  EventFilter filter;
  TRY(filter.impl_->kinds, compile_kinds(spec.events));
  filter.impl_->any_kind = spec.events.empty();
  TRY(filter.impl_->processes, compile_patterns(spec.processes, "processes"));
  TRY(const Patterns pods, compile_patterns(spec.pods, "pods"));
  filter.impl_->policies = spec.policies;
  filter.impl_->without_pod =
      (spec.pods.empty() || any_match(pods, node_name)) && (spec.namespaces.empty() || contains(spec.namespaces, ""));
  return filter;
}

bool EventFilter::matches(const Event& event) const {
  if (event.kind == EventKind::Gap) return true;
  if (!impl_->without_pod) return false;
  if (!impl_->any_kind && (impl_->kinds & kind_bit(event.kind)) == 0) return false;
  if (!impl_->policies.empty() && !(event.hook && contains(impl_->policies, event.hook->policy))) return false;
  if (impl_->processes.empty()) return true;
  return event.process && event.process->known && any_match(impl_->processes, event.process->binary);
}

}  // namespace burin
