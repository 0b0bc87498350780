// Gives back memory that only the start needed.
#pragma once

namespace burin {

/// Returns freed heap pages, and unmaps the pages of code and constants that were touched so far: parsing, planning and
/// loading never run again, and what does is mapped again from the page cache at its first call (a minor fault, no
/// reading). Only mappings of files that cannot be written and have no page of their own are let go:
/// where a probe or a debugger has put a breakpoint there is one. Takes a few milliseconds; any thread.
void trim_memory();

}  // namespace burin
