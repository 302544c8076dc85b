#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

#include "parsers/terraform/encoding.h"
#include "parsers/terraform/function_values.h"
#include "scanner/model/text.h"

// Hashes, keys and random identifiers.
namespace plumbline::terraform {
namespace {

std::string digest(std::string_view bytes, const EVP_MD* kind) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, kind, nullptr);
    return {reinterpret_cast<const char*>(out.data()), size};
}
std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}
template <const EVP_MD* (*Kind)()>
Result hash_hex(Arguments& a, const Context&) {
    return text(hex(digest(str(a[0]), Kind())));
}
template <const EVP_MD* (*Kind)()>
Result hash_base64(Arguments& a, const Context&) {
    return text(base64_encode(digest(str(a[0]), Kind())));
}

template <const EVP_MD* (*Kind)(), bool Base64>
Result file_hash(Arguments& a, const Context& context) {
    const auto bytes = read_file(context, str(a[0]));
    if (!bytes) return no_file(str(a[0]));
    const std::string made = digest(*bytes, Kind());
    return text(Base64 ? base64_encode(made) : hex(made));
}

Result uuidv5(Arguments& a, const Context&) {
    std::string space = str(a[0]);
    if (space == "dns")
        space = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    else if (space == "url")
        space = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
    else if (space == "oid")
        space = "6ba7b812-9dad-11d1-80b4-00c04fd430c8";
    else if (space == "x500")
        space = "6ba7b814-9dad-11d1-80b4-00c04fd430c8";
    std::string bytes;
    std::string digits;
    for (char c : space) {
        if (c == '-') continue;
        if (!std::isxdigit(static_cast<unsigned char>(c)))
            return fail("uuidv5() doesn't support namespace " + space, 0);
        digits += c;
    }
    if (digits.size() != 32) return fail("uuidv5() doesn't support namespace " + space, 0);
    for (std::size_t i = 0; i < 32; i += 2) bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    std::string made = digest(bytes + str(a[1]), EVP_sha1()).substr(0, 16);
    made[6] = static_cast<char>((static_cast<unsigned char>(made[6]) & 0x0F) | 0x50);
    made[8] = static_cast<char>((static_cast<unsigned char>(made[8]) & 0x3F) | 0x80);
    std::string out = hex(made);
    for (std::size_t at : {20U, 16U, 12U, 8U}) out.insert(at, "-");
    return text(std::move(out));
}

/// PKCS #1 v1.5, as AWS encrypts the first password of a Windows instance.
Result rsadecrypt(Arguments& a, const Context&) {
    const auto bytes = base64_decode(str(a[0]));
    if (!bytes) return fail("failed to decode input: cipher text must be base64-encoded", 0);
    const auto no_password = [](char*, int, int, void*) { return 0; };
    const std::unique_ptr<BIO, decltype(&BIO_free)> input(
        BIO_new_mem_buf(str(a[1]).data(), static_cast<int>(str(a[1]).size())), &BIO_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(input.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return fail("invalid private key: no key found", 1);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(key.get(), nullptr),
                                                                              &EVP_PKEY_CTX_free);
    const auto* in = reinterpret_cast<const unsigned char*>(bytes->data());
    std::size_t size = 0;
    if (!context || EVP_PKEY_decrypt_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) <= 0 ||
        EVP_PKEY_decrypt(context.get(), nullptr, &size, in, bytes->size()) <= 0)
        return fail("failed to decrypt");
    std::string out(size, '\0');
    if (EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, in, bytes->size()) <= 0)
        return fail("failed to decrypt: decryption error");
    out.resize(size);
    if (!is_utf8(out)) return fail("the decrypted text is not valid UTF-8");
    return text(std::move(out));
}

Result impure(Arguments&, const Context&) {
    return Value::unknown(Type::string(), make_cause("the function gives another value on every run"), not_null());
}

}  // namespace

std::span<const Function> hash_functions() {
    static const std::vector<Function> functions = {
        {"md5", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_md5>},
        {"sha1", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_sha1>},
        {"sha256", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_sha256>},
        {"sha512", {string_parameter}, false, {}, Type::string(), hash_hex<EVP_sha512>},
        {"base64sha256", {string_parameter}, false, {}, Type::string(), hash_base64<EVP_sha256>},
        {"base64sha512", {string_parameter}, false, {}, Type::string(), hash_base64<EVP_sha512>},
        {"filemd5", {string_parameter}, false, {}, Type::string(), file_hash<EVP_md5, false>},
        {"filesha1", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha1, false>},
        {"filesha256", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha256, false>},
        {"filesha512", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha512, false>},
        {"filebase64sha256", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha256, true>},
        {"filebase64sha512", {string_parameter}, false, {}, Type::string(), file_hash<EVP_sha512, true>},
        {"bcrypt", {string_parameter}, true, number_parameter, Type::string(), impure},
        {"uuid", {}, false, {}, Type::string(), impure},
        {"uuidv5", {string_parameter, string_parameter}, false, {}, Type::string(), uuidv5},
        {"rsadecrypt", {string_parameter, string_parameter}, false, {}, Type::string(), rsadecrypt},
    };
    return functions;
}

}  // namespace plumbline::terraform
