// One frame of every kind, with every member set to something of its own.
#pragma once
#include <vector>

#include "recording/frames.h"

namespace burin_test {

inline burin::SeedProcess sample_process() {
  burin::SeedProcess p;
  p.tgid = 7;
  p.ppid = 3;
  p.exec_ktime = 0x1122334455667788;
  p.parent_ktime = 9;
  p.start_boot = 10;
  p.comm = "sh";
  p.binary = "/bin/sh";
  p.argv = {"sh", "-c", std::string("a\0b", 3)};
  p.cwd = "/tmp";
  p.uid = 1000;
  p.auid = 1001;
  p.cwd_known = p.args_truncated = true;
  return p;
}

inline burin::HookInfo sample_hook() {
  burin::HookInfo h;
  h.id = 16;
  h.kind = burin::EventKind::Uprobe;
  h.policy = "p";
  h.function = "f";
  h.subsys = "s";
  h.event = "e";
  h.path = "/bin/x";
  h.offset = 0x100;
  h.ref_ctr_offset = 0x200;
  h.message = "m";
  h.tags = {"t1", "t2"};
  h.rung = "uprobe";
  h.args = {{"int32", "label", 0, 1, 5, "0"}};
  h.data = {{"uint64", "", 2, static_cast<std::size_t>(-1), static_cast<std::size_t>(-1), "1.x"}};
  h.return_arg = burin::HookArg{"int64", "", 3, static_cast<std::size_t>(-1), static_cast<std::size_t>(-1), "return"};
  h.selector_labels = {"", "l"};
  h.record.hook = 16;
  h.record.add("a0", "u32", 4, 4);
  h.record.add("a0_error", "u32", 4, 4);
  h.record.add("d0", "u64", 8, 8);
  h.record.add("ret", "u64", 8, 8);
  h.record.tail_max = 12;
  h.kernel_stack = 5;
  h.user_stack = 6;
  h.network = {{}, {{burin::ActionKind::GetUrl, "http://x/"}}};
  h.return_network = {{{burin::ActionKind::DnsLookup, "x"}}};
  return h;
}

inline std::vector<burin::Frame> sample_frames() {
  using namespace burin;
  const std::byte bytes[] = {std::byte{1}, std::byte{0}, std::byte{255}};
  return {HeadFrame{"0.1", "node", "boot", "6.1", 77, true},
          ClockFrame{{-5, 6}},
          SeedFrame{sample_process()},
          SeedsEndFrame{},
          HookFrame{sample_hook(), 88},
          RecordFrame{2, {bytes, bytes + 3}},
          GapFrame{LossReason::RawQueue, 1, 4, 99},
          ScanFrame{7, true, sample_process()},
          ScanFrame{8, false, {}},
          ExistsFrame{9, true},
          StackFrames{true, {{0, 16, "main", "/bin/x"}, {0, 0, "", ""}}},
          PerformFrame{true},
          HidingFrame{true},
          HiddenFrame{true},
          EndFrame{12}};
}

}  // namespace burin_test
