// Records byte by byte: what each kind becomes, and that no bytes whatever do harm.
#include "event/decoder.h"

#include <sys/socket.h>

#include <random>

#include "types/arg_type.h"
#include "types/wire_structs.h"
#include "unit/event/child.h"
#include "unit/event/make_record.h"

using namespace burin;
using namespace burin_test;

namespace {

struct Fixture {
  TempDir proc;
  WallClock clock;
  ProcessTable table{"node-a", proc.path, clock, 16};
  Decoder decoder{table, clock};
  Event event;

  DecodeStatus decode(const Bytes& bytes, std::uint32_t cpu = 0) { return decoder.decode(cpu, bytes, event); }
};

/// A hook with arguments of these types, laid out as the planner lays them out.
std::shared_ptr<HookInfo> hook_of(HookId id, const std::vector<std::string>& types) {
  auto hook = std::make_shared<HookInfo>();
  hook->id = id;
  hook->policy = "connect";
  hook->function = "tcp_connect";
  hook->record.hook = id;
  for (const std::string& name : types) {
    const ArgType* type = find_type(name);
    REQUIRE(type);
    const WireShape& shape = type->shape;
    const std::string field = "a" + std::to_string(hook->args.size());
    hook->args.push_back(
        {name, "", shape.size == 0 ? 0 : hook->record.add(field, std::string(shape.c_type), shape.size, shape.align)});
    hook->record.tail_max += shape.text_max;
  }
  return hook;
}

/// The fixed part of a record of `hook`, zero behind the head.
Bytes record_of(const HookInfo& hook, std::uint32_t tgid, std::uint64_t ktime) {
  wire::Head h = head(hook.id, tgid, ktime, 0);
  h.size = hook.record.size;
  Bytes out = bytes_of(h);
  out.resize(hook.record.size);
  return out;
}

void set_size(Bytes& bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(bytes.data() + offsetof(wire::Head, size), &size, sizeof size);
}

template <class T>
void store(Bytes& bytes, const HookInfo& hook, std::size_t arg, const T& value) {
  std::memcpy(bytes.data() + hook.record.fields[hook.args[arg].field].offset, &value, sizeof value);
}

}  // namespace

