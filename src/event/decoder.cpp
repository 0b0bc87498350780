// Bytes are copied into the wire structs before they are looked at: a ring promises nothing about alignment, and a
// record is trusted only after its sizes were checked.
#include "event/decoder.h"

#include <cstring>

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
  out.lost = 0;
  out.line.clear();
  out.burin_at = 0;
}

}  // namespace

Result<> Decoder::add_hook(HookInfoPtr hook) {
  if (hook->id < kFirstPolicyHook) return refuse(*hook, "its number " + std::to_string(hook->id) + " is a base hook's");
  Hook added{hook, {}};
  for (std::size_t i = 0; i < hook->args.size(); ++i) {
    const ArgType* const type = find_type(hook->args[i].type);
    if (!type) return refuse(*hook, "there is no argument type \"" + hook->args[i].type + '"');
    if (type->shape.size == 0) {  // not sent
      added.arguments.emplace_back();
      continue;
    }
    const std::size_t index = hook->args[i].field;
    if (index >= hook->record.fields.size())
      return refuse(*hook, "argument " + std::to_string(i) + " has no field in the record");
    const WireField& field = hook->record.fields[index];
    if (field.size != type->shape.size || field.offset < sizeof(wire::Head) ||
        std::uint64_t{field.offset} + field.size > hook->record.size)
      return refuse(*hook, "field " + field.name + " does not fit its type or its record");
    added.arguments.push_back({type->decode, field.offset, field.size});
  }
  hooks_.insert_or_assign(hook->id, std::move(added));
  return Ok{};
}

void Decoder::remove_hook(HookId id) {
  hooks_.erase(id);
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

DecodeStatus Decoder::decode_hook(const Hook& hook, const wire::Head& head, std::span<const std::byte> record,
                                  Event& out) {
  if (record.size() < hook.info->record.size) return DecodeStatus::Malformed;
  out.kind = EventKind::Kprobe;
  out.args.resize(hook.arguments.size());
  for (std::size_t i = 0; i < hook.arguments.size(); ++i) {
    const Argument& argument = hook.arguments[i];
    if (!argument.decode) continue;  // stays NopValue
    if (!argument.decode(record.subspan(argument.offset, argument.size), record, out.args[i]))
      return DecodeStatus::Malformed;
  }
  out.hook = hook.info;
  out.process = processes_.find(head);
  out.parent = processes_.parent_of(*out.process);
  return DecodeStatus::Event;
}

}  // namespace burin
