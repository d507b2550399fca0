DROP TABLE message_reports;
DROP TABLE chat_messages;
DROP TABLE conversation_assignments;
DROP TABLE conversations;
DROP TABLE desk_dedicated;
DROP TABLE desk_agents;
DROP TABLE desk_groups;
DROP TABLE desks;
