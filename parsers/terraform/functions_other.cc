#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "parsers/terraform/ast.h"
#include "parsers/terraform/encoding.h"
#include "parsers/terraform/function_table.h"
#include "scanner/model/file_system.h"
#include "scanner/model/text.h"

// Numeric, hash, date, address and file functions.
namespace plumbline::terraform {
namespace {

using Arguments = std::vector<Value>;
using Context = FunctionContext;

Value text(std::string value) {
    return Value::string(hcl::to_nfc(value));
}
const std::string& str(const Value& value) {
    return value.as_string();
}
const Number& num(const Value& value) {
    return value.as_number();
}

// --- numbers ---

Result extreme(Arguments& a, bool smallest) {
    if (a.empty()) return fail("must pass at least one number");
    const Value* best = &a[0];
    for (const Value& value : a) {
        if (smallest ? num(value) < num(*best) : num(*best) < num(value)) best = &value;
    }
    return *best;
}

Result parseint(Arguments& a, const Context&) {
    if (!a[0].is_string()) return fail("first argument must be a string, not " + a[0].type().friendly_name(), 0);
    const auto base = num(a[1]).to_int64();
    if (!base || *base < 2 || *base > 62) return fail("base must be a whole number between 2 and 62 inclusive", 1);
    const auto made = Number::parse_integer(str(a[0]), static_cast<int>(*base));
    if (!made) return fail("cannot parse \"" + str(a[0]) + "\" as a base " + std::to_string(*base) + " integer", 0);
    return Value::number(*made);
}

Result from_double(double value) {
    if (std::isnan(value)) return fail("the result is not a number");
    if (std::isinf(value)) return Value::number(Number::infinity(value < 0));
    return Value::number(Number::from_double(value));
}

/// Go's math.Pow, which multiplies its way up and so differs from C's in the last bit.
double go_pow(double x, double y) {
    const bool plain = std::isfinite(x) && std::isfinite(y) && x != 0 && y != 0;
    double whole = 0;
    double part = std::modf(std::fabs(y), &whole);
    if (plain && x > 0 && y == 0.5) return std::sqrt(x);
    if (plain && x > 0 && y == -0.5) return 1 / std::sqrt(x);
    if (!plain || whole >= 9.2e18 || (part != 0 && x < 0)) return std::pow(x, y);
    double made = 1;
    int exponent = 0;
    if (part != 0) {
        if (part > 0.5) {
            part -= 1;
            whole += 1;
        }
        made = std::exp(part * std::log(x));
    }
    int x_exponent = 0;
    double factor = std::frexp(x, &x_exponent);
    for (auto i = static_cast<std::int64_t>(whole); i != 0; i >>= 1) {
        if (x_exponent < -4096 || x_exponent > 4096) {
            exponent += x_exponent;  // overflows or underflows below
            break;
        }
        if (i & 1) {
            made *= factor;
            exponent += x_exponent;
        }
        factor *= factor;
        x_exponent *= 2;
        if (factor < 0.5) {
            factor += factor;
            --x_exponent;
        }
    }
    if (y < 0) {
        made = 1 / made;
        exponent = -exponent;
    }
    return std::ldexp(made, exponent);
}

// --- hashes ---

std::string digest(std::string_view bytes, const EVP_MD* kind) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, kind, nullptr);
    return {reinterpret_cast<const char*>(out.data()), size};
}
std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}
template <const EVP_MD* (*Kind)()>
Result hash_hex(Arguments& a, const Context&) {
    return text(hex(digest(str(a[0]), Kind())));
}
template <const EVP_MD* (*Kind)()>
Result hash_base64(Arguments& a, const Context&) {
    return text(base64_encode(digest(str(a[0]), Kind())));
}

std::optional<std::string> read(const Context& context, const std::string& path) {
    return context.read_file ? context.read_file(path) : std::nullopt;
}
Failure no_file(const std::string& path) {
    return fail(
        "no file exists at \"" + path +
            "\"; this function works only with files that are distributed as part of the configuration source code",
        0);
}
template <const EVP_MD* (*Kind)(), bool Base64>
Result file_hash(Arguments& a, const Context& context) {
    const auto bytes = read(context, str(a[0]));
    if (!bytes) return no_file(str(a[0]));
    const std::string made = digest(*bytes, Kind());
    return text(Base64 ? base64_encode(made) : hex(made));
}

