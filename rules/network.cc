#include "rules/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

bool within(const AddressBlock& block, std::string_view outer_text) {
    const auto outer = parse_address_block(outer_text);
    if (!outer || outer->v6 != block.v6 || block.length < outer->length) return false;
    for (int bit = 0; bit < outer->length; ++bit) {
        const auto at = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((block.bytes[at] & mask) != (outer->bytes[at] & mask)) return false;
    }
    return true;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
    text = trim(text);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<AddressBlock> parse_address_block(std::string_view text) {
    text = trim(text);
    AddressBlock block;
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    if (address.size() > 45) return std::nullopt;
    block.v6 = address.find(':') != std::string::npos;
    if (inet_pton(block.v6 ? AF_INET6 : AF_INET, address.c_str(), block.bytes.data()) != 1) return std::nullopt;
    const int most = block.v6 ? 128 : 32;
    block.length = most;
    if (slash != std::string_view::npos) {
        const std::string_view written = trim(text.substr(slash + 1));
        const auto length = parse_number(written);
        if (!length || written.front() == '-' || *length > most) return std::nullopt;
        block.length = static_cast<int>(*length);
    }
    static constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (block.v6 && block.length >= 96 && std::equal(mapped.begin(), mapped.end(), block.bytes.begin())) {
        // RFC 4291 2.5.5.2: an IPv4 address written as an IPv6 one.
        std::copy(block.bytes.begin() + 12, block.bytes.end(), block.bytes.begin());
        std::fill(block.bytes.begin() + 4, block.bytes.end(), std::uint8_t{0});
        return AddressBlock{false, block.bytes, block.length - 96};
    }
    return block;
}

bool is_internet(const AddressBlock& block) {
    return block.length <= 1;
}

bool is_private(const AddressBlock& block) {
    static constexpr std::array<std::string_view, 8> spaces = {"10.0.0.0/8",  "172.16.0.0/12", "192.168.0.0/16",
                                                               "127.0.0.0/8", "fc00::/7",      "169.254.0.0/16",
                                                               "fe80::/10",   "::1/128"};
    return std::any_of(spaces.begin(), spaces.end(), [&](std::string_view space) { return within(block, space); });
}

std::optional<PortRange> parse_port_range(std::string_view text) {
    text = trim(text);
    if (text == "*" || lower(text) == "any" || lower(text) == "all") return PortRange{};
    const std::size_t dash = text.find_first_of("-:");
    const auto from = parse_number(text.substr(0, dash));
    if (!from) return std::nullopt;
    if (dash == std::string_view::npos) return PortRange{*from, *from};
    const auto to = parse_number(text.substr(dash + 1));
    if (!to) return std::nullopt;
    return PortRange{*from, *to};
}

}  // namespace plumbline
