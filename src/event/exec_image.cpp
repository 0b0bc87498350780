// The order of preference for every weak field is written here and nowhere else.
#include "event/exec_image.h"

#include <algorithm>

#include "event/process_table.h"

namespace burin {
namespace {

/// The bytes that `field` names, or nothing when they do not lie between the fixed part and the end.
std::optional<std::string_view> tail(std::span<const std::byte> bytes, wire::wvar field, std::size_t fixed) {
  if (field.len == 0) return std::string_view();
  if (field.off < fixed || std::size_t{field.off} + field.len > bytes.size()) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(bytes.data()) + field.off, field.len);
}

std::string_view until_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

/// `cwd`/`path` without "." and ".." steps.
std::string absolute(std::string_view cwd, std::string_view path) {
  std::string out;
  for (std::string_view part : {cwd, path}) {
    while (!part.empty()) {
      const std::size_t end = std::min(part.find('/'), part.size());
      const std::string_view step = part.substr(0, end);
      part.remove_prefix(std::min(end + 1, part.size()));
      if (step.empty() || step == ".") continue;
      if (step == "..") {
        out.erase(std::min(out.rfind('/'), out.size()));
      } else {
        out.append("/").append(step);
      }
    }
  }
  return out.empty() ? "/" : out;
}

/// Tetragon's way: separated by a space; one with a space in it is quoted, without escaping. An empty one is quoted
/// too, else it would be lost.
void append_argument(std::string& out, std::string_view argument) {
  if (!out.empty()) out += ' ';
  const bool quote = argument.empty() || argument.find(' ') != argument.npos;
  if (quote) out += '"';
  out += argument;
  if (quote) out += '"';
}

/// argv[1:] of NUL separated argv.
std::string join_raw_arguments(std::string_view argv) {
  std::string out;
  if (!argv.empty() && argv.back() == '\0') argv.remove_suffix(1);
  std::size_t at = argv.find('\0');
  while (at != argv.npos) {
    const std::size_t next = argv.find('\0', at + 1);
    append_argument(out, argv.substr(at + 1, next == argv.npos ? next : next - at - 1));
    at = next;
  }
  return out;
}

/// execveat on a descriptor: the kernel makes up a name that means something only inside the process.
bool names_a_descriptor(std::string_view filename) {
  return filename.starts_with("/dev/fd/") || filename.starts_with("/proc/self/fd/");
}

/// The process of an exec record as /proc shows it now, if it is still the same image; looked up at most once, and only
/// when the record left something open.
class LateLook {
 public:
  LateLook(ProcView& proc, const wire::Head& head, std::uint64_t exec_ktime)
      : proc_(proc), head_(head), exec_ktime_(exec_ktime) {}

  const SeedProcess* get() {
    if (!tried_) same_ = proc_.scan(head_.tgid, seen_) && is_same();
    tried_ = true;
    return same_ ? &seen_ : nullptr;
  }

 private:
  bool is_same() const {
    if (head_.start_boot != 0 ? !starts_agree(head_.start_boot, seen_.start_boot) : seen_.exec_ktime > exec_ktime_)
      return false;
    const std::string_view comm = comm_of(head_);
    return comm.empty() || comm == seen_.comm;  // another exec would have renamed it
  }

