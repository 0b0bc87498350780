// A JSON document as plain values, for what reads event lines back: the compact form and the replay of recorded events.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace burin {

struct JsonNode {
  enum class Kind : std::uint8_t { Null, Bool, Number, String, Array, Object };
  Kind kind = Kind::Null;
  std::string text;             ///< String: its characters; Number: as written in decimal; Bool: "true", "false"
  std::vector<JsonNode> items;  ///< Array
  std::vector<std::pair<std::string, JsonNode>> members;  ///< Object, in the line's order

  // Written out because a member's type is complete only after this one.
  JsonNode();
  JsonNode(const JsonNode& other);
  JsonNode(JsonNode&& other) noexcept;
  JsonNode& operator=(const JsonNode& other);
  JsonNode& operator=(JsonNode&& other) noexcept;
  ~JsonNode();

  /// The member of an object, or null; null for everything that is no object.
  const JsonNode* find(std::string_view key) const;
  /// The characters of a string member; empty when there is none.
  std::string string(std::string_view key) const;
  bool is_string() const { return kind == Kind::String; }
  bool is_object() const { return kind == Kind::Object; }
  bool is_array() const { return kind == Kind::Array; }
  /// A whole number, or a string of digits as 64-bit numbers have it. Nothing for everything else.
  std::optional<std::int64_t> integer() const;
  /// The same for numbers that may have the top bit.
  std::optional<std::uint64_t> natural() const;
};

/// Nothing when `text` is not one JSON document in UTF-8, or nests deeper than any event does (64).
std::optional<JsonNode> parse_json(std::string_view text);

}  // namespace burin
