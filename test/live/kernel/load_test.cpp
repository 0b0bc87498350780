// Loading on this kernel: names, maps, refusals, trials.
#include <bpf/bpf.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>

#include "base/clock.h"
#include "kernel/small_program.h"
#include "live/kernel/support.h"

using namespace burin;
using live::Assembler;
using live::host;
using live::programs_named;

namespace {

std::string program_name(int fd) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.name : "";
}

template <class T>
std::vector<std::byte> bytes_of(T value) {
  const auto* data = reinterpret_cast<const std::byte*>(&value);
  return {data, data + sizeof value};
}

const MapDef kHash{.name = "table", .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 16};

/// A classifier that returns the value at key `key` of the map `table` (0 when there is none).
Assembler lookup_program(std::int32_t key) {
  Assembler a;
  a.mov_imm(BPF_REG_7, 0);
  a.store32_imm(BPF_REG_10, -4, key);
  a.map(BPF_REG_1, 0);
  a.mov(BPF_REG_2, BPF_REG_10);
  a.add_imm(BPF_REG_2, -4);
  a.call(BPF_FUNC_map_lookup_elem);
  a.leave_if_equal(BPF_REG_0, 0);
  a.load64(BPF_REG_0, BPF_REG_0, 0);
  // exit with r0: leave the general end to the failing side
  a.insns.push_back(std::bit_cast<std::uint64_t>(bpf_insn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0}));
  a.end(0);
  return a;
}

}  // namespace

TEST_CASE("the trials say what works here and why the rest does not") {
  if (!live::can_run()) return;
  CHECK(host().bpf_load.reason.empty());
  CHECK(programs_named("burin_trial") == 0);
  CHECK(host().sock_ops.works == host().sock_ops.reason.empty());
  CHECK(host().kprobe.works == host().kprobe.reason.empty());
  std::cout << "kprobe: " << (host().kprobe.works ? "works" : host().kprobe.reason)
            << "\nsock_ops: " << (host().sock_ops.works ? "works" : host().sock_ops.reason) << std::endl;
  if (!host().cgroup2.empty()) CHECK(host().sock_ops.works);

  HostFacts without = host();
  without.cgroup2.clear();
  try_kernel(without);
  CHECK_FALSE(without.sock_ops.works);
  CHECK(without.sock_ops.reason.find("cgroup v2") != std::string::npos);
  without.cgroup2 = "/proc";  // a directory, but not a cgroup
  try_kernel(without);
  CHECK_FALSE(without.sock_ops.works);
  CHECK(without.sock_ops.reason.find("not a cgroup v2 directory") != std::string::npos);

  const bool has_pmu = std::ifstream("/sys/bus/event_source/devices/kprobe/type").good();
  CHECK(host().kprobe.works == has_pmu);
  if (!has_pmu) CHECK(host().kprobe.reason.find("CONFIG_KPROBE_EVENTS") != std::string::npos);
}

