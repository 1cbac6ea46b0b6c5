#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "engine/device.h"
#include "engine/file/tensor_type.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/commands.h"
#include "engine/gpu/context.h"
#include "engine/kernels/catalogue.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"
#include "engine/kernels/row_layout.h"
#include "engine/result.h"
#include "tests/bench/attention_times.h"
#include "tests/bench/fusions.h"
#include "tests/bench/step_times.h"
#include "tests/bench/upload.h"

// nestling-bench: matrix products of the sizes that decide how fast a model is, for each type in
// which a device reads weights; or, with --fusions, what lies between them, in plain kernels and
// fused; or, with --attention, attention over short and long contexts. One submission holds several
// of them, so that what is measured is the kernel and not the way to the device; or, with --upload,
// that way.

using engine::Result;
using engine::file::TensorType;
using engine::kernels::Matrix;

namespace {

constexpr std::array kTypes = {TensorType::F32,  TensorType::F16,  TensorType::BF16,
                               TensorType::Q8_0, TensorType::Q4_0, TensorType::Q4_1,
                               TensorType::Q5_0, TensorType::Q5_1, TensorType::Q4_K,
                               TensorType::Q5_K, TensorType::Q6_K};

// What --upload brings to the device: more than any cache holds.
constexpr std::uint64_t kUploadBytes = std::uint64_t{512} << 20;

struct Shape {
    const char* name;
    std::uint32_t rows;
    std::uint32_t columns;
    std::uint32_t tokens;
};

// Of Gemma 3n E2B: hidden size 2048, feed-forward width 8192.
constexpr std::array kShapes = {
    Shape{"up, one token", 8192, 2048, 1},
    Shape{"down, one token", 2048, 8192, 1},
    Shape{"up, 64 tokens", 8192, 2048, 64},
};

// The product that is reading and little else, of more than any cache holds: its speed is the
// device's bandwidth. 128 MiB, as much as any device can bind.
constexpr Shape kReading{"reading", 8192, 4096, 1};

struct Measurement {
    const Shape* shape = nullptr;
    TensorType type = TensorType::F32;
    double milliseconds = 0.0;        // of one product, the best of several submissions
    double gigabytesPerSecond = 0.0;  // of weights
    double gigaflops = 0.0;
    double share = 0.0;  // of the bandwidth; above 1 where weights stay in a cache
};

// The weights are zeros: what they are changes nothing of how fast they are read.
Result<Measurement> measure(engine::gpu::Context& context, const Shape& shape, TensorType type,
                            std::uint32_t repeats)
{
    using engine::gpu::Arena;
    using engine::gpu::MemoryUse;

    const std::uint64_t rowBytes = engine::kernels::rowLayout(type, shape.columns).bytes;
    const std::uint64_t weightBytes = rowBytes * shape.rows;
    const std::uint64_t inputBytes = std::uint64_t{4} * shape.tokens * shape.columns;
    const std::uint64_t outputBytes = std::uint64_t{4} * shape.tokens * shape.rows;
    ENGINE_TRY(const auto arena, Arena::create(context,
                                               Arena::placedBytes(context, weightBytes) +
                                                   Arena::placedBytes(context, inputBytes) +
                                                   Arena::placedBytes(context, outputBytes),
                                               MemoryUse::Device));
    ENGINE_TRY_VOID(arena->clear());

    Matrix matrix{type, shape.rows, shape.columns, rowBytes, {}};
    matrix.windows.push_back({arena->placeBytes(weightBytes), 0, shape.rows});
    const auto input = arena->place(shape.tokens, shape.columns);
    const auto output = arena->place(shape.tokens, shape.rows);

    engine::kernels::Catalogue catalogue(context);
    ENGINE_TRY(const auto commands, engine::gpu::CommandBuffer::create(context));
    ENGINE_TRY_VOID(commands->begin());
    engine::kernels::Pass pass(*commands, catalogue);
    for (std::uint32_t i = 0; i < repeats; ++i)
        engine::kernels::linear(pass, matrix, input, output);
    ENGINE_TRY(const auto costs, pass.finish());

    double best = 0.0;
    for (int submission = 0; submission < 4; ++submission) {
        const auto start = std::chrono::steady_clock::now();
        ENGINE_TRY_VOID(commands->submitAndWait());
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        // The first one compiles the shader.
        if (submission == 1 || (submission > 1 && seconds.count() < best))
            best = seconds.count();
    }
    return Measurement{&shape,
                       type,
                       best * 1e3 / repeats,
                       static_cast<double>(costs.weightBytes) / best * 1e-9,
                       static_cast<double>(costs.flops) / best * 1e-9,
                       0.0};
}

void print(const Measurement& measurement)
{
    std::printf("%-16s %-5s %9.3f ms %8.1f GB/s %5.2f of reading %8.1f GFLOP/s\n",
                measurement.shape->name,
                std::string(engine::file::typeInfo(measurement.type).name).c_str(),
                measurement.milliseconds, measurement.gigabytesPerSecond, measurement.share,
                measurement.gigaflops);
}

nlohmann::json toJson(const Measurement& measurement)
{
    return {{"product", measurement.shape->name},
            {"type", std::string(engine::file::typeInfo(measurement.type).name)},
            {"rows", measurement.shape->rows},
            {"columns", measurement.shape->columns},
            {"tokens", measurement.shape->tokens},
            {"milliseconds", measurement.milliseconds},
            {"gigabytes_per_second", measurement.gigabytesPerSecond},
            {"share_of_reading", measurement.share},
            {"gigaflops", measurement.gigaflops}};
}

nlohmann::json toJson(const bench::Fusion& fusion)
{
    return {{"product", fusion.name},
            {"plain_dispatches", fusion.plainDispatches},
            {"fused_dispatches", fusion.fusedDispatches},
            {"plain_milliseconds", fusion.plainMilliseconds},
            {"fused_milliseconds", fusion.fusedMilliseconds}};
}

nlohmann::json toJson(const bench::AttentionTime& time)
{
    return {{"product", time.name},
            {"tokens", time.tokens},
            {"keys", time.keys},
            {"milliseconds", time.milliseconds},
            {"first_milliseconds", time.firstMilliseconds},
            {"gigabytes_per_second", time.gigabytesPerSecond}};
}

nlohmann::json toJson(const bench::StepTime& time)
{
    return {{"product", "step after " + std::to_string(time.context)},
            {"context", time.context},
            {"milliseconds", time.milliseconds},
            {"tokens_per_second", time.tokensPerSecond},
            {"gigabytes_per_second", time.gigabytesPerSecond},
            {"ratio", time.ratio}};
}

// Names may hold characters of several bytes, which padding must not count.
std::string padded(const std::string& text, std::size_t width)
{
    const auto characters =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        }));
    return text + std::string(width - std::min(width, characters), ' ');
}

