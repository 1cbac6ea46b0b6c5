#include "engine/vision/weights.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/file/dequantize.h"
#include "engine/kernels/vision.h"

namespace engine::vision {
namespace {

using file::StoredTensor;
using file::TensorType;

std::uint64_t elementsOf(const StoredTensor& tensor)
{
    std::uint64_t elements = 1;
    for (const std::uint64_t dimension : tensor.shape)
        elements *= dimension;
    return elements;
}

std::vector<float> decode(const StoredTensor& tensor)
{
    std::vector<float> values(elementsOf(tensor));
    file::dequantize(tensor.type, tensor.bytes, values);
    return values;
}

// [rows × columns] with zeros behind each row, as tensors of activations have it.
std::vector<float> padRows(std::span<const float> values, std::uint32_t rows, std::uint32_t columns)
{
    const std::uint32_t stride = gpu::paddedColumns(columns);
    std::vector<float> padded(std::size_t{rows} * stride);
    for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                    padded.begin() + static_cast<std::ptrdiff_t>(row * stride));
    return padded;
}

// Whether the device can multiply with the rows as they lie in the file.
bool staysStored(const DenseSource& source)
{
    return source.kernel == 1 && source.bias == nullptr &&
           source.inputs == kernels::paddedChannels(source.inputs);
}

// Channels that the device sees: the bias is the weight of one more, which is one everywhere.
std::uint32_t channelsOf(const DenseSource& source)
{
    return source.inputs + (source.bias != nullptr ? 1 : 0);
}

// The tap that is inside the picture for every pixel of the output, where the stride is 2 and the
// picture has an even number of pixels a side.
std::uint32_t firstInnerTap(std::uint32_t kernel)
{
    const std::uint32_t padding = kernels::Window{kernel, 2}.paddingBefore(2 * kernel);
    return padding * kernel + padding;
}

// [outputs][inputs][tap] as stored to [outputs][tap][channels], zeros behind the channels.
std::vector<float> turn(const DenseSource& source)
{
    const std::size_t taps = std::size_t{source.kernel} * source.kernel;
    const std::size_t channels = kernels::paddedChannels(channelsOf(source));
    const auto stored = decode(*source.tensor);
    const auto bias = source.bias != nullptr ? decode(*source.bias) : std::vector<float>();
    std::vector<float> turned(source.outputs * taps * channels);
    for (std::size_t o = 0; o < source.outputs; ++o) {
        float* row = turned.data() + o * taps * channels;
        for (std::size_t i = 0; i < source.inputs; ++i) {
            for (std::size_t tap = 0; tap < taps; ++tap)
                row[tap * channels + i] = stored[(o * source.inputs + i) * taps + tap];
        }
        if (!bias.empty())
            row[firstInnerTap(source.kernel) * channels + source.inputs] = bias[o];
    }
    return turned;
}

// [channels][tap] as stored to [tap][channels].
std::vector<float> turn(const DepthwiseSource& source)
{
    const std::size_t taps = std::size_t{source.kernel} * source.kernel;
    const auto stored = decode(*source.tensor);
    std::vector<float> turned(stored.size());
    for (std::size_t c = 0; c < source.channels; ++c) {
        for (std::size_t tap = 0; tap < taps; ++tap)
            turned[tap * source.channels + c] = stored[c * taps + tap];
    }
    return turned;
}

std::vector<float> valuesOf(const VectorSource& source)
{
    if (source.tensor == nullptr)
        return std::vector<float>(source.size, 1.0F);
    auto values = decode(*source.tensor);
    if (source.factor != nullptr) {
        const auto factors = decode(*source.factor);
        std::transform(values.begin(), values.end(), factors.begin(), values.begin(),
                       std::multiplies<>());
    }
    return values;
}

std::vector<float> valuesOf(const RowsSource& source)
{
    const std::uint64_t rowBytes = source.tensor->bytes.size() / source.tensor->shape[0];
    std::vector<float> values(std::size_t{source.rows} * source.columns);
    file::dequantize(source.tensor->type,
                     source.tensor->bytes.subspan(source.first * rowBytes, source.rows * rowBytes),
                     values);
    return values;
}

// Lists each part for the upload. After the first failure it does nothing more.
class Uploads {
public:
    void operator()(const DenseSource& source, DenseWeights& target)
    {
        count(source.tensor);
        count(source.bias);
        target.kernel = source.kernel;
        target.inputs = channelsOf(source);
        if (staysStored(source)) {
            const std::uint64_t rowBytes = source.tensor->bytes.size() / source.outputs;
            m_upload.add(file::MatrixSource{source.name, source.tensor->type, source.outputs,
                                            source.inputs, rowBytes, source.tensor->bytes},
                         target.matrix);
            return;
        }
        const std::uint32_t columns =
            source.kernel * source.kernel * kernels::paddedChannels(target.inputs);
        target.matrix = {
            TensorType::F32, source.outputs, columns, std::uint64_t{columns} * sizeof(float), {}};
        target.matrix.windows.push_back({{}, 0, source.outputs});
        list(source.name, turn(source), target.matrix.windows.front().data);
    }

    void operator()(const DepthwiseSource& source, gpu::Tensor& target)
    {
        count(source.tensor);
        rows(source.name, turn(source), source.kernel * source.kernel, source.channels, target);
    }

    void operator()(const VectorSource& source, gpu::Tensor& target)
    {
        count(source.tensor);
        count(source.factor);
        rows(source.name, valuesOf(source), 1, source.size, target);
    }

