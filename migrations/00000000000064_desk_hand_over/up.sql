-- Conversations of agents who are gone, for whoever is there to take over (requirement 4.17).
CREATE INDEX conversations_awaiting ON conversations (shop_id, agent_id) WHERE state = 'OPEN' AND awaits_shop;
