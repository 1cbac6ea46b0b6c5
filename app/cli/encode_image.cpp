#include <string>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/output.h"
#include "app/cli/safetensors_writer.h"
#include "app/picture_file.h"
#include "engine/encoders.h"

namespace app::cli {

engine::Result<void> runEncodeImage(const CommonOptions& common, const EncodeImageOptions& options,
                                    Interrupts& interrupts)
{
    ENGINE_TRY(const engine::Image image, readPicture(options.image));
    ENGINE_TRY(SafetensorsWriter file, SafetensorsWriter::create(options.output));

    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(const auto encoder, loadVisionEncoder(common, stop));
    ENGINE_TRY(const engine::SoftTokens tokens,
               encoder->encode(image, options.size.value_or(0), {}, stop));
    ENGINE_TRY(const std::vector<float> rows, engine::readRows(tokens));
    ENGINE_TRY_VOID(file.begin({{"soft_tokens", {tokens.count(), encoder->info().hiddenSize}}}));
    ENGINE_TRY_VOID(file.write(0, 0, rows));
    return file.finish();
}

}  // namespace app::cli
