#include "text/text_set.h"

namespace burin {

Result<TextSetCode> emit_texts(const StringSet&, TextMatch, std::string_view) {
  return fail(ErrorCode::Unsupported, "text sets are not there yet");
}

}  // namespace burin
