#include "engine/model.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/decoder/kv_cache.h"
#include "engine/decoder/tensor_names.h"
#include "engine/decoder/tensor_plan.h"
#include "engine/encoders.h"
#include "engine/file/mapped_file.h"
#include "engine/model_state.h"
#include "engine/projector.h"

namespace engine {
namespace {

// general.name of the small model that the application embeds.
constexpr std::string_view kDemonstrationName = "Nestling demonstration model";

std::uint64_t elementsOf(const file::StoredTensor& tensor)
{
    std::uint64_t elements = 1;
    for (const std::uint64_t size : tensor.shape)
        elements *= size;
    return elements;
}

std::string nameOf(const file::ModelFiles& files)
{
    if (const auto name = files.metadata.text("general.name"); name && !name->empty())
        return *name;
    const auto path = files.path.has_filename() ? files.path : files.path.parent_path();
    return files.format == file::Format::Gguf ? path.stem().string() : path.filename().string();
}

ModelInfo describe(const file::ModelFiles& files, const decoder::DecoderConfig& config)
{
    ModelInfo info;
    info.name = nameOf(files);
    info.architecture =
        config.architecture == decoder::Architecture::Gemma3n ? "gemma3n" : "gemma3";
    info.isDemonstration = info.name == kDemonstrationName;
    info.layers = static_cast<std::uint32_t>(config.layers.size());
    info.hiddenSize = config.hiddenSize;
    info.contextLength = config.contextLength;
    info.vocabularySize = config.vocabularySize;
    info.kvBytesAtFullContext =
        decoder::KvCache::bytesFor(config, config.contextLength, CachePrecision::Half);
    for (const auto& mapped : files.tensors.files)
        info.fileBytes += mapped->bytes().size();

    // A folder's prefix leaves out the encoders that lie beside the text model.
    const std::string prefix = decoder::TensorNames(files).prefix();
    std::map<std::string, TensorTypeUse> uses;
    for (const auto& [name, tensor] : files.tensors.tensors) {
        if (!name.starts_with(prefix))
            continue;
        const std::string type(file::typeInfo(tensor.type).name);
        TensorTypeUse& use = uses[type];
        use.type = type;
        ++use.tensors;
        use.bytes += tensor.bytes.size();
        info.parameters += elementsOf(tensor);
    }
    for (auto& [type, use] : uses)
        info.tensors.push_back(std::move(use));
    return info;
}

void describeNeeds(ModelInfo& info, const decoder::DecoderSources& sources)
{
    info.deviceWeightBytes = decoder::deviceBytes(sources);
    info.perLayerEmbeddingBytes = sources.embedTokensPerLayer.bytes.size();
}

void describeSound(ModelInfo& info, const SoundProjector& projector)
{
    info.hasAudio = !projector.path.empty();
    info.audioPath = projector.path;
    info.audioTokens = projector.softTokens;
    info.audioHint = projector.hint;
}

void describeEncoders(ModelInfo& info, const Projector& projector)
{
    info.hasVision = !projector.path.empty();
    info.visionPath = projector.path;
    info.imageSize = projector.imageSize;
    info.imageTokens = projector.softTokens;
    info.visionHint = projector.hint;
}

Result<void> loadTokenizer(Model::State& state)
{
    auto tokenizer = text::Tokenizer::create(state.files);
    if (!tokenizer && tokenizer.error().code == ErrorCode::InvalidFile)
        return std::move(tokenizer).error();
    state.info.hasTokenizer = static_cast<bool>(tokenizer);
    if (!tokenizer)
        return {};
    state.tokenizer = *std::move(tokenizer);
    // A folder's configuration may list <eos> alone; a turn ends at its own marker too.
    auto& ends = state.config.endTokens;
    const auto endOfTurn = state.tokenizer->control().endOfTurn;
    if (endOfTurn && std::find(ends.begin(), ends.end(), *endOfTurn) == ends.end())
        ends.push_back(*endOfTurn);
    return {};
}

// A model without the encoder that was found for it is better than none.
Result<void> loadVision(Model::State& state, const Projector& projector, bool isChosen,
                        const Model::Progress& progress, const std::stop_token& stop)
{
    if (projector.path.empty())
        return {};
    auto encoder = VisionEncoder::load(state.device, projector.path, progress, stop);
    if (encoder) {
        state.vision = *std::move(encoder);
        return {};
    }
    const ErrorCode code = encoder.error().code;
    if (isChosen || code == ErrorCode::Cancelled || code == ErrorCode::DeviceLost)
        return std::move(encoder).error();
    describeEncoders(state.info, {{}, encoder.error().message});
    return {};
}

Result<void> loadAudio(Model::State& state, const SoundProjector& projector,
                       const Model::Progress& progress, const std::stop_token& stop)
{
    if (projector.path.empty())
        return {};
    auto encoder = AudioEncoder::load(state.device, projector.path, progress, stop);
    if (encoder) {
        state.audio = *std::move(encoder);
        return {};
    }
    const ErrorCode code = encoder.error().code;
    if (code == ErrorCode::Cancelled || code == ErrorCode::DeviceLost)
        return std::move(encoder).error();
    describeSound(state.info, {{}, encoder.error().message});
    return {};
}

// Progress over the text model and its encoders: the first reports bytes of its own total, each
// encoder a share of the bytes that it takes in its file.
class ProgressOfAll {
public:
    ProgressOfAll(const Model::Progress& progress, std::uint64_t encoderBytes)
        : m_progress(progress)
        , m_encoderBytes(encoderBytes)
    {
    }

