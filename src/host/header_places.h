// Where this host may have the headers of its kernel. Only looks; who compiles with them, and whether they tell the
// truth, is decided elsewhere.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace burin {

/// One place that was looked at. Usable when `problem` is empty.
struct HeaderPlace {
  std::filesystem::path path;    ///< as it was looked at: /lib/modules/6.1.0-32-amd64/build
  std::filesystem::path target;  ///< where its link points, as the link says; empty: no link
  std::filesystem::path
      source;  ///< the tree with include/linux (Debian has it apart from `build`); empty when there is none
  std::filesystem::path build;  ///< the tree with include/generated
  std::string release;          ///< UTS_RELEASE of include/generated/utsrelease.h; empty when it cannot be read
  std::string problem;          ///< why it cannot be used, in words
  std::string cure;             ///< what would make it usable, a command where there is one
};

/// Looks at /lib/modules/RELEASE/build and /source, /usr/src/linux-headers-RELEASE and /usr/src/kernels/RELEASE below
/// `root`, in this order. A tree is not usable when it is of another kernel (UTS_RELEASE differs from `release`:
/// headers of another kernel are worse than none) or when others than root may write to it or to a directory above it.
std::vector<HeaderPlace> header_places(const std::filesystem::path& root, const std::string& release);

/// The archive of its headers that the kernel itself carries (CONFIG_IKHEADERS): /sys/kernel/kheaders.tar.xz below
/// `root`; empty when there is none.
std::filesystem::path kernel_header_archive(const std::filesystem::path& root);

/// A directory in which tools built on BCC look for unpacked headers, where others than root could put some.
struct PlantedHeaders {
  std::filesystem::path path;
  std::string problem;  ///< whose it is
  std::string danger;   ///< what can be done with it
  std::string cure;
};
/// /tmp/kheaders-RELEASE below `root`, when it is there and not root's (or ours) alone. Nothing in it is ever used:
/// this is for saying so.
std::vector<PlantedHeaders> planted_headers(const std::filesystem::path& root, const std::string& release);

/// What is wrong with a tree for this kernel; fills source, build and release of `place` (whose path is the tree).
void look_at_header_tree(HeaderPlace& place, const std::string& release);

}  // namespace burin
