// Paths of members through this kernel's own BTF, compared with what the layout table says of the same members.
#include "layout/btf_path.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "layout/btf_layout.h"
#include "layout/path_words.h"
#include "support/skip.h"

using namespace burin;

namespace {

constexpr const char* kBtf = "/sys/kernel/btf/vmlinux";

BtfQuestion of(const std::string& name, const std::string& path) {
  BtfQuestion q;
  q.name = name;
  q.path = path;
  return q;
}

}  // namespace

TEST_CASE("the words of a path") {
  const auto words = path_words("a.b[3][4].c");
  REQUIRE(words);
  REQUIRE(words->size() == 3);
  CHECK((*words)[1].member == "b");
  CHECK((*words)[1].indexes == std::vector<std::uint32_t>{3, 4});
  CHECK(path_words("[1].a")->front().indexes.size() == 1);
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[1", "a]", "1a", "a b", "a.[1]", "a[-1]",
                          "a[99999999999]", "a\n"})
    CHECK_FALSE(path_words(bad));
}

TEST_CASE("answers keep their form in the cache") {
  BtfPath a;
  a.steps = {{16, true}, {0, false}};
  a.size = 2;
  a.is_signed = true;
  a.mask = 7;
  a.type = "int16";
  a.parameters = 3;
  BtfPath b;
  b.size = 0;
  REQUIRE(parse_answer(answer_line(a), b));
  CHECK(b.steps == a.steps);
  CHECK(std::tie(b.size, b.is_signed, b.in_place, b.shift, b.mask, b.type, b.parameters) ==
        std::tie(a.size, a.is_signed, a.in_place, a.shift, a.mask, a.type, a.parameters));
  for (const char* bad : {"", "1 2", "8 0 0 0 0 t x", "8 0 0 0 0 t 1 5", "8 0 0 0 0 t 1 5>>", "8 0 0 0 0 t 1 >"})
    CHECK_FALSE(parse_answer(bad, b));
}

TEST_CASE("paths through the kernel's structures") {
  if (::access(kBtf, R_OK) != 0) return burin_test::skip("this kernel has no BTF");
  BtfPaths paths({}, "test");
  const auto table = layout_from_btf(kBtf, {"task_struct.mm", "mm_struct.arg_start", "task_struct.comm",
                                            "task_struct.real_parent", "task_struct.tgid"});
  REQUIRE(table);
  const auto at = [&](const char* member) { return table->find(member)->offset; };

  const auto args = paths.find(of("task_struct", "mm.arg_start"));
  REQUIRE(args);
  CHECK(args->steps == std::vector<ReadStep>{{at("task_struct.mm"), true}, {at("mm_struct.arg_start"), false}});
  CHECK(args->type == "uint64");

  const auto comm = paths.find(of("task_struct", "real_parent.real_parent.comm"));
  REQUIRE(comm);
  CHECK(comm->steps == std::vector<ReadStep>{{at("task_struct.real_parent"), true},
                                             {at("task_struct.real_parent"), true},
                                             {at("task_struct.comm"), false}});
  CHECK(comm->in_place);
  CHECK(comm->type == "string");

  const auto letter = paths.find(of("task_struct", "comm[3]"));
  REQUIRE(letter);
  CHECK(letter->steps == std::vector<ReadStep>{{at("task_struct.comm") + 3, false}});
  CHECK(letter->size == 1);

  const auto tgid = paths.find(of("task_struct", "tgid"));
  REQUIRE(tgid);
  CHECK((tgid->type == "int32" && tgid->is_signed && tgid->size == 4));

  const auto path = paths.find(of("task_struct", "mm.exe_file.f_path"));
  REQUIRE(path);
  CHECK((path->type == "path" && path->in_place));
}

TEST_CASE("parameters of functions and raw tracepoints") {
  if (::access(kBtf, R_OK) != 0) return burin_test::skip("this kernel has no BTF");
  BtfPaths paths({}, "test");
  BtfQuestion q = of("tcp_connect", "");
  q.from = BtfQuestion::From::Function;
  const auto sock = paths.find(q);
  REQUIRE(sock);
  CHECK((sock->type == "sock" && sock->parameters == 1 && sock->steps.empty()));
  q.path = "__sk_common.skc_family";
  CHECK(paths.find(q)->type == "uint16");
  q.path = "";
  q.index = BtfQuestion::kReturn;
  CHECK(paths.find(q)->type == "int32");
  q.index = 1;
  CHECK(paths.find(q).error().message.find("1 parameters") != std::string::npos);

  BtfQuestion exec = of("sched_process_exec", "filename");
  exec.from = BtfQuestion::From::RawTracepoint;
  exec.index = 2;
  CHECK(paths.find(exec)->type == "string");
  exec.path = "";
  CHECK(paths.find(exec)->type == "linux_binprm");
  CHECK(paths.find(exec)->parameters == 3);
}

TEST_CASE("what cannot be followed is refused with the reason") {
  if (::access(kBtf, R_OK) != 0) return burin_test::skip("this kernel has no BTF");
  BtfPaths paths({}, "test");
  const auto message = [&](const std::string& name, const std::string& path) {
    const auto found = paths.find(of(name, path));
    return found ? std::string("found") : found.error().message;
  };
  CHECK(message("task_struct", "real_parnt.comm").find("did you mean real_parent?") != std::string::npos);
  CHECK(message("task_strukt", "comm").find("no struct task_strukt") != std::string::npos);
  CHECK(message("task_struct", "pid.x").find("has no members") != std::string::npos);
  CHECK(message("task_struct", "pid[1]").find("has no elements") != std::string::npos);
  CHECK(message("task_struct", "comm[16]").find("beyond the end") != std::string::npos);
  CHECK(message("task_struct",
                "real_parent.real_parent.real_parent.real_parent.real_parent.real_parent.real_parent."
                "real_parent.real_parent.real_parent.comm")
            .find("more than 10") != std::string::npos);
  BtfQuestion q = of("sock", "sk_mark");
  q.module = "no_such_module";
  CHECK(paths.find(q).error().message.find("no_such_module") != std::string::npos);
}

TEST_CASE("answers come from the cache, and a damaged one is not believed") {
  if (::access(kBtf, R_OK) != 0) return burin_test::skip("this kernel has no BTF");
  const std::filesystem::path dir =
      std::filesystem::temp_directory_path() / ("burin-paths-" + std::to_string(::getpid()));
  { BtfPaths(dir, "k").find(of("task_struct", "tgid")); }
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) file = entry.path();
  REQUIRE_FALSE(file.empty());
  const auto size = std::filesystem::file_size(file);
  const auto stamp = std::filesystem::last_write_time(file);
  {
    BtfPaths again(dir, "k");
    CHECK(again.find(of("task_struct", "tgid"))->type == "int32");
  }
  CHECK(std::filesystem::last_write_time(file) == stamp);  // nothing new, nothing written
  std::filesystem::resize_file(file, size - 1);
  {
    BtfPaths again(dir, "k");
    CHECK(again.find(of("task_struct", "tgid"))->type == "int32");
  }
  CHECK(std::filesystem::file_size(file) == size);
  std::filesystem::remove_all(dir);
}
