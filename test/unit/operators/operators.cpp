// Reading operands and the reference meaning of every operator; the C predicates are tested against it in
// test/live/filter_oracle.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <set>

#include "cidr/cidr.h"
#include "operators/operator.h"
#include "types/arg_type.h"

using burin::AddressSet;
using burin::Diagnostics;
using burin::Located;
using burin::NumberSet;
using burin::Operand;
using burin::Operator;
using burin::Severity;
using burin::Value;

namespace {

std::vector<Located<std::string>> values_of(std::initializer_list<const char*> texts) {
  std::vector<Located<std::string>> out;
  std::uint32_t line = 1;
  for (const char* t : texts) out.push_back({t, {"policy.yaml", line++, 3, 1}});
  return out;
}

const Operator& op(std::string_view name) {
  const Operator* found = burin::find_operator(name);
  INFO(name);
  REQUIRE(found);
  return *found;
}

const burin::ArgType& type(std::string_view name) {
  const auto* found = burin::find_type(name);
  INFO(name);
  REQUIRE(found);
  return *found;
}

/// The operand of values that must be good.
Operand good(std::string_view name, std::string_view type_name, std::initializer_list<const char*> texts) {
  Diagnostics diagnostics;
  Operand out = op(name).parse(values_of(texts), type(type_name), diagnostics);
  INFO((diagnostics.all().empty() ? "" : diagnostics.all()[0].message));
  REQUIRE_FALSE(diagnostics.has_errors());
  return out;
}

/// "id: message | hint" of the only diagnostic that a value makes.
std::string said(std::string_view name, std::string_view type_name, std::initializer_list<const char*> texts) {
  Diagnostics diagnostics;
  op(name).parse(values_of(texts), type(type_name), diagnostics);
  if (diagnostics.all().size() != 1) return std::to_string(diagnostics.all().size()) + " diagnostics";
  const auto& d = diagnostics.all()[0];
  return d.id + ": " + d.message + (d.hint.empty() ? "" : " | " + d.hint);
}

bool holds(std::string_view name, std::string_view type_name, std::initializer_list<const char*> texts,
           const Value& value) {
  return op(name).evaluate(value, type(type_name), good(name, type_name, texts));
}

burin::AddressBytes v4(int a, int b, int c, int d) {
  burin::AddressBytes out{};
  const int parts[] = {a, b, c, d};
  for (int i = 0; i < 4; ++i) out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(parts[i]);
  return out;
}

burin::SockValue sock(std::uint16_t family, burin::AddressBytes source, burin::AddressBytes destination) {
  burin::SockValue s;
  s.family = family;
  s.saddr = source;
  s.daddr = destination;
  s.sport = 40000;
  s.dport = 443;
  s.protocol = 6;
  s.state = 2;
  return s;
}

burin::AddressBytes mapped(burin::AddressBytes four) {
  burin::AddressBytes out{};
  out[10] = out[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i) out[12 + i] = four[i];
  return out;
}

burin::AddressBytes loopback6() {
  burin::AddressBytes out{};
  out[15] = 1;
  return out;
}

}  // namespace

TEST_CASE("the list: unique names, everything filled in, both spellings of NotSPortPriv") {
  std::set<std::string_view> names;
  for (const Operator& o : burin::all_operators()) {
    INFO(o.name);
    CHECK(names.insert(o.name).second);
    CHECK_FALSE(o.summary.empty());
    CHECK(o.applies_to);
    CHECK(o.parse);
    CHECK(o.predicate);
    CHECK((o.evaluate != nullptr) == (o.arguments == 1));
    CHECK((o.evaluate_all != nullptr) == (o.arguments != 1));
    CHECK(burin::find_operator(o.name) == &o);
  }
  for (const char* name :
       {"SAddr",     "NotSAddr",     "DAddr",      "NotDAddr",     "SPort",    "NotSPort",    "DPort",  "NotDPort",
        "SPortPriv", "NotSPortPriv", "DPortPriv",  "NotDPortPriv", "Protocol", "NotProtocol", "Family", "NotFamily",
        "State",     "NotState",     "Equal",      "NotEqual",     "GT",       "GreaterThan", "LT",     "LessThan",
        "Mask",      "InRange",      "NotInRange", "InMap",        "NotInMap"})
    CHECK(names.count(name) == 1);
  REQUIRE(burin::find_operator("NotSportPriv"));
  CHECK(burin::find_operator("NotSportPriv")->name == "NotSPortPriv");
  CHECK(burin::find_operator("SubStringIgnoreCase")->name == "SubStringIgnCase");
  CHECK(burin::find_operator("gt")->name == "GT");
  CHECK(burin::find_operator("lt")->name == "LT");
  CHECK_FALSE(burin::find_operator("notdaddr"));
  CHECK_FALSE(burin::find_operator(""));
}

