#include "rules/pack.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace plumbline {
namespace {

// Deeper than the YAML reader goes (400 levels); bounds the recursion here and in the reader of the pack.
constexpr int max_depth = 500;
constexpr std::size_t word = 4;

enum class NumberForm : std::uint8_t { integer, decimal, binary };

void put_word(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::uint32_t get_word(std::string_view bytes, std::size_t at) {
    assert(at + word <= bytes.size());
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < word; ++i) {
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    }
    return value;
}

void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
    out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
    put_varint(out, text.size());
    out += text;
}

bool put_type(std::string& out, const Type& type, int depth) {
    if (depth > max_depth) return false;
    out += static_cast<char>(type.kind());
    if (type.is_collection()) return put_type(out, type.element(), depth + 1);
    if (type.kind() == Type::Kind::tuple) {
        put_varint(out, type.elements().size());
        for (const Type& element : type.elements()) {
            if (!put_type(out, element, depth + 1)) return false;
        }
    } else if (type.kind() == Type::Kind::object) {
        put_varint(out, type.attributes().size());
        for (const ObjectAttribute& attribute : type.attributes()) {
            put_text(out, attribute.name);
            out += static_cast<char>(attribute.optional);
            if (!put_type(out, attribute.type, depth + 1)) return false;
        }
    }
    return true;
}

/// `12.5` -> `1.25e1`: the text of a number far from 1 has thousands of zeros, more than `Number::parse` takes.
std::string scientific(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string digits(text);
    if (point < digits.size()) digits.erase(point, 1);
    const std::size_t first = digits.find_first_not_of('0');
    if (first == std::string::npos) return "0";
    const std::size_t last = digits.find_last_not_of('0');
    const long exponent = static_cast<long>(point) - static_cast<long>(first) - 1;
    std::string out(negative ? "-" : "");
    out += digits[first];
    if (last > first) out += "." + digits.substr(first + 1, last - first);
    return out + "e" + std::to_string(exponent);
}

/// The decimal text first: that is how every number of a YAML file was made. Numbers that came from doubles (and
/// infinity) have no short exact text; those go as a double's bits. Each form is tried by reading it back.
bool put_number(std::string& out, const Number& number) {
    if (const auto integer = number.to_int64()) {
        out += static_cast<char>(NumberForm::integer);
        const auto bits = static_cast<std::uint64_t>(*integer);
        put_varint(out, bits << 1 ^ (*integer < 0 ? ~std::uint64_t{0} : 0));
        return true;
    }
    const std::string plain = number.to_string();
    for (const std::string& text : {plain, scientific(plain)}) {
        const auto back = Number::parse(text);
        if (!back || !(*back == number)) continue;
        out += static_cast<char>(NumberForm::decimal);
        put_text(out, text);
        return true;
    }
    const double binary = number.to_double();
    if (!(Number::from_double(binary) == number)) return false;
    out += static_cast<char>(NumberForm::binary);
    const auto bits = std::bit_cast<std::uint64_t>(binary);
    put_word(out, static_cast<std::uint32_t>(bits));
    put_word(out, static_cast<std::uint32_t>(bits >> 32));
    return true;
}

bool put_value(std::string& out, const Value& value, int depth) {
    if (depth > max_depth) return false;
    out += static_cast<char>(static_cast<unsigned>(value.kind()) | static_cast<unsigned>(value.marks()) << 4);
    switch (value.kind()) {
        case Value::Kind::null:
            return put_type(out, value.type(), depth);
        case Value::Kind::boolean:
            out += static_cast<char>(value.as_bool());
            return true;
        case Value::Kind::number:
            return put_number(out, value.as_number());
        case Value::Kind::string:
            put_text(out, value.as_string());
            return true;
        case Value::Kind::list:
        case Value::Kind::set:
            if (!put_type(out, value.element_type(), depth)) return false;
            [[fallthrough]];
        case Value::Kind::tuple:
            put_varint(out, value.elements().size());
            for (const Value& element : value.elements()) {
                if (!put_value(out, element, depth + 1)) return false;
            }
            return true;
        case Value::Kind::map:
            if (!put_type(out, value.element_type(), depth)) return false;
            [[fallthrough]];
        case Value::Kind::object:
            put_varint(out, value.members().size());
            for (const Member& member : value.members()) {
                put_text(out, member.name);
                if (!put_value(out, member.value, depth + 1)) return false;
            }
            return true;
        case Value::Kind::unknown:
            break;
    }
    return false;
}

/// A cursor over one value's bytes.
class Decoder {
  public:
    explicit Decoder(std::string_view bytes) : bytes_(bytes) {}

    Value value() {
        const std::uint8_t tag = byte();
        Value decoded = payload(static_cast<Value::Kind>(tag & 0x0F));
        return tag >> 4 == 0 ? decoded : decoded.with_marks(static_cast<std::uint8_t>(tag >> 4));
    }
    std::string_view rest() const { return bytes_.substr(at_); }

    std::uint8_t byte() {
        assert(at_ < bytes_.size());
        return static_cast<std::uint8_t>(bytes_[at_++]);
    }
    /// How many parts follow; each takes at least one byte.
    std::size_t count() {
        const std::size_t parts = varint();
        assert(parts <= bytes_.size() - at_);
        return parts;
    }
    std::string_view text() {
        const std::size_t size = count();
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }

