// Hosts and bundles in files: what goes in comes out, and what was damaged is refused, whatever the damage.
#include "bundle/bundle.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "bundle/host_profile.h"
#include "compile/codec.h"

using namespace burin;

namespace {

HostProfile profile() {
  HostProfile p;
  p.host.release = "6.1.0-32-amd64";
  p.host.arch = "x86_64";
  p.host.build_id = "0123456789abcdef";
  p.host.version_code = 0x060180;
  p.host.possible_cpus = 64;
  p.host.cgroup2 = "/sys/fs/cgroup";
  p.host.host_namespaces[1] = 4026531840;
  p.host.kprobe = {true, {}};
  p.host.sock_ops = {false, "no cgroup2: \"mount\" one\nand again"};
  p.host.lacks = {{KernelFeature::SendSignal, "no \"signal\""}, {KernelFeature::BoundedLoops, "no loops"}};
  p.host.tracepoints["sched:x"] = {
      314, {{"filename", "__data_loc char[]", 8, 4, false, true}, {"pid", "pid_t", 12, 4, true, false}}};
  p.layout.source = "btf";
  p.layout.members["task_struct.tgid"] = {2396, 4, 0, 0};
  p.answers.kprobes["tcp_connect"] = {true, {}};
  p.answers.kprobes["notrace_me"] = {false, "compiled without tracing"};
  p.answers.trampolines["fentry tcp_connect"] = {false, "EPERM"};
  p.answers.syscalls = {"close", "open"};
  p.answers.functions["^tcp_.*"] = {"tcp_close", "tcp_connect"};
  p.answers.mappings = "";
  p.answers.no_tracepoints = {"no:such"};
  return p;
}

Bundle bundle() {
  auto images = std::make_shared<ImageSet>();
  ProgramSource source;
  source.name = "base";
  source.text = "int p0(void *ctx) { return L_a; } /*@1*/\n";
  source.defines = {{"L_a", "1"}};
  source.programs = {{"p0", ProgramType::Kprobe}};
  source.origins = {{1, {"x.yaml", 3, 1, 2}, "about"}};
  ProgramImage image;
  image.programs.push_back({"p0", ProgramType::Kprobe, "GPL", 0, {0x00000001000000b7, 0x95}, {}, 8, {}, 16, {}});
  images->add({source, image});
  Bundle b;
  b.burin = "0.1";
  b.pack = encode_profile(profile(), {"task_struct.tgid", "cred.euid"});
  b.policies = {{"a.yaml", "kind: TracingPolicy\n"}};
  b.variables = {{"PODCIDR", "10.0.0.0/8"}};
  b.images = images;
  return b;
}

}  // namespace

TEST_CASE("a host's profile comes back from its pack") {
  const HostProfile p = profile();
  const auto back = decode_profile(encode_profile(p, {"task_struct.tgid"}), "host.layout");
  REQUIRE(back);
  CHECK(back->host.release == p.host.release);
  CHECK(back->host.version_code == p.host.version_code);
  CHECK(back->host.possible_cpus == 64);
  CHECK(back->host.host_namespaces == p.host.host_namespaces);
  CHECK(back->host.kprobe.works);
  CHECK_FALSE(back->host.sock_ops.works);
  CHECK(back->host.sock_ops.reason == p.host.sock_ops.reason);
  CHECK(back->host.lacks == p.host.lacks);
  const auto& format = back->host.tracepoints.at("sched:x");
  CHECK(format.id == 314);
  REQUIRE(format.find("filename"));
  CHECK(format.find("filename")->data_loc);
  CHECK(format.find("pid")->is_signed);
  CHECK(back->layout.find("task_struct.tgid")->offset == 2396);
  CHECK(back->answers.no_tracepoints.contains("no:such"));
}

TEST_CASE("answers are given again; what nobody asked is not made up") {
  const auto back = decode_profile(encode_profile(profile(), {}), "host.layout");
  REQUIRE(back);
  const HostQuestions sure = answered_from(back->answers, false);
  CHECK(sure.kprobe("tcp_connect").works);
  CHECK(sure.kprobe("notrace_me").reason == "compiled without tracing");
  CHECK(sure.kprobe("tcp_close").reason == kNotAsked);
  CHECK(answered_from(back->answers, true).kprobe("tcp_close").works);
  CHECK(sure.trampoline(AttachSpec::Kind::Fentry, "tcp_connect").reason == "EPERM");
  CHECK(sure.trampoline(AttachSpec::Kind::Lsm, "tcp_connect").reason == kNotAsked);
  CHECK(sure.syscalls() == std::vector<std::string>{"close", "open"});
  CHECK(sure.functions("^tcp_.*")->size() == 2);
  CHECK(sure.functions("other").error().message == kNotAsked);
  CHECK(sure.mappings().empty());
  BtfQuestion question;
  question.name = "task_struct";
  CHECK(sure.path(question).error().message == kNotAsked);
}

