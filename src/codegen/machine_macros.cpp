#include "codegen/machine_macros.h"

#include <cctype>
#include <string_view>
#include <unordered_set>

namespace burin {
namespace {

std::string macro_name(std::string_view prefix, std::string_view path) {
  std::string out(prefix);
  for (char c : path) out.push_back(c == '.' || c == ':' ? '_' : c);
  return out;
}

/// The identifiers of a text.
class Words {
 public:
  explicit Words(std::string_view text) {
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t from = at;
      while (at < text.size() && is_word(text[at])) ++at;
      if (at > from && std::isupper(static_cast<unsigned char>(text[from])) != 0)
        words_.insert(text.substr(from, at - from));
      else if (at == from)
        ++at;
    }
  }
  bool contains(std::string_view word) const { return words_.contains(word); }

 private:
  std::unordered_set<std::string_view> words_;  ///< those with a capital first, as all macros have it
};

/// Whether what a step of a path's walk reads lies side by side (templates/path.h). A question of values is asked here
/// and not in the text: a text that asks could not be compiled before the host is known (compile/stencil.h).
bool one_read_a_step(const LayoutTable& layout) {
  const auto follows = [&](const char* second, const char* first, std::uint32_t distance) {
    const LayoutMember *a = layout.find(first), *b = layout.find(second);
    return a != nullptr && b != nullptr && b->offset == a->offset + distance;
  };
  const LayoutMember *length = layout.find("qstr.len"), *name = layout.find("qstr.name");
  return follows("dentry.d_name", "dentry.d_parent", 8) && follows("mount.mnt_mountpoint", "mount.mnt_parent", 8) &&
         length != nullptr && length->offset == 4 && name != nullptr && name->offset == 8;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine_macros(const HostFacts& host, const LayoutTable& layout,
                                                                const std::string& text) {
  const Words words(text);
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("LINUX_VERSION_CODE", std::to_string(host.version_code));
  if (words.contains("POSSIBLE_CPUS")) out.emplace_back("POSSIBLE_CPUS", std::to_string(host.possible_cpus));
  out.emplace_back("PAGE_SIZE", std::to_string(host.page_size));
  const auto without = [&](KernelFeature feature, const char* macro) {
    if (host.lacks.contains(feature) && words.contains(macro)) out.emplace_back(macro, "1");
  };
  without(KernelFeature::SafeReads, "BURIN_ONE_READ");
  without(KernelFeature::CgroupId, "BURIN_NO_CGROUP_ID");
  without(KernelFeature::SendSignal, "BURIN_NO_SIGNAL");
  without(KernelFeature::BoundedLoops, "BURIN_NO_LOOPS");
  if (words.contains("BURIN_STEP_READ") && one_read_a_step(layout)) out.emplace_back("BURIN_STEP_READ", "1");
  for (const auto& [path, member] : layout.members) {
    const std::string name = macro_name("L_", path);
    if (words.contains(name)) out.emplace_back(name, std::to_string(member.offset));
  }
  for (const auto& [tracepoint, format] : host.tracepoints) {
    const std::string event = tracepoint.substr(tracepoint.find(':') + 1);
    for (const auto& field : format.fields) {
      const std::string name = macro_name("T_", event + "_" + field.name);
      if (words.contains(name)) out.emplace_back(name, std::to_string(field.offset));
    }
  }
  return out;
}

}  // namespace burin
