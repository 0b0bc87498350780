// Selectors -> C: the chain of ifs that decides whether a hook's event matches, and the sets it compares with.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codegen/template.h"
#include "model/hook_plan.h"
#include "model/program.h"
#include "text/text_set.h"

namespace burin {

/// What selectors need outside of the program's body, collected for one unit.
class SelectorSupport {
 public:
  // Each registers a set and returns the NAME of its function (see PredicateSite in operators/operator.h). A set that
  // cannot be held in any shape is remembered as `failure`.
  std::string address_set(const AddressSet& set);
  std::string number_set(const NumberSet& set);
  std::string text_set(const StringSet& set, TextMatch how);
  /// NAME of a map of whole paths (struct burin_path_key).
  std::string path_set(const StringSet& set);
  /// NAME of `static int NAME(const char *path, u32 len)`: a text set asked about a path of the process map.
  std::string process_text_set(const StringSet& set, TextMatch how);

  std::string maps;       ///< file scope, first
  std::string functions;  ///< file scope, after maps
  std::vector<MapInit> inits;
  std::uint32_t next_set = 0;    ///< number of the next set, unique in the unit
  std::uint32_t next_rate = 0;   ///< number of the next rateLimit; none so far: the unit keeps no account
  bool owners = false;           ///< some action tracks socks
  bool enforcer = false;         ///< some action notifies the enforcer
  bool tasks = false;            ///< templates/process.h is wanted
  bool process_texts = false;    ///< templates/text.h and the map `process_text` are wanted
  bool monitor = false;          ///< policy-mode: enforcing actions are counted, not done
  std::optional<Error> failure;  ///< a set that cannot be held in any shape

 private:
  template <class Code>
  std::string take(const std::string& name, Result<Code> code);
  std::string next_name() { return "set" + std::to_string(next_set++); }
};

/// C lvalue of an argument's field, and pointer to its text slot (empty when it has none).
std::string field_of(const PlannedHook& hook, const PlannedArg& arg);
std::string text_of(const PlannedArg& arg);

/// Lines that set matched, selector, action and post for `r`, and do the actions. No selectors: always matches. `tgid`
/// is the C expression of the process for filters on it. Hooks that report at the return set `active` instead of
/// matched for selectors with matchReturnArgs (bit i: selector i).
Result<std::vector<GeneratedLine>> selector_lines(const PlannedHook& hook, std::string_view tgid,
                                                  SelectorSupport& support);
/// The same for the return: of the active selectors the first whose matchReturnArgs hold.
Result<std::vector<GeneratedLine>> return_selector_lines(const PlannedHook& hook, SelectorSupport& support);

}  // namespace burin
