// Errors as values: one type, context added on the way up. A user's mistakes in a policy are not Errors but
// Diagnostics (diag/diagnostic.h).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/source_span.h"

namespace burin {

/// What kind of thing went wrong; decides the exit code (app/) and the HTTP status (api/), nothing else.
enum class ErrorCode {
  InvalidPolicy,     ///< the user's policy is wrong; details are in Diagnostics
  NotFound,          ///< a file, symbol, tracepoint or policy does not exist
  Unsupported,       ///< this kernel or host cannot do it
  PermissionDenied,  ///< the process lacks a privilege
  Compile,           ///< clang refused the generated C, or the compiler process died
  Verify,            ///< the kernel's verifier refused a program
  Attach,            ///< a loaded program could not be attached
  Io,                ///< reading or writing failed
  Timeout,           ///< something did not answer in time
  Overloaded,        ///< a bounded resource is full
  Internal,          ///< a broken promise inside burin
};

/// The stable lower-case name of a code, as printed in messages and JSON ("invalid_policy").
std::string_view to_string(ErrorCode code);

/// A failure: what happened (`message`), the long text behind it (`detail`: compiler or verifier output), where in the
/// user's text if anywhere (`span`), and what was being done, innermost first (`context`).
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::string detail;
  std::optional<SourceSpan> span;
  std::vector<std::string> context;

  /// "while A: while B: message" on one line, without `detail`.
  std::string text() const;
};

struct Ok {};
template <class T = Ok>
using Result = tl::expected<T, Error>;

/// Builds the failing side of a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string detail = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(detail), std::nullopt, {}});
}

/// `fail` with the text of an errno value appended: "cannot open x: No such file or directory". EPERM and EACCES turn
/// the code into PermissionDenied.
tl::unexpected<Error> fail_errno(ErrorCode code, const std::string& message, int errno_value);

/// Adds what was being done to an error on its way up.
inline tl::unexpected<Error> in_context(Error error, std::string doing) {
  error.context.push_back(std::move(doing));
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace burin

#define BURIN_CONCAT_(a, b) a##b
#define BURIN_CONCAT(a, b) BURIN_CONCAT_(a, b)

/// `TRY(auto x, f());` — x is the value, or the enclosing function returns f's error.
#define TRY(declaration, expression)                                                 \
  auto BURIN_CONCAT(try_result_, __LINE__) = (expression);                           \
  if (!BURIN_CONCAT(try_result_, __LINE__))                                          \
    return ::tl::unexpected(std::move(BURIN_CONCAT(try_result_, __LINE__)).error()); \
  declaration = std::move(*BURIN_CONCAT(try_result_, __LINE__))

/// `TRY_OK(f());` — for results whose value is of no interest.
#define TRY_OK(expression)                                                   \
  do {                                                                       \
    auto try_result = (expression);                                          \
    if (!try_result) return ::tl::unexpected(std::move(try_result).error()); \
  } while (false)
