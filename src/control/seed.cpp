#include "control/seed.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>

#include "base/log.h"
#include "kernel/map_access.h"
#include "model/record.h"

namespace burin {
namespace {

namespace fs = std::filesystem;

/// How often the processes are looked at until none is incomplete. Each look takes milliseconds, and only what is born
/// meanwhile of a parent that the look before had not reached is left for the next.
constexpr int kLooks = 3;

/// A value of `procs` in its longest shape, in pieces; bytes() has the shape that the policies ask for.
struct Image {
  wire::Proc proc;
  wire::ProcParent parent;
  wire::ProcFacts facts;

  std::vector<std::byte> bytes(const ProcessNeeds& needs) const {
    std::vector<std::byte> out;
    const auto add = [&out](const auto& part) {
      const auto* p = reinterpret_cast<const std::byte*>(&part);
      out.insert(out.end(), p, p + sizeof part);
    };
    add(proc);
    if (needs.parents) add(parent);
    if (needs.facts) add(facts);
    return out;
  }
  void take(const std::vector<std::byte>& bytes, const ProcessNeeds& needs) {
    const std::byte* at = bytes.data();
    const auto read = [&at](auto& part) {
      std::memcpy(&part, at, sizeof part);
      at += sizeof part;
    };
    read(proc);
    if (needs.parents) read(parent);
    if (needs.facts) read(facts);
  }
};

/// "/proc/PID/ns/uts" -> 4026531838; 0 when it cannot be read.
std::uint32_t namespace_of(const fs::path& process, NamespaceKind kind) {
  char text[64];
  const fs::path link = process / "ns" / std::string(proc_name(kind));
  const ssize_t n = ::readlink(link.c_str(), text, sizeof text);
  const std::string_view target(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  std::uint32_t inum = 0;
  if (const auto open = target.find('['); open != target.npos)
    std::from_chars(target.data() + open + 1, target.data() + target.size(), inum);
  return inum;
}

struct Status {
  std::uint32_t namespace_pid = 0;
  std::size_t depth = 0;                 ///< pid namespaces that the process is in
  std::optional<std::uint64_t> caps[3];  ///< by CapabilitySet
};

Status status_of(const fs::path& process) {
  Status out;
  std::ifstream file(process / "status");
  constexpr std::pair<std::string_view, CapabilitySet> kSets[] = {{"CapEff:", CapabilitySet::Effective},
                                                                  {"CapInh:", CapabilitySet::Inheritable},
                                                                  {"CapPrm:", CapabilitySet::Permitted}};
  for (std::string line; std::getline(file, line);) {
    const std::size_t last = line.find_last_of("\t ");
    if (last == std::string::npos) continue;
    const char* const from = line.data() + last + 1;
    const char* const end = line.data() + line.size();
    if (line.starts_with("NSpid:")) {
      std::from_chars(from, end, out.namespace_pid);
      out.depth = static_cast<std::size_t>(std::ranges::count(line, '\t'));
    }
    for (const auto& [name, set] : kSets) {
      std::uint64_t bits = 0;
      if (line.starts_with(name) && std::from_chars(from, end, bits, 16).ec == std::errc())
        out.caps[static_cast<std::size_t>(set)] = bits;
    }
  }
  return out;
}

wire::ProcFacts facts_of(const fs::path& process) {
  wire::ProcFacts out;
  for (std::size_t i = 0; i < kNamespaceKinds; ++i) out.ns[i] = namespace_of(process, static_cast<NamespaceKind>(i));
  const Status status = status_of(process);
  out.facts_known = 1;
  for (std::size_t i = 0; i < std::size(status.caps); ++i) {
    out.caps[i] = status.caps[i].value_or(0);
    if (!status.caps[i]) out.facts_known = 0;
  }
  return out;
}

/// Marks of processes that run already, as the base programs would have given them.
class SeedMarks {
 public:
  SeedMarks(const std::vector<SeedProcess>& seeds, const ProcessNeeds& needs, const fs::path& proc)
      : needs_(needs), proc_(proc), namespace_bits_(needs.namespace_marks()) {
    if (needs_.followed.empty()) return;
    for (const auto& seed : seeds) by_pid_.emplace(seed.tgid, &seed);
  }

  /// Parents are older than their children, so the walk ends; a table that says otherwise ends it by its size.
  std::uint64_t of(const SeedProcess& process, std::size_t depth = 0) {
    if (needs_.followed.empty()) return 0;
    if (const auto known = marks_.find(process.tgid); known != marks_.end()) return known->second;
    std::uint64_t marks = 0;
    if (const auto parent = by_pid_.find(process.ppid);
        parent != by_pid_.end() && parent->second != &process && depth < by_pid_.size()) {
      marks = of(*parent->second, depth + 1) | pid_bits(*parent->second);
      // A child's pid namespace is its parent's or one inside of it.
      if (namespace_bits_ && status(process.tgid).depth != status(process.ppid).depth) marks &= ~namespace_bits_;
    }
    for (const auto& followed : needs_.followed)
      if (std::ranges::find(followed.paths, process.binary) != followed.paths.end()) marks |= 1ULL << followed.mark;
    marks_.emplace(process.tgid, marks);
    return marks;
  }

 private:
  /// What a process's own pid gives to its children.
  std::uint64_t pid_bits(const SeedProcess& process) {
    std::uint64_t bits = 0;
    for (const auto& followed : needs_.followed) {
      if (followed.kind == Followed::Kind::Programs) continue;
      const bool inside = followed.kind == Followed::Kind::NamespacePids;
      const std::uint32_t pid = inside ? status(process.tgid).namespace_pid : process.tgid;
      if (std::ranges::find(followed.pids, pid) != followed.pids.end()) bits |= 1ULL << followed.mark;
    }
    return bits;
  }
  const Status& status(std::uint32_t pid) {
    const auto [at, fresh] = statuses_.try_emplace(pid);
    if (fresh) at->second = status_of(proc_ / std::to_string(pid));
    return at->second;
  }

  const ProcessNeeds& needs_;
  const fs::path& proc_;
  std::uint64_t namespace_bits_;
  std::map<std::uint32_t, const SeedProcess*> by_pid_;
  std::map<std::uint32_t, std::uint64_t> marks_;
  std::map<std::uint32_t, Status> statuses_;
};

void set_path(const std::string& path, std::uint32_t& length, char (&bytes)[256]) {
  length = static_cast<std::uint32_t>(path.size());
  if (path.size() < sizeof bytes) path.copy(bytes, path.size());
}

class Seeder {
 public:
  Seeder(int procs, const ProcessNeeds& needs, const fs::path& proc) : procs_(procs), needs_(needs), proc_(proc) {}

  /// One look at all processes; those that were new go to `fresh`. True when no entry had to be completed.
  bool look(std::vector<SeedProcess>& fresh) {
    std::vector<SeedProcess> seeds = scan_proc(proc_);
    std::map<std::uint32_t, const SeedProcess*> by_pid;
    if (needs_.parents)
      for (const auto& seed : seeds) by_pid.emplace(seed.tgid, &seed);
    SeedMarks marks(seeds, needs_, proc_);
    bool complete = true;
    std::vector<bool> was_new(seeds.size());
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      const SeedProcess& seed = seeds[i];
      const Image image = image_of(seed, marks, by_pid);
      const auto put = map_put(procs_, &seed.tgid, image.bytes(needs_).data(), true);
      was_new[i] = !put || *put;
      if (!put)
        ++unmapped_;
      else if (!*put && finish(seed.tgid, image))
        complete = false;
    }
    for (std::size_t i = 0; i < seeds.size(); ++i)
      if (was_new[i]) fresh.push_back(std::move(seeds[i]));
    return complete;
  }
  std::size_t unmapped() const { return unmapped_; }

 private:
  Image image_of(const SeedProcess& seed, SeedMarks& marks,
                 const std::map<std::uint32_t, const SeedProcess*>& by_pid) const {
    Image image;
    image.proc.exec_ktime = seed.exec_ktime;
    image.proc.parent_ktime = seed.parent_ktime;
    image.proc.ppid = seed.ppid;
    image.proc.marks = marks.of(seed);
    set_path(seed.binary, image.proc.path_len, image.proc.path);
    if (const auto parent = by_pid.find(seed.ppid); parent != by_pid.end()) {
      image.parent.parent_known = 1;
      image.parent.parent_marks = marks.of(*parent->second);
      set_path(parent->second->binary, image.parent.parent_path_len, image.parent.parent_path);
    }
    if (needs_.facts) image.facts = facts_of(proc_ / std::to_string(seed.tgid));
    return image;
  }

  /// Was born after the programs were attached: its own records tell its story. Only what it takes over from its parent
  /// may be missing, when that was not in the map yet; such an entry has no path. True when something was missing.
  bool finish(std::uint32_t tgid, const Image& image) {
    std::vector<std::byte> bytes = image.bytes(needs_);
    auto found = map_get(procs_, &tgid, bytes.data());
    if (!found || !*found) return false;
    Image there;
    there.take(bytes, needs_);
    if (there.proc.path_len != 0 || image.proc.path_len == 0) return false;
    there.proc.path_len = image.proc.path_len;
    std::copy(std::begin(image.proc.path), std::end(image.proc.path), std::begin(there.proc.path));
    there.proc.marks |= image.proc.marks;
    there.parent = image.parent;
    there.facts = image.facts;
    [[maybe_unused]] auto written = map_put(procs_, &tgid, there.bytes(needs_).data(), false);
    return true;
  }

  int procs_;
  const ProcessNeeds& needs_;
  const fs::path& proc_;
  std::size_t unmapped_ = 0;
};

}  // namespace

std::vector<SeedProcess> seed_process_map(int procs_fd, const ProcessNeeds& needs, const fs::path& proc) {
  std::vector<SeedProcess> fresh;
  Seeder seeder(procs_fd, needs, proc);
  // Without filters that are inherited a later look would find nothing that the first one cannot.
  const int looks = needs == ProcessNeeds{} ? 1 : kLooks;
  for (int i = 0; i < looks && !seeder.look(fresh); ++i) {
  }
  if (seeder.unmapped())
    log(LogLevel::Warning, "start",
        std::to_string(seeder.unmapped()) +
            " running processes did not fit into the kernel's process map: policies that name "
            "binaries do not know theirs, until they exec");
  std::ranges::sort(fresh, {}, &SeedProcess::tgid);
  return fresh;
}

}  // namespace burin
