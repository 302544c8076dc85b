#include <algorithm>
#include <array>
#include <cmath>

#include "parsers/terraform/function_values.h"
#include "scanner/model/text.h"

// Dates and times.
namespace plumbline::terraform {
namespace {

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

/// A plan takes the time of its run.
Result now(Arguments&, const Context&) {
    return Value::unknown(Type::string(), make_cause("the time of the plan is not known"), not_null());
}

}  // namespace

std::span<const Function> date_functions() {
    static const std::vector<Function> functions = {
        {"timestamp", {}, false, {}, Type::string(), now},
        {"plantimestamp", {}, false, {}, Type::string(), now},
        {"formatdate", {string_parameter, string_parameter}, false, {}, Type::string(), formatdate},
        {"timeadd", {string_parameter, string_parameter}, false, {}, Type::string(), timeadd},
        {"timecmp", {string_parameter, string_parameter}, false, {}, Type::number(), timecmp},
    };
    return functions;
}

}  // namespace plumbline::terraform
