#include "layout/btf_path.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "diag/diagnostic.h"
#include "layout/btf_types.h"
#include "layout/btf_walk.h"
#include "layout/path_words.h"
#include "layout/private_file.h"

namespace burin {
namespace {

using BtfPtr = std::unique_ptr<btf, decltype(&btf__free)>;
constexpr const char* kKernelBtf = "/sys/kernel/btf/vmlinux";
constexpr const char* kMagic = "burin paths 1";

/// Where a question begins: the type of the value that is at hand.
struct Start {
  std::uint32_t type = 0;
  std::uint32_t parameters = 0;
  bool is_struct = false;  ///< `type` is a structure, and the value at hand a pointer to it
};

tl::unexpected<Error> not_found(const std::string& what) {
  return fail(ErrorCode::NotFound, what);
}

Result<Start> parameter_of(const btf* types, std::uint32_t proto_id, std::uint32_t index, std::uint32_t hidden,
                           const std::string& what) {
  const btf_type* proto = btf__type_by_id(types, proto_id);
  if (!proto || !btf_is_func_proto(proto)) return not_found("the type of " + what + " is not known");
  const std::uint32_t all = btf_vlen(proto), count = all > hidden ? all - hidden : 0;
  if (index == BtfQuestion::kReturn) return Start{proto->type, count, false};
  if (index >= count)
    return not_found(what + " has " + std::to_string(count) + " parameters: there is none with index " +
                     std::to_string(index));
  return Start{btf_params(proto)[index + hidden].type, count, false};
}

Result<Start> start_of(const btf* types, const BtfQuestion& q) {
  switch (q.from) {
    case BtfQuestion::From::Function: {
      const int id = btf__find_by_name_kind(types, q.name.c_str(), BTF_KIND_FUNC);
      if (id <= 0) return not_found("kernel function " + q.name + " does not stand in BTF");
      return parameter_of(types, btf__type_by_id(types, static_cast<__u32>(id))->type, q.index, 0,
                          "function " + q.name);
    }
    case BtfQuestion::From::RawTracepoint: {
      const std::string name = "btf_trace_" + q.name;
      const int id = btf__find_by_name_kind(types, name.c_str(), BTF_KIND_TYPEDEF);
      if (id <= 0) return not_found("raw tracepoint " + q.name + " does not stand in BTF");
      const btf_type* pointer = btf_behind(types, static_cast<__u32>(id));
      if (!pointer || !btf_is_ptr(pointer)) return not_found("the type of raw tracepoint " + q.name + " is not known");
      // The first parameter is the kernel's own.
      return parameter_of(types, pointer->type, q.index, 1, "raw tracepoint " + q.name);
    }
    case BtfQuestion::From::Struct: break;
  }
  for (const auto kind : {BTF_KIND_STRUCT, BTF_KIND_UNION})
    if (const int id = btf__find_by_name_kind(types, q.name.c_str(), kind); id > 0)
      return Start{static_cast<std::uint32_t>(id), 0, true};
  return not_found("no struct " + q.name + " stands in " +
                   (q.module.empty() ? "the kernel's BTF" : "the BTF of module " + q.module));
}

/// Follows words from a value; `steps` end so that the last one names the value.
class Walk {
 public:
  Walk(const btf* types, BtfPath& out) : types_(types), out_(out) {}

  Result<> begin(const Start& start, const std::string& what) {
    if (start.is_struct) {
      type_ = start.type;
      return Ok{};
    }
    const btf_type* pointer = btf_behind(types_, start.type);
    if (!pointer || !btf_is_ptr(pointer) || pointer->type == 0)
      return fail(ErrorCode::InvalidPolicy, what + " is of type " + btf_type_text(types_, start.type) +
                                                ", which has no members: name the struct (btfType)");
    type_ = pointer->type;
    return Ok{};
  }

  Result<> word(const PathWord& word) {
    if (!word.member.empty()) {
      TRY_OK(enter_struct(word.member));
      TRY_OK(member(word.member));
    }
    for (const std::uint32_t index : word.indexes) TRY_OK(element(index, word.member.empty()));
    return Ok{};
  }

