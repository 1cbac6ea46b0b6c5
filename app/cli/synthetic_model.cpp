#include "app/cli/synthetic_model.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace app::cli {
namespace {

// Numbers of Gemma 3n (spec 01 §1). A narrow one has the layers and the kinds of layers of the
// published model, and is small enough for a test.
struct Shape {
    std::string_view name;
    std::uint32_t layers;
    std::uint32_t sharedKvLayers;
    std::uint32_t hidden;
    std::uint32_t ffnWidth;
    std::uint32_t headDim;
    std::uint32_t perLayerInput;
    std::uint32_t laurelRank;
    std::uint32_t vocabulary;
    std::string_view sizes;  // that are nested in it, where its shape is not one whose are known
};

constexpr std::array kShapes = {
    Shape{"e2b", 30, 10, 2048, 8192, 256, 256, 64, 262144, {}},
    Shape{"e4b", 35, 15, 2048, 16384, 256, 256, 64, 262144, {}},
    Shape{"e2b-narrow", 30, 10, 256, 512, 32, 256, 256, 1024, {}},
    Shape{"e4b-narrow", 35, 15, 256, 1024, 32, 256, 256, 1024,
          R"({"sizes": [{"name": "E2B", "ffn": 512, "skip": [20, 21, 22, 23, 24]}]})"},
};

constexpr std::uint32_t kHeads = 8;
constexpr std::uint32_t kKvHeads = 2;
constexpr std::uint32_t kAltupInputs = 4;

// A half-precision number in each block, which random bits would make anything.
struct HalfAt {
    std::uint32_t offset;
    std::uint16_t bits;
};

// Blocks are random but for their scales, which give weights of about ±0.02.
struct BlockType {
    std::string_view name;
    std::uint32_t ggmlNumber;
    std::uint32_t elements;
    std::uint32_t bytes;
    std::array<HalfAt, 2> halves;  // those with no bits set are none
};

constexpr std::array kTypes = {
    BlockType{"q4_0", 2, 32, 18, {{{0, 0x1C67}, {}}}},              // 0.0043
    BlockType{"q4_1", 3, 32, 20, {{{0, 0x1C67}, {2, 0xA839}}}},     // 0.0043, -0.033
    BlockType{"q5_0", 6, 32, 22, {{{0, 0x1881}, {}}}},              // 0.0022
    BlockType{"q5_1", 7, 32, 24, {{{0, 0x1881}, {2, 0xA85A}}}},     // 0.0022, -0.034
    BlockType{"q8_0", 8, 32, 34, {{{0, 0x0C6C}, {}}}},              // 0.00027
    BlockType{"q4_k", 12, 256, 144, {{{0, 0x0843}, {2, 0x13FD}}}},  // 0.00013, 7.5 of them
    BlockType{"q5_k", 13, 256, 176, {{{0, 0x0464}, {2, 0x141E}}}},  // 0.000067, 15 of them
    BlockType{"q6_k", 14, 256, 210, {{{208, 0x011D}, {}}}},         // 0.000017
};

constexpr std::uint32_t kF32 = 0;
constexpr std::uint32_t kF16 = 1;
constexpr std::size_t kPatternBytes = std::size_t{1} << 20;
constexpr std::uint64_t kAlignment = 32;
constexpr float kNorm = 1.0F;    // weights of norms
constexpr float kSmall = 0.03F;  // of what mixes streams

// A linear congruential generator; its upper bits are random enough.
class Random {
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}

    std::uint32_t next()
    {
        m_state = m_state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<std::uint32_t>(m_state >> 32);
    }

private:
    std::uint64_t m_state;
};

// About a mebibyte of blocks; a matrix repeats them. 16-bit floats are of one sign and exponent
// or the other's: ±2⁻⁶ to ±2⁻⁵.
std::vector<char> blocksOf(const BlockType* type)
{
    const std::size_t blockBytes = type != nullptr ? type->bytes : 2;
    std::vector<char> pattern(kPatternBytes / blockBytes * blockBytes);
    Random random(1);
    for (std::size_t i = 0; i + 4 <= pattern.size(); i += 4) {
        std::uint32_t bits = random.next();
        if (type == nullptr)
            bits = (bits & 0x83FF83FFU) | 0x24002400U;
        std::memcpy(pattern.data() + i, &bits, sizeof bits);
    }
    for (std::size_t block = 0; type != nullptr && block < pattern.size(); block += blockBytes) {
        for (const HalfAt& half : type->halves) {
            if (half.bits != 0)
                std::memcpy(pattern.data() + block + half.offset, &half.bits, sizeof half.bits);
        }
    }
    return pattern;
}