Result uuidv5(Arguments& a, const Context&) {
    std::string space = str(a[0]);
    if (space == "dns")
        space = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    else if (space == "url")
        space = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
    else if (space == "oid")
        space = "6ba7b812-9dad-11d1-80b4-00c04fd430c8";
    else if (space == "x500")
        space = "6ba7b814-9dad-11d1-80b4-00c04fd430c8";
    std::string bytes;
    std::string digits;
    for (char c : space) {
        if (c == '-') continue;
        if (!std::isxdigit(static_cast<unsigned char>(c)))
            return fail("uuidv5() doesn't support namespace " + space, 0);
        digits += c;
    }
    if (digits.size() != 32) return fail("uuidv5() doesn't support namespace " + space, 0);
    for (std::size_t i = 0; i < 32; i += 2) bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    std::string made = digest(bytes + str(a[1]), EVP_sha1()).substr(0, 16);
    made[6] = static_cast<char>((static_cast<unsigned char>(made[6]) & 0x0F) | 0x50);
    made[8] = static_cast<char>((static_cast<unsigned char>(made[8]) & 0x3F) | 0x80);
    std::string out = hex(made);
    for (std::size_t at : {20U, 16U, 12U, 8U}) out.insert(at, "-");
    return text(std::move(out));
}

/// PKCS #1 v1.5, as AWS encrypts the first password of a Windows instance.
Result rsadecrypt(Arguments& a, const Context&) {
    const auto bytes = base64_decode(str(a[0]));
    if (!bytes) return fail("failed to decode input: cipher text must be base64-encoded", 0);
    const auto no_password = [](char*, int, int, void*) { return 0; };
    const std::unique_ptr<BIO, decltype(&BIO_free)> input(
        BIO_new_mem_buf(str(a[1]).data(), static_cast<int>(str(a[1]).size())), &BIO_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(input.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return fail("invalid private key: no key found", 1);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key.get(), nullptr),
                                                                              &EVP_PKEY_CTX_free);
    const auto* in = reinterpret_cast<const unsigned char*>(bytes->data());
    std::size_t size = 0;
    if (!context || EVP_PKEY_decrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) <= 0 ||
        EVP_PKEY_decrypt(context.get(), nullptr, &size, in, bytes->size()) <= 0)
        return fail("failed to decrypt");
    std::string out(size, '\0');
    if (EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, in, bytes->size()) <= 0)
        return fail("failed to decrypt: decryption error");
    out.resize(size);
    if (!is_utf8(out)) return fail("the decrypted text is not valid UTF-8");
    return text(std::move(out));
}

Result impure(Arguments&, const Context&) {
    return Value::unknown(Type::string(), make_cause("the function gives another value on every run"), not_null());
}

// --- dates ---

struct Time {
    std::int64_t days = 0;     // since 1970-01-01, of local time
    std::int64_t seconds = 0;  // of the day, local
    std::int64_t nanos = 0;
    int offset_minutes = 0;
    bool zulu = true;
};

std::int64_t days_from_civil(std::int64_t y, int m, int d) {
    y -= m <= 2;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const auto yoe = static_cast<int>(y - era * 400);
    const int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}
struct Date {
    std::int64_t year;
    int month, day;
};
Date civil_from_days(std::int64_t z) {
    z += 719468;
    const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const auto doe = static_cast<int>(z - era * 146097);
    const int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int mp = (5 * doy + 2) / 153;
    const int month = mp < 10 ? mp + 3 : mp - 9;
    return {yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1};
}

std::optional<Time> parse_time(const std::string& s) {
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, se = 0, used = 0;
    if (std::sscanf(s.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &y, &mo, &d, &h, &mi, &se, &used) != 6 || used != 19)
        return std::nullopt;
    for (std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U, 11U, 12U, 14U, 15U, 17U, 18U}) {
        if (s[i] < '0' || s[i] > '9') return std::nullopt;
    }
    static constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (mo < 1 || mo > 12 || h > 23 || mi > 59 || se > 59) return std::nullopt;
    const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d < 1 || d > lengths[mo - 1] + (mo == 2 && leap ? 1 : 0)) return std::nullopt;
    Time time;
    std::size_t at = 19;
    if (at < s.size() && s[at] == '.') {
        std::int64_t scale = 100'000'000;
        const std::size_t first = ++at;
        for (; at < s.size() && s[at] >= '0' && s[at] <= '9'; ++at) {
            time.nanos += (s[at] - '0') * scale;
            scale /= 10;
        }
        if (at == first) return std::nullopt;
    }
    const std::string zone = s.substr(at);
    if (zone != "Z") {
        int zh = 0, zm = 0;
        if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' ||
            std::sscanf(zone.c_str() + 1, "%2d:%2d", &zh, &zm) != 2 || zh > 23 || zm > 59)
            return std::nullopt;
        time.offset_minutes = (zone[0] == '-' ? -1 : 1) * (zh * 60 + zm);
        time.zulu = false;
    }
    time.days = days_from_civil(y, mo, d);
    time.seconds = h * 3600 + mi * 60 + se;
    return time;
}