  void end() {
    if (bits_) {
      out_.size = bits_->size;
      out_.shift = bits_->shift;
      out_.mask = bits_->mask;
      describe_bits();
    } else {
      describe_value(types_, type_, out_);
    }
    out_.steps.push_back({offset_, false});
  }

 private:
  /// At a pointer: goes where it points.
  void follow(std::uint32_t target) {
    out_.steps.push_back({offset_, true});
    offset_ = 0;
    type_ = target;
  }

  Result<> enter_struct(const std::string& next) {
    const btf_type* type = btf_behind(types_, type_);
    if (type && btf_is_ptr(type) && type->type != 0) {
      follow(type->type);
      type = btf_behind(types_, type_);
    }
    if (!type || !btf_is_composite(type) || bits_)
      return fail(ErrorCode::InvalidPolicy, "before ." + next + " stands a value of type " +
                                                btf_type_text(types_, type_) + ", which has no members");
    return Ok{};
  }

  Result<> member(const std::string& name) {
    const btf_type* type = btf_behind(types_, type_);
    BtfPlace place;
    if (!find_btf_member(types_, type, name, place)) {
      std::vector<std::string> names;
      btf_member_names(types_, type, names);
      std::string near = nearest(name, names);
      if (!near.empty()) near = "; did you mean " + near + "?";
      return not_found(btf_type_text(types_, type_) + " has no member " + name + near);
    }
    if (place.bitfield) {
      bits_ = bitfield_member(place);
      if (!bits_) return fail(ErrorCode::Unsupported, "the bit-field " + name + " cannot be read");
      offset_ += bits_->offset;
      bits_->offset = 0;
      width_ = place.bitfield;
    } else {
      offset_ += static_cast<std::uint32_t>(place.bit / 8);
    }
    type_ = place.type;
    return Ok{};
  }

  Result<> element(std::uint32_t index, bool of_argument) {
    const btf_type* type = btf_behind(types_, type_);
    std::uint32_t item = type_;
    if (!of_argument) {
      if (type && btf_is_array(type)) {
        if (btf_array(type)->nelems != 0 && index >= btf_array(type)->nelems)
          return fail(ErrorCode::InvalidPolicy,
                      "[" + std::to_string(index) + "] is beyond the end of " + btf_type_text(types_, type_));
        item = btf_array(type)->type;
      } else if (type && btf_is_ptr(type) && type->type != 0) {
        follow(type->type);
        item = type_;
      } else {
        return fail(ErrorCode::InvalidPolicy, "[" + std::to_string(index) + "] stands behind a value of type " +
                                                  btf_type_text(types_, type_) + ", which has no elements");
      }
    }
    const auto size = btf__resolve_size(types_, item);
    if (size <= 0)
      return fail(ErrorCode::InvalidPolicy, "elements of type " + btf_type_text(types_, item) + " have no size");
    offset_ += index * static_cast<std::uint32_t>(size);
    type_ = item;
    return Ok{};
  }

  void describe_bits() {
    BtfPath declared;
    describe_value(types_, type_, declared);
    out_.c_type = declared.c_type;
    out_.type = width_ > 32 ? "uint64" : "uint32";
  }

  const btf* types_;
  BtfPath& out_;
  std::uint32_t type_ = 0;
  std::uint32_t offset_ = 0;
  std::uint32_t width_ = 0;
  std::optional<LayoutMember> bits_;
};

}  // namespace

struct BtfPaths::Impl {
  std::filesystem::path cache_dir;
  std::string header;
  std::string file;
  std::map<std::string, std::string> answers;  ///< question line -> answer line
  bool changed = false;
  BtfPtr kernel{nullptr, &btf__free};
  std::map<std::string, BtfPtr> others;

