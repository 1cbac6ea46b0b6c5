#include <QTest>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/gpu/spirv_interface.h"
#include "engine/kernels/shader_code.h"
#include "shaders/attention/attention_params.h"
#include "shaders/attention/qkv_norm_rope_params.h"
#include "shaders/audio/conformer_linear_params.h"
#include "shaders/audio/cumulative_norm_params.h"
#include "shaders/audio/front_conv_params.h"
#include "shaders/audio/gated_conv_params.h"
#include "shaders/audio/keep_frames_params.h"
#include "shaders/audio/local_attention_params.h"
#include "shaders/fused/altup_enter_params.h"
#include "shaders/linear/embed_params.h"
#include "shaders/linear/linear_params.h"
#include "shaders/matformer/altup_merge_params.h"
#include "shaders/matformer/altup_params.h"
#include "shaders/matformer/gated_gelu_params.h"
#include "shaders/matformer/laurel_residual_params.h"
#include "shaders/matformer/match_magnitude_params.h"
#include "shaders/matformer/per_layer_inject_params.h"
#include "shaders/matformer/per_layer_inputs_params.h"
#include "shaders/norm/add_rms_norm_params.h"
#include "shaders/norm/rms_norm_params.h"
#include "shaders/sampling/sample_params.h"
#include "shaders/sampling/score_params.h"
#include "shaders/sampling/softcap_params.h"

using engine::file::TensorType;
using engine::gpu::Access;
using engine::gpu::readSpirvInterface;
using engine::gpu::View;
using engine::kernels::isOnDevice;
using engine::kernels::Kernel;
using engine::kernels::shaderCode;

Q_DECLARE_METATYPE(engine::kernels::Kernel)

namespace {

constexpr TensorType kTypes[] = {TensorType::F32,  TensorType::F16,  TensorType::BF16,
                                 TensorType::Q4_0, TensorType::Q4_1, TensorType::Q5_0,
                                 TensorType::Q5_1, TensorType::Q8_0, TensorType::Q4_K,
                                 TensorType::Q5_K, TensorType::Q6_K};

std::vector<std::uint32_t> wordsOf(Kernel kernel)
{
    const auto code = shaderCode(kernel, TensorType::Q8_0);
    return {code.begin(), code.end()};
}

bool hasVariant(Kernel kernel, TensorType type)
{
    const bool isOfConformer =
        kernel == Kernel::ConformerLinear || kernel == Kernel::ConformerLinearReadTexels;
    return !isOfConformer || engine::kernels::isEncoderType(type);
}

// Where instructions with this code start.
std::vector<std::size_t> instructions(std::span<const std::uint32_t> words, std::uint32_t code)
{
    std::vector<std::size_t> places;
    for (std::size_t i = 5; i < words.size(); i += words[i] >> 16U) {
        if ((words[i] & 0xFFFFU) == code)
            places.push_back(i);
    }
    return places;
}

}  // namespace

// What shaders say of themselves, from the words that the engine is built with, and from damaged
// ones.
class SpirvInterfaceTest : public QObject {
    Q_OBJECT

private slots:
    void parametersAreAsLargeInBothLanguages_data();
    void parametersAreAsLargeInBothLanguages();
    void everyVariantHasTheSameInterface_data();
    void everyVariantHasTheSameInterface();
    void accessIsAsDeclared();
    void texelsAreKnownByTheirType();
    void anythingElseIsNotSpirv();
    void truncationIsNoticedOrHarmless();
    void damagedWordsAreNoticedOrHarmless();
    void anInstructionTooShortIsNoticed();
    void aBufferWithoutBindingIsNoticed();
    void aGapInTheBindingsIsNoticed();
    void tooManyPushConstantsAreNoticed();
};

