#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace plumbline {

/// An address block as text writes it, IPv4 or IPv6; a plain address is a block of one. What is written as an IPv4
/// address mapped into IPv6 (`::ffff:10.0.0.0/104`) is IPv4.
struct AddressBlock {
    bool v6 = false;
    std::array<std::uint8_t, 16> bytes{};  ///< network order; IPv4 uses the first four
    int length = 0;                        ///< bits of the prefix
};
/// nullopt when the text is no address block.
std::optional<AddressBlock> parse_address_block(std::string_view text);

/// Takes in every address of its family, or half of them: `0.0.0.0/0`, `::/0`, `128.0.0.0/1`.
bool is_internet(const AddressBlock& block);
/// Lies inside RFC 1918, RFC 4193, loopback or link-local space.
bool is_private(const AddressBlock& block);

/// `22`, `20-25`, `*`; nullopt when the text is no port range.
struct PortRange {
    std::int64_t from = 0, to = 65535;
};
std::optional<PortRange> parse_port_range(std::string_view text);

}  // namespace plumbline
