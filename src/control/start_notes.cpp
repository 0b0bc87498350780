#include "control/start_notes.h"

#include "base/bytes.h"
#include "compile/codec.h"

namespace burin {

std::string note_of_policies(const std::vector<PolicyFile>& files) {
  ByteWriter out;
  out.raw("policies of burin " BURIN_VERSION);
  for (const auto& file : files) out.text(file.text);
  return out.take();
}

std::string note_of_self_test(const HostFacts& host, const LayoutTable& layout, const ProgramSource& base) {
  ByteWriter out;
  out.raw("self-test of burin " BURIN_VERSION);
  out.text(host.boot_id);
  out.text(host.release);
  out.text(host.build_id);
  out.text(layout.source);
  for (const auto& [path, member] : layout.members) {
    out.text(path);
    out.number(member.offset);
    out.number(member.size);
    out.number(member.shift);
    out.number(member.mask);
  }
  out.raw(encode_source_for_key(base));
  return out.take();
}

std::optional<std::string> kept_report(const SelfTestReport& report) {
  if (!report.mismatches.empty() || !report.skipped.empty()) return std::nullopt;
  std::string out;
  for (const auto& what : report.passed) out += what + "\n";
  return out;
}

SelfTestReport report_of_note(std::string_view value) {
  SelfTestReport out;
  out.earlier = true;
  while (!value.empty()) {
    const std::size_t end = value.find('\n');
    out.passed.emplace_back(value.substr(0, end));
    value = end == std::string_view::npos ? std::string_view{} : value.substr(end + 1);
  }
  return out;
}

}  // namespace burin
