#include "reporters/csv_writer.h"

#include "scanner/model/text.h"

namespace plumbline {

void CsvWriter::row(const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        std::string text = printable(cells[i]);
        if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos)
            text.insert(0, 1, '\'');
        if (text.find_first_of(",\"") == std::string::npos) {
            line += text;
            continue;
        }
        line += '"';
        for (char c : text) {
            if (c == '"') line += '"';
            line += c;
        }
        line += '"';
    }
    out_ << line << '\n';
}

std::string cell(std::string_view text) {
    return std::string(text);
}

std::string cell(std::uint64_t number) {
    return std::to_string(number);
}

}  // namespace plumbline
