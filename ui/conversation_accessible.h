#pragma once

namespace ui {

// Lets screen readers walk the messages of every ConversationView: a list with one item a row.
// Does its work once.
void installConversationAccessibility();

}  // namespace ui
