#include <cmath>

#include "parsers/terraform/function_values.h"

// Numbers.
namespace plumbline::terraform {
namespace {

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

}  // namespace

std::span<const Function> number_functions() {
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
    };
    return functions;
}

}  // namespace plumbline::terraform
