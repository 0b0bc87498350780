// `perf_event`: what a perf event counts or probes.
#include <algorithm>
#include <cstring>

#include "types/builtin.h"
#include "types/wire_define.h"

namespace burin {
namespace {

constexpr std::size_t kNameSize = 128;  // as much of the probed function's name as Tetragon keeps
#define BURIN_WIRE_PERF_EVENT(X, A) \
  X(u64, config)                    \
  X(u64, probe_offset)              \
  X(u32, type)                      \
  X(u32, pad0)                      \
  A(char, function, 128)

struct PerfEvent {
  BURIN_WIRE_PERF_EVENT(BURIN_WIRE_CPP, BURIN_WIRE_CPP_CHARS)
};
static_assert(sizeof(PerfEvent) == 152);

constexpr char kSupport[] =
    BURIN_WIRE_C_STRUCT("w_perf_event", 152, BURIN_WIRE_PERF_EVENT(BURIN_WIRE_C, BURIN_WIRE_C_ARRAY)) R"(
static __always_inline long burin_read_perf_event(struct w_perf_event *w, u64 event) {
  u64 function = 0;
  if (burin_read(&w->type, 4, (void *)(event + L_perf_event_attr + L_perf_event_attr_type))) return 1;
  burin_read(&w->config, 8, (void *)(event + L_perf_event_attr + L_perf_event_attr_config));
  burin_read(&w->probe_offset, 8, (void *)(event + L_perf_event_attr + L_perf_event_attr_probe_offset));
  burin_read(&function, 8, (void *)(event + L_perf_event_attr + L_perf_event_attr_kprobe_func));
  /* the name is where the caller of perf_event_open has it; for types that probe nothing the word means something else */
  if (w->type > 5 && burin_read_str(w->function, sizeof w->function, (void *)function) < 0)
    burin_read_user_str(w->function, sizeof w->function, (void *)function);
  return 0;
}
)";

std::string capture(const CaptureSite& site) {
  return "if (burin_read_perf_event(&" + site.dst + ", " + site.src + ")) {\n  " + site.fault + "\n}\n";
}

bool decode(std::span<const std::byte> field, std::span<const std::byte>, Value& out) {
  PerfEvent w;
  std::memcpy(&w, field.data(), sizeof w);
  PerfEventValue v;
  v.kprobe_function.assign(w.function, std::find(w.function, w.function + kNameSize, '\0'));
  v.type = w.type;
  v.config = w.config;
  v.probe_offset = w.probe_offset;
  out = std::move(v);
  return true;
}

}  // namespace

ArgType perf_event_type() {
  ArgType t;
  t.name = "perf_event";
  t.summary = "a struct perf_event pointer: type, config, probed function and offset";
  t.json_key = "perf_event_arg";
  t.shape = {"struct w_perf_event", sizeof(PerfEvent), 8, 0};
  t.needs_layout = {"perf_event.attr", "perf_event_attr.type", "perf_event_attr.config", "perf_event_attr.probe_offset",
                    "perf_event_attr.kprobe_func"};
  t.capture = capture;
  t.decode = decode;
  t.support = {kSupport};
  return t;
}

}  // namespace burin
