// Made for reading, not for speed; shares only the name tables with the encoder.
#include "support/event_reference.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "event/encode.h"
#include "model/net_names.h"
#include "model/policy.h"

using namespace burin;
using Json = nlohmann::ordered_json;

namespace {

std::string timestamp(std::uint64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / 1'000'000'000);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%09u", static_cast<unsigned>(ns % 1'000'000'000));
  std::string digits = fraction;
  for (int i = 0; i < 3 && digits.ends_with("000"); ++i) digits.resize(digits.size() - 3);
  return text + (digits == "." ? "" : digits) + "Z";
}

std::string address(std::uint16_t family, const AddressBytes& bytes) {
  if (family != AF_INET && family != AF_INET6) return "invalid IP";
  char text[INET6_ADDRSTRLEN];
  inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

void scalar(Json& object, const char* key, std::uint64_t value) {
  if (value != 0) object[key] = value;
}
void scalar(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = valid_utf8(value);
}

Json process_object(const ProcessInfo& p, std::uint32_t tid) {
  Json o;
  if (p.known) scalar(o, "exec_id", p.exec_id);
  o["pid"] = p.pid;
  if (p.known) {
    o["uid"] = p.uid;
    scalar(o, "cwd", p.cwd);
    scalar(o, "binary", p.binary);
    scalar(o, "arguments", p.arguments);
  }
  std::string flags;
  const std::pair<std::uint32_t, const char*> words[] = {
      {0x1, "execve"},      {0x4, "procFS"},  {0x10, "truncArgs"}, {0x40, "miss"},       {0x100, "errorFilename"},
      {0x200, "errorArgs"}, {0x800, "nocwd"}, {0x1000, "rootcwd"}, {0x2000, "errorCWD"}, {0x4000, "clone"}};
  for (const auto& [bit, word] : words)
    if (p.flags & bit) flags += (flags.empty() ? "" : " ") + std::string(word);
  scalar(o, "flags", p.known ? flags : "unknown");
  if (p.start_wall_ns) o["start_time"] = timestamp(p.start_wall_ns);
  if (p.known) {
    o["auid"] = p.auid;
    scalar(o, "parent_exec_id", p.parent_exec_id);
  }
  o["tid"] = tid;
  return o;
}

Json sock_object(const SockValue& s) {
  Json o;
  o["family"] = family_name(s.family);
  if (s.type) o["type"] = socket_type_name(s.type);
  o["protocol"] = protocol_name(s.protocol);
  scalar(o, "mark", s.mark);
  scalar(o, "priority", s.priority);
  o["saddr"] = address(s.family, s.saddr);
  o["daddr"] = address(s.family, s.daddr);
  scalar(o, "sport", s.sport);
  scalar(o, "dport", s.dport);
  if (s.cookie) o["cookie"] = std::to_string(s.cookie);
  if (s.state) o["state"] = tcp_state_name(s.state);
  return o;
}

Json skb_object(const SkbValue& s) {
  Json o;
  scalar(o, "hash", s.hash);
  scalar(o, "len", s.len);
  scalar(o, "priority", s.priority);
  scalar(o, "mark", s.mark);
  o["saddr"] = address(s.family, s.saddr);
  o["daddr"] = address(s.family, s.daddr);
  scalar(o, "sport", s.sport);
  scalar(o, "dport", s.dport);
  scalar(o, "proto", s.protocol);
  o["protocol"] = protocol_name(s.protocol);
  o["family"] = family_name(s.family);
  return o;
}

Json argument(const Value& value, const std::string& label) {
  Json o;
  if (const auto* v = std::get_if<SockValue>(&value)) o["sock_arg"] = sock_object(*v);
  if (const auto* v = std::get_if<SkbValue>(&value)) o["skb_arg"] = skb_object(*v);
  if (const auto* v = std::get_if<SockaddrValue>(&value)) {
    o["sockaddr_arg"] = {{"family", family_name(v->family)}, {"addr", address(v->family, v->addr)}};
    scalar(o["sockaddr_arg"], "port", v->port);
  }
  if (const auto* v = std::get_if<IntValue>(&value)) o["int_arg"] = v->value;
  if (const auto* v = std::get_if<UintValue>(&value)) o["uint_arg"] = v->value;
  if (const auto* v = std::get_if<LongValue>(&value)) o["long_arg"] = std::to_string(v->value);
  if (const auto* v = std::get_if<SizeValue>(&value)) o["size_arg"] = std::to_string(v->value);
  if (const auto* v = std::get_if<StringValue>(&value)) o["string_arg"] = valid_utf8(v->value);
  if (const auto* v = std::get_if<ErrorValue>(&value)) {
    o["error_arg"] = Json::object();
    scalar(o["error_arg"], "Message", v->message);
  }
  scalar(o, "label", label);
  return o;
}

const char* action_name(std::uint16_t action) {
  const char* names[] = {"",
                         "KPROBE_ACTION_POST",
                         "",
                         "KPROBE_ACTION_SIGKILL",
                         "",
                         "KPROBE_ACTION_OVERRIDE",
                         "",
                         "KPROBE_ACTION_GETURL",
                         "KPROBE_ACTION_DNSLOOKUP",
                         "KPROBE_ACTION_NOPOST",
                         "KPROBE_ACTION_SIGNAL",
                         "KPROBE_ACTION_TRACKSOCK",
                         "KPROBE_ACTION_UNTRACKSOCK",
                         "KPROBE_ACTION_NOTIFYENFORCER",
                         "KPROBE_ACTION_CLEANUPENFORCERNOTIFICATION",
                         "KPROBE_ACTION_SET"};
  return action < std::size(names) ? names[action] : "";
}

Json arguments(const std::vector<Value>& values, const std::vector<HookArg>& described) {
  Json out = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::holds_alternative<NopValue>(values[i]))
      out.push_back(argument(values[i], i < described.size() ? described[i].label : ""));
  return out;
}

