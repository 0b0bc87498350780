#include "codegen/machine_macros.h"

namespace burin {
namespace {

std::string macro_name(std::string_view prefix, std::string_view path) {
  std::string out(prefix);
  for (char c : path) out.push_back(c == '.' || c == ':' ? '_' : c);
  return out;
}

/// True when `text` holds `name` as a whole identifier.
bool names(const std::string& text, const std::string& name) {
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const char after = at + name.size() < text.size() ? text[at + name.size()] : ' ';
    if (!(std::isalnum(static_cast<unsigned char>(after)) || after == '_')) return true;
  }
  return false;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine_macros(const HostFacts& host, const LayoutTable& layout,
                                                                const std::string& text) {
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("LINUX_VERSION_CODE", std::to_string(host.version_code));
  if (names(text, "POSSIBLE_CPUS")) out.emplace_back("POSSIBLE_CPUS", std::to_string(host.possible_cpus));
  out.emplace_back("PAGE_SIZE", std::to_string(host.page_size));
  const auto without = [&](KernelFeature feature, const char* macro) {
    if (host.lacks.contains(feature) && names(text, macro)) out.emplace_back(macro, "1");
  };
  without(KernelFeature::SafeReads, "BURIN_ONE_READ");
  without(KernelFeature::CgroupId, "BURIN_NO_CGROUP_ID");
  without(KernelFeature::SendSignal, "BURIN_NO_SIGNAL");
  without(KernelFeature::BoundedLoops, "BURIN_NO_LOOPS");
  for (const auto& [path, member] : layout.members) {
    const std::string name = macro_name("L_", path);
    if (names(text, name)) out.emplace_back(name, std::to_string(member.offset));
  }
  for (const auto& [tracepoint, format] : host.tracepoints) {
    const std::string event = tracepoint.substr(tracepoint.find(':') + 1);
    for (const auto& field : format.fields) {
      const std::string name = macro_name("T_", event + "_" + field.name);
      if (names(text, name)) out.emplace_back(name, std::to_string(field.offset));
    }
  }
  return out;
}

}  // namespace burin
