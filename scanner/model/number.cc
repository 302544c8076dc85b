#include "scanner/model/number.h"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cmath>
#include <limits>

namespace plumbline {
namespace {

namespace mp = boost::multiprecision;
using Float = mp::number<mp::cpp_bin_float<512, mp::digit_base_2, void, std::int32_t>, mp::et_off>;

// A decimal exponent beyond this gives texts of megabytes for one number; Terraform's own users never come near.
constexpr long max_decimal_exponent = 20'000;

constexpr int mantissa_bits = 512;

Float from_int64(std::int64_t value) {
    return Float(value);
}

/// Decimal text, already checked, rounded once to the nearest number of 512 bits. (Boost's own reading rounds on the
/// way and is off by one unit now and then.)
Float from_decimal(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t e = text.find_first_of("eE");
    long exponent = 0;
    if (e != std::string_view::npos) {
        std::string_view power = text.substr(e + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        std::from_chars(power.data(), power.data() + power.size(), exponent);
    }
    std::string digits;
    bool fraction = false;
    for (char c : text.substr(0, e)) {
        if (c == '.') {
            fraction = true;
        } else {
            digits += c;
            if (fraction) --exponent;
        }
    }
    // A leading zero would make it octal.
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    mp::cpp_int value(digits);
    if (value == 0) return Float(0);
    int shift = 0;
    if (exponent > 0) {
        value *= mp::pow(mp::cpp_int(10), static_cast<unsigned>(exponent));
    } else if (exponent < 0) {
        const mp::cpp_int divisor = mp::pow(mp::cpp_int(10), static_cast<unsigned>(-exponent));
        // Two bits more than the mantissa, and a last one for whether anything is left: enough to round rightly.
        const int have = static_cast<int>(mp::msb(value)) - static_cast<int>(mp::msb(divisor));
        shift = std::max(0, mantissa_bits + 2 - have);
        mp::cpp_int quotient, rest;
        mp::divide_qr(mp::cpp_int(value << shift), divisor, quotient, rest);
        value = (quotient << 1) | (rest != 0 ? 1 : 0);
        ++shift;
    }
    Float made(value);
    if (shift) made = mp::ldexp(made, -shift);
    return negative ? Float(-made) : made;
}

}  // namespace

struct Number::Big {
    Float value;
    /// Go's precision of the value in bits: 512 for what was parsed, 53 for what came from a double.
    int precision = 512;
};

// The value of a number in full precision; a macro because only Number's own functions see its parts.
#define PLUMBLINE_BIG(number) ((number).big_ ? (number).big_->value : from_int64((number).small_))

Number Number::from_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Number(static_cast<std::int64_t>(value));
    Number number;
    number.big_ = std::make_shared<const Big>(Big{Float(value), 512});
    return number;
}

Number Number::from_double(double value) {
    if (std::isfinite(value) && std::floor(value) == value && std::fabs(value) < 9007199254740992.0) {
        return Number(static_cast<std::int64_t>(value));
    }
    Number number;
    number.big_ = std::make_shared<const Big>(Big{Float(value), 53});
    return number;
}

Number Number::infinity(bool negative) {
    Number number;
    Float value = std::numeric_limits<Float>::infinity();
    number.big_ = std::make_shared<const Big>(Big{negative ? Float(-value) : value, 512});
    return number;
}

std::optional<Number> Number::parse(std::string_view text) {
    std::string_view rest = text;
    if (!rest.empty() && rest[0] == '-') rest.remove_prefix(1);
    const auto digits = [](std::string_view& from) {
        std::size_t n = 0;
        while (n < from.size() && from[n] >= '0' && from[n] <= '9') ++n;
        from.remove_prefix(n);
        return n;
    };
    const std::size_t whole = digits(rest);
    bool integer = true;
    if (!rest.empty() && rest[0] == '.') {
        rest.remove_prefix(1);
        if (digits(rest) == 0 && whole == 0) return std::nullopt;
        integer = false;
    } else if (whole == 0) {
        return std::nullopt;
    }
    if (!rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
        rest.remove_prefix(1);
        if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
        const std::string_view exponent = rest;
        if (digits(rest) == 0) return std::nullopt;
        long power = 0;
        std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
        if (exponent.size() > 7 || power > max_decimal_exponent) return std::nullopt;
        integer = false;
    }
    if (!rest.empty() || text.size() > 4096) return std::nullopt;
    if (integer) {
        std::int64_t value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (fault == std::errc() && end == text.data() + text.size()) return Number(value);
    }
    try {
        Number number;
        number.big_ = std::make_shared<const Big>(Big{from_decimal(text), 512});
        if (number.is_integer()) {
            if (const auto small = number.to_int64()) return Number(*small);
        }
        return number;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::optional<Number> Number::parse_integer(std::string_view text, int base) {
    bool negative = false;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    if (text.empty() || text.size() > 4096 || base < 2 || base > 62) return std::nullopt;
    mp::cpp_int value = 0;
    for (char c : text) {
        int digit = -1;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (c >= 'a' && c <= 'z')
            digit = c - 'a' + 10;
        else if (c >= 'A' && c <= 'Z')
            digit = base <= 36 ? c - 'A' + 10 : c - 'A' + 36;  // as Go's big.Int
        if (digit < 0 || digit >= base) return std::nullopt;
        value = value * base + digit;
    }
    if (negative) value = -value;
    if (value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max()) {
        return Number(static_cast<std::int64_t>(value));
    }
    Number number;
    number.big_ = std::make_shared<const Big>(Big{Float(value), 512});
    return number;
}

bool Number::is_infinite() const {
    return big_ && mp::isinf(big_->value);
}
bool Number::is_integer() const {
    if (!big_) return true;
    return !is_infinite() && mp::floor(big_->value) == big_->value;
}
bool Number::is_negative() const {
    return big_ ? big_->value < 0 : small_ < 0;
}
bool Number::is_zero() const {
    return big_ ? big_->value == 0 : small_ == 0;
}

std::optional<std::int64_t> Number::to_int64() const {
    if (!big_) return small_;
    if (!is_integer()) return std::nullopt;
    static const Float low(std::numeric_limits<std::int64_t>::min()), high(std::numeric_limits<std::int64_t>::max());
    if (big_->value < low || big_->value > high) return std::nullopt;
    return static_cast<std::int64_t>(mp::cpp_int(big_->value));
}

double Number::to_double() const {
    return big_ ? static_cast<double>(big_->value) : static_cast<double>(small_);
}

namespace {

/// `mantissa * 2^exponent` as decimal digits; `point` is where the decimal point stands before the first of them.
struct Decimal {
    std::string digits;
    long point = 0;
};
Decimal exact_decimal(mp::cpp_int mantissa, int exponent) {
    Decimal made;
    long down = 0;
    if (exponent >= 0) {
        mantissa <<= exponent;
    } else {
        mantissa *= mp::pow(mp::cpp_int(5), static_cast<unsigned>(-exponent));
        down = -exponent;
    }
    made.digits = mantissa.str();
    made.point = static_cast<long>(made.digits.size()) - down;
    while (made.digits.size() > 1 && made.digits.back() == '0') made.digits.pop_back();
    return made;
}

/// The digit at decimal place `place` (0 is just before the point of a number that begins there).
char digit_at(const Decimal& decimal, long place) {
    return place >= 0 && place < static_cast<long>(decimal.digits.size())
               ? decimal.digits[static_cast<std::size_t>(place)]
               : '0';
}

void round_digits(Decimal& decimal, std::size_t count, bool up) {
    decimal.digits.resize(count);
    if (up) {
        std::size_t at = count;
        while (at > 0 && decimal.digits[at - 1] == '9') --at;
        if (at == 0) {
            decimal.digits = "1";
            ++decimal.point;
            return;
        }
        ++decimal.digits[at - 1];
        decimal.digits.resize(at);
    }
    while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
}

/// The shortest decimal between the two numbers halfway to the neighbours, found digit by digit (Go's
/// math/big.roundShortest, whose choice at powers of two differs from that of other printers).
Decimal shortest_decimal(const Float& value, int precision) {
    int exponent = 0;
    const Float fraction = mp::frexp(value, &exponent);
    // One bit more than the precision: the last bit is half a unit of the last place.
    const mp::cpp_int mantissa(mp::ldexp(fraction, precision + 1));
    exponent -= precision + 1;
    Decimal decimal = exact_decimal(mantissa, exponent);
    const Decimal lower = exact_decimal(mantissa - 1, exponent), upper = exact_decimal(mantissa + 1, exponent);
    const bool inclusive = (mantissa & 2) == 0;
    for (std::size_t i = 0; i < decimal.digits.size(); ++i) {
        const auto place = static_cast<long>(i);
        const char m = decimal.digits[i];
        const char l = digit_at(lower, place - decimal.point + lower.point);
        const char u = digit_at(upper, place - decimal.point + upper.point);
        const bool down = l != m || (inclusive && i + 1 == lower.digits.size());
        const bool up = m != u && (inclusive || m + 1 < u || i + 1 < upper.digits.size());
        if (down && up) {
            const std::string_view rest = std::string_view(decimal.digits).substr(i + 1);
            // Half way goes to the even digit, as Go's decimal rounds.
            const bool half = rest == "5";
            round_digits(decimal, i + 1, half ? (m - '0') % 2 == 1 : !rest.empty() && rest[0] >= '5');
            return decimal;
        }
        if (down || up) {
            round_digits(decimal, i + 1, up);
            return decimal;
        }
    }
    return decimal;
}

}  // namespace

std::string Number::to_string() const {
    if (!big_) return std::to_string(small_);
    if (is_infinite()) return is_negative() ? "-Inf" : "+Inf";
    if (is_zero()) return big_->value.backend().sign() ? "-0" : "0";
    const Decimal decimal = shortest_decimal(mp::abs(big_->value), big_->precision);
    const std::string sign = is_negative() ? "-" : "";
    const auto size = static_cast<long>(decimal.digits.size());
    if (decimal.point <= 0)
        return sign + "0." + std::string(static_cast<std::size_t>(-decimal.point), '0') + decimal.digits;
    if (decimal.point >= size)
        return sign + decimal.digits + std::string(static_cast<std::size_t>(decimal.point - size), '0');
    const auto whole = static_cast<std::size_t>(decimal.point);
    return sign + decimal.digits.substr(0, whole) + "." + decimal.digits.substr(whole);
}

Number Number::operator-() const {
    // Zero has a sign in Go's numbers, which only shows where it is printed: `tostring(-0)` is "-0".
    if (!big_ && small_ != 0 && small_ != std::numeric_limits<std::int64_t>::min()) return Number(-small_);
    Number number;
    number.big_ = std::make_shared<const Big>(Big{-PLUMBLINE_BIG(*this), big_ ? big_->precision : 512});
    return number;
}

namespace {

/// Integers that fit go back inline, so that equal numbers print alike and stay small.
template <class Make>
std::optional<Number> normalised(const Float& value, int precision, Make&& make) {
    if (mp::isnan(value)) return std::nullopt;
    static const Float low(std::numeric_limits<std::int64_t>::min()), high(std::numeric_limits<std::int64_t>::max());
    if (!mp::isinf(value) && value >= low && value <= high && mp::floor(value) == value) {
        return Number(static_cast<std::int64_t>(mp::cpp_int(value)));
    }
    return make(precision == 53 ? Float(static_cast<double>(value)) : value, precision);
}

}  // namespace

#define PLUMBLINE_ARITHMETIC(name, builtin, op)                                                                      \
    std::optional<Number> name(const Number& a, const Number& b) {                                                   \
        if (!a.big_ && !b.big_) {                                                                                    \
            std::int64_t small = 0;                                                                                  \
            if (!builtin(a.small_, b.small_, &small)) return Number(small);                                          \
        }                                                                                                            \
        const int precision = a.big_ && b.big_ ? std::max(a.big_->precision, b.big_->precision) : 512;               \
        return normalised(Float(PLUMBLINE_BIG(a) op PLUMBLINE_BIG(b)), precision, [](const Float& value, int bits) { \
            Number number;                                                                                           \
            number.big_ = std::make_shared<const Number::Big>(Number::Big{value, bits});                             \
            return number;                                                                                           \
        });                                                                                                          \
    }
PLUMBLINE_ARITHMETIC(add, __builtin_add_overflow, +)
PLUMBLINE_ARITHMETIC(subtract, __builtin_sub_overflow, -)
PLUMBLINE_ARITHMETIC(multiply, __builtin_mul_overflow, *)
#undef PLUMBLINE_ARITHMETIC

std::optional<Number> divide(const Number& a, const Number& b) {
    if (b.is_zero()) {
        if (a.is_zero()) return std::nullopt;
        return Number::infinity(a.is_negative());
    }
    if (a.is_infinite() && b.is_infinite()) return std::nullopt;
    if (!a.big_ && !b.big_ && b.small_ != -1 && a.small_ % b.small_ == 0) return Number(a.small_ / b.small_);
    const int precision = a.big_ && b.big_ ? std::max(a.big_->precision, b.big_->precision) : 512;
    return normalised(Float(PLUMBLINE_BIG(a) / PLUMBLINE_BIG(b)), precision, [](const Float& value, int bits) {
        Number number;
        number.big_ = std::make_shared<const Number::Big>(Number::Big{value, bits});
        return number;
    });
}

std::optional<Number> modulo(const Number& a, const Number& b) {
    if (a.is_infinite() || b.is_zero()) return std::nullopt;
    if (b.is_infinite()) return a;
    if (!a.big_ && !b.big_) return Number(b.small_ == -1 ? 0 : a.small_ % b.small_);
    // cty: the quotient is cut to an integer, then a - b * quotient.
    const auto quotient = divide(a, b);
    if (!quotient) return std::nullopt;
    const Number whole = quotient->is_negative() ? quotient->ceil() : quotient->floor();
    const auto product = multiply(b, whole);
    return product ? subtract(a, *product) : std::nullopt;
}

Number Number::floor() const {
    if (!big_ || is_infinite()) return *this;
    return *normalised(Float(mp::floor(big_->value)), big_->precision, [](const Float& value, int bits) {
        Number number;
        number.big_ = std::make_shared<const Big>(Big{value, bits});
        return number;
    });
}
Number Number::ceil() const {
    if (!big_ || is_infinite()) return *this;
    return *normalised(Float(mp::ceil(big_->value)), big_->precision, [](const Float& value, int bits) {
        Number number;
        number.big_ = std::make_shared<const Big>(Big{value, bits});
        return number;
    });
}
Number Number::absolute() const {
    return is_negative() ? -*this : *this;
}

std::strong_ordering compare(const Number& a, const Number& b) {
    if (!a.big_ && !b.big_) return a.small_ <=> b.small_;
    const Float x = PLUMBLINE_BIG(a), y = PLUMBLINE_BIG(b);
    if (x < y) return std::strong_ordering::less;
    return y < x ? std::strong_ordering::greater : std::strong_ordering::equal;
}

}  // namespace plumbline
