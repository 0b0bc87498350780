// Reasons for refused probes, from lists of functions under a fake root.
#include "control/probe_refusal.h"

#include <catch2/catch.hpp>

#include "unit/host/fake_root.h"

using namespace burin;

namespace {

constexpr char kSymbols[] =
    "ffffffff8197fc70 t dev_queue_xmit\n"
    "ffffffff817dcea0 T __dev_queue_xmit\n"
    "ffffffff81a4074f t __dev_queue_xmit.cold\n"
    "ffffffff81375b60 t split.part.0\n"
    "ffffffff81375b70 t split.isra.0\n"
    "ffffffff81375b90 t split.cold\n"
    "ffffffff81375c00 t tcp_connect\n"
    "ffffffff81375d00 D tcp_connetc\n";
constexpr char kTraceable[] = "__dev_queue_xmit\nsplit.part.0\nsplit.isra.0\ntcp_connect\nmodule_function [dummy]\n";

}  // namespace

TEST_CASE("why no probe can be put somewhere") {
  FakeRoot root;
  root.write("proc/kallsyms", kSymbols);
  root.write("sys/kernel/tracing/available_filter_functions", kTraceable);
  ProbeRefusals refusals(root.path(), "/sys/kernel/tracing");
  CHECK(
      refusals.explain("dev_queue_xmit", "EINVAL") ==
      "no probe can be put at kernel function dev_queue_xmit: it is compiled without tracing (notrace; what is marked "
      "inline is so too and stands inside most of its callers); did you mean __dev_queue_xmit?");
  CHECK(refusals.explain("tcp_conect", "ENOENT") ==
        "this kernel has no function tcp_conect (it may be compiled into its callers, or have another name here); did "
        "you mean tcp_connect?");
  CHECK(
      refusals.explain("split", "ENOENT") ==
      "the compiler has not kept kernel function split whole; what it made of it is split.isra.0, split.part.0, where "
      "parameters may be missing");
  CHECK(
      refusals.explain("nothing_like_that", "ENOENT") ==
      "this kernel has no function nothing_like_that (it may be compiled into its callers, or have another name here)");
  CHECK(refusals.explain("tcp_connect", "the kernel's own words") == "the kernel's own words");
}

TEST_CASE("lists of functions that cannot be read change no reason") {
  FakeRoot root;
  CHECK(ProbeRefusals(root.path(), "/sys/kernel/tracing").explain("tcp_conect", "ENOENT") == "ENOENT");
  root.write("proc/kallsyms", kSymbols);
  ProbeRefusals without_tracefs(root.path(), "");
  CHECK(without_tracefs.explain("dev_queue_xmit", "EINVAL") == "EINVAL");
  CHECK(without_tracefs.explain("tcp_conect", "ENOENT").ends_with("did you mean tcp_connect?"));
}
