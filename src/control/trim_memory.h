// Gives back memory that only the start needed.
#pragma once

namespace burin {

/// Returns freed heap pages, and unmaps the pages of program code that were touched so far: parsing, planning and
/// loading never run again, and what does is mapped again from the page cache at its first call (a minor fault, no
/// reading). Safe at any time and from any thread: only mappings that are executable, not writable and of files are let
/// go, and those cannot hold changes.
void trim_memory();

}  // namespace burin
