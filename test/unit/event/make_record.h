// Builds records byte by byte, as the kernel side would, for the tests of what reads them.
#pragma once
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/record.h"
#include "types/wire_structs.h"

namespace burin_test {

using Bytes = std::vector<std::byte>;

/// A head with what most tests need.
inline burin::wire::Head head(burin::HookId hook, std::uint32_t tgid, std::uint64_t ktime, std::uint64_t exec_ktime) {
  burin::wire::Head h;
  h.hook = hook;
  h.size = sizeof h;
  h.ktime = ktime;
  h.exec_ktime = exec_ktime;
  h.tgid = h.tid = tgid;
  return h;
}

inline void set_comm(burin::wire::Head& h, std::string_view comm) {
  std::memset(h.comm, 0, sizeof h.comm);
  std::memcpy(h.comm, comm.data(), std::min(comm.size(), sizeof h.comm));
}

template <class T>
Bytes bytes_of(const T& value) {
  Bytes out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

/// Puts `text` behind what is there and names it in `field`.
inline void append_tail(Bytes& bytes, burin::wire::wvar& field, std::string_view text) {
  field = {static_cast<std::uint16_t>(bytes.size()), static_cast<std::uint16_t>(text.size())};
  const std::size_t at = bytes.size();
  bytes.resize(at + text.size());
  std::memcpy(bytes.data() + at, text.data(), text.size());
}

/// The same for the text of an argument, which was read.
inline void append_tail(Bytes& bytes, burin::wire::Text& field, std::string_view text) {
  burin::wire::wvar at;
  append_tail(bytes, at, text);
  field = {at.off, at.len, 1, text.size()};
}

/// An exec record and its texts. Only texts that are set are sent.
struct ExecRecord {
  burin::wire::Exec fixed;
  std::string exe, filename, cwd;
  std::vector<std::string> argv;
  std::uint32_t missing_args = 0;  ///< bytes of argv that were not captured

  ExecRecord(std::uint32_t tgid, std::uint64_t ktime) {
    fixed.head = head(burin::kHookExec, tgid, ktime, ktime);
    fixed.old_tid = tgid;
  }
  ExecRecord& parent(std::uint32_t ppid, std::uint64_t parent_ktime) {
    fixed.head.ppid = ppid;
    fixed.head.parent_ktime = parent_ktime;
    return *this;
  }
  ExecRecord& file(std::string text) {
    filename = std::move(text);
    return *this;
  }
  ExecRecord& in(std::string directory) {
    cwd = std::move(directory);
    fixed.exec_flags |= burin::kExecCwdKnown;
    return *this;
  }
  ExecRecord& args(std::vector<std::string> values) {
    argv = std::move(values);
    return *this;
  }

  /// Also completes `fixed`.
  Bytes bytes() {
    Bytes out(sizeof fixed);
    const auto text = [&](burin::wire::wvar& field, const std::string& value) {
      if (!value.empty()) append_tail(out, field, value + '\0');
    };
    text(fixed.exe, exe);
    text(fixed.filename, filename);
    text(fixed.cwd, cwd);
    std::string joined;
    for (const std::string& a : argv) joined += a + '\0';
    if (!joined.empty()) append_tail(out, fixed.args, joined);
    fixed.args_total = static_cast<std::uint32_t>(joined.size()) + missing_args;
    fixed.head.size = static_cast<std::uint32_t>(out.size());
    std::memcpy(out.data(), &fixed, sizeof fixed);
    return out;
  }
};

inline burin::wire::Clone clone_record(std::uint32_t parent, std::uint64_t parent_ktime, std::uint32_t child,
                                       std::uint64_t child_ktime) {
  burin::wire::Clone c;
  c.head = head(burin::kHookClone, parent, child_ktime, parent_ktime);
  c.head.size = sizeof c;
  c.child_tgid = child;
  c.child_ppid = parent;
  c.child_ktime = child_ktime;
  c.child_parent_ktime = parent_ktime;
  return c;
}

inline burin::wire::Exit exit_record(std::uint32_t tgid, std::uint64_t exec_ktime, std::uint64_t ktime) {
  burin::wire::Exit e;
  e.head = head(burin::kHookExit, tgid, ktime, exec_ktime);
  e.head.size = sizeof e;
  e.code_known = 1;
  return e;
}

}  // namespace burin_test
