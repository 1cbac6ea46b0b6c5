#include <cmath>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/hear_turn.h"
#include "app/cli/interrupts.h"
#include "app/cli/line_reader.h"
#include "app/cli/loading.h"
#include "app/cli/measurements.h"
#include "app/cli/output.h"
#include "app/cli/pictures.h"
#include "app/cli/sizes.h"
#include "app/spoken_message.h"
#include "engine/device.h"
#include "engine/session.h"

namespace app::cli {
namespace {

constexpr std::string_view kHelp =
    "/help           this list\n"
    "/image FILE     show a picture with the next message\n"
    "/new            start a new conversation\n"
    "/size [NAME]    go on at another size of the model, or list the sizes\n"
    "/system [TEXT]  start a new one with this system text, or none\n"
    "/stats          speed and size of the conversation\n"
    "/quit           leave, as the end of input does\n"
    "A line that ends with \\ goes on in the next one. Ctrl-C stops an"
    " answer;\npressed twice at the prompt, it leaves. With --mic, an empty line"
    " starts\nto listen, and the next line ends it and goes along.\n";

// A terminal puts the name of a file that is dropped on it between quotes, with a space behind.
std::string withoutQuotes(std::string name)
{
    name.erase(name.find_last_not_of(' ') + 1);
    name.erase(0, name.find_first_not_of(' '));
    const bool isQuoted = name.size() > 1 && (name.front() == '\'' || name.front() == '"') &&
                          name.front() == name.back();
    return isQuoted ? name.substr(1, name.size() - 2) : name;
}

enum class Next { GoOn, Leave };

// A conversation at the terminal, or with what stands at the other end of the pipes.
class Chat {
public:
    Chat(const engine::Model& model, engine::Session session, const ChatOptions& options,
         Interrupts& interrupts)
        : m_model(model)
        , m_options(options)
        , m_session(std::move(session))
        , m_interrupts(interrupts)
        , m_reader(interrupts.descriptor())
    {
        forgetInterrupts();
    }

    // Until /quit, the end of input, or an error that nothing can follow: a lost device.
    engine::Result<void> run()
    {
        if (m_isTerminal)
            note(m_model.info().name + " on " + m_model.device().info().name +
                 (m_options.usesMicrophone ? "; Enter listens, /help lists the commands."
                                           : "; /help lists the commands."));
        std::string text;
        while (readMessage(text) == Next::GoOn) {
            if (text.find_first_not_of(" \t") == std::string::npos) {
                if (m_options.usesMicrophone)
                    ENGINE_TRY_VOID(finishAnswer(answerSpeech(m_stop)));
                continue;
            }
            if (text.front() == '/') {
                if (obey(text) == Next::Leave)
                    break;
                continue;
            }
            ENGINE_TRY_VOID(finishAnswer(answer(text, m_stop)));
        }
        return {};
    }

private:
    // One message: a line, and the next for as long as lines end with a backslash.
    Next readMessage(std::string& text)
    {
        text.clear();
        prompt("> ");
        for (std::string line;;) {
            const LineEvent event = m_reader.read(line);
            if (event == LineEvent::EndOfInput) {
                if (m_isTerminal)
                    print("\n");
                return text.empty() ? Next::Leave : Next::GoOn;
            }
            if (event == LineEvent::Interrupted) {
                if (interruptPrompt(text) == Next::Leave)
                    return Next::Leave;
                continue;
            }
            m_wasInterrupted = false;
            text += line;
            if (text.empty() || text.back() != '\\')
                return Next::GoOn;
            text.back() = '\n';
            prompt(". ");
        }
    }

    Next interruptPrompt(std::string& text)
    {
        forgetInterrupts();
        if (m_isTerminal)
            print("\n");
        if (text.empty() && std::exchange(m_wasInterrupted, true))
            return Next::Leave;
        m_wasInterrupted = true;
        text.clear();
        note("Ctrl-C once more, or /quit, leaves.");
        prompt("> ");
        return Next::GoOn;
    }

    void forgetInterrupts() { m_stop = m_interrupts.arm(Interrupts::Second::IsIgnored); }

    void prompt(std::string_view text) const
    {
        if (m_isTerminal)
            print(text);
    }

    Next obey(const std::string& line)
    {
        const std::size_t end = line.find(' ');
        const std::string command = line.substr(0, end);
        if (command == "/quit")
            return Next::Leave;
        if (command == "/help")
            print(kHelp);
        else if (command == "/image")
            show(end == std::string::npos ? std::string() : line.substr(end + 1));
        else if (command == "/new")
            startAgain();
        else if (command == "/size")
            changeSize(end == std::string::npos ? std::string() : line.substr(end + 1));
        else if (command == "/stats")
            print(statsText());
        else if (command == "/system") {
            m_system = end == std::string::npos ? std::string() : line.substr(end + 1);
            startAgain();
        } else
            note("There is no command " + command + "; /help lists what there is.");
        return Next::GoOn;
    }

    void startAgain()
    {
        m_session.truncate(0);
        m_pictures.clear();
        m_last.reset();
    }

    // The conversation is read again at the new size when the next message comes.
    void changeSize(const std::string& size)
    {
        if (size.empty()) {
            for (const engine::SizeInfo& info : m_model.sizes().sizes)
                print((info.size.name == m_session.size().name ? "* " : "  ") + info.size.name +
                      "\n");
            return;
        }
        if (const auto changed = setSize(m_session, m_model, size); !changed)
            note(changed.error().message);
        else
            print("The next answer is given at size " + m_session.size().name + ".\n");
    }

