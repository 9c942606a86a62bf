"""Analytics: reads every topic and decides nothing. Registers, statistics, live windows and the audit log."""
