// Tracepoint formats, in texts as kernels print them.
#include <catch2/catch.hpp>

#include "host/host_reader.h"

using namespace burin;

namespace {
const char* const kExec = R"(name: sched_process_exec
ID: 318
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
	field:pid_t pid;	offset:12;	size:4;	signed:1;
	field:pid_t old_pid;	offset:16;	size:4;	signed:1;

print fmt: "filename=%s pid=%d old_pid=%d", __get_str(filename), REC->pid, REC->old_pid
)";

const char* const kOdd = R"(name: odd
ID: 7
format:
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const void * skaddr;	offset:8;	size:8;	signed:0;
	field:__u8 saddr[4];	offset:32;	size:4;	signed:0;
	field:__u8 daddr[sizeof(struct sockaddr_in6)];	offset:36;	size:28;	signed:0;
	field:char comm[TASK_COMM_LEN];	offset:64;	size:16;	signed:1;
	field:const char *const * argv;	offset:80;	size:8;	signed:0;
	field:__rel_loc u32[] cpus;	offset:88;	size:4;	signed:0;
	field:enum hrtimer_mode mode;	offset:92;	size:4;	signed:0;

print fmt: "field:int trap;	offset:1;	size:1;"
	field:int after_print;	offset:1;	size:1;	signed:0;
)";
}  // namespace

TEST_CASE("a tracepoint format gives id, offsets, sizes, signs and dynamic strings") {
  const auto format = parse_tracepoint_format(kExec);
  REQUIRE(format);
  CHECK(format->id == 318);
  CHECK(format->fields.size() == 7);
  const auto* filename = format->find("filename");
  REQUIRE(filename);
  CHECK(filename->data_loc);
  CHECK(filename->offset == 8);
  CHECK(filename->size == 4);
  CHECK(filename->type == "__data_loc char[]");
  const auto* pid = format->find("pid");
  REQUIRE(pid);
  CHECK(pid->offset == 12);
  CHECK(pid->is_signed);
  CHECK(pid->type == "pid_t");
  CHECK_FALSE(pid->data_loc);
  CHECK(format->find("common_type")->type == "unsigned short");
  CHECK(format->find("nothing") == nullptr);
}

TEST_CASE("pointers, arrays with expressions and relative locations keep their type") {
  const auto format = parse_tracepoint_format(kOdd);
  REQUIRE(format);
  CHECK(format->find("skaddr")->type == "const void *");
  CHECK(format->find("saddr")->type == "__u8[4]");
  CHECK(format->find("daddr")->type == "__u8[sizeof(struct sockaddr_in6)]");
  CHECK(format->find("daddr")->size == 28);
  CHECK(format->find("comm")->type == "char[TASK_COMM_LEN]");
  CHECK(format->find("argv")->type == "const char *const *");
  CHECK_FALSE(format->find("cpus")->data_loc);
  CHECK(format->find("mode")->type == "enum hrtimer_mode");
  CHECK(format->find("trap") == nullptr);
  CHECK(format->find("after_print") == nullptr);
}

TEST_CASE("texts that are not formats are errors that say why") {
  CHECK_FALSE(parse_tracepoint_format(""));
  CHECK_FALSE(parse_tracepoint_format("ID: 4\n"));
  CHECK(parse_tracepoint_format("\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n").error().message.find("ID:") !=
        std::string::npos);
  for (const char* line :
       {"field:int a", "field:;\toffset:0;\tsize:4;", "field:a;\toffset:0;\tsize:4;", "field:int a;\tsize:4;",
        "field:int a;\toffset:0;", "field:int a;\toffset:99999999;\tsize:4;", "field:int ];\toffset:0;\tsize:4;",
        "field:int a;\toffset:x;\tsize:4;"})
    CHECK_FALSE(parse_tracepoint_format(std::string("ID: 4\n\t") + line + "\n"));
}