std::vector<char> vectorOf(float value)
{
    std::vector<char> pattern(kPatternBytes);
    for (std::size_t i = 0; i < pattern.size(); i += sizeof value)
        std::memcpy(pattern.data() + i, &value, sizeof value);
    return pattern;
}

// So many bytes of a pattern over and over, and the padding behind them.
void writeRepeated(std::ofstream& out, const std::vector<char>& pattern, std::uint64_t bytes)
{
    for (std::uint64_t done = 0; done < bytes; done += pattern.size())
        out.write(pattern.data(), static_cast<std::streamsize>(
                                      std::min<std::uint64_t>(pattern.size(), bytes - done)));
    const std::array<char, kAlignment> padding{};
    out.write(padding.data(),
              static_cast<std::streamsize>((kAlignment - bytes % kAlignment) % kAlignment));
}

// The head of a GGUF file (spec 01 §4.1), then its tensors.
class Writer {
public:
    Writer(const Shape& shape, const BlockType* type) : m_shape(shape), m_type(type) {}

    void describe();
    bool write(const std::filesystem::path& path) const;

private:
    struct Tensor {
        std::uint64_t bytes;
        const BlockType* blocks;  // null: of 16-bit floats
        float value;              // of a vector's elements; 0 in a matrix
    };

    template <typename Number>
    static void append(std::string& out, Number number)
    {
        std::array<char, sizeof number> bytes{};
        std::memcpy(bytes.data(), &number, sizeof number);
        out.append(bytes.data(), bytes.size());
    }

    static void appendText(std::string& out, std::string_view text)
    {
        append<std::uint64_t>(out, text.size());
        out += text;
    }

    void key(std::string_view name, std::uint32_t type)
    {
        appendText(m_keys, name);
        append(m_keys, type);
        ++m_keyCount;
    }

    void number(const std::string& name, std::uint32_t value)
    {
        constexpr std::uint32_t kU32 = 4;
        key("gemma3n." + name, kU32);
        append(m_keys, value);
    }

    void list(std::string_view name, std::uint32_t type)
    {
        constexpr std::uint32_t kList = 9;
        key(name, kList);
        append(m_keys, type);
        append<std::uint64_t>(m_keys, m_shape.vocabulary);
    }

    void tokenizer();
    // Sizes are the innermost first. Rows that are no whole blocks are of 16-bit floats.
    void matrix(const std::string& name, const std::vector<std::uint64_t>& sizes);
    void vector(const std::string& name, const std::vector<std::uint64_t>& sizes, float value);
    std::uint64_t describeTensor(const std::string& name, const std::vector<std::uint64_t>& sizes,
                                 std::uint32_t ggmlType);
    void place(const Tensor& tensor);
    void layer(std::uint32_t index);

    const Shape& m_shape;
    const BlockType* m_type;
    std::string m_keys;
    std::uint64_t m_keyCount = 0;
    std::string m_tensorInfo;
    std::vector<Tensor> m_tensors;
    std::uint64_t m_dataBytes = 0;
};

void Writer::tokenizer()
{
    constexpr std::uint32_t kText = 8;
    constexpr std::uint32_t kFloat = 6;
    constexpr std::uint32_t kInt = 5;
    constexpr std::array<std::string_view, 6> kMarkers{"<pad>", "<eos>",           "<bos>",
                                                       "<unk>", "<start_of_turn>", "<end_of_turn>"};
    constexpr std::size_t kBytes = 256;
    key("tokenizer.ggml.model", kText);
    appendText(m_keys, "llama");
    list("tokenizer.ggml.tokens", kText);
    for (std::size_t id = 0; id < m_shape.vocabulary; ++id) {
        constexpr std::string_view kHex = "0123456789ABCDEF";
        if (id < kMarkers.size()) {
            appendText(m_keys, kMarkers.at(id));
        } else if (id < kMarkers.size() + kBytes) {
            const std::size_t byte = id - kMarkers.size();
            appendText(m_keys, std::string("<0x") + kHex[byte / 16] + kHex[byte % 16] + ">");
        } else {
            appendText(m_keys, "piece" + std::to_string(id));
        }
    }
    list("tokenizer.ggml.scores", kFloat);
    for (std::size_t id = 0; id < m_shape.vocabulary; ++id)
        append(m_keys, -static_cast<float>(id));
    list("tokenizer.ggml.token_type", kInt);
    for (std::size_t id = 0; id < m_shape.vocabulary; ++id) {
        constexpr std::int32_t kNormal = 1;
        constexpr std::int32_t kUnknown = 2;
        constexpr std::int32_t kControl = 3;
        constexpr std::int32_t kByte = 6;
        const bool isMarker = id < kMarkers.size();
        append(m_keys, isMarker && kMarkers.at(id) == "<unk>" ? kUnknown
                       : isMarker                             ? kControl
                       : id < kMarkers.size() + kBytes        ? kByte
                                                              : kNormal);
    }
}

