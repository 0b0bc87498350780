// The image is what the kernel wants: BTF, maps and the program with its debug records load as they are, by plain
// libbpf calls and nothing of burin's loader.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "base/unique_fd.h"
#include "support.h"
#include "support/skip.h"

using namespace burin;

TEST_CASE("the kernel takes the image, BTF and line info included") {
  ProgramSource s = burin_test::source_of(burin_test::kSmall);
  s.defines.emplace_back("MEMBER", "0");
  const auto image = Compiler(burin_test::options(), nullptr).compile(s);
  REQUIRE(image);
  LIBBPF_OPTS(bpf_btf_load_opts, btf_options);
  const UniqueFd btf(bpf_btf_load(image->btf.data(), image->btf.size(), &btf_options));
  if (!btf && (errno == EPERM || errno == EACCES)) return burin_test::skip("loading BTF needs CAP_BPF");
  REQUIRE(btf);
  std::vector<UniqueFd> maps;
  for (const MapDef& map : image->maps) {
    LIBBPF_OPTS(bpf_map_create_opts, options);
    options.map_flags = map.flags;
    if (map.btf_key_type_id != 0 || map.btf_value_type_id != 0) {
      options.btf_fd = static_cast<__u32>(btf.get());
      options.btf_key_type_id = map.btf_key_type_id;
      options.btf_value_type_id = map.btf_value_type_id;
    }
    const __u32 entries = map.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ? 1 : map.max_entries;
    maps.emplace_back(bpf_map_create(static_cast<bpf_map_type>(map.type), map.name.c_str(), map.key_size,
                                     map.value_size, entries, &options));
    INFO(map.name);
    REQUIRE(maps.back());
  }
  const ProgramDef& p0 = image->programs[0];
  std::vector<bpf_insn> insns(p0.insns.size());
  std::memcpy(insns.data(), p0.insns.data(), insns.size() * sizeof(bpf_insn));
  for (const MapReloc& reloc : p0.relocs) insns[reloc.insn].imm = maps[reloc.map].get();
  std::vector<char> log(1 << 20);
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.kern_version = p0.kern_version;
  options.prog_btf_fd = static_cast<__u32>(btf.get());
  options.func_info = p0.func_info.data();
  options.func_info_rec_size = p0.func_info_rec_size;
  options.func_info_cnt = static_cast<__u32>(p0.func_info.size() / p0.func_info_rec_size);
  options.line_info = p0.line_info.data();
  options.line_info_rec_size = p0.line_info_rec_size;
  options.line_info_cnt = static_cast<__u32>(p0.line_info.size() / p0.line_info_rec_size);
  options.log_buf = log.data();
  options.log_size = static_cast<__u32>(log.size());
  options.log_level = 2;  // quotes every source line, also of a program that passes
  const UniqueFd program(
      bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "p0", p0.license.c_str(), insns.data(), insns.size(), &options));
  INFO(log.data());
  REQUIRE(program);
  CHECK(std::strstr(log.data(), "/*@2*/") != nullptr);  // the verifier quotes marked lines
}
