// The one place where yaml-cpp is called: its parser's events become our tree, its exceptions become diagnostics.
#include "policy/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>

#include "diag/display.h"
#include "policy/extent.h"

namespace burin {
namespace {

/// After this many problems the rest of the file is not looked at.
constexpr int kMaxTreeErrors = 20;

/// Hands the text to yaml-cpp in pieces. The parser cannot be stopped without an exception thrown through it, but it
/// can be made to see the end of the file: by stop(), and when it has read kMaxStretch bytes without telling of
/// anything. It reads a bracketed list to its end before the first event, with several tokens a byte's worth of work
/// each, so that no limit on events could hold it back there.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) : text_(text) {}

  void stop() {
    stopped_ = true;
    setg(egptr(), egptr(), egptr());
  }
  /// The parser told of something: its stretch begins anew.
  void heard() { quiet_since_ = given_; }
  bool starved() const { return starved_; }

 protected:
  int_type underflow() override {
    if (given_ - quiet_since_ >= kMaxStretch && given_ < text_.size()) starved_ = true;
    if (stopped_ || starved_ || given_ == text_.size()) return traits_type::eof();
    char* begin = const_cast<char*>(text_.data());  // only ever read: no put area is set
    const std::size_t piece = std::min(kPiece, text_.size() - given_);
    setg(begin, begin + given_, begin + given_ + piece);
    given_ += piece;
    return traits_type::to_int_type(*gptr());
  }

 private:
  static constexpr std::size_t kPiece = 4096;
  std::string_view text_;
  std::size_t given_ = 0;
  std::size_t quiet_since_ = 0;
  bool stopped_ = false;
  bool starved_ = false;
};

/// Builds the tree from events. Open containers lie on a stack; a finished node moves into the one below.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, TextBuffer& buffer, Diagnostics& diagnostics)
      : source_(source), buffer_(buffer), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::size_t at = offset(mark);
    YamlNode node;
    const Extent place = null_extent(source_, at);
    node.begin = place.begin;
    node.end = place.end;
    if (!place.written) place_left_out(node, at);
    accept(std::move(node), anchor, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    const std::size_t at = offset(mark);
    const Extent place = word_extent(source_, at);
    error("yaml-alias", place, "YAML aliases are not accepted in a policy", "write the value out");
    YamlNode node;
    node.begin = place.begin;
    node.end = place.end;
    accept(std::move(node), 0, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::size_t at = offset(mark);
    const Extent place = scalar_extent(source_, at, value);
    if (tag == "!" && quote_never_closes(source_, at))
      error("yaml-syntax", place, "not YAML: a quote that is never closed", "close it");
    YamlNode node;
    node.kind = YamlNode::Kind::Scalar;
    node.quoted = tag != "?";
    node.begin = place.begin;
    node.end = place.end;
    node.text = value;
    // "\0" at the end of a quoted text is how C programmers say where it ends: it adds nothing.
    if (tag == "!" && node.text.size() > 1 && node.text.ends_with('\0')) node.text.pop_back();
    check_characters(node.text, place);
    accept(std::move(node), anchor, tag);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::Sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::Mapping, mark, tag, anchor);
  }
  void OnMapEnd() override {
    if (!stopped_ && !stack_.empty()) check_keys(stack_.back().node);
    close();
  }

  bool failed() const { return errors_ > 0; }
  bool stopped() const { return stopped_; }
  /// Where the parser was when it last told of something.
  std::size_t last_offset() const { return last_offset_; }
  /// The document that was parsed last; Null when it was empty.
  YamlNode take_root() { return std::exchange(root_, YamlNode{}); }

  void error(std::string id, Extent place, std::string message, std::string hint = {}) {
    if (stopped_) return;
    diagnostics_.error(std::move(id), source_.span(place.begin, place.end), std::move(message), std::move(hint));
    if (++errors_ >= kMaxTreeErrors) stop();
  }

 private:
  struct Frame {
    YamlNode node;
    std::optional<YamlNode> key;  ///< a mapping's key that waits for its value
  };

  void stop() {
    stopped_ = true;
    buffer_.stop();
  }

  /// The byte that an event is about. Every event asks, so that this is also where the parser is heard.
  std::size_t offset(const YAML::Mark& mark) {
    buffer_.heard();
    const std::size_t size = source_.text().size();
    return last_offset_ = mark.pos < 0 ? size : std::min(static_cast<std::size_t>(mark.pos), size);
  }

  /// A value that is not there has no place of its own: it gets that of its key, or of its dash.
  void place_left_out(YamlNode& node, std::size_t at) {
    if (!stack_.empty() && stack_.back().key) {
      node.begin = stack_.back().key->begin;
      node.end = stack_.back().key->end;
    } else if (!stack_.empty() && stack_.back().node.kind == YamlNode::Kind::Sequence) {
      const Extent dash = dash_before(source_, at);
      node.begin = dash.begin;
      node.end = dash.end;
    }
  }

  void check_characters(const std::string& value, Extent place) {
    for (std::size_t at = 0; at < value.size();) {
      const DecodedChar c = decode_utf8(value, at);
      if (!c.valid || is_control(c.code)) {
        error("control-character", place, "the text holds a control character: " + quoted(value),
              "only newline and tab are accepted as escapes");
        return;
      }
      at += c.size;
    }
  }

