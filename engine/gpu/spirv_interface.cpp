#include "engine/gpu/spirv_interface.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <vulkan/vulkan.h>

namespace engine::gpu {
namespace {

// Numbers from the SPIR-V specification, sections 3.7, 3.20 and 3.49.
constexpr std::uint32_t kMagic = 0x07230203;
constexpr std::uint32_t kHeaderWords = 5;
constexpr std::uint32_t kOpTypeInt = 21;
constexpr std::uint32_t kOpTypeFloat = 22;
constexpr std::uint32_t kOpTypeImage = 25;
constexpr std::uint32_t kOpTypeSampledImage = 27;
constexpr std::uint32_t kOpTypeStruct = 30;
constexpr std::uint32_t kOpTypePointer = 32;
constexpr std::uint32_t kOpVariable = 59;
constexpr std::uint32_t kOpDecorate = 71;
constexpr std::uint32_t kOpMemberDecorate = 72;
constexpr std::uint32_t kDecorationSpecId = 1;
constexpr std::uint32_t kDecorationNonWritable = 24;
constexpr std::uint32_t kDecorationNonReadable = 25;
constexpr std::uint32_t kDecorationBinding = 33;
constexpr std::uint32_t kDecorationOffset = 35;
constexpr std::uint32_t kIsStored = 2;  // of an image's `Sampled`
constexpr std::uint32_t kStorageUniformConstant = 0;
constexpr std::uint32_t kStoragePushConstant = 9;
constexpr std::uint32_t kStorageBuffer = 12;

constexpr std::uint64_t kMaxPushConstantBytes = 128;  // that every device has

struct Members {
    std::set<std::uint32_t> nonWritable;
    std::set<std::uint32_t> nonReadable;
    std::map<std::uint32_t, std::uint32_t> offsets;
};

struct Struct {
    std::size_t members = 0;
    std::uint64_t bytes = 0;  // to the end of the last
};

// What the instructions declare, by result id.
struct Declarations {
    std::map<std::uint32_t, std::uint32_t> bindings;
    std::map<std::uint32_t, Members> members;
    std::map<std::uint32_t, Struct> structs;
    std::map<std::uint32_t, std::uint32_t> pointees;
    std::map<std::uint32_t, std::uint32_t> storageBuffers;  // variable → pointer type
    std::map<std::uint32_t, std::uint32_t> texelBuffers;    // variable → pointer type
    std::map<std::uint32_t, std::uint32_t> images;          // (sampled) image → sampled type
    std::set<std::uint32_t> storedImages;                   // that are written without a sampler
    std::set<std::uint32_t> nonWritable;                    // variables
    std::set<std::uint32_t> nonReadable;
    std::set<std::uint32_t> floats;
    std::set<std::uint32_t> signedInts;
    std::optional<std::uint32_t> pushConstants;  // pointer type
    bool hasSpecIdZero = false;
};

void readMemberDecoration(std::span<const std::uint32_t> op, Declarations& declarations)
{
    Members& members = declarations.members[op[1]];
    if (op[3] == kDecorationNonWritable)
        members.nonWritable.insert(op[2]);
    else if (op[3] == kDecorationNonReadable)
        members.nonReadable.insert(op[2]);
    else if (op[3] == kDecorationOffset && op.size() > 4)
        members.offsets[op[2]] = op[4];
}

// Every innermost member is a 4-byte scalar. Decorations and member types come before the struct.
Struct readStruct(std::span<const std::uint32_t> op, Declarations& declarations)
{
    const auto& offsets = declarations.members[op[1]].offsets;
    const auto types = op.subspan(2);
    Struct result{types.size(), 0};
    for (std::uint32_t i = 0; i < types.size(); ++i) {
        const auto offset = offsets.find(i);
        const auto inner = declarations.structs.find(types[i]);
        result.bytes = std::max(
            result.bytes, (offset == offsets.end() ? 0 : std::uint64_t{offset->second}) +
                              (inner == declarations.structs.end() || inner->second.members == 0
                                   ? 4
                                   : inner->second.bytes));
    }
    return result;
}

// Words that readInstruction() reads.
std::uint32_t leastWords(std::uint32_t code)
{
    switch (code) {
    case kOpTypeFloat:
    case kOpTypeStruct:
        return 2;
    case kOpTypeSampledImage:
        return 3;
    case kOpTypeImage:
        return 9;
    case kOpTypeInt:
    case kOpTypePointer:
    case kOpVariable:
    case kOpMemberDecorate:
        return 4;
    default:
        return 1;
    }
}

void readInstruction(std::span<const std::uint32_t> op, Declarations& declarations)
{
    switch (op[0] & 0xFFFFU) {
    case kOpDecorate:
        if (op.size() > 3 && op[2] == kDecorationBinding)
            declarations.bindings[op[1]] = op[3];
        else if (op.size() > 3 && op[2] == kDecorationSpecId && op[3] == 0)
            declarations.hasSpecIdZero = true;
        else if (op.size() == 3 && op[2] == kDecorationNonWritable)
            declarations.nonWritable.insert(op[1]);
        else if (op.size() == 3 && op[2] == kDecorationNonReadable)
            declarations.nonReadable.insert(op[1]);
        break;
    case kOpMemberDecorate:
        readMemberDecoration(op, declarations);
        break;
    case kOpTypeFloat:
        declarations.floats.insert(op[1]);
        break;
    case kOpTypeInt:
        if (op[3] != 0)
            declarations.signedInts.insert(op[1]);
        break;
    case kOpTypeImage:
        declarations.images[op[1]] = op[2];
        if (op[7] == kIsStored)
            declarations.storedImages.insert(op[1]);
        break;
    case kOpTypeSampledImage:
        declarations.images[op[1]] = declarations.images[op[2]];
        break;
    case kOpTypeStruct:
        declarations.structs[op[1]] = readStruct(op, declarations);
        break;
    case kOpTypePointer:
        declarations.pointees[op[1]] = op[3];
        break;
    case kOpVariable:
        if (op[3] == kStorageBuffer)
            declarations.storageBuffers[op[2]] = op[1];
        else if (op[3] == kStorageUniformConstant)
            declarations.texelBuffers[op[2]] = op[1];
        else if (op[3] == kStoragePushConstant)
            declarations.pushConstants = op[1];
        break;
    default:
        break;
    }
}

Access accessOf(const Declarations& declarations, std::uint32_t structType)
{
    const auto found = declarations.structs.find(structType);
    const std::size_t count = found == declarations.structs.end() ? 0 : found->second.members;
    const auto members = declarations.members.find(structType);
    if (members == declarations.members.end())
        return Access::ReadWrite;
    if (members->second.nonWritable.size() == count)
        return Access::Read;
    return members->second.nonReadable.size() == count ? Access::Write : Access::ReadWrite;
}

Access accessOfImage(const Declarations& declarations, std::uint32_t variable)
{
    if (declarations.nonWritable.contains(variable))
        return Access::Read;
    return declarations.nonReadable.contains(variable) ? Access::Write : Access::ReadWrite;
}

Error broken(const char* rule)
{
    return {ErrorCode::UnsupportedModel, rule};
}

}  // namespace

Result<SpirvInterface> readSpirvInterface(std::span<const std::uint32_t> words)
{
    if (words.size() < kHeaderWords || words[0] != kMagic)
        return broken("A shader is not SPIR-V.");
    Declarations declarations;
    for (std::size_t i = kHeaderWords; i < words.size();) {
        const std::uint32_t length = words[i] >> 16U;
        if (length < leastWords(words[i] & 0xFFFFU) || length > words.size() - i)
            return broken("A shader's SPIR-V is damaged.");
        readInstruction(words.subspan(i, length), declarations);
        i += length;
    }

    SpirvInterface interface;
    interface.hasWorkgroupSizeId = declarations.hasSpecIdZero;
    std::map<std::uint32_t, Binding> byBinding;
    for (const auto& [variable, pointer] : declarations.storageBuffers) {
        if (!declarations.bindings.contains(variable))
            return broken("A shader's buffer has no binding.");
        byBinding[declarations.bindings.at(variable)] = {
            accessOf(declarations, declarations.pointees[pointer]), View::Storage};
    }
    for (const auto& [variable, pointer] : declarations.texelBuffers) {
        if (!declarations.bindings.contains(variable))
            return broken("A shader's texel buffer has no binding.");
        const std::uint32_t image = declarations.pointees[pointer];
        const std::uint32_t texel = declarations.images[image];
        const bool isFloat = declarations.floats.contains(texel);
        if (!isFloat && !declarations.signedInts.contains(texel))
            return broken("A shader's texels are neither floats nor signed.");
        Binding& binding = byBinding[declarations.bindings.at(variable)];
        binding = {Access::Read, isFloat ? View::FloatTexels : View::IntTexels};
        if (!declarations.storedImages.contains(image))
            continue;
        if (!isFloat)
            return broken("A shader writes texels that are not floats.");
        binding = {accessOfImage(declarations, variable), View::StoredTexels};
    }
    for (const auto& [number, binding] : byBinding) {
        if (number != interface.bindings.size())
            return broken("A shader's bindings have gaps.");
        interface.bindings.push_back(binding);
    }
    if (declarations.pushConstants) {
        const auto type = declarations.pointees[*declarations.pushConstants];
        const std::uint64_t bytes = declarations.structs[type].bytes;
        if (bytes > kMaxPushConstantBytes)
            return broken("A shader has more than 128 bytes of push constants.");
        interface.pushConstantBytes = static_cast<std::uint32_t>(bytes);
    }
    return interface;
}

}  // namespace engine::gpu
