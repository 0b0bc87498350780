// YAML as a tree in which every word knows its place. Not YAML::Node: see docs/adr/0002-yaml-events-not-nodes.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source_text.h"

namespace burin {

/// Nesting deeper than this is refused; a full policy needs about 10 levels.
inline constexpr std::size_t kMaxDepth = 64;
/// More nodes than this are refused: 100,000 addresses and everything around them fit twice.
inline constexpr std::size_t kMaxNodes = 200'000;
/// What a file of n bytes can hold at most: "{,,}" has two empty nodes a comma. For some files that are no YAML the
/// parser reports values without end and reads nothing more.
inline constexpr std::size_t kNodesPerByte = 2;
inline constexpr std::size_t kFirstNodes = 16;
/// One text, one list in brackets, one comment may have this many bytes: what bounds the time spent before the other
/// limits can be seen to be passed.
inline constexpr std::size_t kMaxStretch = 256U << 10;

struct Entry;

/// One value of the document. `begin` and `end` are byte offsets into SourceText::text(): a scalar's own text with its
/// quotes, a container's first line. A value that was left out has the place of its key or dash.
struct YamlNode {
  enum class Kind { Null, Scalar, Sequence, Mapping };
  Kind kind = Kind::Null;
  bool quoted = false;  ///< scalar in quotes or as a block: never a number, boolean or null
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string text;             ///< scalar, decoded
  std::vector<YamlNode> items;  ///< sequence
  std::vector<Entry> entries;   ///< mapping, in the order of the text, keys distinct

  /// The value of a key, or null.
  const YamlNode* find(std::string_view key) const;
};

/// One `key: value` of a mapping.
struct Entry {
  YamlNode key;  ///< a scalar
  YamlNode value;
};

/// "a list", "a mapping", "text", "nothing": for messages.
std::string_view kind_name(YamlNode::Kind kind);

/// Parses the one document of `source`, which has passed check(). On any error reports it and returns nothing: too
/// deep, too many nodes, anchors, aliases, merge keys, tags, duplicate keys, several documents, or no YAML at all.
std::optional<YamlNode> parse_tree(const SourceText& source, Diagnostics& diagnostics);

}  // namespace burin
