#include "host/header_places.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace burin {
namespace {

namespace fs = std::filesystem;

fs::path below(const fs::path& root, const fs::path& path) {
  return root / path.relative_path();
}

/// UTS_RELEASE of a tree's include/generated/utsrelease.h.
std::string uts_release(const fs::path& tree) {
  std::ifstream in(tree / "include/generated/utsrelease.h");
  constexpr std::string_view kDefine = "#define UTS_RELEASE \"";
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kDefine)) continue;
    const auto end = line.find('"', kDefine.size());
    if (end != std::string::npos) return line.substr(kDefine.size(), end - kDefine.size());
  }
  return {};
}

/// A directory on the way to `path` that others may write to, so that they could put another tree there; or empty.
fs::path writable_by_others(const fs::path& path) {
  std::error_code ignored;
  for (fs::path at = fs::canonical(path, ignored); !at.empty(); at = at.parent_path()) {
    struct stat info {};
    if (::stat(at.c_str(), &info) != 0) return at;
    const bool foreign = info.st_uid != 0 && info.st_uid != ::geteuid();
    const bool open = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (info.st_mode & S_ISVTX) == 0;
    if (foreign || open) return at;
    if (at == at.root_path()) break;
  }
  return {};
}

/// Debian's headers are two packages: the build tree's Makefile includes that of the common tree.
fs::path common_tree(const fs::path& build) {
  std::ifstream in(build / "Makefile");
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view kInclude = "include ";
    if (!line.starts_with(kInclude) || !line.ends_with("/Makefile")) continue;
    return fs::path(line.substr(kInclude.size())).parent_path();
  }
  return {};
}

bool has_sources(const fs::path& tree) {
  std::error_code ignored;
  return fs::is_regular_file(tree / "include/linux/kconfig.h", ignored);
}

std::string install_hint(const std::string& release) {
  return "install the headers of this kernel (Debian: apt install linux-headers-" + release + ")";
}

}  // namespace

void look_at_header_tree(HeaderPlace& place, const std::string& release) {
  std::error_code error;
  if (fs::is_symlink(place.path, error)) place.target = fs::read_symlink(place.path, error);
  if (!fs::exists(place.path, error)) {
    place.problem = place.target.empty() ? "does not exist" : "is a dangling link to " + place.target.string();
    place.cure = install_hint(release);
    if (!place.target.empty())
      place.cure += "; in a container that has the host's /lib/modules: also mount the host's /usr/src there";
    return;
  }
  place.build = place.path;
  place.release = uts_release(place.build);
  place.source = has_sources(place.build) ? place.build : common_tree(place.build);
  if (place.source.empty() && has_sources(place.path.parent_path() / "source"))
    place.source = place.path.parent_path() / "source";
  if (place.release.empty()) {
    place.problem =
        "has no include/generated/utsrelease.h: a source tree that was not configured, or no kernel's at all";
    place.cure = install_hint(release);
  } else if (place.release != release) {
    place.problem = "is of kernel " + place.release + ", not of " + release;
    place.cure = install_hint(release);
  } else if (place.source.empty() || !has_sources(place.source)) {
    place.problem = "has no include/linux: half of the headers is missing";
    place.cure = install_hint(release);
  } else {
    for (const auto& tree : {place.build, place.source})
      if (const fs::path bad = writable_by_others(tree); !bad.empty() && place.problem.empty()) {
        place.problem = bad.string() + " can be written by others than root";
        place.cure = "chown root: " + bad.string() + " && chmod go-w " + bad.string();
      }
  }
}

std::vector<PlantedHeaders> planted_headers(const fs::path& root, const std::string& release) {
  const fs::path path = below(root, "/tmp/kheaders-" + release);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  const bool foreign = info.st_uid != 0 && info.st_uid != ::geteuid();
  const bool link = S_ISLNK(info.st_mode), open = !link && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (!foreign && !open) return {};
  return {{path,
           (foreign ? "belongs to user " + std::to_string(info.st_uid) : std::string("can be written by everybody")) +
               (link ? ", is a link" : "") + ", and was not unpacked by burin: never used",
           "BCC's own tools, run by root, compile with what its owner puts there",
           "look at who made it, then: rm -r " + path.string()}};
}

std::vector<HeaderPlace> header_places(const fs::path& root, const std::string& release) {
  std::vector<HeaderPlace> out;
  for (const std::string& path : {"/lib/modules/" + release + "/build", "/lib/modules/" + release + "/source",
                                  "/usr/src/linux-headers-" + release, "/usr/src/kernels/" + release}) {
    HeaderPlace& place = out.emplace_back();
    place.path = below(root, path);
    look_at_header_tree(place, release);
  }
  return out;
}

fs::path kernel_header_archive(const fs::path& root) {
  const fs::path path = below(root, "/sys/kernel/kheaders.tar.xz");
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) ? path : fs::path();
}

}  // namespace burin
