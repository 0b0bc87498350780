// Diagnostics for programs: one JSON object each.
#include <array>

#include "diag/diagnostic.h"
#include "diag/display.h"

namespace burin {
namespace {

void add_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    if (!c.valid) {
      out += "\xef\xbf\xbd";
    } else if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (c.code < 0x20 || c.code == 0x7f) {
      out += "\\u00";
      out += kHex[c.code >> 4];
      out += kHex[c.code & 15];
    } else {
      out += text.substr(at, c.size);
    }
    at += c.size;
  }
  out += '"';
}

}  // namespace

std::string to_json(const Diagnostic& diagnostic) {
  std::string out = "{\"file\":";
  add_string(out, diagnostic.span.file);
  out += ",\"line\":" + std::to_string(diagnostic.span.line) + ",\"column\":" + std::to_string(diagnostic.span.column) +
         ",\"length\":" + std::to_string(diagnostic.span.length);
  out += diagnostic.severity == Severity::Error ? ",\"severity\":\"error\"" : ",\"severity\":\"warning\"";
  out += ",\"id\":";
  add_string(out, diagnostic.id);
  out += ",\"message\":";
  add_string(out, diagnostic.message);
  if (!diagnostic.hint.empty()) {
    out += ",\"hint\":";
    add_string(out, diagnostic.hint);
  }
  return out + "}";
}

}  // namespace burin
