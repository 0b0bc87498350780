// What the loader refuses before the kernel is asked anything.
#include <catch2/catch.hpp>

#include "kernel/attach.h"
#include "kernel/image_check.h"
#include "kernel/load_maps.h"

using namespace burin;

namespace {

std::uint64_t insn(std::uint8_t code, std::uint8_t dst, std::uint8_t src, std::int32_t imm) {
  return code | std::uint64_t(dst & 15) << 8 | std::uint64_t(src & 15) << 12 |
         std::uint64_t(static_cast<std::uint32_t>(imm)) << 32;
}

/// ld_imm64 r1, map 0; r0 = 0; exit
ProgramImage image() {
  ProgramImage result;
  result.maps.push_back({.name = "m", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 4});
  ProgramDef program;
  program.function = "p0";
  program.type = ProgramType::Tracepoint;
  program.license = "GPL";
  program.insns = {insn(0x18, 1, 1, 0), 0, insn(0xb7, 0, 0, 0), insn(0x95, 0, 0, 0)};
  program.relocs = {{0, 0}};
  result.programs.push_back(program);
  return result;
}

void refused(const ProgramImage& bad, const std::string& words) {
  const auto checked = check_image(bad);
  REQUIRE_FALSE(checked);
  INFO(checked.error().text());
  CHECK(checked.error().code == ErrorCode::Internal);
  CHECK(checked.error().message.find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a sound image passes") {
  CHECK(check_image(image()));
  CHECK(check_image({}));
}

TEST_CASE("relocations that do not name a map load are refused") {
  auto bad = image();
  SECTION("a map that is not there") {
    bad.programs[0].relocs[0].map = 1;
  }
  SECTION("not a load of a 64-bit constant") {
    bad.programs[0].relocs[0].insn = 2;
  }
  SECTION("beyond the end") {
    bad.programs[0].relocs[0].insn = 4;
  }
  SECTION("far beyond the end") {
    bad.programs[0].relocs[0].insn = 0xffffffff;
  }
  SECTION("at the last instruction") {
    bad.programs[0].insns.push_back(insn(0x18, 1, 1, 0));
    bad.programs[0].relocs[0].insn = 4;
  }
  refused(bad, "relocation of program p0");
}

TEST_CASE("an instruction that names a kernel object by number is refused") {
  auto bad = image();
  SECTION("a map descriptor without a relocation") {
    bad.programs[0].relocs.clear();
  }
  SECTION("a map value") {
    bad.programs[0].insns[0] = insn(0x18, 1, 2, 0);
  }
  SECTION("a map index") {
    bad.programs[0].insns.insert(bad.programs[0].insns.begin() + 2, {insn(0x18, 2, 5, 0), 0});
  }
  SECTION("a BTF id") {
    bad.programs[0].insns.insert(bad.programs[0].insns.begin() + 2, {insn(0x18, 2, 3, 0), 0});
  }
  refused(bad, "names a kernel object by number");
}

TEST_CASE("a plain constant whose second half looks like an instruction is data") {
  auto good = image();
  good.programs[0].insns.insert(good.programs[0].insns.begin() + 2, {insn(0x18, 2, 0, 7), insn(0x18, 1, 1, 3)});
  CHECK(check_image(good));
}

TEST_CASE("counts, sizes and names beyond sense are refused") {
  auto bad = image();
  SECTION("no instructions") {
    bad.programs[0].insns.clear();
    bad.programs[0].relocs.clear();
    refused(bad, "0 instructions");
  }
  SECTION("ends inside") {
    bad.programs[0].insns.push_back(insn(0x18, 1, 0, 0));
    refused(bad, "ends inside");
  }
  SECTION("program type") {
    bad.programs[0].type = static_cast<ProgramType>(99);
    refused(bad, "type 99");
  }
  SECTION("no license") {
    bad.programs[0].license.clear();
    refused(bad, "license");
  }
  SECTION("name with NUL") {
    bad.programs[0].function = std::string("a\0b", 3);
    refused(bad, "usable name");
  }
  SECTION("the same program twice") {
    bad.programs.push_back(bad.programs[0]);
    refused(bad, "two programs named p0");
  }
  SECTION("the same map twice") {
    bad.maps.push_back(bad.maps[0]);
    refused(bad, "two maps named m");
  }
  SECTION("a huge map") {
    bad.maps[0].max_entries = 0xffffffff;
    refused(bad, "map m would take");
  }
  SECTION("a map size that overflows") {
    bad.maps[0].key_size = bad.maps[0].value_size = bad.maps[0].max_entries = 0xffffffff;
    refused(bad, "map m would take");
  }
  SECTION("info that is not whole records") {
    bad.programs[0].func_info_rec_size = 8;
    bad.programs[0].func_info.resize(12);
    refused(bad, "func info");
  }
  SECTION("info with records of no size") {
    bad.programs[0].line_info.resize(16);
    refused(bad, "line info");
  }
  SECTION("too many maps") {
    for (int i = 0; i < 5000; ++i)
      bad.maps.push_back(
          {.name = "m" + std::to_string(i), .type = 2, .key_size = 4, .value_size = 4, .max_entries = 1});
    refused(bad, "5001 maps");
  }
}

TEST_CASE("load() checks before it asks the kernel") {
  auto bad = image();
  bad.programs[0].relocs[0].map = 9;
  const auto loaded = LoadedProgram::load(bad, {}, {}, {}, "t");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find("relocation") != std::string::npos);
}

TEST_CASE("kernel-visible names") {
  CHECK(kernel_name("pol", "p0") == "pol_p0");
  CHECK(kernel_name("", "events") == "events");
  CHECK(kernel_name("my-policy.v2", "p12") == "my_policy_v_p12");  // 15 characters; the function stays whole
  CHECK(kernel_name("tag", "a_function_with_a_long_name") == "a_function_with");
  CHECK(kernel_name("tag", "fourteen_chars") == "fourteen_chars");
  CHECK(kernel_name("tag", "thirteen_char") == "t_thirteen_char");
  CHECK(kernel_name("\xf0\x9f\x90\x9d", "p0") == "_____p0");
}

TEST_CASE("kernel symbols are checked by form") {
  for (const char* good : {"tcp_connect", "_x", "a", "foo.isra.0", "__x64_sys_connect", "F1"})
    CHECK(is_kernel_symbol(good));
  for (const char* bad : {"", "1a", ".a", "a-b", "a b", "a/b", "a:b", "a\n", "a+0x10", "\xc3\xa4"})
    CHECK_FALSE(is_kernel_symbol(bad));
  CHECK(is_kernel_symbol(std::string(128, 'a')));
  CHECK_FALSE(is_kernel_symbol(std::string(129, 'a')));
}

TEST_CASE("attach refuses hostile targets before the kernel sees them") {
  const HostFacts host;
  for (const auto kind : {AttachSpec::Kind::Kprobe, AttachSpec::Kind::Kretprobe, AttachSpec::Kind::Tracepoint,
                          AttachSpec::Kind::RawTracepoint})
    for (const char* target : {"", "../../x", "a:b/../c", "a b", "x;y", "sched:../sched/id"}) {
      const auto attached = attach_program(-1, {"p0", kind, target}, host);
      REQUIRE_FALSE(attached);
      INFO(attached.error().text());
      CHECK(attached.error().code == ErrorCode::Attach);
    }
  CHECK_FALSE(attach_program(-1, {"p0", AttachSpec::Kind::SockOps, "/nowhere"}, host));
}