TEST_CASE("what kernels may lack is tried, one small program for each") {
  if (!live::can_run()) return;
  // The trials themselves are right: a recent kernel takes every one of them.
  HostFacts facts = host();
  try_features(facts);
  if (facts.version_code >= kernel_version(5, 5))
    for (const auto& [feature, why] : facts.lacks) FAIL_CHECK(about(feature).what << ": " << why);
  // And they can fail: a helper that no kernel has, and a type of program.
  std::string log;
  int error = 0;
  CHECK_FALSE(load_small(ProgramType::Kprobe, program_that_calls(99'999), facts, log, error));
  CHECK(error == EINVAL);
  CHECK(log.find("99999") != std::string::npos);
  CHECK_FALSE(load_small(static_cast<ProgramType>(999), program_that_loops(), facts, log, error));
  CHECK(load_small(ProgramType::Kprobe, program_that_calls(BPF_FUNC_get_current_task), facts, log, error));
  CHECK(error == 0);
}

TEST_CASE("an unprivileged process is told what it lacks") {
  if (!live::can_run()) return;
  if (::geteuid() != 0) return burin_test::skip("needs root to give it up");
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    HostFacts facts = host();
    try_kernel(facts);
    const auto loaded = LoadedProgram::load(live::getppid_image(1), {}, {}, facts, "t");
    const std::string text =
        facts.bpf_load.reason + "|" + (loaded ? "loaded" : std::string(to_string(loaded.error().code)));
    ::_exit(::write(pipe[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 3);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  char text[1024] = "";
  REQUIRE(::read(pipe[0], text, sizeof text - 1) > 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  INFO(text);
  CHECK(std::string(text).find("CAP_BPF") != std::string::npos);
  CHECK(std::string(text).find("|permission_denied") != std::string::npos);
}

TEST_CASE("names in the kernel tell tag and function, and nothing stays behind") {
  if (!live::can_run()) return;
  {
    const auto loaded = LoadedProgram::load(live::getppid_image(1), {}, {}, host(), "tagged!");
    REQUIRE(loaded);
    CHECK(program_name(loaded->program_fd(live::kFunction)) == "tagged__getppid");
    CHECK(programs_named("tagged__") == 1);
    CHECK(loaded->map_fd("events") >= 0);
    CHECK(loaded->map_fd("none") == -1);
    CHECK(loaded->program_fd("none") == -1);
    bpf_map_info info{};
    __u32 size = sizeof info;
    REQUIRE(bpf_obj_get_info_by_fd(loaded->map_fd("events"), &info, &size) == 0);
    CHECK(info.max_entries >= host().possible_cpus);
    auto moved = LoadedProgram::load(live::getppid_image(1), {}, {}, host(), "second");
    *moved = std::move(*LoadedProgram::load(live::getppid_image(1), {}, {}, host(), "third"));
    CHECK(programs_named("second") == 0);
  }
  CHECK(programs_named("tagged__") == 0);
}

TEST_CASE("a verifier refusal carries the verifier's words") {
  if (!live::can_run()) return;
  Assembler a;
  a.load64(BPF_REG_0, BPF_REG_7, 0);  // r7 was never written
  a.end(0);
  const auto loaded = LoadedProgram::load(live::one_program(a, ProgramType::Tracepoint), {}, {}, host(), "bad");
  REQUIRE_FALSE(loaded);
  INFO(loaded.error().text() << "\n" << loaded.error().detail);
  CHECK(loaded.error().code == ErrorCode::Verify);
  CHECK(loaded.error().message.find("R7 !read_ok") != std::string::npos);
  CHECK(loaded.error().detail.find("r0 = *(u64 *)(r7 +0)") != std::string::npos);
  CHECK(programs_named("bad_") == 0);
}

TEST_CASE("a long verifier log keeps its end, where the verdict is") {
  if (!live::can_run()) return;
  Assembler a;
  for (int i = 0; i < 30000; ++i) a.mov_imm(BPF_REG_2, i);
  a.load64(BPF_REG_0, BPF_REG_7, 0);
  a.end(0);
  const auto loaded = LoadedProgram::load(live::one_program(a, ProgramType::Tracepoint), {}, {}, host(), "long");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::Verify);
  CHECK(loaded.error().message.find("R7 !read_ok") != std::string::npos);
  CHECK(loaded.error().detail.size() > 200'000);
  CHECK(loaded.error().detail.size() < 300'000);
  CHECK(loaded.error().detail.find("left out") != std::string::npos);
}

TEST_CASE("BTF that the kernel refuses does not stop the load") {
  if (!live::can_run()) return;
  auto image = live::getppid_image(1);
  SECTION("not BTF at all") {
    image.btf.assign(64, std::byte{0x5a});
  }
  SECTION("with func and line info and type ids that hang on it") {
    image.btf.assign(64, std::byte{0x5a});
    image.programs[0].func_info_rec_size = 8;
    image.programs[0].func_info.resize(8);
    image.programs[0].line_info_rec_size = 16;
    image.programs[0].line_info.resize(16);
    image.maps[0].btf_key_type_id = image.maps[0].btf_value_type_id = 7;
  }
  CHECK(LoadedProgram::load(image, {}, {}, host(), "nobtf"));
}

TEST_CASE("func info that the kernel refuses is dropped") {
  if (!live::can_run()) return;
  // A minimal sound BTF: header, one int type, its name.
  const std::uint32_t types[] = {1, 1u << 24, 4, 0x01000020};
  const char strings[] = "\0int";
  struct {
    std::uint16_t magic = 0xeb9f;
    std::uint8_t version = 1, flags = 0;
    std::uint32_t hdr_len = 24, type_off = 0, type_len = sizeof types, str_off = sizeof types, str_len = sizeof strings;
  } header;
  std::vector<std::byte> btf = bytes_of(header);
  for (const auto& part : {bytes_of(types[0]), bytes_of(types[1]), bytes_of(types[2]), bytes_of(types[3])})
    btf.insert(btf.end(), part.begin(), part.end());
  for (const char c : strings) btf.push_back(static_cast<std::byte>(c));
  auto image = live::getppid_image(1);
  image.btf = btf;
  image.programs[0].func_info_rec_size = 8;
  image.programs[0].func_info = bytes_of(std::uint64_t{1} << 32);  // instruction 0 is of type 1, which is no function
  const auto loaded = LoadedProgram::load(image, {}, {}, host(), "finfo");
  if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
  bpf_prog_info info{};
  __u32 size = sizeof info;
  REQUIRE(bpf_obj_get_info_by_fd(loaded->program_fd(live::kFunction), &info, &size) == 0);
  CHECK(info.nr_func_info == 0);
}

TEST_CASE("map inits reach the program; wrong ones are refused") {
  if (!live::can_run()) return;
  const auto image = live::one_program(lookup_program(5), ProgramType::SchedCls, {kHash});
  MapInit init{"table", {{bytes_of(4), bytes_of(44ull)}, {bytes_of(5), bytes_of(55ull)}}};
  const auto loaded = LoadedProgram::load(image, {init}, {}, host(), "init");
  if (!loaded) FAIL(loaded.error().text() << "\n" << loaded.error().detail);
  std::vector<std::byte> packet(64);
  const auto ran = test_run(loaded->program_fd("p0"), packet, 3);
  REQUIRE(ran);
  CHECK(*ran == 55);
  CHECK(packet.size() == 64);
  std::vector<std::byte> tiny(4);
  CHECK_FALSE(test_run(loaded->program_fd("p0"), tiny));

  init.entries = {{bytes_of(4), bytes_of(44u)}};
  auto bad = LoadedProgram::load(image, {init}, {}, host(), "init");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("value 4 bytes") != std::string::npos);
  bad = LoadedProgram::load(image, {{"other", {}}}, {}, host(), "init");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("other") != std::string::npos);
  init.entries.clear();
  for (int i = 0; i < 17; ++i) init.entries.push_back({bytes_of(i), bytes_of(1ull)});
  bad = LoadedProgram::load(image, {init}, {}, host(), "init");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("17 entries, room for 16") != std::string::npos);
}

TEST_CASE("a per-CPU init goes to every CPU and is summed over all of them") {
  if (!live::can_run()) return;
  const MapInit init{"counts", {{bytes_of(1), bytes_of(1000ull)}}};
  const auto loaded = LoadedProgram::load(live::getppid_image(1), {init}, {}, host(), "percpu");
  REQUIRE(loaded);
  const auto sums = loaded->read_percpu_u64("counts", 1);  // too small a number of CPUs must not hurt
  REQUIRE(sums);
  REQUIRE(sums->size() == 2);
  CHECK((*sums)[0] == 0);
  CHECK((*sums)[1] % 1000 == 0);
  CHECK((*sums)[1] >= 1000);
  CHECK(loaded->read_percpu_u64("none", 2)->empty());
  CHECK_FALSE(loaded->read_percpu_u64("events", 2));
}

TEST_CASE("two images share a map; a map of another shape is refused") {
  if (!live::can_run()) return;
  const auto image = live::one_program(lookup_program(7), ProgramType::SchedCls, {kHash});
  auto owner = LoadedProgram::load(image, {}, {}, host(), "owner");
  REQUIRE(owner);
  auto user = LoadedProgram::load(image, {}, {{"table", owner->map_fd("table")}}, host(), "user");
  REQUIRE(user);
  const std::uint32_t key = 7;
  const std::uint64_t value = 77;
  REQUIRE(bpf_map_update_elem(owner->map_fd("table"), &key, &value, BPF_ANY) == 0);
  std::vector<std::byte> packet(64);
  CHECK(*test_run(user->program_fd("p0"), packet) == 77);
  { const auto gone = std::move(*owner); }
  CHECK(*test_run(user->program_fd("p0"), packet) == 77);
  CHECK(user->map_fd("table") >= 0);

  auto other = image;
  SECTION("value size") {
    other.maps[0].value_size = 16;
  }
  SECTION("key size") {
    other.maps[0].key_size = 8;
  }
  SECTION("type") {
    other.maps[0].type = BPF_MAP_TYPE_LRU_HASH;
  }
  const auto bad = LoadedProgram::load(other, {}, {{"table", user->map_fd("table")}}, host(), "bad");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.find("shared map table") != std::string::npos);
}

TEST_CASE("what starting costs", "[.measure]") {
  if (!live::can_run()) return;
  const auto timed = [](const char* what, auto&& work) {
    const std::uint64_t start = monotonic_ns();
    work();
    std::cout << what << ": " << static_cast<double>(monotonic_ns() - start) / 1e6 << " ms" << std::endl;
  };
  HostFacts facts;
  std::optional<LoadedProgram> program;
  timed("read_host", [&] { facts = read_host("/", {"syscalls:sys_enter_getppid", "sched:sched_process_exec"}); });
  timed("try_kernel", [&] { try_kernel(facts); });
  timed("sweep_leftovers", [&] { sweep_leftovers(facts); });
  timed("has_kernel_symbol", [&] { has_kernel_symbol("/", "no_such_symbol"); });
  timed("load", [&] { program.emplace(std::move(*LoadedProgram::load(live::getppid_image(1), {}, {}, facts, "ms"))); });
  timed("attach", [&] { CHECK(program->attach(live::at_getppid(), facts)); });
  timed("detach_all", [&] { program->detach_all(); });
}
