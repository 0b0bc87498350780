// Entries of `uprobes` and `usdts`.
#include <algorithm>
#include <limits>

#include "policy/hook.h"
#include "policy/selector.h"

namespace burin {
namespace {

/// PATH_MAX without the NUL.
constexpr std::size_t kMaxPath = 4095;
constexpr std::size_t kMaxPlaces = 1024;
constexpr std::size_t kMaxDigests = 64;
constexpr std::size_t kMaxProbeName = 256;
constexpr std::uint64_t kU64 = std::numeric_limits<std::uint64_t>::max();

struct Digest {
  std::string_view algorithm;
  std::size_t digits;
};
constexpr Digest kDigests[] = {{"sha1", 40}, {"sha256", 64}, {"sha384", 96}, {"sha512", 128}};

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

/// "sha256:HEX", "build-id:HEX", or a build id alone.
bool is_digest(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(0, colon) == "build-id" || text.substr(0, colon) == "buildid") {
    const std::string_view id = colon == std::string_view::npos ? text : text.substr(colon + 1);
    return id.size() >= 8 && id.size() <= 64 && id.size() % 2 == 0 && is_hex(id);
  }
  for (const Digest& known : kDigests)
    if (text.substr(0, colon) == known.algorithm)
      return text.size() - colon - 1 == known.digits && is_hex(text.substr(colon + 1));
  return false;
}

void read_file_path(Reading& reading, const Entry& entry, std::string& out) {
  const std::optional<std::string> path = reading.text(entry);
  if (!path) return;
  if (path->empty() || path->size() > kMaxPath)
    return reading.error("wrong-length", reading.span(entry.value), key_text(entry.key.text) + " has 1 to 4095 bytes");
  if ((*path)[0] != '/')
    return reading.error("relative-path", reading.span(entry.value), quoted(*path) + " does not begin with /",
                         "write the absolute path of the file");
  out = *path;
}

void read_digests(Reading& reading, const Entry& entry, HookDraft& draft) {
  read_list(reading, entry.value, entry.key.text, kMaxDigests, [&](const YamlNode& item) {
    const std::optional<std::string> text = reading.text(item, entry.key.text);
    if (!text) return;
    if (is_digest(*text))
      draft.hook.digests.push_back({*text, reading.span(item)});
    else
      reading.error("bad-value", reading.span(item), quoted(*text) + " is no digest",
                    "write sha1:, sha256:, sha384: or sha512: and hexadecimal digits, or a build id");
  });
}

struct IgnoreDraft {
  bool digest_failure = false;
};

constexpr Field<IgnoreDraft> kIgnoreFields[] = {
    {"digestVerificationFailure", FieldStatus::Optional, form::boolean("false"),
     "a file that has none of `binaryDigests` is fine", read_boolean<IgnoreDraft, &IgnoreDraft::digest_failure>},
};

const ObjectDoc& uprobe_ignore_object() {
  static const ObjectDoc doc =
      describe<IgnoreDraft>("uprobeignore", "What is no reason to refuse the policy", kIgnoreFields);
  return doc;
}

void read_ignore(Reading& reading, const Entry& entry, HookDraft& draft) {
  IgnoreDraft ignore;
  read_fields<IgnoreDraft>(reading, entry.value, "`ignore`", kIgnoreFields, ignore);
  draft.hook.ignore_digest_failure = ignore.digest_failure;
}

void read_ref_ctr_offsets(Reading& reading, const Entry& entry, HookDraft& draft) {
  read_list(reading, entry.value, entry.key.text, kMaxPlaces, [&](const YamlNode& item) {
    if (const auto offset = reading.number(item, entry.key.text, kU64)) draft.hook.ref_ctr_offsets.push_back(*offset);
  });
}

constexpr Field<HookDraft> kUprobeFields[] = {
    {"path", FieldStatus::Required, form::text(), "the program or library, as an absolute path",
     [](Reading& reading, const Entry& entry, HookDraft& d) {
       d.hook.call_span = reading.span(entry.value);
       read_file_path(reading, entry, d.hook.path);
     }},
    {"symbols", FieldStatus::Optional, form::texts(), "functions; or `offsets`, or `addrs`",
     keep<HookDraft, &HookDraft::symbols>},
    {"offsets", FieldStatus::Optional, form::integers(0, kU64), "places as offsets in the file",
     keep<HookDraft, &HookDraft::offsets>},
    {"addrs", FieldStatus::Optional, form::integers(0, kU64), "places as virtual addresses of the file's segments",
     keep<HookDraft, &HookDraft::addrs>},
    {"refCtrOffsets", FieldStatus::Optional, form::integers(0, kU64),
     "offset in the file of each place's reference counter", read_ref_ctr_offsets},
    {"return", FieldStatus::Optional, form::boolean("false"), "report when the function returns, with what it returned",
     [](Reading& reading, const Entry& entry, HookDraft& d) { d.returns = reading.boolean(entry).value_or(false); }},
    {"returnArg", FieldStatus::Optional, form::object(arg_object), "what the function returns; with `return: true`",
     keep<HookDraft, &HookDraft::return_arg>},
    {"args", FieldStatus::Optional, form::objects(arg_object), "the parameters that are captured",
     keep<HookDraft, &HookDraft::args>},
    {"data", FieldStatus::Optional, form::objects(arg_object),
     "values that are no parameters: from the calling task or its registers", keep<HookDraft, &HookDraft::data>},
    {"selectors", FieldStatus::Optional, form::objects(selector_object),
     "which calls matter and what happens then; the first that matches counts; none: every call is reported",
     keep<HookDraft, &HookDraft::selectors>},
    {"message", FieldStatus::Optional, form::text(), "2 to 256 bytes that events carry", read_message},
    {"tags", FieldStatus::Optional, form::texts(), "at most 16 texts of 2 to 128 bytes that events carry", read_tags},
    {"btfPath", FieldStatus::Optional, form::text(), "file with the program's type information, for `resolve`",
     [](Reading& reading, const Entry& entry, HookDraft& d) { read_file_path(reading, entry, d.hook.btf_path); }},
    {"binaryDigests", FieldStatus::Optional, form::texts(),
     "the file must have one of these: sha1:, sha256:, sha384: or sha512: and digits, or a build id", read_digests},
    {"ignore", FieldStatus::Optional, form::object(uprobe_ignore_object), "what is no reason to refuse the policy",
     read_ignore},
};

void read_symbols(Reading& reading, HookDraft& draft) {
  read_list(reading, *draft.symbols, "symbols", kMaxPlaces, [&](const YamlNode& item) {
    const std::optional<std::string> name = reading.text(item, "symbols");
    if (!name) return;
    if (name->empty() || name->size() > kMaxPath)
      reading.error("wrong-length", reading.span(item), "the name of a symbol has 1 to 4095 bytes");
    else
      draft.hook.symbols.push_back({*name, reading.span(item)});
  });
}

void read_numbers(Reading& reading, const YamlNode& list, std::string_view key,
                  std::vector<Located<std::uint64_t>>& out) {
  read_list(reading, list, key, kMaxPlaces, [&](const YamlNode& item) {
    if (const auto number = reading.number(item, key, kU64)) out.push_back({*number, reading.span(item)});
  });
}

/// Exactly one of symbols, offsets and addrs says where.
void read_places(Reading& reading, HookDraft& draft) {
  const int given = (draft.symbols != nullptr) + (draft.offsets != nullptr) + (draft.addrs != nullptr);
  if (given == 0)
    return reading.error("missing-field", draft.hook.span,
                         "an entry of `uprobes` needs `symbols`, `offsets` or `addrs`");
  if (given > 1)
    return reading.error("wrong-value", draft.hook.span,
                         "an entry of `uprobes` has one of `symbols`, `offsets` and `addrs`", "make an entry for each");
  const YamlNode& list = draft.symbols ? *draft.symbols : draft.offsets ? *draft.offsets : *draft.addrs;
  if (list.kind == YamlNode::Kind::Sequence && list.items.empty())
    reading.error("empty-values", reading.span(list), "no place is listed: nothing would be traced");
  if (draft.symbols) read_symbols(reading, draft);
  if (draft.offsets) read_numbers(reading, *draft.offsets, "offsets", draft.hook.offsets);
  if (draft.addrs) read_numbers(reading, *draft.addrs, "addrs", draft.hook.addrs);
  if (!draft.hook.ref_ctr_offsets.empty() && draft.hook.ref_ctr_offsets.size() != list.items.size())
    reading.error("wrong-value", draft.hook.span,
                  "`refCtrOffsets` has " + std::to_string(draft.hook.ref_ctr_offsets.size()) + " entries for " +
                      std::to_string(list.items.size()) + " places",
                  "list one for each place, in the same order");
}

void read_probe_name(Reading& reading, const Entry& entry, std::string& out) {
  const std::optional<std::string> name = reading.text(entry);
  if (!name) return;
  if (name->empty() || name->size() > kMaxProbeName)
    reading.error("wrong-length", reading.span(entry.value), key_text(entry.key.text) + " has 1 to 256 bytes");
  else
    out = *name;
}

constexpr Field<HookDraft> kUsdtFields[] = {
    {"path", FieldStatus::Required, form::text(), "the program or library, as an absolute path",
     [](Reading& reading, const Entry& entry, HookDraft& d) { read_file_path(reading, entry, d.hook.path); }},
    {"provider", FieldStatus::Required, form::text(), "the probe's provider, as `readelf -n` shows it",
     [](Reading& reading, const Entry& entry, HookDraft& d) { read_probe_name(reading, entry, d.hook.subsystem); }},
    {"name", FieldStatus::Required, form::text(), "the probe's name",
     [](Reading& reading, const Entry& entry, HookDraft& d) {
       d.hook.call_span = reading.span(entry.value);
       read_probe_name(reading, entry, d.hook.call);
     }},
    {"args", FieldStatus::Optional, form::objects(arg_object), "the probe's arguments that are captured",
     keep<HookDraft, &HookDraft::args>},
    {"selectors", FieldStatus::Optional, form::objects(selector_object),
     "which events matter and what happens then; the first that matches counts; none: every one is reported",
     keep<HookDraft, &HookDraft::selectors>},
    {"message", FieldStatus::Optional, form::text(), "2 to 256 bytes that events carry", read_message},
    {"tags", FieldStatus::Optional, form::texts(), "at most 16 texts of 2 to 128 bytes that events carry", read_tags},
    {"btfPath", FieldStatus::Optional, form::text(), "file with the program's type information, for `resolve`",
     [](Reading& reading, const Entry& entry, HookDraft& d) { read_file_path(reading, entry, d.hook.btf_path); }},
};

}  // namespace

Hook read_uprobe(Reading& reading, const YamlNode& value, SharedParts& shared) {
  HookDraft draft(HookKind::Uprobe, shared);
  draft.hook.span = reading.span(value);
  if (!read_fields<HookDraft>(reading, value, "an entry of `uprobes`", kUprobeFields, draft))
    return std::move(draft.hook);
  read_places(reading, draft);
  finish_hook(reading, draft);
  return std::move(draft.hook);
}

Hook read_usdt(Reading& reading, const YamlNode& value, SharedParts& shared) {
  HookDraft draft(HookKind::Usdt, shared);
  draft.hook.span = reading.span(value);
  if (!read_fields<HookDraft>(reading, value, "an entry of `usdts`", kUsdtFields, draft)) return std::move(draft.hook);
  finish_hook(reading, draft);
  return std::move(draft.hook);
}

const ObjectDoc& uprobe_object() {
  static const ObjectDoc doc = describe<HookDraft>("uprobe", "Functions of a program or library", kUprobeFields);
  return doc;
}

const ObjectDoc& usdt_object() {
  static const ObjectDoc doc =
      describe<HookDraft>("usdt", "A probe that a program's author has put into it", kUsdtFields);
  return doc;
}

}  // namespace burin
