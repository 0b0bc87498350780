// Raw records -> events, driven by record layouts. Owned by the pipeline thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "event/data_gather.h"
#include "event/process_table.h"
#include "model/event.h"
#include "model/record.h"

namespace burin {

enum class DecodeStatus {
  Event,      ///< an event to publish
  Silent,     ///< understood, nothing to publish (clone, data)
  Malformed,  ///< shorter than its layout, or a tail out of bounds
  UnknownHook,
};

/// Not thread-safe.
class Decoder {
 public:
  explicit Decoder(ProcessTable& processes, const WallClock& clock);

  /// Makes the records of a hook readable. Error{Internal} when the hook could not be decoded safely: an id of the base
  /// hooks, an argument type that types/ does not have, a field that lies outside its record or has another size than
  /// its type. A hook with the same id is replaced.
  Result<> add_hook(HookInfoPtr hook);
  void remove_hook(HookId id);

  /// Decodes one record into `out`, whatever it held before (without seq and line). `record` may be longer than the
  /// record says it is: rings pad. Never allocates an Error; statuses are counted by the caller.
  DecodeStatus decode(std::uint32_t cpu, std::span<const std::byte> record, Event& out);
  /// Values of arguments with maxData that went before their event came, so far.
  std::uint64_t data_dropped() const { return data_.dropped(); }

 private:
  struct Argument {
    /// ArgType::decode; null for nop.
    bool (*decode)(std::span<const std::byte> field, std::span<const std::byte> record, Value& out) = nullptr;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t error_offset = 0;  ///< of the u32 that says at which depth `resolve` failed; 0 = there is none
    std::uint32_t fault = 0;         ///< its bit in Head::faults
    std::uint32_t data_offset = 0;   ///< of the wire::DataRef that names its data records; 0 = there is none
  };
  struct Hook {
    HookInfoPtr info;
    std::vector<Argument> arguments;
    std::vector<Argument> data;
    std::optional<Argument> returned;
  };

  static Result<Argument> argument_of(const HookInfo& hook, const HookArg& arg, const std::string& what);
  /// False when the value's bytes are damaged. A value that the kernel could not read is an ErrorValue.
  bool decode_value(const Argument& argument, const wire::Head& head, std::span<const std::byte> record, Value& out);
  bool decode_values(const std::vector<Argument>& arguments, const wire::Head& head, std::span<const std::byte> record,
                     std::vector<Value>& out);
  /// Puts the bytes of data records behind those of the record itself.
  void append_data(HookId hook, const wire::DataRef& ref, Value& value);

  DecodeStatus decode_exec(std::span<const std::byte> record, Event& out);
  DecodeStatus decode_exit(std::span<const std::byte> record, Event& out);
  DecodeStatus decode_clone(std::span<const std::byte> record);
  DecodeStatus decode_load(std::span<const std::byte> record, Event& out);
  DecodeStatus decode_hook(const Hook& hook, const wire::Head& head, std::span<const std::byte> record, Event& out);

  ProcessTable& processes_;
  const WallClock& clock_;
  std::unordered_map<HookId, Hook> hooks_;
  const HookInfoPtr loader_;  ///< of every load: no policy owns one
  DataGatherer data_;
};

}  // namespace burin