TEST_CASE("what applies to what") {
  using burin::TypeClass;
  CHECK(op("DAddr").applies_to(TypeClass::Socket));
  CHECK(op("DAddr").applies_to(TypeClass::Packet));
  CHECK_FALSE(op("DAddr").applies_to(TypeClass::Sockaddr));  // its only address is the source
  CHECK(op("SAddr").applies_to(TypeClass::Sockaddr));
  CHECK(op("SPort").applies_to(TypeClass::Sockaddr));
  CHECK_FALSE(op("DPortPriv").applies_to(TypeClass::Sockaddr));
  CHECK_FALSE(op("SAddr").applies_to(TypeClass::UnsignedInt));
  CHECK(op("State").applies_to(TypeClass::Socket));
  CHECK_FALSE(op("State").applies_to(TypeClass::Packet));
  CHECK(op("Family").applies_to(TypeClass::Sockaddr));
  CHECK_FALSE(op("Protocol").applies_to(TypeClass::Sockaddr));
  CHECK(op("Equal").applies_to(TypeClass::SignedInt));
  CHECK_FALSE(op("Equal").applies_to(TypeClass::Socket));
  for (const Operator& o : burin::all_operators()) CHECK_FALSE(o.applies_to(TypeClass::Nothing));
}

TEST_CASE("addresses: mapped peers are IPv4, non-IP matches neither sign") {
  const auto ten = v4(10, 1, 2, 3), out = v4(11, 1, 2, 3);
  const Value plain = sock(AF_INET, out, ten), dual = sock(AF_INET6, mapped(out), mapped(ten));
  const Value native = sock(AF_INET6, loopback6(), loopback6()), unix_socket = sock(AF_UNIX, ten, ten);
  for (const Value& v : {plain, dual}) {
    CHECK(holds("DAddr", "sock", {"10.0.0.0/8"}, v));
    CHECK_FALSE(holds("NotDAddr", "sock", {"10.0.0.0/8"}, v));
    CHECK_FALSE(holds("SAddr", "sock", {"10.0.0.0/8"}, v));
    CHECK(holds("NotSAddr", "sock", {"10.0.0.0/8"}, v));
    CHECK(holds("NotDAddr", "sock", {"::/0"}, v));
  }
  CHECK(holds("NotDAddr", "sock", {"10.0.0.0/8"}, native));
  CHECK_FALSE(holds("NotDAddr", "sock", {"10.0.0.0/8", "::1"}, native));
  CHECK(holds("DAddr", "sock", {"::/0"}, native));
  for (const char* name : {"SAddr", "NotSAddr", "DAddr", "NotDAddr"}) {
    CHECK_FALSE(holds(name, "sock", {"10.0.0.0/8"}, unix_socket));
    CHECK_FALSE(holds(name, "sock", {"10.0.0.0/8"}, Value(burin::ErrorValue{"x"})));
    CHECK_FALSE(holds(name, "sock", {"10.0.0.0/8"}, Value(burin::UintValue{1})));
  }
  burin::SockaddrValue end;
  end.family = AF_INET;
  end.port = 53;
  end.addr = ten;
  CHECK(holds("SAddr", "sockaddr", {"10.0.0.0/8"}, end));
  CHECK(holds("SPort", "sockaddr", {"53"}, end));
}