Json stack(const std::vector<StackFrame>& frames) {
  Json out = Json::array();
  for (const auto& f : frames) {
    Json o = Json::object();
    if (f.address) o["address"] = std::to_string(f.address);
    if (f.offset) o["offset"] = std::to_string(f.offset);
    scalar(o, "symbol", f.symbol);
    scalar(o, "module", f.module);
    out.push_back(o);
  }
  return out;
}

/// Every field that some kind of hook event has, by name; empty ones are left out.
Json hook_field(const std::string& name, const Event& e) {
  const HookInfo& h = *e.hook;
  if (name == "function_name" || name == "symbol") return valid_utf8(h.function);
  if (name == "subsys" || name == "provider") return valid_utf8(h.subsys);
  if (name == "event" || name == "name") return valid_utf8(h.event);
  if (name == "path") return valid_utf8(h.path);
  if (name == "policy_name") return valid_utf8(h.policy);
  if (name == "message") return valid_utf8(h.message);
  if (name == "ima_hash") return e.ima_hash;
  if (name == "action") return action_name(e.action);
  if (name == "return_action") return action_name(e.return_action);
  if (name == "offset") return h.offset ? std::to_string(h.offset) : "";
  if (name == "ref_ctr_offset") return h.ref_ctr_offset ? std::to_string(h.ref_ctr_offset) : "";
  if (name == "args") return arguments(e.args, h.args);
  if (name == "data") return arguments(e.data, h.data);
  if (name == "kernel_stack_trace") return stack(e.kernel_stack);
  if (name == "user_stack_trace") return stack(e.user_stack);
  if (name == "return" && e.returned && !std::holds_alternative<NopValue>(*e.returned))
    return argument(*e.returned, h.return_arg ? h.return_arg->label : "");
  Json tags = Json::array();
  if (name == "tags")
    for (const auto& tag : h.tags) tags.push_back(valid_utf8(tag));
  return tags;
}

void hook_fields(Json& o, const Event& e, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const Json value = hook_field(name, e);
    if (!value.empty() && value != "") o[name] = value;
  }
}