std::string two(std::int64_t n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
}

Failure bad_time(const std::string& s, int argument) {
    return fail("not a valid RFC3339 timestamp: \"" + s + "\"", argument);
}

Result timeadd(Arguments& a, const Context&) {
    const auto time = parse_time(str(a[0]));
    if (!time) return bad_time(str(a[0]), 0);
    // Go's ParseDuration.
    std::string_view rest = str(a[1]);
    const auto refuse = [&] { return fail("invalid duration: \"" + str(a[1]) + "\"", 1); };
    bool negative = false;
    if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
        negative = rest[0] == '-';
        rest.remove_prefix(1);
    }
    long double total = 0;
    if (rest.empty()) return refuse();
    if (rest == "0") rest = {};
    while (!rest.empty()) {
        std::size_t n = 0;
        while (n < rest.size() && (std::isdigit(static_cast<unsigned char>(rest[n])) || rest[n] == '.')) ++n;
        if (n == 0 || n > 20) return refuse();
        const long double amount = std::strtold(std::string(rest.substr(0, n)).c_str(), nullptr);
        rest.remove_prefix(n);
        static constexpr std::pair<std::string_view, long double> units[] = {
            {"ns", 1}, {"us", 1e3L}, {"µs", 1e3L}, {"ms", 1e6L}, {"s", 1e9L}, {"m", 6e10L}, {"h", 3.6e12L}};
        const std::pair<std::string_view, long double>* unit = nullptr;
        for (const auto& candidate : units) {
            if (rest.starts_with(candidate.first) && (!unit || candidate.first.size() > unit->first.size()))
                unit = &candidate;
        }
        if (!unit) return refuse();
        total += amount * unit->second;
        rest.remove_prefix(unit->first.size());
    }
    if (total > 9.2e18L) return refuse();
    const auto nanos = static_cast<std::int64_t>(negative ? -total : total);
    const std::int64_t all_nanos = time->nanos + nanos % 1'000'000'000;
    std::int64_t seconds =
        time->days * 86400 + time->seconds + nanos / 1'000'000'000 + (all_nanos >= 0 ? all_nanos / 1'000'000'000 : -1);
    const std::int64_t days = seconds >= 0 ? seconds / 86400 : -((-seconds + 86399) / 86400);
    seconds -= days * 86400;
    const Date date = civil_from_days(days);
    std::string year = std::to_string(date.year);
    year.insert(0, year.size() < 4 ? 4 - year.size() : 0, '0');
    std::string out = year + "-" + two(date.month) + "-" + two(date.day) + "T" + two(seconds / 3600) + ":" +
                      two(seconds / 60 % 60) + ":" + two(seconds % 60);
    if (time->offset_minutes == 0)
        out += "Z";
    else
        out += (time->offset_minutes < 0 ? "-" : "+") + two(std::abs(time->offset_minutes) / 60) + ":" +
               two(std::abs(time->offset_minutes) % 60);
    return text(std::move(out));
}

Result timecmp(Arguments& a, const Context&) {
    const auto x = parse_time(str(a[0])), y = parse_time(str(a[1]));
    if (!x) return bad_time(str(a[0]), 0);
    if (!y) return bad_time(str(a[1]), 1);
    const auto key = [](const Time& t) {
        return std::pair(t.days * 86400 + t.seconds - t.offset_minutes * 60, t.nanos);
    };
    return Value::number(Number(key(*x) < key(*y) ? -1 : key(*y) < key(*x) ? 1 : 0));
}

