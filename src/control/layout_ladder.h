// Where structure layouts come from: rung after rung, the first that passes the self-test is kept.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compile/compiler.h"
#include "layout/layout_file.h"
#include "model/host_facts.h"
#include "model/layout_table.h"

namespace burin {

enum class LayoutSource {
  Btf,        ///< /sys/kernel/btf/vmlinux
  File,       ///< a pack, BTF file or vmlinux: the one named, or one for this kernel in a known directory
  Headers,    ///< headers of this kernel on the host
  Kheaders,   ///< headers that the kernel itself carries
  Discovery,  ///< found at run time
  None,       ///< bare: tracepoint arguments, helpers, /proc
};
/// "btf", "file", "headers", "kheaders", "discovery", "none".
std::string_view to_string(LayoutSource source);
std::optional<LayoutSource> parse_layout_source(std::string_view text);

struct LayoutOptions {
  std::optional<LayoutSource> only;  ///< just this rung; no other is tried
  std::filesystem::path file;        ///< tried before all others
  std::optional<LayoutPack> pack{};  ///< what `file` has, when it was read already
  /// Where files for many kernels lie, see find_layout_file.
  std::vector<std::filesystem::path> directories = {"/etc/burin/layouts", "/var/lib/burin/layouts",
                                                    "/usr/lib/burin/layouts"};
  std::filesystem::path root = "/";  ///< below which the host is looked at
};

/// One rung that was tried.
struct LayoutAttempt {
  LayoutSource source = LayoutSource::None;
  std::string where;    ///< file or directory; empty where there is none to name
  std::string outcome;  ///< "120 of 126 members", or why not
  bool usable = false;  ///< a table came out of it (which the self-test may have dropped since)
  std::string cure;     ///< of a rung that is not usable
  std::string danger;   ///< what somebody could do with it; empty: nothing
  bool telling = true;  ///< worth a line when a start goes on without: not the mere absence of what few hosts have
};

/// Not thread-safe.
class LayoutLadder {
 public:
  /// `cache_dir`: where tables that took long are kept between starts; empty: nowhere. `host` is borrowed.
  LayoutLadder(LayoutOptions options, const HostFacts& host, std::vector<std::string> members, CompilerOptions compiler,
               std::filesystem::path cache_dir);

  /// The table of the next rung that gives one; nothing when none is left. The last one is bare and always there,
  /// unless another rung was asked for alone.
  std::optional<LayoutTable> next();
  /// Says that the table given last must not be used ("the self-test failed: ...").
  void drop(const std::string& reason);
  const std::vector<LayoutAttempt>& attempts() const { return attempts_; }
  /// One line a rung that was tried and not used, with its cure, for messages.
  std::string why_not() const;

 private:
  std::optional<LayoutTable> climb(LayoutSource rung);
  std::optional<LayoutTable> note(LayoutSource rung, const std::string& where, Result<LayoutTable> table);
  std::optional<LayoutTable> from_btf();
  std::optional<LayoutTable> from_files();
  std::optional<LayoutTable> from_headers();
  std::optional<LayoutTable> from_kernel_archive();
  void note_planted_headers();
  /// Headers lack what only the kernel's own sources have (struct mount) and what C does not let one ask (bit-fields).
  void fill_from_discovery(LayoutTable& table);
  Result<LayoutTable> compile_headers(const HeaderTree& tree, const std::string& key);

  const LayoutOptions options_;
  const HostFacts& host_;
  const std::vector<std::string> members_;
  const CompilerOptions compiler_;
  const std::filesystem::path cache_dir_;
  std::vector<LayoutSource> rungs_;
  std::size_t at_ = 0;
  std::vector<LayoutAttempt> attempts_;
};

/// The kernel that runs here, as far as it says.
KernelIdentity identity_of(const HostFacts& host);

}  // namespace burin