  ProcView& proc_;
  const wire::Head& head_;
  const std::uint64_t exec_ktime_;
  SeedProcess seen_;
  bool tried_ = false;
  bool same_ = false;
};

void fill_cwd(const wire::Exec& record, const ExecTexts& texts, LateLook& late, const ProcessInfo* previous,
              ProcessInfo& out) {
  const bool walked = (record.exec_flags & kExecCwdKnown) && !texts.cwd.empty();
  if (walked && !(record.exec_flags & kExecCwdTruncated)) {
    out.cwd = texts.cwd;
    out.cwd_source = "kernel";
  } else if (const SeedProcess* seen = late.get(); seen && seen->cwd_known) {
    out.cwd = seen->cwd;
    out.cwd_source = "proc";
  } else if (previous && !previous->cwd.empty()) {
    out.cwd = previous->cwd;
    out.cwd_source = "inherited";
    if (!walked) out.flags |= kProcErrorCwd;  // whoever was there before may have gone elsewhere since
  } else if (walked) {
    out.cwd = texts.cwd;  // its last components, better than nothing
    out.cwd_source = "kernel";
    out.flags |= kProcErrorCwd;
  } else {
    out.flags |= kProcNoCwd;
  }
  if (out.cwd == "/") out.flags |= kProcRootCwd;
}

/// What was handed to execve, made absolute: the script, not its interpreter; the link, not its target. The kernel's
/// own idea of the file (exe) serves where that name is of no use. Needs out.cwd.
void fill_binary(const wire::Exec& record, const ExecTexts& texts, LateLook& late, ProcessInfo& out) {
  const bool named =
      !texts.filename.empty() && !names_a_descriptor(texts.filename) && !(record.exec_flags & kExecFilenameTruncated);
  if (named && texts.filename.starts_with('/')) {
    out.binary = texts.filename;
    out.binary_source = "kernel";
  } else if (named && out.cwd.starts_with('/')) {
    out.binary = absolute(out.cwd, texts.filename);
    out.binary_source = out.cwd_source;
  } else if ((record.exec_flags & kExecExeKnown) && !(record.exec_flags & kExecExeTruncated) && !texts.exe.empty()) {
    out.binary = texts.exe;
    out.binary_source = "kernel";
  } else if (const SeedProcess* seen = late.get(); seen && !seen->binary.empty()) {
    out.binary = seen->binary;
    out.binary_source = "proc";
  } else {
    out.binary = !texts.filename.empty() ? texts.filename : !texts.exe.empty() ? texts.exe : comm_of(record.head);
    out.binary_source = "kernel";
    out.flags |= kProcErrorFilename;
  }
}

void fill_arguments(const wire::Exec& record, const ExecTexts& texts, LateLook& late, ProcessInfo& out) {
  if (!texts.args.empty()) {
    out.arguments = join_raw_arguments(texts.args);
    out.args_source = record.exec_flags & kExecArgsFromEntry ? "entry" : "kernel";
    if (record.args_total > texts.args.size()) out.flags |= kProcTruncArgs;
    if (record.exec_flags & kExecArgsFault) out.flags |= kProcErrorArgs;
  } else if (const SeedProcess* seen = late.get()) {
    out.arguments = join_arguments(seen->argv);
    out.args_source = "proc";
    if (seen->args_truncated) out.flags |= kProcTruncArgs;
  } else {
    out.flags |= kProcErrorArgs;
  }
}

void fill_auid(const wire::Exec& record, LateLook& late, const ProcessInfo* previous, const ProcessInfo* parent,
               ProcessInfo& out) {
  if (record.exec_flags & kExecAuidKnown) {
    out.auid = record.auid;
  } else if (const SeedProcess* seen = late.get()) {
    out.auid = seen->auid;
    out.auid_source = "proc";
  } else if (previous || parent) {
    out.auid = (previous ? previous : parent)->auid;
    out.auid_source = "inherited";
  }
}

}  // namespace

std::string_view comm_of(const wire::Head& head) {
  return until_nul({head.comm, kCommSize});
}

std::optional<ExecTexts> read_exec_texts(const wire::Exec& record, std::span<const std::byte> bytes) {
  const auto exe = tail(bytes, record.exe, sizeof record);
  const auto filename = tail(bytes, record.filename, sizeof record);
  const auto cwd = tail(bytes, record.cwd, sizeof record);
  const auto args = tail(bytes, record.args, sizeof record);
  if (!exe || !filename || !cwd || !args) return std::nullopt;
  return ExecTexts{until_nul(*exe), until_nul(*filename), until_nul(*cwd), *args};
}

void fill_exec_image(const wire::Exec& record, const ExecTexts& texts, ProcView& proc, const ProcessInfo* previous,
                     const ProcessInfo* parent, ProcessInfo& out) {
  LateLook late(proc, record.head, out.exec_ktime);
  fill_cwd(record, texts, late, previous, out);
  fill_binary(record, texts, late, out);
  fill_arguments(record, texts, late, out);
  fill_auid(record, late, previous, parent, out);
}

std::string join_arguments(const std::vector<std::string>& argv) {
  std::string out;
  for (std::size_t i = 1; i < argv.size(); ++i) append_argument(out, argv[i]);
  return out;
}

}  // namespace burin
