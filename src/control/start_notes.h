// What a start keeps in the cache for the next one, to save it time.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compile/compiler.h"
#include "control/policy_files.h"
#include "control/self_test.h"
#include "model/host_facts.h"
#include "model/layout_table.h"
#include "model/program.h"

namespace burin {

/// The policies' texts and this burin: where a start with just these succeeded, their images are in the cache.
std::string note_of_policies(const std::vector<PolicyFile>& files);

/// All that the outcome of the self-test depends on: this boot of this kernel, where structure members are taken to
/// lie, and the base programs.
std::string note_of_self_test(const HostFacts& host, const LayoutTable& layout, const ProgramSource& base);
/// Only a report without mismatches and without anything skipped is worth keeping: the value of its note.
std::optional<std::string> kept_report(const SelfTestReport& report);
/// The report again; `earlier` is set.
SelfTestReport report_of_note(std::string_view value);

}  // namespace burin