void print(const bench::Fusion& fusion)
{
    std::printf("%s %u → %u dispatches  %8.3f → %8.3f ms  %5.2f\n", padded(fusion.name, 28).c_str(),
                fusion.plainDispatches, fusion.fusedDispatches, fusion.plainMilliseconds,
                fusion.fusedMilliseconds, fusion.fusedMilliseconds / fusion.plainMilliseconds);
}

void print(const bench::AttentionTime& time)
{
    std::printf("%-28s %9.3f ms %8.1f GB/s   first %7.1f ms\n", time.name.c_str(),
                time.milliseconds, time.gigabytesPerSecond, time.firstMilliseconds);
}

nlohmann::json toJson(const bench::Upload& upload)
{
    return {{"product", upload.name},
            {"gigabytes_per_second", upload.gigabytesPerSecond},
            {"of_memcpy", upload.ofMemcpy}};
}

void print(const bench::Upload& upload)
{
    std::printf("%-30s %8.1f GB/s  %5.2f of memcpy\n", upload.name.c_str(),
                upload.gigabytesPerSecond, upload.ofMemcpy);
}

nlohmann::json toJson(const bench::KernelTime& time, double reading)
{
    return {{"product", time.name},
            {"dispatches", time.dispatches},
            {"milliseconds", time.milliseconds},
            {"share_of_step", time.share},
            {"gigabytes_per_second", time.gigabytesPerSecond},
            {"share_of_reading", time.gigabytesPerSecond / reading}};
}

void print(const bench::KernelTime& time, double reading)
{
    std::printf("  %-38s %4u × %8.4f ms %9.3f ms %5.1f %%", time.name.c_str(), time.dispatches,
                time.milliseconds / time.dispatches, time.milliseconds, 100.0 * time.share);
    if (time.gigabytesPerSecond > 0.0)
        std::printf(" %8.1f GB/s %5.2f of reading", time.gigabytesPerSecond,
                    time.gigabytesPerSecond / reading);
    std::printf("\n");
}

void print(const bench::StepTime& time)
{
    std::printf("step after %5u tokens %9.3f ms  %6.2f tokens/s %6.1f GB/s  %5.3f\n", time.context,
                time.milliseconds, time.tokensPerSecond, time.gigabytesPerSecond, time.ratio);
}

