// A host in a file: what it takes to plan and generate programs for a machine that is not this one. The file is a
// layout pack (layout/layout_file.h) whose "host" line holds the facts and answers as JSON.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bundle/host_answers.h"
#include "layout/layout_file.h"
#include "model/host_facts.h"
#include "model/layout_table.h"

namespace burin {

/// What is known of a host: facts, where its structure members lie, and what it answered to policies' questions.
struct HostProfile {
  HostFacts host;
  LayoutTable layout;
  HostAnswers answers;
};

/// The text of a pack with everything. `members` are those that layouts are kept for, also when the kernel lacks them.
std::string encode_profile(const HostProfile& profile, const std::vector<std::string>& members);

/// Error{Io}: no pack, truncated, altered, of another version; Error{Unsupported}: a pack that has layouts only.
Result<HostProfile> decode_profile(std::string_view text, const std::string& name);

/// The JSON on the pack's "host" line: facts that generated programs depend on, and answers. Nothing of the host's
/// name or its files goes into it beyond what policies name.
std::string encode_host(const HostFacts& host, const HostAnswers& answers);
/// Fills both; the facts that identify the kernel (release, arch, build id) stand elsewhere in the pack. Error{Io} with
/// the reason.
Result<> decode_host(std::string_view json, HostFacts& host, HostAnswers& answers);

}  // namespace burin
