// What one exec record says about the new image: which text is the binary, the arguments, the working directory, and
// where each of them came from when the kernel side could not tell.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/proc_view.h"
#include "model/event.h"
#include "model/record.h"

namespace burin {

/// The texts in an exec record's tail; they point into the record.
struct ExecTexts {
  std::string_view exe, filename, cwd;
  std::string_view args;  ///< NUL separated argv
};

/// Nothing when a tail lies outside the record.
std::optional<ExecTexts> read_exec_texts(const wire::Exec& record, std::span<const std::byte> bytes);

/// Fills binary, arguments, cwd, auid, their sources and the flags that go with them. `out` has pid and exec_ktime.
/// What the record leaves open is taken from `proc` while the process still runs that image, then from `previous` (the
/// image that the exec replaced) or, for auid, from `parent`; both may be null.
void fill_exec_image(const wire::Exec& record, const ExecTexts& texts, ProcView& proc, const ProcessInfo* previous,
                     const ProcessInfo* parent, ProcessInfo& out);

/// argv[1:] as one text, Tetragon's way: separated by spaces; an argument with a space is put in quotes, without
/// escaping. An empty one is quoted too, else it would be lost.
std::string join_arguments(const std::vector<std::string>& argv);

/// The thread name in a head.
std::string_view comm_of(const wire::Head& head);

/// /proc's start times are whole ticks of 10 ms; two views of one start differ by less than two of them.
inline constexpr std::uint64_t kStartToleranceNs = 20'000'000;
inline bool starts_agree(std::uint64_t a, std::uint64_t b) {
  return (a > b ? a - b : b - a) <= kStartToleranceNs;
}

}  // namespace burin
