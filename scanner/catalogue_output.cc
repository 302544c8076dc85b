#include "scanner/catalogue_output.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline {

std::optional<std::string_view> format_of(const Options& options, const std::vector<std::string_view>& allowed,
                                          std::ostream& err) {
    const std::string_view format = options.outputs.empty() ? "text" : std::string_view(options.outputs.back().format);
    const std::string_view wanted = format == "terminal" ? "text" : format;
    if (std::find(allowed.begin(), allowed.end(), wanted) != allowed.end()) return wanted;
    err << "plumbline " << options.command << ": --format is " << joined(allowed) << " here, not " << quoted(format)
        << "." << suggestion(format, allowed) << "\n";
    return std::nullopt;
}

Value text(std::string_view value) {
    return Value::string(std::string(value));
}

Value texts(const std::vector<std::string_view>& values) {
    std::vector<Value> items;
    for (std::string_view value : values) items.push_back(text(value));
    return Value::tuple(std::move(items));
}

void write_list(const std::vector<Value>& items, std::ostream& out) {
    out << "[";
    for (std::size_t i = 0; i < items.size(); ++i) out << (i == 0 ? "\n" : ",\n") << items[i].to_text();
    out << "\n]\n";
}

std::string joined(const std::vector<std::string_view>& items) {
    std::string out;
    for (std::string_view item : items) out += (out.empty() ? "" : ", ") + printable(item);
    return out;
}

}  // namespace plumbline