    // Encodes a picture, so that what is wrong with it is known before the message is typed.
    void show(const std::string& file)
    {
        const auto picture = encode(withoutQuotes(file));
        if (m_stop.stop_requested())
            forgetInterrupts();
        if (!picture) {
            const engine::Error& error = picture.error();
            note(error.code == engine::ErrorCode::Cancelled ? "Stopped." : error.message);
            return;
        }
        m_pictures.push_back(*picture);
        print("The next message shows " + std::to_string(m_pictures.size()) +
              (m_pictures.size() == 1 ? " picture.\n" : " pictures.\n"));
    }

    engine::Result<engine::SoftTokens> encode(const std::string& file) const
    {
        if (file.empty())
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 "/image is followed by the name of a file."};
        ENGINE_TRY(const auto images, readPictures({file}));
        return encodePicture(m_model, images.front(), m_stop);
    }

    // What goes wrong with one message is said, and the conversation goes on as it was before it.
    engine::Result<void> finishAnswer(const engine::Result<engine::Reply>& reply)
    {
        if (m_stop.stop_requested())
            forgetInterrupts();
        print("\n");
        if (!reply) {
            const engine::Error& error = reply.error();
            if (error.code == engine::ErrorCode::DeviceLost)
                return error;
            note(error.code == engine::ErrorCode::Cancelled ? "Stopped." : error.message);
            return {};
        }
        if (reply->finish == engine::Finish::Stopped)
            note("Stopped.");
        if (reply->finish == engine::Finish::ContextFull)
            note("The context of " + std::to_string(m_session.capacity()) +
                 " tokens is full; /new starts again.");
        m_last = *reply;
        return {};
    }

    engine::Result<engine::Reply> answer(const std::string& text, const std::stop_token& stop)
    {
        const std::uint32_t before = m_session.length();
        ENGINE_TRY_VOID(beginConversation(stop));
        const Stopwatch watch;
        engine::Message message{engine::Role::User, {m_pictures.begin(), m_pictures.end()}};
        message.parts.emplace_back(text);
        if (auto appended = m_session.append(message, stop); !appended) {
            m_session.truncate(before);
            return std::move(appended).error();
        }
        m_prefill = watch.elapsed();
        return generate(stop);
    }

    // Listens until the next line, which is the message's text, or a pause.
    engine::Result<engine::Reply> answerSpeech(const std::stop_token& stop)
    {
        ENGINE_TRY_VOID(beginConversation(stop));
        ENGINE_TRY(
            auto message,
            SpokenMessage::begin(m_model, m_session, {m_pictures.begin(), m_pictures.end()}, stop));
        ENGINE_TRY(const std::string text, hearTurn(m_options, m_reader, message,
                                                    m_model.audio()->info().samplesPerClip, stop));
        const Stopwatch watch;
        ENGINE_TRY_VOID(message.finish(text, stop));
        m_prefill = watch.elapsed();
        return generate(stop);
    }

    engine::Result<void> beginConversation(const std::stop_token& stop)
    {
        if (m_session.length() > 0)
            return {};
        return m_session.append({engine::Role::System, {m_system}}, stop);
    }

    engine::Result<engine::Reply> generate(const std::stop_token& stop)
    {
        m_pictures.clear();
        engine::SamplingOptions sampling;
        sampling.temperature = m_options.temperature;
        sampling.seed = m_answers++;
        return m_session.generate(
            sampling, [](std::string_view part) { print(part); }, stop);
    }

    std::string statsText() const
    {
        std::string text = std::to_string(m_session.length()) + " of " +
                           std::to_string(m_session.capacity()) + " tokens used, " +
                           bytesText(m_session.deviceBytes()) + " of device memory\n";
        if (!m_last)
            return text;
        return text + "last answer: " + std::to_string(m_last->tokens.size()) +
               " tokens, the first after " +
               decimalText(secondsOf(m_prefill + m_last->timeToFirstToken), 2) + " s, then " +
               decimalText(decodeSpeed(*m_last), 1) + " tokens/s\n";
    }

    const engine::Model& m_model;
    const ChatOptions& m_options;
    engine::Session m_session;
    Interrupts& m_interrupts;
    std::stop_token m_stop;  // of the next Ctrl-C
    LineReader m_reader;
    bool m_isTerminal = isatty(STDIN_FILENO) == 1;
    bool m_wasInterrupted = false;  // at the prompt, and nothing was typed since
    std::string m_system;
    std::vector<engine::SoftTokens> m_pictures;  // of the next message
    std::uint64_t m_answers = 0;  // seed of the next one, so that a conversation can be repeated
    std::chrono::nanoseconds m_prefill{};
    std::optional<engine::Reply> m_last;
};

}  // namespace

engine::Result<void> runChat(const CommonOptions& common, const ChatOptions& options,
                             Interrupts& interrupts)
{
    if (!std::isfinite(options.temperature) || options.temperature < 0.0F)
        return engine::Error{engine::ErrorCode::InvalidInput, "--temp must be 0 or more."};
    ENGINE_TRY(auto model, loadModel(common, interrupts.arm(Interrupts::Second::EndsProgram)));
    if (options.usesMicrophone && !model->audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model->info().audioHint};
    ENGINE_TRY(auto session, engine::Session::create(model, sessionOptions(common)));
    ENGINE_TRY_VOID(setSize(session, *model, options.size));
    return Chat(*model, std::move(session), options, interrupts).run();
}

}  // namespace app::cli