void SpirvInterfaceTest::parametersAreAsLargeInBothLanguages_data()
{
    using namespace engine::shader;
    QTest::addColumn<Kernel>("kernel");
    QTest::addColumn<std::size_t>("bytes");
    QTest::newRow("linear") << Kernel::Linear << sizeof(LinearParams);
    QTest::newRow("linear, texels") << Kernel::LinearReadTexels << sizeof(LinearParams);
    QTest::newRow("embed") << Kernel::Embed << sizeof(EmbedParams);
    QTest::newRow("rms_norm") << Kernel::RmsNorm << sizeof(RmsNormParams);
    QTest::newRow("add_rms_norm") << Kernel::AddRmsNorm << sizeof(AddRmsNormParams);
    QTest::newRow("qkv_norm_rope") << Kernel::QkvNormRope << sizeof(QkvNormRopeParams);
    QTest::newRow("attention") << Kernel::Attention << sizeof(AttentionParams);
    QTest::newRow("gated_gelu") << Kernel::GatedGelu << sizeof(GatedGeluParams);
    QTest::newRow("laurel_residual") << Kernel::LaurelResidual << sizeof(LaurelResidualParams);
    QTest::newRow("altup_predict") << Kernel::AltupPredict << sizeof(AltupParams);
    QTest::newRow("altup_correct") << Kernel::AltupCorrect << sizeof(AltupParams);
    QTest::newRow("match_magnitude") << Kernel::MatchMagnitude << sizeof(MatchMagnitudeParams);
    QTest::newRow("altup_merge") << Kernel::AltupMerge << sizeof(AltupMergeParams);
    QTest::newRow("per_layer_inputs") << Kernel::PerLayerInputs << sizeof(PerLayerInputsParams);
    QTest::newRow("per_layer_inject") << Kernel::PerLayerInject << sizeof(PerLayerInjectParams);
    QTest::newRow("front_conv") << Kernel::FrontConv << sizeof(FrontConvParams);
    QTest::newRow("cumulative_deviation")
        << Kernel::CumulativeDeviation << sizeof(CumulativeNormParams);
    QTest::newRow("cumulative_norm") << Kernel::CumulativeNorm << sizeof(CumulativeNormParams);
    QTest::newRow("conformer_linear") << Kernel::ConformerLinear << sizeof(ConformerLinearParams);
    QTest::newRow("conformer_linear, texels")
        << Kernel::ConformerLinearReadTexels << sizeof(ConformerLinearParams);
    QTest::newRow("local_attention") << Kernel::LocalAttention << sizeof(LocalAttentionParams);
    QTest::newRow("gated_conv") << Kernel::GatedConv << sizeof(GatedConvParams);
    QTest::newRow("keep_frames") << Kernel::KeepFrames << sizeof(KeepFramesParams);
    QTest::newRow("softcap") << Kernel::Softcap << sizeof(SoftcapParams);
    QTest::newRow("score") << Kernel::Score << sizeof(ScoreParams);
    QTest::newRow("sample") << Kernel::Sample << sizeof(SampleParams);
}

void SpirvInterfaceTest::parametersAreAsLargeInBothLanguages()
{
    QFETCH(const Kernel, kernel);
    QFETCH(const std::size_t, bytes);
    for (const TensorType type : kTypes) {
        if (!hasVariant(kernel, type))
            continue;
        const auto interface = readSpirvInterface(shaderCode(kernel, type));
        QVERIFY2(interface, interface ? "" : interface.error().message.c_str());
        QCOMPARE(std::size_t{interface->pushConstantBytes}, bytes);
        QVERIFY(interface->hasWorkgroupSizeId);
        QVERIFY(!interface->bindings.empty());
    }
}

void SpirvInterfaceTest::everyVariantHasTheSameInterface_data()
{
    QTest::addColumn<Kernel>("kernel");
    QTest::newRow("linear") << Kernel::Linear;
    QTest::newRow("linear, texels") << Kernel::LinearReadTexels;
    QTest::newRow("embed") << Kernel::Embed;
    QTest::newRow("conformer_linear") << Kernel::ConformerLinear;
    QTest::newRow("conformer_linear, texels") << Kernel::ConformerLinearReadTexels;
}

void SpirvInterfaceTest::everyVariantHasTheSameInterface()
{
    QFETCH(const Kernel, kernel);
    const auto expected = readSpirvInterface(shaderCode(kernel, TensorType::F32));
    QVERIFY(expected);
    for (const TensorType type : kTypes) {
        QVERIFY(isOnDevice(type));
        if (!hasVariant(kernel, type))
            continue;
        const auto actual = readSpirvInterface(shaderCode(kernel, type));
        QVERIFY(actual);
        QCOMPARE(actual->bindings.size(), expected->bindings.size());
        for (std::size_t i = 0; i < actual->bindings.size(); ++i) {
            QCOMPARE(actual->bindings[i].access, expected->bindings[i].access);
            QCOMPARE(actual->bindings[i].view, expected->bindings[i].view);
        }
    }
}

void SpirvInterfaceTest::accessIsAsDeclared()
{
    const auto norm = readSpirvInterface(wordsOf(Kernel::AddRmsNorm));
    QVERIFY(norm);
    QCOMPARE(norm->bindings.size(), std::size_t{4});
    for (const std::uint32_t input :
         {engine::shader::kAddRmsNormInput, engine::shader::kAddRmsNormWeight,
          engine::shader::kAddRmsNormResidual})
        QCOMPARE(norm->bindings[input].access, Access::Read);
    QCOMPARE(norm->bindings[engine::shader::kAddRmsNormOutput].access, Access::Write);

    const auto sample = readSpirvInterface(wordsOf(Kernel::Sample));
    QVERIFY(sample);
    QCOMPARE(sample->bindings[engine::shader::kSampleLogits].access, Access::Read);
    QCOMPARE(sample->bindings[engine::shader::kSampleResult].access, Access::ReadWrite);
}

