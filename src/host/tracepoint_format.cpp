// Parser for tracefs `format` files: where each field of a tracepoint's record lies. The text is made by the kernel's
// trace event code, one field a line:
//     field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
#include <algorithm>
#include <charconv>
#include <optional>

#include "host/host_reader.h"

namespace burin {
namespace {

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

/// The number after "key:" in the ';'-separated rest of a field line.
std::optional<std::uint64_t> number_after(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = trim(line.substr(at + key.size()));
  std::uint64_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

bool is_name_char(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// "char comm[16]" -> type "char[16]", name "comm". False when no name can be found.
bool split_declaration(std::string_view declaration, TracepointField& field) {
  std::string_view head = trim(declaration);
  std::string_view array;
  if (!head.empty() && head.back() == ']') {
    const auto open = head.find('[');  // the size may be an expression: saddr[sizeof(struct sockaddr_in6)]
    if (open == std::string_view::npos) return false;
    array = head.substr(open);
    head = trim(head.substr(0, open));
  }
  std::size_t start = head.size();
  while (start > 0 && is_name_char(head[start - 1])) --start;
  if (start == head.size() || start == 0) return false;
  field.name = head.substr(start);
  field.type = std::string(trim(head.substr(0, start))) + std::string(array);
  field.data_loc = field.type.starts_with("__data_loc ");
  return true;
}

Result<TracepointField> parse_field(std::string_view line) {
  TracepointField field;
  const auto end = line.find(';');
  if (end == std::string_view::npos || !split_declaration(line.substr(0, end), field))
    return fail(ErrorCode::Unsupported,
                "tracepoint format: cannot read the field declaration \"" + std::string(line) + "\"");
  const std::string_view rest = line.substr(end);
  const auto offset = number_after(rest, "offset:"), size = number_after(rest, "size:");
  if (!offset || !size || *offset > 0xffff || *size > 0xffff)
    return fail(ErrorCode::Unsupported,
                "tracepoint format: field \"" + field.name + "\" has no usable offset and size");
  field.offset = static_cast<std::uint32_t>(*offset);
  field.size = static_cast<std::uint32_t>(*size);
  field.is_signed = number_after(rest, "signed:").value_or(0) != 0;
  return field;
}

}  // namespace

Result<TracepointFormat> parse_tracepoint_format(std::string_view text) {
  TracepointFormat format;
  bool has_id = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("ID:")) {
      const auto id = number_after(line, "ID:");
      has_id = id.has_value();
      format.id = id.value_or(0);
    } else if (line.starts_with("field:")) {
      TRY(TracepointField field, parse_field(line.substr(6)));
      format.fields.push_back(std::move(field));
    } else if (line.starts_with("print fmt:")) {
      break;  // free text of the event's author: may contain anything
    }
  }
  if (!has_id)
    return fail(ErrorCode::Unsupported, "tracepoint format: no \"ID:\" line; is this a tracefs format file?");
  if (format.fields.empty()) return fail(ErrorCode::Unsupported, "tracepoint format: no \"field:\" line");
  return format;
}

}  // namespace burin
