// Bytes are copied into the wire structs before they are looked at: a ring promises nothing about alignment, and a
// record is trusted only after its sizes were checked.
#include "event/decoder.h"

#include <algorithm>
#include <cstring>

#include "event/stack_field.h"
#include "types/arg_type.h"

namespace burin {
namespace {

/// False when the record is too short for T.
template <class T>
bool read_fixed(std::span<const std::byte> record, T& out) {
  if (record.size() < sizeof(T)) return false;
  std::memcpy(&out, record.data(), sizeof(T));
  return true;
}

tl::unexpected<Error> refuse(const HookInfo& hook, const std::string& what) {
  return fail(ErrorCode::Internal,
              "hook " + hook.function + " of policy " + hook.policy + " cannot be decoded: " + what);
}

void start_event(const wire::Head& head, std::uint32_t cpu, const WallClock& clock, Event& out) {
  out.seq = 0;
  out.mono_ns = head.ktime;
  out.wall_ns = clock.wall_ns(head.ktime);
  out.cpu = cpu;
  out.tid = head.tid;
  out.head_flags = head.flags;
  out.selector = head.selector;
  out.action = head.action;
  out.cgroup_id = head.cgroup_id;
  out.process.reset();
  out.parent.reset();
  out.exit_code = 0;
  out.exit_code_known = false;
  out.hook.reset();
  out.args.clear();
  out.data.clear();
  out.returned.reset();
  out.return_action = head.return_action;
  out.suppressed = head.suppressed;
  out.kernel_stack.clear();
  out.user_stack.clear();
  out.ima_hash.clear();
  out.loaded_path.clear();
  out.build_id.clear();
  out.lost = 0;
  out.line.clear();
  out.burin_at = 0;
}

HookInfoPtr loader_info() {
  auto info = std::make_shared<HookInfo>();
  info->id = kHookLoad;
  info->kind = EventKind::Loader;
  info->rung = kLoaderRung;
  return info;
}

}  // namespace

Decoder::Decoder(ProcessTable& processes, const WallClock& clock)
    : processes_(processes), clock_(clock), loader_(loader_info()) {}

Result<> Decoder::add_hook(HookInfoPtr hook) {
  if (hook->id < kFirstPolicyHook) return refuse(*hook, "its number " + std::to_string(hook->id) + " is a base hook's");
  Hook added{hook, {}, {}, {}};
  for (std::size_t i = 0; i < hook->args.size(); ++i) {
    TRY(const Argument argument, argument_of(*hook, hook->args[i], "argument " + std::to_string(i)));
    added.arguments.push_back(argument);
    if (i < kFaultData) added.arguments.back().fault = 1U << i;
  }
  for (std::size_t i = 0; i < hook->data.size(); ++i) {
    TRY(const Argument argument, argument_of(*hook, hook->data[i], "data " + std::to_string(i)));
    added.data.push_back(argument);
    if (i + kFaultData < kFaultReturn) added.data.back().fault = 1U << (i + kFaultData);
  }
  if (hook->return_arg) {
    TRY(added.returned, argument_of(*hook, *hook->return_arg, "the return value"));
    added.returned->fault = 1U << kFaultReturn;
  }
  hooks_.insert_or_assign(hook->id, std::move(added));
  return Ok{};
}

Result<Decoder::Argument> Decoder::argument_of(const HookInfo& hook, const HookArg& arg, const std::string& what) {
  const ArgType* const type = find_type(arg.type);
  if (!type) return refuse(hook, "there is no argument type \"" + arg.type + '"');
  if (type->shape.size == 0) return Argument{};  // not sent
  const auto inside = [&hook](const WireField& field) {
    return field.offset >= sizeof(wire::Head) && std::uint64_t{field.offset} + field.size <= hook.record.size;
  };
  if (arg.field >= hook.record.fields.size()) return refuse(hook, what + " has no field in the record");
  const WireField& field = hook.record.fields[arg.field];
  constexpr auto kNoField = static_cast<std::size_t>(-1);
  if (field.size != type->shape.size || !inside(field))
    return refuse(hook, "field " + field.name + " does not fit its type or its record");
  Argument out{type->decode, field.offset, field.size};
  if (arg.data_field != kNoField) {
    if (arg.data_field >= hook.record.fields.size() ||
        hook.record.fields[arg.data_field].size != sizeof(wire::DataRef) || !inside(hook.record.fields[arg.data_field]))
      return refuse(hook, what + " has no field that names its data records");
    out.data_offset = hook.record.fields[arg.data_field].offset;
  }
  if (arg.error == kNoField) return out;
  if (arg.error >= hook.record.fields.size() || hook.record.fields[arg.error].size != sizeof(std::uint32_t) ||
      !inside(hook.record.fields[arg.error]))
    return refuse(hook, what + " has no field that says where its pointers broke");
  out.error_offset = hook.record.fields[arg.error].offset;
  return out;
}

void Decoder::remove_hook(HookId id) {
  hooks_.erase(id);
  data_.forget(id);
}

DecodeStatus Decoder::decode(std::uint32_t cpu, std::span<const std::byte> record, Event& out) {
  wire::Head head;
  if (!read_fixed(record, head) || head.size < sizeof head || head.size > record.size()) return DecodeStatus::Malformed;
  record = record.first(head.size);
  start_event(head, cpu, clock_, out);
  switch (head.hook) {
    case kHookExec: return decode_exec(record, out);
    case kHookExit: return decode_exit(record, out);
    case kHookClone: return decode_clone(record);
    case kHookLoad: return decode_load(record, out);
    case kHookData: return data_.add(record) ? DecodeStatus::Silent : DecodeStatus::Malformed;
  }
  const auto hook = hooks_.find(head.hook);
  if (hook == hooks_.end()) return DecodeStatus::UnknownHook;
  return decode_hook(hook->second, head, record, out);
}

DecodeStatus Decoder::decode_exec(std::span<const std::byte> record, Event& out) {
  wire::Exec exec;
  if (!read_fixed(record, exec)) return DecodeStatus::Malformed;
  out.kind = EventKind::Exec;
  out.process = processes_.on_exec(exec, record);
  if (!out.process) return DecodeStatus::Malformed;
  out.parent = processes_.parent_of(*out.process);
  return DecodeStatus::Event;
}

DecodeStatus Decoder::decode_exit(std::span<const std::byte> record, Event& out) {
  wire::Exit exit;
  if (!read_fixed(record, exit)) return DecodeStatus::Malformed;
  out.kind = EventKind::Exit;
  out.process = processes_.find(exit.head);
  out.parent = processes_.parent_of(*out.process);
  out.exit_code = exit.code;
  out.exit_code_known = exit.code_known != 0;
  processes_.on_exit(exit.head);
  return DecodeStatus::Event;
}

DecodeStatus Decoder::decode_clone(std::span<const std::byte> record) {
  wire::Clone clone;
  if (!read_fixed(record, clone)) return DecodeStatus::Malformed;
  return processes_.on_clone(clone) ? DecodeStatus::Silent : DecodeStatus::Malformed;
}

DecodeStatus Decoder::decode_load(std::span<const std::byte> record, Event& out) {
  wire::Load load;
  if (!read_fixed(record, load) || load.build_id_len > sizeof load.build_id || load.path.off > record.size() ||
      load.path.len > record.size() - load.path.off)
    return DecodeStatus::Malformed;
  out.kind = EventKind::Loader;
  out.hook = loader_;
  const auto text = [](const void* bytes, std::size_t size) {
    return std::string(static_cast<const char*>(bytes), size);
  };
  out.loaded_path = text(record.data() + load.path.off, load.path.len);
  out.build_id = text(load.build_id, load.build_id_len);
  out.process = processes_.find(load.head);
  out.parent = processes_.parent_of(*out.process);
  return DecodeStatus::Event;
}

bool Decoder::decode_value(const Argument& argument, const wire::Head& head, std::span<const std::byte> record,
                           Value& out) {
  out = NopValue{};
  if (!argument.decode) return true;
  std::uint32_t depth = 0;
  if (argument.error_offset != 0) std::memcpy(&depth, record.data() + argument.error_offset, sizeof depth);
  if (depth != 0) {
    out = ErrorValue{"Bad address encountered during resolve dereference at depth " + std::to_string(depth)};
    return true;
  }
  if ((head.faults & argument.fault) != 0) {
    out = ErrorValue{"Bad address for basic type"};
    return true;
  }
  if (!argument.decode(record.subspan(argument.offset, argument.size), record, out)) return false;
  if (argument.data_offset == 0) return true;
  wire::DataRef ref;
  std::memcpy(&ref, record.data() + argument.data_offset, sizeof ref);
  if (ref.bytes != 0) append_data(head.hook, ref, out);
  return true;
}

void Decoder::append_data(HookId hook, const wire::DataRef& ref, Value& value) {
  const std::string bytes = data_.take(hook, ref.group, ref.bytes);
  auto* const whole = std::get_if<BytesValue>(&value);
  if (!whole) return;
  // What was sent and did not come is missing as what was not sent.
  whole->orig_size = std::max<std::uint64_t>(whole->orig_size, whole->bytes.size() + ref.bytes);
  whole->bytes += bytes;
}

bool Decoder::decode_values(const std::vector<Argument>& arguments, const wire::Head& head,
                            std::span<const std::byte> record, std::vector<Value>& out) {
  out.resize(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (!decode_value(arguments[i], head, record, out[i])) return false;
  return true;
}

DecodeStatus Decoder::decode_hook(const Hook& hook, const wire::Head& head, std::span<const std::byte> record,
                                  Event& out) {
  if (record.size() < hook.info->record.size) return DecodeStatus::Malformed;
  out.kind = hook.info->kind;
  if (!decode_values(hook.arguments, head, record, out.args) || !decode_values(hook.data, head, record, out.data))
    return DecodeStatus::Malformed;
  if (hook.returned && !decode_value(*hook.returned, head, record, out.returned.emplace()))
    return DecodeStatus::Malformed;
  if (!read_stack(hook.info->record, hook.info->kernel_stack, record, out.kernel_stack) ||
      !read_stack(hook.info->record, hook.info->user_stack, record, out.user_stack))
    return DecodeStatus::Malformed;
  out.hook = hook.info;
  out.process = processes_.find(head);
  out.parent = processes_.parent_of(*out.process);
  return DecodeStatus::Event;
}

}  // namespace burin
