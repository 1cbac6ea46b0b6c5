#include "ui/conversation_accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <unordered_map>

#include "ui/conversation_model.h"
#include "ui/conversation_view.h"

namespace ui {

namespace {

// One message, as long as its view lives. Rows that were removed are invalid.
class MessageAccessible : public QAccessibleInterface {
public:
    MessageAccessible(ConversationView* view, int row) : m_view(view), m_row(row) {}

    bool isValid() const override { return m_row < m_view->model().count(); }
    QObject* object() const override { return nullptr; }
    QAccessibleInterface* parent() const override
    {
        return QAccessible::queryAccessibleInterface(m_view);
    }
    QAccessibleInterface* child(int /*index*/) const override { return nullptr; }
    QAccessibleInterface* childAt(int /*x*/, int /*y*/) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface* /*child*/) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::ListItem; }

    QString text(QAccessible::Text what) const override
    {
        if (what != QAccessible::Name || !isValid())
            return {};
        const ConversationModel& model = m_view->model();
        return model.data(model.index(m_row), Qt::AccessibleTextRole).toString();
    }
    void setText(QAccessible::Text /*what*/, const QString& /*text*/) override {}

    QRect rect() const override
    {
        const QRect inViewport = isValid() ? m_view->rowRect(m_row) : QRect();
        return {m_view->viewport()->mapToGlobal(inViewport.topLeft()), inViewport.size()};
    }

    QAccessible::State state() const override
    {
        QAccessible::State state;
        state.readOnly = true;
        state.invalid = !isValid();
        state.offscreen =
            !isValid() || !m_view->rowRect(m_row).intersects(m_view->viewport()->rect());
        return state;
    }

private:
    ConversationView* m_view;
    int m_row;
};

// The view itself: its messages first, then the widgets in it.
class ConversationAccessible : public QAccessibleWidget {
public:
    explicit ConversationAccessible(ConversationView* view)
        : QAccessibleWidget(view, QAccessible::List, view->accessibleName())
        , m_view(view)
    {
    }
    ~ConversationAccessible() override
    {
        for (const auto& [row, id] : m_messages)
            QAccessible::deleteAccessibleInterface(id);
    }

    int childCount() const override { return rows() + QAccessibleWidget::childCount(); }

    QAccessibleInterface* child(int index) const override
    {
        if (index < 0 || index >= rows())
            return QAccessibleWidget::child(index - rows());
        const auto known = m_messages.find(index);
        if (known != m_messages.end())
            return QAccessible::accessibleInterface(known->second);
        auto* message = new MessageAccessible(m_view, index);  // owned by the registry
        m_messages[index] = QAccessible::registerAccessibleInterface(message);
        return message;
    }

    QAccessibleInterface* childAt(int x, int y) const override
    {
        const int row = m_view->rowAt(m_view->viewport()->mapFromGlobal(QPoint(x, y)));
        return row >= 0 ? child(row) : QAccessibleWidget::childAt(x, y);
    }

    int indexOfChild(const QAccessibleInterface* wanted) const override
    {
        for (const auto& [row, id] : m_messages) {
            if (QAccessible::accessibleInterface(id) == wanted)
                return row;
        }
        const int index = QAccessibleWidget::indexOfChild(wanted);
        return index < 0 ? index : index + rows();
    }

private:
    int rows() const { return m_view->model().count(); }

    ConversationView* m_view;
    mutable std::unordered_map<int, QAccessible::Id> m_messages;
};

QAccessibleInterface* makeInterface(const QString& /*className*/, QObject* object)
{
    auto* view = qobject_cast<ConversationView*>(object);
    return view ? new ConversationAccessible(view) : nullptr;
}

}  // namespace

void installConversationAccessibility()
{
    static const bool installed = [] {
        QAccessible::installFactory(makeInterface);
        return true;
    }();
    Q_UNUSED(installed);
}

}  // namespace ui