TEST_CASE("exec, clone and exit records become events of one process") {
  Fixture f;
  REQUIRE(f.decode(ExecRecord(1, 1000).file("/sbin/init").in("/").bytes(), 3) == DecodeStatus::Event);
  CHECK(f.event.kind == EventKind::Exec);
  CHECK(f.event.cpu == 3);
  CHECK(f.event.mono_ns == 1000);
  CHECK(f.event.wall_ns == f.clock.wall_ns(1000));
  CHECK(f.event.process->binary == "/sbin/init");
  REQUIRE(f.event.parent);
  CHECK(f.event.parent->binary == "<kernel>");
  const ProcessPtr init = f.event.process;

  CHECK(f.decode(bytes_of(clone_record(1, 1000, 10, 2000))) == DecodeStatus::Silent);

  // A fork that never execs has an exit event, too.
  wire::Exit exit = exit_record(10, 2000, 3000);
  exit.code = 3 << 8;
  exit.head.tid = 12;
  exit.head.cgroup_id = 99;
  REQUIRE(f.decode(bytes_of(exit)) == DecodeStatus::Event);
  CHECK(f.event.kind == EventKind::Exit);
  CHECK(f.event.exit_code == 3 << 8);
  CHECK(f.event.exit_code_known);
  CHECK(f.event.tid == 12);
  CHECK(f.event.cgroup_id == 99);
  CHECK(f.event.process->pid == 10);
  CHECK(f.event.process->flags == kProcClone);
  CHECK(f.event.parent == init);

  // The event found the process; after it, the pid is free for another one.
  CHECK_FALSE(f.table.find(head(kFirstPolicyHook, 10, 60'000'000'000, 0))->known);

  exit.code_known = 0;
  REQUIRE(f.decode(bytes_of(exit)) == DecodeStatus::Event);
  CHECK_FALSE(f.event.exit_code_known);

  wire::Exit stranger = exit_record(4000, 0, 9000);
  set_comm(stranger.head, "who");
  REQUIRE(f.decode(bytes_of(stranger)) == DecodeStatus::Event);
  CHECK(f.event.process->binary == "who");
  CHECK_FALSE(f.event.process->known);
}

TEST_CASE("a policy's record becomes values in the policy's order") {
  Fixture f;
  const auto hook = hook_of(17, {"sock", "nop", "int", "string", "size_t"});
  REQUIRE(f.decoder.add_hook(hook));
  f.decode(ExecRecord(50, 1000).file("/usr/bin/curl").in("/").bytes());

  Bytes bytes = record_of(*hook, 50, 5000);
  wire::Sock sock;
  sock.family = AF_INET;
  sock.protocol = 6;
  sock.sport = 41234;
  sock.dport = 80;
  const unsigned char address[4] = {203, 0, 113, 7};
  std::memcpy(sock.daddr, address, 4);
  store(bytes, *hook, 0, sock);
  store(bytes, *hook, 2, std::int32_t{-5});
  store(bytes, *hook, 4, std::uint64_t{1} << 40);
  wire::Text text;
  append_tail(bytes, text, "hello");
  store(bytes, *hook, 3, text);
  set_size(bytes);
  const std::uint16_t selector = 2, action = 1, flags = kHeadRealUid;
  std::memcpy(bytes.data() + offsetof(wire::Head, selector), &selector, 2);
  std::memcpy(bytes.data() + offsetof(wire::Head, action), &action, 2);
  std::memcpy(bytes.data() + offsetof(wire::Head, flags), &flags, 2);
  bytes.resize(bytes.size() + 5, std::byte{0xee});  // a ring pads

  REQUIRE(f.decode(bytes, 1) == DecodeStatus::Event);
  CHECK(f.event.kind == EventKind::Kprobe);
  CHECK(f.event.hook == hook);
  CHECK(f.event.selector == 2);
  CHECK(f.event.action == 1);
  CHECK(f.event.head_flags == kHeadRealUid);
  CHECK(f.event.process->binary == "/usr/bin/curl");
  REQUIRE(f.event.args.size() == 5);
  const auto* s = std::get_if<SockValue>(&f.event.args[0]);
  REQUIRE(s);
  CHECK(s->dport == 80);
  CHECK(s->sport == 41234);
  CHECK(s->daddr[0] == 203);
  CHECK(s->daddr[3] == 7);
  CHECK(std::holds_alternative<NopValue>(f.event.args[1]));
  CHECK(std::get<IntValue>(f.event.args[2]).value == -5);
  CHECK(std::get<StringValue>(f.event.args[3]).value == "hello");
  CHECK(std::get<SizeValue>(f.event.args[4]).value == std::uint64_t{1} << 40);

  // The same Event again: nothing of the last record is left.
  f.event.line = "x";
  f.event.seq = 9;
  REQUIRE(f.decode(ExecRecord(50, 6000).file("/bin/x").in("/").bytes()) == DecodeStatus::Event);
  CHECK(f.event.args.empty());
  CHECK(f.event.hook == nullptr);
  CHECK(f.event.line.empty());
  CHECK(f.event.seq == 0);
  CHECK(f.event.action == 0);

  f.decoder.remove_hook(17);
  CHECK(f.decode(bytes) == DecodeStatus::UnknownHook);
}

TEST_CASE("data, return value, actions and what was held back come along, for every kind of hook") {
  Fixture f;
  for (const EventKind kind : {EventKind::Kprobe, EventKind::Tracepoint, EventKind::Uprobe, EventKind::Usdt,
                               EventKind::Lsm, EventKind::Loader}) {
    const auto hook = hook_of(30, {"int"});
    hook->kind = kind;
    hook->data = {{"uint32", "pid", hook->record.add("d0", "u32", 4, 4)}, {"nop", "", 0}};
    hook->return_arg = HookArg{"int", "result", hook->record.add("ret", "s32", 4, 4)};
    REQUIRE(f.decoder.add_hook(hook));
    Bytes bytes = record_of(*hook, 50, 5000);
    store(bytes, *hook, 0, std::int32_t{7});
    const std::uint32_t data = 4711, suppressed = 3;
    const std::int32_t returned = -13;
    const std::uint16_t action = 3;
    std::memcpy(bytes.data() + hook->record.fields[1].offset, &data, 4);
    std::memcpy(bytes.data() + hook->record.fields[2].offset, &returned, 4);
    std::memcpy(bytes.data() + offsetof(wire::Head, suppressed), &suppressed, 4);
    std::memcpy(bytes.data() + offsetof(wire::Head, return_action), &action, 2);
    REQUIRE(f.decode(bytes) == DecodeStatus::Event);
    CHECK(f.event.kind == kind);
    CHECK(f.event.suppressed == 3);
    CHECK(f.event.return_action == 3);
    REQUIRE(f.event.data.size() == 2);
    CHECK(std::get<UintValue>(f.event.data[0]).value == 4711);
    CHECK(std::holds_alternative<NopValue>(f.event.data[1]));
    REQUIRE(f.event.returned);
    CHECK(std::get<IntValue>(*f.event.returned).value == -13);
    // Nothing of it is left in the next event.
    REQUIRE(f.decode(ExecRecord(50, 6000).file("/bin/x").in("/").bytes()) == DecodeStatus::Event);
    CHECK(f.event.data.empty());
    CHECK_FALSE(f.event.returned);
    CHECK(f.event.suppressed == 0);
    CHECK(f.event.return_action == 0);
  }
}

TEST_CASE("what could not be read is an error, with the depth where there is one") {
  Fixture f;
  const auto hook = hook_of(31, {"int", "sock"});
  hook->data = {{"uint64", "", hook->record.add("d0", "u64", 8, 8), hook->record.add("d0_error", "u32", 4, 4)}};
  hook->return_arg = HookArg{"int", "", hook->record.add("ret", "s32", 4, 4)};
  REQUIRE(f.decoder.add_hook(hook));
  const auto decoded = [&](std::uint32_t faults, std::uint32_t depth) {
    Bytes bytes = record_of(*hook, 50, 5000);
    std::memcpy(bytes.data() + offsetof(wire::Head, faults), &faults, 4);
    std::memcpy(bytes.data() + hook->record.fields[hook->data[0].error].offset, &depth, 4);
    REQUIRE(f.decode(bytes) == DecodeStatus::Event);
  };
  const auto message = [](const Value& value) {
    const auto* error = std::get_if<ErrorValue>(&value);
    return error ? error->message : std::string();
  };
  const std::string bad = "Bad address for basic type";
  decoded(0, 0);
  for (const Value& value : {f.event.args[0], f.event.args[1], f.event.data[0], *f.event.returned})
    CHECK(message(value).empty());
  decoded(1U << 1, 0);
  CHECK(message(f.event.args[0]).empty());
  CHECK(message(f.event.args[1]) == bad);
  decoded(1U << kFaultData | 1U << kFaultReturn, 0);
  CHECK(message(f.event.args[1]).empty());
  CHECK(message(f.event.data[0]) == bad);
  CHECK(message(*f.event.returned) == bad);
  decoded(0, 3);
  CHECK(message(f.event.data[0]) == "Bad address encountered during resolve dereference at depth 3");
  // A hook whose depth field lies elsewhere is refused.
  auto broken = std::make_shared<HookInfo>(*hook);
  broken->data[0].error = 0;
  broken->record.fields[0].offset = 4;
  CHECK_FALSE(f.decoder.add_hook(broken));
}

TEST_CASE("a hook that cannot be decoded safely is refused with the reason") {
  Fixture f;
  const auto refused = [&](const HookInfoPtr& hook, const std::string& word) {
    const auto result = f.decoder.add_hook(hook);
    REQUIRE_FALSE(result);
    INFO(result.error().text());
    CHECK(result.error().text().find(word) != std::string::npos);
    CHECK(result.error().text().find("tcp_connect") != std::string::npos);
    CHECK(f.decode(record_of(*hook, 1, 1)) != DecodeStatus::Event);
  };
  auto hook = hook_of(20, {"int"});
  hook->args[0].type = "flux";
  refused(hook, "flux");
  hook = hook_of(20, {"int", "sock"});
  hook->args[1].field = 7;
  refused(hook, "argument 1");
  hook = hook_of(20, {"int"});
  hook->record.fields[0].offset = hook->record.size - 2;
  refused(hook, "a0");
  hook->record.fields[0].offset = 4;  // in the head
  refused(hook, "a0");
  hook = hook_of(20, {"int"});
  hook->record.fields[0].size = 8;
  refused(hook, "a0");
  hook = hook_of(20, {"int"});
  hook->record.fields.clear();
  refused(hook, "argument 0");
  hook = hook_of(kHookExec, {});
  const auto base = f.decoder.add_hook(hook);
  REQUIRE_FALSE(base);
  CHECK(base.error().text().find("base hook") != std::string::npos);
}

TEST_CASE("a record cut anywhere is malformed, never an event") {
  Fixture f;
  const auto hook = hook_of(16, {"int", "string", "sock"});
  REQUIRE(f.decoder.add_hook(hook));
  Bytes policy = record_of(*hook, 5, 100);
  wire::Text text;
  append_tail(policy, text, "some text");
  store(policy, *hook, 1, text);
  set_size(policy);
  for (const Bytes& whole : {ExecRecord(5, 50).file("/bin/x").in("/").args({"x", "y"}).bytes(),
                             bytes_of(exit_record(5, 50, 60)), bytes_of(clone_record(5, 50, 6, 60)), policy}) {
    REQUIRE(f.decode(whole) != DecodeStatus::Malformed);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(f.decode(cut) == DecodeStatus::Malformed);  // says it is longer than it is
      if (size < sizeof(wire::Head)) continue;
      set_size(cut);
      const DecodeStatus status = f.decode(cut);  // says how long it is, but its tail is gone
      CAPTURE(size, whole.size());
      CHECK(status == DecodeStatus::Malformed);
    }
  }
  Bytes unknown = bytes_of(head(15, 5, 1, 1));
  CHECK(f.decode(unknown) == DecodeStatus::UnknownHook);
  unknown = bytes_of(head(4711, 5, 1, 1));
  CHECK(f.decode(unknown) == DecodeStatus::UnknownHook);
}

TEST_CASE("a hundred thousand random records do no harm") {
  Fixture f;
  std::vector<std::string> all;
  for (const ArgType& type : all_types()) all.emplace_back(type.name);
  REQUIRE(f.decoder.add_hook(hook_of(16, all)));
  REQUIRE(f.decoder.add_hook(hook_of(17, {"string", "string"})));
  REQUIRE(f.decoder.add_hook(hook_of(18, {})));
  const HookId hooks[] = {kHookExec, kHookExit, kHookClone, 16, 17, 18, 19};

  std::mt19937_64 random(7);
  std::size_t counts[4] = {};
  for (int i = 0; i < 100'000; ++i) {
    Bytes bytes(random() % 700);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    if (bytes.size() >= sizeof(wire::Head) && random() % 16 != 0) {
      wire::Head h;
      std::memcpy(&h, bytes.data(), sizeof h);
      h.hook = hooks[random() % std::size(hooks)];
      if (random() % 8 != 0) h.size = static_cast<std::uint32_t>(bytes.size() - random() % 4);
      if (random() % 4 != 0) h.tgid %= 50;
      if (random() % 2 != 0) h.exec_ktime %= 4;
      if (random() % 2 != 0) h.ppid %= 50;
      if (random() % 2 != 0) h.ktime %= 100'000'000'000;
      std::memcpy(bytes.data(), &h, sizeof h);
    }
    // Tails that are nearly right more often than chance would have them.
    if (bytes.size() > sizeof(wire::Exec) && random() % 2 != 0) {
      wire::Exec e;
      std::memcpy(&e, bytes.data(), sizeof e);
      for (wire::wvar* v : {&e.exe, &e.filename, &e.cwd, &e.args}) {
        v->off = static_cast<std::uint16_t>(sizeof e + random() % 200);
        v->len = static_cast<std::uint16_t>(random() % 100);
      }
      std::memcpy(bytes.data(), &e, sizeof e);
    }
    const DecodeStatus status = f.decode(bytes, static_cast<std::uint32_t>(random()));
    ++counts[static_cast<int>(status)];
    if (status == DecodeStatus::Event) {
      REQUIRE(f.event.process);
      REQUIRE(!f.event.process->json.empty());
    }
  }
  for (const std::size_t count : counts) CHECK(count > 100);  // every way was taken
  CHECK(f.table.find(0, kKernelKtime)->binary == "<kernel>");
}
