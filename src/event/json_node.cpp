// Built from the parser's events rather than from its document: the depth is bounded before anything recurses.
#include "event/json_node.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace burin {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kMaxDepth = 64;

class Builder : public nlohmann::json_sax<Json> {
 public:
  JsonNode root;

  bool null() override { return leaf(JsonNode::Kind::Null, {}); }
  bool boolean(bool value) override { return leaf(JsonNode::Kind::Bool, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return leaf(JsonNode::Kind::Number, std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return leaf(JsonNode::Kind::Number, std::to_string(value)); }
  bool number_float(number_float_t, const string_t& written) override { return leaf(JsonNode::Kind::Number, written); }
  bool string(string_t& value) override { return leaf(JsonNode::Kind::String, std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& value) override {
    open_.back()->members.emplace_back(std::move(value), JsonNode{});
    return true;
  }
  bool start_object(std::size_t) override { return open(JsonNode::Kind::Object); }
  bool start_array(std::size_t) override { return open(JsonNode::Kind::Array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  JsonNode& place() {
    if (open_.empty()) return root;
    JsonNode& parent = *open_.back();
    return parent.is_array() ? parent.items.emplace_back() : parent.members.back().second;
  }
  bool leaf(JsonNode::Kind kind, std::string text) {
    JsonNode& node = place();
    node.kind = kind;
    node.text = std::move(text);
    return true;
  }
  bool open(JsonNode::Kind kind) {
    if (open_.size() == kMaxDepth) return false;
    // A parent's vector does not grow while a child of it is open, so the pointers stay good.
    JsonNode& node = place();
    node.kind = kind;
    open_.push_back(&node);
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<JsonNode*> open_;
};

template <class Number>
std::optional<Number> number_in(const JsonNode& node) {
  if (node.kind != JsonNode::Kind::Number && node.kind != JsonNode::Kind::String) return std::nullopt;
  Number out = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [at, error] = std::from_chars(node.text.data(), end, out);
  if (error != std::errc{} || at != end) return std::nullopt;
  return out;
}

}  // namespace

JsonNode::JsonNode() = default;
JsonNode::JsonNode(const JsonNode& other) = default;
JsonNode::JsonNode(JsonNode&& other) noexcept = default;
JsonNode& JsonNode::operator=(const JsonNode& other) = default;
JsonNode& JsonNode::operator=(JsonNode&& other) noexcept = default;
JsonNode::~JsonNode() = default;

const JsonNode* JsonNode::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name == key) return &value;
  return nullptr;
}

std::string JsonNode::string(std::string_view key) const {
  const JsonNode* value = find(key);
  return value && value->is_string() ? value->text : std::string();
}

std::optional<std::int64_t> JsonNode::integer() const {
  return number_in<std::int64_t>(*this);
}

std::optional<std::uint64_t> JsonNode::natural() const {
  return number_in<std::uint64_t>(*this);
}

std::optional<JsonNode> parse_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text, &builder)) return std::nullopt;
  return std::move(builder.root);
}

}  // namespace burin
