#include "control/header_layout.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <sstream>

#include "compile/child_process.h"

namespace burin {
namespace {

namespace fs = std::filesystem;

/// The header that defines a structure. One that is not here is asked for without a header, which clang refuses: the
/// member is left out. struct mount is in fs/mount.h, which no headers package has.
const std::map<std::string, std::string, std::less<>> kHeaders = {
    {"task_struct", "linux/sched.h"},
    {"signal_struct", "linux/sched/signal.h"},
    {"cred", "linux/cred.h"},
    {"mm_struct", "linux/mm_types.h"},
    {"file", "linux/fs.h"},
    {"inode", "linux/fs.h"},
    {"kiocb", "linux/fs.h"},
    {"path", "linux/path.h"},
    {"vfsmount", "linux/mount.h"},
    {"dentry", "linux/dcache.h"},
    {"qstr", "linux/dcache.h"},
    {"fs_struct", "linux/fs_struct.h"},
    {"files_struct", "linux/fdtable.h"},
    {"fdtable", "linux/fdtable.h"},
    {"nsproxy", "linux/nsproxy.h"},
    {"uts_namespace", "linux/utsname.h"},
    {"ipc_namespace", "linux/ipc_namespace.h"},
    {"pid_namespace", "linux/pid_namespace.h"},
    {"user_namespace", "linux/user_namespace.h"},
    {"time_namespace", "linux/time_namespace.h"},
    {"cgroup_namespace", "linux/cgroup.h"},
    {"net", "net/net_namespace.h"},
    {"ns_common", "linux/ns_common.h"},
    {"pid", "linux/pid.h"},
    {"upid", "linux/pid.h"},
    {"sock", "net/sock.h"},
    {"socket", "linux/net.h"},
    {"sk_buff", "linux/skbuff.h"},
    {"net_device", "linux/netdevice.h"},
    {"iov_iter", "linux/uio.h"},
    {"iter_type", "linux/uio.h"},
    {"linux_binprm", "linux/binfmts.h"},
    {"module", "linux/module.h"},
    {"perf_event", "linux/perf_event.h"},
    {"perf_event_attr", "linux/perf_event.h"},
    {"bpf_map", "linux/bpf.h"},
    {"bpf_prog", "linux/filter.h"},
    {"bpf_prog_aux", "linux/bpf.h"},
};
/// Tags that are enumerations: "iter_type.ITER_UBUF" is a number, not a place.
const std::set<std::string, std::less<>> kEnums = {"iter_type"};

/// clang stops at 20 errors a run, so many members can be missing in each.
constexpr int kMaxRounds = 8;
/// Kernel headers keep clang busy twenty times as long as the shim does (2 to 3 s): an emulated machine with other work
/// needs more than a compile's usual limit.
constexpr int kPatience = 5;

std::string tag_of(const std::string& member) {
  return member.substr(0, member.find('.'));
}

/// size << 32 | offset, as an expression.
std::string expression(const std::string& member) {
  const std::string tag = tag_of(member), path = member.substr(tag.size() + 1);
  if (kEnums.contains(tag)) return "((u64)4 << 32) | (u32)" + path;
  return "((u64)sizeof(((struct " + tag + " *)0)->" + path + ") << 32) | __builtin_offsetof(struct " + tag + ", " +
         path + ")";
}

ProgramSource source_for(const std::vector<std::string>& members) {
  ProgramSource source;
  source.name = "the kernel headers' layout";
  std::set<std::string> headers;
  for (const auto& member : members)
    if (const auto it = kHeaders.find(tag_of(member)); it != kHeaders.end()) headers.insert(it->second);
  for (const auto& header : headers) source.text += "#include <" + header + ">\n";
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    const std::string function = "m" + std::to_string(i);
    source.text += "u64 " + function + "(void *ctx) { return " + expression(members[i]) + "; } /*@" +
                   std::to_string(i + 1) + "*/\n";
    source.programs.push_back({function, ProgramType::Kprobe});
    source.origins.push_back({i + 1, {members[i], 1, 1, 1}, "member"});
  }
  return source;
}

/// Members at whose lines clang found an error; its messages were mapped to "MEMBER:1:COLUMN (member): error: ...".
std::set<std::string> refused_members(const std::string& messages) {
  std::set<std::string> out;
  std::istringstream lines(messages);
  for (std::string line; std::getline(lines, line);) {
    const auto error = line.find(": error:");
    const auto colon = line.find(':');
    if (error != std::string::npos && colon < error && line.find("(member)") < error) out.insert(line.substr(0, colon));
  }
  return out;
}

/// The constant that a function returns: its first instruction loads it.
bool constant_of(const ProgramDef& program, std::uint64_t& value) {
  constexpr std::uint8_t kLoad64 = 0x18, kMove = 0xb7;  // BPF_LD|BPF_IMM|BPF_DW, BPF_ALU64|BPF_MOV|BPF_K
  if (program.insns.size() < 2) return false;
  const auto imm = [&](std::size_t i) { return static_cast<std::uint32_t>(program.insns[i] >> 32); };
  switch (static_cast<std::uint8_t>(program.insns[0])) {
    case kLoad64: value = (std::uint64_t{imm(1)} << 32) | imm(0); return true;
    case kMove: value = imm(0); return true;
    default: return false;
  }
}

}  // namespace