// Returns the number of elements.
std::uint64_t Writer::describeTensor(const std::string& name,
                                     const std::vector<std::uint64_t>& sizes,
                                     std::uint32_t ggmlType)
{
    std::uint64_t elements = 1;
    appendText(m_tensorInfo, name);
    append(m_tensorInfo, static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) {
        append(m_tensorInfo, size);
        elements *= size;
    }
    append(m_tensorInfo, ggmlType);
    append(m_tensorInfo, m_dataBytes);
    return elements;
}

void Writer::place(const Tensor& tensor)
{
    m_tensors.push_back(tensor);
    m_dataBytes += (tensor.bytes + kAlignment - 1) / kAlignment * kAlignment;
}

void Writer::matrix(const std::string& name, const std::vector<std::uint64_t>& sizes)
{
    const bool isWhole = m_type != nullptr && sizes.front() % m_type->elements == 0;
    const std::uint64_t elements = describeTensor(name, sizes, isWhole ? m_type->ggmlNumber : kF16);
    if (isWhole)
        place({elements / m_type->elements * m_type->bytes, m_type, 0.0F});
    else
        place({elements * 2, nullptr, 0.0F});
}

void Writer::vector(const std::string& name, const std::vector<std::uint64_t>& sizes, float value)
{
    place({describeTensor(name, sizes, kF32) * sizeof(float), nullptr, value});
}

void Writer::layer(std::uint32_t index)
{
    const std::string at = "blk." + std::to_string(index) + ".";
    const std::uint64_t hidden = m_shape.hidden;
    const std::uint64_t queries = std::uint64_t{kHeads} * m_shape.headDim;
    const std::uint64_t keys = std::uint64_t{kKvHeads} * m_shape.headDim;
    matrix(at + "attn_q.weight", {hidden, queries});
    matrix(at + "attn_k.weight", {hidden, keys});
    matrix(at + "attn_v.weight", {hidden, keys});
    matrix(at + "attn_output.weight", {queries, hidden});
    matrix(at + "ffn_gate.weight", {hidden, m_shape.ffnWidth});
    matrix(at + "ffn_up.weight", {hidden, m_shape.ffnWidth});
    matrix(at + "ffn_down.weight", {m_shape.ffnWidth, hidden});
    matrix(at + "laurel_l.weight", {hidden, m_shape.laurelRank});
    matrix(at + "laurel_r.weight", {m_shape.laurelRank, hidden});
    matrix(at + "inp_gate.weight", {hidden, m_shape.perLayerInput});
    matrix(at + "proj.weight", {m_shape.perLayerInput, hidden});
    for (const char* norm : {"attn_q_norm", "attn_k_norm"})
        vector(at + norm + ".weight", {m_shape.headDim}, kNorm);
    for (const char* norm :
         {"attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "post_norm",
          "laurel_post_norm", "altup_correct_scale", "altup_router_norm"})
        vector(at + norm + ".weight", {hidden}, kNorm);
    vector(at + "altup_router.weight", {hidden, kAltupInputs}, kSmall);
    vector(at + "altup_correct_coef.weight", {kAltupInputs, kAltupInputs}, kSmall);
    vector(at + "altup_predict_coef.weight",
           {kAltupInputs, std::uint64_t{kAltupInputs} * kAltupInputs}, kSmall);
}

