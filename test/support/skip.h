// Loud skips: a test that this machine cannot run says why and the program exits 77, which ctest counts as skipped.
#pragma once
#include <iostream>
#include <string>

namespace burin_test {
/// Remembers that something was skipped and prints the reason.
void skip(const std::string& reason);
bool skipped();
}  // namespace burin_test
