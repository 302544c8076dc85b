#include "scanner/acceptance.h"

#include <doctest/doctest.h>

namespace plumbline {
namespace {

WaiverInfo exception(std::string kind, std::string rule, std::string path, std::string expires) {
    WaiverInfo info;
    info.rules = {std::move(rule)};
    info.path = std::move(path);
    info.acceptance.kind = std::move(kind);
    info.acceptance.expires = std::move(expires);
    return info;
}

std::vector<std::string> described(const std::vector<WaiverInfo>& exceptions) {
    std::vector<std::string> out;
    for (const WaiverInfo& info : exceptions)
        out.push_back(info.rules.front() + " " + info.path + " " + info.acceptance.expires);
    return out;
}

TEST_CASE("what a change adds: new exceptions and those that last longer, not those that moved or were shortened") {
    const std::vector<WaiverInfo> before = {
        exception("external", "a", "x.tf", "2026-01-01"), exception("external", "b", "x.tf", "2026-01-01"),
        exception("external", "c", "x.tf", "2026-01-01"), exception("inSource", "d", "x.tf", "")};
    const std::vector<WaiverInfo> after = {
        exception("inSource", "d", "x.tf", ""),           exception("inSource", "d", "x.tf", ""),
        exception("external", "c", "x.tf", "2025-12-31"), exception("external", "b", "x.tf", "2026-01-02"),
        exception("external", "a", "x.tf", "2026-01-01"), exception("external", "a", "y.tf", "2026-01-01"),
        exception("inSource", "a", "x.tf", "2026-01-01")};
    CHECK(described(added_exceptions(before, after)) ==
          std::vector<std::string>{"d x.tf ", "b x.tf 2026-01-02", "a y.tf 2026-01-01", "a x.tf 2026-01-01"});
    CHECK(added_exceptions(after, after).empty());
}

}  // namespace
}  // namespace plumbline
