DROP TABLE card_removals;
