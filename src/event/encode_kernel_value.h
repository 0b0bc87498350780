// Arguments that are kernel objects as JSON: the oneof member of an args[] element, without braces around it.
#pragma once
#include "event/encode_text.h"
#include "model/value.h"

namespace burin {

void write_value(LineBuffer& out, const BytesValue& v);
void write_value(LineBuffer& out, const PathValue& v);
void write_value(LineBuffer& out, const SyscallValue& v);
void write_value(LineBuffer& out, const UserNamespaceValue& v);
void write_value(LineBuffer& out, const CredValue& v);
void write_value(LineBuffer& out, const CapabilityValue& v);
void write_value(LineBuffer& out, const CapsValue& v);
void write_value(LineBuffer& out, const ModuleValue& v);
void write_value(LineBuffer& out, const BpfProgValue& v);
void write_value(LineBuffer& out, const BpfMapValue& v);
void write_value(LineBuffer& out, const BpfCmdValue& v);
void write_value(LineBuffer& out, const PerfEventValue& v);

}  // namespace burin
