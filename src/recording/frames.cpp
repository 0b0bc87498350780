// Each encoder takes its struct apart with a structured binding: a member that is added later and not written here does
// not compile.
#include "recording/frames.h"

#include <array>
#include <utility>

#include "base/bytes.h"

namespace burin {
namespace {

/// No text of a frame is longer: a command line that is kept has 16 KiB, a policy's message less.
constexpr std::size_t kMaxText = 1U << 20;
constexpr std::size_t kMaxItems = 1U << 16;
constexpr std::size_t kMaxRecord = 1U << 20;

// --- small things

void put_bool(ByteWriter& out, bool value) {
  out.number(static_cast<std::uint8_t>(value));
}
bool get_bool(ByteReader& in) {
  const auto value = in.number<std::uint8_t>();
  if (value > 1) in.fail_with("a yes or no that is neither");
  return value == 1;
}

/// Indexes of which the largest value means "none".
void put_index(ByteWriter& out, std::size_t value) {
  out.number(static_cast<std::uint64_t>(value));
}
std::size_t get_index(ByteReader& in) {
  return in.number<std::uint64_t>();
}

// Values of lists by their names: a list may get new ones anywhere.
template <class Enum>
void put_enum(ByteWriter& out, Enum value) {
  out.text(to_string(value));
}
template <class Enum>
Enum get_enum(ByteReader& in, std::initializer_list<Enum> values) {
  const std::string name = in.text(64);
  for (const Enum value : values)
    if (to_string(value) == name) return value;
  in.fail_with("a name that is not in its list");
  return *values.begin();
}

template <class Item, class Put>
void put_list(ByteWriter& out, const std::vector<Item>& items, Put put) {
  out.number(static_cast<std::uint32_t>(items.size()));
  for (const Item& item : items) put(out, item);
}
/// Every item takes at least four bytes.
template <class Item, class Get>
void get_list(ByteReader& in, std::vector<Item>& items, Get get) {
  const std::uint32_t count = in.count(kMaxItems, 4);
  items.clear();
  items.reserve(count);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) items.push_back(get(in));
}

void put_text(ByteWriter& out, const std::string& text) {
  out.text(text);
}
std::string get_text(ByteReader& in) {
  return in.text(kMaxText);
}

// --- values of model/ and event/

void put_process(ByteWriter& out, const SeedProcess& process) {
  const auto& [tgid, ppid, exec_ktime, parent_ktime, start_boot, comm, binary, argv, cwd, uid, auid, cwd_known,
               args_truncated] = process;
  for (const std::uint32_t number : {tgid, ppid, uid, auid}) out.number(number);
  for (const std::uint64_t number : {exec_ktime, parent_ktime, start_boot}) out.number(number);
  for (const std::string* text : {&comm, &binary, &cwd}) out.text(*text);
  put_list(out, argv, put_text);
  put_bool(out, cwd_known);
  put_bool(out, args_truncated);
}
SeedProcess get_process(ByteReader& in) {
  SeedProcess p;
  for (std::uint32_t* number : {&p.tgid, &p.ppid, &p.uid, &p.auid}) *number = in.number<std::uint32_t>();
  for (std::uint64_t* number : {&p.exec_ktime, &p.parent_ktime, &p.start_boot}) *number = in.number<std::uint64_t>();
  for (std::string* text : {&p.comm, &p.binary, &p.cwd}) *text = get_text(in);
  get_list(in, p.argv, get_text);
  p.cwd_known = get_bool(in);
  p.args_truncated = get_bool(in);
  return p;
}

void put_field(ByteWriter& out, const WireField& field) {
  const auto& [name, c_type, offset, size] = field;
  out.text(name);
  out.text(c_type);
  out.number(offset);
  out.number(size);
}
WireField get_field(ByteReader& in) {
  WireField field;
  field.name = get_text(in);
  field.c_type = get_text(in);
  field.offset = in.number<std::uint32_t>();
  field.size = in.number<std::uint32_t>();
  return field;
}

void put_arg(ByteWriter& out, const HookArg& arg) {
  const auto& [type, label, field, error, data_field, what] = arg;
  out.text(type);
  out.text(label);
  put_index(out, field);
  put_index(out, error);
  put_index(out, data_field);
  out.text(what);
}
HookArg get_arg(ByteReader& in) {
  HookArg arg;
  arg.type = get_text(in);
  arg.label = get_text(in);
  arg.field = get_index(in);
  arg.error = get_index(in);
  arg.data_field = get_index(in);
  arg.what = get_text(in);
  return arg;
}

void put_actions(ByteWriter& out, const std::vector<NetworkAction>& actions) {
  put_list(out, actions, [](ByteWriter& w, const NetworkAction& action) {
    put_enum(w, action.kind);
    w.text(action.target);
  });
}
std::vector<NetworkAction> get_actions(ByteReader& in) {
  std::vector<NetworkAction> out;
  get_list(in, out, [](ByteReader& r) {
    NetworkAction action;
    action.kind = get_enum(r, {ActionKind::GetUrl, ActionKind::DnsLookup});
    action.target = get_text(r);
    return action;
  });
  return out;
}

void put_hook(ByteWriter& out, const HookInfo& hook) {
  const auto& [id, kind, policy, function, subsys, event, path, offset, ref_ctr_offset, message, tags, rung, args, data,
               return_arg, selector_labels, record, kernel_stack, user_stack, network, return_network] = hook;
  out.number(id);
  put_enum(out, kind);
  for (const std::string* text : {&policy, &function, &subsys, &event, &path, &message, &rung}) out.text(*text);
  out.number(offset);
  out.number(ref_ctr_offset);
  put_list(out, tags, put_text);
  put_list(out, args, put_arg);
  put_list(out, data, put_arg);
  put_bool(out, return_arg.has_value());
  if (return_arg) put_arg(out, *return_arg);
  put_list(out, selector_labels, put_text);
  const auto& [record_hook, size, tail_max, fields] = record;
  out.number(record_hook);
  out.number(size);
  out.number(tail_max);
  put_list(out, fields, put_field);
  put_index(out, kernel_stack);
  put_index(out, user_stack);
  put_list(out, network, put_actions);
  put_list(out, return_network, put_actions);
}
HookInfo get_hook(ByteReader& in) {
  HookInfo h;
  h.id = in.number<HookId>();
  h.kind = get_enum(in, {EventKind::Kprobe, EventKind::Tracepoint, EventKind::Uprobe, EventKind::Usdt, EventKind::Lsm});
  for (std::string* text : {&h.policy, &h.function, &h.subsys, &h.event, &h.path, &h.message, &h.rung})
    *text = get_text(in);
  h.offset = in.number<std::uint64_t>();
  h.ref_ctr_offset = in.number<std::uint64_t>();
  get_list(in, h.tags, get_text);
  get_list(in, h.args, get_arg);
  get_list(in, h.data, get_arg);
  if (get_bool(in)) h.return_arg = get_arg(in);
  get_list(in, h.selector_labels, get_text);
  h.record.hook = in.number<HookId>();
  h.record.size = in.number<std::uint32_t>();
  h.record.tail_max = in.number<std::uint32_t>();
  get_list(in, h.record.fields, get_field);
  h.kernel_stack = get_index(in);
  h.user_stack = get_index(in);
  get_list(in, h.network, get_actions);
  get_list(in, h.return_network, get_actions);
  return h;
}

void put_stack_frame(ByteWriter& out, const StackFrame& frame) {
  out.number(frame.offset);
  out.text(frame.symbol);
  out.text(frame.module);
}
StackFrame get_stack_frame(ByteReader& in) {
  StackFrame frame;
  frame.offset = in.number<std::uint64_t>();
  frame.symbol = get_text(in);
  frame.module = get_text(in);
  return frame;
}

// --- frames: put() and get() for each

void put(ByteWriter& out, const HeadFrame& f) {
  for (const std::string* text : {&f.burin, &f.node_name, &f.boot_id, &f.release}) out.text(*text);
  out.number(f.records);
  put_bool(out, f.expose_addresses);
}
void get(ByteReader& in, HeadFrame& f) {
  for (std::string* text : {&f.burin, &f.node_name, &f.boot_id, &f.release}) *text = get_text(in);
  f.records = in.number<std::uint64_t>();
  f.expose_addresses = get_bool(in);
}

void put(ByteWriter& out, const ClockFrame& f) {
  out.number(static_cast<std::uint64_t>(f.offsets.monotonic));
  out.number(static_cast<std::uint64_t>(f.offsets.boot));
}
void get(ByteReader& in, ClockFrame& f) {
  f.offsets.monotonic = static_cast<std::int64_t>(in.number<std::uint64_t>());
  f.offsets.boot = static_cast<std::int64_t>(in.number<std::uint64_t>());
}

void put(ByteWriter& out, const SeedFrame& f) {
  put_process(out, f.process);
}
void get(ByteReader& in, SeedFrame& f) {
  f.process = get_process(in);
}

void put(ByteWriter&, const SeedsEndFrame&) {}
void get(ByteReader&, SeedsEndFrame&) {}

void put(ByteWriter& out, const HookFrame& f) {
  put_hook(out, f.hook);
  out.number(f.types);
}
void get(ByteReader& in, HookFrame& f) {
  f.hook = get_hook(in);
  f.types = in.number<std::uint64_t>();
}

void put(ByteWriter& out, const RecordFrame& f) {
  out.number(f.cpu);
  out.blob(f.bytes);
}
void get(ByteReader& in, RecordFrame& f) {
  f.cpu = in.number<std::uint32_t>();
  f.bytes = in.blob(kMaxRecord);
}

void put(ByteWriter& out, const GapFrame& f) {
  put_enum(out, f.reason);
  out.number(f.cpu);
  out.number(f.count);
  out.number(f.mono_ns);
}
void get(ByteReader& in, GapFrame& f) {
  f.reason =
      get_enum(in, {LossReason::PerfBuffer, LossReason::SkippedRun, LossReason::RawQueue, LossReason::Malformed});
  f.cpu = in.number<std::uint32_t>();
  f.count = in.number<std::uint64_t>();
  f.mono_ns = in.number<std::uint64_t>();
}

void put(ByteWriter& out, const ScanFrame& f) {
  out.number(f.tgid);
  put_bool(out, f.found);
  if (f.found) put_process(out, f.process);
}
void get(ByteReader& in, ScanFrame& f) {
  f.tgid = in.number<std::uint32_t>();
  f.found = get_bool(in);
  if (f.found) f.process = get_process(in);
}

void put(ByteWriter& out, const ExistsFrame& f) {
  out.number(f.tgid);
  put_bool(out, f.there);
}
void get(ByteReader& in, ExistsFrame& f) {
  f.tgid = in.number<std::uint32_t>();
  f.there = get_bool(in);
}

void put(ByteWriter& out, const StackFrames& f) {
  put_bool(out, f.user);
  put_list(out, f.frames, put_stack_frame);
}
void get(ByteReader& in, StackFrames& f) {
  f.user = get_bool(in);
  get_list(in, f.frames, get_stack_frame);
}

void put(ByteWriter& out, const PerformFrame& f) {
  put_bool(out, f.performed);
}
void get(ByteReader& in, PerformFrame& f) {
  f.performed = get_bool(in);
}

void put(ByteWriter& out, const HidingFrame& f) {
  put_bool(out, f.on);
}
void get(ByteReader& in, HidingFrame& f) {
  f.on = get_bool(in);
}

void put(ByteWriter& out, const HiddenFrame& f) {
  put_bool(out, f.hidden);
}
void get(ByteReader& in, HiddenFrame& f) {
  f.hidden = get_bool(in);
}

void put(ByteWriter& out, const EndFrame& f) {
  out.number(f.events);
}
void get(ByteReader& in, EndFrame& f) {
  f.events = in.number<std::uint64_t>();
}

constexpr std::array<std::string_view, std::variant_size_v<Frame>> kNames{"the head",
                                                                          "a clock sample",
                                                                          "a process of the start",
                                                                          "the end of the start's processes",
                                                                          "a hook",
                                                                          "a record",
                                                                          "a gap",
                                                                          "a process read from /proc",
                                                                          "whether a process exists",
                                                                          "the names of a stack",
                                                                          "the outcome of a network action",
                                                                          "whether events may be hidden",
                                                                          "whether an event was hidden",
                                                                          "the end"};

template <std::size_t... I>
Frame make_empty(std::size_t index, std::index_sequence<I...>) {
  Frame out;
  (void)((I == index ? (out.emplace<I>(), true) : false) || ...);
  return out;
}

}  // namespace

std::string_view name_of(const Frame& frame) {
  return kNames[frame.index()];
}

std::uint16_t kind_of(const Frame& frame) {
  return static_cast<std::uint16_t>(frame.index() + 1);
}

std::string encode_frame(const Frame& frame) {
  ByteWriter out;
  std::visit([&out](const auto& f) { put(out, f); }, frame);
  return out.take();
}

Result<Frame> decode_frame(std::uint16_t kind, std::string_view bytes) {
  if (kind == 0 || kind > std::variant_size_v<Frame>)
    return fail(ErrorCode::Io, "there is no frame of kind " + std::to_string(kind));
  Frame frame = make_empty(kind - 1U, std::make_index_sequence<std::variant_size_v<Frame>>());
  ByteReader in(bytes, "frame");
  std::visit([&in](auto& f) { get(in, f); }, frame);
  TRY_OK(in.finish());
  return frame;
}

}  // namespace burin
