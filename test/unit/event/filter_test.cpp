// Fields of a filter are ANDed, values of one field ORed; gaps always pass.
#include "event/filter.h"

#include <catch2/catch.hpp>

#include "support/event_reference.h"

using namespace burin;

namespace {

bool passes(const FilterSpec& spec, const Event& event, std::string_view node = "default/xwing") {
  const auto filter = EventFilter::compile(spec, node);
  REQUIRE(filter.has_value());
  return filter->matches(event);
}

std::string refusal(const FilterSpec& spec) {
  const auto filter = EventFilter::compile(spec, "node");
  REQUIRE_FALSE(filter.has_value());
  CHECK(filter.error().code == ErrorCode::InvalidPolicy);
  return filter.error().message;
}

Event exec_event() {
  Event e = sample_connect();
  e.kind = EventKind::Exec;
  e.hook = nullptr;
  e.args.clear();
  return e;
}

}  // namespace

TEST_CASE("an empty filter lets everything through") {
  CHECK(passes({}, sample_connect()));
  CHECK(passes({}, exec_event()));
}

TEST_CASE("pods is an unanchored regex on the node name while events have no pod") {
  CHECK(passes({.pods = {"xwing"}}, sample_connect()));
  CHECK(passes({.pods = {"tiefighter", "^default/x"}}, sample_connect()));
  CHECK_FALSE(passes({.pods = {"^xwing"}}, sample_connect()));
  CHECK_FALSE(passes({.pods = {"xwing"}}, sample_connect(), "node-a"));
}

TEST_CASE("processes is an unanchored regex on the binary") {
  CHECK(passes({.processes = {"curl"}}, sample_connect()));
  CHECK(passes({.processes = {"^/usr/bin/wget$", "^/usr/bin/curl$"}}, sample_connect()));
  CHECK_FALSE(passes({.processes = {"^curl"}}, sample_connect()));
  Event unknown = sample_connect();
  auto process = std::make_shared<ProcessInfo>(*unknown.process);
  process->known = false;
  unknown.process = process;
  CHECK_FALSE(passes({.processes = {""}}, unknown));
  unknown.process = nullptr;
  CHECK_FALSE(passes({.processes = {""}}, unknown));
}

TEST_CASE("namespaces is exact, and the empty one means: no pod") {
  CHECK(passes({.namespaces = {""}}, sample_connect()));
  CHECK(passes({.namespaces = {"shop", ""}}, sample_connect()));
  CHECK_FALSE(passes({.namespaces = {"default"}}, sample_connect()));
}

TEST_CASE("events takes Tetragon's names and short ones") {
  for (const char* name : {"PROCESS_KPROBE", "process_kprobe", "kprobe", "Kprobe"}) {
    CHECK(passes({.events = {name}}, sample_connect()));
    CHECK_FALSE(passes({.events = {name}}, exec_event()));
  }
  CHECK(passes({.events = {"exit", "exec"}}, exec_event()));
}

TEST_CASE("every kind that hooks make can be asked for") {
  const std::pair<EventKind, const char*> kinds[] = {{EventKind::Tracepoint, "PROCESS_TRACEPOINT"},
                                                     {EventKind::Uprobe, "process_uprobe"},
                                                     {EventKind::Usdt, "usdt"},
                                                     {EventKind::Lsm, "Lsm"},
                                                     {EventKind::Loader, "loader"}};
  for (const auto& [kind, name] : kinds) {
    Event e = sample_connect();
    e.kind = kind;
    CHECK(passes({.events = {name}}, e));
    CHECK_FALSE(passes({.events = {name}}, sample_connect()));
    CHECK_FALSE(passes({.events = {"kprobe"}}, e));
  }
}

TEST_CASE("policies is exact; events of no policy do not match") {
  CHECK(passes({.policies = {"other", "connect"}}, sample_connect()));
  CHECK_FALSE(passes({.policies = {"conn"}}, sample_connect()));
  CHECK_FALSE(passes({.policies = {"connect"}}, exec_event()));
}

TEST_CASE("different fields are ANDed") {
  FilterSpec spec{
      .pods = {"xwing"}, .processes = {"curl"}, .namespaces = {""}, .events = {"kprobe"}, .policies = {"connect"}};
  CHECK(passes(spec, sample_connect()));
  for (auto* field : {&spec.pods, &spec.processes, &spec.namespaces, &spec.policies}) {
    const auto kept = std::exchange(*field, {"no such"});
    CHECK_FALSE(passes(spec, sample_connect()));
    *field = kept;
  }
  spec.events = {"exec"};
  CHECK_FALSE(passes(spec, sample_connect()));
}

TEST_CASE("a gap passes every filter") {
  Event gap;
  gap.kind = EventKind::Gap;
  CHECK(passes({.pods = {"nobody"}, .processes = {"none"}, .namespaces = {"x"}, .events = {"exec"}, .policies = {"p"}},
               gap));
}

TEST_CASE("what is wrong with a filter is said with the parameter's name") {
  CHECK(refusal({.pods = {"("}}).find("pods: \"(\"") == 0);
  CHECK(refusal({.processes = {"ok", "a**"}}).find("processes: \"a**\"") == 0);
  const std::string message = refusal({.events = {"PROCESS_DNS"}});
  CHECK(message.find("events: \"PROCESS_DNS\"") == 0);
  CHECK(message.find("PROCESS_KPROBE") != std::string::npos);
  refusal({.events = {""}});
  refusal({.events = {"RATE_LIMIT_INFO"}});
}
