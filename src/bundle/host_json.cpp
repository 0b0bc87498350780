// Facts and answers as JSON. The JSON library throws at values of the wrong type: here that becomes an Error.
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "bundle/host_profile.h"
#include "model/task_facts.h"

namespace burin {
namespace {

using Json = nlohmann::json;

Json trial_json(const Trial& t) {
  return t.works ? Json(true) : Json(t.reason);
}
Trial trial_of(const Json& j) {
  return j.is_boolean() && j.get<bool>() ? Trial{true, {}} : Trial{false, j.get<std::string>()};
}

Json tracepoint_json(const TracepointFormat& format) {
  Json fields = Json::array();
  for (const auto& f : format.fields) fields.push_back({f.name, f.type, f.offset, f.size, f.is_signed, f.data_loc});
  return {{"id", format.id}, {"fields", std::move(fields)}};
}
TracepointFormat tracepoint_of(const Json& j) {
  TracepointFormat out;
  out.id = j.at("id").get<std::uint64_t>();
  for (const auto& f : j.at("fields"))
    out.fields.push_back({f.at(0).get<std::string>(), f.at(1).get<std::string>(), f.at(2).get<std::uint32_t>(),
                          f.at(3).get<std::uint32_t>(), f.at(4).get<bool>(), f.at(5).get<bool>()});
  return out;
}

Json usdt_json(const UsdtArg& a) {
  return {static_cast<int>(a.place), a.size, a.is_signed, a.number, a.base, a.index, a.scale};
}
UsdtArg usdt_of(const Json& j) {
  const int place = j.at(0).get<int>();
  if (place < 0 || place > static_cast<int>(UsdtArg::Place::Memory)) throw std::out_of_range("place of an argument");
  const auto width = [](const Json& value) {
    const auto n = value.get<std::uint32_t>();
    if (n != 1 && n != 2 && n != 4 && n != 8) throw std::out_of_range("width of an argument");
    return n;
  };
  // It stands in C behind ctx->: nothing but a name.
  const auto member = [](const Json& value) {
    auto name = value.get<std::string>();
    if (!name.empty() && !is_c_identifier(name)) throw std::out_of_range("register of an argument");
    return name;
  };
  return {static_cast<UsdtArg::Place>(place),
          width(j.at(1)),
          j.at(2).get<bool>(),
          j.at(3).get<std::int64_t>(),
          member(j.at(4)),
          member(j.at(5)),
          width(j.at(6))};
}

Json places_json(const std::vector<BinaryPlace>& places) {
  Json out = Json::array();
  for (const auto& p : places) {
    Json args = Json::array();
    for (const auto& a : p.usdt_args) args.push_back(usdt_json(a));
    out.push_back({p.symbol, p.offset, p.ref_ctr_offset, std::move(args), p.usdt_problem});
  }
  return out;
}
std::vector<BinaryPlace> places_of(const Json& j) {
  std::vector<BinaryPlace> out;
  for (const auto& p : j) {
    BinaryPlace place{p.at(0).get<std::string>(),
                      p.at(1).get<std::uint64_t>(),
                      p.at(2).get<std::uint64_t>(),
                      {},
                      p.at(4).get<std::string>()};
    for (const auto& a : p.at(3)) place.usdt_args.push_back(usdt_of(a));
    out.push_back(std::move(place));
  }
  return out;
}

Json path_json(const BtfPath& p) {
  Json steps = Json::array();
  for (const auto& s : p.steps) steps.push_back({s.offset, s.follow});
  return {{"steps", std::move(steps)}, {"size", p.size}, {"signed", p.is_signed}, {"in_place", p.in_place},
          {"shift", p.shift},          {"mask", p.mask}, {"type", p.type},        {"c_type", p.c_type},
          {"parameters", p.parameters}};
}
BtfPath path_of(const Json& j) {
  BtfPath out;
  for (const auto& s : j.at("steps")) out.steps.push_back({s.at(0).get<std::uint32_t>(), s.at(1).get<bool>()});
  out.size = j.at("size").get<std::uint32_t>();
  out.is_signed = j.at("signed").get<bool>();
  out.in_place = j.at("in_place").get<bool>();
  out.shift = j.at("shift").get<std::uint32_t>();
  out.mask = j.at("mask").get<std::uint64_t>();
  out.type = j.at("type").get<std::string>();
  out.c_type = j.at("c_type").get<std::string>();
  out.parameters = j.at("parameters").get<std::uint32_t>();
  return out;
}

/// A map of answers, each written by `write`.
template <class T, class Write>
Json map_json(const std::map<std::string, T>& map, Write write) {
  Json out = Json::object();
  for (const auto& [key, value] : map) out[key] = write(value);
  return out;
}
template <class T, class Read>
void map_of(const Json& j, std::map<std::string, T>& map, Read read) {
  for (const auto& [key, value] : j.items()) map.emplace(key, read(value));
}

Json answers_json(const HostAnswers& a) {
  Json out;
  out["kprobes"] = map_json(a.kprobes, trial_json);
  out["trampolines"] = map_json(a.trampolines, trial_json);
  if (a.syscalls) out["syscalls"] = *a.syscalls;
  out["functions"] = a.functions;
  out["places"] = map_json(a.places, places_json);
  if (a.mappings) out["mappings"] = *a.mappings;
  out["paths"] = map_json(a.paths, path_json);
  out["no_tracepoints"] = a.no_tracepoints;
  out["failures"] = map_json(a.failures, [](const Error& e) {
    return Json{std::string(to_string(e.code)), e.message, e.detail};
  });
  return out;
}

/// The code with this name; answers only ever fail with one of these.
ErrorCode code_named(std::string_view name) {
  for (const auto code : {ErrorCode::InvalidPolicy, ErrorCode::NotFound, ErrorCode::Unsupported,
                          ErrorCode::PermissionDenied, ErrorCode::Verify, ErrorCode::Io})
    if (to_string(code) == name) return code;
  return ErrorCode::Unsupported;
}

void read_answers(const Json& j, HostAnswers& a) {
  map_of(j.at("kprobes"), a.kprobes, trial_of);
  map_of(j.at("trampolines"), a.trampolines, trial_of);
  if (j.contains("syscalls")) a.syscalls = j["syscalls"].get<std::vector<std::string>>();
  a.functions = j.at("functions").get<decltype(a.functions)>();
  map_of(j.at("places"), a.places, places_of);
  if (j.contains("mappings")) a.mappings = j["mappings"].get<std::string>();
  map_of(j.at("paths"), a.paths, path_of);
  a.no_tracepoints = j.at("no_tracepoints").get<decltype(a.no_tracepoints)>();
  map_of(j.at("failures"), a.failures, [](const Json& e) {
    return Error{code_named(e.at(0).get<std::string>()),
                 e.at(1).get<std::string>(),
                 e.at(2).get<std::string>(),
                 std::nullopt,
                 {}};
  });
}

/// The trials of HostFacts by name: one list for both directions.
struct NamedTrial {
  const char* name;
  Trial HostFacts::*trial;
};
constexpr NamedTrial kTrials[] = {
    {"bpf_load", &HostFacts::bpf_load},           {"kprobe", &HostFacts::kprobe},
    {"attach_cookie", &HostFacts::attach_cookie}, {"override_return", &HostFacts::override_return},
    {"write_user", &HostFacts::write_user},       {"sock_ops", &HostFacts::sock_ops}};

}  // namespace

std::string encode_host(const HostFacts& host, const HostAnswers& answers) {
  Json trials;
  for (const auto& [name, trial] : kTrials) trials[name] = trial_json(host.*trial);
  Json lacks = Json::object();
  for (const auto& [feature, why] : host.lacks) lacks[std::string(about(feature).what)] = why;
  const Json out = {{"lacks", std::move(lacks)},
                    {"version", host.version_code},
                    {"possible_cpus", host.possible_cpus},
                    {"page_size", host.page_size},
                    {"cgroup2", host.cgroup2},
                    {"tracefs", host.tracefs},
                    {"namespaces", host.host_namespaces},
                    {"trials", std::move(trials)},
                    {"tracepoints", map_json(host.tracepoints, tracepoint_json)},
                    {"answers", answers_json(answers)}};
  return out.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Result<> decode_host(std::string_view text, HostFacts& host, HostAnswers& answers) {
  try {
    const Json j = Json::parse(text);
    host.version_code = j.at("version").get<std::uint32_t>();
    host.possible_cpus = j.at("possible_cpus").get<std::uint32_t>();
    host.page_size = j.at("page_size").get<std::uint32_t>();
    host.cgroup2 = j.at("cgroup2").get<std::string>();
    host.tracefs = j.at("tracefs").get<std::string>();
    host.host_namespaces = j.at("namespaces").get<decltype(host.host_namespaces)>();
    for (const auto& [name, trial] : kTrials) host.*trial = trial_of(j.at("trials").at(name));
    map_of(j.at("tracepoints"), host.tracepoints, tracepoint_of);
    for (const auto& info : kernel_features())
      if (const std::string name(info.what); j.at("lacks").contains(name))
        host.lacks[info.feature] = j["lacks"][name].get<std::string>();
    read_answers(j.at("answers"), answers);
  } catch (const std::exception& e) {
    return fail(ErrorCode::Io, std::string("the host's facts cannot be read (") + e.what() + ")");
  }
  return Ok{};
}

}  // namespace burin