TEST_CASE("addresses: what is said") {
  CHECK(said("DAddr", "sock", {"10.0.0.0/33"}) == "bad-address: prefix length 33 is longer than an IPv4 address (32)");
  CHECK(said("DAddr", "sock", {"10.1.2.3/8"}) ==
        "host-bits: 10.1.2.3/8 has bits set behind its prefix and is matched as 10.0.0.0/8 | write 10.0.0.0/8");
  CHECK(said("NotDAddr", "sock", {"10.0.0.0/8"}) ==
        "one-family-negation: NotDAddr lists only IPv4 ranges, so every native IPv6 address matches it | add the IPv6 "
        "ranges to "
        "leave out (::1, fd00::/8, ...), or ::/0 to leave out all native IPv6");
  CHECK(said("NotSAddr", "sock", {"::/0"}) ==
        "one-family-negation: NotSAddr lists only IPv6 ranges, so every IPv4 address matches it | add the IPv4 ranges "
        "to leave "
        "out (127.0.0.0/8, 10.0.0.0/8, ...), or 0.0.0.0/0 to leave out all IPv4");
  CHECK(said("NotDAddr", "sock", {"10.0.0.0/8", "::1"}) == "0 diagnostics");
  CHECK(said("DAddr", "sock", {"10.0.0.0/8"}) == "0 diagnostics");
  Diagnostics diagnostics;
  op("DAddr").parse(values_of({"x", "10.0.0.0/8", "y"}), type("sock"), diagnostics);
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(diagnostics.all()[1].span.line == 3);
}

TEST_CASE("ports") {
  const Value web = sock(AF_INET, v4(1, 1, 1, 1), v4(2, 2, 2, 2)), local = sock(AF_UNIX, {}, {});
  CHECK(holds("DPort", "sock", {"80", "443"}, web));
  CHECK(holds("DPort", "sock", {"400:500"}, web));
  CHECK_FALSE(holds("NotDPort", "sock", {"400:500"}, web));
  CHECK(holds("NotSPort", "sock", {"443"}, web));
  CHECK(holds("DPortPriv", "sock", {}, web));
  CHECK_FALSE(holds("SPortPriv", "sock", {}, web));
  CHECK(holds("NotSPortPriv", "sock", {}, web));
  for (const char* name : {"SPort", "NotSPort", "DPort", "NotDPort"}) CHECK_FALSE(holds(name, "sock", {"443"}, local));
  for (const char* name : {"SPortPriv", "NotSPortPriv", "DPortPriv", "NotDPortPriv"})
    CHECK_FALSE(holds(name, "sock", {}, local));
  CHECK(std::get<NumberSet>(good("DPort", "sock", {"0:65535"})) == NumberSet{{{0, 65535}}});
  CHECK(std::get<NumberSet>(good("DPort", "sock", {"0080"})) == NumberSet{{{80, 80}}});  // base 10, never octal
  CHECK(said("DPort", "sock", {"0x50"}) == "bad-value: \"0x50\" is not a decimal number from 0 to 65535 (port)");
  CHECK(said("DPort", "sock", {"65536"}) == "bad-value: port \"65536\" is outside of what it can be: from 0 to 65535");
  CHECK(said("DPort", "sock", {"-1"}) == "bad-value: port \"-1\" is outside of what it can be: from 0 to 65535");
  CHECK(said("DPort", "sock", {"90:80"}) ==
        "bad-value: range \"90:80\" is empty: its first number is larger than its second | ranges are written min:max, "
        "both "
        "included");
  CHECK(said("DPort", "sock", {"80:90:100"}) ==
        "bad-value: \"80:90:100\" has more than one \":\"; a range is written min:max");
  CHECK(said("DPort", "sock", {":80"}) == "bad-value: \"\" is not a decimal number from 0 to 65535 (port)");
  CHECK(said("DPort", "sock", {"http"}) == "bad-value: \"http\" is not a decimal number from 0 to 65535 (port)");
  CHECK_FALSE(op("SPortPriv").takes_values);
  CHECK(said("SPortPriv", "sock", {"80"}).find("values-ignored: ") == 0);
}