/// The order in which Tetragon's protos declare them.
std::vector<std::string> fields_of(EventKind kind) {
  switch (kind) {
    case EventKind::Kprobe:
      return {"function_name", "args",          "return",  "action", "kernel_stack_trace",
              "policy_name",   "return_action", "message", "tags",   "user_stack_trace",
              "data"};
    case EventKind::Tracepoint: return {"subsys", "event", "args", "policy_name", "action", "message", "tags"};
    case EventKind::Uprobe:
      return {"path",           "symbol", "policy_name", "message",         "args", "tags", "offset",
              "ref_ctr_offset", "action", "data",        "user_stack_trace"};
    case EventKind::Usdt: return {"path", "provider", "name", "policy_name", "message", "args", "tags", "action"};
    case EventKind::Lsm: return {"function_name", "policy_name", "message", "args", "action", "tags", "ima_hash"};
    default: return {};
  }
}

/// What the policy asked for and this kind's message has no place for.
std::vector<std::string> homeless_fields_of(EventKind kind) {
  switch (kind) {
    case EventKind::Uprobe: return {"return", "return_action", "kernel_stack_trace"};
    case EventKind::Tracepoint:
    case EventKind::Usdt:
    case EventKind::Lsm: return {"return", "return_action", "kernel_stack_trace", "user_stack_trace", "data"};
    default: return {};
  }
}

void exit_fields(Json& o, const Event& e) {
  const char* names[] = {"",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
                         "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
                         "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
                         "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
  const unsigned signal = e.exit_code & 0x7F;
  if (e.exit_code_known) {
    if (signal < 32) scalar(o, "signal", names[signal]);
    scalar(o, "status", e.exit_code >> 8 & 0xFF);
  }
  o["time"] = timestamp(e.wall_ns);
}

Json burin_object(const Event& e) {
  Json b;
  if (e.seq) b["seq"] = e.seq;
  if (e.mono_ns) b["mono_ns"] = std::to_string(e.mono_ns);
  if (e.kind == EventKind::Gap) {
    b["gap"]["reason"] = to_string(e.loss);
    if (e.loss == LossReason::PerfBuffer) b["gap"]["cpu"] = e.cpu;
    if (e.first_lost_seq) b["gap"]["first_seq"] = e.first_lost_seq;
    b["gap"]["count"] = e.lost;
    if (e.lost_at_least) b["gap"]["at_least"] = true;
    return b;
  }
  b["cpu"] = e.cpu;
  if (e.hook) {
    b["rung"] = e.hook->rung;
  }
  if (e.hook && e.kind != EventKind::Loader) {
    b["selector"] = e.selector;
    if (e.selector < e.hook->selector_labels.size()) scalar(b, "selector_label", e.hook->selector_labels[e.selector]);
    scalar(b, "suppressed", e.suppressed);
    if (e.head_flags & kHeadMonitored) b["monitored"] = true;
    if (e.head_flags & kHeadActionFailed) b["action_failed"] = true;
    if (e.head_flags & kHeadActionOff) b["action_off"] = true;
  }
  Json from;
  if (e.process && e.process->known) {
    scalar(from, "binary", std::string(e.process->binary_source));
    scalar(from, "arguments", std::string(e.process->args_source));
    scalar(from, "cwd", std::string(e.process->cwd_source));
    scalar(from, "auid", std::string(e.process->auid_source));
  }
  if (e.head_flags & kHeadRealUid) from["uid"] = "real";
  if (e.head_flags & kHeadPortDeferred) from["sport"] = "deferred";
  if (e.head_flags & kHeadSockOwner) from["process"] = "sock";
  if (!from.empty()) b["from"] = from;
  std::size_t printed = 0;
  for (const auto& value : e.args) {
    if (const auto* s = std::get_if<StringValue>(&value); s && s->truncated) b["truncated_args"].push_back(printed);
    if (!std::holds_alternative<NopValue>(value)) ++printed;
  }
  if (e.hook) hook_fields(b, e, homeless_fields_of(e.kind));
  if (e.kind == EventKind::Exit && !e.exit_code_known) b["exit"]["code"] = "unknown";
  if (e.kind == EventKind::Exit && e.exit_code_known && (e.exit_code & 0x7F) > 31)
    b["exit"]["signal"] = e.exit_code & 0x7F;
  return b;
}

}  // namespace

