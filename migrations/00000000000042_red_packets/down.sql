DROP FUNCTION red_packet_take; DROP TABLE red_packet_shares, red_packets;