TEST_CASE("protocol, family, state: names, numbers, ranges") {
  const Value tcp = sock(AF_INET, {}, {});
  CHECK(holds("Protocol", "sock", {"IPPROTO_TCP"}, tcp));
  CHECK(holds("Protocol", "sock", {"6"}, tcp));
  CHECK(holds("Protocol", "sock", {"0x5:0x7"}, tcp));
  CHECK(holds("NotProtocol", "sock", {"IPPROTO_UDP"}, tcp));
  CHECK(holds("Family", "sock", {"AF_INET", "AF_INET6"}, tcp));
  CHECK(holds("NotFamily", "sock", {"AF_UNIX"}, tcp));
  CHECK(holds("State", "sock", {"TCP_SYN_SENT"}, tcp));
  CHECK_FALSE(holds("NotState", "sock", {"TCP_ESTABLISHED:TCP_SYN_RECV"}, tcp));
  CHECK(holds("Protocol", "sock", {"IPPROTO_MPTCP", "IPPROTO_ICMPV6", "IPPROTO_TCP"}, tcp));
  CHECK(said("Family", "sock", {"AF_INET4"})
            .find("bad-value: unknown address family \"AF_INET4\" | did you mean \"AF_INET") == 0);
  CHECK(said("Protocol", "sock", {"tcp"}).find("bad-value: unknown protocol \"tcp\"") == 0);
  CHECK(said("State", "sock", {"256"}) == "bad-value: TCP state \"256\" is outside of what it can be: from 0 to 255");
}

TEST_CASE("integers: base, width and sign") {
  CHECK(holds("Equal", "int", {"-1"}, burin::IntValue{-1}));
  CHECK(holds("Equal", "int", {"0x10"}, burin::IntValue{16}));
  CHECK(holds("Equal", "int", {"010"}, burin::IntValue{8}));
  CHECK(holds("Equal", "int", {"0o10", "0b11"}, burin::IntValue{3}));
  CHECK(holds("NotEqual", "int", {"1", "2", "3", "4", "5", "6"}, burin::IntValue{7}));
  CHECK(holds("Equal", "uint64", {"18446744073709551615"}, burin::SizeValue{~0ULL}));
  CHECK(holds("Equal", "int64", {"-9223372036854775808"}, burin::LongValue{INT64_MIN}));
  CHECK_FALSE(holds("Equal", "uint64", {"4294967296"}, burin::SizeValue{0}));  // never the low half alone
  CHECK(said("Equal", "uint32", {"-1"}) ==
        "bad-value: value \"-1\" is outside of what it can be: from 0 to 4294967295");
  CHECK(said("Equal", "int", {"4294967295"}) ==
        "bad-value: value \"4294967295\" is outside of what it can be: from -2147483648 to 2147483647 | the argument "
        "is signed; "
        "for this bit pattern write -1");
  CHECK(said("Equal", "int", {"1:5"}) ==
        "bad-value: range \"1:5\" is not possible here; a single value is | use InRange for a range");
  CHECK(said("Equal", "uint64", {"18446744073709551616"}).find("outside of what it can be") != std::string::npos);
  CHECK(said("Equal", "uint64", {"99999999999999999999999999999999999999999999999"}).find("outside of") !=
        std::string::npos);
  for (const char* bad : {"", "-", "0x", "1 ", "1_000", "08", "0xg", "--1", "1.5", "١"})
    CHECK(said("Equal", "int", {bad}).find("bad-value: ") == 0);
}