TEST_CASE("questions are asked as they are, and every answer is noted") {
  HostAnswers notes;
  HostQuestions questions;
  int asked = 0;
  questions.places = [&](const Hook& hook) -> Result<std::vector<BinaryPlace>> {
    ++asked;
    if (hook.path == "/none") return fail(ErrorCode::NotFound, "cannot open /none");
    return std::vector<BinaryPlace>{{"main", 64, 0, {{UsdtArg::Place::Memory, 4, true, -8, "bp", "", 1}}, {}}};
  };
  questions.path = [](const BtfQuestion&) -> Result<BtfPath> {
    BtfPath path;
    path.steps = {{8, true}, {16, false}};
    path.mask = 3;
    path.type = "uint32";
    return path;
  };
  const HostQuestions noted = noting(questions, notes);
  Hook hook;
  hook.path = "/bin/x";
  Hook none;
  none.path = "/none";
  CHECK(noted.places(hook)->size() == 1);
  CHECK_FALSE(noted.places(none));
  CHECK(noted.path({}));
  CHECK(asked == 2);
  CHECK_FALSE(noted.kprobe);  // a question that cannot be asked stays so
  HostProfile p = profile();
  p.answers = notes;
  const auto back = decode_profile(encode_profile(p, {}), "host.layout");
  REQUIRE(back);
  const HostQuestions again = answered_from(back->answers, true);
  const auto places = again.places(hook);
  REQUIRE(places);
  CHECK(places->at(0).usdt_args.at(0).number == -8);
  CHECK(places->at(0).usdt_args.at(0).is_signed);
  CHECK(again.places(none).error().message == "cannot open /none");
  CHECK(again.places(none).error().code == ErrorCode::NotFound);
  CHECK(again.path({})->steps == std::vector<ReadStep>{{8, true}, {16, false}});
  CHECK(again.path({})->mask == 3);
}

TEST_CASE("a pack without facts, or with facts of the wrong form, makes no profile") {
  const LayoutTable table{"btf", {}};
  const KernelIdentity kernel{"6.1", "x86_64", "00"};
  const auto plain = decode_profile(encode_pack(kernel, table, {}), "p");
  REQUIRE_FALSE(plain);
  CHECK(plain.error().text().find("burin layout pack") != std::string::npos);
  for (const char* bad : {"{}", "[]", "{\"version\":\"x\"}", "{\"version\":1", "nonsense", "{\"version\":-1}"}) {
    const auto got = decode_profile(encode_pack(kernel, table, {}, bad), "p");
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ErrorCode::Io);
  }
}

TEST_CASE("nothing but a name may stand where C has a register") {
  HostProfile p = profile();
  const auto refused = [&](const UsdtArg& arg) {
    p.answers.places["usdt"] = {{"main", 64, 0, {arg}, {}}};
    return !decode_profile(encode_profile(p, {}), "host.layout");
  };
  CHECK_FALSE(refused({UsdtArg::Place::Memory, 4, true, -8, "bp", "cx", 8}));
  CHECK(refused({UsdtArg::Place::Memory, 4, true, -8, "bp; }\n#include \"/etc/shadow\"", "", 1}));
  CHECK(refused({UsdtArg::Place::Memory, 4, true, -8, "bp", "cx+1", 8}));
  CHECK(refused({UsdtArg::Place::Memory, 3, true, -8, "bp", "", 1}));
  CHECK(refused({UsdtArg::Place::Memory, 4, true, -8, "bp", "cx", 1000}));
}

TEST_CASE("a bundle comes back whole") {
  const auto back = decode_bundle(encode_bundle(bundle()), "x.burin");
  REQUIRE(back);
  CHECK(back->burin == "0.1");
  CHECK(back->policies.at(0).text == "kind: TracingPolicy\n");
  CHECK(back->variables.at("PODCIDR") == "10.0.0.0/8");
  ProgramSource same = bundle().images->units()[0].source;
  CHECK(back->images->find(same));
  same.origins.clear();  // where lines come from decides nothing
  CHECK(back->images->find(same));
  same.defines = {{"L_a", "2"}};
  CHECK_FALSE(back->images->find(same));
  CHECK(back->images->difference(same) == "L_a is 2 here and 1 in the bundle");
  same = bundle().images->units()[0].source;
  same.text.replace(same.text.find("L_a"), 3, "L_b");
  CHECK(back->images->difference(same).find("return L_b") != std::string::npos);
  same.name = "other";
  CHECK(back->images->difference(same) == "the bundle has no programs of other");
}

TEST_CASE("the mode of a bundle is one of three") {
  std::vector<std::string> files;
  for (const auto mode : {std::optional<PolicyMode>(), {PolicyMode::Enforce}, {PolicyMode::Monitor}}) {
    Bundle b = bundle();
    b.mode = mode;
    files.push_back(encode_bundle(b));
    const auto back = decode_bundle(files.back(), "x.burin");
    REQUIRE(back);
    CHECK(back->mode == mode);
  }
  // Where the mode stands, another number with a checksum that is right.
  constexpr std::size_t kChecksumAt = 20, kBodyAt = kChecksumAt + kChecksumBytes;
  const auto differ = std::mismatch(files[0].begin() + kBodyAt, files[0].end(), files[1].begin() + kBodyAt);
  REQUIRE(differ.first != files[0].end());
  REQUIRE(*differ.first == 0);
  std::string bad = files[0];
  bad[static_cast<std::size_t>(differ.first - files[0].begin())] = 3;
  bad.replace(kChecksumAt, kChecksumBytes, content_checksum(std::string_view(bad).substr(kBodyAt)));
  const auto refused = decode_bundle(bad, "x.burin");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().find("policy mode 3") != std::string::npos);
}

TEST_CASE("no damage to a bundle gets through") {
  const std::string good = encode_bundle(bundle());
  for (std::size_t size = 0; size < good.size(); ++size) REQUIRE_FALSE(decode_bundle(good.substr(0, size), "x"));
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 + random() % 255);
    REQUIRE_FALSE(decode_bundle(bad, "x"));
  }
}
