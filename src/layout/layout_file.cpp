// A pack's text:
//
//   burin layout pack 2
//   release 6.1.0-32-amd64
//   arch x86_64
//   build-id 0123…
//   from btf
//   task_struct.real_parent 1368 8 0 0
//   iov_iter.ubuf -
//   host {"version":…}
//   end 16 hexadecimal digits
#include "layout/layout_file.h"

#include <fstream>
#include <sstream>

#include "elf/binary.h"
#include "layout/btf_layout.h"
#include "layout/layout_lines.h"

namespace burin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "burin layout pack 2\n";
constexpr std::string_view kAnyPack = "burin layout pack ";
/// A pack has some KB, with the answers to a policy that lists every system call some hundred; what is larger is none.
constexpr std::size_t kMaxPack = 16U << 20;
constexpr std::string_view kHost = "host ";

std::string word(std::string_view text) {
  std::string out;
  for (const char c : text) out += c > ' ' && c < 127 ? c : '_';
  return out.empty() ? "-" : out;
}

}  // namespace

std::string kernel_mismatch(const KernelIdentity& is, const KernelIdentity& wanted) {
  if (!is.arch.empty() && !wanted.arch.empty() && is.arch != wanted.arch)
    return "it is for " + is.arch + ", this machine is " + wanted.arch;
  if (!is.build_id.empty() && !wanted.build_id.empty()) {
    if (is.build_id == wanted.build_id) return {};
    return "it is of the kernel with build id " + is.build_id + (is.release.empty() ? "" : " (" + is.release + ")") +
           ", this one has " + wanted.build_id;
  }
  if (!is.release.empty() && is.release != wanted.release)
    return "it is of kernel " + is.release + ", this one is " + wanted.release;
  return {};
}

std::string encode_pack(const KernelIdentity& kernel, const LayoutTable& table, const std::vector<std::string>& members,
                        const std::string& host) {
  std::string text(kMagic);
  text += "release " + word(kernel.release) + "\narch " + word(kernel.arch) + "\nbuild-id " + word(kernel.build_id) +
          "\nfrom " + word(table.source) + "\n";
  for (const auto& member : members) text += layout_line(member, table.find(member));
  if (!host.empty()) text += std::string(kHost) + host + "\n";
  return with_end_mark(std::move(text));
}

Result<LayoutPack> decode_pack(std::string_view text, const std::string& name) {
  const auto bad = [&](std::size_t line, const std::string& what) {
    return fail(ErrorCode::Io, name + ":" + std::to_string(line) + ": " + what);
  };
  if (!text.starts_with(kMagic))
    return bad(1, text.starts_with(kAnyPack) ? "a layout pack of another version; make it anew with this burin"
                                             : "no layout pack");
  const auto body = before_end_mark(text);
  if (!body) return bad(1, "the layout pack is truncated or was altered: its last line does not fit the others");
  LayoutPack pack;
  pack.table.source = "pack";
  const std::pair<std::string_view, std::string*> words[] = {{"release ", &pack.kernel.release},
                                                             {"arch ", &pack.kernel.arch},
                                                             {"build-id ", &pack.kernel.build_id},
                                                             {"from ", &pack.made_from}};
  std::istringstream lines{std::string(body->substr(kMagic.size()))};
  std::size_t number = 1;
  std::string line;
  for (const auto& [key, value] : words) {
    ++number;
    if (!std::getline(lines, line) || !line.starts_with(key))
      return bad(number, "expected \"" + std::string(key) + "…\"");
    *value = line.substr(key.size());
    if (*value == "-") value->clear();
  }
  while (std::getline(lines, line)) {
    ++number;
    if (line.starts_with(kHost) && pack.host.empty()) {
      pack.host = line.substr(kHost.size());
      continue;
    }
    auto member = parse_layout_line(line);
    if (!member) return bad(number, "not a member line (\"path offset size shift mask\")");
    if (!member->place)
      pack.absent.push_back(member->path);
    else if (!pack.table.members.emplace(member->path, *member->place).second)
      return bad(number, member->path + " is there twice");
  }
  return pack;
}

Result<LayoutTable> layout_from_pack(const LayoutPack& pack, const std::string& name, const KernelIdentity& kernel,
                                     const std::vector<std::string>& members) {
  if (const std::string why = kernel_mismatch(pack.kernel, kernel); !why.empty())
    return fail(ErrorCode::Unsupported, "layout pack " + name + " is not for this kernel: " + why);
  LayoutTable table{"pack", {}};
  for (const auto& member : members)
    if (const auto* place = pack.table.find(member)) table.members.emplace(member, *place);
  return table;
}

Result<LayoutTable> layout_from_file(const fs::path& file, const KernelIdentity& kernel,
                                     const std::vector<std::string>& members) {
  std::ifstream in(file, std::ios::binary);
  std::string head(kAnyPack.size(), '\0');
  if (!in || !in.read(head.data(), static_cast<std::streamsize>(head.size())))
    return fail(ErrorCode::Io, "cannot read the layout file " + file.string() +
                                   ": it does not exist, is not ours to read, or has nothing in it");
  if (head == kAnyPack) {
    std::string text = head + std::string(std::istreambuf_iterator<char>(in), {});
    if (text.size() > kMaxPack) return fail(ErrorCode::Io, file.string() + " is too large for a layout pack");
    TRY(const LayoutPack pack, decode_pack(text, file.string()));
    return layout_from_pack(pack, file.string(), kernel, members);
  }
  if (head.starts_with("\177ELF")) {
    TRY(const Binary image, Binary::open(file.string()));
    if (const std::string why = kernel_mismatch({{}, {}, image.build_id()}, {{}, {}, kernel.build_id}); !why.empty())
      return fail(ErrorCode::Unsupported, file.string() + " is not this kernel: " + why);
  }
  TRY(LayoutTable table, layout_from_btf(file, members));
  table.source = "btf file";
  return table;
}

fs::path find_layout_file(const fs::path& directory, const KernelIdentity& kernel) {
  std::vector<fs::path> names;
  if (!kernel.build_id.empty()) names.push_back(kernel.build_id + ".layout");
  if (!kernel.release.empty())
    for (const auto& name : {kernel.release + ".layout", kernel.release + ".btf", "vmlinux-" + kernel.release})
      names.emplace_back(name);
  for (const auto& name : names) {
    std::error_code ignored;
    if (fs::is_regular_file(directory / name, ignored)) return directory / name;
  }
  return {};
}

}  // namespace burin