void SpirvInterfaceTest::texelsAreKnownByTheirType()
{
    const auto texels = readSpirvInterface(wordsOf(Kernel::LinearReadTexels));
    QVERIFY(texels);
    QCOMPARE(texels->bindings[engine::shader::kLinearWeight].view, View::IntTexels);
    QCOMPARE(texels->bindings[engine::shader::kLinearInput].view, View::FloatTexels);
    QCOMPARE(texels->bindings[engine::shader::kLinearOutput].view, View::Storage);
    const auto stored = readSpirvInterface(wordsOf(Kernel::AltupEnterReadTexels));
    QVERIFY(stored);
    const auto is = [&stored](std::uint32_t number, View view, Access access) {
        return stored->bindings[number].view == view && stored->bindings[number].access == access;
    };
    QVERIFY(is(engine::shader::kEnterStreams, View::FloatTexels, Access::Read));
    QVERIFY(is(engine::shader::kEnterPredictions, View::StoredTexels, Access::ReadWrite));
    QVERIFY(is(engine::shader::kEnterNormalized, View::StoredTexels, Access::Write));
    QVERIFY(is(engine::shader::kEnterCoefs, View::Storage, Access::Read));
    const auto buffers = readSpirvInterface(wordsOf(Kernel::Linear));
    QVERIFY(buffers);
    for (const auto& binding : buffers->bindings)
        QCOMPARE(binding.view, View::Storage);
}

void SpirvInterfaceTest::anythingElseIsNotSpirv()
{
    QVERIFY(!readSpirvInterface({}));
    std::vector<std::uint32_t> words = wordsOf(Kernel::RmsNorm);
    QVERIFY(!readSpirvInterface(std::span(words).first(4)));
    words[0] ^= 1U;
    QVERIFY(!readSpirvInterface(words));
}

void SpirvInterfaceTest::truncationIsNoticedOrHarmless()
{
    const auto words = wordsOf(Kernel::RmsNorm);
    std::size_t refused = 0;
    for (std::size_t size = 0; size < words.size(); ++size) {
        // A copy, so that reading past the end is seen by the sanitizers.
        const std::vector<std::uint32_t> part(words.begin(),
                                              words.begin() + static_cast<std::ptrdiff_t>(size));
        refused += readSpirvInterface(part) ? 0U : 1U;
    }
    // Between two instructions an end cannot be told from the real one; within one it can.
    QVERIFY(refused > words.size() / 2);
}

void SpirvInterfaceTest::damagedWordsAreNoticedOrHarmless()
{
    auto words = wordsOf(Kernel::LinearReadTexels);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::uint32_t kept = words[i];
        for (const std::uint32_t value : {0U, 0xFFFFFFFFU, kept ^ 0x10000U, kept ^ 1U}) {
            words[i] = value;
            const auto interface = readSpirvInterface(words);
            QVERIFY(!interface || interface->pushConstantBytes <= 128);
        }
        words[i] = kept;
    }
}

void SpirvInterfaceTest::anInstructionTooShortIsNoticed()
{
    constexpr std::uint32_t kOpNop = 1U << 16U;
    for (const std::uint32_t code : {22U, 30U, 32U, 59U, 72U}) {
        auto words = wordsOf(Kernel::RmsNorm);
        const std::size_t place = instructions(words, code).front();
        // Nothing but its first word, and nothing in the place of the rest.
        std::fill_n(words.begin() + static_cast<std::ptrdiff_t>(place), words[place] >> 16U,
                    kOpNop);
        words[place] = (1U << 16U) | code;
        QVERIFY2(!readSpirvInterface(words), std::to_string(code).c_str());
    }
}

void SpirvInterfaceTest::aBufferWithoutBindingIsNoticed()
{
    auto words = wordsOf(Kernel::RmsNorm);
    for (const std::size_t place : instructions(words, 71)) {
        if (words[place + 2] == 33)
            words[place + 2] = 34;  // a descriptor set instead
    }
    const auto refused = readSpirvInterface(words);
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("no binding") != std::string::npos);
}

void SpirvInterfaceTest::aGapInTheBindingsIsNoticed()
{
    auto words = wordsOf(Kernel::RmsNorm);
    for (const std::size_t place : instructions(words, 71)) {
        if (words[place + 2] == 33 && words[place + 3] == 1)
            words[place + 3] = 9;
    }
    const auto refused = readSpirvInterface(words);
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("gaps") != std::string::npos);
}

void SpirvInterfaceTest::tooManyPushConstantsAreNoticed()
{
    auto words = wordsOf(Kernel::RmsNorm);
    // The last member of the block that has several: the parameters.
    std::size_t last = 0;
    for (const std::size_t place : instructions(words, 72)) {
        if (words[place + 3] == 35 && words[place + 2] > 0)
            last = place;
    }
    QVERIFY(last != 0);
    words[last + 4] = 128;
    const auto refused = readSpirvInterface(words);
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("128 bytes") != std::string::npos);
    words[last + 4] = 0xFFFFFFFC;  // where its end would not fit in 32 bits
    QVERIFY(!readSpirvInterface(words));
}

QTEST_GUILESS_MAIN(SpirvInterfaceTest)
#include "spirv_interface_test.moc"
