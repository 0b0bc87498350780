#include "symbols/symbolizer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <list>
#include <map>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "symbols/elf_symbols.h"
#include "symbols/kernel_symbols.h"

namespace burin {
namespace {

constexpr std::size_t kMaxProcesses = 256, kMaxModules = 64;
/// A kernel module may have been loaded since the table was read: it is read again, but not for every unknown address.
constexpr std::uint64_t kReloadNs = 60'000'000'000;
/// What lies further behind the beginning of the nearest function is in no function that we know.
constexpr std::uint64_t kLongestFunction = 64U << 10;
/// A process whose address is in no known mapping has loaded something since; it is asked again at most this often.
constexpr std::uint64_t kRereadNs = 10'000'000;

struct Module {
  std::string path;
  std::optional<ElfSymbols> symbols;
};
using ModulePtr = std::shared_ptr<const Module>;

struct Mapping {
  std::uint64_t begin = 0, end = 0, offset = 0;
  std::string key;   ///< device, inode and path
  std::string path;  ///< "[vdso]", "/usr/bin/x"; empty: anonymous
  ModulePtr module;  ///< once it was needed
};

/// "7f00-7f01 r-xp 00001000 08:01 1234   /usr/lib/libc.so.6"; only executable mappings are taken.
bool parse_mapping(const std::string& line, Mapping& out) {
  unsigned long long begin = 0, end = 0, offset = 0, inode = 0;
  char flags[5] = "", device[16] = "";
  int at = 0;
  if (std::sscanf(line.c_str(), "%llx-%llx %4s %llx %15s %llu %n", &begin, &end, flags, &offset, device, &inode, &at) <
      6)
    return false;
  if (flags[2] != 'x') return false;
  out.begin = begin;
  out.end = end;
  out.offset = offset;
  out.path = static_cast<std::size_t>(at) < line.size() ? line.substr(static_cast<std::size_t>(at)) : std::string();
  out.key = fmt::format("{} {} {}", device, inode, out.path);
  return true;
}

struct Process {
  std::vector<Mapping> mappings;  ///< sorted by address
  std::uint64_t read_at = 0;
};

using ProcessKey = std::pair<std::uint32_t, std::uint64_t>;

/// The last entries used, at most `limit` of them.
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(std::size_t limit) : limit_(limit) {}
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    items_.splice(items_.begin(), items_, found->second);
    return &items_.front().second;
  }
  Value& add(const Key& key, Value value) {
    items_.emplace_front(key, std::move(value));
    index_[key] = items_.begin();
    if (items_.size() > limit_) {
      index_.erase(items_.back().first);
      items_.pop_back();
    }
    return items_.front().second;
  }

 private:
  std::size_t limit_;
  std::list<std::pair<Key, Value>> items_;
  std::map<Key, typename std::list<std::pair<Key, Value>>::iterator> index_;
};

}  // namespace

struct Symbolizer::Impl {
  explicit Impl(std::string p) : proc(std::move(p)) {}

  bool read_maps(std::uint32_t pid, Process& process);
  Process& process_of(std::uint32_t pid, std::uint64_t exec_ktime);
  Mapping* mapping_of(Process& process, std::uint64_t address);
  const Module& module_of(std::uint32_t pid, Mapping& mapping);
  void load_kernel();

  const std::string proc;
  std::optional<KernelSymbols> kernel;
  std::uint64_t kernel_read = 0;
  Recent<ProcessKey, Process> processes{kMaxProcesses};
  Recent<std::string, ModulePtr> modules{kMaxModules};
};

Symbolizer::Symbolizer(std::string proc) : impl_(std::make_unique<Impl>(std::move(proc))) {}
Symbolizer::~Symbolizer() = default;

bool Symbolizer::Impl::read_maps(std::uint32_t pid, Process& process) {
  process.read_at = monotonic_ns();
  std::ifstream file(fmt::format("{}/{}/maps", proc, pid));
  std::vector<Mapping> fresh;
  std::string line;
  while (std::getline(file, line)) {
    Mapping mapping;
    if (parse_mapping(line, mapping)) fresh.push_back(std::move(mapping));
  }
  if (fresh.empty()) return false;  // gone: what is known stays
  process.mappings = std::move(fresh);
  // The symbols of its files too: their names may be gone as well (a container's, a deleted file's).
  for (auto& mapping : process.mappings) module_of(pid, mapping);
  return true;
}

