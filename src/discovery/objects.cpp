#include "discovery/objects.h"

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <bit>

#include "kernel/load_maps.h"

namespace burin {
namespace {

constexpr std::size_t kObjectWindow = 512, kEventWindow = 1024, kNameSize = 16;
constexpr char kTag[] = "burin";

/// What a descriptor's file has as private_data.
std::uint64_t object_of(KernelMemory& memory, const Subject& thread, int fd, const Findings& findings) {
  const auto data = findings.offset("file.private_data");
  const std::uint64_t file = file_of(memory, thread, fd, findings);
  return data && file ? memory.pointer_at(file + *data) : 0;
}

/// `count` instructions that do nothing and return 0.
ProgramDef idle_program(std::string function, ProgramType type, std::size_t count) {
  ProgramDef out;
  out.function = std::move(function);
  out.type = type;
  out.license = "GPL";
  const bpf_insn zero{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0};
  const bpf_insn leave{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
  out.insns.assign(count - 1, std::bit_cast<std::uint64_t>(zero));
  out.insns.push_back(std::bit_cast<std::uint64_t>(leave));
  return out;
}

bool has_name(const Bytes& bytes, std::uint32_t offset, const std::string& name) {
  return offset + kNameSize <= bytes.size() && std::memcmp(bytes.data() + offset, name.c_str(), name.size() + 1) == 0;
}

/// The number that each object is known to have, at the one place where they all have it.
void find_numbers(const std::string& path, const std::vector<Bytes>& objects, const std::vector<std::uint32_t>& numbers,
                  Findings& findings) {
  std::vector<Sight<std::uint32_t>> sights;
  for (std::size_t i = 0; i < objects.size(); ++i) sights.push_back({objects[i], numbers[i]});
  findings.accept_one(path, agreeing(sights), 4, "two objects of our own that differ in it");
}

void find_maps(const std::vector<MapDef>& defs, const std::vector<Bytes>& maps, Findings& findings) {
  const auto numbers = [&](std::uint32_t MapDef::*member) {
    return std::vector<std::uint32_t>{defs[0].*member, defs[1].*member};
  };
  find_numbers("bpf_map.map_type", maps, numbers(&MapDef::type), findings);
  find_numbers("bpf_map.key_size", maps, numbers(&MapDef::key_size), findings);
  find_numbers("bpf_map.value_size", maps, numbers(&MapDef::value_size), findings);
  find_numbers("bpf_map.max_entries", maps, numbers(&MapDef::max_entries), findings);
  Offsets names;
  for (std::uint32_t at = 0; at < kObjectWindow; ++at)
    if (has_name(maps[0], at, kernel_name({}, defs[0].name)) && has_name(maps[1], at, kernel_name({}, defs[1].name)))
      names.push_back(at);
  findings.accept_one("bpf_map.name", names, kNameSize, "two objects of our own that differ in it");
}

void find_programs(KernelMemory& memory, const std::vector<ProgramDef>& defs, const std::vector<Bytes>& programs,
                   Findings& findings) {
  const auto type = [&](int i) { return static_cast<std::uint32_t>(defs[i].type); };
  const auto length = [&](int i) { return static_cast<std::uint32_t>(defs[i].insns.size()); };
  find_numbers("bpf_prog.type", programs, {type(0), type(1)}, findings);
  find_numbers("bpf_prog.len", programs, {length(0), length(1)}, findings);
  const auto named = [&](int i) -> Fits {
    return [name = kernel_name(kTag, defs[i].function)](const Bytes& aux, std::uint32_t at) {
      return has_name(aux, at, name);
    };
  };
  constexpr std::size_t kAuxWindow = 2048;
  auto pairs = pointed_at(memory, programs[0], pointers_in(memory, programs[0]), kAuxWindow, 4, named(0));
  pairs = still_pointed_at(memory, programs[1], std::move(pairs), named(1));
  if (pairs.size() != 1) return;
  constexpr char kHow[] = "names of two programs of our own";
  findings.accept("bpf_prog.aux", pairs[0].pointer, 8, kHow);
  findings.accept("bpf_prog_aux.name", pairs[0].member, kNameSize, kHow);
}

UniqueFd idle_event(std::uint64_t period, std::uint64_t config1, std::uint64_t config2) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.sample_period = period;
  attr.config1 = config1;
  attr.config2 = config2;
  attr.disabled = 1;
  return UniqueFd(static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

void find_bpf_objects(KernelMemory& memory, const Subject& thread, const HostFacts& host, Findings& findings) {
  ProgramImage image;
  image.maps = {
      {.name = "look_hash", .type = BPF_MAP_TYPE_HASH, .key_size = 52, .value_size = 88, .max_entries = 37},
      {.name = "look_array", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 152, .max_entries = 23},
  };
  image.programs = {idle_program("look_a", ProgramType::SchedCls, 29), idle_program("look_b", ProgramType::Kprobe, 43)};
  const auto loaded = LoadedProgram::load(image, {}, {}, host, kTag);
  if (!loaded) return;
  memory.forget();
  const auto object = [&](int fd) { return memory.at(object_of(memory, thread, fd, findings), kObjectWindow); };
  const std::vector<Bytes> maps{object(loaded->map_fd("look_hash")), object(loaded->map_fd("look_array"))};
  const std::vector<Bytes> programs{object(loaded->program_fd("look_a")), object(loaded->program_fd("look_b"))};
  find_maps(image.maps, maps, findings);
  find_programs(memory, image.programs, programs, findings);
}

void find_perf_event(KernelMemory& memory, const Subject& thread, Findings& findings) {
  // perf_event_attr is user ABI: type, size, config, sample_period, ... config1 at 56, config2 at 64.
  const std::array<std::uint64_t, 3> truth[] = {{0x1d2b394755, 0x61c1d9a3, 0x7391}, {0x2f4e6d8cab, 0x5a1b7e83, 0x6b27}};
  std::vector<UniqueFd> events;
  std::vector<Bytes> copies;
  for (const auto& t : truth) {
    events.push_back(idle_event(t[0], t[1], t[2]));
    if (!events.back()) return;
    memory.forget();
    copies.push_back(memory.at(object_of(memory, thread, events.back().get(), findings), kEventWindow));
  }
  Offsets found;
  for (std::uint32_t at = 0; at + sizeof(perf_event_attr) <= kEventWindow; at += 8) {
    bool all = true;
    for (std::size_t i = 0; all && i < copies.size(); ++i)
      all = copies[i].holds<std::uint32_t>(at, PERF_TYPE_SOFTWARE) &&
            copies[i].holds<std::uint64_t>(at + offsetof(perf_event_attr, config), PERF_COUNT_SW_DUMMY) &&
            copies[i].holds(at + offsetof(perf_event_attr, sample_period), truth[i][0]) &&
            copies[i].holds(at + offsetof(perf_event_attr, config1), truth[i][1]) &&
            copies[i].holds(at + offsetof(perf_event_attr, config2), truth[i][2]);
    if (all) found.push_back(at);
  }
  constexpr char kHow[] = "five words of two events of our own, in the places of the user ABI";
  if (!findings.accept_one("perf_event.attr", found, 0, kHow)) return;
  findings.accept("perf_event_attr.type", offsetof(perf_event_attr, type), 4, kHow);
  findings.accept("perf_event_attr.config", offsetof(perf_event_attr, config), 8, kHow);
  findings.accept("perf_event_attr.kprobe_func", offsetof(perf_event_attr, kprobe_func), 8, kHow);
  findings.accept("perf_event_attr.probe_offset", offsetof(perf_event_attr, probe_offset), 8, kHow);
}

bool rename_loopback(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  name.copy(request.ifr_newname, sizeof request.ifr_newname - 1);
  return socket && ::ioctl(socket.get(), SIOCSIFNAME, &request) == 0;
}

void find_net_device(KernelMemory& memory, const Subject& thread, const Subject& renamed, const std::string& name,
                     Findings& findings) {
  const auto nsproxy = findings.offset("task_struct.nsproxy"), net = findings.offset("nsproxy.net_ns");
  if (!nsproxy || !net) return;
  constexpr std::size_t kNetWindow = 1024, kDeviceWindow = 1024;
  const auto net_of = [&](const Subject& s) {
    return memory.at(memory.pointer_at(s.task.pointer(*nsproxy) + *net), kNetWindow);
  };
  // The device has a list entry for its name, with pointers to both: a pointer to the middle of a device does not fit.
  const auto called = [&](const std::string& text) -> Fits {
    return [&memory, text](const Bytes& device, std::uint32_t at) {
      if (!has_name(device, at, text)) return false;
      const Bytes whole = memory.at(device.address(), kDeviceWindow);
      for (const std::uint32_t entry : pointers_in(memory, whole)) {
        const Bytes node = memory.at(whole.pointer(entry), 64);
        if (!agreeing<std::uint64_t>({{node, device.address()}}).empty() &&
            !agreeing<std::uint64_t>({{node, device.address() + at}}).empty())
          return true;
      }
      return false;
    };
  };
  const Bytes here = net_of(thread), there = net_of(renamed);
  auto pairs = pointed_at(memory, there, pointers_in(memory, there), kDeviceWindow, 8, called(name));
  pairs = still_pointed_at(memory, here, std::move(pairs), called("lo"));
  Offsets names;  // several members of struct net may point to the device
  for (const auto& pair : pairs)
    if (std::ranges::find(names, pair.member) == names.end()) names.push_back(pair.member);
  findings.accept_one(
      "net_device.name", names, kNameSize,
      "\"lo\", and the name that a thread gave it in a namespace of its own; the entry that names the device");
}

}  // namespace burin
