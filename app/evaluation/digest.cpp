#include "app/evaluation/digest.h"

#include <QByteArray>
#include <QCryptographicHash>
#include <QFile>
#include <QRegularExpression>
#include <set>
#include <system_error>

namespace app::evaluation {
namespace {

namespace fs = std::filesystem;

// All regular files of a folder whose names begin and end like this.
void addFiles(const fs::path& folder, const std::string& beginning, const std::string& ending,
              std::set<fs::path>& files)
{
    std::error_code error;
    for (fs::directory_iterator each(folder, error), end; !error && each != end;
         each.increment(error)) {
        const std::string name = each->path().filename().string();
        if (name.starts_with(beginning) && name.ends_with(ending) && each->is_regular_file(error))
            files.insert(each->path());
    }
}

}  // namespace

engine::Result<std::string> digestOf(const std::vector<fs::path>& files,
                                     const std::stop_token& stop)
{
    constexpr qint64 kBlock = qint64{1} << 22;
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const fs::path& path : files) {
        QFile file(QFile::decodeName(QByteArray::fromStdString(path.string())));
        bool isRead = file.open(QIODevice::ReadOnly);
        // The length first: files that share their bytes out differently are different.
        hash.addData(QByteArray::number(file.size()) + '\n');
        while (isRead && !file.atEnd()) {
            if (stop.stop_requested())
                return engine::Error{engine::ErrorCode::Cancelled, "Reading files was stopped."};
            const QByteArray block = file.read(kBlock);
            isRead = !block.isEmpty();
            hash.addData(block);
        }
        if (!isRead)
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 path.string() + " cannot be read."};
    }
    return hash.result().toHex().toStdString();
}

std::vector<fs::path> filesOf(const fs::path& model, const engine::ModelInfo& info)
{
    std::set<fs::path> files;
    std::error_code error;
    if (fs::is_directory(model, error)) {
        addFiles(model, "", "", files);
    } else {
        files.insert(model);
        const QRegularExpression pattern(QStringLiteral("^(.*-)\\d{5}(-of-\\d{5}\\.gguf)$"));
        const auto part = pattern.match(QString::fromStdString(model.filename().string()));
        if (part.hasMatch())
            addFiles(model.parent_path(), part.captured(1).toStdString(),
                     part.captured(2).toStdString(), files);
        addFiles(model.parent_path(), "sizes.json", "", files);
    }
    for (const fs::path& encoder : {info.visionPath, info.audioPath}) {
        if (fs::is_regular_file(encoder, error))
            files.insert(encoder);
    }
    return {files.begin(), files.end()};
}

}  // namespace app::evaluation
