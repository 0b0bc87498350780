// What the hooks of all sections share: the draft of one, its arguments, message and tags, and what they may refer to
// elsewhere in the policy.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/policy.h"
#include "policy/fields.h"
#include "types/arg_type.h"

namespace burin {

/// Entries of `args` (and of `data`) that are accepted: each has a bit in Head::faults (model/record.h).
inline constexpr std::size_t kMaxArgs = 15;
/// Function parameters that arrive in registers, on x86-64: indexes 0..5. Linux gives a syscall as many.
inline constexpr std::uint32_t kMaxRegisterIndex = 5;
/// Parameters that a BPF program sees through BTF, or a USDT probe has: indexes 0..11.
inline constexpr std::uint32_t kMaxContextIndex = 11;
/// Fields of a tracepoint's format file, common ones included, have indexes up to this (the largest has about 60).
inline constexpr std::uint32_t kMaxFieldIndex = 255;
/// KSYM_NAME_LEN (512 since Linux 6.1) without the NUL.
inline constexpr std::size_t kMaxSymbol = 511;

/// `lists` and `selectorsMacros`, read before the hooks.
struct SharedParts {
  std::vector<SymbolList> lists;
  std::set<std::string> wrong_lists;  ///< names whose list was reported
  std::map<std::string, const YamlNode*, std::less<>> macros;
  std::set<std::string, std::less<>> used_macros;
  bool enforcers = false;  ///< spec.enforcers lists something

  const SymbolList* list(std::string_view name) const {
    for (const SymbolList& l : lists)
      if (l.name == name) return &l;
    return nullptr;
  }
};

/// A declared argument as selectors see it. `type` is null when the host decides it (`auto`, `resolve`), or when it was
/// wrong, which is reported already.
struct DeclaredArg {
  std::uint32_t index = 0;
  const ArgType* type = nullptr;
};

/// The hook's `args` or `data`, in the policy's order. `complete` is false when an entry was wrong and is missing here:
/// then a filter that names an unknown argument may well mean that one.
struct DeclaredArgs {
  std::vector<DeclaredArg> list;
  bool complete = true;
};

/// A hook while it is read.
struct HookDraft {
  HookDraft(HookKind kind, SharedParts& parts) : shared(parts) { hook.kind = kind; }

  Hook hook;
  SharedParts& shared;
  bool returns = false;  ///< `return: true` is written
  const YamlNode* call = nullptr;
  const YamlNode* syscall = nullptr;
  const YamlNode* args = nullptr;
  const YamlNode* data = nullptr;
  const YamlNode* return_arg = nullptr;
  const YamlNode* return_arg_action = nullptr;
  const YamlNode* selectors = nullptr;
  // uprobes
  const YamlNode* symbols = nullptr;
  const YamlNode* offsets = nullptr;
  const YamlNode* addrs = nullptr;
};

// One reader per section, one file each.
Hook read_kprobe(Reading&, const YamlNode& value, SharedParts&);
Hook read_fentry(Reading&, const YamlNode& value, SharedParts&);
Hook read_tracepoint(Reading&, const YamlNode& value, SharedParts&);
Hook read_uprobe(Reading&, const YamlNode& value, SharedParts&);
Hook read_usdt(Reading&, const YamlNode& value, SharedParts&);
Hook read_lsm_hook(Reading&, const YamlNode& value, SharedParts&);
const ObjectDoc& kprobe_object();
const ObjectDoc& tracepoint_object();
const ObjectDoc& uprobe_object();
const ObjectDoc& usdt_object();
const ObjectDoc& lsm_hook_object();

/// Reads args, data, the return value and the selectors, in this order whatever the file's: selectors look at what the
/// others declare.
void finish_hook(Reading&, HookDraft& draft);

// args.cpp
/// "an entry of `args`", "an entry of `data`", "`returnArg`".
enum class ArgPlace { Args, Data, Return };
DeclaredArgs read_args(Reading&, const YamlNode& list, HookDraft& draft);
DeclaredArgs read_data(Reading&, const YamlNode& list, HookDraft& draft);
/// Into hook.return_arg.
DeclaredArg read_return_arg(Reading&, const YamlNode& value, HookDraft& draft);
const ObjectDoc& arg_object();

// hook.cpp
void read_message(Reading&, const Entry&, HookDraft& draft);
void read_tags(Reading&, const Entry&, HookDraft& draft);
/// Letters, digits, `_`, and `.` as compilers put it into clones (foo.isra.0).
bool is_symbol(std::string_view name);
/// Checks "list:NAME" against the policy's lists; reports an unknown one. Null then, or when the list was wrong.
const SymbolList* find_list(Reading&, std::string_view call, const SourceSpan& span, const SharedParts& shared);

/// "kprobes", "tracepoints" ...: the section of a hook, for messages.
std::string_view section_of(HookKind kind);

}  // namespace burin