    void operator()(const RowsSource& source, gpu::Tensor& target)
    {
        count(source.tensor);
        rows(source.name, valuesOf(source), source.rows, source.columns, target);
    }

    Result<kernels::WeightArenas> run(gpu::Context& context, const file::TensorTable& files,
                                      const kernels::UploadProgress& progress,
                                      const std::stop_token& stop)
    {
        if (m_error)
            return *m_error;
        ENGINE_TRY(auto held, m_upload.run(context, files, progress, stop));
        for (const auto& [tensor, shape] : m_shapes) {
            tensor->rows = shape.first;
            tensor->columns = shape.second;
            tensor->stride = gpu::paddedColumns(shape.second);
        }
        return held;
    }

    std::uint64_t parameters() const noexcept { return m_parameters; }

private:
    void rows(const std::string& name, const std::vector<float>& values, std::uint32_t rows,
              std::uint32_t columns, gpu::Tensor& target)
    {
        m_shapes.emplace_back(&target, std::pair(rows, columns));
        list(name, padRows(values, rows, columns), target);
    }

    void list(const std::string& name, std::vector<float> values, gpu::Tensor& target)
    {
        const bool isFinite = std::all_of(values.begin(), values.end(),
                                          [](float value) { return std::isfinite(value); });
        if (!isFinite && !m_error)
            m_error = Error{ErrorCode::InvalidFile,
                            "Tensor '" + name +
                                "' holds a value that is not a number; the file is damaged."};
        m_upload.add(std::move(values), target);
    }

    void count(const StoredTensor* tensor)
    {
        if (tensor != nullptr)
            m_parameters += elementsOf(*tensor);
    }

    kernels::WeightUpload m_upload;
    std::vector<std::pair<gpu::Tensor*, std::pair<std::uint32_t, std::uint32_t>>> m_shapes;
    std::uint64_t m_parameters = 0;
    std::optional<Error> m_error;
};

using Sources = NetworkSources;
using Targets = NetworkWeights;

void add(Uploads& uploads, const Sources::DenseNorm& from, Targets::DenseNorm& to)
{
    uploads(from.conv, to.conv);
    uploads(from.norm, to.norm);
}

void add(Uploads& uploads, const std::optional<Sources::DepthwiseNorm>& from,
         std::optional<Targets::DepthwiseNorm>& to)
{
    if (!from)
        return;
    to.emplace();
    uploads(from->conv, to->conv);
    uploads(from->norm, to->norm);
}

void add(Uploads& uploads, const Sources::EdgeResidual& from, Targets::EdgeResidual& to)
{
    add(uploads, from.expand, to.expand);
    add(uploads, from.project, to.project);
}

void add(Uploads& uploads, const Sources::InvertedResidual& from, Targets::InvertedResidual& to)
{
    add(uploads, from.start, to.start);
    add(uploads, from.expand, to.expand);
    add(uploads, from.middle, to.middle);
    add(uploads, from.project, to.project);
}

void add(Uploads& uploads, const Sources::Attention& from, Targets::Attention& to)
{
    uploads(from.norm, to.norm);
    uploads(from.query, to.query);
    add(uploads, from.keyDown, to.keyDown);
    uploads(from.key, to.key);
    add(uploads, from.valueDown, to.valueDown);
    uploads(from.value, to.value);
    uploads(from.output, to.output);
    uploads(from.layerScale, to.layerScale);
}

void add(Uploads& uploads, const Sources::Block& from, Targets::Block& to)
{
    to.stride = from.stride;
    if (const auto* edge = std::get_if<Sources::EdgeResidual>(&from.layers))
        add(uploads, *edge, to.layers.emplace<Targets::EdgeResidual>());
    else if (const auto* inverted = std::get_if<Sources::InvertedResidual>(&from.layers))
        add(uploads, *inverted, to.layers.emplace<Targets::InvertedResidual>());
    else if (const auto* attention = std::get_if<Sources::Attention>(&from.layers))
        add(uploads, *attention, to.layers.emplace<Targets::Attention>());
}

void add(Uploads& uploads, const Sources& from, Targets& to)
{
    add(uploads, from.stem, to.stem);
    to.stages.resize(from.stages.size());
    for (std::size_t s = 0; s < from.stages.size(); ++s) {
        to.stages[s].resize(from.stages[s].size());
        for (std::size_t b = 0; b < from.stages[s].size(); ++b)
            add(uploads, from.stages[s][b], to.stages[s][b]);
    }
    add(uploads, from.fusion, to.fusion);
    uploads(from.fusionNorm, to.fusionNorm);
    uploads(from.hardEmbedding, to.hardEmbedding);
    uploads(from.hardNorm, to.hardNorm);
    uploads(from.softNorm, to.softNorm);
    uploads(from.projection, to.projection);
    uploads(from.postProjectionNorm, to.postProjectionNorm);
}

}  // namespace

Result<VisionWeights> uploadWeights(gpu::Context& context, const NetworkSources& sources,
                                    const file::TensorTable& files,
                                    const kernels::UploadProgress& progress,
                                    const std::stop_token& stop)
{
    VisionWeights weights;
    Uploads uploads;
    add(uploads, sources, weights.network);
    ENGINE_TRY(weights.held, uploads.run(context, files, progress, stop));
    weights.parameters = uploads.parameters();
    return weights;
}

}  // namespace engine::vision