TEST_CASE("greater and less hold for any value, signed at full width") {
  CHECK(holds("GT", "int", {"5", "100"}, burin::IntValue{6}));
  CHECK_FALSE(holds("GT", "int", {"5"}, burin::IntValue{5}));
  CHECK_FALSE(holds("GT", "int", {"5"}, burin::IntValue{-1}));
  CHECK(holds("GT", "int", {"-5"}, burin::IntValue{-4}));
  CHECK(holds("LT", "int16", {"0"}, burin::IntValue{-1}));
  CHECK(holds("LT", "int", {"5", "100"}, burin::IntValue{99}));
  CHECK_FALSE(holds("LT", "int", {"5"}, burin::IntValue{5}));
  CHECK(holds("LessThan", "uint64", {"0x100000001"}, burin::SizeValue{0x100000000}));
  CHECK(holds("GreaterThan", "uint64", {"0xffffffff"}, burin::SizeValue{0x100000000}));
  CHECK_FALSE(holds("GT", "int", {"2147483647"}, burin::IntValue{INT32_MAX}));
  CHECK_FALSE(holds("LT", "int64", {"-9223372036854775808"}, burin::LongValue{INT64_MIN}));
  CHECK_FALSE(holds("LT", "uint32", {"0"}, burin::UintValue{0}));
}

TEST_CASE("masks, ranges and long lists") {
  CHECK(holds("Mask", "int", {"4", "8"}, burin::IntValue{12}));
  CHECK_FALSE(holds("Mask", "int", {"4"}, burin::IntValue{11}));
  CHECK(holds("Mask", "int", {"0x80000000"}, burin::IntValue{-1}));
  CHECK(holds("Mask", "int", {"-1"}, burin::IntValue{1}));
  CHECK_FALSE(holds("Mask", "uint64", {"0x100000000"}, burin::SizeValue{0xffffffff}));
  CHECK(said("Mask", "int", {"0"}) == "empty-mask: a mask without any bit never matches");
  CHECK(holds("InRange", "int", {"-5:5"}, burin::IntValue{-5}));
  CHECK(holds("InRange", "int", {"-5:5"}, burin::IntValue{5}));
  CHECK_FALSE(holds("InRange", "int", {"-5:5"}, burin::IntValue{6}));
  CHECK(holds("NotInRange", "int", {"-5:5"}, burin::IntValue{INT32_MIN}));
  CHECK(holds("InMap", "uint32", {"1", "7:9", "0xffffffff"}, burin::UintValue{8}));
  CHECK(holds("NotInMap", "uint32", {"1", "7:9"}, burin::UintValue{10}));
  CHECK(std::get<NumberSet>(good("InRange", "int", {"-5:5"})) == NumberSet{{{0, 5}, {~0ULL - 4, ~0ULL}}});
  CHECK(said("InMap", "uint32", {"list:ports"}) ==
        "bad-value: a list can be a value only for InMap and NotInMap on type syscall64 | write the numbers or ranges "
        "themselves");
}

TEST_CASE("predicates name only what the site gives") {
  burin::PredicateSite site;
  site.arg = "r->a0";
  site.address_set = [](const AddressSet&) { return std::string("A"); };
  site.number_set = [](const NumberSet&) { return std::string("N"); };
  const auto text = [&](const char* name, const char* t, std::initializer_list<const char*> v) {
    return op(name).predicate(site, type(t), good(name, t, v));
  };
  CHECK(text("DAddr", "sock", {"::1"}) == "(A_any(r->a0.daddr, r->a0.family) == 1)");
  CHECK(text("NotSAddr", "sockaddr", {"::1"}) == "(A_any(r->a0.addr, r->a0.family) == 0)");
  CHECK(text("NotDPort", "sock", {"1"}) == "((r->a0.family == 2 || r->a0.family == 10) && !N(r->a0.dport))");
  CHECK(text("Equal", "int", {"1"}) == "(N((u64)(s64)r->a0))");
  CHECK(text("NotEqual", "uint32", {"1"}) == "(!N((u64)r->a0))");
  CHECK(text("Mask", "int", {"-1"}) == "(((u64)(s64)r->a0 & 4294967295ULL) != 0)");
}