  /// Refuses what any node may carry and counts it. False when the node is not to be kept.
  bool admit(Extent place, YAML::anchor_t anchor, const std::string& tag) {
    if (stopped_) return false;
    if (anchor != 0) error("yaml-alias", place, "YAML anchors are not accepted in a policy", "remove the &name");
    if (!tag.empty() && tag != "?" && tag != "!")
      error("yaml-tag", place, "YAML tags are not accepted in a policy", "remove the tag " + quoted(tag));
    if (++nodes_ > kNodesPerByte * source_.text().size() + kFirstNodes) {
      error("yaml-syntax", place, "not YAML: a value cannot begin here", "put text with marks like , : ? into quotes");
      stop();
    } else if (nodes_ > kMaxNodes) {
      error("too-many-nodes", place, "the file has more than " + std::to_string(kMaxNodes) + " values",
            "split the policy into several files");
      stop();
    }
    return !stopped_;
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Extent place = line_extent(source_, offset(mark));
    if (!admit(place, anchor, tag)) return;
    if (stack_.size() >= kMaxDepth) {
      error("too-deep", place, "values are nested more than " + std::to_string(kMaxDepth) + " deep");
      stop();
      return;
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.begin = place.begin;
    frame.node.end = place.end;
    stack_.push_back(std::move(frame));
  }

  void close() {
    if (stopped_ || stack_.empty()) return;
    YamlNode node = std::move(stack_.back().node);
    stack_.pop_back();
    attach(std::move(node));
  }

  void accept(YamlNode node, YAML::anchor_t anchor, const std::string& tag) {
    if (admit({node.begin, node.end, true}, anchor, tag)) attach(std::move(node));
  }

  void attach(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = stack_.back();
    if (top.node.kind == YamlNode::Kind::Sequence) {
      top.node.items.push_back(std::move(node));
    } else if (!top.key) {
      top.key = std::move(node);
    } else {
      top.node.entries.push_back(Entry{std::move(*top.key), std::move(node)});
      top.key.reset();
    }
  }

  void check_keys(const YamlNode& mapping) {
    std::map<std::string_view, const YamlNode*> seen;
    for (const Entry& entry : mapping.entries) {
      const YamlNode& key = entry.key;
      const Extent place{key.begin, key.end, true};
      if (key.kind != YamlNode::Kind::Scalar) {
        error("wrong-type", place, "a key must be text, not " + std::string(kind_name(key.kind)));
      } else if (key.text == "<<" && !key.quoted) {
        error("yaml-alias", place, "YAML merge keys are not accepted in a policy", "write the values out");
      } else if (auto [first, fresh] = seen.emplace(key.text, &key); !fresh) {
        const SourceSpan other = source_.span(first->second->begin, first->second->end);
        error("duplicate-key", place, "key " + quoted(key.text) + " is already given",
              "the first one is in line " + std::to_string(other.line) + ", column " + std::to_string(other.column));
      }
    }
  }

  const SourceText& source_;
  TextBuffer& buffer_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
  YamlNode root_;
  std::size_t nodes_ = 0;
  std::size_t last_offset_ = 0;
  int errors_ = 0;
  bool stopped_ = false;
};

std::string syntax_hint(const SourceText& source, std::size_t at, const std::string& message) {
  const std::string_view text = source.text();
  std::size_t start = text.rfind('\n', at == 0 ? 0 : at - 1);
  start = start == std::string_view::npos ? 0 : start + 1;
  const std::size_t word = text.find_first_not_of(' ', start);
  if (word != std::string_view::npos && text[word] == '\t')
    return "YAML does not allow tabs for indentation: use spaces";
  // "end of sequence not found", "end of map not found": the parser met something that does not continue what is open.
  if (message.starts_with("end of "))
    return "look for a missing quote or a wrong indentation here and in the line above";
  return {};
}

/// Runs the parser over all documents; what it throws is reported.
void run_parser(const SourceText& source, TextBuffer& buffer, TreeBuilder& builder, YamlNode& root) {
  try {
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    root = builder.take_root();
    while (!builder.stopped() && parser.HandleNextDocument(builder)) {
      const YamlNode extra = builder.take_root();
      if (extra.kind == YamlNode::Kind::Null) continue;  // a trailing `---` with nothing behind it
      builder.error("several-documents", line_extent(source, extra.begin), "the file holds more than one YAML document",
                    "put each policy into a file of its own");
      break;
    }
  } catch (const YAML::Exception& e) {
    if (buffer.starved()) return;  // it complains about the end that we made up
    const std::size_t size = source.text().size();
    const std::size_t at = e.mark.pos < 0 ? size : std::min(static_cast<std::size_t>(e.mark.pos), size);
    builder.error("yaml-syntax", word_extent(source, at), "not YAML: " + e.msg, syntax_hint(source, at, e.msg));
  }
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key.text == key) return &entry.value;
  return nullptr;
}

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::Null: return "nothing";
    case YamlNode::Kind::Scalar: return "text";
    case YamlNode::Kind::Sequence: return "a list";
    case YamlNode::Kind::Mapping: return "a mapping";
  }
  return "?";
}

std::optional<YamlNode> parse_tree(const SourceText& source, Diagnostics& diagnostics) {
  TextBuffer buffer(source.text());
  TreeBuilder builder(source, buffer, diagnostics);
  YamlNode root;
  run_parser(source, buffer, builder, root);
  if (buffer.starved()) {
    builder.error("too-long", line_extent(source, builder.last_offset()),
                  "what begins near here takes more than " + std::to_string(kMaxStretch) + " bytes",
                  "one text, one list in brackets or one comment may be so long: write lists with a dash a line");
  }
  if (!builder.failed() && root.kind == YamlNode::Kind::Null) {
    diagnostics.error("empty-file", {source.file(), 0, 0, 1}, "the file holds no YAML document");
  } else if (!builder.failed()) {
    return root;
  }
  return std::nullopt;
}

}  // namespace burin
