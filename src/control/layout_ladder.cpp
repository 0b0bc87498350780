#include "control/layout_ladder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>

#include "base/log.h"
#include "control/header_layout.h"
#include "discovery/discover.h"
#include "host/header_places.h"
#include "layout/btf_layout.h"
#include "layout/layout_cache.h"

namespace burin {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<LayoutSource, std::string_view>, 6> kNames{{{LayoutSource::Btf, "btf"},
                                                                           {LayoutSource::File, "file"},
                                                                           {LayoutSource::Headers, "headers"},
                                                                           {LayoutSource::Kheaders, "kheaders"},
                                                                           {LayoutSource::Discovery, "discovery"},
                                                                           {LayoutSource::None, "none"}}};

/// Changes when another package version is installed over the same tree.
std::string tree_key(const fs::path& build) {
  struct stat info {};
  ::stat((build / "include/generated/utsrelease.h").c_str(), &info);
  return build.string() + " " + std::to_string(info.st_mtim.tv_sec);
}

}  // namespace

std::string_view to_string(LayoutSource source) {
  for (const auto& [value, name] : kNames)
    if (value == source) return name;
  return "?";
}

std::optional<LayoutSource> parse_layout_source(std::string_view text) {
  for (const auto& [value, name] : kNames)
    if (name == text) return value;
  if (text == "bare") return LayoutSource::None;
  return std::nullopt;
}

KernelIdentity identity_of(const HostFacts& host) {
  return {host.release, host.arch, host.build_id};
}

LayoutLadder::LayoutLadder(LayoutOptions options, const HostFacts& host, std::vector<std::string> members,
                           CompilerOptions compiler, fs::path cache_dir)
    : options_(std::move(options)),
      host_(host),
      members_(std::move(members)),
      compiler_(std::move(compiler)),
      cache_dir_(std::move(cache_dir)) {
  if (options_.only) {
    rungs_.push_back(*options_.only);
    return;
  }
  // Who names a file wants that one.
  const bool named = !options_.file.empty();
  if (named) rungs_.push_back(LayoutSource::File);
  for (const auto& [rung, name] : kNames)
    if (rung != LayoutSource::File || !named) rungs_.push_back(rung);
}

std::optional<LayoutTable> LayoutLadder::next() {
  while (at_ < rungs_.size())
    if (auto table = climb(rungs_[at_++])) return table;
  return std::nullopt;
}

void LayoutLadder::drop(const std::string& reason) {
  if (attempts_.empty()) return;
  attempts_.back().usable = false;
  attempts_.back().outcome = reason;
}

std::string LayoutLadder::why_not() const {
  std::string out;
  for (const auto& a : attempts_)
    if (!a.usable)
      out += fmt::format("{}layout source {}{}: {}{}", out.empty() ? "" : "\n", to_string(a.source),
                         a.where.empty() ? "" : " (" + a.where + ")", a.outcome,
                         a.cure.empty() ? "" : " (cure: " + a.cure + ")");
  return out;
}

std::optional<LayoutTable> LayoutLadder::climb(LayoutSource rung) {
  switch (rung) {
    case LayoutSource::Btf: return from_btf();
    case LayoutSource::File: return from_files();
    case LayoutSource::Headers:
    case LayoutSource::Kheaders: {
      auto table = rung == LayoutSource::Headers ? from_headers() : from_kernel_archive();
      if (table) fill_from_discovery(*table);
      return table;
    }
    case LayoutSource::Discovery: return note(rung, {}, discover_layout(host_, members_));
    case LayoutSource::None: return note(rung, {}, LayoutTable{"none", {}});
  }
  return std::nullopt;
}

void LayoutLadder::fill_from_discovery(LayoutTable& table) {
  std::vector<std::string> missing;
  for (const auto& member : members_)
    if (!table.find(member)) missing.push_back(member);
  if (options_.only || missing.empty()) return;
  const auto found = discover_layout(host_, members_);
  if (!found) return log(LogLevel::Debug, "layout", "discovery: " + found.error().text());
  // Both look at the same kernel: where they contradict each other, one of them is wrong, and who says what was found
  // by looking is not asked for more.
  for (const auto& [path, place] : found->members)
    if (const auto* other = table.find(path); other && other->offset != place.offset)
      return log(
          LogLevel::Warning, "layout",
          fmt::format("{} is at {} by the headers and at {} by looking: nothing is added to the headers' members", path,
                      other->offset, place.offset));
  for (const auto& path : missing)
    if (const auto* place = found->find(path)) {
      table.members.emplace(path, *place);
      table.filled_from.emplace(path, "discovery");
    }
  attempts_.back().outcome += fmt::format(", and {} by discovery", table.filled_from.size());
}

std::optional<LayoutTable> LayoutLadder::note(LayoutSource rung, const std::string& where, Result<LayoutTable> table) {
  LayoutAttempt& attempt = attempts_.emplace_back();
  attempt.source = rung;
  attempt.where = where;
  attempt.usable = table.has_value();
  if (!table) {
    attempt.outcome = table.error().text();
    return std::nullopt;
  }
  attempt.outcome = rung == LayoutSource::None
                        ? "tracepoint arguments, helpers and /proc only"
                        : fmt::format("{} of {} members", table->members.size(), members_.size());
  return std::move(*table);
}

