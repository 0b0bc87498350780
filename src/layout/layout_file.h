// Layout rung 2: a file that somebody gives us. A pack (our own table of offsets, some KB), a BTF blob or a vmlinux.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/layout_table.h"

namespace burin {

/// The kernel that a layout is of. Empty where it is not known.
struct KernelIdentity {
  std::string release;   ///< uname -r
  std::string arch;      ///< uname -m
  std::string build_id;  ///< lower-case hexadecimal, of the kernel's own ELF note
};

/// The text of a pack: whom it is of, one line for each of `members` (those that the table has no place for as absent),
/// what else is known of the host (`host`: one line, may be empty; bundle/ knows its form), an end mark.
std::string encode_pack(const KernelIdentity& kernel, const LayoutTable& table, const std::vector<std::string>& members,
                        const std::string& host = {});

struct LayoutPack {
  KernelIdentity kernel;
  LayoutTable table;                ///< source "pack"
  std::vector<std::string> absent;  ///< members that this kernel does not have
  std::string made_from;            ///< LayoutTable::source of the table that was packed
  std::string host;                 ///< as given to encode_pack
};
/// Error{Io} with line and reason: truncated, altered, of another format or version. `name` is for messages.
Result<LayoutPack> decode_pack(std::string_view text, const std::string& name);

/// Why what is known of kernel `is` must not be used for kernel `wanted`; empty: it may. Build ids decide where both
/// are known, else releases.
std::string kernel_mismatch(const KernelIdentity& is, const KernelIdentity& wanted);

/// The members of a pack that are wanted. Error{Unsupported} when it is of another kernel. `name` is for messages.
Result<LayoutTable> layout_from_pack(const LayoutPack& pack, const std::string& name, const KernelIdentity& kernel,
                                     const std::vector<std::string>& members);

/// Members out of a pack, a BTF blob or an ELF with a .BTF section, whichever the file is. Error{Unsupported} when it
/// is of another kernel: a pack or ELF with another build id (or, where one of the two has none, another release), or
/// of another machine. A BTF blob does not say whose it is: only the self-test tells. The table's source is "pack" or
/// "btf file".
Result<LayoutTable> layout_from_file(const std::filesystem::path& file, const KernelIdentity& kernel,
                                     const std::vector<std::string>& members);

/// Looks for a file for this kernel in a directory: BUILDID.layout, RELEASE.layout, RELEASE.btf, vmlinux-RELEASE. Empty
/// when there is none.
std::filesystem::path find_layout_file(const std::filesystem::path& directory, const KernelIdentity& kernel);

}  // namespace burin