Process& Symbolizer::Impl::process_of(std::uint32_t pid, std::uint64_t exec_ktime) {
  const ProcessKey key(pid, exec_ktime);
  if (Process* known = processes.find(key)) return *known;
  Process process;
  read_maps(pid, process);
  return processes.add(key, std::move(process));
}

Mapping* Symbolizer::Impl::mapping_of(Process& process, std::uint64_t address) {
  auto above = std::ranges::upper_bound(process.mappings, address, {}, &Mapping::begin);
  if (above == process.mappings.begin()) return nullptr;
  --above;
  return address < above->end ? &*above : nullptr;
}

const Module& Symbolizer::Impl::module_of(std::uint32_t pid, Mapping& mapping) {
  if (mapping.module) return *mapping.module;
  if (ModulePtr* known = modules.find(mapping.key)) {
    mapping.module = *known;
    return **known;
  }
  auto module = std::make_shared<Module>();
  module->path = mapping.path;
  if (mapping.path.starts_with('/')) {
    // map_files leads to the file itself, whatever its name is by now and in whichever mount namespace it is.
    UniqueFd file(::open(fmt::format("{}/{}/map_files/{:x}-{:x}", proc, pid, mapping.begin, mapping.end).c_str(),
                         O_RDONLY | O_CLOEXEC));
    if (!file) file.reset(::open(fmt::format("{}/{}/root{}", proc, pid, mapping.path).c_str(), O_RDONLY | O_CLOEXEC));
    if (file)
      if (auto symbols = ElfSymbols::load(file.get())) module->symbols = std::move(*symbols);
  }
  mapping.module = modules.add(mapping.key, std::move(module));
  return *mapping.module;
}

void Symbolizer::Impl::load_kernel() {
  const bool first = kernel_read == 0;
  kernel_read = monotonic_ns();
  auto loaded = KernelSymbols::load(proc + "/kallsyms");
  if (loaded)
    kernel = std::move(*loaded);
  else if (first)
    log(LogLevel::Warning, "stacks", "kernel stacks come without names: " + loaded.error().text());
}

void Symbolizer::remember(std::uint32_t pid, std::uint64_t exec_ktime) {
  impl_->process_of(pid, exec_ktime);
}

void Symbolizer::name_kernel(std::vector<StackFrame>& frames) {
  Impl& d = *impl_;
  if (frames.empty()) return;
  if (d.kernel_read == 0) d.load_kernel();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    StackFrame& frame = frames[i];
    const std::uint64_t at = i == 0 ? frame.address : frame.address - 1;  // a return address: the call is before it
    KernelSymbols::Found found;
    bool known = d.kernel && d.kernel->find(frame.address, at, found) && found.offset <= kLongestFunction;
    if (!known && d.kernel && monotonic_ns() - d.kernel_read > kReloadNs) {
      d.load_kernel();
      known = d.kernel->find(frame.address, at, found) && found.offset <= kLongestFunction;
    }
    if (!known) {
      frame.symbol = "unknown";
      continue;
    }
    frame.symbol = found.name;
    frame.module = found.module;
    frame.offset = found.offset;
  }
}

void Symbolizer::name_user(std::uint32_t pid, std::uint64_t exec_ktime, std::vector<StackFrame>& frames) {
  Impl& d = *impl_;
  if (frames.empty()) return;
  Process& process = d.process_of(pid, exec_ktime);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    StackFrame& frame = frames[i];
    Mapping* mapping = d.mapping_of(process, frame.address);
    if (!mapping && monotonic_ns() - process.read_at > kRereadNs) {
      d.read_maps(pid, process);
      mapping = d.mapping_of(process, frame.address);
    }
    if (!mapping) continue;
    const Module& module = d.module_of(pid, *mapping);
    frame.module = module.path;
    frame.offset = frame.address - mapping->begin + mapping->offset;
    if (module.symbols) frame.symbol = module.symbols->find(i == 0 ? frame.offset : frame.offset - 1);
  }
}

}  // namespace burin