std::optional<LayoutTable> LayoutLadder::from_btf() {
  const fs::path file = options_.root / "sys/kernel/btf/vmlinux";
  if (!host_.has_btf)
    return note(
        LayoutSource::Btf, file.string(),
        fail(ErrorCode::Unsupported, "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is off), or /sys is hidden"));
  return note(LayoutSource::Btf, file.string(),
              cache_dir_.empty()
                  ? layout_from_btf(file, members_)
                  : cached_layout_from_btf(file, members_, cache_dir_, host_.release + " " + host_.boot_id));
}

std::optional<LayoutTable> LayoutLadder::from_files() {
  const KernelIdentity kernel = identity_of(host_);
  if (options_.pack)
    return note(LayoutSource::File, options_.file.string(),
                layout_from_pack(*options_.pack, options_.file.string(), kernel, members_));
  if (!options_.file.empty())
    return note(LayoutSource::File, options_.file.string(), layout_from_file(options_.file, kernel, members_));
  std::string looked;
  for (const auto& directory : options_.directories) {
    const fs::path file = find_layout_file(options_.root / directory.relative_path(), kernel);
    looked += (looked.empty() ? "" : ", ") + directory.string();
    if (file.empty()) continue;
    if (auto table = note(LayoutSource::File, file.string(), layout_from_file(file, kernel, members_))) return table;
  }
  note(LayoutSource::File, {}, fail(ErrorCode::NotFound, "no pack or BTF file of this kernel in " + looked));
  attempts_.back().telling = false;
  attempts_.back().cure =
      "on a machine with this kernel and its BTF: burin layout pack > " + host_.release + ".layout; put it there";
  return std::nullopt;
}

Result<LayoutTable> LayoutLadder::compile_headers(const HeaderTree& tree, const std::string& key) {
  const LayoutCache cache(cache_dir_, "headers " + key + " " + host_.release + " " + host_.build_id);
  if (auto table = cache_dir_.empty() ? std::nullopt : cache.load(members_)) {
    table->source = "headers";
    return std::move(*table);
  }
  log(LogLevel::Info, "layout",
      "asking the kernel headers in " + tree.build.string() + " where structure members lie (once, some seconds)");
  TRY(LayoutTable table, layout_from_headers(tree, members_, compiler_));
  if (!cache_dir_.empty()) cache.store(members_, table);
  return table;
}

std::optional<LayoutTable> LayoutLadder::from_headers() {
  const auto places = header_places(options_.root, host_.release);
  for (const auto& place : places) {
    if (!place.problem.empty()) {
      note(LayoutSource::Headers, place.path.string(), fail(ErrorCode::Unsupported, place.problem));
      attempts_.back().cure = place.cure;
      // The link that every distribution makes is missed; the other places are some distributions' habits.
      attempts_.back().telling = !place.build.empty() || !place.target.empty() || &place == &places.front();
      continue;
    }
    if (auto table = note(LayoutSource::Headers, place.path.string(),
                          compile_headers({place.source, place.build}, tree_key(place.build))))
      return table;
  }
  return std::nullopt;
}

void LayoutLadder::note_planted_headers() {
  for (const auto& planted : planted_headers(options_.root, host_.release)) {
    note(LayoutSource::Kheaders, planted.path.string(), fail(ErrorCode::PermissionDenied, planted.problem));
    attempts_.back().cure = planted.cure;
    attempts_.back().danger = planted.danger;
  }
}

std::optional<LayoutTable> LayoutLadder::from_kernel_archive() {
  note_planted_headers();
  const fs::path archive = kernel_header_archive(options_.root);
  if (archive.empty()) {
    note(LayoutSource::Kheaders, (options_.root / "sys/kernel/kheaders.tar.xz").string(),
         fail(ErrorCode::NotFound,
              "this kernel does not carry its headers (CONFIG_IKHEADERS is off, or `modprobe kheaders` was not done)"));
    attempts_.back().cure = "modprobe kheaders, where the kernel has it as a module";
    attempts_.back().telling = false;
    return std::nullopt;
  }
  const LayoutCache cache(cache_dir_, "kheaders " + host_.release + " " + host_.build_id + " " + host_.boot_id);
  if (auto table = cache_dir_.empty() ? std::nullopt : cache.load(members_)) {
    table->source = "kheaders";
    return note(LayoutSource::Kheaders, archive.string(), std::move(*table));
  }
  auto unpacked = UnpackedHeaders::unpack(archive, compiler_.scratch);
  if (!unpacked) return note(LayoutSource::Kheaders, archive.string(), tl::unexpected(unpacked.error()));
  log(LogLevel::Info, "layout",
      "asking the kernel's own headers where structure members lie (once a boot, some seconds)");
  auto table = layout_from_headers({unpacked->path(), unpacked->path()}, members_, compiler_);
  if (table) {
    table->source = "kheaders";
    if (!cache_dir_.empty()) cache.store(members_, *table);
  }
  return note(LayoutSource::Kheaders, archive.string(), std::move(table));
}

}  // namespace burin
