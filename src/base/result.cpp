#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace burin {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidPolicy: return "invalid_policy";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::PermissionDenied: return "permission_denied";
    case ErrorCode::Compile: return "compile";
    case ErrorCode::Verify: return "verify";
    case ErrorCode::Attach: return "attach";
    case ErrorCode::Io: return "io";
    case ErrorCode::Timeout: return "timeout";
    case ErrorCode::Overloaded: return "overloaded";
    case ErrorCode::Internal: return "internal";
  }
  return "internal";
}

std::string Error::text() const {
  std::string out;
  for (auto it = context.rbegin(); it != context.rend(); ++it) out += "while " + *it + ": ";
  out += message;
  // One line, whatever is in the names that a policy chose.
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

tl::unexpected<Error> fail_errno(ErrorCode code, const std::string& message, int errno_value) {
  if (errno_value == EPERM || errno_value == EACCES) code = ErrorCode::PermissionDenied;
  // generic_category().message is thread-safe where strerror is not.
  return fail(code, message + ": " + std::generic_category().message(errno_value));
}

}  // namespace burin
