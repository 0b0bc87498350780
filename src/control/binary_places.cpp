#include "control/binary_places.h"

#include <algorithm>

#include "diag/diagnostic.h"
#include "elf/binary.h"

namespace burin {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// One of the digests has to be the binary's: a policy names several when several versions are meant.
Result<> check_digests(const Hook& hook, const Binary& binary) {
  if (hook.digests.empty()) return Ok{};
  std::string seen;
  for (const auto& digest : hook.digests) {
    const auto colon = digest.value.find(':');
    const std::string wanted = lower(digest.value.substr(colon == std::string::npos ? 0 : colon + 1));
    std::string algorithm = colon == std::string::npos ? "build-id" : lower(digest.value.substr(0, colon));
    std::string actual;
    if (algorithm == "build-id" || algorithm == "buildid") {
      algorithm = "build id";
      actual = binary.build_id();
    } else {
      TRY(actual, file_digest(hook.path, algorithm));
    }
    if (actual == wanted) return Ok{};
    const std::string told = algorithm + " " + (actual.empty() ? "none" : actual);
    if (seen.find(told) == std::string::npos) seen += (seen.empty() ? "" : ", ") + told;
  }
  return fail(ErrorCode::Verify, hook.path + " is not the binary that binaryDigests name: it has " + seen);
}

Result<std::uint64_t> function_offset(const Hook& hook, const Binary& binary, const std::string& name) {
  auto offset = binary.offset_of(name);
  if (offset) return offset;
  std::vector<std::string> names;
  for (auto& f : binary.functions()) names.push_back(std::move(f.name));
  const std::string near = names.size() < 50'000 ? nearest(name, names) : std::string();
  return fail(ErrorCode::NotFound, hook.path + " has no function " + name + " in its symbol tables" +
                                       (names.empty()  ? " (it is stripped: use offsets)"
                                        : near.empty() ? ""
                                                       : "; did you mean " + near + "?"));
}

Result<BinaryPlace> checked(const Hook& hook, const Binary& binary, BinaryPlace place) {
  if (!binary.is_code(place.offset))
    return fail(ErrorCode::NotFound, "offset " + std::to_string(place.offset) + " of " + hook.path + " is not in code");
  return place;
}

Result<std::vector<BinaryPlace>> uprobe_places(const Hook& hook, const Binary& binary) {
  std::vector<BinaryPlace> out;
  for (const auto& symbol : hook.symbols) {
    TRY(const std::uint64_t offset, function_offset(hook, binary, symbol.value));
    TRY(BinaryPlace place, checked(hook, binary, {symbol.value, offset, 0, {}, {}}));
    out.push_back(std::move(place));
  }
  for (const auto& offset : hook.offsets) {
    TRY(BinaryPlace place, checked(hook, binary, {{}, offset.value, 0, {}, {}}));
    out.push_back(std::move(place));
  }
  for (const auto& address : hook.addrs) {
    TRY(const std::uint64_t offset, binary.offset_at(address.value));
    TRY(BinaryPlace place, checked(hook, binary, {{}, offset, 0, {}, {}}));
    out.push_back(std::move(place));
  }
  for (std::size_t i = 0; i < out.size() && i < hook.ref_ctr_offsets.size(); ++i)
    out[i].ref_ctr_offset = hook.ref_ctr_offsets[i];
  return out;
}

Result<std::vector<BinaryPlace>> usdt_places(const Hook& hook, const Binary& binary) {
  TRY(const auto probes, binary.usdt_probes());
  std::vector<BinaryPlace> out;
  std::vector<std::string> names;
  for (const auto& probe : probes) {
    names.push_back(probe.provider + ":" + probe.name);
    if (probe.provider != hook.subsystem || probe.name != hook.call) continue;
    BinaryPlace place{probe.name, probe.offset, probe.semaphore_offset, {}, {}};
    auto args = parse_usdt_args(probe.spec);
    if (args)
      place.usdt_args = std::move(*args);
    else
      place.usdt_problem = args.error().message;
    out.push_back(std::move(place));
  }
  if (!out.empty()) return out;
  const std::string near = nearest(hook.subsystem + ":" + hook.call, names);
  return fail(ErrorCode::NotFound, hook.path + " has no probe " + hook.subsystem + ":" + hook.call +
                                       (names.empty()  ? " (it has none at all)"
                                        : near.empty() ? ""
                                                       : "; did you mean " + near + "?"));
}

}  // namespace

Result<std::vector<BinaryPlace>> binary_places(const Hook& hook) {
  TRY(const Binary binary, Binary::open(hook.path));
  TRY_OK(check_digests(hook, binary));
  return hook.kind == HookKind::Usdt ? usdt_places(hook, binary) : uprobe_places(hook, binary);
}

}  // namespace burin
