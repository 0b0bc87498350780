#include "app/exit_codes.h"

#include <fmt/format.h>

#include <cstdio>

namespace burin {

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidPolicy: return kExitPolicy;
    case ErrorCode::NotFound: return kExitUsage;
    case ErrorCode::Unsupported: return kExitHost;
    case ErrorCode::PermissionDenied: return kExitHost;
    case ErrorCode::Compile: return kExitLoad;
    case ErrorCode::Verify: return kExitLoad;
    case ErrorCode::Attach: return kExitLoad;
    case ErrorCode::Io: return kExitInternal;
    case ErrorCode::Timeout: return kExitInternal;
    case ErrorCode::Overloaded: return kExitInternal;
    case ErrorCode::Internal: return kExitInternal;
  }
  return kExitInternal;
}

int report(const Error& error) {
  fmt::print(stderr, "burin: {}\n", error.text());
  if (!error.detail.empty()) fmt::print(stderr, "{}{}", error.detail, error.detail.ends_with('\n') ? "" : "\n");
  if (error.code == ErrorCode::PermissionDenied && error.detail.empty())
    fmt::print(stderr, "burin: tracing needs root or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (try sudo)\n");
  return exit_code_of(error.code);
}

}  // namespace burin