std::string valid_utf8(const std::string& text) {
  std::string out;
  bool in_run = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    // The longest prefix of up to four bytes that the parser takes as one character, if any does.
    for (length = std::min<std::size_t>(4, text.size() - i); length > 0; --length) {
      const std::string piece = text.substr(i, length);
      const bool one = length == 1
                           ? static_cast<unsigned char>(piece[0]) < 0x80
                           : static_cast<unsigned char>(piece[0]) >= 0xC0 &&
                                 std::all_of(piece.begin() + 1, piece.end(), [](char c) { return (c & 0xC0) == 0x80; });
      if (one && (length == 1 || Json::accept("\"" + piece + "\""))) break;
    }
    if (length == 0) {
      if (!in_run) out += "\xEF\xBF\xBD";
      in_run = true;
      ++i;
      continue;
    }
    in_run = false;
    out += text.substr(i, length);
    i += length;
  }
  return out;
}

std::string reference_line(const Event& e, const std::string& node_name) {
  Json body = Json::object();
  if (e.kind == EventKind::Gap) {
    if (e.lost) body["number_of_dropped_process_events"] = std::to_string(e.lost);
  } else {
    if (e.process) body["process"] = process_object(*e.process, e.tid);
    if (e.kind == EventKind::Loader) {
      scalar(body, "path", e.loaded_path);
      if (!e.build_id.empty()) body["buildid"] = base64(e.build_id);
    }
    if (e.parent) body["parent"] = process_object(*e.parent, e.parent->pid);
    if (e.hook) hook_fields(body, e, fields_of(e.kind));
    if (e.kind == EventKind::Exit) exit_fields(body, e);
  }
  const char* names[] = {"process_exec", "process_exit", "process_kprobe", "process_tracepoint", "process_uprobe",
                         "process_usdt", "process_lsm",  "process_loader", "rate_limit_info"};
  Json line;
  line[names[static_cast<int>(e.kind)]] = body;
  scalar(line, "node_name", node_name);
  line["time"] = timestamp(e.wall_ns);
  line["burin"] = burin_object(e);
  return line.dump() + "\n";
}

std::shared_ptr<ProcessInfo> sample_process() {
  auto p = std::make_shared<ProcessInfo>();
  p->pid = 4211;
  p->exec_ktime = 12345678901234;
  p->uid = 0;
  p->binary = "/usr/bin/curl";
  p->arguments = "-s http://203.0.113.7/";
  p->cwd = "/";
  p->flags = kProcExecve | kProcRootCwd | kProcClone;
  p->start_wall_ns = 1767323045678901234;
  p->exec_id = base64("node-a:12345678901234:4211");
  p->parent_exec_id = base64("node-a:12345600000000:4200");
  p->parent_pid = 4200;
  p->binary_source = p->args_source = p->cwd_source = "kernel";
  encode_process(*p);
  return p;
}

std::shared_ptr<ProcessInfo> sample_parent() {
  auto p = std::make_shared<ProcessInfo>();
  p->pid = 4200;
  p->exec_ktime = 12345600000000;
  p->binary = "/bin/sh";
  p->cwd = "/root";
  p->flags = kProcProcFs;
  p->start_wall_ns = 1767322801000000000;
  p->exec_id = base64("node-a:12345600000000:4200");
  p->parent_exec_id = base64("node-a:30000000:1");
  p->auid = 1000;
  p->binary_source = p->args_source = p->cwd_source = "proc";
  encode_process(*p);
  return p;
}

Event sample_connect() {
  auto hook = std::make_shared<HookInfo>();
  hook->id = kFirstPolicyHook;
  hook->policy = "connect";
  hook->function = "tcp_connect";
  hook->rung = "kprobe";
  hook->args = {{"sock", "", 0}};
  SockValue sock;
  sock.family = AF_INET;
  sock.type = SOCK_STREAM;
  sock.protocol = IPPROTO_TCP;
  sock.state = 2;
  sock.saddr = {10, 0, 0, 5};
  sock.daddr = {203, 0, 113, 7};
  sock.sport = 41234;
  sock.dport = 80;
  sock.cookie = 18446623456789012480ULL;
  Event e;
  e.kind = EventKind::Kprobe;
  e.seq = 123;
  e.mono_ns = 12345700000000;
  e.wall_ns = 1767323045700000000;
  e.cpu = 1;
  e.tid = 4211;
  e.process = sample_process();
  e.parent = sample_parent();
  e.hook = hook;
  e.action = 1;
  e.args = {sock};
  return e;
}
