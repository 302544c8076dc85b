#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace plumbline {

/// A number as Terraform has it: a binary floating-point number with a mantissa of 512 bits (Go's big.Float), so that
/// decimals of any size used in practice are exact and `0.1 + 0.2 == 0.3` holds. Integers that fit 64 bits are kept
/// inline. Infinity exists (`1/0`), NaN does not: an operation without a result gives nullopt.
class Number {
  public:
    Number() = default;
    Number(std::int64_t value) : small_(value) {}
    Number(int value) : small_(value) {}
    static Number from_unsigned(std::uint64_t value);
    /// A double's exact value; prints as the shortest text that reads back as this double (Go's 53-bit numbers).
    static Number from_double(double value);
    static Number infinity(bool negative);
    /// Decimal text as HCL and JSON write it (`-1`, `1.5e3`; also `.5` and `5.`, which Terraform takes); nullopt when
    /// it is not a number. No hex, no blanks, no plus sign.
    static std::optional<Number> parse(std::string_view text);
    /// Integer text in base 2 to 62, as `parseint` takes it.
    static std::optional<Number> parse_integer(std::string_view text, int base);

    bool is_integer() const;
    bool is_infinite() const;
    bool is_negative() const;
    bool is_zero() const;
    /// The value where it is an integer that fits, otherwise nullopt.
    std::optional<std::int64_t> to_int64() const;
    /// Rounded to the nearest double; ±infinity when it is too large.
    double to_double() const;
    /// Exact decimal text without an exponent, as Terraform prints numbers in strings and JSON.
    std::string to_string() const;

    Number operator-() const;
    friend std::optional<Number> add(const Number& a, const Number& b);
    friend std::optional<Number> subtract(const Number& a, const Number& b);
    friend std::optional<Number> multiply(const Number& a, const Number& b);
    /// `x/0` is infinity; `0/0` and `inf/inf` have no value.
    friend std::optional<Number> divide(const Number& a, const Number& b);
    /// Remainder with the sign of the dividend, as Terraform's `%`.
    friend std::optional<Number> modulo(const Number& a, const Number& b);
    Number floor() const;
    Number ceil() const;
    Number absolute() const;

    friend std::strong_ordering compare(const Number& a, const Number& b);
    friend bool operator==(const Number& a, const Number& b) { return std::is_eq(compare(a, b)); }
    friend bool operator<(const Number& a, const Number& b) { return std::is_lt(compare(a, b)); }

  private:
    struct Big;
    std::int64_t small_ = 0;
    std::shared_ptr<const Big> big_;  // null: the value is small_
};

std::optional<Number> add(const Number& a, const Number& b);
std::optional<Number> subtract(const Number& a, const Number& b);
std::optional<Number> multiply(const Number& a, const Number& b);
std::optional<Number> divide(const Number& a, const Number& b);
std::optional<Number> modulo(const Number& a, const Number& b);
std::strong_ordering compare(const Number& a, const Number& b);

}  // namespace plumbline