// Reading first, which the others are measured by.
Result<std::vector<Measurement>> measureProducts(engine::gpu::Context& context,
                                                 std::uint32_t repeats)
{
    std::vector<Measurement> all;
    ENGINE_TRY(const Measurement reading, measure(context, kReading, TensorType::F32, repeats));
    all.push_back(reading);
    for (const Shape& shape : kShapes) {
        for (const TensorType type : kTypes) {
            ENGINE_TRY(const Measurement one,
                       measure(context, shape, type, std::max(1U, repeats / shape.tokens)));
            all.push_back(one);
        }
    }
    for (Measurement& one : all)
        one.share = one.gigabytesPerSecond / reading.gigabytesPerSecond;
    return all;
}

int report(const engine::Error& error)
{
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return 3;
}

void printJson(const char* what, const engine::Device& device, nlohmann::json results)
{
    const nlohmann::json json{{"device", device.info().name}, {what, std::move(results)}};
    std::printf("%s\n", json.dump(2).c_str());
}

template <typename Measurements>
int show(const char* what, const engine::Device& device, bool asJson,
         const Result<Measurements>& measurements)
{
    if (!measurements)
        return report(measurements.error());
    nlohmann::json results = nlohmann::json::array();
    for (const auto& one : *measurements) {
        if (asJson)
            results.push_back(toJson(one));
        else
            print(one);
    }
    if (asJson)
        printJson(what, device, std::move(results));
    return 0;
}

int showSteps(const std::shared_ptr<engine::Device>& device, bool asJson, const std::string& model,
              std::uint32_t repeats)
{
    const auto reading = measure(device->context(), kReading, TensorType::F32, repeats);
    if (!reading)
        return report(reading.error());
    const auto times = bench::measureSteps(device, model);
    if (!times)
        return report(times.error());
    nlohmann::json json{{"device", device->info().name},
                        {"reading", toJson(*reading)},
                        {"steps", nlohmann::json::array()},
                        {"kernels", nlohmann::json::array()}};
    for (const bench::StepTime& step : times->steps) {
        json["steps"].push_back(toJson(step));
        if (!asJson)
            print(step);
    }
    const double ofProducts = times->steps.front().milliseconds / times->productMilliseconds;
    json["products"] = {{"milliseconds", times->productMilliseconds},
                        {"weight_bytes", times->productBytes},
                        {"step_milliseconds_ratio", ofProducts}};
    if (!asJson)
        std::printf("its products alone     %9.3f ms, of which the step takes %.3f\n",
                    times->productMilliseconds, ofProducts);
    for (const bench::KernelTime& kernel : times->kernels) {
        json["kernels"].push_back(toJson(kernel, reading->gigabytesPerSecond));
        if (!asJson)
            print(kernel, reading->gigabytesPerSecond);
    }
    if (asJson)
        std::printf("%s\n", json.dump(2).c_str());
    return 0;
}

int run(int argc, char** argv)
{
    std::string selector;
    std::uint32_t repeats = 8;
    bool asJson = false;
    bool wantsFusions = false;
    bool wantsAttention = false;
    bool wantsUploads = false;
    std::string stepModel;
    CLI::App app("Measures the matrix products of a model on one device.", "nestling-bench");
    app.add_option("--device", selector, "Index or part of the name of the device");
    app.add_option("--repeat", repeats, "Products in one submission")->check(CLI::Range(1, 1000));
    app.add_flag("--json", asJson, "Print one JSON object");
    app.add_flag("--fusions", wantsFusions,
                 "Measure a layer of Q4_0 in plain kernels and fused, piece by piece");
    app.add_flag("--attention", wantsAttention,
                 "Measure attention of a layer over 512 and 8,192 positions");
    app.add_option("--step", stepModel,
                   "Measure a decode step of a made-up model after 512 and 8,192 tokens, and each "
                   "kernel in it; SHAPE:TYPE as in nestling-cli bench");
    app.add_flag("--upload", wantsUploads,
                 "Measure the way of 512 MiB to the device, beside a memcpy");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }

    const auto device = engine::Device::open(selector);
    if (!device)
        return report(device.error());
    auto& context = (*device)->context();
    if (!asJson)
        std::printf("%s\n", (*device)->info().name.c_str());

    if (wantsFusions)
        return show("fusions", **device, asJson,
                    bench::measureFusions(context, TensorType::Q4_0, repeats));
    if (wantsAttention)
        return show("attention", **device, asJson, bench::measureAttention(context, repeats));
    if (!stepModel.empty())
        return showSteps(*device, asJson, stepModel, repeats);
    if (wantsUploads)
        return show("uploads", **device, asJson, bench::measureUploads(context, kUploadBytes));
    return show("products", **device, asJson, measureProducts(context, repeats));
}

}  // namespace

// Our own code throws nothing; the libraries do where memory ends.
int main(int argc, char** argv)
try {
    return run(argc, argv);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
}
