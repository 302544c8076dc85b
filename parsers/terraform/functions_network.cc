#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "parsers/terraform/function_values.h"
#include "scanner/model/text.h"

// Addresses and prefixes.
namespace plumbline::terraform {
namespace {

struct Prefix {
    std::array<std::uint8_t, 16> bytes{};
    int length = 0;
    int bits = 32;
};

std::optional<Prefix> parse_prefix(const std::string& s, std::string& why) {
    const std::size_t slash = s.find('/');
    why = "invalid CIDR expression: invalid CIDR address: " + s;
    if (slash == std::string::npos) return std::nullopt;
    Prefix made;
    std::string address = s.substr(0, slash);
    // Leading zeros are taken as decimal, for what older versions accepted.
    if (address.find(':') == std::string::npos) {
        std::string clean;
        for (std::string_view part : split(address, '.')) {
            while (part.size() > 1 && part[0] == '0') part.remove_prefix(1);
            clean += (clean.empty() ? "" : ".") + std::string(part);
        }
        address = clean;
        if (inet_pton(AF_INET, address.c_str(), made.bytes.data()) != 1) return std::nullopt;
    } else {
        if (inet_pton(AF_INET6, address.c_str(), made.bytes.data()) != 1) return std::nullopt;
        made.bits = 128;
    }
    const std::string length = s.substr(slash + 1);
    if (length.empty() || length.size() > 3 || length.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    made.length = std::stoi(length);
    if (made.length > made.bits) return std::nullopt;
    for (int bit = made.length; bit < made.bits; ++bit)
        made.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
    return made;
}

std::string address_text(const Prefix& prefix) {
    char buffer[INET6_ADDRSTRLEN];
    inet_ntop(prefix.bits == 32 ? AF_INET : AF_INET6, prefix.bytes.data(), buffer, sizeof buffer);
    return buffer;
}

/// `10.0.0.0/16`. Go shows an IPv4 address that is written in IPv6 (`::ffff:10.0.0.0/112`) as one of IPv4.
std::string prefix_text(const Prefix& prefix) {
    static constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (prefix.bits == 128 && std::equal(mapped.begin(), mapped.end(), prefix.bytes.begin())) {
        Prefix inner;
        std::copy(prefix.bytes.begin() + 12, prefix.bytes.end(), inner.bytes.begin());
        return address_text(inner) + "/" + std::to_string(std::max(0, prefix.length - 96));
    }
    return address_text(prefix) + "/" + std::to_string(prefix.length);
}

__extension__ typedef unsigned __int128 Wide;
Wide to_wide(const Prefix& prefix) {
    Wide value = 0;
    for (int i = 0; i < prefix.bits / 8; ++i) value = (value << 8) | prefix.bytes[static_cast<std::size_t>(i)];
    return value;
}
Prefix from_wide(Wide value, int bits, int length) {
    Prefix made;
    made.bits = bits;
    made.length = length;
    for (int i = bits / 8; i-- > 0;) {
        made.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value & 255);
        value >>= 8;
    }
    return made;
}

Result cidrhost(Arguments& a, const Context&) {
    std::string why;
    const auto prefix = parse_prefix(str(a[0]), why);
    if (!prefix) return fail(why, 0);
    const auto host = num(a[1]).to_int64();
    if (!host) return fail("a whole number is required", 1);
    const int free = prefix->bits - prefix->length;
    const bool fits = free >= 63 || (*host >= 0 ? *host < (1LL << free) : -*host <= (1LL << free));
    if (!fits)
        return fail("prefix of " + std::to_string(prefix->length) + " does not accommodate a host numbered " +
                        std::to_string(*host),
                    1);
    const Wide size = free >= 128 ? 0 : static_cast<Wide>(1) << free;
    const Wide at = to_wide(*prefix) + (*host >= 0 ? static_cast<Wide>(*host) : size - static_cast<Wide>(-*host));
    return text(address_text(from_wide(at, prefix->bits, prefix->length)));
}

Result cidrnetmask(Arguments& a, const Context&) {
    std::string why;
    const auto prefix = parse_prefix(str(a[0]), why);
    if (!prefix) return fail(why, 0);
    if (prefix->bits != 32) return fail("IPv6 addresses cannot have a netmask: " + str(a[0]), 0);
    const Wide mask = prefix->length == 0 ? 0 : (0xFFFFFFFFU << (32 - prefix->length)) & 0xFFFFFFFFU;
    return text(address_text(from_wide(mask, 32, 32)));
}

Result cidrsubnet(Arguments& a, const Context&) {
    std::string why;
    const auto prefix = parse_prefix(str(a[0]), why);
    if (!prefix) return fail(why, 0);
    const auto bits = num(a[1]).to_int64(), network = num(a[2]).to_int64();
    if (!bits) return fail("a whole number is required", 1);
    if (!network) return fail("a whole number is required", 2);
    if (prefix->bits == 32 && *bits > 32) return fail("may not extend prefix by more than 32 bits", 1);
    const auto length = prefix->length + *bits;
    if (length > prefix->bits || length < 0)
        return fail("insufficient address space to extend prefix of " + std::to_string(prefix->length) + " by " +
                        std::to_string(*bits),
                    1);
    if (*bits < 0 ? *network > 0 : *bits < 63 && *network >= (1LL << *bits))
        return fail("prefix extension of " + std::to_string(*bits) + " does not accommodate a subnet numbered " +
                        std::to_string(*network),
                    2);
    const auto shift = prefix->bits - static_cast<int>(length);
    Wide at = to_wide(*prefix);
    if (*bits < 0 && shift < 128) at = at >> shift << shift;
    // A negative number wraps into the bits before it: what the library behind Terraform does.
    if (*network < 0 && prefix->bits == 32)
        at = (static_cast<Wide>(-*network) << shift) & 0xFFFFFFFFU;
    else if (shift < 128)
        at |= static_cast<Wide>(*network) << shift;
    return text(prefix_text(from_wide(at, prefix->bits, static_cast<int>(length))));
}

Result cidrsubnets(Arguments& a, const Context&) {
    std::string why;
    const auto prefix = parse_prefix(str(a[0]), why);
    if (!prefix) return fail(why, 0);
    std::vector<Value> out;
    Wide next = to_wide(*prefix);
    const Wide begin = next;
    const Wide space = prefix->length == 0 && prefix->bits == 128
                           ? ~static_cast<Wide>(0)
                           : (static_cast<Wide>(1) << (prefix->bits - prefix->length)) - 1;
    bool full = false;
    for (std::size_t i = 1; i < a.size(); ++i) {
        const auto bits = num(a[i]).to_int64();
        if (!bits || *bits < 1) return fail("must extend prefix by at least one bit", static_cast<int>(i));
        if (*bits > 32) return fail("may not extend prefix by more than 32 bits", static_cast<int>(i));
        const auto length = prefix->length + static_cast<int>(*bits);
        if (length > prefix->bits)
            return fail("would extend prefix to " + std::to_string(length) +
                            " bits, which is too long for an address of this kind",
                        static_cast<int>(i));
        const Wide size = static_cast<Wide>(1) << (prefix->bits - length);
        const Wide at = (next + size - 1) / size * size;
        if (full || at - begin > space || at - begin + (size - 1) > space)
            return fail(
                "not enough remaining address space for a subnet with a prefix of " + std::to_string(length) + " bits",
                static_cast<int>(i));
        out.push_back(text(prefix_text(from_wide(at, prefix->bits, length))));
        next = at + size;
        full = next - begin > space || next < at;
    }
    return Value::list(Type::string(), std::move(out));
}

/// OpenTofu's: whether an address or a prefix lies inside of a prefix.
Result cidrcontains(Arguments& a, const Context&) {
    std::string why;
    const auto outer = parse_prefix(str(a[0]), why);
    if (!outer) return fail(why, 0);
    const bool single = str(a[1]).find('/') == std::string::npos;
    const bool six = str(a[1]).find(':') != std::string::npos;
    const auto inner = parse_prefix(single ? str(a[1]) + (six ? "/128" : "/32") : str(a[1]), why);
    if (!inner) return fail("invalid IP address or prefix: " + str(a[1]), 1);
    if (inner->bits != outer->bits) return fail("address family mismatch: " + str(a[0]) + " vs. " + str(a[1]));
    if (inner->length < outer->length) return Value::boolean(false);
    const int shift = outer->bits - outer->length;
    return Value::boolean(shift >= 128 || to_wide(*inner) >> shift == to_wide(*outer) >> shift);
}

}  // namespace

std::span<const Function> network_functions() {
    static const std::vector<Function> functions = {
        {"cidrhost", {string_parameter, number_parameter}, false, {}, Type::string(), cidrhost},
        {"cidrnetmask", {string_parameter}, false, {}, Type::string(), cidrnetmask},
        {"cidrsubnet", {string_parameter, number_parameter, number_parameter}, false, {}, Type::string(), cidrsubnet},
        {"cidrsubnets", {string_parameter}, true, number_parameter, Type::list(Type::string()), cidrsubnets},
        {"cidrcontains", {string_parameter, string_parameter}, false, {}, Type::boolean(), cidrcontains, false, true},
    };
    return functions;
}

}  // namespace plumbline::terraform
