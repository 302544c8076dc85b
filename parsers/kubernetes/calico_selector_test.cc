#include "parsers/kubernetes/calico_selector.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace plumbline::kubernetes {
namespace {

TEST_CASE("selectors over labels, as Calico documents them") {
    const std::map<std::string, std::string, std::less<>> labels = {
        {"app", "web"}, {"app.kubernetes.io/tier", "front-end"}, {"in", "x"}, {"notes", "y"}};
    const auto answer = [&](std::string_view selector) {
        const auto held = calico_selects(selector, [&](std::string_view name) {
            const auto found = labels.find(name);
            return found == labels.end() ? std::nullopt : std::optional(found->second);
        });
        return !held ? "no selector" : *held ? "yes" : "no";
    };
    struct Row {
        const char *selector, *answer;
    };
    for (const Row& row : std::vector<Row>{
             {"", "yes"},
             {"  ", "yes"},
             {"all()", "yes"},
             {"global()", "no"},
             {"app == 'web'", "yes"},
             {"app==\"web\"", "yes"},
             {"app == 'db'", "no"},
             {"none == 'web'", "no"},
             {"app != 'db'", "yes"},
             {"none != 'db'", "yes"},  // also without the label
             {"has(app)", "yes"},
             {"has( app )", "yes"},
             {"has(none)", "no"},
             {"!has(none)", "yes"},
             {"!!has(app)", "yes"},
             {"app in {'db', 'web'}", "yes"},
             {"app in {'db'}", "no"},
             {"app in {}", "no"},
             {"app not in {'db'}", "yes"},
             {"none not in {'db'}", "yes"},
             {"app not in {'web'}", "no"},
             {"app contains 'e'", "yes"},
             {"app contains 'x'", "no"},
             {"app starts with 'w'", "yes"},
             {"app ends with 'b'", "yes"},
             {"app ends with 'w'", "no"},
             {"app.kubernetes.io/tier == 'front-end'", "yes"},
             // Labels that are called like operators.
             {"in in {'x'}", "yes"},
             {"notes == 'y'", "yes"},
             // && binds closer than ||, parentheses closest.
             {"app == 'db' && has(app) || has(notes)", "yes"},
             {"app == 'db' && (has(app) || has(notes))", "no"},
             {"has(notes) || has(app) && app == 'db'", "yes"},
             {"!(app == 'db') && has(app)", "yes"},
             {"app", "no selector"},
             {"app =", "no selector"},
             {"app == web", "no selector"},
             {"app == 'web", "no selector"},
             {"app == 'web' &&", "no selector"},
             {"app == 'web' app == 'web'", "no selector"},
             {"(app == 'web'", "no selector"},
             {"app == 'web')", "no selector"},
             {"has(", "no selector"},
             {"has()", "no selector"},
             {"app in {'a'", "no selector"},
             {"app in 'a'", "no selector"},
             {"app starts 'a'", "no selector"},
             {"app not 'a'", "no selector"},
             {"== 'a'", "no selector"},
             {"&& has(app)", "no selector"},
         })
        CHECK_MESSAGE(answer(row.selector) == std::string(row.answer), std::string(row.selector), " is ",
                      std::string(answer(row.selector)));
    // Nested deeper than anybody writes.
    CHECK(answer(std::string(40, '(') + "has(app)" + std::string(40, ')')) == std::string("yes"));
    CHECK(answer(std::string(100000, '(')) == std::string("no selector"));
    CHECK(answer(std::string(100000, '!') + "has(app)") == std::string("no selector"));
}

}  // namespace
}  // namespace plumbline::kubernetes
