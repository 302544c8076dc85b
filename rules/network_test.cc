#include "rules/network.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace plumbline {
namespace {

/// `4/8 internet`, `6/128 private`, or `no block`.
std::string kind_of(std::string_view text) {
    const auto block = parse_address_block(text);
    if (!block) return "no block";
    return std::string(block->v6 ? "6/" : "4/") + std::to_string(block->length) +
           (is_internet(*block) ? " internet" : "") + (is_private(*block) ? " private" : "");
}

struct Row {
    const char *text, *kind;
};

TEST_CASE("IPv4 blocks") {
    for (const Row& row : std::vector<Row>{
             {"0.0.0.0/0", "4/0 internet"},
             {"203.0.113.7/0", "4/0 internet"},  // host bits do not count
             {"0.0.0.0/1", "4/1 internet"},      // half of everyone
             {"128.0.0.0/1", "4/1 internet"},
             {"0.0.0.0/2", "4/2"},
             {"0.0.0.0/00", "4/0 internet"},
             {"0.0.0.0", "4/32"},  // one address that nobody has
             {" 10.0.0.0/8 ", "4/8 private"},
             // RFC 1918 ends where it says.
             {"10.255.255.255", "4/32 private"},
             {"10.0.0.0/7", "4/7"},
             {"11.0.0.0/8", "4/8"},
             {"172.16.0.0/12", "4/12 private"},
             {"172.15.255.255/32", "4/32"},
             {"172.31.255.255/32", "4/32 private"},
             {"172.32.0.0/12", "4/12"},
             {"172.16.0.0/11", "4/11"},
             {"192.168.0.0/16", "4/16 private"},
             {"192.169.0.0/16", "4/16"},
             {"192.168.0.0/15", "4/15"},
             {"127.0.0.1", "4/32 private"},           // loopback
             {"169.254.169.254/32", "4/32 private"},  // link-local
             {"169.255.0.0/16", "4/16"},
             {"100.64.0.0/10", "4/10"},  // shared by a provider's customers, so not one's own
             {"8.8.8.8", "4/32"},
             {"0.0.0.0/33", "no block"},
             {"0.0.0.0/-1", "no block"},
             {"0.0.0.0/-0", "no block"},
             {"0.0.0.0/", "no block"},
             {"0.0.0.0/a", "no block"},
             {"0.0.0.0/0/0", "no block"},
             {"0.0.0.0/99999999999999999999", "no block"},
             {"0/0", "no block"},
             {"10/8", "no block"},
             {"10.0.0/8", "no block"},
             {"10.0.0.0.0", "no block"},
             {"256.0.0.0/8", "no block"},
             {"10.0.0.1-10.0.0.9", "no block"},
             {"", "no block"},
             {"/0", "no block"},
             {"*", "no block"},
             {"Internet", "no block"},
         })
        CHECK_MESSAGE(kind_of(row.text) == row.kind, row.text, " is ", kind_of(row.text));
}

TEST_CASE("IPv6 blocks") {
    for (const Row& row : std::vector<Row>{
             {"::/0", "6/0 internet"},
             {"0::0/0", "6/0 internet"},
             {"0000:0000:0000:0000:0000:0000:0000:0000/0", "6/0 internet"},
             {"2001:db8::1/0", "6/0 internet"},
             {"::/1", "6/1 internet"},
             {"8000::/1", "6/1 internet"},
             {"2000::/3", "6/3"},
             {"::", "6/128"},
             {"::1", "6/128 private"},
             {"::1/127", "6/127"},  // takes in ::, which is no loopback
             {"fc00::/7", "6/7 private"},
             {"fd12:3456:789a::/48", "6/48 private"},
             {"FD00::/8", "6/8 private"},
             {"fe80::/10", "6/10 private"},
             {"febf::1", "6/128 private"},
             {"fec0::/10", "6/10"},
             {"fc00::/6", "6/6"},
             {"2001:db8::/32", "6/32"},
             // RFC 4291 2.5.5.2: IPv4 addresses, written as IPv6.
             {"::ffff:10.0.0.1", "4/32 private"},
             {"::ffff:10.0.0.0/104", "4/8 private"},
             {"::ffff:0a00:0/104", "4/8 private"},
             {"::ffff:0.0.0.0/96", "4/0 internet"},
             {"::ffff:8.8.8.8/128", "4/32"},
             {"::ffff:0:0/95", "6/95"},
             // A block of an interface's zone is none (RFC 4007 11 is about addresses).
             {"fe80::1%eth0", "no block"},
             {"fe80::%eth0/64", "no block"},
             {"::/129", "no block"},
             {":::/0", "no block"},
             {"1::2::3/64", "no block"},
             {"12345::/16", "no block"},
             {"[::]/0", "no block"},
             {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/0", "no block"},
         })
        CHECK_MESSAGE(kind_of(row.text) == row.kind, row.text, " is ", kind_of(row.text));
}

TEST_CASE("port ranges") {
    const auto shown = [](std::string_view text) {
        const auto range = parse_port_range(text);
        return range ? std::to_string(range->from) + ".." + std::to_string(range->to) : std::string("no range");
    };
    for (const Row& row : std::vector<Row>{
             {"22", "22..22"},
             {" 22 ", "22..22"},
             {"20-25", "20..25"},
             {"20 - 25", "20..25"},
             {"20:25", "20..25"},  // OpenStack, iptables
             {"0-65535", "0..65535"},
             {"*", "0..65535"},
             {"any", "0..65535"},  // Azure's portal and older interfaces
             {"All", "0..65535"},
             {"", "no range"},
             {"ssh", "no range"},
             {"22-", "no range"},
             {"-22", "no range"},
             {"22,80", "no range"},
             {"22-80-90", "no range"},
             {"99999999999999999999", "no range"},
         })
        CHECK_MESSAGE(shown(row.text) == row.kind, row.text, " is ", shown(row.text));
}

}  // namespace
}  // namespace plumbline
