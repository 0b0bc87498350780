// probe.yaml: how a function can be observed, in order of preference, and how its events are printed.
#include <charconv>

#include "policy/fields.h"
#include "policy/policy_reader.h"
#include "policy/source_text.h"
#include "policy/tree.h"

namespace burin {
namespace {

constexpr Rung kRungs[] = {Rung::Kprobe, Rung::StateSockOps};
/// Rungs of one probe; there are not that many kinds.
constexpr std::size_t kMaxRungs = 8;
constexpr std::size_t kMaxLayoutMembers = 64;
constexpr std::size_t kMaxParts = 16;

void read_rung(Reading& reading, const Entry& entry, ProbeAttach& attach) {
  const std::optional<std::string> name = reading.text(entry);
  if (!name) return;
  std::vector<std::string> known;
  for (Rung rung : kRungs) {
    known.emplace_back(to_string(rung));
    if (*name != to_string(rung)) continue;
    attach.rung = rung;
    return;
  }
  reading.error("unknown-rung", reading.span(entry.value), "unknown rung " + quoted(*name), did_you_mean(*name, known));
}

void read_needs_layout(Reading& reading, const Entry& entry, ProbeAttach& attach) {
  read_list(reading, entry.value, "needs_layout", kMaxLayoutMembers, [&](const YamlNode& item) {
    if (std::optional<std::string> member = reading.text(item, "needs_layout"))
      attach.needs_layout.push_back(std::move(*member));
  });
}

constexpr Field<ProbeAttach> kAttachFields[] = {
    {"rung", FieldStatus::Required, form::any(), "", read_rung},
    {"target", FieldStatus::Optional, form::any(), "", read_text<ProbeAttach, &ProbeAttach::target>},
    {"needs_layout", FieldStatus::Optional, form::any(), "", read_needs_layout},
};

/// One text, or a list of them.
void read_details(Reading& reading, const Entry& entry, CompactForm& form) {
  const YamlNode& value = entry.value;
  if (value.kind != YamlNode::Kind::Sequence) {
    if (std::optional<std::string> text = reading.text(value, "a text")) form.details.push_back(std::move(*text));
    return;
  }
  read_list(reading, value, "details", kMaxParts, [&](const YamlNode& item) {
    if (std::optional<std::string> text = reading.text(item, "a text")) form.details.push_back(std::move(*text));
  });
}

template <class T, T CompactVariant::*member>
void read_number(Reading& reading, const Entry& entry, CompactVariant& variant) {
  const YamlNode& value = entry.value;
  const std::optional<std::string> text = reading.text(value, "a number");
  if (!text) return;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), variant.*member);
  if (error != std::errc{} || end != text->data() + text->size())
    reading.error("bad-value", reading.span(value), quoted(*text) + " is not a number");
}

constexpr Field<CompactVariant> kVariantFields[] = {
    {"argument", FieldStatus::Required, form::any(), "", read_number<std::size_t, &CompactVariant::argument>},
    {"equals", FieldStatus::Required, form::any(), "", read_number<std::int64_t, &CompactVariant::equals>},
    {"emoji", FieldStatus::Required, form::any(), "", read_text<CompactVariant, &CompactVariant::emoji>},
    {"verb", FieldStatus::Required, form::any(), "", read_text<CompactVariant, &CompactVariant::verb>},
};

void read_variants(Reading& reading, const Entry& entry, CompactForm& form) {
  read_list(reading, entry.value, "variants", kMaxParts, [&](const YamlNode& item) {
    CompactVariant variant;
    read_fields<CompactVariant>(reading, item, "an entry of `variants`", kVariantFields, variant);
    form.variants.push_back(std::move(variant));
  });
}

constexpr Field<CompactForm> kCompactFields[] = {
    {"emoji", FieldStatus::Required, form::any(), "", read_text<CompactForm, &CompactForm::emoji>},
    {"verb", FieldStatus::Required, form::any(), "", read_text<CompactForm, &CompactForm::verb>},
    {"details", FieldStatus::Optional, form::any(), "", read_details},
    {"trailer", FieldStatus::Optional, form::any(), "", read_text<CompactForm, &CompactForm::trailer>},
    {"variants", FieldStatus::Optional, form::any(), "", read_variants},
};

void read_attach(Reading& reading, const Entry& entry, Probe& probe) {
  const YamlNode& value = entry.value;
  read_list(reading, value, "attach", kMaxRungs, [&](const YamlNode& item) {
    ProbeAttach attach;
    read_fields<ProbeAttach>(reading, item, "an entry of `attach`", kAttachFields, attach);
    if (attach.rung == Rung::Kprobe && attach.target.empty())
      reading.error("missing-field", reading.span(item), "a kprobe rung needs `target`");
    probe.attach.push_back(std::move(attach));
  });
  if (value.kind == YamlNode::Kind::Sequence && value.items.empty())
    reading.error("empty-values", reading.span(value), "`attach` lists no rung");
}

void read_compact(Reading& reading, const Entry& entry, Probe& probe) {
  read_fields<CompactForm>(reading, entry.value, "`compact`", kCompactFields, probe.compact);
}

constexpr Field<Probe> kProbeFields[] = {
    {"name", FieldStatus::Required, form::any(), "", read_text<Probe, &Probe::name>},
    {"function", FieldStatus::Required, form::any(), "", read_text<Probe, &Probe::function>},
    {"description", FieldStatus::Required, form::any(), "", read_text<Probe, &Probe::description>},
    {"attach", FieldStatus::Optional, form::any(), "", read_attach},
    {"compact", FieldStatus::Required, form::any(), "", read_compact},
};

}  // namespace

std::optional<Probe> read_probe(const std::string& file, std::string_view text, Diagnostics& diagnostics) {
  const SourceText source(file, text);
  Diagnostics found;
  Probe probe;
  if (source.check(found)) {
    if (const std::optional<YamlNode> root = parse_tree(source, found)) {
      const VariableLookup no_variables;
      Reading reading(source, no_variables, found);
      read_fields<Probe>(reading, *root, "a probe", kProbeFields, probe);
    }
  }
  found.sort();
  const bool good = !found.has_errors();
  for (const Diagnostic& d : found.all()) {
    if (d.severity == Severity::Error)
      diagnostics.error(d.id, d.span, d.message, d.hint);
    else
      diagnostics.warning(d.id, d.span, d.message, d.hint);
  }
  if (!good) return std::nullopt;
  return probe;
}

}  // namespace burin