  void load();
  void store() const;
  Result<const btf*> open_kernel();
  Result<const btf*> open(const BtfQuestion& q);
};

void BtfPaths::Impl::load() {
  if (cache_dir.empty()) return;
  const UniqueFd dir = open_private_dir(cache_dir, false);
  const std::string text = dir ? read_private_file(dir.get(), file) : std::string();
  const auto last = text.rfind("end ");
  if (last == std::string::npos ||
      text.substr(last) != "end " + fnv1a_hex(std::string_view(text).substr(0, last)) + "\n" ||
      !text.starts_with(header))
    return;
  std::istringstream lines(text.substr(header.size(), last - header.size()));
  for (std::string question, answer; std::getline(lines, question) && std::getline(lines, answer);)
    answers.emplace(question, answer);
}

void BtfPaths::Impl::store() const {
  if (!changed || cache_dir.empty()) return;
  const UniqueFd dir = open_private_dir(cache_dir, true);
  if (!dir) return;
  std::string text = header;
  for (const auto& [question, answer] : answers) text += question + "\n" + answer + "\n";
  text += "end " + fnv1a_hex(text) + "\n";
  write_private_file(dir.get(), file, text);
}

Result<const btf*> BtfPaths::Impl::open_kernel() {
  if (!kernel) {
    libbpf_set_print(nullptr);
    kernel.reset(btf__parse(kKernelBtf, nullptr));
  }
  if (!kernel)
    return fail(ErrorCode::Unsupported,
                "this kernel has no type information (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)");
  return kernel.get();
}

Result<const btf*> BtfPaths::Impl::open(const BtfQuestion& q) {
  if (q.module.empty() && q.file.empty()) return open_kernel();
  const std::string key = q.file.empty() ? q.module : q.file;
  if (const auto found = others.find(key); found != others.end()) return found->second.get();
  BtfPtr types(nullptr, &btf__free);
  if (!q.file.empty()) {
    libbpf_set_print(nullptr);
    types.reset(btf__parse(q.file.c_str(), nullptr));
  } else {
    TRY_OK(open_kernel());
    if (q.module.find('/') != std::string::npos)
      return fail(ErrorCode::InvalidPolicy, "\"" + q.module + "\" is no module's name");
    types.reset(btf__load_module_btf(q.module.c_str(), kernel.get()));
  }
  if (!types)
    return fail_errno(ErrorCode::NotFound,
                      q.file.empty() ? "module " + q.module + " is not loaded, or has no type information"
                                     : "cannot read type information from " + q.file,
                      errno);
  return others.emplace(key, std::move(types)).first->second.get();
}

BtfPaths::BtfPaths(std::filesystem::path cache_dir, std::string kernel_id) : impl_(std::make_unique<Impl>()) {
  impl_->cache_dir = std::move(cache_dir);
  std::ranges::replace(kernel_id, '\n', ' ');
  impl_->header = std::string(kMagic) + "\n" + kernel_id + "\n";
  impl_->file = "paths-" + fnv1a_hex(impl_->header);
  impl_->load();
}

BtfPaths::~BtfPaths() {
  impl_->store();
}

Result<BtfPath> BtfPaths::find(const BtfQuestion& question) {
  BtfPath out;
  std::vector<PathWord> words;
  if (!question.path.empty()) {
    TRY(words, path_words(question.path));
    if (words.size() > kMaxPathDepth)
      return fail(ErrorCode::InvalidPolicy, "the path has " + std::to_string(words.size()) + " members, more than " +
                                                std::to_string(kMaxPathDepth));
  }
  // A module can be unloaded, a file replaced: only the kernel's own types are remembered.
  const bool keeps = question.module.empty() && question.file.empty();
  const std::string line = question_line(question);
  if (const auto known = impl_->answers.find(line); keeps && known != impl_->answers.end())
    if (parse_answer(known->second, out)) return out;
  out = {};
  TRY(const btf* types, impl_->open(question));
  TRY(const Start start, start_of(types, question));
  out.parameters = start.parameters;
  if (words.empty()) {
    if (!start.is_struct) describe_value(types, start.type, out);
  } else {
    Walk walk(types, out);
    TRY_OK(walk.begin(start, question.from == BtfQuestion::From::Struct
                                 ? "struct " + question.name
                                 : "parameter " + std::to_string(question.index) + " of " + question.name));
    for (const auto& w : words) TRY_OK(walk.word(w));
    walk.end();
  }
  if (keeps && line.find('\n') == std::string::npos) {
    impl_->answers[line] = answer_line(out);
    impl_->changed = true;
  }
  return out;
}

}  // namespace burin