    void text(std::uint64_t done, std::uint64_t total)
    {
        m_textBytes = total;
        report(done);
    }

    // `bytes` of encoders, of which `bytesBefore` were loaded before.
    void encoder(const LoadProgress& part, std::uint64_t bytesBefore, std::uint64_t bytes)
    {
        const double share = part.bytesTotal == 0 ? 1.0
                                                  : static_cast<double>(part.bytesDone) /
                                                        static_cast<double>(part.bytesTotal);
        report(m_textBytes + bytesBefore +
               static_cast<std::uint64_t>(share * static_cast<double>(bytes)));
    }

private:
    void report(std::uint64_t done) const
    {
        if (m_progress)
            m_progress({done, m_textBytes + m_encoderBytes});
    }

    const Model::Progress& m_progress;
    std::uint64_t m_encoderBytes;
    std::uint64_t m_textBytes = 0;
};

}  // namespace

Result<ModelInfo> Model::inspect(const ModelPaths& paths)
{
    ENGINE_TRY(const auto files, file::openModelFiles(paths.path));
    ENGINE_TRY(const auto config, decoder::readDecoderConfig(files));
    ENGINE_TRY(const auto projector, findProjector(paths, files, config));
    ModelInfo info = describe(files, config);
    describeEncoders(info, projector);
    describeSound(info, findSoundProjector(paths, files, config, projector));
    info.missing = decoder::tensorProblems(config, files);
    if (info.missing.empty()) {
        ENGINE_TRY(const auto sources, decoder::planTensors(config, files));
        describeNeeds(info, sources);
        info.sizes = SizeCatalogue(files, config, sources).sizes();
    }
    info.hasTokenizer = static_cast<bool>(text::Tokenizer::create(files));
    return info;
}

Result<std::shared_ptr<const Model>> Model::load(std::shared_ptr<Device> device,
                                                 const ModelPaths& paths, const Progress& progress,
                                                 const std::stop_token& stop)
{
    auto state = std::make_unique<State>();
    state->device = std::move(device);
    ENGINE_TRY(state->files, file::openModelFiles(paths.path));
    ENGINE_TRY(state->config, decoder::readDecoderConfig(state->files));
    ENGINE_TRY(const auto projector, findProjector(paths, state->files, state->config));
    ENGINE_TRY(const auto sources, decoder::planTensors(state->config, state->files));
    state->info = describe(state->files, state->config);
    describeNeeds(state->info, sources);
    state->sizes.emplace(state->files, state->config, sources);
    state->info.sizes = state->sizes->sizes();

    describeEncoders(state->info, projector);
    const SoundProjector sound = findSoundProjector(paths, state->files, state->config, projector);
    describeSound(state->info, sound);
    ENGINE_TRY_VOID(loadTokenizer(*state));

    gpu::Context& context = state->device->context();
    ProgressOfAll report(progress, projector.bytes + sound.bytes);
    ENGINE_TRY(state->weights,
               decoder::uploadWeights(
                   context, sources, state->files.tensors,
                   [&report](std::uint64_t done, std::uint64_t total) { report.text(done, total); },
                   stop));
    if (sources.embedTokensPerLayer.isPresent())
        state->perLayerEmbeddings.emplace(sources.embedTokensPerLayer,
                                          state->config.textVocabularySize,
                                          state->config.perLayerInputSize);
    ENGINE_TRY_VOID(loadVision(
        *state, projector, !paths.projector.empty(),
        [&](const LoadProgress& part) { report.encoder(part, 0, projector.bytes); }, stop));
    ENGINE_TRY_VOID(loadAudio(
        *state, sound,
        [&](const LoadProgress& part) { report.encoder(part, projector.bytes, sound.bytes); },
        stop));
    return std::shared_ptr<const Model>(new Model(std::move(state)));
}

Model::Model(std::unique_ptr<State> state) : m_state(std::move(state)) {}

Model::~Model() = default;

const ModelInfo& Model::info() const noexcept
{
    return m_state->info;
}

const Device& Model::device() const noexcept
{
    return *m_state->device;
}

Result<SizeInfo> Model::describeSize(const ModelSize& size) const
{
    return m_state->sizes->describe(size);
}

Result<SizeInfo> Model::sizeOfFraction(double fraction) const
{
    return m_state->sizes->ofFraction(fraction);
}

Result<SizeInfo> Model::findSize(std::string_view text) const
{
    return m_state->sizes->find(text);
}

Result<SizeInfo> Model::readSize(const std::filesystem::path& list, std::string_view name) const
{
    return m_state->sizes->fromFile(list, name);
}

const std::shared_ptr<const VisionEncoder>& Model::vision() const noexcept
{
    return m_state->vision;
}

const std::shared_ptr<const AudioEncoder>& Model::audio() const noexcept
{
    return m_state->audio;
}

Result<std::vector<TokenId>> Model::tokenize(std::string_view text) const
{
    if (!m_state->tokenizer)
        return Error{ErrorCode::UnsupportedModel, "The model's files hold no tokenizer."};
    return m_state->tokenizer->encode(text);
}

Result<std::vector<std::vector<TokenId>>> tokenizeAll(const std::filesystem::path& path,
                                                      const std::vector<std::string>& texts)
{
    ENGINE_TRY(const auto files, file::openModelFiles(path));
    ENGINE_TRY(const auto tokenizer, text::Tokenizer::create(files));
    std::vector<std::vector<TokenId>> all;
    all.reserve(texts.size());
    for (const std::string& text : texts)
        all.push_back(tokenizer.encode(text));
    return all;
}

}  // namespace engine
