"""Doctor: settings of broker, database, clock, storage and people file that could lose footage or let it out."""
