// The event line written the slow and obvious way, as a nlohmann document: what the hand-written encoder must equal
// byte for byte, and what the benchmark compares it with. Also sample events for both.
#pragma once
#include <memory>
#include <string>

#include "model/event.h"

/// The whole line with the burin object and "\n".
std::string reference_line(const burin::Event& event, const std::string& node_name);

/// `text` with each run of bytes that is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(const std::string& text);

/// curl, started by a shell: all fields set; json is filled in.
std::shared_ptr<burin::ProcessInfo> sample_process();
std::shared_ptr<burin::ProcessInfo> sample_parent();
/// A tcp_connect of sample_process to 203.0.113.7:80.
burin::Event sample_connect();
