"""Doctor: settings that could lose footage or let it out, and parts of services that stand still."""