Result formatdate(Arguments& a, const Context&) {
    const auto time = parse_time(str(a[1]));
    if (!time) return bad_time(str(a[1]), 1);
    static constexpr std::array<std::string_view, 12> months = {"January",   "February", "March",    "April",
                                                                "May",       "June",     "July",     "August",
                                                                "September", "October",  "November", "December"};
    static constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                                 "Thursday", "Friday", "Saturday"};
    const Date date = civil_from_days(time->days);
    const auto hour = time->seconds / 3600;
    const std::string_view weekday = weekdays[static_cast<std::size_t>(((time->days + 4) % 7 + 7) % 7)];
    const std::string_view month = months[static_cast<std::size_t>(date.month - 1)];
    const auto offset = [&](bool colon) {
        return std::string(time->offset_minutes < 0 ? "-" : "+") + two(std::abs(time->offset_minutes) / 60) +
               (colon ? ":" : "") + two(std::abs(time->offset_minutes) % 60);
    };
    const std::string& format = str(a[0]);
    std::string out;
    for (std::size_t i = 0; i < format.size();) {
        if (format[i] == '\'') {
            bool closed = false;
            for (++i; i < format.size(); ++i) {
                if (format[i] == '\'') {
                    if (i + 1 < format.size() && format[i + 1] == '\'') {
                        out += '\'';
                        ++i;
                        continue;
                    }
                    closed = true;
                    ++i;
                    break;
                }
                out += format[i];
            }
            if (!closed) return fail("unterminated literal '", 0);
            continue;
        }
        const char c = format[i];
        if (!std::isalpha(static_cast<unsigned char>(c))) {
            out += c;
            ++i;
            continue;
        }
        std::size_t n = 1;
        while (i + n < format.size() && format[i + n] == c) ++n;
        const std::string token(n, c);
        i += n;
        const std::int64_t twelve = hour % 12 == 0 ? 12 : hour % 12;
        if (token == "YYYY") {
            std::string year = std::to_string(date.year);
            out += std::string(year.size() < 4 ? 4 - year.size() : 0, '0') + year;
        } else if (token == "YY")
            out += two(date.year % 100);
        else if (token == "M")
            out += std::to_string(date.month);
        else if (token == "MM")
            out += two(date.month);
        else if (token == "MMM")
            out += month.substr(0, 3);
        else if (token == "MMMM")
            out += month;
        else if (token == "D")
            out += std::to_string(date.day);
        else if (token == "DD")
            out += two(date.day);
        else if (token == "EEE")
            out += weekday.substr(0, 3);
        else if (token == "EEEE")
            out += weekday;
        else if (token == "h")
            out += std::to_string(hour);
        else if (token == "hh")
            out += two(hour);
        else if (token == "H")
            out += std::to_string(twelve);
        else if (token == "HH")
            out += two(twelve);
        else if (token == "AA")
            out += hour < 12 ? "AM" : "PM";
        else if (token == "aa")
            out += hour < 12 ? "am" : "pm";
        else if (token == "m")
            out += std::to_string(time->seconds / 60 % 60);
        else if (token == "mm")
            out += two(time->seconds / 60 % 60);
        else if (token == "s")
            out += std::to_string(time->seconds % 60);
        else if (token == "ss")
            out += two(time->seconds % 60);
        else if (token == "Z")
            out += time->zulu || time->offset_minutes == 0 ? "Z" : offset(true);
        else if (token == "ZZZ")
            out += time->offset_minutes == 0 ? "UTC" : offset(false);
        else if (token == "ZZZZ")
            out += offset(false);
        else if (token == "ZZZZZ")
            out += offset(true);
        else
            return fail("invalid date format verb \"" + token + "\"", 0);
    }
    return text(std::move(out));
}

// --- addresses ---

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
    return text(address_text(from_wide(at, prefix->bits, static_cast<int>(length))) + "/" + std::to_string(length));
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
        out.push_back(text(address_text(from_wide(at, prefix->bits, length)) + "/" + std::to_string(length)));
        next = at + size;
        full = next - begin > space || next < at;
    }
    return Value::list(Type::string(), std::move(out));
}

// --- files ---

Result file(Arguments& a, const Context& context) {
    const auto bytes = read(context, str(a[0]));
    if (!bytes) return no_file(str(a[0]));
    if (!is_utf8(*bytes))
        return fail("contents of \"" + str(a[0]) +
                        "\" are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or "
                        "the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead",
                    0);
    return text(*bytes);
}
Result filebase64(Arguments& a, const Context& context) {
    const auto bytes = read(context, str(a[0]));
    if (!bytes) return no_file(str(a[0]));
    return text(base64_encode(*bytes));
}
Result fileexists(Arguments& a, const Context& context) {
    return Value::boolean(read(context, str(a[0])).has_value());
}