  private:
    Value payload(Value::Kind kind) {
        switch (kind) {
            case Value::Kind::null:
                return Value::null(type());
            case Value::Kind::boolean:
                return Value::boolean(byte() != 0);
            case Value::Kind::number:
                return Value::number(number());
            case Value::Kind::string:
                return Value::string(std::string(text()));
            case Value::Kind::tuple:
                return Value::tuple(elements());
            case Value::Kind::object:
                return Value::object(members());
            case Value::Kind::list: {
                Type element = type();
                return Value::list(std::move(element), elements());
            }
            case Value::Kind::set: {
                Type element = type();
                return Value::set(std::move(element), elements());
            }
            case Value::Kind::map: {
                Type element = type();
                return Value::map(std::move(element), members());
            }
            case Value::Kind::unknown:
                break;
        }
        assert(!"a pack holds no unknown values");
        return {};
    }
    std::vector<Value> elements() {
        std::vector<Value> all(count());
        for (Value& element : all) element = value();
        return all;
    }
    std::vector<Member> members() {
        std::vector<Member> all(count());
        for (Member& member : all) {
            member.name = text();
            member.value = value();
        }
        return all;
    }
    Number number() {
        switch (static_cast<NumberForm>(byte())) {
            case NumberForm::integer: {
                const std::uint64_t zigzag = varint();
                return Number(static_cast<std::int64_t>(zigzag >> 1 ^ (~(zigzag & 1) + 1)));
            }
            case NumberForm::decimal: {
                const auto parsed = Number::parse(text());
                assert(parsed);
                return parsed.value_or(Number());
            }
            case NumberForm::binary:
                break;
        }
        const std::uint64_t low = get_word(bytes_, at_), high = get_word(bytes_, at_ + word);
        at_ += 2 * word;
        return Number::from_double(std::bit_cast<double>(low | high << 32));
    }
    Type type() {
        switch (static_cast<Type::Kind>(byte())) {
            case Type::Kind::dynamic:
                return {};
            case Type::Kind::boolean:
                return Type::boolean();
            case Type::Kind::number:
                return Type::number();
            case Type::Kind::string:
                return Type::string();
            case Type::Kind::list:
                return Type::list(type());
            case Type::Kind::set:
                return Type::set(type());
            case Type::Kind::map:
                return Type::map(type());
            case Type::Kind::tuple: {
                std::vector<Type> all(count());
                for (Type& element : all) element = type();
                return Type::tuple(std::move(all));
            }
            case Type::Kind::object: {
                std::vector<ObjectAttribute> all(count());
                for (ObjectAttribute& attribute : all) {
                    attribute.name = text();
                    attribute.optional = byte() != 0;
                    attribute.type = type();
                }
                return Type::object(std::move(all));
            }
        }
        assert(!"not a kind of type");
        return {};
    }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            assert(shift < 64);
            const std::uint8_t part = byte();
            value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace

bool PackWriter::add(const Value& value) {
    const std::size_t before = bytes_.size();
    if (!put_value(bytes_, value, 0) || bytes_.size() > std::numeric_limits<std::uint32_t>::max()) {
        bytes_.resize(before);
        return false;
    }
    put_word(ends_, static_cast<std::uint32_t>(bytes_.size()));
    ++count_;
    return true;
}

std::string PackWriter::finish() const {
    std::string out;
    out.reserve(word + ends_.size() + bytes_.size());
    put_word(out, count_);
    return out + ends_ + bytes_;
}

std::size_t PackReader::size() const {
    return pack_.empty() ? 0 : get_word(pack_, 0);
}

std::uint32_t PackReader::end_of(std::size_t index) const {
    return get_word(pack_, word + index * word);
}

Value PackReader::value(std::size_t index) const {
    Decoder decoder(bytes(index));
    Value value = decoder.value();
    assert(decoder.rest().empty());
    return value;
}

std::string_view PackReader::bytes(std::size_t index) const {
    assert(index < size());
    const std::size_t first = word + size() * word;
    const std::uint32_t begin = index == 0 ? 0 : end_of(index - 1), end = end_of(index);
    assert(begin <= end && first + end <= pack_.size());
    return pack_.substr(first + begin, end - begin);
}

std::size_t PackCursor::enter(Value::Kind kind) {
    Decoder decoder(rest_);
    if (static_cast<Value::Kind>(decoder.byte() & 0x0F) != kind) {
        skip();
        return 0;
    }
    const std::size_t parts = decoder.count();
    rest_ = decoder.rest();
    return parts;
}

std::size_t PackCursor::members() {
    return enter(Value::Kind::object);
}

std::size_t PackCursor::elements() {
    return enter(Value::Kind::tuple);
}

std::string_view PackCursor::name() {
    Decoder decoder(rest_);
    const std::string_view name = decoder.text();
    rest_ = decoder.rest();
    return name;
}

std::string_view PackCursor::text() {
    Decoder decoder(rest_);
    if (static_cast<Value::Kind>(decoder.byte() & 0x0F) != Value::Kind::string) {
        skip();
        return {};
    }
    const std::string_view text = decoder.text();
    rest_ = decoder.rest();
    return text;
}

void PackCursor::skip() {
    Decoder decoder(rest_);
    decoder.value();
    rest_ = decoder.rest();
}

}  // namespace plumbline