Result<LayoutTable> layout_from_headers(const HeaderTree& tree, const std::vector<std::string>& members,
                                        const CompilerOptions& options) {
  std::vector<std::string> wanted;
  for (const auto& member : members)
    if (kHeaders.contains(tag_of(member))) wanted.push_back(member);
  CompilerOptions patient = options;
  patient.timeout *= kPatience;
  const Compiler compiler(patient, nullptr);
  for (int round = 0; round < kMaxRounds && !wanted.empty(); ++round) {
    const auto image = compiler.compile_with_headers(source_for(wanted), tree);
    if (!image) {
      const auto refused = refused_members(image.error().detail);
      if (refused.empty()) return tl::unexpected(image.error());
      std::erase_if(wanted, [&](const std::string& m) { return refused.contains(m); });
      continue;
    }
    LayoutTable table{"headers", {}};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      std::uint64_t value = 0;
      if (!constant_of(image->programs[i], value))
        return fail(ErrorCode::Internal, "the compiler's answer for " + wanted[i] + " is no constant");
      table.members.emplace(
          wanted[i], LayoutMember{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32), 0, 0});
    }
    return table;
  }
  return fail(ErrorCode::Unsupported, "clang refuses these headers at too many places");
}

Result<UnpackedHeaders> UnpackedHeaders::unpack(const fs::path& archive, const fs::path& parent) {
  std::string path = (parent / "burin-headers-").string() + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return fail_errno(ErrorCode::Io,
                      "cannot make a private directory in " + parent.string() + " for the kernel's headers", errno);
  UnpackedHeaders out(path);
  std::error_code ignored;
  ChildRequest request;
  for (const char* tar : {"/usr/bin/tar", "/bin/tar"})
    if (fs::exists(tar, ignored) && request.argv.empty())
      request.argv = {tar, "--no-same-owner", "-xJf", archive.string(), "-C", path};
  if (request.argv.empty()) return fail(ErrorCode::NotFound, "there is no tar to unpack " + archive.string());
  TRY(const auto outcome, run_child(request));
  if (outcome.wait_status != 0)
    return fail(ErrorCode::Io,
                "cannot unpack " + archive.string() + ": " + outcome.messages.substr(0, outcome.messages.find('\n')));
  // As the shim's directory: ours, readable for the compiler's group, closed to everybody else.
  constexpr gid_t kCompilerGroup = 65534;
  if ((::geteuid() == 0 && ::chown(path.c_str(), 0, kCompilerGroup) != 0) || ::chmod(path.c_str(), 0750) != 0)
    return fail_errno(ErrorCode::Io, "cannot open " + path + " to the compiler", errno);
  return out;
}

UnpackedHeaders::~UnpackedHeaders() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace burin