void Writer::describe()
{
    constexpr std::uint32_t kText = 8;
    key("general.architecture", kText);
    appendText(m_keys, "gemma3n");
    key("general.name", kText);
    appendText(m_keys, "synthetic " + std::string(m_shape.name));
    number("block_count", m_shape.layers);
    number("embedding_length", m_shape.hidden);
    number("feed_forward_length", m_shape.ffnWidth);
    number("attention.head_count", kHeads);
    number("attention.head_count_kv", kKvHeads);
    number("attention.key_length", m_shape.headDim);
    number("attention.shared_kv_layers", m_shape.sharedKvLayers);
    number("embedding_length_per_layer_input", m_shape.perLayerInput);
    number("altup.num_inputs", kAltupInputs);
    if (!m_shape.sizes.empty()) {
        key("nestling.matformer.sizes", kText);
        appendText(m_keys, m_shape.sizes);
    }
    tokenizer();

    const std::uint64_t hidden = m_shape.hidden;
    const std::uint64_t perLayer = std::uint64_t{m_shape.layers} * m_shape.perLayerInput;
    matrix("token_embd.weight", {hidden, m_shape.vocabulary});
    matrix("per_layer_token_embd.weight", {perLayer, m_shape.vocabulary});
    matrix("per_layer_model_proj.weight", {hidden, perLayer});
    matrix("altup_proj.weight", {hidden, hidden, kAltupInputs - 1});
    matrix("altup_unembd_proj.weight", {hidden, hidden, kAltupInputs - 1});
    vector("per_layer_proj_norm.weight", {m_shape.perLayerInput}, kNorm);
    vector("output_norm.weight", {hidden}, kNorm);
    for (std::uint32_t i = 0; i < m_shape.layers; ++i)
        layer(i);
}

bool Writer::write(const std::filesystem::path& path) const
{
    constexpr std::uint32_t kVersion = 3;
    std::ofstream out(path, std::ios::binary);
    std::string head = "GGUF";
    append(head, kVersion);
    append<std::uint64_t>(head, m_tensors.size());
    append(head, m_keyCount);
    head += m_keys;
    head += m_tensorInfo;
    head.resize((head.size() + kAlignment - 1) / kAlignment * kAlignment);
    out.write(head.data(), static_cast<std::streamsize>(head.size()));

    const std::vector<char> blocks = blocksOf(m_type);
    const std::vector<char> floats = blocksOf(nullptr);
    for (const Tensor& tensor : m_tensors) {
        if (tensor.value != 0.0F)
            writeRepeated(out, vectorOf(tensor.value), tensor.bytes);
        else
            writeRepeated(out, tensor.blocks != nullptr ? blocks : floats, tensor.bytes);
    }
    return static_cast<bool>(out.flush());
}

template <typename List>
std::string namesOf(const List& list)
{
    std::string names;
    for (const auto& entry : list)
        names += (names.empty() ? "" : ", ") + std::string(entry.name);
    return names;
}

}  // namespace

engine::Result<SyntheticModel> SyntheticModel::write(const std::string& name)
{
    const std::size_t colon = name.find(':');
    const std::string_view shapeName = std::string_view(name).substr(0, colon);
    const std::string_view typeName =
        colon == std::string::npos ? "q4_0" : std::string_view(name).substr(colon + 1);
    const auto isNamed = [](std::string_view wanted) {
        return [wanted](const auto& entry) { return entry.name == wanted; };
    };
    const auto* shape = std::find_if(kShapes.begin(), kShapes.end(), isNamed(shapeName));
    const auto* type = std::find_if(kTypes.begin(), kTypes.end(), isNamed(typeName));
    if (shape == kShapes.end() || (type == kTypes.end() && typeName != "f16")) {
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "There is no synthetic model " + name + "; say one of " +
                                 namesOf(kShapes) + ", a colon, and one of f16, " +
                                 namesOf(kTypes) + "."};
    }

    std::error_code error;
    SyntheticModel model(std::filesystem::temp_directory_path(error) /
                         ("nestling-synthetic-" + std::to_string(getpid()) + ".gguf"));
    Writer writer(*shape, type == kTypes.end() ? nullptr : type);
    writer.describe();
    if (error || !writer.write(model.path())) {
        return engine::Error{engine::ErrorCode::InvalidFile,
                             "The synthetic model could not be written to " +
                                 model.path().string() + "; TMPDIR names another folder for it."};
    }
    return model;
}

SyntheticModel::SyntheticModel(std::filesystem::path path) noexcept : m_path(std::move(path)) {}

SyntheticModel::SyntheticModel(SyntheticModel&& other) noexcept
    : m_path(std::exchange(other.m_path, {}))
{
}

SyntheticModel& SyntheticModel::operator=(SyntheticModel&& other) noexcept
{
    std::swap(m_path, other.m_path);
    return *this;
}

SyntheticModel::~SyntheticModel()
{
    std::error_code ignored;
    if (!m_path.empty())
        std::filesystem::remove(m_path, ignored);
}

}  // namespace app::cli