std::string clean_path(std::string_view path) {
    const bool rooted = path.starts_with('/');
    std::vector<std::string_view> parts;
    for (std::string_view part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            if (!parts.empty() && parts.back() != "..")
                parts.pop_back();
            else if (!rooted)
                parts.push_back(part);
            continue;
        }
        parts.push_back(part);
    }
    std::string out = rooted ? "/" : "";
    for (std::string_view part : parts) out += (out.empty() || out == "/" ? "" : "/") + std::string(part);
    return out.empty() ? "." : out;
}

/// One part of a path against one part of a pattern: `*`, `?`, `[a-z]`, `[^a]`, `\\x`. Steps back to the last star
/// only, so that the time is at most the product of the lengths.
bool match_part(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, star_n = 0;
    const auto one = [&](char c, std::size_t& end) {
        if (pattern[p] == '?') {
            end = p + 1;
            return true;
        }
        if (pattern[p] == '[') {
            std::size_t q = p + 1;
            const bool negated = q < pattern.size() && (pattern[q] == '^' || pattern[q] == '!');
            if (negated) ++q;
            bool hit = false;
            for (bool first = true; q < pattern.size() && (first || pattern[q] != ']'); first = false) {
                const char low = pattern[q++];
                char high = low;
                if (q + 1 < pattern.size() && pattern[q] == '-' && pattern[q + 1] != ']') {
                    high = pattern[q + 1];
                    q += 2;
                }
                hit = hit || (low <= c && c <= high);
            }
            end = q + 1;
            return q < pattern.size() && hit != negated;
        }
        const std::size_t literal = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
        end = literal + 1;
        return pattern[literal] == c;
    };
    while (n < name.size()) {
        std::size_t end = 0;
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_n = n;
        } else if (p < pattern.size() && one(name[n], end)) {
            p = end;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

/// Parts against parts; `**` stands for any number of them.
bool match_parts(std::span<const std::string_view> pattern, std::span<const std::string_view> name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, star_n = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == "**") {
            star = p++;
            star_n = n;
        } else if (p < pattern.size() && match_part(pattern[p], name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == "**") ++p;
    return p == pattern.size();
}

/// `{a,b}` written out. A pattern with more than a thousand alternatives matches nothing.
std::vector<std::string> alternatives(std::string pattern) {
    std::vector<std::string> open = {std::move(pattern)}, out;
    while (!open.empty() && open.size() + out.size() < 1000) {
        const std::string at = std::move(open.back());
        open.pop_back();
        const std::size_t close = at.find('}');
        const std::size_t begin = close == std::string::npos ? close : at.rfind('{', close);
        if (begin == std::string::npos) {
            out.push_back(at);
            continue;
        }
        for (std::string_view option : split(std::string_view(at).substr(begin + 1, close - begin - 1), ','))
            open.push_back(at.substr(0, begin) + std::string(option) + at.substr(close + 1));
    }
    return out;
}

Result fileset(Arguments& a, const Context& context) {
    const std::string folder = clean_path(str(a[0]));
    std::string pattern = clean_path(folder + "/" + str(a[1]));
    if (folder != ".") {
        if (!pattern.starts_with(folder + "/")) return Value::set(Type::string(), {});
        pattern = pattern.substr(folder.size() + 1);
    }
    std::vector<Value> out;
    const std::vector<std::string> patterns = alternatives(std::move(pattern));
    std::vector<std::vector<std::string_view>> wanted;
    for (const std::string& text_pattern : patterns) wanted.push_back(split(text_pattern, '/'));
    for (const std::string& name : context.list_files ? context.list_files(folder) : std::vector<std::string>()) {
        const auto parts = split(name, '/');
        if (std::any_of(wanted.begin(), wanted.end(), [&](const auto& want) { return match_parts(want, parts); }))
            out.push_back(text(name));
    }
    return Value::set(Type::string(), std::move(out));
}

const Parameter string_parameter{Type::string(), false, false}, number_parameter{Type::number(), false, false};

}  // namespace

std::span<const Function> other_functions() {
    static const std::vector<Function> functions = {
        {"abs",
         {number_parameter},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) -> Result { return Value::number(num(a[0]).absolute()); }},
        {"ceil",
         {number_parameter},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) -> Result { return Value::number(num(a[0]).ceil()); }},
        {"floor",
         {number_parameter},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) -> Result { return Value::number(num(a[0]).floor()); }},
        {"log",
         {number_parameter, number_parameter},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) {
             return from_double(std::log(num(a[0]).to_double()) / std::log(num(a[1]).to_double()));
         }},
        {"max",
         {},
         true,
         number_parameter,
         Type::number(),
         [](Arguments& a, const Context&) { return extreme(a, false); }},
        {"min",
         {},
         true,
         number_parameter,
         Type::number(),
         [](Arguments& a, const Context&) { return extreme(a, true); }},
        {"parseint", {{Type(), false, false}, number_parameter}, false, {}, Type::number(), parseint},
        {"pow",
         {number_parameter, number_parameter},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) {
             return from_double(go_pow(num(a[0]).to_double(), num(a[1]).to_double()));
         }},
        {"signum",
         {number_parameter},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) -> Result {
             if (!num(a[0]).is_integer()) return fail("a whole number is required", 0);
             return Value::number(Number(num(a[0]).is_zero() ? 0 : num(a[0]).is_negative() ? -1 : 1));
         }},
        {"md5", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_md5>},
        {"sha1", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_sha1>},
        {"sha256", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_sha256>},
        {"sha512", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_sha512>},
        {"base64sha256", {string_parameter}, false, {}, Type::string(), hash_base64<EVP_sha256>},
        {"base64sha512", {string_parameter}, false, {}, Type::string(), hash_base64<EVP_sha512>},
        {"filemd5", {string_parameter}, false, {}, Type::string(), file_hash<EVP_md5, false>},
        {"filesha1", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha1, false>},
        {"filesha256", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha256, false>},
        {"filesha512", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha512, false>},
        {"filebase64sha256", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha256, true>},
        {"filebase64sha512", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha512, true>},
        {"bcrypt", {string_parameter}, true, number_parameter, Type::string(), impure},
        {"uuid", {}, false, {}, Type::string(), impure},
        {"timestamp", {}, false, {}, Type::string(), impure},
        {"plantimestamp", {}, false, {}, Type::string(), impure},
        {"uuidv5", {string_parameter, string_parameter}, false, {}, Type::string(), uuidv5},
        {"rsadecrypt", {string_parameter, string_parameter}, false, {}, Type::string(), rsadecrypt},
        {"formatdate", {string_parameter, string_parameter}, false, {}, Type::string(), formatdate},
        {"timeadd", {string_parameter, string_parameter}, false, {}, Type::string(), timeadd},
        {"timecmp", {string_parameter, string_parameter}, false, {}, Type::number(), timecmp},
        {"cidrhost", {string_parameter, number_parameter}, false, {}, Type::string(), cidrhost},
        {"cidrnetmask", {string_parameter}, false, {}, Type::string(), cidrnetmask},
        {"cidrsubnet", {string_parameter, number_parameter, number_parameter}, false, {}, Type::string(), cidrsubnet},
        {"cidrsubnets", {string_parameter}, true, number_parameter, Type::list(Type::string()), cidrsubnets},
        {"file", {string_parameter}, false, {}, Type::string(), file},
        {"filebase64", {string_parameter}, false, {}, Type::string(), filebase64},
        {"fileexists", {string_parameter}, false, {}, Type::boolean(), fileexists},
        {"fileset", {string_parameter, string_parameter}, false, {}, Type::set(Type::string()), fileset},
        {"templatefile",
         {string_parameter, {Type(), false, true}},
         false,
         {},
         Type(),
         [](Arguments& a, const Context& context) -> Result {
             const auto bytes = read(context, str(a[0]));
             if (!bytes) return no_file(str(a[0]));
             if (!context.render_template) return fail("not available here");
             Result made = context.render_template(*bytes, str(a[0]), a[1]);
             if (made.ok() && made.value().is_null())
                 return fail(str(a[0]) + ": the result of the template is null, which is not a valid result");
             return made;
         }},
        {"abspath",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context& context) -> Result {
             return text(str(a[0]).starts_with('/') ? clean_path(str(a[0]))
                                                    : clean_path(context.working_directory + "/" + str(a[0])));
         }},
        {"basename",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             std::string_view path = str(a[0]);
             if (path.empty()) return text(".");
             while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
             if (path == "/") return text("/");
             return text(std::string(file_name(path)));
         }},
        {"dirname",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             const std::string& path = str(a[0]);
             const std::size_t slash = path.rfind('/');
             return text(clean_path(slash == std::string::npos ? "." : path.substr(0, slash + 1)));
         }},
        {"pathexpand",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result { return a[0]; }},
    };
    return functions;
}

}  // namespace plumbline::terraform
