// One action, performed to the end.
#pragma once
#include <chrono>
#include <string>

#include "base/result.h"

namespace burin {

/// HTTP GET; the answer is read (up to 64 KiB) and thrown away, its status is not looked at. Redirections are not
/// followed.
Result<> get_url(const std::string& url, std::chrono::milliseconds timeout);
/// Asks `server` ("1.1.1.1:53") by UDP for the name's A records and waits for the answer.
Result<> dns_lookup(const std::string& name, const std::string& server, std::chrono::milliseconds timeout);
/// Whether `server` is an address with a port.
Result<> check_dns_server(const std::string& server);
/// The question that dns_lookup() sends (RFC 1035): header, name, type A, class IN.
std::string dns_question(const std::string& name, std::uint16_t id);

}  // namespace burin
