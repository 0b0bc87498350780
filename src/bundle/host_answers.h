// What a host answered to the planner's questions, kept: so that another machine can plan for that host.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/btf_path.h"
#include "model/host_facts.h"
#include "plan/planner.h"

namespace burin {

/// Answers by question. A question that the host could not answer (a function that no BTF has, a binary that is not
/// there) stands in `failures`, so that it fails here with the host's own words.
struct HostAnswers {
  std::map<std::string, Trial> kprobes;                       ///< by function
  std::map<std::string, Trial> trampolines;                   ///< by "fentry NAME", "fmod_ret NAME", "lsm NAME"
  std::optional<std::vector<std::string>> syscalls;           ///< every system call of that kernel
  std::map<std::string, std::vector<std::string>> functions;  ///< by pattern
  std::map<std::string, std::vector<BinaryPlace>> places;     ///< by binary and what is asked of it
  std::optional<std::string> mappings;    ///< why there are no perf events of mappings; "": there are
  std::map<std::string, BtfPath> paths;   ///< by what is asked
  std::set<std::string> no_tracepoints;   ///< "category:event" that was looked for in vain
  std::map<std::string, Error> failures;  ///< by kind of question and question
};

/// `questions`, asked as they are, with every answer also noted in `notes`. `notes` must outlive what is returned. Not
/// thread-safe.
HostQuestions noting(const HostQuestions& questions, HostAnswers& notes);

/// Questions that are answered from `answers` alone. What nobody asked that host is refused with a cure, except
/// kprobes: where `assume_kprobes` is set they count as possible, since a kernel of the same build has the same
/// functions. `answers` must outlive what is returned.
HostQuestions answered_from(const HostAnswers& answers, bool assume_kprobes);

/// Said of a question that nobody asked that host.
inline constexpr const char* kNotAsked =
    "the pack does not say whether that host has it: make the pack there with `burin layout pack --policy FILE`";

}  // namespace burin
