// burin-precompile: run by the build. Compiles the base programs for hosts that it does not know, with holes for what
// differs between them, and writes them as a C++ file that the daemon is linked with: a first start then compiles
// nothing but its policies. Not installed.
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "codegen/renderer.h"
#include "compile/compiler.h"
#include "compile/stencil.h"

namespace burin {
namespace {

constexpr std::uint32_t kPageSize = 4096;

/// Fields that tracepoints of some kernels do not have: there is a stencil with and one without.
const std::set<std::string> kNotEverywhere = {"sched_process_exit_group_dead"};  // Linux 6.16

/// The names in `text` that begin with `prefix`, without it.
std::set<std::string> names_with(const std::string& prefix, const std::string& text) {
  std::set<std::string> out;
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
    if (at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == '_')) continue;
    std::size_t end = at + prefix.size();
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    out.insert(text.substr(at + prefix.size(), end - at - prefix.size()));
  }
  return out;
}

/// A host that has every feature, every member and every field that the text asks for, at places yet to be filled in.
Result<ProgramSource> source_for(const ProcessNeeds& needs, bool everywhere_only) {
  HostFacts host;
  host.version_code = 1;
  host.page_size = kPageSize;
  for (const auto& tracepoint : tracepoints_used()) host.tracepoints[tracepoint];
  LayoutTable layout;
  layout.source = "precompiled";
  for (const auto& member : layout_members()) layout.members[member];
  // As in all kernels that are known: what a step of a path's walk reads lies side by side.
  layout.members["dentry.d_name"].offset = layout.members["mount.mnt_mountpoint"].offset = 8;
  layout.members["qstr.len"].offset = 4;
  layout.members["qstr.name"].offset = 8;
  TRY(const RenderedUnit first, render_base(host, layout, needs));
  for (auto& [tracepoint, format] : host.tracepoints) {
    const std::string event = tracepoint.substr(tracepoint.find(':') + 1);
    for (const auto& field : names_with("T_" + event + "_", first.source.text))
      if (!everywhere_only || !kNotEverywhere.contains(event + "_" + field)) format.fields.push_back({field});
  }
  TRY(RenderedUnit unit, render_base(host, layout, needs));
  return std::move(unit.source);
}

Result<Stencil> stencil_for(const ProcessNeeds& needs, bool everywhere_only) {
  TRY(ProgramSource source, source_for(needs, everywhere_only));
  std::vector<std::string> holes;
  std::erase_if(source.defines, [&](const auto& define) {
    const std::string& name = define.first;
    const bool hole = name.starts_with("L_") || name.starts_with("T_") || name == "LINUX_VERSION_CODE";
    if (hole) holes.push_back(name);
    return hole;
  });
  const Compiler compiler({}, nullptr);
  return make_stencil(source, holes, [&](const ProgramSource& s) { return compiler.compile(s); });
}

Result<std::vector<Stencil>> all_stencils() {
  std::vector<Stencil> out;
  for (const bool everywhere_only : {false, true}) {
    for (const auto& [parents, facts] : {std::pair{false, false}, std::pair{true, false}, std::pair{false, true}}) {
      ProcessNeeds needs;
      needs.parents = parents;
      needs.facts = facts;
      TRY(Stencil stencil, stencil_for(needs, everywhere_only));
      out.push_back(std::move(stencil));
    }
  }
  return out;
}

bool write_source(const std::string& bytes, const char* path) {
  std::ofstream out(path);
  out << "// Made by burin-precompile.\n#include \"base/embedded.h\"\n\nnamespace burin {\nnamespace {\n"
         "const unsigned char kBytes[] = {";
  char text[8];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::snprintf(text, sizeof text, "%u,", static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
    out << (i % 32 == 0 ? "\n" : "") << text;
  }
  out << "\n};\n}  // namespace\nextern const std::string_view kPrecompiled;\n"
         "const std::string_view kPrecompiled(reinterpret_cast<const char*>(kBytes), sizeof kBytes);\n"
         "}  // namespace burin\n";
  return out.flush().good();
}

}  // namespace
}  // namespace burin

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: burin-precompile FILE.cpp\n";
    return 2;
  }
  const auto stencils = burin::all_stencils();
  if (!stencils) {
    std::cerr << "burin-precompile: " << stencils.error().text() << '\n' << stencils.error().detail;
    return 1;
  }
  return burin::write_source(burin::encode_stencils(*stencils), argv[1]) ? 0 : 1;
}
