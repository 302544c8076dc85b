#include "scanner/history.h"

#include <algorithm>
#include <optional>

#include "scanner/document.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

/// A moment of a document, comparable as text: RFC 3339 in UTC, or a date, which stands for its beginning.
std::optional<std::string> moment_of(const Value& value) {
    if (!value.is_string()) return std::nullopt;
    const std::string& text = value.as_string();
    if (is_date(text)) return text + "T00:00:00Z";
    if (text.size() == 20 && is_date(text.substr(0, 10)) && text[10] == 'T' && text.ends_with('Z')) return text;
    return std::nullopt;
}

std::string text_at(const Value& mapping, std::string_view key) {
    const Member* member = mapping.find(key);
    return member && member->value.is_string() ? member->value.as_string() : std::string();
}

struct Interval {
    std::string from, to, verdict;
};

class HistoryReader {
  public:
    HistoryReader(History& history, Diagnostics& diagnostics) : history_(history), diagnostics_(diagnostics) {}

    void read(const Value& document) {
        if (!document.is_mapping()) return fault(document, "a history is a mapping with `controls` or `trend`");
        const Member *controls = document.find("controls"), *trend = document.find("trend");
        if (!controls && !trend) return fault(document, "there are neither `controls` nor a `trend` in it");
        if (const Member* period = document.find("period"); period && period->value.is_mapping()) {
            const Member *from = period->value.find("from"), *to = period->value.find("to");
            if (from) from_ = moment_of(from->value);
            if (to) to_ = moment_of(to->value);
        }
        if (controls) {
            for (const Value& control : controls->value.elements()) read_control(control);
        }
        if (trend) {
            for (const Value& point : trend->value.elements()) read_point(point);
        }
        std::stable_sort(history_.trend.begin(), history_.trend.end(),
                         [](const TrendPoint& a, const TrendPoint& b) { return a.date < b.date; });
    }

  private:
    void fault(const Value& value, const std::string& what) {
        diagnostics_.error("history", "This is no dated result: " + what,
                           "Give what `plumbline audit --format json` writes.", place_of(value));
    }

    void read_control(const Value& value) {
        const std::string id = value.is_mapping() ? text_at(value, "id") : std::string();
        const Member* list = value.is_mapping() ? value.find("intervals") : nullptr;
        if (id.empty() || !list) return fault(value, "a control has an `id` and `intervals`");
        std::vector<Interval> intervals;
        for (const Value& each : list->value.elements()) {
            const Member* from = each.is_mapping() ? each.find("from") : nullptr;
            const Member* to = each.is_mapping() ? each.find("to") : nullptr;
            const auto begin = from ? moment_of(from->value) : std::nullopt,
                       end = to ? moment_of(to->value) : std::nullopt;
            if (!begin || !end || *end < *begin)
                return fault(each, "an interval of " + quoted(id) + " has `from` and `to` as times in UTC");
            intervals.push_back({*begin, *end, text_at(each, "verdict")});
        }
        if (intervals.empty()) return;
        std::sort(intervals.begin(), intervals.end(),
                  [](const Interval& a, const Interval& b) { return a.from < b.from; });
        history_.controls[id] = summary_of(intervals);
    }

    History::Control summary_of(const std::vector<Interval>& intervals) const {
        const std::string begin = from_.value_or(intervals.front().from);
        std::string reached = begin;
        History::Control out;
        out.unbroken = true;
        bool passed = false, clean = true;
        for (const Interval& each : intervals) {
            if (each.from > reached) out.unbroken = false;
            reached = std::max(reached, each.to);
            passed = passed || each.verdict == "pass";
            // Of a stretch in which there was nothing to judge, nothing has to be shown.
            clean = clean && (each.verdict == "pass" || each.verdict == "not_applicable");
        }
        if (to_ && reached < *to_) out.unbroken = false;
        out.effective = passed && clean;
        out.from = begin.substr(0, 10);
        out.to = reached.substr(0, 10);
        return out;
    }

    void read_point(const Value& value) {
        TrendPoint point;
        if (value.is_mapping()) point.date = text_at(value, "date").substr(0, 10);
        if (!is_date(point.date)) return fault(value, "a point of the trend has a `date`, YYYY-MM-DD");
        const auto count = [&](std::string_view key) -> std::uint64_t {
            const Member* member = value.find(key);
            const auto number =
                member && member->value.is_number() ? member->value.as_number().to_int64() : std::nullopt;
            return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
        };
        point.counts.pass = count("pass");
        point.counts.fail = count("fail");
        point.counts.undecided = count("undecided");
        point.counts.accepted = count("accepted");
        history_.trend.push_back(std::move(point));
    }

    History& history_;
    Diagnostics& diagnostics_;
    std::optional<std::string> from_, to_;
};

}  // namespace

void read_history(const Value& document, History& history, Diagnostics& diagnostics) {
    HistoryReader(history, diagnostics).read(document);
}

void apply_history(const History& history, Report& report) {
    for (ControlInfo& control : report.controls) {
        const auto found = history.controls.find(std::string(control.id));
        if (found == history.controls.end()) continue;
        const History::Control& past = found->second;
        control.history = past.from + " to " + past.to;
        if (!past.unbroken) control.history += ", with gaps";
        if (!past.effective) control.history += ", not effective throughout";
        control.dated_history = past.unbroken && past.effective;
    }
    report.trend = history.trend;
}

}  // namespace plumbline
